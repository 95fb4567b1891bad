internal import Bytes

/// The kinds of marks that stand between the groups of a number.
struct Separators: OptionSet {
  let rawValue: UInt8

  static let blank = Separators(rawValue: 1)
  static let hyphen = Separators(rawValue: 2)
  static let dot = Separators(rawValue: 4)
  static let slash = Separators(rawValue: 8)
  static let colon = Separators(rawValue: 16)
  static let plus = Separators(rawValue: 32)

  /// How many bytes of a token a number takes that is written with separators that are no ASCII.
  ///
  /// A blank is U+00A0, U+202F or U+2009 too, a hyphen U+2010 or U+2011. They do not end a token.
  static func unbroken(digits: Int, separators: Int) -> [Trigger] {
    let (short, long) = (digits + 2 * separators, digits + 3 * separators)
    return [.wide(short...short), .wide(long...long)]
  }
}

extension UInt8 {
  /// Whether it is an ASCII digit.
  @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
  /// Whether it is an ASCII letter.
  @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
  /// Whether it is an ASCII letter in upper case.
  @inline(__always) var isUppercase: Bool { self &- 0x41 < 26 }
  /// Itself, or an ASCII letter in upper case.
  @inline(__always) var uppercased: UInt8 { isLetter ? self & 0xDF : self }
}

extension RawSpan {
  /// The byte at a place; zero outside of the text.
  @inline(__always) func byteOrZero(_ place: Int) -> UInt8 {
    place >= 0 && place < byteCount ? byte(place) : 0
  }

  /// The separator that starts at a place, and how many bytes it has; none of no bytes when there is another thing.
  @inline(__always) func separator(at place: Int) -> (kind: Separators, width: Int) {
    switch byteOrZero(place) {
    case UInt8(ascii: " "): return (.blank, 1)
    case UInt8(ascii: "-"): return (.hyphen, 1)
    case UInt8(ascii: "."): return (.dot, 1)
    case UInt8(ascii: "/"): return (.slash, 1)
    case UInt8(ascii: ":"): return (.colon, 1)
    case UInt8(ascii: "+"): return (.plus, 1)
    case 0xC2 where byteOrZero(place &+ 1) == 0xA0: return (.blank, 2)
    case 0xE2 where byteOrZero(place &+ 1) == 0x80:
      switch byteOrZero(place &+ 2) {
      case 0x89, 0xAF: return (.blank, 3)
      case 0x90, 0x91: return (.hyphen, 3)
      default: return ([], 0)
      }
    default: return ([], 0)
    }
  }

  /// Whether a range is whole: no part of a longer word, of a longer number with its own separators, of a decimal
  /// number, a version or a UUID.
  ///
  ///     ssn=078-05-1123.   1-078-05-1123   078-05-1123.5   x078-05-1123
  ///         ~~~~~~~~~~~      not whole       not whole      not whole
  func isWhole(_ range: Range<Int>, with separators: Separators = []) -> Bool {
    isEdge(behind: range.upperBound, separators) && isEdge(before: range.lowerBound, separators)
  }

  /// Whether what is written can end at a place.
  private func isEdge(behind end: Int, _ separators: Separators) -> Bool {
    guard end < byteCount else { return true }
    let next = byte(end)
    guard !next.isDigit, !next.isLetter else { return false }
    let (kind, width) = separator(at: end)
    if next >= 0x80, kind.isEmpty { return !isLetter(from: end) }
    let place = end &+ width
    if kind == .dot { return !byteOrZero(place).isDigit }
    if kind == .hyphen { return !hasDigit(from: place, step: 1) }
    guard !kind.isEmpty, separators.contains(kind) else { return true }
    return kind == .blank ? !isGroup(from: place, behind: end) : !byteOrZero(place).isDigit
  }

  /// Whether what is written can start at a place.
  private func isEdge(before start: Int, _ separators: Separators) -> Bool {
    guard start > 0 else { return true }
    let previous = byte(start &- 1)
    guard !previous.isDigit, !previous.isLetter, previous != UInt8(ascii: "+") else { return false }
    var place = start &- 1
    while place > 0, start &- place < 4, byte(place) & 0xC0 == 0x80 { place &-= 1 }
    let kind = separator(at: place).kind
    if previous >= 0x80, kind.isEmpty { return !isLetter(from: place) }
    if kind == .dot { return !byteOrZero(place &- 1).isDigit }
    if kind == .hyphen { return !hasDigit(from: place &- 1, step: -1) }
    guard !kind.isEmpty, separators.contains(kind) else { return true }
    return kind == .blank ? !isGroup(before: place) : !byteOrZero(place &- 1).isDigit
  }

  /// Whether a digit is among the ASCII letters and digits from a place on, as in the parts of a UUID.
  private func hasDigit(from place: Int, step: Int) -> Bool {
    var place = place
    for _ in 0..<16 {
      let byte = byteOrZero(place)
      if byte.isDigit { return true }
      guard byte.isLetter else { return false }
      place &+= step
    }
    return false
  }

  /// Whether digits alone from a place on are another group of the number before: as many as its last group has.
  private func isGroup(from place: Int, behind end: Int) -> Bool {
    let count = digits(from: place, step: 1)
    guard count > 0, count == digits(from: end &- 1, step: -1) else { return false }
    return isGap(byteOrZero(place &+ count))
  }

  /// Whether one to four digits alone before a place are another group of a number, or the country of a phone number.
  private func isGroup(before place: Int) -> Bool {
    let count = digits(from: place &- 1, step: -1)
    guard count > 0, count < 5 else { return false }
    let byte = byteOrZero(place &- 1 &- count)
    return isGap(byte) || byte == UInt8(ascii: "+")
  }

  /// How many digits there are from a place on, five at the most.
  private func digits(from place: Int, step: Int) -> Int {
    var count = 0
    while count < 5, byteOrZero(place &+ count &* step).isDigit { count &+= 1 }
    return count
  }

  /// Whether a byte is a blank, a line's end or none.
  private func isGap(_ byte: UInt8) -> Bool { byte == 0 || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }

  /// Whether a character that is no ASCII belongs to words: all up to U+2000 but the signs of Latin-1.
  ///
  /// Beyond are signs, and scripts that set no blanks between words.
  private func isLetter(from place: Int) -> Bool { byte(place) < 0xE2 && byte(place) != 0xC2 }
}
