internal import Bytes

extension StringFormat {
  /// The octets of a name in text: 255 on the wire (RFC 1123 section 2.1, RFC 1035 section 2.3.4) less the first
  /// length and the root's.
  static let hostnameOctetsMax = 253
  /// The octets of a label (RFC 1035 section 2.3.4).
  private static let labelOctetsMax = 63

  /// A host name of RFC 1123 section 2.1, labels made by Punycode included.
  ///
  /// A label that starts with `xn--` claims to be an A-label and must be one (RFC 5890 section 2.3.2.1). Other labels
  /// with hyphens in the third and fourth place are reserved for such prefixes to come (section 2.3.1), but RFC 1123
  /// knows nothing of that: they are host names here, and no part of an international one. The dot of the root is a
  /// question of resolving, not part of the name. Four numbers are an address: "a valid host name can never have the
  /// dotted-decimal form".
  ///
  /// Cost: one pass; A-labels allocate in libidn2.
  static func acceptsHostname(_ text: RawSpan) -> Bool {
    guard text.byteCount <= hostnameOctetsMax else { return false }
    var at = 0
    var labels = 0
    while true {
      guard let end = hostLabelEnd(of: text, from: at) else { return false }
      if text.hasACEPrefix(at: at), !InternationalLabel.isALabel(text.extracting(at..<end)) { return false }
      labels &+= 1
      if end == text.byteCount { break }
      guard text.byte(end) == 0x2E else { return false }
      at = end &+ 1
    }
    return labels != 4 || !acceptsNumbers(text)
  }

  /// Where the letters, digits and hyphens of a label end; nil when there are none or too many of them, or a hyphen
  /// stands at an end.
  @inline(__always) static func hostLabelEnd(of text: RawSpan, from start: Int) -> Int? {
    var at = start
    while at < text.byteCount, ASCIISet.host.contains(text.byte(at)) { at &+= 1 }
    guard at > start, at &- start <= labelOctetsMax, text.byte(start) != 0x2D, text.byte(at &- 1) != 0x2D else {
      return nil
    }
    return at
  }

  /// Whether there are only digits and dots.
  private static func acceptsNumbers(_ text: RawSpan) -> Bool {
    for offset in 0..<text.byteCount {
      guard text.isDigit(offset) || text.byte(offset) == 0x2E else { return false }
    }
    return true
  }

  /// A host name of RFC 1123, or an internationalized one of RFC 5890 section 2.3.2.3: any mixture of U-labels,
  /// A-labels and other labels that are not reserved.
  ///
  /// IDNA2008 maps nothing, so a U-label is in lower case and in normalization form C. It leaves to the user's side
  /// which dots part labels; the four of RFC 3490 section 3.1 do, as in UTS 46.
  static func acceptsInternationalHostname(_ text: RawSpan) -> Bool {
    guard !text.isASCII else { return acceptsHostname(text) }
    var start = 0
    var octets = -1
    while start <= text.byteCount {
      let dot = labelEnd(of: text, from: start)
      guard let count = internationalLabelCount(text.extracting(start..<dot.offset)) else { return false }
      octets &+= count &+ 1
      guard octets <= hostnameOctetsMax else { return false }
      start = dot.next
    }
    return true
  }

  /// The octets of a label as the DNS carries it; nil when it may not stand in an international name.
  private static func internationalLabelCount(_ label: RawSpan) -> Int? {
    guard label.isASCII else { return InternationalLabel.encodedCount(of: label) }
    guard hostLabelEnd(of: label, from: 0) == label.byteCount else { return nil }
    if label.hasACEPrefix(at: 0) { return InternationalLabel.isALabel(label) ? label.byteCount : nil }
    // RFC 5891 section 4.2.3.1.
    if label.has(0x2D, at: 2), label.has(0x2D, at: 3) { return nil }
    return label.byteCount
  }

  /// Where a label ends and the next one starts: past the end after the last.
  private static func labelEnd(of text: RawSpan, from start: Int) -> (offset: Int, next: Int) {
    var at = start
    while at < text.byteCount {
      let scalar = text.scalar(at: at)
      switch scalar.value {
      case 0x2E, 0x3002, 0xFF0E, 0xFF61: return (at, scalar.next)
      default: at = scalar.next
      }
    }
    return (at, at &+ 1)
  }
}

extension RawSpan {
  /// Whether no byte is beyond ASCII.
  var isASCII: Bool {
    var at = 0
    while at &+ 8 <= byteCount {
      guard integer(UInt64.self, at: at) & 0x8080_8080_8080_8080 == 0 else { return false }
      at &+= 8
    }
    while at < byteCount {
      guard byte(at) < 0x80 else { return false }
      at &+= 1
    }
    return true
  }

  /// Whether `xn--` stands there, in any case.
  @inline(__always) fileprivate func hasACEPrefix(at offset: Int) -> Bool {
    offset &+ 4 <= byteCount && integer(UInt32.self, at: offset) | 0x2020_0000 == 0x786E_2D2D
  }
}
