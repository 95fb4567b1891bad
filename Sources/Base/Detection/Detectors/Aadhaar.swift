internal import Bytes

/// Aadhaar numbers of India: twelve digits, the last by Verhoeff's scheme.
///
/// None starts with 0 or 1, and none reads the same backwards. Source: UIDAI, "Numbering scheme" (2010).
enum Aadhaar: Detector {
  static var type: PersonalType { .inAadhaar }
  static var triggers: [Trigger] {
    [.groups(4...4, digits: 12), .digits(12...12)] + Separators.unbroken(digits: 12, separators: 2)
  }
  static var words: [StaticString] {
    ["aadhaar", "aadhar", "adhaar", "adhar", "aadhaarnumber", "uidai", "ekyc", "e kyc", "virtual id"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard text.byte(token.start) >= UInt8(ascii: "2"),
      let number = GroupedNumber(text, at: token, groups: [4, 4, 4], by: [.blank, .hyphen, .colon, .dot]),
      number.isWhole(in: text), number.holdsVerhoeff, !isPalindrome(number)
    else { return nil }
    switch number.separator {
    case []: return Match(number.range, alone: 10, inContext: 96)
    case .blank: return Match(number.range, alone: 45, inContext: 98)
    default: return Match(number.range, alone: 30, inContext: 97)
    }
  }

  private static func isPalindrome(_ number: GroupedNumber) -> Bool {
    for index in 0..<6 where number[index] != number[11 - index] { return false }
    return true
  }
}
