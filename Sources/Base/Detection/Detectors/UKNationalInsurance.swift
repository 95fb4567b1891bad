internal import Bytes

/// National insurance numbers of the United Kingdom: two letters, six digits, and a letter from A to D.
///
/// Source: HMRC, National Insurance Manual NIM39110: which letters a prefix has, and which prefixes are not used.
enum UKNationalInsurance: Detector {
  static var type: PersonalType { .ukNINO }
  static var triggers: [Trigger] {
    [.mixed(8...9), .followed(by: " -", .letters(2...2)), .followed(by: " -", .mixed(4...4))]
      + Separators.unbroken(digits: 9, separators: 4)
  }
  static var words: [StaticString] {
    [
      "nino", "ni number", "ni no", "national insurance", "national insurance number",
      "insurance number",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    // A digit follows, or a blank and a digit.
    let third = text.byteOrZero(start &+ 2)
    guard third.isDigit || third >= 0x80 || text.byteOrZero(start &+ 3).isDigit,
      isPrefix(text.byte(start).uppercased, text.byte(start &+ 1).uppercased)
    else { return nil }
    var place = start &+ 2
    // One kind of blank or hyphen, before any two digits and the last letter, or nowhere.
    var kind: Separators = []
    for pair in 0..<4 {
      let (next, width) = text.separator(at: place)
      if !next.isEmpty {
        guard next == .blank || next == .hyphen, kind.isEmpty || next == kind else { return nil }
        (kind, place) = (next, place &+ width)
      }
      if pair == 3 { break }
      guard text.byteOrZero(place).isDigit, text.byteOrZero(place &+ 1).isDigit else { return nil }
      place &+= 2
    }
    let suffix = text.byteOrZero(place)
    guard suffix.uppercased &- 0x41 < 4, text.isWhole(start..<place &+ 1) else { return nil }
    let isUppercase = text.byte(start).isUppercase && text.byte(start &+ 1).isUppercase && suffix.isUppercase
    return Match(start..<place &+ 1, alone: isUppercase ? 70 : kind.isEmpty ? 40 : 60, inContext: 98)
  }

  /// Whether a number can start with these letters.
  private static func isPrefix(_ first: UInt8, _ second: UInt8) -> Bool {
    guard first.isUppercase, second.isUppercase else { return false }
    switch first {
    case UInt8(ascii: "D"), UInt8(ascii: "F"), UInt8(ascii: "I"), UInt8(ascii: "Q"), UInt8(ascii: "U"),
      UInt8(ascii: "V"):
      return false
    default: break
    }
    switch second {
    case UInt8(ascii: "D"), UInt8(ascii: "F"), UInt8(ascii: "I"), UInt8(ascii: "O"), UInt8(ascii: "Q"),
      UInt8(ascii: "U"), UInt8(ascii: "V"):
      return false
    default: break
    }
    switch UInt16(first) &<< 8 | UInt16(second) {
    // BG, GB, KN, NK, NT, TN, ZZ
    case 0x4247, 0x4742, 0x4B4E, 0x4E4B, 0x4E54, 0x544E, 0x5A5A: return false
    default: return true
    }
  }
}
