internal import Bytes

/// Social insurance numbers of Canada: nine digits, the last by Luhn.
///
/// None starts with 0 or 8; 8 is for businesses. Source: Service Canada, SIN Code of Practice.
enum CanadianSIN: Detector {
  static var type: PersonalType { .caSIN }
  static var triggers: [Trigger] {
    [.groups(3...3, digits: 9), .digits(9...9)] + Separators.unbroken(digits: 9, separators: 2)
  }
  static var words: [StaticString] {
    [
      "sin", "social insurance", "social insurance number", "nas",
      "assurance sociale", "numero d assurance sociale",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = GroupedNumber(text, at: token, groups: [3, 3, 3], by: [.blank, .hyphen, .dot]),
      number[0] != 0, number[0] != 8, number.holdsLuhn, !number.isOneDigitRepeated, number.isWhole(in: text)
    else { return nil }
    return Match(number.range, alone: number.separator.isEmpty ? 6 : 35, inContext: number.separator.isEmpty ? 93 : 98)
  }
}
