internal import Bytes

/// Numbers of companies in Brazil, of one-person ones too: twelve characters and two check digits by mod 11.
///
///     12.345.678/0001-95     12.ABC.345/01DE-35
///
/// Letters have been given out since July 2026; a character counts as its ASCII code less 48.
/// Source: Receita Federal, Instrução Normativa RFB 2229/2024.
enum BrazilianCNPJ: Detector {
  static var type: PersonalType { .brCNPJ }
  static var triggers: [Trigger] {
    [.digits(2...2), .mixed(2...2), .letters(2...2)].map { .followed(by: ".", $0) } + [
      .digits(14...14), .mixed(14...14), .followed(by: "-", .digits(12...12)),
    ]
  }
  static var words: [StaticString] {
    ["cnpj", "cnpjs", "pessoa juridica", "cgc", "razao social"]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    let isGrouped = text.byteOrZero(start &+ 2) == UInt8(ascii: ".") && text.byteOrZero(start &+ 6) == UInt8(ascii: ".")
    guard isGrouped ? text.byteOrZero(start &+ 10) == UInt8(ascii: "/") : token.count >= 12 else { return nil }
    var (place, first, second, isRepeated) = (start, 0, 0, true)
    for index in 0..<14 {
      if let mark = mark(before: index, isGrouped) {
        if text.byteOrZero(place) == mark { place &+= 1 } else if isGrouped { return nil }
      }
      let byte = text.byteOrZero(place)
      guard byte.isDigit || (byte.isUppercase && index < 12) else { return nil }
      let value = Int(byte) &- 48
      // The weights run from 2 to 9 from the right.
      if index < 12 { first &+= value &* ((11 &- index) % 8 &+ 2) }
      if index < 13 { second &+= value &* ((12 &- index) % 8 &+ 2) }
      if index == 12, value != check(first) { return nil }
      if index == 13, value != check(second) { return nil }
      isRepeated = isRepeated && byte == text.byte(start)
      place &+= 1
    }
    guard !isRepeated, text.isWhole(start..<place) else { return nil }
    if isGrouped { return Match(start..<place, alone: 95, inContext: 99) }
    return Match(start..<place, alone: isHeadOffice(text, endingAt: place) ? 70 : 35, inContext: 98)
  }

  private static func check(_ sum: Int) -> Int { sum % 11 < 2 ? 0 : 11 &- sum % 11 }

  /// The mark that stands before a character when it is written with marks.
  private static func mark(before index: Int, _ isGrouped: Bool) -> UInt8? {
    switch index {
    case 2, 5: isGrouped ? UInt8(ascii: ".") : nil
    case 8: isGrouped ? UInt8(ascii: "/") : nil
    case 12: UInt8(ascii: "-")
    default: nil
    }
  }

  /// Whether the part that tells a company's places apart is 0001, as it mostly is.
  private static func isHeadOffice(_ text: RawSpan, endingAt end: Int) -> Bool {
    text.integer(UInt32.self, at: end &- 6) == 0x3030_3031
  }
}
