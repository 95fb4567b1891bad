internal import Bytes

/// Private keys in PEM, with line ends of any kind, escaped ones too.
///
///     -----BEGIN RSA PRIVATE KEY-----
///     MIIEpAIBAAKCAQEA...
///     -----END RSA PRIVATE KEY-----
///
/// One without its end reaches to the next block or to the end of the text.
/// Source: RFC 7468 §2, RFC 5958 §5, RFC 9580 §6.2.
enum SecretBlock: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.preceded(by: "-", .starting(with: "B", .letters(5...5)))] }
  static var words: [StaticString] { ["pem private key"] }
  /// How long the words between `BEGIN` and the hyphens are at the most.
  private static var labelBytesMax: Int { 40 }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start &- 5
    guard start >= 0, text.hasExactly("-----BEGIN ", at: start) else { return nil }
    let label = start &+ 11
    let labelEnd = text.end(from: label) { $0 != UInt8(ascii: "-") && $0.isPrintable }
    guard labelEnd &- label <= labelBytesMax, text.has("-----", at: labelEnd), isPrivate(text, label..<labelEnd) else {
      return nil
    }
    let close = hyphens(text, from: labelEnd &+ 5)
    guard text.hasExactly("-----END ", at: close) else { return Match(start..<close, alone: 95, inContext: 99) }
    let end = text.end(from: close &+ 9) { $0 != UInt8(ascii: "-") && $0.isPrintable }
    return Match(start..<text.end(from: end) { $0 == UInt8(ascii: "-") }, alone: 99, inContext: 99)
  }

  private static func isPrivate(_ text: RawSpan, _ label: Range<Int>) -> Bool {
    for place in label where text.hasExactly("PRIVATE KEY", at: place) { return true }
    return false
  }
  /// Where five hyphens stand next; the text's end when there are none.
  private static func hyphens(_ text: RawSpan, from start: Int) -> Int {
    var place = start
    while place < text.byteCount, let next = text.first(UInt8(ascii: "-"), from: place) {
      if text.has("-----", at: next) { return next }
      place = next &+ 1
    }
    return text.byteCount
  }
}

extension UInt8 {
  /// Whether it is a blank or a visible sign in ASCII.
  @inline(__always) var isPrintable: Bool { self &- 0x20 < 0x5F }
}
