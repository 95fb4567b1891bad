internal import Bytes
internal import CLZ4

/// Reads LZ4 frames as Apache Kafka does: headers checked to the bit, blocks independent, an end mark, and nothing read
/// behind it.
///
/// Source: `org.apache.kafka.common.compress.Lz4BlockInputStream`; LZ4 Frame Format 1.6.2.
struct ClusterLZ4 {
  /// What is wrong with a frame; brokers tell nobody.
  struct Fault: Error { var reason: String }

  private let bytes: [UInt8]
  private var place = 0
  private var blockBytesMax = 0
  private var hasBlockChecksums = false
  private var hasContentChecksum = false
  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What the frame at the start of some bytes holds.
  static func decompress(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
    var frame = ClusterLZ4(bytes)
    try frame.readHeader()
    var content: [UInt8] = []
    while try frame.readBlock(into: &content) {}
    return content
  }

  private mutating func readHeader() throws(Fault) {
    guard bytes.count >= 6 else { throw Fault(reason: "cut in its header") }
    guard try littleEndian() == 0x184D_2204 else { throw Fault(reason: "not a frame") }
    let (start, flags, sizes) = (place, bytes[place], bytes[place + 1])
    place += 2
    guard flags & 0b11 == 0 else { throw Fault(reason: "reserved flags") }
    guard flags & 1 << 5 != 0 else { throw Fault(reason: "blocks that refer to one another") }
    guard flags >> 6 == 1 else { throw Fault(reason: "version \(flags >> 6)") }
    guard sizes & 0x8F == 0, sizes >> 4 >= 4 else { throw Fault(reason: "block size \(sizes)") }
    blockBytesMax = 1 << (8 + 2 * Int(sizes >> 4))
    hasBlockChecksums = flags & 1 << 4 != 0
    hasContentChecksum = flags & 1 << 2 != 0
    if flags & 1 << 3 != 0 { _ = try take(8) }
    let expected = UInt8(truncatingIfNeeded: XXH32.hash(bytes[start..<place]) >> 8)
    guard try take(1).first == expected else { throw Fault(reason: "the header's checksum") }
  }

  /// Reads a block; `false` at the end mark.
  ///
  /// The checksum of the content is not looked at, as in Kafka.
  private mutating func readBlock(into content: inout [UInt8]) throws(Fault) -> Bool {
    let word = try littleEndian()
    let (isStored, count) = (word >> 31 == 1, Int(word & 0x7FFF_FFFF))
    guard count > 0 else {
      if hasContentChecksum { _ = try take(4) }
      return false
    }
    guard count <= blockBytesMax else { throw Fault(reason: "a block of \(count) bytes") }
    let block = try take(count)
    content += isStored ? block : try expand(block)[...]
    if hasBlockChecksums {
      guard try littleEndian() == XXH32.hash(block) else { throw Fault(reason: "a block's checksum") }
    }
    return true
  }
  private func expand(_ block: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
    let source = block.map { CChar(bitPattern: $0) }
    var target = [CChar](repeating: 0, count: blockBytesMax)
    let count = unsafe LZ4_decompress_safe(source, &target, Int32(source.count), Int32(target.count))
    guard count > 0 else { throw Fault(reason: "a block that is none") }
    return target.prefix(Int(count)).map { UInt8(bitPattern: $0) }
  }

  private mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
    guard bytes.count - place >= count else { throw Fault(reason: "cut") }
    defer { place += count }
    return bytes[place..<place + count]
  }
  private mutating func littleEndian() throws(Fault) -> UInt32 {
    try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// The checksum of LZ4 frames, with seed 0.
///
/// Source: xxHash specification 0.1.1, "XXH32 Algorithm Description".
enum XXH32 {
  private static let primes: [UInt32] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1]

  static func hash(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    func word(_ place: Int) -> UInt32 {
      UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
        | UInt32(bytes[place + 3]) << 24
    }
    var place = bytes.startIndex
    var hash = primes[4]
    if bytes.count >= 16 {
      var lanes = [primes[0] &+ primes[1], primes[1], 0, 0 &- primes[0]]
      while bytes.endIndex - place >= 16 {
        for lane in 0..<4 {
          lanes[lane] = rotate(lanes[lane] &+ word(place + 4 * lane) &* primes[1], 13) &* primes[0]
        }
        place += 16
      }
      hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    }
    hash &+= UInt32(truncatingIfNeeded: bytes.count)
    while bytes.endIndex - place >= 4 {
      hash = rotate(hash &+ word(place) &* primes[2], 17) &* primes[3]
      place += 4
    }
    for byte in bytes[place...] { hash = rotate(hash &+ UInt32(byte) &* primes[4], 11) &* primes[0] }
    hash = (hash ^ hash >> 15) &* primes[1]
    hash = (hash ^ hash >> 13) &* primes[2]
    return hash ^ hash >> 16
  }
  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
}
