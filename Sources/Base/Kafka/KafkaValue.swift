// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Something with fields in Kafka's protocol: a message, or a part of one.
///
/// One description serves both directions: `visit` names each field in the order of the wire, and a `FieldReader` fills
/// them while a `FieldWriter` writes them down. What a version does not have keeps its initial value.
public protocol KafkaValue: Sendable {
  init()
  /// Goes over the fields that `fields.version` has.
  mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields)
}

/// A request's or answer's body.
public protocol KafkaMessage: KafkaValue {
  /// The kind of request that it belongs to.
  static var api: KafkaAPI { get }
}

/// Goes over fields, to read them or to write them.
///
/// Source: Kafka protocol guide, "Protocol Primitive Types"; KIP-482 for compact lengths and tagged fields.
public protocol FieldVisitor: ~Copyable, ~Escapable {
  /// The version of the message.
  var version: Int16 { get }
  /// Whether lengths are unsigned varints and structures end with tagged fields.
  var isFlexible: Bool { get }

  /// INT8 to INT64, and UUID as an integer of 128 bits: big-endian.
  @_lifetime(self: copy self)
  mutating func field<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_ value: inout T)
  /// STRING or COMPACT_STRING, or their nullable forms, whose value may be `nil`.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout String?)
  /// BYTES or COMPACT_BYTES, or their nullable forms.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout [UInt8]?)
  /// RECORDS or COMPACT_RECORDS: bytes that stay where they are.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout KafkaRecords)
  /// ARRAY or COMPACT_ARRAY of structures, or their nullable forms.
  @_lifetime(self: copy self)
  mutating func field<Element: KafkaValue>(_ value: inout [Element]?)
  /// The end of a structure: what tagged fields there are, of which one is known.
  @_lifetime(self: copy self)
  mutating func end<Value: KafkaValue>(_ tag: UInt32, _ value: inout Value?)
}

extension FieldVisitor where Self: ~Copyable & ~Escapable {
  /// BOOLEAN.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout Bool) {
    var byte: UInt8 = value ? 1 : 0
    field(&byte)
    value = byte != 0
  }
  /// An error's number.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout KafkaError) {
    var code = value.rawValue
    field(&code)
    value = KafkaError(rawValue: code)
  }
  /// STRING or COMPACT_STRING; what is null is read as an empty one.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout String) {
    var text: String? = value
    field(&text)
    value = text ?? ""
  }
  /// BYTES or COMPACT_BYTES; what is null is read as none.
  @_lifetime(self: copy self)
  mutating func field(_ value: inout [UInt8]) {
    var bytes: [UInt8]? = value
    field(&bytes)
    value = bytes ?? []
  }
  /// ARRAY or COMPACT_ARRAY; what is null is read as an empty one.
  @_lifetime(self: copy self)
  mutating func field<Element: KafkaValue>(_ value: inout [Element]) {
    var elements: [Element]? = value
    field(&elements)
    value = elements ?? []
  }
  /// The end of a structure of which no tagged field is known here.
  @_lifetime(self: copy self)
  mutating func end() {
    var none: NoValue?
    end(.max, &none)
  }
}

/// A structure without fields.
private struct NoValue: KafkaValue {
  mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {}
}

/// Batches of records within a message: when read, where they stand in it; when written, how many bytes its user puts
/// there.
public struct KafkaRecords: Hashable, Sendable {
  /// Where they are in the message that was read.
  public var range: Range<Int>
  /// Those that stand there.
  public init(_ range: Range<Int> = 0..<0) { self.range = range }
  /// How many bytes they have.
  public var count: Int { range.count }
}

// Arrays of plain values are arrays of structures with one field and no end.
extension Int32: KafkaValue {
  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&self)
  }
}
extension String: KafkaValue {
  public mutating func visit<Fields: FieldVisitor & ~Copyable & ~Escapable>(_ fields: inout Fields) {
    fields.field(&self)
  }
}
