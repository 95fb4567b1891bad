internal import Bytes

/// Numbers of foreigners in Spain: X, Y or Z, seven digits and a letter that checks them.
///
/// The first letter counts as 0, 1 or 2. Source: Real Decreto 557/2011 art. 206, Orden INT/2058/2008.
enum SpanishNIE: Detector {
  static var type: PersonalType { .esNIE }
  static var triggers: [Trigger] {
    [.mixed(8...9), .followed(by: "-", .letters(1...1))].map { .starting(with: "XYZxyz", $0) }
  }
  static var words: [StaticString] {
    [
      "nie", "extranjero", "extranjeria", "permiso de residencia",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let first = text.byte(token.start)
    let leading = Int(first.uppercased) &- 0x58
    guard leading >= 0, leading <= 2, let end = end(of: text, at: token, leading: leading) else { return nil }
    return Match(token.start..<end, alone: first.isUppercase ? 85 : 60, inContext: 99)
  }

  /// Where `X1234567L`, `X1234567-L` and `X-1234567-L` end.
  private static func end(of text: RawSpan, at token: Token, leading: Int) -> Int? {
    if token.count > 1 { return SpanishLetter.endOfSeven(text, at: token, leading: leading) }
    guard text.byteOrZero(token.end) == UInt8(ascii: "-") else { return nil }
    var (value, place) = (leading, token.end &+ 1)
    for _ in 0..<7 {
      let byte = text.byteOrZero(place)
      guard byte.isDigit else { return nil }
      (value, place) = (value &* 10 &+ Int(byte &- 0x30), place &+ 1)
    }
    if text.byteOrZero(place) == UInt8(ascii: "-") { place &+= 1 }
    let last = text.byteOrZero(place)
    guard last.isLetter, last.uppercased == SpanishLetter.letter(of: value),
      text.isWhole(token.start..<place &+ 1)
    else { return nil }
    return place &+ 1
  }
}
