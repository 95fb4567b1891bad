internal import Bytes

/// Social security numbers of the United States: area, group and serial number, without a check digit.
///
/// Source: Social Security Administration, POMS RM 10201.030: no area 000, 666 or from 900 on, no group 00, no serial
/// number 0000. Two that were printed on sample cards and in advertisements belong to nobody.
enum USSocialSecurity: Detector {
  static var type: PersonalType { .usSSN }
  static var triggers: [Trigger] {
    [.groups(3...3, digits: 9), .groups(5...5, digits: 9), .digits(9...9)]
      + Separators.unbroken(digits: 9, separators: 2)
  }
  static var words: [StaticString] {
    [
      "ssn", "ssns", "ss no", "social security", "social security number",
      "soc sec", "seguro social",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = read(text, at: token), isIssued(number), number.isWhole(in: text) else { return nil }
    let isWhole = number.end &- number.start == 11
    switch number.separator {
    case .hyphen where isWhole: return Match(number.range, alone: 70, inContext: 99)
    case .blank where isWhole: return Match(number.range, alone: 40, inContext: 97)
    case .dot where isWhole: return Match(number.range, alone: 40, inContext: 97)
    case []: return Match(number.range, alone: 5, inContext: 92)
    default: return Match(number.range, alone: 10, inContext: 85)
    }
  }

  /// Reads 3-2-4, nine digits, or 3-6 and 5-4 with a hyphen forgotten.
  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    switch token.count {
    case 9 where token.digits == 9:
      return GroupedNumber(text, plain: token)
    case 5:
      return GroupedNumber(text, at: token.start, groups: [5, 4], by: .hyphen)
    default:
      let isForgotten =
        text.byteOrZero(token.start &+ 3) == UInt8(ascii: "-") && text.byteOrZero(token.start &+ 6).isDigit
      return isForgotten
        ? GroupedNumber(text, at: token.start, groups: [3, 6], by: .hyphen)
        : GroupedNumber(text, at: token.start, groups: [3, 2, 4], by: [.hyphen, .blank, .dot])
    }
  }

  private static func isIssued(_ number: GroupedNumber) -> Bool {
    let (area, group, serial) = (number.value(0..<3), number.value(3..<5), number.value(5..<9))
    guard area != 0, area != 666, area < 900, group != 0, serial != 0 else { return false }
    switch (area, group, serial) {
    case (78, 5, 1120), (219, 9, 9999), (123, 45, 6789): return false
    default: return !number.isOneDigitRepeated
    }
  }
}
