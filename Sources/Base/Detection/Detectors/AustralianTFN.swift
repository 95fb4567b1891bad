internal import Bytes

/// Tax file numbers of Australia: nine digits whose weighted sum is divisible by eleven.
///
/// Source: Australian Taxation Office, TFN validation in the specifications for electronic reports.
enum AustralianTFN: Detector {
  static var type: PersonalType { .auTFN }
  static var triggers: [Trigger] {
    [.groups(3...3, digits: 9), .digits(9...9)] + Separators.unbroken(digits: 9, separators: 2)
  }
  static var words: [StaticString] { ["tfn", "tax file", "tax file number", "tfns"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = GroupedNumber(text, at: token, groups: [3, 3, 3], by: [.blank, .hyphen]),
      number.sum(weights: [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0, number.isWhole(in: text),
      !number.isOneDigitRepeated, !(number.isSequence && number[0] == 1), number[0] != 0 || number[1] != 0
    else { return nil }
    return Match(number.range, alone: number.separator.isEmpty ? 6 : 30, inContext: number.separator.isEmpty ? 94 : 98)
  }
}
