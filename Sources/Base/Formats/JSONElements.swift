internal import Bytes

/// Goes from element to element of a JSON array whose grammar has been checked.
///
///     [ {"a":1} , {"b":2} ]
///       ╰─────╯   ╰─────╯    ranges, without the blanks around them
///
/// Nothing is copied. Who stops at an element goes on later from where it begins.
public struct JSONElements: ~Escapable {
  /// Stands at the first token of the element that comes next.
  public private(set) var reader: JSONReader
  /// Whether no element is left.
  public private(set) var isAtEnd: Bool

  /// The elements from the one on at which `reader` stands.
  @_lifetime(copy reader)
  init(_ reader: JSONReader) {
    isAtEnd = reader.byte == UInt8(ascii: "]")
    self.reader = reader
  }

  /// Where the element that comes next begins.
  public var offset: Int { reader.offset }

  /// Goes behind the element that comes next, and says where it stands.
  @_lifetime(self: copy self)
  public mutating func next() -> Range<Int> {
    require(!isAtEnd, "an element is left")
    let start = reader.offset
    reader.skipValue()
    var end = reader.offset
    isAtEnd = reader.byte != UInt8(ascii: ",")
    while isBlank(reader.bytes.byte(end - 1)) { end -= 1 }
    reader.step()
    return start..<end
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}

extension JSONMarks {
  /// Marks a text, checks that it is one array and nothing else but blanks, and goes to its first element.
  ///
  /// Names may occur twice in an object: what that means is for those to say who know what the element is.
  /// Throws: what is wrong first, and where. Cost: the marks and one strict pass over them.
  @_lifetime(copy bytes)
  public mutating func elements(of bytes: RawSpan) throws(JSONFault) -> JSONElements {
    var reader = try checked(bytes)
    guard reader.byte == UInt8(ascii: "[") else { throw reader.fault(.noValue) }
    reader.step()
    return JSONElements(reader)
  }

  /// Marks the rest of an array that was checked, from the beginning of one of its elements on.
  @_lifetime(copy bytes)
  public mutating func elements(from bytes: RawSpan) -> JSONElements {
    do throws(JSONFault) {
      return JSONElements(try reader(of: bytes))
    } catch {
      broken("a text that was checked can be marked again")
    }
  }

  /// Marks a text, checks that it is one value and nothing else but blanks, and goes to its first token.
  ///
  /// The same as `JSONScanner.check` but for names that occur twice.
  @_lifetime(copy bytes)
  public mutating func checked(_ bytes: RawSpan) throws(JSONFault) -> JSONReader {
    let reader = try reader(of: bytes)
    var walk = reader
    try walk.passValue()
    guard walk.isAtEnd else { throw JSONFault(.trailing, at: walk.offset) }
    return reader
  }
}

extension JSONReader {
  /// Goes behind the value that comes next, whose grammar has been checked.
  @_lifetime(self: copy self)
  public mutating func skipValue() {
    var depth = 0
    repeat {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""): step()
      default: break
      }
      step()
    } while depth > 0
  }

  /// Goes behind the value that comes next and checks its grammar.
  ///
  /// What is open stands in a word, a bit a level. Bound: 128 levels.
  @_lifetime(self: copy self)
  mutating func passValue() throws(JSONFault) {
    require(limits.depthMax <= 128, "a bit stands for each level")
    var (objects, depth) = (UInt128(0), 0)
    repeat {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < limits.depthMax else { throw JSONFault(.tooDeep, at: offset) }
        let isObject = byte == UInt8(ascii: "{")
        objects = objects << 1 | (isObject ? 1 : 0)
        depth += 1
        step()
        if byte != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          if isObject { _ = try readName() }
          continue
        }
        step()
        (objects, depth) = (objects >> 1, depth - 1)
      case UInt8(ascii: "\""): _ = try readString()
      default: try readScalar()
      }
      try passEnds(&objects, &depth)
    } while depth > 0
  }

  /// Goes on behind a value, and behind all that ends with it.
  @_lifetime(self: copy self)
  private mutating func passEnds(_ objects: inout UInt128, _ depth: inout Int) throws(JSONFault) {
    while depth > 0 {
      let isObject = objects & 1 == 1
      switch byte {
      case UInt8(ascii: ","):
        step()
        if isObject { _ = try readName() }
        return
      case isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"):
        step()
        (objects, depth) = (objects >> 1, depth - 1)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): throw JSONFault(.mismatched, at: offset)
      default: throw fault(.noComma)
      }
    }
  }
}
