internal import Bytes

/// Goes from token to token of a text that was marked.
@safe struct JSONReader: ~Escapable {
  let bytes: RawSpan
  // SAFETY: the scanner's, which outlives the call that made this; `count` marks and one behind them.
  private let marks: UnsafePointer<UInt32>
  private let count: Int
  private let hasEscapes: Bool
  private let limits: JSONLimits
  /// Which mark comes next.
  private var place = 0

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, _ marks: UnsafePointer<UInt32>, _ count: Int, hasEscapes: Bool, _ limits: JSONLimits) {
    self.bytes = bytes
    unsafe self.marks = marks
    (self.count, self.hasEscapes, self.limits) = (count, hasEscapes, limits)
  }

  /// Whether no token is left.
  @inline(__always) var isAtEnd: Bool { place == count }
  /// Where the next token begins; the text's end when none is left.
  @inline(__always) var offset: Int { unsafe Int(marks[place]) }
  /// The next token's first byte; 0 when none is left.
  @inline(__always) var byte: UInt8 { isAtEnd ? 0 : bytes.byte(offset) }
  /// What is wrong here: that the text ends, or that something else stands here.
  func fault(_ reason: JSONFault.Reason) -> JSONFault { JSONFault(isAtEnd ? .ended : reason, at: offset) }
  /// Goes on to the next token.
  @inline(__always) mutating func step() { place += 1 }

  /// Reads a string, whose opening quote comes next.
  @inline(__always) mutating func readString() throws(JSONFault) -> JSONString {
    // Strings hold no marks but their quotes, and all have an end.
    let start = offset + 1
    let end = unsafe Int(marks[place + 1])
    place += 2
    guard end - start <= limits.stringBytesMax else { throw JSONFault(.longString, at: start - 1) }
    guard hasEscapes, let first = firstBackslash(start..<end) else { return JSONString(range: start..<end) }
    try checkEscapes(first..<end)
    return JSONString(range: start..<end, hasEscapes: true)
  }

  private func firstBackslash(_ range: Range<Int>) -> Int? {
    for place in range where bytes.byte(place) == UInt8(ascii: "\\") { return place }
    return nil
  }
  /// Checks the escapes in a part of a string.
  ///
  /// Source: RFC 8259 §7.
  private func checkEscapes(_ range: Range<Int>) throws(JSONFault) {
    var place = range.lowerBound
    while place < range.upperBound {
      guard bytes.byte(place) == UInt8(ascii: "\\") else {
        place += 1
        continue
      }
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
  }

  /// Reads a number or a word, whichever comes next.
  mutating func readScalar() throws(JSONFault) {
    guard !isAtEnd else { throw JSONFault(.ended, at: offset) }
    let start = offset
    let end: Int
    switch bytes.byte(start) {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      end = try numberEnd(start)
      guard end - start <= limits.numberBytesMax else { throw JSONFault(.longNumber, at: start) }
    case UInt8(ascii: "t"): end = try wordEnd(start, letters: 4, last: 0x7472_7565)
    case UInt8(ascii: "f"): end = try wordEnd(start, letters: 5, last: 0x616C_7365)
    case UInt8(ascii: "n"): end = try wordEnd(start, letters: 4, last: 0x6E75_6C6C)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      throw JSONFault(.badWord, at: start)
    default: throw JSONFault(.noValue, at: start)
    }
    place += 1
    guard end < bytes.byteCount, !isDelimiter(bytes.byte(end)) else { return }
    throw JSONFault(bytes.byte(start) >= UInt8(ascii: "a") ? .badWord : .badNumber, at: end)
  }

  @inline(__always) private func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
  @inline(__always) private func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "{"),
      UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "\""):
      true
    default: false
    }
  }
  /// Where a word ends that stands at `start`; its last four letters are given as a big-endian integer.
  private func wordEnd(_ start: Int, letters: Int, last: UInt32) throws(JSONFault) -> Int {
    let end = start + letters
    guard end <= bytes.byteCount, bytes.integer(UInt32.self, at: end - 4) == last else {
      throw JSONFault(.badWord, at: start)
    }
    return end
  }
  /// Where a number ends.
  ///
  /// Source: RFC 8259 §6.
  private func numberEnd(_ start: Int) throws(JSONFault) -> Int {
    var end = start
    if bytes.byte(end) == UInt8(ascii: "-") { end += 1 }
    let hasZero = end < bytes.byteCount && bytes.byte(end) == UInt8(ascii: "0")
    end = hasZero ? end + 1 : try digitsEnd(end)
    if end < bytes.byteCount, bytes.byte(end) == UInt8(ascii: ".") { end = try digitsEnd(end + 1) }
    if end < bytes.byteCount, bytes.byte(end) | 0x20 == UInt8(ascii: "e") {
      end += 1
      if end < bytes.byteCount, isSign(bytes.byte(end)) { end += 1 }
      end = try digitsEnd(end)
    }
    return end
  }
  @inline(__always) private func digitsEnd(_ start: Int) throws(JSONFault) -> Int {
    var end = start
    while end < bytes.byteCount, bytes.byte(end) &- UInt8(ascii: "0") < 10 { end += 1 }
    guard end > start else { throw JSONFault(.badNumber, at: start) }
    return end
  }
}
