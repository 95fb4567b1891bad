internal import Bytes

/// Credentials behind the scheme of an `Authorization` header.
///
///     Bearer mF_9.B5f-4.1JqM      Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==
///            ~~~~~~~~~~~~~~~            ~~~~~~~~~~~~~~~~~~~~~~~~~~~~
///
/// Both words are in prose, too: what follows `Bearer` must be drawn by a machine, what follows `Basic` must decode to
/// a name, a colon and a password. Source: RFC 6750 §2.1, RFC 7617 §2.
enum SecretHeader: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.starting(with: "bB", .followed(by: " \t", .letters(5...6)))] }
  static var words: [StaticString] { ["bearer token", "proxy authorization"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    guard text.byte(token.start) | 0x20 == UInt8(ascii: "b"), isGap(text.byteOrZero(token.end)) else { return nil }
    let start = text.end(from: token.end) { isGap($0) }
    let letters = text.end(from: start) { isToken($0) }
    let end = text.end(from: letters) { $0 == UInt8(ascii: "=") }
    guard end &- start >= 4 else { return nil }
    if text.has("bearer", at: token.start) { return bearer(text, start, end) }
    guard token.count == 5, text.has("basic", at: token.start) else { return nil }
    return holdsColon(text, start..<letters) ? Match(start..<end, alone: 95, inContext: 99) : nil
  }

  private static func bearer(_ text: RawSpan, _ start: Int, _ end: Int) -> Match? {
    var end = end
    while end > start, text.byte(end &- 1) == UInt8(ascii: ".") { end &-= 1 }
    switch SecretStrength(text, start..<end) {
    case .random: return Match(start..<end, alone: 96, inContext: 99)
    case .chosen where end &- start >= 10: return Match(start..<end, alone: 80, inContext: 90)
    default: return nil
    }
  }

  /// Whether base64 decodes to visible signs with a colon behind some of them.
  private static func holdsColon(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    var (bits, width, decoded, colon) = (UInt32(0), 0, 0, false)
    for place in part {
      guard let digit = sextet(text.byte(place)) else { return false }
      bits = bits &<< 6 | UInt32(digit)
      width &+= 6
      guard width >= 8 else { continue }
      width &-= 8
      let byte = UInt8(truncatingIfNeeded: bits &>> UInt32(truncatingIfNeeded: width))
      guard byte >= 0x20, byte != 0x7F else { return false }
      if byte == UInt8(ascii: ":"), decoded > 0 { colon = true }
      decoded &+= 1
    }
    return colon
  }
  private static func sextet(_ byte: UInt8) -> UInt8? {
    if byte.isUppercase { return byte &- 0x41 }
    if byte.isLetter { return byte &- 0x61 &+ 26 }
    if byte.isDigit { return byte &- 0x30 &+ 52 }
    switch byte {
    case UInt8(ascii: "+"), UInt8(ascii: "-"): return 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): return 63
    default: return nil
    }
  }
  /// Whether a byte may stand between a scheme and its credentials, as it is or as forms encode it.
  private static func isGap(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
  /// Whether a byte is of a `token68`.
  private static func isToken(_ byte: UInt8) -> Bool {
    byte.isBase64 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "~")
  }
}
