// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks how far groups have read.
public struct OffsetFetchRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .offsetFetch }
  /// The group.
  public var group: String = ""
  /// The topics; `nil` for all.
  public var topics: [OffsetFetchTopic]?
  /// The groups.
  public var groups: [OffsetFetchGroup] = []
  /// Whether to wait for transactions.
  public var isStable: Bool = false
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version <= 7 { fields.field(&group) }
    if fields.version <= 7 { fields.field(&topics) }
    if fields.version >= 8 { fields.field(&groups) }
    if fields.version >= 7 { fields.field(&isStable) }
    fields.end()
  }
}

/// A group that is asked for.
public struct OffsetFetchGroup: KafkaValue, Hashable {
  /// Its name.
  public var group: String = ""
  /// The topics; `nil` for all.
  public var topics: [OffsetFetchTopic]?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&group)
    fields.field(&topics)
    fields.end()
  }
}

/// A topic that is asked for.
public struct OffsetFetchTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [Int32] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// How far groups have read.
public struct OffsetFetchResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .offsetFetch }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// The topics.
  public var topics: [OffsetFetchedTopic] = []
  /// What went wrong.
  public var error: KafkaError = .none
  /// The groups.
  public var groups: [OffsetFetchedGroup] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 3 { fields.field(&throttleMs) }
    if fields.version <= 7 { fields.field(&topics) }
    if (2...7).contains(fields.version) { fields.field(&error) }
    if fields.version >= 8 { fields.field(&groups) }
    fields.end()
  }
}

/// How far a group has read.
public struct OffsetFetchedGroup: KafkaValue, Hashable {
  /// Its name.
  public var group: String = ""
  /// The topics.
  public var topics: [OffsetFetchedTopic] = []
  /// What went wrong.
  public var error: KafkaError = .none
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&group)
    fields.field(&topics)
    fields.field(&error)
    fields.end()
  }
}

/// How far a topic was read.
public struct OffsetFetchedTopic: KafkaValue, Hashable {
  /// Its name.
  public var name: String = ""
  /// Its partitions.
  public var partitions: [OffsetFetchedPartition] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&name)
    fields.field(&partitions)
    fields.end()
  }
}

/// How far a partition was read.
public struct OffsetFetchedPartition: KafkaValue, Hashable {
  /// Its number.
  public var index: Int32 = 0
  /// The first record that was not read, or -1 where nobody said.
  public var offset: Int64 = -1
  /// The leadership of the last that was, or -1.
  public var leaderEpoch: Int32 = -1
  /// What the consumer wanted kept beside it.
  public var note: String?
  /// What went wrong.
  public var error: KafkaError = .none
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&index)
    fields.field(&offset)
    if fields.version >= 5 { fields.field(&leaderEpoch) }
    fields.field(&note)
    fields.field(&error)
    fields.end()
  }
}
