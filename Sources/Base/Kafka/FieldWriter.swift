// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Writes the fields of a message behind what is written already.
///
/// It allocates: requests and answers that carry records are written around these, and the others are rare.
public struct FieldWriter: FieldVisitor, ~Copyable {
  public let version: Int16
  public let isFlexible: Bool
  /// What is written so far.
  public private(set) var bytes: [UInt8] = []
  /// Where the bytes of records go that the message has, with how many they are; in ascending order.
  public private(set) var records: [(place: Int, count: Int)] = []

  /// Writes for a version of a kind of request.
  public init(_ api: KafkaAPI, _ version: Int16) { (self.version, isFlexible) = (version, api.isFlexible(version)) }
  /// Writes in one way whatever the version.
  init(isFlexible: Bool) { (version, self.isFlexible) = (0, isFlexible) }

  public mutating func field<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_ value: inout T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift)))
    }
  }
  public mutating func field(_ value: inout String?) {
    guard let value else { return length(nil, as: Int16.self) }
    length(value.utf8.count, as: Int16.self)
    bytes.append(contentsOf: value.utf8)
  }
  public mutating func field(_ value: inout [UInt8]?) {
    length(value?.count, as: Int32.self)
    if let value { bytes.append(contentsOf: value) }
  }
  public mutating func field(_ value: inout KafkaRecords) {
    length(value.count, as: Int32.self)
    records.append((bytes.count, value.count))
  }
  public mutating func field<Element: KafkaValue>(_ value: inout [Element]?) {
    length(value?.count, as: Int32.self)
    guard let elements = value else { return }
    for var element in elements { element.visit(&self) }
  }
  public mutating func end<Value: KafkaValue>(_ tag: UInt32, _ value: inout Value?) {
    guard isFlexible else { return }
    guard var known = value else { return unsigned(0) }
    unsigned(1)
    unsigned(UInt64(tag))
    let start = bytes.count
    known.visit(&self)
    let content = Array(bytes[start...])
    bytes.removeSubrange(start...)
    unsigned(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  private mutating func length<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_ count: Int?, as _: T.Type) {
    if isFlexible { return unsigned(UInt64((count ?? -1) + 1)) }
    var length = T(count ?? -1)
    field(&length)
  }
  private mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
