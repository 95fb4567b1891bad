internal import Bytes

/// Payment card numbers: a brand by its first digits, a length that the brand has, and Luhn's check digit.
///
/// Source: ISO/IEC 7812-1, and the ranges that the schemes publish.
enum CreditCard: Detector {
  static var type: PersonalType { .creditCard }
  static var triggers: [Trigger] {
    [.groups(4...4, digits: 14), .groups(6...6, digits: 19), .digits(12...19)]
      + Separators.unbroken(digits: 16, separators: 3)
      + Separators.unbroken(digits: 15, separators: 2)
  }
  static var words: [StaticString] {
    [
      "card", "cards", "cc", "ccn", "pan", "credit card", "debit card", "card number",
      "card no", "visa", "mastercard", "maestro", "amex", "american express", "diners", "discover", "jcb", "unionpay",
      "kreditkarte", "kartennummer", "karte", "tarjeta", "carte", "carte bancaire", "cartao", "carta di credito",
      "carta", "creditcardnummer", "kaart", "karta", "kort", "kortnummer", "luottokortti", "payment",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard let number = read(text, at: token) else { return nil }
    guard let brand = CardBrand(number), number.holdsLuhn, number.isWhole(in: text) else { return nil }
    guard !number.isOneDigitRepeated, !followsCountry(text, number) else { return nil }
    if !number.separator.isEmpty { return Match(number.range, alone: brand.isMajor ? 92 : 80, inContext: 99) }
    switch number.count {
    case 14...16 where brand.isMajor: return Match(number.range, alone: 75, inContext: 99)
    case 16: return Match(number.range, alone: 60, inContext: 99)
    default: return Match(number.range, alone: 35, inContext: 97)
    }
  }

  /// Whether a country and two digits stand before groups of four, as in an IBAN with a wrong check digit.
  private static func followsCountry(_ text: RawSpan, _ number: GroupedNumber) -> Bool {
    let place = number.start &- 5
    return place >= 0 && number.separator == text.separator(at: number.start &- 1).kind && text.byte(place).isLetter
      && text.byte(place &+ 1).isLetter && text.byte(place &+ 2).isDigit && text.byte(place &+ 3).isDigit
  }

  /// Reads the digits in one of the ways they are printed on cards.
  @inline(__always) private static func read(_ text: RawSpan, at token: Token) -> GroupedNumber? {
    if token.count == token.digits, token.count >= 12 { return GroupedNumber(text, plain: token) }
    let place = token.start
    guard text.byte(place).isDigit else { return nil }
    let marks: Separators = [.blank, .hyphen, .dot]
    if token.count == 6 { return GroupedNumber(text, at: place, groups: [6, 13], by: marks) }
    let (kind, width) = text.separator(at: place &+ 4)
    guard marks.contains(kind), width > 0 else { return nil }
    // A second group has four digits, five or six.
    guard text.byteOrZero(place &+ 6 &+ width).isDigit, text.byteOrZero(place &+ 7 &+ width).isDigit else { return nil }
    if !text.byteOrZero(place &+ 8 &+ width).isDigit { return readFours(text, at: place, by: marks) }
    return GroupedNumber(text, at: place, groups: [4, 6, 5], by: marks)
      ?? GroupedNumber(text, at: place, groups: [4, 6, 4], by: marks)
      ?? GroupedNumber(text, at: place, groups: [4, 5, 6], by: marks)
  }

  private static func readFours(_ text: RawSpan, at place: Int, by marks: Separators) -> GroupedNumber? {
    if let number = GroupedNumber(text, at: place, groups: [4, 4, 4, 4, 3], by: marks), number.holdsLuhn {
      return number
    }
    return GroupedNumber(text, at: place, groups: [4, 4, 4, 4], by: marks)
      ?? GroupedNumber(text, at: place, groups: [4, 4, 4, 2], by: marks)
  }
}

/// The scheme that issues a card.
private struct CardBrand {
  /// Whether it is one of those that most cards have.
  let isMajor: Bool

  /// Knows a number by its first six digits; `nil` when no scheme has them with that length.
  init?(_ number: GroupedNumber) {
    guard let (isMajor, lengths) = CardBrand.lengths(number.value(0..<6)), lengths &>> UInt32(number.count) & 1 != 0
    else { return nil }
    self.isMajor = isMajor
  }

  /// The lengths that numbers with these first six digits have, one bit each.
  private static func lengths(_ six: Int) -> (isMajor: Bool, lengths: UInt32)? {
    let from16To19: UInt32 = 0b1111 << 16
    switch six {
    // Visa
    case 400_000...499_999: return (true, 1 << 13 | 1 << 16 | 1 << 19)
    // Mastercard
    case 510_000...559_999, 222_100...272_099: return (true, 1 << 16)
    // American Express
    case 340_000...349_999, 370_000...379_999: return (true, 1 << 15)
    // Diners Club
    case 300_000...305_999, 309_500...309_599, 360_000...369_999, 380_000...399_999:
      return (true, 1 << 14 | from16To19)
    // Discover, RuPay
    case 601_100...601_199, 644_000...659_999: return (true, from16To19)
    // JCB
    case 352_800...358_999: return (true, from16To19)
    case 213_100...213_199, 180_000...180_099: return (false, 1 << 15)
    // UnionPay
    case 620_000...629_999: return (true, from16To19)
    case 810_000...817_199: return (false, from16To19)
    // Maestro
    case 501_800...501_899, 502_000...502_099, 503_800...503_899, 560_000...589_999, 630_400...630_499,
      639_000...639_099, 675_900...676_399, 676_770...676_774:
      return (false, 0b1111 << 12 | from16To19)
    // Dankort, Mir, Elo and Verve, RuPay, Hipercard, InstaPayment, Troy
    case 501_900...501_999, 220_000...220_499, 506_000...509_999, 607_000...608_999, 636_200...636_399,
      606_200...606_299, 637_000...638_999, 979_200...979_299:
      return (false, from16To19)
    // Universal Air Travel Plan
    case 100_000...199_999: return (false, 1 << 15)
    default: return nil
    }
  }
}
