internal import Bytes

/// Identification numbers of German taxpayers: eleven digits, the last a check digit.
///
/// Of the first ten, one occurs twice or three times, but not three times in a row. The numbers of forms and manuals
/// have ten different ones; they count only beside a word. Source: § 139b AO, StIdV § 1, and ISO/IEC 7064 MOD 11,10.
enum GermanTaxID: Detector {
  static var type: PersonalType { .deTaxID }
  static var triggers: [Trigger] {
    [.groups(2...2, digits: 11), .digits(11...11)] + Separators.unbroken(digits: 11, separators: 3)
  }
  static var words: [StaticString] {
    [
      "steuer id", "steueridentifikationsnummer", "steuerliche identifikationsnummer",
      "identifikationsnummer", "idnr", "id nr", "steuer idnr", "steuernummer", "tax id", "tin",
      "tax identification", "finanzamt",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = GroupedNumber(text, at: token, groups: [2, 3, 3, 3], by: [.blank, .hyphen, .slash]),
      number[0] != 0, number.holdsMod11And10, let hasRepeated = form(number), number.isWhole(in: text)
    else { return nil }
    let alone: UInt8 = !hasRepeated ? 10 : number.separator.isEmpty ? 45 : 80
    return Match(number.range, alone: alone, inContext: hasRepeated ? 98 : 85)
  }

  /// Whether one of the first ten digits occurs more than once; `nil` when they occur as often as they never do.
  private static func form(_ number: GroupedNumber) -> Bool? {
    var occurrences: UInt64 = 0
    for index in 0..<10 {
      occurrences &+= 1 &<< UInt64(number[index] &* 4)
      if index >= 2, number[index] == number[index - 1], number[index] == number[index - 2] { return nil }
    }
    var repeated = 0
    for digit in 0..<10 {
      let count = occurrences &>> UInt64(digit &* 4) & 15
      guard count <= 3 else { return nil }
      if count > 1 { repeated &+= 1 }
    }
    return repeated > 1 ? nil : repeated == 1
  }
}
