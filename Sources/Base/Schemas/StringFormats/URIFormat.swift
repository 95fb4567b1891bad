internal import Bytes

extension StringFormat {
  /// URI of RFC 3986 section 3 or IRI of RFC 3987 section 2.2; with `mayBeRelative`, references too.
  ///
  /// The grammar reads from left to right: a scheme up to its colon, an authority after two slashes, a path, a query,
  /// a fragment. Each is the longest run of its own characters, so that whatever stands after it must be what starts
  /// the next one.
  static func acceptsURI(_ text: RawSpan, isInternational: Bool, mayBeRelative: Bool) -> Bool {
    let beyond: Beyond = isInternational ? .letters : .nothing
    var at = 0
    let scheme = schemeEnd(of: text)
    if let scheme {
      at = scheme &+ 1
    } else if !mayBeRelative {
      return false
    }
    if text.has(0x2F, at: at), text.has(0x2F, at: at &+ 1) {
      guard let end = authorityEnd(of: text, from: at &+ 2, beyond) else { return false }
      // What follows an authority is a slash or no path at all.
      guard end == text.byteCount || isDelimiter(text.byte(end)) else { return false }
      at = end
    } else if scheme == nil, hasColonInFirstSegment(text) {
      // path-noscheme: such a segment would be taken for a scheme.
      return false
    }
    at = runEnd(of: text, from: at, .path, beyond)
    if text.has(0x3F, at: at) {
      at = runEnd(of: text, from: at &+ 1, .query, isInternational ? .lettersAndPrivate : .nothing)
    }
    if text.has(0x23, at: at) { at = runEnd(of: text, from: at &+ 1, .query, beyond) }
    return at == text.byteCount
  }

  /// Where the colon of a scheme stands (RFC 3986 section 3.1); nil when the text starts with none.
  private static func schemeEnd(of text: RawSpan) -> Int? {
    guard text.byteCount > 0, isLetter(text.byte(0)) else { return nil }
    var at = 1
    while at < text.byteCount, ASCIISet.scheme.contains(text.byte(at)) { at &+= 1 }
    return text.has(0x3A, at: at) ? at : nil
  }

  /// Where an authority ends: user information, host and port (section 3.2).
  ///
  /// Everything but the host may be missing, and the host be empty.
  private static func authorityEnd(of text: RawSpan, from start: Int, _ beyond: Beyond) -> Int? {
    var at = start
    let user = runEnd(of: text, from: at, .userInformation, beyond)
    if text.has(0x40, at: user) { at = user &+ 1 }
    if text.has(0x5B, at: at) {
      guard let close = text.first(0x5D, from: at), isLiteral(text.extracting((at &+ 1)..<close)) else { return nil }
      at = close &+ 1
    } else {
      at = runEnd(of: text, from: at, .registeredName, beyond)
    }
    return text.has(0x3A, at: at) ? text.digitsEnd(from: at &+ 1) : at
  }

  /// What stands in brackets (section 3.2.2): an IPv6 address, without a zone, or one of a version to come.
  private static func isLiteral(_ text: RawSpan) -> Bool {
    guard text.byteCount > 0, text.byte(0) | 0x20 == 0x76 else { return acceptsIPv6(text) }
    var at = 1
    while at < text.byteCount, ASCIISet.hexadecimal.contains(text.byte(at)) { at &+= 1 }
    guard at > 1, text.has(0x2E, at: at), at &+ 1 < text.byteCount else { return false }
    at &+= 1
    while at < text.byteCount, ASCIISet.userInformation.contains(text.byte(at)) { at &+= 1 }
    return at == text.byteCount
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// Whether a byte ends an authority: a slash, a question mark or a number sign.
  private static func isDelimiter(_ byte: UInt8) -> Bool { byte == 0x2F || byte == 0x3F || byte == 0x23 }

  /// Whether a colon stands before the first slash, query and fragment.
  private static func hasColonInFirstSegment(_ text: RawSpan) -> Bool {
    for offset in 0..<text.byteCount {
      let byte = text.byte(offset)
      if byte == 0x3A { return true }
      if isDelimiter(byte) { return false }
    }
    return false
  }

  /// What a run may contain beyond ASCII.
  enum Beyond {
    /// A URI's: nothing.
    case nothing
    /// An IRI's: ucschar, without the marks that RFC 3987 section 4.1 keeps out.
    case letters
    /// An IRI's query: iprivate too.
    case lettersAndPrivate
    /// A template's literals: ucschar and iprivate.
    case all
  }

  /// Where the longest run ends of percent-encoded octets, the characters of a set and those beyond ASCII.
  static func runEnd(of text: RawSpan, from start: Int, _ set: ASCIISet, _ beyond: Beyond) -> Int {
    var at = start
    while at < text.byteCount {
      let byte = text.byte(at)
      if set.contains(byte) {
        at &+= 1
      } else if byte == 0x25 {
        guard text.isPercentEncoded(at: at) else { return at }
        at &+= 3
      } else {
        guard byte >= 0x80, beyond != .nothing else { return at }
        let scalar = text.scalar(at: at)
        guard isAllowed(scalar.value, beyond) else { return at }
        at = scalar.next
      }
    }
    return at
  }

  /// ucschar and iprivate of RFC 3987 section 2.2.
  private static func isAllowed(_ scalar: UInt32, _ beyond: Beyond) -> Bool {
    switch scalar {
    case 0x200E, 0x200F, 0x202A...0x202E: beyond == .all
    case 0xA0...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFEF: true
    // Planes 1 to 14, without their last two places and without the tags at the start of plane 14.
    case 0x10000...0xEFFFF: scalar & 0xFFFF <= 0xFFFD && !(0xE0000...0xE0FFF).contains(scalar)
    case 0xE000...0xF8FF: beyond == .lettersAndPrivate || beyond == .all
    case 0xF0000...0x10FFFF: scalar & 0xFFFF <= 0xFFFD && (beyond == .lettersAndPrivate || beyond == .all)
    default: false
    }
  }
}
