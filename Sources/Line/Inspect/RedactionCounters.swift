internal import Bytes
public import Detection
public import Events
internal import Redaction

/// What redaction counts, by topic: events, and what was exchanged in them by kind and operator.
///
/// Never a value.
/// One for the whole process, allocated at start; each shard writes words of its own and the control thread sums them.
public final class RedactionCounters: Sendable {
  /// What is counted for a topic as a whole.
  public enum Field: Int, CaseIterable, Sendable {
    /// Events that were looked at.
    case scanned
    /// Events of which something was exchanged, or would have been by a plan that is only tried.
    case changed
    /// Events that could not be redacted, so were not kept.
    case impossible
  }
  /// Kinds, and behind them fields of no kind.
  private static let kinds = PersonalType.allCases.count + 1
  private static let operators = 16
  private static let exchanged = Field.allCases.count
  private static let words = exchanged + kinds * operators

  private let table: CounterTable

  /// Nothing has been counted.
  public init(shards: Int, topics: Int) {
    require(OperatorCatalogue.words.count <= Self.operators, "every operator has its word")
    table = CounterTable(shards: shards, topics: topics, words: Self.words)
  }

  private static func place(_ type: PersonalType?, _ number: Int) -> Int {
    exchanged + (type.map { Int($0.rawValue) } ?? kinds - 1) * operators + number
  }

  /// The counters that one shard writes for a topic.
  struct Row: Sendable {
    fileprivate let words: CounterTable.Row
    @inline(__always) func add(_ field: Field, _ count: Int = 1) {
      words.add(UInt64(truncatingIfNeeded: count), at: field.rawValue)
    }
    func add(_ note: RedactionNote) { words.add(at: place(note.type, note.number)) }
  }
  func row(shard: Int, topic: TopicID) -> Row { Row(words: table.row(shard: shard, topic: topic)) }

  /// A topic's count, over all shards.
  public func total(_ topic: TopicID, _ field: Field) -> UInt64 { table.sum(topic, field.rawValue) }
  /// What was exchanged of a kind by an operator, which is named by its place in the catalogue; `nil` is a field of no
  /// kind.
  public func exchanged(_ topic: TopicID, _ type: PersonalType?, operator number: Int) -> UInt64 {
    table.sum(topic, Self.place(type, number))
  }
}
