internal import Bytes

/// Tax numbers of persons in Spain: the eight digits of a DNI and a letter, or K, L or M, seven digits and a letter.
///
/// The letter is the remainder by 23. Source: Real Decreto 1553/2005 art. 11, Orden EHA/451/2008.
enum SpanishNIF: Detector {
  static var type: PersonalType { .esNIF }
  static var triggers: [Trigger] { [.mixed(8...9), .digits(7...8), .followed(by: ".", .groups(2...2, digits: 8))] }
  static var words: [StaticString] {
    [
      "dni", "nif", "documento nacional", "documento nacional de identidad", "identificacion fiscal",
      "numero de identificacion fiscal", "documento de identidad", "dninif",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard token.digits == 8 || token.digits == 7 || token.digits == 2 else { return nil }
    let first = text.byte(token.start).uppercased
    if first >= UInt8(ascii: "K"), first <= UInt8(ascii: "M") { return matchForeigner(text, at: token) }
    guard let (letterAt, value, isGrouped) = read(text, at: token) else { return nil }
    let letter = text.byteOrZero(letterAt)
    guard letter.isLetter, letter.uppercased == SpanishLetter.letter(of: value),
      text.isWhole(token.start..<letterAt &+ 1)
    else { return nil }
    let range = token.start..<letterAt &+ 1
    if isGrouped { return Match(range, alone: 90, inContext: 99) }
    if token.digits == 7 { return Match(range, alone: letter.isUppercase ? 30 : 15, inContext: 92) }
    if text.separator(at: letterAt &- 1).kind == .blank { return Match(range, alone: 15, inContext: 92) }
    return Match(range, alone: letter.isUppercase ? 70 : 40, inContext: 98)
  }

  /// Reads `12345678Z`, `12345678-Z` and `12.345.678-Z` up to the letter.
  private static func read(_ text: RawSpan, at token: Token) -> (letterAt: Int, value: Int, isGrouped: Bool)? {
    if token.digits == 2, token.count == 2 {
      guard let number = GroupedNumber(text, at: token.start, groups: [2, 3, 3], by: .dot) else { return nil }
      let (kind, width) = text.separator(at: number.end)
      guard kind == .hyphen || kind == .blank || kind.isEmpty else { return nil }
      return (number.end &+ width, number.value(0..<8), true)
    }
    var (value, place) = (0, token.start)
    for _ in 0..<token.digits {
      let byte = text.byte(place)
      guard byte.isDigit else { return nil }
      (value, place) = (value &* 10 &+ Int(byte &- 0x30), place &+ 1)
    }
    guard token.count == token.digits else { return token.count == token.digits &+ 1 ? (place, value, false) : nil }
    let (kind, width) = text.separator(at: place)
    guard kind == .hyphen || kind == .blank else { return nil }
    return (place &+ width, value, false)
  }

  /// Reads `K1234567L`: those of children, of Spaniards abroad and of foreigners without an NIE.
  private static func matchForeigner(_ text: RawSpan, at token: Token) -> Match? {
    guard let end = SpanishLetter.endOfSeven(text, at: token, leading: 0) else { return nil }
    return Match(token.start..<end, alone: text.byte(token.start).isUppercase ? 60 : 40, inContext: 97)
  }
}

/// The letter that checks Spanish numbers.
enum SpanishLetter {
  /// The letter of a number.
  static func letter(of value: Int) -> UInt8 { letters[value % 23] }

  private static let letters: InlineArray<23, UInt8> = [
    0x54, 0x52, 0x57, 0x41, 0x47, 0x4D, 0x59, 0x46, 0x50, 0x44, 0x58, 0x42,  // TRWAGMYFPDXB
    0x4E, 0x4A, 0x5A, 0x53, 0x51, 0x56, 0x48, 0x4C, 0x43, 0x4B, 0x45,  // NJZSQVHLCKE
  ]

  /// Where a number ends of which a token has the first letter and seven digits, and that its letter ends.
  ///
  /// The leading digit stands in the remainder for the first letter. There may be a hyphen before the last one.
  static func endOfSeven(_ text: RawSpan, at token: Token, leading: Int) -> Int? {
    guard token.digits == 7, token.count <= 9 else { return nil }
    var (value, place) = (leading, token.start &+ 1)
    for _ in 0..<7 {
      let byte = text.byteOrZero(place)
      guard byte.isDigit else { return nil }
      (value, place) = (value &* 10 &+ Int(byte &- 0x30), place &+ 1)
    }
    if token.count == 8 {
      let (kind, width) = text.separator(at: place)
      guard kind == .hyphen else { return nil }
      place &+= width
    }
    let last = text.byteOrZero(place)
    guard last.isLetter, last.uppercased == letter(of: value), text.isWhole(token.start..<place &+ 1) else {
      return nil
    }
    return place &+ 1
  }
}
