internal import Bytes

/// Numbers of SIM cards: 89 for telecommunications, a country's calling code, an issuer, and Luhn's check digit.
///
/// Source: ITU-T E.118 §4.1.
enum ICCID: Detector {
  static var type: PersonalType { .iccid }
  static var triggers: [Trigger] { [.digits(19...20), .groups(4...4, digits: 18), .groups(6...6, digits: 18)] }
  static var words: [StaticString] { ["iccid", "sim", "sim card", "sim serial", "esim", "eid", "uicc"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard text.byte(token.start) == UInt8(ascii: "8"), text.byte(token.start &+ 1) == UInt8(ascii: "9"),
      let number = read(text, at: token), number[2] != 0 || number[3] == 1, number.holdsLuhn,
      number.isWhole(in: text)
    else { return nil }
    return Match(number.range, alone: number.separator.isEmpty ? 60 : 85, inContext: 99)
  }

  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    let marks: Separators = [.blank, .hyphen]
    switch token.count {
    case 4:
      return GroupedNumber(text, at: token.start, groups: [4, 4, 4, 4, 4], by: marks)
        ?? GroupedNumber(text, at: token.start, groups: [4, 4, 4, 4, 3], by: marks)
    case 6: return GroupedNumber(text, at: token.start, groups: [6, 4, 4, 5], by: marks)
    default: return GroupedNumber(text, plain: token)
    }
  }
}
