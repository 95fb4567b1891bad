internal import Bytes
internal import CKernels
internal import Events

/// A place in a chunked body, and the way on from there.
///
/// Plain data: where a body is cut, the walk is kept and goes on when more has arrived. Source: RFC 9112 §7.1.
///
///     size ─▶ data ─▶ dataEnd ─▶ size … size(0) ─▶ trailers ─▶ done
struct ChunkWalk: BitwiseCopyable {
  /// What comes next.
  enum Phase: UInt8, BitwiseCopyable { case size, data, dataEnd, trailers, done }
  /// What was found on the way.
  enum Found {
    /// Bytes of the body: all of a chunk that are there.
    case data(start: Int, end: Int)
    /// The body's end, trailers included.
    case end
    /// Nothing more: the rest has not arrived.
    case cut
  }
  /// The place, counted from the first byte that is not used up.
  var at: UInt32
  /// Bytes of the chunk that lie ahead.
  var left: UInt32 = 0
  /// Bytes of chunk extensions so far, in the whole body.
  private var extensionBytes: UInt16 = 0
  var phase = Phase.size

  /// The start of a body.
  init(at offset: Int) { at = UInt32(offset) }

  /// A chunk's size line at the most, and all extensions of a body together.
  static var lineBytesMax: Int { 256 }
  static var extensionBytesMax: Int { 4096 }

  /// Goes on to the next bytes of the body, or to its end, or as far as the bytes go.
  @inline(never)
  mutating func next(in bytes: RawSpan, headBytesMax: Int, table: borrowing FieldTable) throws(Refusal) -> Found {
    while true {
      let here = Int(at)
      switch phase {
      case .size: guard try readSize(bytes, at: here) else { return .cut }
      case .data:
        let count = min(Int(left), bytes.byteCount - here)
        guard count > 0 else { return .cut }
        at += UInt32(count)
        left -= UInt32(count)
        if left == 0 { phase = .dataEnd }
        return .data(start: here, end: here + count)
      case .dataEnd:
        guard here < bytes.byteCount else { return .cut }
        guard bytes.byte(here) == 0x0D else { throw .malformed }
        guard here + 1 < bytes.byteCount else { return .cut }
        guard bytes.byte(here + 1) == 0x0A else { throw .malformed }
        at += 2
        phase = .size
      case .trailers:
        let count = try trailers(bytes.extracting(here..<bytes.byteCount), headBytesMax, table)
        guard count > 0 else { return .cut }
        at += UInt32(count)
        phase = .done
      case .done: return .end
      }
    }
  }

  /// Steps back into the data just passed, so that it goes on at `offset`.
  mutating func rewind(to offset: Int) {
    guard offset < Int(at) else { return }
    left += at - UInt32(offset)
    at = UInt32(offset)
    phase = .data
  }

  /// `1a;name=value` and CRLF: hexadecimal digits, and maybe extensions that nobody needs.
  private mutating func readSize(_ bytes: RawSpan, at start: Int) throws(Refusal) -> Bool {
    let end = min(bytes.byteCount, start + ChunkWalk.lineBytesMax)
    var place = start
    var size: UInt32 = 0
    while place < end, let digit = ChunkWalk.digit(bytes.byte(place)) {
      guard place - start < 16 else { throw .malformed }
      guard size < 1 << 24 else { throw .bodyTooLarge }
      size = size << 4 | digit
      place += 1
    }
    guard place < end else { return false }
    guard place > start else { throw .malformed }
    let firstExtension = place
    if bytes.byte(place) == 0x3B {
      while place < end, bytes.byte(place) >= 0x20 || bytes.byte(place) == 0x09, bytes.byte(place) != 0x7F {
        place += 1
      }
      guard place < end else {
        guard end - start < ChunkWalk.lineBytesMax else { throw .malformed }
        return false
      }
    }
    guard bytes.byte(place) == 0x0D else { throw .malformed }
    guard place + 1 < bytes.byteCount else { return false }
    guard bytes.byte(place + 1) == 0x0A else { throw .malformed }
    guard Int(extensionBytes) + place - firstExtension <= ChunkWalk.extensionBytesMax else { throw .malformed }
    extensionBytes += UInt16(place - firstExtension)
    at = UInt32(place + 2)
    left = size
    phase = size > 0 ? .data : .trailers
    return true
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x61...0x66: UInt32(byte - 0x57)
    case 0x41...0x46: UInt32(byte - 0x37)
    default: nil
    }
  }

  /// How many bytes the trailers have, or 0 when they are cut.
  ///
  /// They are checked like a head and mean nothing.
  private func trailers(_ bytes: RawSpan, _ bytesMax: Int, _ table: borrowing FieldTable) throws(Refusal) -> Int {
    guard bytes.byteCount > 0 else { return 0 }
    var scan = kernel_head()
    let fault = unsafe bytes.withUnsafeBytes { memory in
      // SAFETY: the kernel reads the given number of bytes at most and fills at most the table's places.
      unsafe kernel_head_scan(
        memory.baseAddress!.assumingMemoryBound(to: UInt8.self),
        min(memory.count, bytesMax),
        false,
        FieldTable.count,
        table.memory,
        FieldTable.count,
        &scan
      )
    }
    guard fault == kernel_fault_none else { throw fault == kernel_fault_crowded ? .headTooLarge : .malformed }
    guard scan.bytes > 0 || bytes.byteCount < bytesMax else { throw .headTooLarge }
    return Int(scan.bytes)
  }
}
