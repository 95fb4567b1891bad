internal import Bytes
public import Events
public import Schemas

/// What inspection counts: by topic, and by version and keyword within it.
///
/// One for the whole process, allocated at start; each shard writes words of its own and the control thread sums them.
/// Cost: a load and a store a count.
public final class InspectionCounters: Sendable {
  /// What is counted for a topic as a whole.
  public enum Field: Int, CaseIterable, Sendable {
    /// Events looked at.
    case checked
    /// Events that are no JSON.
    case malformed
    /// Events that name a version which is not taken.
    case unknownVersion
    /// Events that would take more work than one may cost.
    case exhausted
    /// Events whose quality was looked at.
    case sampled
    /// Members of those that the schema does not know.
    case unseenMembers
    /// Events among those that should say when they happened, and don't.
    case untimed
    /// Events that were shown to the version in the shadow, and those that it would have refused.
    case shadowed, shadowRefused
  }
  /// The versions of one topic that are told apart: two whose numbers differ by this share their counts.
  public static let versionsMax = 64
  /// The members of one topic whose quality is looked at.
  public static let qualityFieldsMax = 16
  /// The upper bounds of how much later than its own time an event came in, in milliseconds; the last is open.
  public static let skewBoundsMs: [Int64] = [
    -60_000, -1_000, 0, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000,
  ]

  private static let keywords = 48
  private static let missing = Field.allCases.count
  private static let null = missing + qualityFieldsMax
  private static let skew = null + qualityFieldsMax
  private static let shadow = skew + 12
  private static let versions = shadow + keywords
  private static let wordsPerTopic = versions + versionsMax * keywords

  private let table: CounterTable

  /// Nothing has been counted.
  public init(shards: Int, topics: Int) {
    require(Keyword.allCases.count < Self.keywords, "every keyword has its word")
    require(Self.skewBoundsMs.count < 12, "every bound has its word")
    table = CounterTable(shards: shards, topics: topics, words: Self.wordsPerTopic)
  }

  /// The counters that one shard writes for a topic.
  ///
  /// A view: who holds it holds the counters too.
  struct Row: Sendable {
    fileprivate let words: CounterTable.Row

    @inline(__always) private func add(_ count: UInt64, at index: Int) { words.add(count, at: index) }
    /// Counts for the topic as a whole.
    @inline(__always) func add(_ field: Field, _ count: Int = 1) {
      add(UInt64(truncatingIfNeeded: count), at: field.rawValue)
    }
    /// Counts an event that fits a version, by its number.
    @inline(__always) func pass(_ version: Int, _ count: Int = 1) {
      add(UInt64(truncatingIfNeeded: count), at: versions + (version % versionsMax) * keywords)
    }
    /// Counts an event that fails at a keyword of a version.
    func fail(_ version: Int, at keyword: Keyword) {
      add(1, at: versions + (version % versionsMax) * keywords + 1 + Int(keyword.rawValue))
    }
    /// Counts an event that the version in the shadow would have refused for a keyword.
    func failInShadow(at keyword: Keyword) {
      add(.shadowRefused)
      add(1, at: shadow + Int(keyword.rawValue))
    }
    /// Counts that a member is not there.
    func miss(_ field: Int) { add(1, at: missing + field) }
    /// Counts that a member is null.
    func meetNull(_ field: Int) { add(1, at: null + field) }
    /// Counts how much later than its own time an event came in.
    func skew(ms: Int64) {
      add(1, at: InspectionCounters.skew + (skewBoundsMs.firstIndex { ms <= $0 } ?? skewBoundsMs.count))
    }
  }
  /// The counters that a shard writes for a topic.
  func row(shard: Int, topic: TopicID) -> Row { Row(words: table.row(shard: shard, topic: topic)) }

  // MARK: Sums

  private func sum(_ topic: TopicID, _ index: Int) -> UInt64 { table.sum(topic, index) }
  /// A topic's count, over all shards.
  public func total(_ topic: TopicID, _ field: Field) -> UInt64 { sum(topic, field.rawValue) }
  /// Events that fit a version, by its number.
  public func passed(_ topic: TopicID, version: Int) -> UInt64 {
    sum(topic, Self.versions + version % Self.versionsMax * Self.keywords)
  }
  /// Events that failed at a keyword of a version.
  public func failed(_ topic: TopicID, version: Int, at keyword: Keyword) -> UInt64 {
    sum(topic, Self.versions + version % Self.versionsMax * Self.keywords + 1 + Int(keyword.rawValue))
  }
  /// Events that the version in the shadow would have refused for a keyword.
  public func failedInShadow(_ topic: TopicID, at keyword: Keyword) -> UInt64 {
    sum(topic, Self.shadow + Int(keyword.rawValue))
  }
  /// Events among the sampled in which a member is not there.
  public func missing(_ topic: TopicID, field: Int) -> UInt64 { sum(topic, Self.missing + field) }
  /// Events among the sampled in which a member is null.
  public func null(_ topic: TopicID, field: Int) -> UInt64 { sum(topic, Self.null + field) }
  /// Events by how much later than their own time they came in: up to each bound, and beyond the last.
  public func skew(_ topic: TopicID) -> [UInt64] {
    (0...Self.skewBoundsMs.count).map { sum(topic, Self.skew + $0) }
  }
}
