internal import Bytes

/// Tokens of services that start with a mark of their own and an underscore or a hyphen.
///
///     ghp_ and 36 letters or digits      sk_live_ and 24      glpat- and 20
///    ^ asked here
///
/// Marks are public so that such tokens can be found. Lengths are taken as the least that a service uses: they grow.
/// Source: each service's own documentation of its tokens.
enum SecretToken: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] {
    [.letters(2...39), .mixed(2...39)].map { .starting(with: "gsrwnhldxpkGAP", .followed(by: "_-", $0)) }
  }
  static var words: [StaticString] { ["personal access token"] }
  /// How long a token is at the most.
  private static var tokenBytesMax: Int { 512 }

  /// Which bytes are behind a mark.
  private enum Body { case letters, words, hexadecimal }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let (start, joint) = (token.start, token.end)
    guard text.byteOrZero(joint &+ 1).isURLBase64 else { return nil }
    // The only one whose first joint may be anywhere.
    if text.byte(start) == UInt8(ascii: "A"), text.hasExactly("AIza", at: start) {
      return SecretForm.cloudKey(text, Token(start: start, end: joint, digits: 0))
    }
    guard joint &- start <= 8 else { return nil }
    return text.byte(joint) == UInt8(ascii: "_") ? underscored(text, start) : hyphenated(text, start)
  }

  private static func underscored(_ text: RawSpan, _ start: Int) -> Match? {
    switch text.byte(start) {
    case UInt8(ascii: "g"):
      if text.hasExactly("github_pat_", at: start) { return read(text, start, mark: 11, .words, least: 22) }
      if text.hasExactly("glsa_", at: start) { return read(text, start, mark: 5, .words, least: 32) }
      if text.hasExactly("gsk_", at: start) { return read(text, start, mark: 4, .letters, least: 32) }
      guard text.hasExactly("gh", at: start), text.byteOrZero(start &+ 3) == UInt8(ascii: "_") else { return nil }
      switch text.byte(start &+ 2) {
      case UInt8(ascii: "p"), UInt8(ascii: "o"), UInt8(ascii: "u"), UInt8(ascii: "s"), UInt8(ascii: "r"):
        return read(text, start, mark: 4, .letters, least: 30)
      default: return nil
      }
    case UInt8(ascii: "s"): return shopOrPayment(text, start)
    case UInt8(ascii: "r"):
      if text.hasExactly("rk_live_", at: start) || text.hasExactly("rk_test_", at: start) {
        return read(text, start, mark: 8, .letters, least: 10)
      }
      if text.hasExactly("r8_", at: start) { return read(text, start, mark: 3, .letters, least: 32) }
      return text.hasExactly("rubygems_", at: start) ? read(text, start, mark: 9, .hexadecimal, least: 40) : nil
    case UInt8(ascii: "w"):
      return text.hasExactly("whsec_", at: start) ? read(text, start, mark: 6, .words, least: 20) : nil
    case UInt8(ascii: "n"):
      return text.hasExactly("npm_", at: start) ? read(text, start, mark: 4, .letters, least: 30) : nil
    case UInt8(ascii: "h"):
      return text.hasExactly("hf_", at: start) ? read(text, start, mark: 3, .letters, least: 28) : nil
    case UInt8(ascii: "l"):
      return text.hasExactly("lin_api_", at: start) ? read(text, start, mark: 8, .letters, least: 32) : nil
    case UInt8(ascii: "d"):
      if text.hasExactly("dop_v1_", at: start) || text.hasExactly("doo_v1_", at: start)
        || text.hasExactly("dor_v1_", at: start)
      {
        return read(text, start, mark: 7, .hexadecimal, least: 40)
      }
      return text.hasExactly("dckr_pat_", at: start) ? read(text, start, mark: 9, .words, least: 20) : nil
    default: return nil
    }
  }

  /// What starts with `s` and has an underscore.
  private static func shopOrPayment(_ text: RawSpan, _ start: Int) -> Match? {
    switch text.byteOrZero(start &+ 1) {
    case UInt8(ascii: "k"):
      let isPayment = text.hasExactly("sk_live_", at: start) || text.hasExactly("sk_test_", at: start)
      return isPayment ? read(text, start, mark: 8, .letters, least: 10) : nil
    case UInt8(ascii: "h"):
      let isShop =
        text.hasExactly("shpat_", at: start) || text.hasExactly("shpca_", at: start)
        || text.hasExactly("shppa_", at: start) || text.hasExactly("shpss_", at: start)
      return isShop ? read(text, start, mark: 6, .letters, least: 30) : nil
    case UInt8(ascii: "b"):
      return text.hasExactly("sbp_", at: start) ? read(text, start, mark: 4, .hexadecimal, least: 40) : nil
    default: return nil
    }
  }

  private static func hyphenated(_ text: RawSpan, _ start: Int) -> Match? {
    switch text.byte(start) {
    case UInt8(ascii: "s"):
      if text.hasExactly("sq0", at: start), text.byteOrZero(start &+ 6) == UInt8(ascii: "-") {
        return read(text, start, mark: 7, .words, least: 20)
      }
      return text.hasExactly("sk-", at: start) ? read(text, start, mark: 3, .words, least: 20, run: 16) : nil
    case UInt8(ascii: "g"):
      let isToken =
        text.hasExactly("glpat-", at: start) || text.hasExactly("gldt-", at: start)
        || text.hasExactly("glrt-", at: start)
        || text.hasExactly("glptt-", at: start)
      return isToken ? read(text, start, mark: 6, .words, least: 16) : nil
    case UInt8(ascii: "x"): return message(text, start)
    case UInt8(ascii: "p"):
      return text.hasExactly("pypi-", at: start) ? read(text, start, mark: 5, .words, least: 32) : nil
    case UInt8(ascii: "k"):
      return text.hasExactly("key-", at: start) ? read(text, start, mark: 4, .hexadecimal, least: 32) : nil
    case UInt8(ascii: "G"):
      return text.hasExactly("GOCSPX-", at: start) ? read(text, start, mark: 7, .words, least: 20) : nil
    case UInt8(ascii: "A"):
      return text.hasExactly("AGE-SECRET-KEY-1", at: start) ? read(text, start, mark: 16, .letters, least: 50) : nil
    case UInt8(ascii: "P"):
      return text.hasExactly("PMAK-", at: start) ? read(text, start, mark: 5, .words, least: 40) : nil
    default: return nil
    }
  }

  /// What starts with `x`: tokens of two services that send messages.
  private static func message(_ text: RawSpan, _ start: Int) -> Match? {
    if text.hasExactly("xapp-", at: start) { return read(text, start, mark: 5, .words, least: 20) }
    if text.hasExactly("xkeysib-", at: start) { return read(text, start, mark: 8, .words, least: 60) }
    guard text.hasExactly("xox", at: start), text.byteOrZero(start &+ 4) == UInt8(ascii: "-") else { return nil }
    switch text.byte(start &+ 3) {
    case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "p"), UInt8(ascii: "o"), UInt8(ascii: "r"),
      UInt8(ascii: "s"),
      UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "e"):
      return read(text, start, mark: 5, .words, least: 12)
    default: return nil
    }
  }

  /// Reads what is behind a mark: so many bytes, letters and digits among them, so many in a row without signs.
  private static func read(_ text: RawSpan, _ start: Int, mark: Int, _ body: Body, least: Int, run: Int = 0) -> Match? {
    var end = start &+ mark
    var (digits, letters, longest, length) = (0, 0, 0, 0)
    let limit = min(text.byteCount, end &+ tokenBytesMax)
    while end < limit {
      let byte = text.byte(end)
      guard belongs(byte, to: body) else { break }
      if byte.isDigit { digits &+= 1 } else if byte.isLetter { letters &+= 1 }
      length = byte.isAlphanumeric ? length &+ 1 : 0
      longest = max(longest, length)
      end &+= 1
    }
    while end > start, !text.byte(end &- 1).isAlphanumeric, text.byte(end &- 1) != UInt8(ascii: "_") { end &-= 1 }
    guard end &- start &- mark >= least, digits > 0, letters > 0, longest >= run, !text.byteOrZero(end).isAlphanumeric
    else {
      return nil
    }
    return Match(start..<end, alone: 97, inContext: 99)
  }
  @inline(__always) private static func belongs(_ byte: UInt8, to body: Body) -> Bool {
    switch body {
    case .letters: byte.isAlphanumeric
    case .words: byte.isURLBase64
    case .hexadecimal: byte.isHexadecimal
    }
  }
}
