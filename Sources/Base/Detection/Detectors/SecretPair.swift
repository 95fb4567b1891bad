internal import Bytes

/// Credentials behind a telling key within a text.
///
///     db.password=hunter2 retries=3      {"client_secret": "q7Wm2ZtR9xKc4LpV"}    AccountKey=Zm9v...;EndpointSuffix=x
///                ^ asked here            ~~~~~~~~~~ the value's bytes only
///
/// What a key promises differs. A password is whatever people choose, so that all but placeholders and words about
/// passwords count. A secret or token is drawn by a machine. A session may be a mere number and has to be long.
enum SecretPair: Detector {
  static var type: PersonalType { .secret }
  static var triggers: [Trigger] { [.byte(UInt8(ascii: "=")), .byte(UInt8(ascii: ":"))] }
  static var words: [StaticString] { ["shared access key", "account key"] }
  /// How long a value is at the most.
  private static var valueBytesMax: Int { 1024 }
  /// How long a session is at least that nobody can guess: shorter ones count sessions or traces.
  private static var sessionBytesMin: Int { 20 }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let mark = token.start
    let keyEnd = text.byteOrZero(mark &- 1).isQuote ? mark &- 1 : mark
    guard text.byteOrZero(keyEnd &- 1).isWord else { return nil }
    let key = SecretKey(text, endingAt: keyEnd)
    guard key != .other, let value = Self.value(text, behind: mark, key) else { return nil }
    let isAssigned = text.byte(mark) == UInt8(ascii: "=") || value.lowerBound == mark &+ 1 || keyEnd < mark
    if key == .session, value.count < sessionBytesMin { return nil }
    return key.weigh(SecretStrength(text, value), isAssigned: isAssigned).map { Match(value, alone: $0, inContext: $0) }
  }

  /// Where a value is that stands behind a mark, without its quotation marks and the scheme before it.
  private static func value(_ text: RawSpan, behind mark: Int, _ key: SecretKey) -> Range<Int>? {
    var start = mark &+ 1
    // `=>` and `:=` are marks of two bytes.
    if text.byteOrZero(start) == UInt8(ascii: ">") || text.byteOrZero(start) == UInt8(ascii: "=") { start &+= 1 }
    for _ in 0..<2 where text.byteOrZero(start) == UInt8(ascii: " ") { start &+= 1 }
    let quote = text.byteOrZero(start).isQuote ? text.byte(start) : 0
    if quote != 0 { start &+= 1 }
    if key == .authorization { start = behindScheme(text, start) }
    let limit = min(text.byteCount, start &+ valueBytesMax)
    var end = start
    while end < limit {
      let byte = text.byte(end)
      guard quote != 0 ? byte != quote && byte >= 0x20 : !isEnd(byte) else { break }
      end &+= 1
    }
    if quote != 0, text.byteOrZero(end) == quote, end > start, text.byte(end &- 1) == UInt8(ascii: "\\") { end &-= 1 }
    if quote == 0 {
      while end > start, isTail(text.byte(end &- 1)) { end &-= 1 }
    } else if hasBlank(text, start..<end) {
      return nil
    }
    return end > start ? start..<end : nil
  }
  /// Behind a word of letters and a blank.
  private static func behindScheme(_ text: RawSpan, _ start: Int) -> Int {
    let end = text.end(from: start) { $0.isLetter || $0 == UInt8(ascii: "-") }
    return end > start && end &- start < 20 && text.byteOrZero(end) == UInt8(ascii: " ") ? end &+ 1 : start
  }
  /// Whether a byte ends a value without quotation marks.
  private static func isEnd(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte.isQuote || byte == UInt8(ascii: "&") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: ",")
  }
  /// Whether a byte at a value's end belongs to the sentence or the list around it.
  private static func isTail(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: ":")
  }
  private static func hasBlank(_ text: RawSpan, _ part: Range<Int>) -> Bool {
    for place in part where text.byte(place) == UInt8(ascii: " ") { return true }
    return false
  }
}

/// What the key before a value promises.
enum SecretKey {
  case password, secret, token, session, authorization, other

