internal import Events
public import World

/// What survives a crash: the segments of one shard's lanes, block by block.
public struct SimulatedDisk: Sendable {
  /// The unit that is written whole or not at all.
  public static var blockBytes: Int { 4096 }
  /// The contents of each file.
  public private(set) var files: [SegmentID: [UInt8]] = [:]
  /// How many bytes all files may have together.
  public var capacity = Int.max
  /// What must never be in a write.
  public var forbidden = ByteMarks()
  /// What of it was, in writes that reached the disk and in those that did not.
  public private(set) var leaks: [String] = []

  /// An empty disk.
  public init() {}

  /// How many bytes all files have.
  public var bytesUsed: Int { files.values.reduce(0) { $0 + $1.count } }

  /// Makes a file of zeros, or says that there is no room.
  mutating func make(_ segment: SegmentID, byteCount: Int) -> Bool {
    guard bytesUsed + byteCount <= capacity else { return false }
    files[segment] = [UInt8](repeating: 0, count: byteCount)
    return true
  }

  /// Looks at what is to be written, whatever becomes of it.
  mutating func inspect(_ bytes: RawSpan, of segment: SegmentID) {
    guard let mark = forbidden.found(in: bytes) else { return }
    let lane = segment.lane
    leaks.append("\(mark) in a write to \(lane.isSide ? "side lane" : "lane") \(lane.number)")
  }

  /// Stores whole blocks.
  mutating func store(_ bytes: RawSpan, in segment: SegmentID, at offset: Int) {
    let count = bytes.byteCount
    guard let file = files[segment] else { preconditionFailure("a segment is prepared before it is written") }
    precondition(offset % Self.blockBytes == 0 && count % Self.blockBytes == 0, "writes are whole blocks")
    precondition(offset + count <= file.count, "a write lies within its segment")
    unsafe files[segment]!.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe (target.baseAddress! + offset).copyMemory(from: source.baseAddress!, byteCount: count)
      }
    }
  }

  /// Takes another disk's files as well; of no lane that is here.
  public mutating func adopt(_ other: SimulatedDisk) {
    files.merge(other.files) { _, _ in preconditionFailure("a file stands on one disk") }
  }

  /// Flips one bit.
  public mutating func flip(bit: Int, in segment: SegmentID) {
    files[segment]![bit / 8] ^= 1 << UInt8(bit % 8)
  }
}
