internal import Bytes

extension Writer {
  /// Writes UTF-8 as a JSON string, quotes included.
  ///
  /// Bound: 2 bytes and six times the text.
  @_lifetime(self: copy self)
  mutating func append(quoted text: RawSpan) {
    append(UInt8(ascii: "\""))
    var start = 0
    var at = 0
    while at < text.byteCount {
      if at &+ 8 <= text.byteCount, isPlain(text.integer(UInt64.self, at: at)) {
        at &+= 8
        continue
      }
      let byte = text.byte(at)
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        append(text.extracting(start..<at))
        append(escaped: byte)
        start = at &+ 1
      }
      at &+= 1
    }
    append(text.extracting(start..<text.byteCount))
    append(UInt8(ascii: "\""))
  }
  @_lifetime(self: copy self)
  private mutating func append(escaped byte: UInt8) {
    switch byte {
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    case 0..<0x20:
      append("\\u00")
      append(hexadecimal: UInt64(byte), digits: 2)
    default:
      append(UInt8(ascii: "\\"))
      append(byte)
    }
  }

  /// Writes the low digits of a number in lower case.
  @_lifetime(self: copy self)
  mutating func append(hexadecimal value: UInt64, digits: Int) {
    for place in stride(from: 4 &* (digits &- 1), through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: value &>> UInt64(place)) & 0xF
      append(digit &+ (digit < 10 ? 0x30 : 0x57))
    }
  }
  /// Writes a UUID in its usual form.
  @_lifetime(self: copy self)
  mutating func append(uuid: UInt128) {
    let (high, low) = (UInt64(truncatingIfNeeded: uuid &>> 64), UInt64(truncatingIfNeeded: uuid))
    append(hexadecimal: high &>> 32, digits: 8)
    append(UInt8(ascii: "-"))
    append(hexadecimal: high &>> 16, digits: 4)
    append(UInt8(ascii: "-"))
    append(hexadecimal: high, digits: 4)
    append(UInt8(ascii: "-"))
    append(hexadecimal: low &>> 48, digits: 4)
    append(UInt8(ascii: "-"))
    append(hexadecimal: low, digits: 12)
  }

  /// Writes bytes in base64 with padding, in quotes.
  ///
  /// Source: RFC 4648 §4.
  @_lifetime(self: copy self)
  mutating func append(base64 bytes: RawSpan) {
    append(UInt8(ascii: "\""))
    var at = 0
    while at &+ 3 <= bytes.byteCount {
      let word = UInt32(bytes.byte(at)) &<< 16 | UInt32(bytes.byte(at &+ 1)) &<< 8 | UInt32(bytes.byte(at &+ 2))
      append(letter(word, 18) | letter(word, 12) | letter(word, 6) | letter(word, 0))
      at &+= 3
    }
    let rest = bytes.byteCount - at
    if rest > 0 {
      let word = UInt32(bytes.byte(at)) &<< 16 | (rest == 2 ? UInt32(bytes.byte(at &+ 1)) &<< 8 : 0)
      let third = rest == 2 ? letter(word, 6) : UInt32(UInt8(ascii: "=")) &<< 8
      append(letter(word, 18) | letter(word, 12) | third | UInt32(UInt8(ascii: "=")))
    }
    append(UInt8(ascii: "\""))
  }
}

/// The letter of six of a group's 24 bits, at its place among the group's four letters.
@inline(__always)
private func letter(_ word: UInt32, _ shift: UInt32) -> UInt32 {
  let bits = word &>> shift & 0x3F
  let letter: UInt32 =
    switch bits {
    case 0..<26: bits &+ 65
    case 26..<52: bits &+ 71
    case 52..<62: bits &- 4
    case 62: 43
    default: 47
    }
  return letter &<< (shift / 6 &* 8)
}
