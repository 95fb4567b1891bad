public import Bytes
public import Events

/// What stands at the start of a segment's file: whose it is, which use of it this is, and how the lane stood then.
///
///     0   u64 magic "SLCSEGM1"  8  u16 version   10 u16 lane       12 u32 slot
///     16  u64 generation        24 u64 epoch     32 u64 secret     40 u64 first sequence
///     48  u32 first previous    52 u32 topics    56 i64 time, ns   64 u64 oldest generation
///     72  u64 generation before 80 u32 slot before   84 u32 end block before   88 u64 end sequence before
///     96  u32 index block before    100 u32 segment blocks    104 u32 bytes used    108 u32 check
///     112 per topic: u16 topic | u16 zero | u32 zero | u64 next offset | u64 log start
///
/// All big-endian; the check is CRC-32C over all bytes used, with itself as zero. The rest of its last block is zero.
public struct SegmentHeader: Sendable, Equatable {
  /// How a topic stood in this lane when the segment was opened.
  public struct TopicState: Sendable, Equatable {
    /// Which topic.
    public var topic: TopicID
    /// The offset its next event gets.
    public var nextOffset: UInt64
    /// The first offset that readers may see.
    public var logStart: UInt64
    /// Where a topic stands.
    public init(topic: TopicID, nextOffset: UInt64, logStart: UInt64) {
      (self.topic, self.nextOffset, self.logStart) = (topic, nextOffset, logStart)
    }
  }
  /// Where the segment before this one ends.
  public struct Predecessor: Sendable, Equatable {
    /// Which use of which slot it was.
    public var generation: UInt64
    /// The slot whose file that was.
    public var slot: UInt16
    /// The block after its last valid commit.
    public var endBlock: UInt32
    /// The sequence after its last valid commit's.
    public var endSequence: UInt64
    /// The block of its index; 0 when it has none, because the lane was cut there.
    public var indexBlock: UInt32
    /// Where a segment ended.
    public init(generation: UInt64, slot: UInt16, endBlock: UInt32, endSequence: UInt64, indexBlock: UInt32) {
      (self.generation, self.slot, self.endBlock) = (generation, slot, endBlock)
      (self.endSequence, self.indexBlock) = (endSequence, indexBlock)
    }
  }

  /// Whose and which file it is.
  public var segment: SegmentName
  /// Which use of a segment this is, counted over the lane's life.
  public var generation: UInt64
  /// Which opening of the lane, counted over its life.
  public var epoch: UInt64
  /// What the checks of this epoch start from.
  public var secret: EpochSecret
  /// The sequence of its first commit.
  public var firstSequence: UInt64
  /// What its first commit names as the check before its own.
  public var firstPrevious: UInt32
  /// When it was opened, in nanoseconds since the Unix epoch.
  public var timeNs: Int64
  /// Segments of a lower generation are not part of the log any more.
  public var oldestGeneration: UInt64
  /// The segment before; `nil` for the lane's first.
  public var predecessor: Predecessor?
  /// The size of the file, in blocks.
  public var segmentBlocks: UInt32
  /// Every topic that ever had an event in this lane.
  public var topics: [TopicState]

  /// A lane and one of its files.
  public struct SegmentName: Sendable, Hashable {
    /// Whose it is.
    public var lane: LaneID
    /// Which of the lane's files it is.
    public var slot: UInt16
    /// Names a file.
    public init(lane: LaneID, slot: UInt16) { (self.lane, self.slot) = (lane, slot) }
  }

  /// Describes a segment that is about to be opened.
  public init(
    segment: SegmentName,
    generation: UInt64,
    epoch: UInt64,
    secret: EpochSecret,
    firstSequence: UInt64,
    firstPrevious: UInt32,
    timeNs: Int64,
    oldestGeneration: UInt64,
    predecessor: Predecessor?,
    segmentBlocks: UInt32,
    topics: [TopicState]
  ) {
    (self.segment, self.generation, self.epoch, self.secret) = (segment, generation, epoch, secret)
    (self.firstSequence, self.firstPrevious, self.timeNs) = (firstSequence, firstPrevious, timeNs)
    (self.oldestGeneration, self.predecessor) = (oldestGeneration, predecessor)
    (self.segmentBlocks, self.topics) = (segmentBlocks, topics)
  }

  /// The newest version of the format that this code reads, and the one it writes.
  public static var version: UInt16 { 1 }
  /// The most topics a header can describe.
  public static var topicsMax: Int { 4096 }
  /// How many bytes a header of so many topics takes, padded to whole blocks.
  public static func byteCount(topics: Int) -> Int { CommitHeader.padded(fixedBytes + topics * topicBytes) }
  /// How many bytes the header that starts with these takes, padded to whole blocks, or `nil` when none starts there.
  public static func byteCount(startingWith bytes: RawSpan) -> Int? {
    guard bytes.byteCount >= fixedBytes, bytes.integer(UInt64.self, at: 0) == magic else { return nil }
    let topics = Int(bytes.integer(UInt32.self, at: 52))
    return topics <= topicsMax ? byteCount(topics: topics) : nil
  }
  /// How many bytes this header takes, padded to whole blocks: where its first commit stands.
  public var byteCount: Int { SegmentHeader.byteCount(topics: topics.count) }

  private static var magic: UInt64 { 0x534C_4353_4547_4D31 }
  private static var fixedBytes: Int { 112 }
  private static var topicBytes: Int { 24 }
  private static var checkOffset: Int { 108 }

