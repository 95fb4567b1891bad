internal import Bytes

/// Numbers of mobile subscribers: a country, a network and a subscriber, without a check digit.
///
/// Source: ITU-T E.212. Nothing but the country's code can be checked, so only a word beside it tells it.
enum IMSI: Detector {
  static var type: PersonalType { .imsi }
  static var triggers: [Trigger] { [.digits(14...15), .groups(3...3, digits: 14)] }
  static var words: [StaticString] { ["imsi", "subscriber identity", "subscriber id", "supi"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = read(text, at: token), isCountry(number.value(0..<3)), number.isWhole(in: text) else {
      return nil
    }
    return Match(number.range, alone: number.count == 15 ? 5 : 2, inContext: number.count == 15 ? 97 : 85)
  }

  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    guard token.count == 3 else { return GroupedNumber(text, plain: token) }
    let marks: Separators = [.hyphen, .blank]
    return text.byteOrZero(token.start &+ 6).isDigit
      ? GroupedNumber(text, at: token.start, groups: [3, 3, 9], by: marks)
      : GroupedNumber(text, at: token.start, groups: [3, 2, 10], by: marks)
  }

  /// Whether mobile networks of a country, of ships or of satellites have these three digits.
  private static func isCountry(_ code: Int) -> Bool {
    switch code {
    case 202...346, 348...376, 400...474, 502...553, 602...659, 702...750, 901: true
    default: false
    }
  }
}
