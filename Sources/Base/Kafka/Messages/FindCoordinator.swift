// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks which broker keeps the offsets of groups.
public struct FindCoordinatorRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .findCoordinator }
  /// The group.
  public var key: String = ""
  /// 0 for groups, 1 for transactions.
  public var kind: Int8 = 0
  /// The groups.
  public var keys: [String] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version <= 3 { fields.field(&key) }
    if fields.version >= 1 { fields.field(&kind) }
    if fields.version >= 4 { fields.field(&keys) }
    fields.end()
  }
}

/// Says which broker keeps the offsets of groups.
public struct FindCoordinatorResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .findCoordinator }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// What the broker says of it.
  public var message: String?
  /// The broker's number.
  public var broker: Int32 = -1
  /// Where it is reached.
  public var host: String = ""
  /// Its port.
  public var port: Int32 = -1
  /// One for each group.
  public var coordinators: [Coordinator] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 1 { fields.field(&throttleMs) }
    if fields.version <= 3 { fields.field(&error) }
    if (1...3).contains(fields.version) { fields.field(&message) }
    if fields.version <= 3 { fields.field(&broker) }
    if fields.version <= 3 { fields.field(&host) }
    if fields.version <= 3 { fields.field(&port) }
    if fields.version >= 4 { fields.field(&coordinators) }
    fields.end()
  }
}

/// The broker that keeps a group's offsets.
public struct Coordinator: KafkaValue, Hashable {
  /// The group.
  public var key: String = ""
  /// The broker's number.
  public var broker: Int32 = -1
  /// Where it is reached.
  public var host: String = ""
  /// Its port.
  public var port: Int32 = -1
  /// What went wrong.
  public var error: KafkaError = .none
  /// What the broker says of it.
  public var message: String?
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&key)
    fields.field(&broker)
    fields.field(&host)
    fields.field(&port)
    fields.field(&error)
    fields.field(&message)
    fields.end()
  }
}
