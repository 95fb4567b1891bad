internal import Bytes

/// Citizen service numbers of the Netherlands: nine digits whose weighted sum is divisible by eleven.
///
/// Source: Besluit burgerservicenummer; Logisch ontwerp BSN, "elfproef", where the last weight is −1.
enum DutchBSN: Detector {
  static var type: PersonalType { .nlBSN }
  static var triggers: [Trigger] { [.digits(8...9), .groups(3...4, digits: 9)] }
  static var words: [StaticString] {
    [
      "bsn", "bsnnummer", "bsn nummer", "burgerservicenummer", "burger service nummer", "sofinummer", "sofi",
      "sofi nummer",
      "citizen service number", "persoonsnummer",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = read(text, at: token), number.isWhole(in: text), !number.isOneDigitRepeated else { return nil }
    // One of eight digits lacks the zero in front.
    let sum =
      number.count == 9
      ? number.sum(weights: [9, 8, 7, 6, 5, 4, 3, 2, -1]) : number.sum(weights: [8, 7, 6, 5, 4, 3, 2, -1])
    guard sum % 11 == 0, number.value(0..<2) > 0 else { return nil }
    if number.count == 8 { return Match(number.range, alone: 2, inContext: 88) }
    return Match(number.range, alone: number.separator.isEmpty ? 8 : 20, inContext: 97)
  }

  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    switch token.count {
    case 3: GroupedNumber(text, at: token.start, groups: [3, 3, 3], by: [.blank, .dot])
    case 4: GroupedNumber(text, at: token.start, groups: [4, 2, 3], by: [.blank, .dot])
    default: GroupedNumber(text, plain: token)
    }
  }
}
