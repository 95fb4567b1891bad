internal import Bytes

extension StringFormat {
  /// The dotted quad of RFC 2673 section 3.2.
  ///
  /// Leading zeros are refused, since some read them as octal, except where `mayHaveLeadingZeros` says that the
  /// grammar in question reads them as decimal.
  static func acceptsIPv4(_ text: RawSpan, mayHaveLeadingZeros: Bool = false) -> Bool {
    let count = text.byteCount
    guard count >= 7, count <= 15 else { return false }
    var at = 0
    for part in 0..<4 {
      let start = at
      var value = 0
      while text.isDigit(at) {
        value = value &* 10 &+ Int(text.byte(at) &- 0x30)
        at &+= 1
      }
      guard at > start, at &- start <= 3, value <= 255 else { return false }
      guard mayHaveLeadingZeros || at == start &+ 1 || text.byte(start) != 0x30 else { return false }
      if part < 3 {
        guard text.has(0x2E, at: at) else { return false }
        at &+= 1
      }
    }
    return at == count
  }

  /// Which standard an IPv6 address is written by.
  enum IPv6Spelling {
    /// RFC 4291 section 2.2 and, to the same effect, RFC 3986: `::` stands for one group or more.
    case address
    /// RFC 5321 section 4.1.3: `::` stands for two groups or more; an IPv4 address may have leading zeros.
    case mail
  }

  /// The text form of RFC 4291 section 2.2, without a zone and without a prefix length.
  static func acceptsIPv6(_ text: RawSpan, spelling: IPv6Spelling = .address) -> Bool {
    let count = text.byteCount
    // The longest has six groups of four and a dotted quad.
    guard count >= 2, count <= 45 else { return false }
    var at = 0
    var groups = 0
    var isShortened = false
    if text.byte(0) == 0x3A {
      guard text.byte(1) == 0x3A else { return false }
      isShortened = true
      at = 2
    }
    while at < count {
      let start = at
      while at < count, ASCIISet.hexadecimal.contains(text.byte(at)) { at &+= 1 }
      if text.has(0x2E, at: at) {
        guard acceptsIPv4(text.extracting(start..<count), mayHaveLeadingZeros: spelling == .mail) else { return false }
        groups &+= 2
        break
      }
      guard at > start, at &- start <= 4 else { return false }
      groups &+= 1
      if at == count { break }
      guard text.byte(at) == 0x3A else { return false }
      at &+= 1
      if text.has(0x3A, at: at) {
        guard !isShortened else { return false }
        isShortened = true
        at &+= 1
      } else if at == count {
        return false
      }
    }
    guard isShortened else { return groups == 8 }
    return groups <= (spelling == .mail ? 6 : 7)
  }
}
