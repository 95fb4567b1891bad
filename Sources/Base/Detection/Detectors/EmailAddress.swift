internal import Bytes

/// Addresses of electronic mail as they are in use, with letters of any script on both sides.
///
///     <anna+news@sub.example.org>   "john doe"@example.org   x@[192.0.2.1]
///      ~~~~~~~~~~~~~~~~~~~~~~~~~    ~~~~~~~~~~~~~~~~~~~~~~   ~~~~~~~~~~~~~
///
/// Marks that the grammar allows in a local part and nobody uses end it here, so that `to=` and `?u=` do not belong.
/// Source: RFC 5321 §4.1.2, RFC 5322 §3.4.1, RFC 6531, RFC 5890.
enum EmailAddress: Detector {
  static var type: PersonalType { .emailAddress }
  static var triggers: [Trigger] { [.byte(UInt8(ascii: "@"))] }
  static var words: [StaticString] {
    [
      "email", "e mail", "mail", "emails", "mailto", "e mail address", "correo", "correo electronico", "courriel",
      "posta elettronica", "e post", "epost", "sahkoposti", "eposta", "recipient", "sender", "reply to", "cc", "bcc",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let at = token.start
    guard at > 0, at &+ 1 < text.byteCount else { return nil }
    let start = text.byte(at &- 1) == UInt8(ascii: "\"") ? quotedStart(text, at) : localStart(text, at)
    guard start < at, at &- start <= 64, !isLogin(text, start) else { return nil }
    if text.byte(at &+ 1) == UInt8(ascii: "[") {
      return literalEnd(text, at &+ 1).map { Match(start..<$0, alone: 90, inContext: 98) }
    }
    guard let domain = MailDomain(text, from: at &+ 1), !isShellAddress(text, start..<at, behind: domain.end) else {
      return nil
    }
    if domain.labels == 1 {
      guard hasLetter(text, start..<at), text.byteOrZero(domain.end) != UInt8(ascii: ".") else { return nil }
      return Match(start..<domain.end, alone: 15, inContext: 60)
    }
    return Match(start..<domain.end, alone: 95, inContext: 99)
  }

  /// Where a local part without quotes starts that ends at a place.
  private static func localStart(_ text: RawSpan, _ at: Int) -> Int {
    var (place, hasASCII) = (at, false)
    while place > 0, at &- place <= 64 {
      let byte = text.byte(place &- 1)
      if byte < 0x80 {
        guard isLocal(byte) else { break }
        hasASCII = hasASCII || byte.isAlphanumeric
        place &-= 1
      } else {
        let first = characterStart(text, before: place)
        // A script without blanks runs into the address.
        guard MailDomain.isLetter(text, first), !(hasASCII && text.byte(first) >= 0xE3) else { break }
        place = first
      }
    }
    while place < at, !text.byte(place).isWord, text.byte(place) != UInt8(ascii: "_") { place &+= 1 }
    return text.byte(at &- 1) == UInt8(ascii: ".") ? at : place
  }

  /// Where a local part in quotes starts; its end when no quote opens it.
  private static func quotedStart(_ text: RawSpan, _ at: Int) -> Int {
    var place = at &- 2
    while place >= 0, at &- place <= 64 {
      let byte = text.byte(place)
      if byte == UInt8(ascii: "\""), text.byteOrZero(place &- 1) != UInt8(ascii: "\\") {
        return place < at &- 2 && !text.byteOrZero(place &- 1).isAlphanumeric ? place : at
      }
      guard byte >= 0x20 else { return at }
      place &-= 1
    }
    return at
  }

  @inline(__always) private static func isLocal(_ byte: UInt8) -> Bool {
    if byte.isAlphanumeric { return true }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "%"),
      UInt8(ascii: "'"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }

  private static func characterStart(_ text: RawSpan, before place: Int) -> Int {
    var first = place &- 1
    while first > 0, place &- first < 4, text.byte(first).isContinuation { first &-= 1 }
    return first
  }

  /// Whether it is who logs in at the host of a URL, as in `ssh://root@example.org`.
  private static func isLogin(_ text: RawSpan, _ start: Int) -> Bool {
    let slashes = text.start(before: start) { !$0.isBlank && !$0.isQuote && $0 != UInt8(ascii: "/") && $0 != 0x40 }
    guard slashes == start || text.byte(start &- 1) == UInt8(ascii: ":") else { return false }
    return text.byteOrZero(slashes &- 1) == UInt8(ascii: "/") && text.byteOrZero(slashes &- 2) == UInt8(ascii: "/")
      && text.byteOrZero(slashes &- 3) == UInt8(ascii: ":")
  }

  /// Whether it is where a version control system or a remote copy goes, or a call in code.
  private static func isShellAddress(_ text: RawSpan, _ local: Range<Int>, behind end: Int) -> Bool {
    let (byte, next) = (text.byteOrZero(end), text.byteOrZero(end &+ 1))
    if byte == UInt8(ascii: "(") { return true }
    guard byte == UInt8(ascii: ":") else { return false }
    if next == UInt8(ascii: "/") || next == UInt8(ascii: "~") { return true }
    return next.isWord && (text.has("git@", at: local.lowerBound) || text.has("hg@", at: local.lowerBound))
  }

  private static func hasLetter(_ text: RawSpan, _ range: Range<Int>) -> Bool {
    for place in range where text.byte(place).isLetter || text.byte(place) >= 0x80 { return true }
    return false
  }

  /// Behind an address in brackets; `nil` when it is none.
  private static func literalEnd(_ text: RawSpan, _ bracket: Int) -> Int? {
    var place = bracket &+ 1
    if text.has("ipv6:", at: place) { place &+= 5 }
    let end = text.end(from: place) { $0.isHexadecimal || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    guard end &- place >= 2, end &- place <= 45, text.byteOrZero(end) == UInt8(ascii: "]") else { return nil }
    return end &+ 1
  }
}

/// The domain of an address: labels with dots between them.
private struct MailDomain {
  /// How many labels it has; when it is one, it is the name of a host.
  private(set) var labels = 0
  /// Behind its last label.
  private(set) var end: Int

  /// Reads as many labels as there are, without dots and hyphens at the end; `nil` when they name no host.
  init?(_ text: RawSpan, from start: Int) {
    (end, labels) = (start, 0)
    var (place, lastStart) = (start, start)
    while place &- start < 254 {
      let behind = MailDomain.labelEnd(text, from: place)
      guard behind > place, behind &- place <= 63, text.byte(place) != UInt8(ascii: "-") else { break }
      (labels, lastStart, end) = (labels &+ 1, place, behind)
      guard text.byteOrZero(behind) == UInt8(ascii: ".") else { break }
      place = behind &+ 1
    }
    while end > lastStart, text.byte(end &- 1) == UInt8(ascii: "-") { end &-= 1 }
    guard labels > 0, end > lastStart else { return nil }
    guard labels > 1 else {
      if end &- start < 2 || !text.byte(start).isLetter { return nil }
      return
    }
    guard let last = MailDomain.topLevelEnd(text, lastStart..<end),
      !MailDomain.isFileOrVersion(text, start, lastStart..<last)
    else { return nil }
    end = last
  }

  private static func labelEnd(_ text: RawSpan, from start: Int) -> Int {
    var place = start
    while place < text.byteCount {
      let byte = text.byte(place)
      if byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte.isContinuation {
        place &+= 1
      } else if byte >= 0x80, isLetter(text, place) {
        place &+= 1
      } else {
        break
      }
    }
    return place
  }

  /// Behind the domain at the top: letters, with text of another script behind them cut off; `nil` when it is none.
  private static func topLevelEnd(_ text: RawSpan, _ label: Range<Int>) -> Int? {
    if text.has("xn--", at: label.lowerBound) { return label.count > 5 ? label.upperBound : nil }
    if text.byte(label.lowerBound) >= 0x80 { return label.count >= 4 ? label.upperBound : nil }
    let end = text.end(from: label.lowerBound) { $0.isLetter }
    guard end &- label.lowerBound >= 2, end &- label.lowerBound <= 24 else { return nil }
    return end >= label.upperBound || text.byte(end) >= 0x80 ? min(end, label.upperBound) : nil
  }

  /// Whether it is a picture for a dense screen (`logo@2x.png`), another file, or a package's version.
  private static func isFileOrVersion(_ text: RawSpan, _ start: Int, _ last: Range<Int>) -> Bool {
    let name = text.extracting(last)
    switch last.count {
    case 2: return name.equals(lowercase: "js") || name.equals(lowercase: "gz")
    case 3:
      return name.equals(lowercase: "png") || name.equals(lowercase: "jpg") || name.equals(lowercase: "gif")
        || name.equals(lowercase: "svg") || name.equals(lowercase: "bmp") || name.equals(lowercase: "css")
        || name.equals(lowercase: "xml") || name.equals(lowercase: "txt") || name.equals(lowercase: "ico")
        || name.equals(lowercase: "tgz") || name.equals(lowercase: "jar") || isVersion(text, start)
    case 4:
      return name.equals(lowercase: "webp") || name.equals(lowercase: "jpeg") || name.equals(lowercase: "heic")
        || name.equals(lowercase: "avif") || name.equals(lowercase: "html") || name.equals(lowercase: "json")
        || name.equals(lowercase: "yaml") || isVersion(text, start)
    default: return isVersion(text, start)
    }
  }

  /// Whether its first two labels start a version, such as `1.2.3-rc.one`.
  private static func isVersion(_ text: RawSpan, _ start: Int) -> Bool {
    let end = text.end(from: start) { $0.isDigit }
    return end > start && text.byteOrZero(end) == UInt8(ascii: ".") && text.byteOrZero(end &+ 1).isDigit
  }

  /// Whether the character that starts at a place and is no ASCII is a letter: no sign, no punctuation, no blank.
  static func isLetter(_ text: RawSpan, _ place: Int) -> Bool {
    switch text.byte(place) {
    case 0xC2, 0xE2: false
    case 0xE3: text.byteOrZero(place &+ 1) != 0x80
    case 0xEF: text.byteOrZero(place &+ 1) < 0xBC
    case let first: first >= 0xC3 && first < 0xF0
    }
  }
}
