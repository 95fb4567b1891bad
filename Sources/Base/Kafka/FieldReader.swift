// What KafkaValue and FieldVisitor ask for is documented there.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

internal import Bytes

/// Why a message can't be read.
public struct KafkaFault: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Sendable {
    /// It ends before its last field.
    case cut
    /// A length or a number of elements that no message of its size has.
    case length
    /// Text that is no UTF-8.
    case text
    /// Bytes behind its last field.
    case trailing
    /// A request of a kind that is not known here.
    case api
    /// A version that is not spoken here.
    case version
  }
  /// What is wrong.
  public let reason: Reason
  /// The byte where that was found, counted from the message's start.
  public let offset: Int
  /// One that was found.
  public init(reason: Reason, offset: Int) { (self.reason, self.offset) = (reason, offset) }
}

/// Reads the fields of a message.
///
/// The first thing that is wrong ends it: what comes after reads as zeros, and `finish` says what it was. So a
/// description of fields needs no word about faults, and no length is believed that the message has no bytes for.
public struct FieldReader: FieldVisitor, ~Copyable, ~Escapable {
  public let version: Int16
  public let isFlexible: Bool
  private var cursor: Cursor
  private var fault: KafkaFault?

  /// Starts at the first byte of a body.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, from start: Int, of api: KafkaAPI, _ version: Int16) {
    (self.version, isFlexible) = (version, api.isFlexible(version))
    cursor = Cursor(bytes)
    cursor.position = start
    fault = nil
  }
  /// Starts at the first byte of something that is written in one way whatever its version.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, isFlexible: Bool) {
    (version, self.isFlexible) = (0, isFlexible)
    cursor = Cursor(bytes)
    fault = nil
  }

  /// Where the next field begins.
  public var position: Int { cursor.position }
  /// Throws: what was wrong first, if anything was.
  public func finish(allowsMore: Bool = false) throws(KafkaFault) {
    if let fault { throw fault }
    if !allowsMore, cursor.remaining > 0 { throw KafkaFault(reason: .trailing, offset: cursor.position) }
  }

  @_lifetime(self: copy self)
  private mutating func fail(_ reason: KafkaFault.Reason) {
    if fault == nil { fault = KafkaFault(reason: reason, offset: cursor.position) }
    cursor.position = cursor.bytes.byteCount
  }

  @_lifetime(self: copy self)
  public mutating func field<T: FixedWidthInteger & BitwiseCopyable & Sendable>(_ value: inout T) {
    guard let read = cursor.integer(T.self) else { return fail(.cut) }
    value = read
  }
  @_lifetime(self: copy self)
  public mutating func field(_ value: inout String?) {
    guard let count = length(of: Int16.self) else { return value = nil }
    guard let bytes = cursor.take(count) else { return fail(.cut) }
    var text: [UInt8] = []
    text.reserveCapacity(count)
    for place in 0..<count { text.append(bytes.byte(place)) }
    value = String(validating: text, as: UTF8.self)
    if value == nil { fail(.text) }
  }
  @_lifetime(self: copy self)
  public mutating func field(_ value: inout [UInt8]?) {
    guard let count = length(of: Int32.self) else { return value = nil }
    guard let bytes = cursor.take(count) else { return fail(.cut) }
    var read: [UInt8] = []
    read.reserveCapacity(count)
    for place in 0..<count { read.append(bytes.byte(place)) }
    value = read
  }
  @_lifetime(self: copy self)
  public mutating func field(_ value: inout KafkaRecords) {
    let count = length(of: Int32.self) ?? 0
    let start = cursor.position
    guard cursor.take(count) != nil else { return fail(.cut) }
    value = KafkaRecords(start..<start + count)
  }
  @_lifetime(self: copy self)
  public mutating func field<Element: KafkaValue>(_ value: inout [Element]?) {
    guard let count = length(of: Int32.self) else { return value = nil }
    var elements: [Element] = []
    // Elements take more memory than bytes, so room is made as they come.
    for _ in 0..<count {
      guard fault == nil else { return }
      var element = Element()
      element.visit(&self)
      elements.append(element)
    }
    value = elements
  }
  @_lifetime(self: copy self)
  public mutating func end<Value: KafkaValue>(_ tag: UInt32, _ value: inout Value?) {
    guard isFlexible else { return }
    let count = unsigned()
    guard count <= UInt64(cursor.remaining) else { return fail(.length) }
    for _ in 0..<count {
      let (number, size) = (unsigned(), unsigned())
      guard fault == nil else { return }
      guard size <= UInt64(cursor.remaining) else { return fail(.length) }
      let behind = cursor.position + Int(size)
      if number == UInt64(tag) {
        var known = Value()
        known.visit(&self)
        value = known
        guard fault == nil, cursor.position <= behind else { return fail(.length) }
      }
      cursor.position = behind
    }
  }

  /// A length before what it counts; `nil` for null and after a fault.
  @_lifetime(self: copy self)
  private mutating func length<T: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>(of _: T.Type) -> Int?
  {
    var count: Int
    if isFlexible {
      let plusOne = unsigned()
      guard plusOne <= UInt64(cursor.remaining) + 1 else {
        fail(.length)
        return nil
      }
      count = Int(plusOne) - 1
    } else {
      var length: T = -1
      field(&length)
      count = Int(length)
    }
    guard fault == nil, count >= 0 else {
      if count < -1 { fail(.length) }
      return nil
    }
    // Everything that is counted has a byte at least.
    guard count <= cursor.remaining else {
      fail(.length)
      return nil
    }
    return count
  }
  /// UNSIGNED_VARINT.
  @_lifetime(self: copy self)
  private mutating func unsigned() -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 35, by: 7) {
      guard let byte = cursor.integer(UInt8.self) else {
        fail(.cut)
        return 0
      }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    fail(.length)
    return 0
  }
}
