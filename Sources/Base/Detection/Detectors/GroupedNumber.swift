internal import Bytes

/// A number as people write it: groups of digits with one kind of separator between them, or without.
///
///     078-05-1123    groups 3, 2, 4, separator hyphen
///     078051123      no separator
struct GroupedNumber {
  /// Its digits, four bits each, the last one lowest.
  private var digits: UInt128 = 0
  /// How many digits it has.
  private(set) var count = 0
  /// Where it starts.
  let start: Int
  /// Behind its last digit.
  private(set) var end: Int
  /// What stands between its groups; none when nothing does.
  private(set) var separator: Separators = []

  /// Where it is.
  var range: Range<Int> { start..<end }

  /// Reads a token that is digits throughout.
  @inline(__always) init?(_ text: RawSpan, plain token: Token) {
    guard token.digits == token.count, token.count <= 20 else { return nil }
    (start, end) = (token.start, token.start)
    guard take(token.count, from: text) else { return nil }
  }

  /// Reads groups of these lengths from a place on, with the same of the separators between each two.
  @inline(__always)
  init?<let groups: Int>(_ text: RawSpan, at place: Int, groups: InlineArray<groups, Int>, by separators: Separators) {
    // The marks first: most of what looks alike fails there.
    var mark = place &+ groups[0]
    let (kind, width) = text.separator(at: mark)
    guard !kind.isEmpty, separators.contains(kind) else { return nil }
    for group in 1..<groups.count &- 1 {
      mark &+= width &+ groups[group]
      guard text.separator(at: mark) == (kind, width) else { return nil }
    }
    (start, end, separator) = (place, place &- width, kind)
    for group in groups.indices {
      end &+= width
      guard take(groups[group], from: text) else { return nil }
    }
  }

  /// Reads a token of that many digits, or groups of these lengths from it on.
  @inline(__always)
  init?<let groups: Int>(_ text: RawSpan, at token: Token, groups: InlineArray<groups, Int>, by separators: Separators)
  {
    var total = 0
    for group in groups.indices { total &+= groups[group] }
    if token.count == total, token.digits == total {
      self.init(text, plain: token)
    } else {
      self.init(text, at: token.start, groups: groups, by: separators)
    }
  }

  /// Reads one group.
  private mutating func take(_ length: Int, from text: RawSpan) -> Bool {
    guard end &+ length <= text.byteCount, count &+ length <= 20 else { return false }
    for _ in 0..<length {
      let byte = text.byte(end)
      guard byte.isDigit else { return false }
      digits = digits &<< 4 | UInt128(byte &- 0x30)
      (count, end) = (count &+ 1, end &+ 1)
    }
    return true
  }

  /// Reads one more group behind it, after a mark of another kind that has so many bytes.
  @inline(__always) mutating func take(_ length: Int, after width: Int, from text: RawSpan) -> Bool {
    end &+= width
    return take(length, from: text)
  }

  /// Whether it is no part of something longer in the text it was read from.
  func isWhole(in text: RawSpan) -> Bool { text.isWhole(range, with: separator) }

  /// One digit, counted from the left.
  @inline(__always) subscript(_ index: Int) -> Int {
    Int(truncatingIfNeeded: digits &>> UInt128(truncatingIfNeeded: (count &- 1 &- index) &* 4)) & 15
  }

  /// Its digits up to one, the last one lowest.
  @inline(__always) private func part(endingAt end: Int) -> UInt128 {
    digits &>> UInt128(truncatingIfNeeded: (count &- end) &* 4)
  }

  /// The number that some of its digits are.
  func value(_ range: Range<Int>) -> Int {
    var (value, scale, rest) = (0, 1, part(endingAt: range.upperBound))
    for _ in range {
      value &+= Int(truncatingIfNeeded: rest & 15) &* scale
      (scale, rest) = (scale &* 10, rest &>> 4)
    }
    return value
  }

