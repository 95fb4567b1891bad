// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for records from some partitions, and waits for them if there are none.
public struct FetchRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .fetch }
  /// The broker that asks, or -1 for a consumer.
  public var replica: Int32 = -1
  /// How long to wait, in milliseconds.
  public var waitMsMax: Int32 = 0
  /// How many bytes are worth an answer before that.
  public var bytesMin: Int32 = 0
  /// How many bytes the answer may have; its first batch may exceed them.
  public var bytesMax: Int32 = Int32.max
  /// 1 for records of committed transactions alone.
  public var isolation: Int8 = 0
  /// The fetch session, or 0.
  ///
  /// Source: KIP-227.
  public var session: Int32 = 0
  /// Its epoch; -1 for a fetch without a session.
  public var sessionEpoch: Int32 = -1
  /// The topics.
  public var topics: [FetchTopic] = []
  /// What a session is to forget.
  public var forgotten: [ForgottenTopic] = []
  /// The consumer's rack.
  public var rack: String = ""
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&replica)
    fields.field(&waitMsMax)
    fields.field(&bytesMin)
    fields.field(&bytesMax)
    fields.field(&isolation)
    if fields.version >= 7 { fields.field(&session) }
    if fields.version >= 7 { fields.field(&sessionEpoch) }
    fields.field(&topics)
    if fields.version >= 7 { fields.field(&forgotten) }
    if fields.version >= 11 { fields.field(&rack) }
    fields.end()
  }
}

/// A topic to fetch from.
public struct FetchTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [FetchPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// A partition to fetch from.
public struct FetchPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// Which leadership the consumer knows of, or -1.
  public var leaderEpoch: Int32 = -1
  /// The first record wanted.
  public var offset: Int64 = 0
  /// The leadership of the last record fetched, or -1.
  public var lastEpoch: Int32 = -1
  /// A follower's first offset, or -1.
  public var logStartOffset: Int64 = -1
  /// How many bytes of it the answer may have.
  public var bytesMax: Int32 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    if fields.version >= 9 { fields.field(&leaderEpoch) }
    fields.field(&offset)
    if fields.version >= 12 { fields.field(&lastEpoch) }
    if fields.version >= 5 { fields.field(&logStartOffset) }
    fields.field(&bytesMax)
    fields.end()
  }
}

/// Partitions that a session is to forget.
public struct ForgottenTopic: KafkaValue, Hashable {
  /// The topic.
  public var name: String = ""
  /// The partitions.
  public var partitions: [Int32] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// Records from some partitions.
public struct FetchResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .fetch }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The fetch session, or 0.
  public var session: Int32 = 0
  /// The topics.
  public var topics: [FetchedTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&throttleMs)
    if fields.version >= 7 { fields.field(&error) }
    if fields.version >= 7 { fields.field(&session) }
    fields.field(&topics)
    fields.end()
  }
}

/// A topic's records.
public struct FetchedTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [FetchedPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// A partition's records.
public struct FetchedPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The offset behind the last record that consumers may have.
  public var highWatermark: Int64 = -1
  /// The same without transactions that are not decided.
  public var lastStableOffset: Int64 = -1
  /// The first offset that it still has.
  public var logStartOffset: Int64 = -1
  /// Transactions that were aborted; `nil` for a consumer that does not ask.
  public var aborted: [AbortedTransaction]?
  /// A broker that is nearer to the consumer, or -1.
  public var preferredReplica: Int32 = -1
  /// Batches, of which the last may be cut.
  public var records: KafkaRecords = KafkaRecords()
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&error)
    fields.field(&highWatermark)
    fields.field(&lastStableOffset)
    if fields.version >= 5 { fields.field(&logStartOffset) }
    fields.field(&aborted)
    if fields.version >= 11 { fields.field(&preferredReplica) }
    fields.field(&records)
    fields.end()
  }
}

/// A transaction that was aborted.
public struct AbortedTransaction: KafkaValue, Hashable {
  /// Its producer.
  public var producerID: Int64 = 0
  /// Its first record in the partition.
  public var firstOffset: Int64 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&producerID)
    fields.field(&firstOffset)
    fields.end()
  }
}
