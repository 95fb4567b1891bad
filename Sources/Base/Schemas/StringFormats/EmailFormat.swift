internal import Bytes

extension StringFormat {
  /// The octets of a local part (RFC 5321 section 4.5.3.1.1).
  ///
  /// The grammar sets no limit and the section asks receivers for no more than these sizes. Longer addresses are
  /// refused: that mail reaches them cannot be relied on.
  private static let localPartOctetsMax = 64
  /// The octets of a path (section 4.5.3.1.3) without its angle brackets.
  private static let mailboxOctetsMax = 254

  /// Mailbox of RFC 5321 section 4.1.2; with `isInternational`, as RFC 6531 section 3.3 extends it.
  ///
  /// Neither comments nor display names belong to it. The limits count octets in both.
  static func acceptsMailbox(_ text: RawSpan, isInternational: Bool) -> Bool {
    guard text.byteCount >= 3, text.byteCount <= mailboxOctetsMax else { return false }
    let quoted = text.byte(0) == 0x22
    let end = quoted ? quotedEnd(of: text, isInternational) : dotStringEnd(of: text, isInternational)
    guard let end, end <= localPartOctetsMax, text.has(0x40, at: end) else { return false }
    let domain = text.extracting((end &+ 1)..<text.byteCount)
    if domain.has(0x5B, at: 0) { return isAddressLiteral(domain) }
    return isInternational ? acceptsMailDomain(domain) : isMailDomain(domain)
  }

  /// Dot-string: atoms with single dots between them.
  @inline(__always) private static func dotStringEnd(of text: RawSpan, _ isInternational: Bool) -> Int? {
    var at = 0
    while true {
      let start = at
      while at < text.byteCount {
        let byte = text.byte(at)
        guard ASCIISet.atom.contains(byte) || isInternational && byte >= 0x80 else { break }
        at &+= 1
      }
      guard at > start else { return nil }
      guard text.has(0x2E, at: at) else { return at }
      at &+= 1
    }
  }

  /// Quoted-string: any printable character, quotes and backslashes after a backslash; it may be empty.
  private static func quotedEnd(of text: RawSpan, _ isInternational: Bool) -> Int? {
    var at = 1
    while at < text.byteCount {
      var byte = text.byte(at)
      if byte == 0x22 { return at &+ 1 }
      if byte == 0x5C {
        at &+= 1
        guard at < text.byteCount else { return nil }
        byte = text.byte(at)
        // RFC 6531 extends what stands for itself, and not what a backslash may precede.
        guard byte < 0x80 else { return nil }
      }
      guard byte >= 0x20, byte != 0x7F, byte < 0x80 || isInternational else { return nil }
      at &+= 1
    }
    return nil
  }

  /// address-literal (RFC 5321 section 4.1.3): `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
  ///
  /// A literal with another tag must be registered with IANA, where IPv6 is the only one.
  private static func isAddressLiteral(_ domain: RawSpan) -> Bool {
    let count = domain.byteCount
    guard count >= 2, domain.byte(count &- 1) == 0x5D else { return false }
    let inner = domain.extracting(1..<(count &- 1))
    if inner.starts(withLowercase: "ipv6:") {
      return acceptsIPv6(inner.extracting(5..<inner.byteCount), spelling: .mail)
    }
    return acceptsIPv4(inner, mayHaveLeadingZeros: true)
  }

  /// Domain: labels of letters, digits and hyphens, whatever they would mean as A-labels.
  private static func isMailDomain(_ domain: RawSpan) -> Bool {
    guard domain.byteCount <= hostnameOctetsMax else { return false }
    var at = 0
    while true {
      guard let end = hostLabelEnd(of: domain, from: at) else { return false }
      if end == domain.byteCount { return true }
      guard domain.byte(end) == 0x2E else { return false }
      at = end &+ 1
    }
  }

  /// Domain with U-labels among its labels; only the full stop stands between them.
  private static func acceptsMailDomain(_ domain: RawSpan) -> Bool {
    var start = 0
    var octets = -1
    while start <= domain.byteCount {
      let end = domain.first(0x2E, from: start) ?? domain.byteCount
      let label = domain.extracting(start..<end)
      if label.isASCII {
        guard hostLabelEnd(of: label, from: 0) == label.byteCount else { return false }
        octets &+= label.byteCount &+ 1
      } else {
        guard let count = InternationalLabel.encodedCount(of: label) else { return false }
        octets &+= count &+ 1
      }
      start = end &+ 1
    }
    return octets <= hostnameOctetsMax
  }
}