  /// Fills an empty region with the header, padded to whole blocks.
  public func write(into region: inout Region) {
    require(region.count == 0 && byteCount <= region.byteCount, "a header fits its region")
    require(topics.count <= SegmentHeader.topicsMax, "a header describes a bounded number of topics")
    let used = SegmentHeader.fixedBytes + topics.count * SegmentHeader.topicBytes
    region.append(SegmentHeader.magic)
    region.append(SegmentHeader.version)
    region.append(segment.lane.rawValue)
    region.append(UInt32(segment.slot))
    region.append(generation)
    region.append(epoch)
    region.append(secret.bits)
    region.append(firstSequence)
    region.append(firstPrevious)
    region.append(UInt32(topics.count))
    region.append(timeNs)
    region.append(oldestGeneration)
    region.append(predecessor?.generation ?? 0)
    region.append(UInt32(predecessor?.slot ?? 0))
    region.append(predecessor?.endBlock ?? 0)
    region.append(predecessor?.endSequence ?? 0)
    region.append(predecessor?.indexBlock ?? 0)
    region.append(segmentBlocks)
    region.append(UInt32(used))
    region.append(UInt32(0))
    for state in topics {
      region.append(UInt64(state.topic.rawValue) << 48)
      region.append(state.nextOffset)
      region.append(state.logStart)
    }
    region.store(Checksum.crc32c(region.bytes), at: SegmentHeader.checkOffset)
    region.count = CommitHeader.padded(used)
    region.zero(from: used)
  }

  /// What stands at the start of a segment's file.
  public enum Reading: Sendable, Equatable {
    case found(SegmentHeader)
    /// A header of a version that this code does not know.
    case newer(version: UInt16)
    /// No header, or one that a crash has torn: the file holds nothing of the log.
    case absent
  }

  /// Reads the header at the start of `bytes`, which hold all of it.
  public static func read(_ bytes: RawSpan) -> Reading {
    var cursor = Cursor(bytes)
    guard cursor.integer(UInt64.self) == magic, let version = cursor.integer(UInt16.self) else { return .absent }
    guard version <= SegmentHeader.version else { return .newer(version: version) }
    guard bytes.byteCount >= fixedBytes else { return .absent }
    let used = Int(bytes.integer(UInt32.self, at: 104))
    let topicCount = Int(bytes.integer(UInt32.self, at: 52))
    guard topicCount <= topicsMax, used == fixedBytes + topicCount * topicBytes, used <= bytes.byteCount,
      checkHolds(bytes.extracting(0..<used))
    else { return .absent }
    let predecessor = Predecessor(
      generation: bytes.integer(UInt64.self, at: 72),
      slot: UInt16(truncatingIfNeeded: bytes.integer(UInt32.self, at: 80)),
      endBlock: bytes.integer(UInt32.self, at: 84),
      endSequence: bytes.integer(UInt64.self, at: 88),
      indexBlock: bytes.integer(UInt32.self, at: 96)
    )
    let topics = (0..<topicCount).map { index in
      let at = fixedBytes + index * topicBytes
      return TopicState(
        topic: TopicID(rawValue: bytes.integer(UInt16.self, at: at)),
        nextOffset: bytes.integer(UInt64.self, at: at + 8),
        logStart: bytes.integer(UInt64.self, at: at + 16)
      )
    }
    let header = SegmentHeader(
      segment: SegmentName(
        lane: LaneID(rawValue: bytes.integer(UInt16.self, at: 10)),
        slot: UInt16(truncatingIfNeeded: bytes.integer(UInt32.self, at: 12))
      ),
      generation: bytes.integer(UInt64.self, at: 16),
      epoch: bytes.integer(UInt64.self, at: 24),
      secret: EpochSecret(bits: bytes.integer(UInt64.self, at: 32)),
      firstSequence: bytes.integer(UInt64.self, at: 40),
      firstPrevious: bytes.integer(UInt32.self, at: 48),
      timeNs: bytes.integer(Int64.self, at: 56),
      oldestGeneration: bytes.integer(UInt64.self, at: 64),
      predecessor: predecessor.generation > 0 ? predecessor : nil,
      segmentBlocks: bytes.integer(UInt32.self, at: 100),
      topics: topics
    )
    return header.isPossible ? .found(header) : .absent
  }

  /// Whether its numbers are such as a lane can have, so that whoever reads it may count on from them: a check can be
  /// made for anything.
  private var isPossible: Bool {
    let counts = 1...CommitHeader.countMax
    if let predecessor {
      guard predecessor.generation < generation, counts.contains(predecessor.endSequence),
        predecessor.endSequence <= firstSequence
      else { return false }
    }
    return counts.contains(generation) && counts.contains(epoch) && counts.contains(firstSequence)
      && topics.allSatisfy { $0.nextOffset <= CommitHeader.countMax && $0.logStart <= CommitHeader.countMax }
  }

  /// The check's own four bytes count as zero.
  private static func checkHolds(_ bytes: RawSpan) -> Bool {
    let zero: [UInt8] = [0, 0, 0, 0]
    var sum = Checksum.crc32c(bytes.extracting(0..<checkOffset))
    // SAFETY: a view of plain bytes that live until the end of this scope.
    sum = unsafe Checksum.crc32c(zero.span.bytes, continuing: sum)
    sum = Checksum.crc32c(bytes.extracting((checkOffset + 4)..<bytes.byteCount), continuing: sum)
    return sum == bytes.integer(UInt32.self, at: checkOffset)
  }
}
