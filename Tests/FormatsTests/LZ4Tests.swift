import Bytes
import Formats
import Testing

struct LZ4Tests {
  func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 40)
    }
  }
  func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: 97 + ($0 % 23) + ($0 / 999) % 3) } }

  /// Compresses in pieces; `nil` when the frame doesn't fit.
  func compress(_ bytes: [UInt8], piece: Int, bytesMax: Int, with compressor: inout LZ4Compressor) -> [UInt8]? {
    var frame = region(bytes: 2 << 20)
    frame.append("front")
    guard compressor.begin(in: &frame, bytesMax: bytesMax) else { return nil }
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let part = bytes.span.bytes.extracting(start..<min(start + piece, bytes.count))
      guard compressor.append(part, into: &frame) else { return nil }
    }
    guard compressor.end(in: &frame) else { return nil }
    #expect(frame.count - 5 <= bytesMax)
    return (5..<frame.count).map { frame.bytes.byte($0) }
  }
  func decompress(_ frame: [UInt8], room: Int = 2 << 20) throws -> [UInt8] {
    var decompressor = LZ4Decompressor()
    var found = region(bytes: room)
    try decompressor.decompress(frame.span.bytes, into: &found)
    return (0..<found.count).map { found.bytes.byte($0) }
  }

  @Test func `a frame in any pieces decompresses to what went in`() throws {
    var compressor = LZ4Compressor()
    for bytes in [[], text(1), text(100), text(65535), text(65536), text(65537), noise(70_000), text(300_000)] {
      for piece in [1000, 65536, 100_000] {
        let frame = try #require(compress(bytes, piece: piece, bytesMax: 1 << 20, with: &compressor))
        #expect(frame[0..<7] == [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82])
        #expect(frame[(frame.count - 4)...] == [0, 0, 0, 0])
        #expect(try decompress(frame) == bytes)
      }
    }
  }

  @Test func `a frame is bounded, and the compressor is fit for the next one`() throws {
    var compressor = LZ4Compressor()
    let bytes = noise(100_000)
    #expect(compress(bytes, piece: 777, bytesMax: 99_999, with: &compressor) == nil)
    #expect(compress(bytes, piece: 777, bytesMax: 100_018, with: &compressor) == nil)
    #expect(compress(bytes, piece: 777, bytesMax: 100_019, with: &compressor)?.count == 100_019)
    #expect(compress([], piece: 1, bytesMax: 10, with: &compressor) == nil)
    #expect(compress([], piece: 1, bytesMax: 11, with: &compressor)?.count == 11)
    let small = text(5000)
    #expect(try decompress(compress(small, piece: 10, bytesMax: 4999, with: &compressor)!) == small)
  }

  @Test func `a frame cut anywhere or grown is refused and leaves nothing behind`() throws {
    var compressor = LZ4Compressor()
    let frame = compress(text(500), piece: 100, bytesMax: 1 << 20, with: &compressor)!
    for count in 0..<frame.count {
      let cut = Array(frame[..<count])
      #expect(throws: LZ4Fault.truncated) { _ = try decompress(cut) }
    }
    #expect(throws: LZ4Fault.trailing(bytes: 1)) { _ = try decompress(frame + [0]) }
    var decompressor = LZ4Decompressor()
    var found = region(bytes: 4096)
    found.append("kept")
    let cut = Array(frame.dropLast())
    #expect(throws: LZ4Fault.truncated) { try decompressor.decompress(cut.span.bytes, into: &found) }
    #expect(found.count == 4)
    try decompressor.decompress(frame.span.bytes, into: &found)
    #expect(found.count == 504)
  }

  @Test func `what expands beyond the room is refused`() throws {
    var compressor = LZ4Compressor()
    let bytes = text(5000)
    let frame = compress(bytes, piece: 5000, bytesMax: 1 << 20, with: &compressor)!
    #expect(throws: LZ4Fault.tooLarge) { _ = try decompress(frame, room: 4999) }
    #expect(try decompress(frame, room: 5000) == bytes)
  }

  @Test func `frames that brokers refuse are refused`() throws {
    var compressor = LZ4Compressor()
    let frame = compress(text(500), piece: 100, bytesMax: 1 << 20, with: &compressor)!
    var other = frame
    other[0] = 5
    #expect(throws: LZ4Fault.magic(0x0522_4D18)) { _ = try decompress(other) }
    other = frame
    other[4] = 0x40
    #expect(throws: LZ4Fault.linkedBlocks) { _ = try decompress(other) }
    other = frame
    other[6] ^= 1
    #expect(throws: LZ4Fault.corrupt) { _ = try decompress(other) }
    other = frame
    other[4] = 0xA0
    #expect(throws: LZ4Fault.corrupt) { _ = try decompress(other) }
    other = frame
    other[7...10] = [0x70, 0xFF, 0xFF, 0x7F]
    #expect(throws: LZ4Fault.corrupt) { _ = try decompress(other) }
  }
}
