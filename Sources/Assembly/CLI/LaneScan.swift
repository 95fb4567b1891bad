internal import Bytes
internal import Events
internal import Formats
internal import Host
internal import Store
internal import World

/// Reads one lane from its files, commit after commit.
///
/// Reads start at 256 KiB and grow with the largest commit found, 16 MiB at most, so no setting has to be known.
struct LaneScan: ~Copyable {
  /// Decides what to read and checks what was read.
  private(set) var reader: LaneReader
  let lane: LaneID
  private let files: DataDirectoryReader
  private var block = Region(id: RegionID(rawValue: 0), byteCount: CommitHeader.blockBytes)
  private var region = Region(id: RegionID(rawValue: 1), byteCount: LaneScan.readBytes)
  private var file: OpenSegment?
  /// The sequence of the next commit, once there was one.
  private var sequence: UInt64?
  /// Damages looked at so far.
  private var damagesSeen = 0
  /// What could not be read, without what retention took away while it was read.
  private(set) var damages: [LaneDamage] = []
  /// Whether retention took away what was about to be read.
  private(set) var isOvertaken = false

  private static let readBytes = 256 << 10

  private struct OpenSegment: ~Copyable {
    let slot: UInt16
    let file: SegmentReader
  }

  /// Starts to read a lane.
  init(_ lane: LaneID, of directory: LogDirectory, from start: LaneReader.Start = .oldest) throws(CommandFailure) {
    (self.lane, files) = (lane, directory.files)
    let files = files
    let segments = try onHost { () throws(HostFailure) in try files.segments(of: lane) }
    reader = LaneReader(
      lane: lane,
      slots: segments.map(\.slot),
      commitBytesMax: CommitHeader.bytesMax,
      isLive: directory.isLive,
      readBytes: LaneScan.readBytes,
      start: start
    )
  }

  /// Reads on by one piece, and gives every commit in it to `each`.
  ///
  /// - Returns: `false` when all there is has been read.
  mutating func step(_ each: (LaneReader.Found) -> Void) throws(CommandFailure) -> Bool {
    guard case .read(let slot, let offset) = reader.need() else { return false }
    var (expected, hasGap) = (sequence, false)
    let each: (LaneReader.Found) -> Void = { found in
      hasGap = hasGap || found.header.sequence != expected ?? found.header.sequence
      expected = found.header.sequence + 1
      each(found)
    }
    do throws(HostFailure) {
      try open(slot)
      if offset == 0, try readsHeader() {
        Self.give(block, to: &reader, each)
      } else {
        if region.byteCount < reader.readBytes { region = Region(id: region.id, byteCount: reader.readBytes) }
        try file?.file.read(into: &region, at: offset)
        Self.give(region, to: &reader, each)
      }
      sequence = expected
      try sortDamages()
      // Whole segments may have gone between two looks, and then nothing is damaged.
      if hasGap, damages.isEmpty { isOvertaken = true }
      // Headers and topics are put in order here, so that they are known before the commits come.
      _ = reader.need()
    } catch { throw .environment(error) }
    return true
  }

  /// Looks for more, in a lane that a gateway may be writing.
  mutating func resume() throws(CommandFailure) {
    let (files, lane) = (files, lane)
    let segments = try onHost { () throws(HostFailure) in try files.segments(of: lane) }
    reader.resume(slots: segments.map(\.slot), isLive: true)
  }

  /// The slots whose header does not read, although they hold commits that are younger than every segment found.
  ///
  /// A header is durable before the first commit behind it is written, so there it was lost later.
  mutating func headless() throws(CommandFailure) -> [UInt16] {
    let known = Set(reader.headers.map(\.segment.slot))
    let newest = reader.headers.last?.generation ?? 0
    var slots: [UInt16] = []
    do throws(HostFailure) {
      for segment in try files.segments(of: lane) where !known.contains(segment.slot) {
        try open(segment.slot)
        try file?.file.read(into: &region, at: 0)
        let holds = stride(from: CommitHeader.blockBytes, to: region.count, by: CommitHeader.blockBytes).contains {
          at in
          CommitHeader.looksLikeCommit(region.bytes.extracting(at..<region.count), of: lane, after: newest)
        }
        if holds, case .absent = SegmentHeader.read(region.bytes) { slots.append(segment.slot) }
      }
    } catch { throw .environment(error) }
    return slots
  }

  private mutating func open(_ slot: UInt16) throws(HostFailure) {
    guard file?.slot != slot else { return }
    file = OpenSegment(slot: slot, file: try files.open(SegmentID(lane: lane, slot: slot)))
  }

  /// Reads the first block, and says whether that is the whole header.
  private mutating func readsHeader() throws(HostFailure) -> Bool {
    try file?.file.read(into: &block, at: 0)
    return SegmentHeader.byteCount(startingWith: block.bytes) ?? 0 <= block.byteCount
  }

  /// Tells damage from a segment that was recycled between two reads.
  private mutating func sortDamages() throws(HostFailure) {
    while damagesSeen < reader.damages.count {
      let damage = reader.damages[damagesSeen]
      damagesSeen += 1
      guard case .damaged(_, let slot, _, _) = damage,
        let header = reader.headers.first(where: { $0.segment.slot == slot })
      else {
        damages.append(damage)
        continue
      }
      try open(slot)
      let present: SegmentHeader.Reading
      if try readsHeader() {
        present = SegmentHeader.read(block.bytes)
      } else {
        try file?.file.read(into: &region, at: 0)
        present = SegmentHeader.read(region.bytes)
      }
      if case .found(let found) = present, found.generation == header.generation {
        damages.append(damage)
      } else {
        isOvertaken = true
      }
    }
  }

  // A static function: a span of one field can't be lent to a mutating method of another.
  private static func give(_ region: borrowing Region, to reader: inout LaneReader, _ each: (LaneReader.Found) -> Void)
  {
    reader.take(region.bytes, each: each)
  }
}
