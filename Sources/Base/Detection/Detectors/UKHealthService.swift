internal import Bytes

/// Numbers of patients of the National Health Service: ten digits, the last a check digit by mod 11.
///
/// Source: NHS Data Dictionary, "NHS number".
enum UKHealthService: Detector {
  static var type: PersonalType { .ukNHS }
  static var triggers: [Trigger] {
    [.groups(3...3, digits: 10), .digits(10...10)] + Separators.unbroken(digits: 10, separators: 2)
  }
  static var words: [StaticString] {
    [
      "nhs", "nhs number", "nhs no", "national health service", "health service", "chi number",
      "patient number",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = GroupedNumber(text, at: token, groups: [3, 3, 4], by: [.blank, .hyphen]),
      number.sum(weights: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0,
      !number.isOneDigitRepeated, number.isWhole(in: text)
    else { return nil }
    switch number.separator {
    case .blank: return Match(number.range, alone: 30, inContext: 97)
    case .hyphen: return Match(number.range, alone: 15, inContext: 95)
    default: return Match(number.range, alone: 8, inContext: 94)
    }
  }
}
