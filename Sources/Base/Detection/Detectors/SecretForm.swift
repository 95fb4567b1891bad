internal import Bytes

/// Credentials of services that are known by their first letters and their length, or by what stands before them.
///
///     AKIA and 16 letters   AIzaSy...   ya29.a0Af...   SG.xxxx.yyyy   123456789:AAE...   SK and 32 digits
///
/// Source: each service's own documentation of its keys.
enum SecretForm: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] {
    [.mixed(4...63), .letters(20...20), .letters(39...39)].map { .starting(with: "ACESyhdTMNOb", $0) } + [
      .starting(with: "Sh", .followed(by: ".", .letters(2...3))), .followed(by: ":", .digits(8...10)),
      .followed(by: "/", .digits(17...20)),
    ]
  }
  static var words: [StaticString] { ["access key id", "bot token"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let (start, count) = (token.start, token.count)
    switch text.byte(start) {
    case UInt8(ascii: "A"): return cloudKey(text, token)
    case UInt8(ascii: "E"):
      return count >= 60 && text.hasExactly("EAAA", at: start) ? run(text, start, mark: 0, 60...120) : nil
    case UInt8(ascii: "S"):
      if count == 34, text.hasExactly("SK", at: start) { return hexadecimal(text, token, mark: 2) }
      guard count == 2, text.hasExactly("SG.", at: start) else { return nil }
      let point = text.end(from: start &+ 3) { $0.isURLBase64 }
      guard point &- start &- 3 >= 16, text.byteOrZero(point) == UInt8(ascii: ".") else { return nil }
      return run(text, start, mark: point &+ 1 &- start, 32...64)
    case UInt8(ascii: "y"): return text.hasExactly("ya29.", at: start) ? run(text, start, mark: 5, 20...2048) : nil
    case UInt8(ascii: "h"):
      return count == 3 && text.hasExactly("hvs.", at: start) ? run(text, start, mark: 4, 20...256) : nil
    case UInt8(ascii: "d"):
      return count == 36 && text.hasExactly("dapi", at: start) ? hexadecimal(text, token, mark: 4) : nil
    case UInt8(ascii: "T"): return webhook(text, token)
    case UInt8(ascii: "M"), UInt8(ascii: "N"), UInt8(ascii: "O"): return chatBot(text, token)
    case UInt8(ascii: "b"):
      guard count >= 11, count <= 13, text.hasExactly("bot", at: start), token.digits == count &- 3 else { return nil }
      return telegram(text, from: start &+ 3, colon: token.end)
    default:
      guard token.digits == count else { return nil }
      return count <= 10 ? telegram(text, from: start, colon: token.end) : webhookByNumber(text, token)
    }
  }

  /// Matches what starts with `A`.
  static func cloudKey(_ text: RawSpan, _ token: Token) -> Match? {
    let start = token.start
    switch text.byteOrZero(start &+ 1) {
    case UInt8(ascii: "K"), UInt8(ascii: "S"):
      guard token.count == 20, text.hasExactly("AKIA", at: start) || text.hasExactly("ASIA", at: start) else {
        return nil
      }
      for place in start..<token.end where !text.byte(place).isUppercase && !text.byte(place).isDigit { return nil }
      return Match(start..<token.end, alone: 97, inContext: 99)
    case UInt8(ascii: "I"): return text.hasExactly("AIza", at: start) ? run(text, start, mark: 4, 35...35) : nil
    case UInt8(ascii: "C"): return token.count == 34 ? hexadecimal(text, token, mark: 2) : nil
    default: return nil
    }
  }

  /// Matches so many bytes of base64url behind a mark.
  private static func run(_ text: RawSpan, _ start: Int, mark: Int, _ counts: ClosedRange<Int>) -> Match? {
    let first = start &+ mark
    var end = first
    while end < text.byteCount, end &- first <= counts.upperBound, text.byte(end).isURLBase64 { end &+= 1 }
    return counts.contains(end &- first) ? Match(start..<end, alone: 97, inContext: 99) : nil
  }
  /// Matches a token of 32 hexadecimal digits behind letters.
  private static func hexadecimal(_ text: RawSpan, _ token: Token, mark: Int) -> Match? {
    for place in token.start &+ mark..<token.end {
      let byte = text.byte(place)
      guard byte.isHexadecimal, !byte.isUppercase else { return nil }
    }
    return Match(token.start..<token.end, alone: 93, inContext: 98)
  }

  /// Matches the number of a bot, a colon and 35 bytes.
  private static func telegram(_ text: RawSpan, from start: Int, colon: Int) -> Match? {
    guard text.byteOrZero(colon) == UInt8(ascii: ":"), text.byteOrZero(colon &+ 1) == UInt8(ascii: "A") else {
      return nil
    }
    return run(text, start, mark: colon &+ 1 &- start, 33...36)
  }
  /// Matches three parts whose first is the number of a bot in base64.
  private static func chatBot(_ text: RawSpan, _ token: Token) -> Match? {
    let start = token.start
    guard token.count >= 20, token.count <= 28, text.byteOrZero(token.end) == UInt8(ascii: ".") else { return nil }
    let second = text.end(from: token.end &+ 1) { $0.isURLBase64 }
    guard second &- token.end == 7, text.byteOrZero(second) == UInt8(ascii: ".") else { return nil }
    return run(text, start, mark: second &+ 1 &- start, 27...40)
  }
  /// Matches a workspace, a channel and a secret behind `services/`.
  private static func webhook(_ text: RawSpan, _ token: Token) -> Match? {
    let start = token.start
    guard token.count >= 8, text.hasExactly("services/", at: start &- 9), text.hasExactly("/B", at: token.end) else {
      return nil
    }
    let second = text.end(from: token.end &+ 1) { $0.isAlphanumeric }
    guard second &- token.end >= 8, text.byteOrZero(second) == UInt8(ascii: "/") else { return nil }
    return run(text, start, mark: second &+ 1 &- start, 20...64)
  }
  /// Matches a number and a secret behind `webhooks/`.
  private static func webhookByNumber(_ text: RawSpan, _ token: Token) -> Match? {
    guard text.hasExactly("webhooks/", at: token.start &- 9), text.byteOrZero(token.end) == UInt8(ascii: "/") else {
      return nil
    }
    return run(text, token.start, mark: token.count &+ 1, 60...80)
  }
}
