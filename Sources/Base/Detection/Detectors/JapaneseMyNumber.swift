internal import Bytes

/// Individual numbers of Japan: eleven digits and a check digit by mod 11.
///
/// Source: Ministry of Internal Affairs and Communications, Order 85 of 2014, art. 5.
enum JapaneseMyNumber: Detector {
  static var type: PersonalType { .jpMyNumber }
  static var triggers: [Trigger] { [.groups(4...4, digits: 12), .digits(12...12), .wide(15...96)] }
  static var words: [StaticString] {
    ["my number", "kojin bango", "individual number", "マイナンバー", "個人番号"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let start = start(of: text, at: token), let number = read(text, from: start, at: token) else { return nil }
    let remainder = number.sum(weights: [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
    guard number[11] == (remainder <= 1 ? 0 : 11 &- remainder), !number.isOneDigitRepeated, number.isWhole(in: text)
    else { return nil }
    return Match(number.range, alone: number.separator.isEmpty ? 8 : 25, inContext: number.separator.isEmpty ? 95 : 97)
  }

  /// Where the digits start: Japanese sets no blanks, so that other characters of the token may stand before them.
  @inline(__always) private static func start(of text: RawSpan, at token: Token) -> Int? {
    guard token.count > token.digits else { return token.start }
    guard token.digits == 12, text.byte(token.end &- 1) >= 0x80 || text.byte(token.start) >= 0x80 else { return nil }
    var start = token.start
    while start < token.end, text.byte(start) >= 0x80 { start &+= 1 }
    return start
  }

  @inline(__always) private static func read(_ text: RawSpan, from start: Int, at token: Token) -> GroupedNumber? {
    if token.count == 4 || text.separator(at: start &+ 4).width > 0 {
      return GroupedNumber(text, at: start, groups: [4, 4, 4], by: [.blank, .hyphen])
    }
    return GroupedNumber(text, plain: Token(start: start, end: start &+ 12, digits: 12))
  }
}
