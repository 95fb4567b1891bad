internal import Bytes

/// Personal identity codes of Finland: day of birth, a sign for the century, a number and a character that checks them.
///
///     131052-308T
///     ddmmyyCnnnQ
///
/// Source: Laki 661/2009 § 11 and Asetus 128/2010, with the signs that were added in 2023: `+` for the 19th century,
/// `-` and U to Y for the 20th, A to F for the 21st. Numbers from 900 on are given for a time, and in tests.
enum FinnishHETU: Detector {
  static var type: PersonalType { .fiHETU }
  static var triggers: [Trigger] { [.groups(6...6, digits: 9), .mixed(10...11), .digits(10...10)] }
  static var words: [StaticString] {
    [
      "hetu", "henkilotunnus", "henkilotunnukseni", "henkilotunnuksesi", "sotu", "sosiaaliturvatunnus",
      "personal identity code", "identity code", "id code", "personbeteckning",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard start &+ 11 <= text.byteCount, let century = century(of: text.byte(start &+ 6)) else { return nil }
    guard let date = value(text, start..<start &+ 6), let individual = value(text, start &+ 7..<start &+ 10) else {
      return nil
    }
    let check = text.byte(start &+ 10)
    guard individual >= 2, check.uppercased == character(of: date &* 1000 &+ individual),
      CalendarDay.exists(year: century &+ date % 100, month: date / 100 % 100, day: date / 10_000)
    else { return nil }
    guard text.isWhole(start..<start &+ 11) else { return nil }
    return Match(start..<start &+ 11, alone: check.isLetter && !check.isUppercase ? 70 : 85, inContext: 99)
  }

  private static func century(of sign: UInt8) -> Int? {
    switch sign.uppercased {
    case UInt8(ascii: "+"): 1800
    case UInt8(ascii: "-"), UInt8(ascii: "U")...UInt8(ascii: "Y"): 1900
    case UInt8(ascii: "A")...UInt8(ascii: "F"): 2000
    default: nil
    }
  }

  private static func value(_ text: RawSpan, _ range: Range<Int>) -> Int? {
    var value = 0
    for place in range {
      let byte = text.byte(place)
      guard byte.isDigit else { return nil }
      value = value &* 10 &+ Int(byte &- 0x30)
    }
    return value
  }

  /// The character for the remainder by 31: digits, then letters without G, I, O, Q and Z.
  private static func character(of number: Int) -> UInt8 { characters[number % 31] }
  private static let characters: InlineArray<31, UInt8> = [
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46,  // 0 to 9, A to F
    0x48, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x50, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,  // HJKLMNPRSTUVWXY
  ]
}
