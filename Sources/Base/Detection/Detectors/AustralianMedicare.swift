internal import Bytes

/// Numbers of Australian Medicare cards: eight digits, a check digit, the card's issue, and perhaps the person's place.
///
///     2123 45670 1     2123 45670 1/2
///
/// Source: Services Australia, "Medicare card number", and the check digit of METEOR 270101.
enum AustralianMedicare: Detector {
  static var type: PersonalType { .auMedicare }
  static var triggers: [Trigger] {
    [.groups(4...4, digits: 10), .digits(10...11)] + Separators.unbroken(digits: 10, separators: 2)
  }
  static var words: [StaticString] {
    ["medicare", "medicare number", "medicare no", "medicare card", "irn", "health card"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let first = text.byte(token.start)
    guard first >= UInt8(ascii: "2"), first <= UInt8(ascii: "6"), let number = read(text, at: token),
      number.sum(weights: [1, 3, 7, 9, 1, 3, 7, 9]) % 10 == number[8],
      number[9] != 0, number.count == 10 || (number[10] > 0), number.isWhole(in: text)
    else { return nil }
    if number.separator.isEmpty { return Match(number.range, alone: 5, inContext: 94) }
    return Match(number.range, alone: 50, inContext: 98)
  }

  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    if token.count != 4, let number = GroupedNumber(text, plain: token) { return number }
    let marks: Separators = [.blank, .hyphen]
    guard var number = GroupedNumber(text, at: token.start, groups: [4, 5, 1], by: marks) else { return nil }
    let (kind, width) = text.separator(at: number.end)
    if kind == .slash || kind == number.separator, text.byteOrZero(number.end &+ width).isDigit {
      guard number.take(1, after: width, from: text) else { return nil }
    }
    return number
  }
}
