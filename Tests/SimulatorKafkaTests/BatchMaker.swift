import Bytes
import CLZ4
import Formats

/// Makes batches by hand, sound ones and ones that deviate in any field.
struct BatchMaker {
  var values: [[UInt8]]
  var baseOffset: Int64 = 0
  var leaderEpoch: Int32 = -1
  var magic: UInt8 = 2
  var attributes: Int16 = 0
  var lastOffsetDelta: Int32?
  var baseTimestampMs: Int64 = 1_700_000_000_000
  var producerID: Int64 = -1
  var epoch: Int16 = -1
  var sequence: Int32 = -1
  var recordCount: Int32?
  /// The deltas of the records' offsets: how far apart two are.
  var step = 1
  var hasKeys = true
  var isSpoilt = false
  /// Compresses the records.
  var compress: ([UInt8]) -> [UInt8] = { $0 }

  /// A batch of so many small records.
  init(_ count: Int = 3) { values = (0..<count).map { Array("value \($0)".utf8) } }

  /// The same with changes.
  func with(_ change: (inout BatchMaker) -> Void) -> BatchMaker {
    var copy = self
    change(&copy)
    return copy
  }
  /// The same of a producer.
  func by(_ producerID: Int64, epoch: Int16 = 0, sequence: Int32) -> BatchMaker {
    with { ($0.producerID, $0.epoch, $0.sequence) = (producerID, epoch, sequence) }
  }
  /// The same, its records in LZ4.
  func lz4(_ compress: @escaping ([UInt8]) -> [UInt8] = { LZ4Maker().frame($0) }) -> BatchMaker {
    with { ($0.attributes, $0.compress) = (3, compress) }
  }

  var records: [UInt8] {
    var all: [UInt8] = []
    for (index, value) in values.enumerated() {
      let key = hasKeys ? Array("k\(index)".utf8) : nil
      var record: [UInt8] = [0] + varint(index) + varint(index * step)
      record += varint(key?.count ?? -1) + (key ?? [])
      record += varint(value.count) + value + varint(1) + varint(1) + [0x68] + varint(-1)
      all += varint(record.count) + record
    }
    return all
  }
  var bytes: [UInt8] {
    let count = Int32(values.count)
    var checked = integer(attributes) + integer(lastOffsetDelta ?? count - 1)
    checked += integer(baseTimestampMs) + integer(baseTimestampMs + Int64(max(0, count - 1)))
    checked += integer(producerID) + integer(epoch) + integer(sequence) + integer(recordCount ?? count)
    checked += compress(records)
    let checksum = Checksum.crc32c(checked.span.bytes) ^ (isSpoilt ? 1 : 0)
    let rest = integer(leaderEpoch) + [magic] + integer(checksum) + checked
    return integer(baseOffset) + integer(Int32(rest.count)) + rest
  }
  /// The same, its last value so long that the whole has so many bytes.
  func filled(to byteCount: Int) -> BatchMaker {
    var copy = self
    var missing = byteCount - bytes.count
    while missing != 0 {
      let last = copy.values.count - 1
      let length = copy.values[last].count + missing
      copy.values[last] = [UInt8](repeating: 0x61, count: length)
      missing = byteCount - copy.bytes.count
    }
    return copy
  }
}

/// Makes LZ4 frames block by block, so that every bit can be wrong.
struct LZ4Maker {
  var flags: UInt8 = 0x60
  var sizes: UInt8 = 0x40
  var blockBytes = 64 << 10
  var isStored = false
  var hasEndMark = true
  var isHeaderSpoilt = false

  func frame(_ content: [UInt8]) -> [UInt8] {
    var header: [UInt8] = [flags, sizes]
    if flags & 8 != 0 { header += littleEndian(UInt64(content.count)) }
    var frame: [UInt8] = [0x04, 0x22, 0x4D, 0x18] + header
    frame.append(UInt8(truncatingIfNeeded: xxh32(header) >> 8) ^ (isHeaderSpoilt ? 1 : 0))
    for start in stride(from: 0, to: content.count, by: blockBytes) {
      let block = Array(content[start..<min(content.count, start + blockBytes)])
      let packed = isStored ? block : pack(block)
      let isSmaller = !isStored && packed.count < block.count
      frame += littleEndian(UInt32(isSmaller ? packed.count : block.count) | (isSmaller ? 0 : 1 << 31))
      frame += isSmaller ? packed : block
      if flags & 16 != 0 { frame += littleEndian(xxh32(isSmaller ? packed : block)) }
    }
    if hasEndMark { frame += [0, 0, 0, 0] }
    if flags & 4 != 0 { frame += littleEndian(xxh32(content)) }
    return frame
  }
  private func pack(_ block: [UInt8]) -> [UInt8] {
    let source = block.map { CChar(bitPattern: $0) }
    var target = [CChar](repeating: 0, count: Int(LZ4_compressBound(Int32(block.count))))
    let count = LZ4_compress_default(source, &target, Int32(source.count), Int32(target.count))
    return target.prefix(Int(count)).map { UInt8(bitPattern: $0) }
  }

  /// A frame as liblz4 makes it.
  static func library(_ content: [UInt8], _ change: (inout LZ4F_preferences_t) -> Void) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = LZ4F_max64KB
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    change(&preferences)
    var frame = [UInt8](repeating: 0, count: LZ4F_compressFrameBound(content.count, &preferences))
    let count = LZ4F_compressFrame(&frame, frame.count, content, content.count, &preferences)
    precondition(LZ4F_isError(count) == 0, "a frame is made")
    return Array(frame.prefix(count))
  }
}

/// The checksum of LZ4 frames, written down as the specification has it for short inputs.
func xxh32(_ bytes: [UInt8]) -> UInt32 {
  var lanes: [UInt32] = [0x2423_4428, 0x85EB_CA77, 0, 0x61C8_864F]
  var place = 0
  func word(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) } }
  func turn(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
  while place + 16 <= bytes.count {
    for lane in 0..<4 {
      lanes[lane] = turn(lanes[lane] &+ word(place + 4 * lane) &* 0x85EB_CA77, 13) &* 0x9E37_79B1
    }
    place += 16
  }
  var hash: UInt32 = 0x1656_67B1
  if bytes.count >= 16 { hash = turn(lanes[0], 1) &+ turn(lanes[1], 7) &+ turn(lanes[2], 12) &+ turn(lanes[3], 18) }
  hash &+= UInt32(bytes.count)
  while place + 4 <= bytes.count {
    hash = turn(hash &+ word(place) &* 0xC2B2_AE3D, 17) &* 0x27D4_EB2F
    place += 4
  }
  while place < bytes.count {
    hash = turn(hash &+ UInt32(bytes[place]) &* 0x1656_67B1, 11) &* 0x9E37_79B1
    place += 1
  }
  hash = (hash ^ hash >> 15) &* 0x85EB_CA77
  hash = (hash ^ hash >> 13) &* 0xC2B2_AE3D
  return hash ^ hash >> 16
}

func integer<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T(T.bitWidth - 8 - 8 * $0)) }
}
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] { integer(value).reversed() }
func varint(_ value: Int) -> [UInt8] {
  var rest = UInt(bitPattern: value << 1 ^ value >> 63)
  var bytes: [UInt8] = []
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  return bytes + [UInt8(rest)]
}