  /// That of the key that ends before a place.
  init(_ text: RawSpan, endingAt end: Int) {
    self = .other
    func ends(_ word: StaticString) -> Bool { text.has(word, at: end &- word.utf8CodeUnitCount) }
    switch text.byteOrZero(end &- 1) | 0x20 {
    case UInt8(ascii: "d"):
      if ends("password") || ends("passwd") || (ends("pwd") && Self.starts(text, end &- 3)) || ends("wachtwoord") {
        self = .password
      } else if ends("sessionid") || ends("session_id") || ends("session-id") || ends("sessid") {
        self = .session
      } else if ends("sid"), Self.starts(text, end &- 3) {
        self = .session
      }
    case UInt8(ascii: "e"):
      if ends("passphrase") || ends("passcode") { self = .password }
    case UInt8(ascii: "n"):
      if ends("token"), !Self.isOfPages(text, end &- 5) {
        self = .token
      } else if ends("authorization") {
        self = .authorization
      } else if ends("session"), Self.starts(text, end &- 7) {
        self = .session
      }
    case UInt8(ascii: "t"):
      if ends("secret") {
        self = .secret
      } else if ends("passwort") || ends("kennwort") {
        self = .password
      } else if ends("jwt"), Self.starts(text, end &- 3) {
        self = .token
      }
    case UInt8(ascii: "y"): if Self.isKey(text, end) { self = .token }
    case UInt8(ascii: "g"): if ends("sig"), Self.starts(text, end &- 3) { self = .session }
    case UInt8(ascii: "s"):
      if ends("pass"), Self.starts(text, end &- 4) {
        self = .secret
      } else if ends("credentials") {
        self = .token
      }
    case UInt8(ascii: "a"): if ends("contrasena") || ends("contraseña") || ends("senha") { self = .password }
    default: break
    }
  }

  /// How sure a value of some strength is a credential; `nil` when it is none.
  func weigh(_ strength: SecretStrength, isAssigned: Bool) -> UInt8? {
    switch (self, strength) {
    case (.other, _), (_, .none), (.session, .chosen), (.session, .weak), (.token, .weak), (.authorization, .weak): nil
    case (.secret, .weak): nil
    case (.session, .random): 90
    case (.password, .weak): isAssigned ? 65 : 30
    case (.password, .chosen): isAssigned ? 92 : 75
    case (.secret, .chosen): isAssigned ? 80 : 60
    case (.token, .chosen), (.authorization, .chosen): isAssigned ? 60 : 40
    case (_, .random): 94
    }
  }

  /// Whether a key of some kind ends before a place: nothing is told by `key` alone.
  private static func isKey(_ text: RawSpan, _ end: Int) -> Bool {
    guard text.has("key", at: end &- 3) else { return false }
    let joint = text.byteOrZero(end &- 4)
    let isJoint = joint == UInt8(ascii: "_") || joint == UInt8(ascii: "-") || joint == UInt8(ascii: " ")
    let place = isJoint ? end &- 4 : end &- 3
    func ends(_ word: StaticString) -> Bool { text.has(word, at: place &- word.utf8CodeUnitCount) }
    return ends("api") || ends("access") || ends("secret") || ends("private") || ends("account") || ends("auth")
      || ends("signing") || ends("encryption") || ends("master") || ends("webhook")
  }
  /// Whether a token tells how to go on in a list.
  private static func isOfPages(_ text: RawSpan, _ start: Int) -> Bool {
    let joint = text.byteOrZero(start &- 1)
    let end = joint.isAlphanumeric ? start : start &- 1
    func ends(_ word: StaticString) -> Bool { text.has(word, at: end &- word.utf8CodeUnitCount) }
    return ends("page") || ends("next") || ends("continuation") || ends("sync") || ends("cursor") || ends("max")
      || ends("unexpected")
  }
  /// Whether a word starts at a place: no letter or digit stands before.
  private static func starts(_ text: RawSpan, _ place: Int) -> Bool { !text.byteOrZero(place &- 1).isWord }
}
