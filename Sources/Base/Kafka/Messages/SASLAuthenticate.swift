// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Chooses how a client proves who it is.
public struct SASLHandshakeRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .saslHandshake }
  /// The mechanism's name.
  public var mechanism: String = ""
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&mechanism)
    fields.end()
  }
}

/// Whether a mechanism is taken.
public struct SASLHandshakeResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .saslHandshake }
  /// What went wrong.
  public var error: KafkaError = .none
  /// Those that are.
  public var mechanisms: [String] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&error)
    fields.field(&mechanisms)
    fields.end()
  }
}

/// Carries a client's message of a mechanism.
public struct SASLAuthenticateRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .saslAuthenticate }
  /// The message.
  public var content: [UInt8] = []
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&content)
    fields.end()
  }
}

/// Carries a broker's message of a mechanism.
public struct SASLAuthenticateResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .saslAuthenticate }
  /// What went wrong.
  public var error: KafkaError = .none
  /// What the broker says of it.
  public var message: String?
  /// The mechanism's message.
  public var content: [UInt8] = []
  /// How long the client may stay before it must prove itself again; 0 for ever.
  ///
  /// Source: KIP-368.
  public var sessionMs: Int64 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&error)
    fields.field(&message)
    fields.field(&content)
    if fields.version >= 1 { fields.field(&sessionMs) }
    fields.end()
  }
}
