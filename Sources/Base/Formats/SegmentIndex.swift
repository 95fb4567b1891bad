public import Bytes
public import Events

/// Where in its segment a topic's events are: the contents of the commit that ends a segment, `u32 entries | u32 zero`,
/// then per entry `u16 topic | u16 zero | u32 block | u64 base offset | i64 time, ns`, in the order they were written.
///
/// Sparse: a topic gets an entry with its first batch in the segment and then one for every stride of bytes, so whoever
/// looks for an offset starts at the last entry at or before it and reads on.
public struct SegmentIndex: ~Copyable {
  /// One batch's place.
  public struct Entry: Sendable, Equatable {
    /// Whose batch it is.
    public let topic: TopicID
    /// The block at which its commit starts.
    public let block: UInt32
    /// Its first event's offset.
    public let baseOffset: UInt64
    /// When its commit was submitted, in nanoseconds since the Unix epoch.
    public let timeNs: Int64
    /// One batch's place.
    public init(topic: TopicID, block: UInt32, baseOffset: UInt64, timeNs: Int64) {
      (self.topic, self.block, self.baseOffset, self.timeNs) = (topic, block, baseOffset, timeNs)
    }
  }

  private var entries: [Entry] = []
  /// The block of each topic's last entry, by topic; `UInt32.max` for none.
  private var last: [UInt32]
  private let strideBlocks: UInt32
  private let entriesMax: Int

  /// An empty index.
  ///
  /// - Parameters:
  ///   - topics: how many topics there may be.
  ///   - segmentBytes: the size of the segment, which sets the stride.
  ///   - commitBytesMax: the size of the largest commit, which it must fit with an entry for every topic.
  public init(topics: Int, segmentBytes: Int, commitBytesMax: Int) {
    let most = (commitBytesMax - CommitHeader.byteCount - SegmentIndex.headBytes) / SegmentIndex.entryBytes
    require(topics <= most, "an index has room for every topic")
    entriesMax = min(2048, most)
    last = Array(repeating: .max, count: topics)
    strideBlocks = UInt32(max(segmentBytes / CommitHeader.blockBytes / 256, 1))
    entries.reserveCapacity(self.entriesMax)
  }

  /// How many bytes the commit that holds a full index takes, padded to whole blocks.
  public var bytesMax: Int {
    CommitHeader.padded(CommitHeader.byteCount + SegmentIndex.headBytes + entriesMax * SegmentIndex.entryBytes)
  }
  /// How many places it knows.
  public var count: Int { entries.count }

  /// Notes a batch, unless one of its topic is noted less than a stride before it.
  public mutating func note(_ entry: Entry) {
    let topic = Int(entry.topic.rawValue)
    let known = last[topic]
    guard known == .max || entry.block - known >= strideBlocks else { return }
    // Keeps a place for each topic that has none so far.
    guard known == .max || entries.count + last.count < entriesMax else { return }
    entries.append(entry)
    last[topic] = entry.block
  }

  /// Forgets everything: another segment begins.
  public mutating func reset() {
    for entry in entries { last[Int(entry.topic.rawValue)] = .max }
    entries.removeAll(keepingCapacity: true)
  }

  /// Writes itself behind the place of the commit's header.
  public func write(into region: inout Region) {
    region.append(UInt32(entries.count))
    region.append(UInt32(0))
    for entry in entries {
      region.append(UInt32(entry.topic.rawValue) << 16)
      region.append(entry.block)
      region.append(entry.baseOffset)
      region.append(entry.timeNs)
    }
  }

  /// Reads the entries of a commit of kind `index`, or `nil` when they do not fill it.
  public static func read(_ commit: RawSpan) -> [Entry]? {
    guard commit.byteCount >= CommitHeader.byteCount + headBytes else { return nil }
    let count = Int(commit.integer(UInt32.self, at: CommitHeader.byteCount))
    let start = CommitHeader.byteCount + headBytes
    guard count <= (commit.byteCount - start) / entryBytes else { return nil }
    return (0..<count).map { index in
      let at = start + index * entryBytes
      return Entry(
        topic: TopicID(rawValue: commit.integer(UInt16.self, at: at)),
        block: commit.integer(UInt32.self, at: at + 4),
        baseOffset: commit.integer(UInt64.self, at: at + 8),
        timeNs: commit.integer(Int64.self, at: at + 16)
      )
    }
  }

  private static var headBytes: Int { 8 }
  private static var entryBytes: Int { 24 }
}
