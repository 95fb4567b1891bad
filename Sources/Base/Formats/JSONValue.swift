internal import Bytes

/// A JSON text as a tree, for those who read schemas and settings: nothing on an event's way.
public struct JSONValue: Sendable {
  /// What a value can be.
  public enum Content: Sendable {
    case null
    case bool(Bool)
    /// As it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
  }
  /// What it is.
  public let content: Content
  /// Where it starts, in bytes from the start of its text.
  public let offset: Int
  /// Where it ends.
  public let end: Int

  /// A value that stands there in its text.
  public init(_ content: Content, at offset: Int = 0, to end: Int = 0) {
    (self.content, self.offset, self.end) = (content, offset, end)
  }

  /// Reads a text, which must be one JSON value and nothing else but blanks.
  ///
  /// Throws: what is wrong first, and where.
  public init(_ text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) {
    var scanner = JSONScanner(bytesMax: max(text.count, 1), limits: limits)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let bytes = unsafe text.span.bytes
    try scanner.check(bytes)
    var marks = JSONMarks(bytesMax: max(text.count, 1), limits: limits)
    var reader = try marks.reader(of: bytes)
    self = try reader.readValue()
  }

  /// Its text, if it is a string.
  public var string: String? { if case .string(let text) = content { text } else { nil } }
  /// Its members, if it is an object.
  public var object: JSONObject? { if case .object(let object) = content { object } else { nil } }
  /// Its elements, if it is an array.
  public var array: [JSONValue]? { if case .array(let elements) = content { elements } else { nil } }
  /// Whether it is true, if it is one of both.
  public var bool: Bool? { if case .bool(let value) = content { value } else { nil } }
  /// Its digits as they were written, if it is a number.
  public var number: String? { if case .number(let text) = content { text } else { nil } }

  /// What it is, in a word for messages.
  public var kind: String {
    switch content {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// The members of a JSON object, in the order in which they were written.
public struct JSONObject: Sendable {
  /// One of them.
  public struct Member: Sendable {
    /// Its name.
    public let name: String
    /// What it is called.
    public let value: JSONValue
    /// A member of that name.
    public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
  }
  /// All of them; a name that was written twice stands twice.
  public let members: [Member]
  private let places: [JSONName: Int]

  /// An object of these.
  public init(_ members: [Member]) {
    self.members = members
    places = Dictionary(members.enumerated().map { (JSONName($1.name), $0) }, uniquingKeysWith: { $1 })
  }
  /// The value of that name, the last one if there are more.
  public subscript(name: String) -> JSONValue? { places[JSONName(name)].map { members[$0].value } }
  /// The names, in their order.
  public var names: [String] { members.map(\.name) }
}

/// A name that is the same as another only if it has the same code points.
///
/// Swift's strings are the same already when they look the same.
public struct JSONName: Hashable, Sendable {
  /// As text.
  public let text: String
  /// The name that is written so.
  public init(_ text: String) { self.text = text }
  /// Whether both have the same code points.
  public static func == (left: JSONName, right: JSONName) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
  /// Feeds its bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension JSONReader {
  /// Reads a value of a text that was checked.
  fileprivate mutating func readValue() throws(JSONFault) -> JSONValue {
    let start = offset
    switch byte {
    case UInt8(ascii: "{"):
      let members = try readMembers()
      return JSONValue(.object(members.object), at: start, to: members.end)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      step()
      while byte != UInt8(ascii: "]") {
        elements.append(try readValue())
        if byte == UInt8(ascii: ",") { step() }
      }
      let end = offset + 1
      step()
      return JSONValue(.array(elements), at: start, to: end)
    case UInt8(ascii: "\""):
      let string = try readString()
      return JSONValue(.string(meaning(of: string)), at: start, to: string.end + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let number = try readNumber()
      let range = Int(number.start)..<Int(number.end)
      return JSONValue(.number(written(range)), at: start, to: range.upperBound)
    default:
      let word = try readWord()
      return JSONValue(word == .null ? .null : .bool(word == .true), at: start, to: start + (word == .false ? 5 : 4))
    }
  }
  private mutating func readMembers() throws(JSONFault) -> (object: JSONObject, end: Int) {
    var members: [JSONObject.Member] = []
    step()
    while byte != UInt8(ascii: "}") {
      let name = meaning(of: try readName())
      members.append(JSONObject.Member(name, try readValue()))
      if byte == UInt8(ascii: ",") { step() }
    }
    let end = offset + 1
    step()
    return (JSONObject(members), end)
  }
  private func written(_ range: Range<Int>) -> String {
    String(decoding: range.map { bytes.byte($0) }, as: UTF8.self)
  }
  private func meaning(of string: JSONString) -> String {
    guard string.hasEscapes else { return written(string.range) }
    var meaning = JSONString.Meaning(string)
    var text: [UInt8] = []
    while let byte = meaning.next(in: bytes) { text.append(byte) }
    // Half a surrogate pair, where limits allow one, becomes U+FFFD.
    return String(decoding: text, as: UTF8.self)
  }
}

/// Where something stands in a text, as editors count: both from 1.
public struct TextPosition: Equatable, Sendable {
  /// Which line.
  public let line: Int
  /// Which code point of it.
  public let column: Int
  /// The position of a byte.
  public init(of offset: Int, in text: [UInt8]) {
    let before = text.prefix(offset)
    line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    column = 1 + before[start...].count { $0 & 0xC0 != 0x80 }
  }
}
