// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks for a producer id, or for its next epoch.
///
/// Source: KIP-98, KIP-360.
public struct InitProducerIDRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .initProducerID }
  /// The name of a producer with transactions; `nil` for one that is idempotent alone.
  public var transactionalID: String?
  /// How long a transaction may take.
  public var transactionTimeoutMs: Int32 = 0
  /// The producer whose epoch is to be raised, or -1.
  public var producerID: Int64 = -1
  /// Its epoch so far, or -1.
  public var epoch: Int16 = -1
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&transactionalID)
    fields.field(&transactionTimeoutMs)
    if fields.version >= 3 { fields.field(&producerID) }
    if fields.version >= 3 { fields.field(&epoch) }
    fields.end()
  }
}

/// A producer id with its epoch.
public struct InitProducerIDResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .initProducerID }
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  /// What went wrong.
  public var error: KafkaError = .none
  /// The producer id.
  public var producerID: Int64 = -1
  /// Its epoch.
  public var epoch: Int16 = -1
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&throttleMs)
    fields.field(&error)
    fields.field(&producerID)
    fields.field(&epoch)
    fields.end()
  }
}
