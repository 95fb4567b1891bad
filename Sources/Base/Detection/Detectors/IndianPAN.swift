internal import Bytes

/// Permanent account numbers of taxpayers in India: five letters, four digits and a letter.
///
/// The fourth letter tells who it is: P for a person. What the last letter checks is not published.
/// Source: Income Tax Department, "Know your PAN".
enum IndianPAN: Detector {
  static var type: PersonalType { .inPAN }
  static var triggers: [Trigger] { [.mixed(10...10)] }
  static var words: [StaticString] {
    [
      "pan", "pan card", "pan no", "pan number", "permanent account", "permanent account number",
      "income tax",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard token.count == 10, token.digits == 4, text.byte(start &+ 4).isLetter, text.byte(start &+ 5).isDigit else {
      return nil
    }
    var isUppercase = true
    for index in 0..<10 {
      let byte = text.byte(start &+ index)
      guard index >= 5 && index < 9 ? byte.isDigit : byte.isLetter else { return nil }
      isUppercase = isUppercase && (byte.isDigit || byte.isUppercase)
    }
    guard text.integer(UInt32.self, at: start &+ 5) != 0x3030_3030, text.isWhole(start..<token.end) else { return nil }
    switch text.byte(start &+ 3).uppercased {
    case UInt8(ascii: "P"): return Match(start..<token.end, alone: isUppercase ? 70 : 40, inContext: 98)
    // Associations, bodies, companies, firms, the government, families, artificial persons, local bodies, trusts.
    case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "C"), UInt8(ascii: "F"), UInt8(ascii: "G"),
      UInt8(ascii: "H"), UInt8(ascii: "J"), UInt8(ascii: "L"), UInt8(ascii: "T"):
      return Match(start..<token.end, alone: isUppercase ? 55 : 20, inContext: 95)
    default: return Match(start..<token.end, alone: isUppercase ? 10 : 5, inContext: 75)
    }
  }
}