  /// The sum of its first digits, each times its weight.
  @inline(__always) func sum<let weights: Int>(weights: InlineArray<weights, Int>) -> Int {
    var (sum, rest) = (0, part(endingAt: weights.count))
    for index in weights.indices {
      sum &+= Int(truncatingIfNeeded: rest & 15) &* weights[weights.count &- 1 &- index]
      rest = rest &>> 4
    }
    return sum
  }

  /// Whether all its digits are the same.
  var isOneDigitRepeated: Bool {
    // Each digit is that beside it.
    (digits ^ digits &>> 4) & (1 &<< UInt128(truncatingIfNeeded: (count &- 1) &* 4) &- 1) == 0
  }

  /// Whether each of its digits is one more, or each one less, than that to its left: 123456789, 987654321.
  var isSequence: Bool {
    var (rises, falls) = (true, true)
    for index in 1..<count {
      rises = rises && self[index] == (self[index - 1] &+ 1) % 10
      falls = falls && self[index] == (self[index - 1] &+ 9) % 10
    }
    return rises || falls
  }

  /// Whether the check digit at the end of some of its digits holds by Luhn's formula.
  ///
  /// Source: ISO/IEC 7812-1, annex B.
  func holdsLuhn(_ range: Range<Int>) -> Bool {
    // From the right, each second digit counts twice, and what is above nine by the sum of its own digits.
    var (sum, rest) = (0, part(endingAt: range.upperBound))
    for place in 0..<range.count {
      let digit = Int(truncatingIfNeeded: rest & 15)
      sum &+= place & 1 == 0 ? digit : digit &* 2 &- (digit > 4 ? 9 : 0)
      rest = rest &>> 4
    }
    return sum % 10 == 0
  }

  /// Whether the check digit at its end holds by Luhn's formula.
  var holdsLuhn: Bool { holdsLuhn(0..<count) }

  /// Whether the check digit at its end holds by Verhoeff's scheme.
  ///
  /// Each digit is permuted by its place and multiplied in the dihedral group of order ten; the product is the
  /// identity. Source: J. Verhoeff, Error Detecting Decimal Codes (1969).
  var holdsVerhoeff: Bool {
    var product = 0
    for place in 0..<count {
      let digit = self[count &- 1 &- place]
      let permuted = GroupedNumber.permutations[place % 8] &>> UInt64(digit &* 4) & 15
      product = GroupedNumber.dihedral(product, Int(permuted))
    }
    return product == 0
  }

  /// What each digit becomes at each place, four bits each, that of zero lowest.
  private static let permutations: InlineArray<8, UInt64> = [
    0x98_7654_3210, 0x49_0382_6751, 0x24_1697_3085, 0x72_5340_6198, 0x07_8621_3549,
    0x10_9375_6824, 0x51_4608_3972, 0x85_2319_6407,
  ]

  /// The product of two elements of the dihedral group of order ten: 0 to 4 turn the pentagon, 5 to 9 mirror it.
  private static func dihedral(_ left: Int, _ right: Int) -> Int {
    switch (left < 5, right < 5) {
    case (true, true): (left &+ right) % 5
    case (true, false): 5 &+ (left &+ right) % 5
    case (false, true): 5 &+ (left &- right) % 5
    case (false, false): (left &- right &+ 5) % 5
    }
  }

  /// Whether the check digit at its end holds by the hybrid system of mod 11 and mod 10.
  ///
  /// Source: ISO/IEC 7064, MOD 11,10.
  var holdsMod11And10: Bool {
    var product = 10
    for index in 0..<count &- 1 {
      let sum = (self[index] &+ product) % 10
      product = (sum == 0 ? 10 : sum) &* 2 % 11
    }
    return (11 &- product) % 10 == self[count &- 1]
  }
}

/// A day of the calendar that is part of an identifier.
enum CalendarDay {
  /// Whether a month has a day; any year counts as a leap year when it is not known.
  static func exists(year: Int? = nil, month: Int, day: Int) -> Bool {
    guard month >= 1, month <= 12, day >= 1 else { return false }
    switch month {
    case 2: return day <= (year.map(isLeap) ?? true ? 29 : 28)
    case 4, 6, 9, 11: return day <= 30
    default: return day <= 31
    }
  }
  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}
