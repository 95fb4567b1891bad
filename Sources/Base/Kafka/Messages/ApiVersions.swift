// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Asks a broker which requests it knows.
///
/// Source: KIP-35, KIP-511.
public struct ApiVersionsRequest: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .apiVersions }
  /// The client's name.
  public var softwareName: String = ""
  /// Its version.
  public var softwareVersion: String = ""
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    if fields.version >= 3 { fields.field(&softwareName) }
    if fields.version >= 3 { fields.field(&softwareVersion) }
    fields.end()
  }
}

/// Says which requests a broker knows, and in which versions.
public struct ApiVersionsResponse: KafkaMessage, Hashable {
  public static var api: KafkaAPI { .apiVersions }
  /// What went wrong.
  public var error: KafkaError = .none
  /// The kinds of requests.
  public var apis: [ApiVersionRange] = []
  /// How long the broker wants its client to keep quiet, in milliseconds.
  public var throttleMs: Int32 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&error)
    fields.field(&apis)
    if fields.version >= 1 { fields.field(&throttleMs) }
    fields.end()
  }
}

/// The versions of one kind of request.
public struct ApiVersionRange: KafkaValue, Hashable {
  /// The kind's number.
  public var api: Int16 = 0
  /// The lowest version.
  public var first: Int16 = 0
  /// The highest version.
  public var last: Int16 = 0
  public init() {}

  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&api)
    fields.field(&first)
    fields.field(&last)
    fields.end()
  }
}
