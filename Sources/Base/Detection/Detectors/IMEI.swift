internal import Bytes

/// Numbers of mobile equipment: a reporting body, a model, a serial number and Luhn's check digit.
///
/// Source: 3GPP TS 23.003 §6, and the reporting bodies of GSMA TS.06. With a software version (IMEISV) there is no
/// check digit, and only a word beside it tells it.
enum IMEI: Detector {
  static var type: PersonalType { .imei }
  static var triggers: [Trigger] { [.digits(15...16), .groups(2...2, digits: 15), .groups(6...6, digits: 15)] }
  static var words: [StaticString] { ["imei", "imei1", "imei2", "imeisv", "meid", "equipment identity"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let (first, second) = (text.byte(token.start) &- 0x30, text.byte(token.start &+ 1) &- 0x30)
    guard isReportingBody(first &* 10 &+ second), let number = read(text, at: token) else { return nil }
    guard number.count == 16 || number.holdsLuhn, number.isWhole(in: text), !number.isOneDigitRepeated else {
      return nil
    }
    if number.count == 16 { return Match(number.range, alone: number.separator.isEmpty ? 2 : 45, inContext: 90) }
    return Match(number.range, alone: number.separator.isEmpty ? 45 : 85, inContext: 99)
  }

  /// Reads 15 or 16 digits, or the groups in which they are printed.
  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    let marks: Separators = [.hyphen, .blank, .slash, .dot]
    switch token.count {
    case 2:
      return text.byteOrZero(token.start &+ 18).isDigit
        ? GroupedNumber(text, at: token.start, groups: [2, 6, 6, 2], by: marks)
        : GroupedNumber(text, at: token.start, groups: [2, 6, 6, 1], by: marks)
    case 6: return GroupedNumber(text, at: token.start, groups: [6, 2, 6, 1], by: marks)
    default: return GroupedNumber(text, plain: token)
    }
  }

  /// Whether a body that allocates numbers has these two first digits.
  private static func isReportingBody(_ two: UInt8) -> Bool {
    switch two {
    case 1, 10, 30, 33, 35, 44, 45, 49...54, 86, 91, 97...99: true
    default: false
    }
  }
}
