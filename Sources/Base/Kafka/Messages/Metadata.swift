// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for a cluster's brokers, and for the partitions of topics and who leads them.
public struct MetadataRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .metadata }
  /// The topics; `nil` for all.
  public var topics: [MetadataTopicName]?
  /// Whether topics that do not exist are to be made.
  public var createsTopics: Bool = false
  /// Whether to say what the client may do in the cluster.
  public var wantsClusterRights: Bool = false
  /// Whether to say what it may do with the topics.
  public var wantsTopicRights: Bool = false
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&topics)
    if fields.version >= 4 { fields.field(&createsTopics) }
    if (8...10).contains(fields.version) { fields.field(&wantsClusterRights) }
    if fields.version >= 8 { fields.field(&wantsTopicRights) }
    fields.end()
  }
}

/// A topic that is asked for.
public struct MetadataTopicName: KafkaValue, Hashable {
  /// Its id; 0 where its name is given.
  public var id: UInt128 = 0
  /// Its name.
  public var name: String?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 10 { fields.field(&id) }
    fields.field(&name)
    fields.end()
  }
}

/// A cluster's brokers, and the partitions of topics and who leads them.
public struct MetadataResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .metadata }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// The brokers.
  public var brokers: [MetadataBroker] = []
  /// The cluster's id.
  public var clusterID: String?
  /// The broker that leads the cluster, or -1.
  public var controller: Int32 = -1
  /// The topics.
  public var topics: [MetadataTopic] = []
  /// What the client may do in the cluster, if it asked.
  public var clusterRights: Int32 = Int32.min
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 3 { fields.field(&throttleMs) }
    fields.field(&brokers)
    if fields.version >= 2 { fields.field(&clusterID) }
    if fields.version >= 1 { fields.field(&controller) }
    fields.field(&topics)
    if (8...10).contains(fields.version) { fields.field(&clusterRights) }
    fields.end()
  }
}

/// A broker, and where it is reached.
public struct MetadataBroker: KafkaValue, Hashable {
  /// Its number in the cluster.
  public var id: Int32 = 0
  /// The name or address that it gives to clients.
  public var host: String = ""
  /// Its port.
  public var port: Int32 = 0
  /// Its rack.
  public var rack: String?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&id)
    fields.field(&host)
    fields.field(&port)
    if fields.version >= 1 { fields.field(&rack) }
    fields.end()
  }
}

/// A topic.
public struct MetadataTopic: KafkaValue, Hashable {
  /// What went wrong.
  public var error: KafkaError = .none
  /// Its name.
  public var name: String?
  /// Its id.
  public var id: UInt128 = 0
  /// Whether it is the cluster's own.
  public var isInternal: Bool = false
  /// Its partitions.
  public var partitions: [MetadataPartition] = []
  /// What the client may do with it, if it asked.
  public var rights: Int32 = Int32.min
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&error)
    fields.field(&name)
    if fields.version >= 10 { fields.field(&id) }
    if fields.version >= 1 { fields.field(&isInternal) }
    fields.field(&partitions)
    if fields.version >= 8 { fields.field(&rights) }
    fields.end()
  }
}

/// A partition, and who leads it.
public struct MetadataPartition: KafkaValue, Hashable {
  /// What went wrong.
  public var error: KafkaError = .none
  /// Its number.
  public var index: Int32 = 0
  /// The broker that leads it, or -1.
  public var leader: Int32 = -1
  /// Which leadership that is, or -1.
  public var leaderEpoch: Int32 = -1
  /// The brokers that have it.
  public var replicas: [Int32] = []
  /// Those of them that are up to date.
  public var inSync: [Int32] = []
  /// Those of them that are away.
  public var offline: [Int32] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&error)
    fields.field(&index)
    fields.field(&leader)
    if fields.version >= 7 { fields.field(&leaderEpoch) }
    fields.field(&replicas)
    fields.field(&inSync)
    if fields.version >= 5 { fields.field(&offline) }
    fields.end()
  }
}
