internal import Bytes

extension UInt8 {
  /// Whether it is a hexadecimal digit in ASCII.
  @inline(__always) var isHexadecimal: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
  /// Whether it is an ASCII letter or digit.
  @inline(__always) var isAlphanumeric: Bool { isDigit || isLetter }
  /// Whether it may be within a word: a letter or digit in ASCII, or any part of another character.
  @inline(__always) var isWord: Bool { isAlphanumeric || self >= 0x80 }
  /// Whether it is of the alphabet of base64, plain or for URLs, without padding.
  @inline(__always) var isBase64: Bool {
    isAlphanumeric || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") || self == UInt8(ascii: "+")
      || self == UInt8(ascii: "/")
  }
  /// Whether it is a blank, a tab or a line's end.
  @inline(__always) var isBlank: Bool { self == 0x20 || self &- 9 < 5 }
  /// Whether it is a quotation mark in ASCII.
  @inline(__always) var isQuote: Bool {
    self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") || self == UInt8(ascii: "`")
  }
  /// Whether it follows the first byte of a character in UTF-8.
  @inline(__always) var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension RawSpan {
  /// Whether ASCII `word`, whose letters are lower case, stands at a place in any case.
  @inline(__always) func has(_ word: StaticString, at place: Int) -> Bool {
    guard place >= 0, place &+ word.utf8CodeUnitCount <= byteCount else { return false }
    return extracting(place..<place &+ word.utf8CodeUnitCount).starts(withLowercase: word)
  }

  /// Where the first byte at or behind a place is that does not belong.
  @inline(__always) func end(from place: Int, while belongs: (UInt8) -> Bool) -> Int {
    var place = place
    while place < byteCount, belongs(byte(place)) { place &+= 1 }
    return place
  }

  /// Where the run of bytes that belong starts that ends before a place; at most so many bytes are looked at.
  @inline(__always) func start(before place: Int, most: Int = 64, while belongs: (UInt8) -> Bool) -> Int {
    let limit = Swift.max(0, place &- most)
    var place = place
    while place > limit, belongs(byte(place &- 1)) { place &-= 1 }
    return place
  }
}
