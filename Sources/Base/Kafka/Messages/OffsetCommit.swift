// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Keeps how far a group has read.
public struct OffsetCommitRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .offsetCommit }
  /// The group.
  public var group: String = ""
  /// Its generation; -1 for consumers that assign partitions themselves.
  public var generation: Int32 = -1
  /// The member; empty for those.
  public var member: String = ""
  /// Its static name.
  public var instance: String?
  /// How long to keep them, or -1.
  public var retentionMs: Int64 = -1
  /// The topics.
  public var topics: [OffsetCommitTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&group)
    fields.field(&generation)
    fields.field(&member)
    if fields.version >= 7 { fields.field(&instance) }
    if (2...4).contains(fields.version) { fields.field(&retentionMs) }
    fields.field(&topics)
    fields.end()
  }
}

/// A topic's offsets.
public struct OffsetCommitTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [OffsetCommitPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// How far a partition was read.
public struct OffsetCommitPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// The first record that was not read.
  public var offset: Int64 = -1
  /// The leadership of the last that was, or -1.
  public var leaderEpoch: Int32 = -1
  /// What the consumer wants kept beside it.
  public var note: String?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&offset)
    if fields.version >= 6 { fields.field(&leaderEpoch) }
    fields.field(&note)
    fields.end()
  }
}

/// Whether offsets are kept.
public struct OffsetCommitResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .offsetCommit }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// The topics.
  public var topics: [OffsetCommittedTopic] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 3 { fields.field(&throttleMs) }
    fields.field(&topics)
    fields.end()
  }
}

/// Whether a topic's offsets are kept.
public struct OffsetCommittedTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [OffsetCommittedPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// Whether a partition's offset is kept.
public struct OffsetCommittedPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&error)
    fields.end()
  }
}
