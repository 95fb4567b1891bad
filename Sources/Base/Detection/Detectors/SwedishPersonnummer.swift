internal import Bytes

/// Personal identity numbers of Sweden, and the coordination numbers of those who are not registered there.
///
///     900118-9811     19900118-9811     9001189811     900178-9813
///     yymmdd-nnnc     with a century    without sign   coordination number: 60 more in the day
///
/// From the year in which one turns 100 a plus stands for the hyphen. The last digit checks the nine before it by Luhn.
/// Source: Folkbokföringslag (1991:481) § 18, § 18 a.
enum SwedishPersonnummer: Detector {
  static var type: PersonalType { .sePersonnummer }
  static var triggers: [Trigger] {
    [.groups(6...6, digits: 10), .groups(8...8, digits: 12), .digits(10...10), .digits(12...12)]
  }
  static var words: [StaticString] {
    [
      "personnummer", "personnr", "person nr", "pnr", "samordningsnummer", "personal identity number",
      "identity code", "id code", "svenskt personnummer", "fodelsenummer",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let length = token.count <= 8 ? token.count &+ 4 : token.count
    guard let (number, hasSign) = read(text, at: token), number.count == length else { return nil }
    let first = number.count &- 10
    let year = first == 2 ? number.value(0..<4) : nil
    let day = number.value(first &+ 4..<first &+ 6)
    guard year.map({ $0 >= 1840 && $0 < 2100 }) ?? true,
      CalendarDay.exists(year: year, month: number.value(first &+ 2..<first &+ 4), day: day > 60 ? day &- 60 : day),
      number.holdsLuhn(first..<number.count), number.value(number.count &- 4..<number.count &- 1) > 0
    else { return nil }
    guard text.isWhole(number.range, with: number.separator) else { return nil }
    guard let year else { return Match(number.range, alone: hasSign ? 65 : 20, inContext: hasSign ? 99 : 96) }
    // Of recent years are times too: 20260414-1139.
    return Match(number.range, alone: year < 2015 ? 70 : 30, inContext: 98)
  }

  /// Reads the digits, and says whether there is a sign among them.
  @inline(__always)
  private static func read(_ text: RawSpan, at token: Token) -> (number: GroupedNumber, hasSign: Bool)? {
    switch token.count {
    case 6:
      guard let number = GroupedNumber(text, at: token.start, groups: [6, 4], by: [.hyphen, .plus]) else { return nil }
      return (number, true)
    case 8:
      guard let number = GroupedNumber(text, at: token.start, groups: [8, 4], by: [.hyphen, .plus]) else { return nil }
      return (number, true)
    default: return GroupedNumber(text, plain: token).map { ($0, false) }
    }
  }
}
