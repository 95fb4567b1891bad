// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for the first offsets at or behind a time.
public struct ListOffsetsRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .listOffsets }
  /// The broker that asks, or -1 for a consumer.
  public var replica: Int32 = -1
  /// 1 for records of committed transactions alone.
  public var isolation: Int8 = 0
  /// The topics.
  public var topics: [ListOffsetsTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&replica)
    if fields.version >= 2 { fields.field(&isolation) }
    fields.field(&topics)
    fields.end()
  }
}

/// A topic to look in.
public struct ListOffsetsTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [ListOffsetsPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// A partition to look in.
public struct ListOffsetsPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// Which leadership the consumer knows of, or -1.
  public var leaderEpoch: Int32 = -1
  /// The time in milliseconds since the Unix epoch; -1 for the end, -2 for the beginning.
  public var timestampMs: Int64 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    if fields.version >= 4 { fields.field(&leaderEpoch) }
    fields.field(&timestampMs)
    fields.end()
  }
}

/// The first offsets at or behind a time.
public struct ListOffsetsResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .listOffsets }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// The topics.
  public var topics: [ListedTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 2 { fields.field(&throttleMs) }
    fields.field(&topics)
    fields.end()
  }
}

/// A topic's offsets.
public struct ListedTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [ListedPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// A partition's offset.
public struct ListedPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The time of the record there, or -1.
  public var timestampMs: Int64 = -1
  /// The offset, or -1 for none.
  public var offset: Int64 = -1
  /// Which leadership wrote it, or -1.
  public var leaderEpoch: Int32 = -1
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&error)
    fields.field(&timestampMs)
    fields.field(&offset)
    if fields.version >= 4 { fields.field(&leaderEpoch) }
    fields.end()
  }
}
