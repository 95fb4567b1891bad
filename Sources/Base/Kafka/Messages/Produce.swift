// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Brings batches of records, one for each of some partitions.
public struct ProduceRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .produce }
  /// The name of a producer with transactions.
  public var transactionalID: String?
  /// Which replicas must have the records: -1 for all in sync, 1 for the leader, 0 for no answer.
  public var acks: Int16 = -1
  /// How long the broker may wait for replicas.
  public var timeoutMs: Int32 = 0
  /// The topics.
  public var topics: [ProduceTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&transactionalID)
    fields.field(&acks)
    fields.field(&timeoutMs)
    fields.field(&topics)
    fields.end()
  }
}

/// A topic's batches.
public struct ProduceTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions, each once.
  public var partitions: [ProducePartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// A partition's batch.
public struct ProducePartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// Exactly one batch.
  public var records: KafkaRecords = KafkaRecords()
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&records)
    fields.end()
  }
}

/// What became of batches.
public struct ProduceResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .produce }
  /// The topics.
  public var topics: [ProducedTopic] = []
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// Where new leaders are reached.
  public var brokers: ProducedBrokers?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&topics)
    if fields.version >= 1 { fields.field(&throttleMs) }
    if fields.version >= 10 { fields.end(0, &brokers) } else { fields.end() }
  }
}

/// What became of a topic's batches.
public struct ProducedTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [ProducedPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// What became of a partition's batch.
public struct ProducedPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The offset of the batch's first record, or -1.
  public var baseOffset: Int64 = -1
  /// The time that the broker gave its records, or -1 where they keep their own.
  public var logAppendTimeMs: Int64 = -1
  /// The first offset that the partition still has, or -1.
  public var logStartOffset: Int64 = -1
  /// Which records made it refuse the batch.
  public var recordErrors: [ProducedRecordError] = []
  /// What the broker says of it.
  public var message: String?
  /// Who leads the partition now, if not this broker.
  ///
  /// Source: KIP-951.
  public var leader: ProducedLeader?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&error)
    fields.field(&baseOffset)
    if fields.version >= 2 { fields.field(&logAppendTimeMs) }
    if fields.version >= 5 { fields.field(&logStartOffset) }
    if fields.version >= 8 { fields.field(&recordErrors) }
    if fields.version >= 8 { fields.field(&message) }
    if fields.version >= 10 { fields.end(0, &leader) } else { fields.end() }
  }
}

/// Why a record made a broker refuse its batch.
public struct ProducedRecordError: KafkaValue, Hashable {
  /// The record's place in its batch.
  public var index: Int32 = 0
  /// What the broker says of it.
  public var message: String?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&message)
    fields.end()
  }
}

/// Who leads a partition.
public struct ProducedLeader: KafkaValue, Hashable {
  /// The broker's number.
  public var broker: Int32 = -1
  /// Which leadership that is.
  public var epoch: Int32 = -1
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&broker)
    fields.field(&epoch)
    fields.end()
  }
}

/// Where brokers are reached.
public struct ProducedBrokers: KafkaValue, Hashable {
  /// The brokers.
  public var brokers: [MetadataBroker] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&brokers)
  }
}
