internal import Bytes

/// Tokens of three parts in base64url of which the first is a JSON object, signed or encrypted.
///
///     eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl
///     {"alg":"HS256"}      {"sub":"1"}     signature
///
/// Encrypted ones have five parts. A token that was cut within its signature or before it counts as long as two objects
/// are there. Source: RFC 7515 §3.1, RFC 7516 §3.1.
enum SecretWebToken: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.starting(with: "e", .mixed(8...63)), .starting(with: "e", .letters(12...63))] }
  static var words: [StaticString] { ["json web token"] }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard text.byte(start) == UInt8(ascii: "e"), isObject(text, start) else { return nil }
    // A mark may stand before, but what is within a long run is none of its own.
    guard start &- text.start(before: start, most: 17, while: { $0.isURLBase64 }) <= 16 else { return nil }
    var end = text.end(from: start) { $0.isURLBase64 }
    guard end &- start >= 12 else { return nil }
    var parts = 1
    let second = end &+ 1
    while parts < 5, text.byteOrZero(end) == UInt8(ascii: ".") {
      let next = text.end(from: end &+ 1) { $0.isURLBase64 }
      // A point behind the last part ends a sentence, unless the signature is empty.
      guard next > end &+ 1 || parts == 2 else { break }
      (parts, end) = (parts &+ 1, next)
    }
    guard parts >= 2, second < text.byteCount else { return nil }
    if isObject(text, second) { return Match(start..<end, alone: 98, inContext: 99) }
    return parts >= 3 && end &- second >= 16 ? Match(start..<end, alone: 92, inContext: 98) : nil
  }

  /// Whether four characters of base64 stand for a brace and what may follow it in an object.
  private static func isObject(_ text: RawSpan, _ place: Int) -> Bool {
    guard text.byteOrZero(place) == UInt8(ascii: "e") else { return false }
    switch text.byteOrZero(place &+ 1) {
    case UInt8(ascii: "y"):
      return text.byteOrZero(place &+ 2).isUppercase || text.byteOrZero(place &+ 2) == UInt8(ascii: "0")
    case UInt8(ascii: "w"), UInt8(ascii: "3"): return text.byteOrZero(place &+ 2).isWord
    default: return false
    }
  }
}
