internal import Bytes

/// Passwords in the addresses of services: what stands between the colon behind a user's name and the last `@`.
///
///     postgres://app:s3cr3t@db.internal:5432/main      redis://:s3cr3t@cache
///                    ~~~~~~                                    ~~~~~~
///
/// Source: RFC 3986 §3.2.1.
enum SecretURL: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.byte(UInt8(ascii: "@"))] }
  static var words: [StaticString] { ["connection string", "database url"] }
  /// How long a user's name and a password are at the most.
  private static var userBytesMax: Int { 256 }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let end = token.start
    guard isHost(text.byteOrZero(end &+ 1)) else { return nil }
    let start = text.start(before: end, most: userBytesMax) { isUser($0) }
    guard start >= 3, text.has("://", at: start &- 3), text.byteOrZero(start &- 4).isAlphanumeric else { return nil }
    let userEnd = text.end(from: start) { $0 != UInt8(ascii: ":") }
    let password = userEnd &+ 1..<max(userEnd &+ 1, end)
    guard userEnd < end, !password.isEmpty, !isMask(text, password) else { return nil }
    return Match(password, alone: 98, inContext: 99)
  }

  /// Whether a byte may be in a user's name or a password; more than the standard allows.
  private static func isUser(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "<")
      && byte != UInt8(ascii: ">")
  }
  private static func isHost(_ byte: UInt8) -> Bool { byte.isWord || byte == UInt8(ascii: "[") }
  /// Whether there is nothing but signs that hide a password, or the name of a variable.
  private static func isMask(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    let first = text.byte(part.lowerBound)
    if text.has("${", at: part.lowerBound) || text.has("{{", at: part.lowerBound) { return true }
    guard !first.isAlphanumeric || first | 0x20 == UInt8(ascii: "x") else {
      return text.has("redacted", at: part.lowerBound)
    }
    for place in part where text.byte(place) != first { return text.has("[redacted]", at: part.lowerBound) }
    return part.count >= 3
  }
}
