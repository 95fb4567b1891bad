public import Bytes
public import CKernels

/// Goes from token to token of a text that was marked.
///
/// It checks what it reads; the order of tokens, which is the grammar of objects and arrays, is its user's to check.
@safe @frozen public struct JSONReader: ~Escapable {
  /// The whole text.
  public let bytes: RawSpan
  // SAFETY: `JSONMarks` hands out no other reader before this one is done with; `count` marks, and
  // behind them `JSONMarks.beyond` times the text's length.
  @usableFromInline let marks: UnsafePointer<UInt32>
  @usableFromInline let count: Int
  /// Whether a backslash is anywhere.
  public let hasEscapes: Bool
  /// Whether every byte is below 0x80.
  public let isASCII: Bool
  @usableFromInline let limits: JSONLimits
  /// Which mark comes next.
  @usableFromInline var place = 0

  @inlinable @inline(__always) @_lifetime(copy bytes)
  init(_ bytes: RawSpan, _ marks: UnsafePointer<UInt32>, _ found: kernel_json_marks, _ limits: JSONLimits) {
    self.bytes = bytes
    unsafe self.marks = marks
    (count, hasEscapes, isASCII, self.limits) = (Int(found.count), found.has_escapes, found.is_ascii, limits)
  }

  /// Whether no token is left.
  @inlinable @inline(__always) public var isAtEnd: Bool { place == count }
  /// Where the next token begins; the text's end when none is left.
  @inlinable @inline(__always) public var offset: Int { unsafe Int(marks[place]) }
  /// The next token's first byte; 0 when none is left.
  @inlinable @inline(__always) public var byte: UInt8 { isAtEnd ? 0 : bytes.byte(offset) }
  /// How many tokens are left; both quotes of a string count, and its bytes don't.
  @inlinable @inline(__always) public var tokensLeft: Int { count &- place }
  /// Goes on by so many tokens, of which all are there.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func step(over tokens: Int) {
    require(tokens >= 0 && tokens <= tokensLeft, "tokens are left to step over")
    place &+= tokens
  }
  /// What is wrong here: that the text ends, or that something else stands here.
  @inline(never) public func fault(_ reason: JSONFault.Reason) -> JSONFault {
    JSONFault(isAtEnd ? .ended : reason, at: offset)
  }
  /// Goes on to the next token.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func step() {
    require(place < count, "a token is left to step over")
    place &+= 1
  }

  /// Reads a string, whose opening quote comes next.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func readString() throws(JSONFault) -> JSONString {
    // Strings hold no marks but their quotes, and all have an end.
    let start = offset &+ 1
    let end = unsafe Int(marks[place &+ 1])
    place &+= 2
    guard end &- start <= limits.stringBytesMax else { throw JSONFault(.longString, at: start &- 1) }
    guard hasEscapes else { return JSONString(range: start..<end) }
    return JSONString(range: start..<end, hasEscapes: try checkEscapes(start..<end))
  }

  /// Reads a member's name and the colon behind it.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func readName() throws(JSONFault) -> JSONString {
    guard byte == UInt8(ascii: "\"") else { throw fault(.noName) }
    let name = try readString()
    guard byte == UInt8(ascii: ":") else { throw fault(.noColon) }
    step()
    return name
  }

  /// Checks the escapes in a string; whether there are any.
  ///
  /// Source: RFC 8259 §7.
  @usableFromInline func checkEscapes(_ range: Range<Int>) throws(JSONFault) -> Bool {
    var place = range.lowerBound
    var hasOne = false
    while place < range.upperBound {
      guard bytes.byte(place) == UInt8(ascii: "\\") else {
        place += 1
        continue
      }
      hasOne = true
      switch bytes.byte(place + 1) {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        place += 2
      case UInt8(ascii: "u"):
        guard let unit = JSONString.unit(at: place, before: range.upperBound, in: bytes) else {
          throw JSONFault(.badEscape, at: place)
        }
        let isPair = JSONString.second(of: unit, at: place, before: range.upperBound, in: bytes) != nil
        guard isPair || unit & 0xF800 != 0xD800 || limits.allowsLoneSurrogates else {
          throw JSONFault(.loneSurrogate, at: place)
        }
        place += isPair ? 12 : 6
      default: throw JSONFault(.badEscape, at: place)
      }
    }
    return hasOne
  }

  /// Reads a number, whose first byte comes next: a digit or a minus.
  ///
  /// Source: RFC 8259 §6.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func readNumber() throws(JSONFault) -> JSONNumber {
    let start = offset
    let limit = bytes.byteCount
    let isNegative = bytes.byte(start) == UInt8(ascii: "-")
    var end = isNegative ? start &+ 1 : start
    var (digits, exponent) = (UInt64(0), 0)
    let first = end
    while end < limit, bytes.byte(end) &- UInt8(ascii: "0") < 10 {
      digits = digits &* 10 &+ UInt64(bytes.byte(end) &- UInt8(ascii: "0"))
      end &+= 1
    }
    var count = end &- first
    guard count > 0 else { throw JSONFault(.badNumber, at: end) }
    guard count == 1 || bytes.byte(first) != UInt8(ascii: "0") else { throw JSONFault(.badNumber, at: first &+ 1) }
    if end < limit, bytes.byte(end) == UInt8(ascii: ".") {
      end &+= 1
      let point = end
      while end < limit, bytes.byte(end) &- UInt8(ascii: "0") < 10 {
        digits = digits &* 10 &+ UInt64(bytes.byte(end) &- UInt8(ascii: "0"))
        end &+= 1
      }
      exponent = point &- end
      count &-= exponent
      guard exponent < 0 else { throw JSONFault(.badNumber, at: end) }
    }
    if end < limit, bytes.byte(end) | 0x20 == UInt8(ascii: "e") { exponent &+= try readExponent(&end) }
    guard end &- start <= limits.numberBytesMax else { throw JSONFault(.longNumber, at: start) }
    place &+= 1
    try checkEnd(end, .badNumber)
    return JSONNumber(digits, count: count, isNegative: isNegative, exponent: exponent, start..<end)
  }
  /// Reads what an `e` begins; `end` moves behind it.
  @usableFromInline func readExponent(_ end: inout Int) throws(JSONFault) -> Int {
    end += 1
    var isNegative = false
    if end < bytes.byteCount, bytes.byte(end) == UInt8(ascii: "+") || bytes.byte(end) == UInt8(ascii: "-") {
      isNegative = bytes.byte(end) == UInt8(ascii: "-")
      end += 1
    }
    let first = end
    var exponent = 0
    while end < bytes.byteCount, bytes.byte(end) &- UInt8(ascii: "0") < 10 {
      exponent = min(exponent * 10 + Int(bytes.byte(end) - UInt8(ascii: "0")), JSONNumber.exponentMax)
      end += 1
    }
    guard end > first else { throw JSONFault(.badNumber, at: end) }
    return isNegative ? -exponent : exponent
  }

  /// Reads one of the three words.
  @inlinable @inline(__always) @_lifetime(self: copy self)
  public mutating func readWord() throws(JSONFault) -> JSONWord {
    let start = offset
    switch byte {
    case UInt8(ascii: "t"):
      try readWord(start &+ 4, last: 0x7472_7565)
      return .true
    case UInt8(ascii: "f"):
      try readWord(start &+ 5, last: 0x616C_7365)
      return .false
    case UInt8(ascii: "n"):
      try readWord(start &+ 4, last: 0x6E75_6C6C)
      return .null
    default: throw noValue()
    }
  }
  /// Reads a word that ends at `end`; its last four letters are given as a big-endian integer.
  @usableFromInline @_lifetime(self: copy self)
  mutating func readWord(_ end: Int, last: UInt32) throws(JSONFault) {
    guard end <= bytes.byteCount, bytes.integer(UInt32.self, at: end - 4) == last else {
      throw JSONFault(.badWord, at: offset)
    }
    place += 1
    try checkEnd(end, .badWord)
  }
  /// What is wrong where a value must stand and none does.
  @usableFromInline @inline(never) func noValue() -> JSONFault {
    let letter = byte | 0x20
    return fault(letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") ? .badWord : .noValue)
  }

  /// Goes past a value, whose tokens are looked at no closer than is needed to find its end.
  @_lifetime(self: copy self)
  public mutating func skip() throws(JSONFault) {
    var depth = 0
    repeat {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        step()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw fault(.noValue) }
        depth -= 1
        step()
      case UInt8(ascii: "\""): _ = try readString()
      default:
        guard !isAtEnd else { throw fault(.ended) }
        step()
      }
    } while depth > 0
  }

  /// Reads a number or a word, whichever comes next.
  @_lifetime(self: copy self)
  mutating func readScalar() throws(JSONFault) {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try readNumber()
    default: _ = try readWord()
    }
  }

  /// Checks that what ends at `end` is followed by something that may follow it.
  @inlinable @inline(__always) func checkEnd(_ end: Int, _ reason: JSONFault.Reason) throws(JSONFault) {
    guard end < bytes.byteCount else { return }
    switch bytes.byte(end) {
    case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: " "), UInt8(ascii: "\t"),
      UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"),
      UInt8(ascii: "\""):
      return
    default: throw JSONFault(reason, at: end)
    }
  }
}

/// A JSON value that is a word.
public enum JSONWord: Sendable {
  case null, `true`, `false`
}
