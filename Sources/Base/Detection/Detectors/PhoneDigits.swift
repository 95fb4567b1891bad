internal import Bytes

/// The digits of a telephone number as people write it: groups with blanks, hyphens, dots, slashes or parentheses.
///
///     +49 (0)30 / 123 456    digits 4930123456, groups 2 2 3 3
struct PhoneDigits {
  /// The values of the digits from the left.
  private(set) var digits = InlineArray<18, UInt8>(repeating: 0)
  /// How many there are.
  private(set) var count = 0
  /// How many digits each group has.
  private(set) var groups = InlineArray<9, Int>(repeating: 0)
  /// Behind each group in the text.
  private(set) var ends = InlineArray<9, Int>(repeating: 0)
  private(set) var groupCount = 0
  /// What stands between groups.
  private(set) var separators: Separators = []
  /// Whether a group is in parentheses.
  private(set) var hasParentheses = false
  /// Whether there is no more between two groups than one mark.
  private(set) var isPlain = true

  /// Reads groups from a place on, where a digit or a parenthesis is; up to a limit of digits.
  init(_ text: RawSpan, from start: Int, most: Int = 16) {
    var (place, isOpen) = (start, false)
    while groupCount < 9 {
      if text.byteOrZero(place) == UInt8(ascii: "("), !isOpen {
        // A trunk prefix that is not dialled from abroad.
        if groupCount > 0, text.has("(0)", at: place) {
          place &+= 3
          let (kind, width) = text.separator(at: place)
          if kind == .blank || kind == .hyphen { place &+= width }
        } else {
          (isOpen, hasParentheses) = (true, true)
          place &+= 1
        }
      }
      let end = text.end(from: place) { $0.isDigit }
      let length = end &- place
      guard length > 0, count &+ length <= most else { break }
      // A parenthesis that is not closed opens no group.
      if isOpen, text.byteOrZero(end) != UInt8(ascii: ")") { break }
      while place < end {
        digits[count] = text.byte(place) &- 0x30
        (count, place) = (count &+ 1, place &+ 1)
      }
      if isOpen { (isOpen, place) = (false, place &+ 1) }
      (groups[groupCount], ends[groupCount], groupCount) = (length, place, groupCount &+ 1)
      place = gap(text, at: place)
    }
  }

  /// Behind what may stand between two groups at a place.
  private mutating func gap(_ text: RawSpan, at place: Int) -> Int {
    var (behind, marks) = (place, 0)
    while marks < 3 {
      let (kind, width) = text.separator(at: behind)
      guard !kind.isEmpty, kind != .colon, kind == .blank || marks < 2 else { break }
      // Two marks are a blank and another, as in `030 / 123`.
      guard marks == 0 || kind == .blank || kind == .slash || kind == .hyphen else { break }
      behind &+= width
      marks &+= 1
      let next = text.byteOrZero(behind)
      if next.isDigit || next == UInt8(ascii: "(") {
        separators.insert(kind)
        isPlain = isPlain && marks == 1
        return behind
      }
    }
    return text.byteOrZero(behind) == UInt8(ascii: "(") && behind == place ? place : behind
  }

  /// One digit, counted from the left; 10 when there is none.
  @inline(__always) subscript(_ index: Int) -> Int { index < count ? Int(digits[index]) : 10 }

  /// Leaves out the last group.
  mutating func dropGroup() {
    require(groupCount > 0, "a group is there to drop")
    groupCount &-= 1
    count &-= groups[groupCount]
  }

  /// Behind the last digit or parenthesis.
  var end: Int { groupCount > 0 ? ends[groupCount &- 1] : 0 }

  /// Whether the groups have these lengths.
  func isGrouped<let expected: Int>(_ lengths: InlineArray<expected, Int>, from first: Int = 0) -> Bool {
    guard groupCount &- first == expected else { return false }
    for index in lengths.indices where groups[first &+ index] != lengths[index] { return false }
    return true
  }

  /// Whether each group from one on has as many digits.
  func isGrouped(by length: Int, from first: Int) -> Bool {
    for index in first..<groupCount where groups[index] != length { return false }
    return groupCount > first
  }

  /// The number that some of its digits are.
  func value(_ range: Range<Int>) -> Int {
    var value = 0
    for index in range { value = value &* 10 &+ self[index] }
    return value
  }

  /// Whether ten digits from one on can be a number of North America: neither area nor exchange starts with 0 or 1 or
  /// is a service such as 911.
  ///
  /// Source: North American Numbering Plan, codes of the form N(0-8)X and NXX.
  func isNorthAmerican(from first: Int) -> Bool {
    guard count &- first == 10 else { return false }
    let (area, exchange) = (value(first..<first &+ 3), value(first &+ 3..<first &+ 6))
    return area >= 200 && area % 100 != 11 && area / 10 % 10 != 9 && exchange >= 200 && exchange % 100 != 11
  }

  /// Whether all digits from one on are the same.
  func isRepeated(from first: Int) -> Bool {
    for index in first..<count where self[index] != self[first] { return false }
    return true
  }
}

extension RawSpan {
  /// Behind the extension at a place, such as ` x12`, ` ext. 345` or `;ext=6`; the place itself when there is none.
  func extensionEnd(at place: Int) -> Int {
    var start = place
    if byteOrZero(start) == UInt8(ascii: ",") || byteOrZero(start) == UInt8(ascii: ";") { start &+= 1 }
    while start &- place < 3, byteOrZero(start) == 0x20 { start &+= 1 }
    if has("extension", at: start) {
      start &+= 9
    } else if has("ext", at: start) {
      start &+= 3
    } else if has("x", at: start) {
      start &+= 1
    } else {
      return place
    }
    while let byte = Optional(byteOrZero(start)), byte == 0x20 || byte == 0x2E || byte == 0x3D || byte == 0x3A {
      start &+= 1
    }
    let end = end(from: start) { $0.isDigit }
    return end > start && end &- start <= 7 && !byteOrZero(end).isWord ? end : place
  }
}
