internal import Bytes
internal import CIDN2

/// The labels of international domain names, by IDNA2008.
///
/// Registration's rules (RFC 5891 section 4) are the whole of them: code points that are allowed everywhere or in
/// their context (RFC 5892), normalization form C, no combining mark in front, no hyphens at the ends or in the third
/// and fourth place, and writing direction (RFC 5893). Looking a name up checks less. See
/// Docs/Decisions/0011-libidn2.md.
enum InternationalLabel {
  /// The octets of a U-label that could fit a label once it is encoded: each character costs Punycode an octet at
  /// least, and UTF-8 four at most.
  private static let octetsMax = 252

  /// How many octets a U-label has as an A-label; nil when it is no U-label.
  static func encodedCount(of label: RawSpan) -> Int? {
    guard let text = terminated(label, isLowered: false), !mixesDigits(label) else { return nil }
    return register(text, isEncoded: false)
  }

  /// Whether a label that starts with `xn--` is the encoding of a U-label, and the one that Punycode makes of it.
  ///
  /// The DNS knows no case, so the letters are lowered first (RFC 5891 section 5.3).
  static func isALabel(_ label: RawSpan) -> Bool {
    guard let text = terminated(label, isLowered: true), register(text, isEncoded: true) != nil else { return false }
    return !decodedMixesDigits(text)
  }

  /// Whether Arabic digits stand beside European ones, by writing direction (RFC 5893 section 2, rule 4).
  ///
  /// The library checks the other rules and not this one. The digits are those of the classes AN and EN that labels
  /// may contain at all; the rest of both classes is disallowed.
  private static func mixesDigits(_ label: RawSpan) -> Bool {
    var hasArabic = false
    var hasEuropean = false
    var at = 0
    while at < label.byteCount {
      let scalar = label.scalar(at: at)
      switch scalar.value {
      case 0x30...0x39, 0x6F0...0x6F9: hasEuropean = true
      case 0x660...0x669, 0x10D30...0x10D39: hasArabic = true
      default: break
      }
      at = scalar.next
    }
    return hasArabic && hasEuropean
  }

  /// A label as C reads texts; nil when it is empty, too long or contains the NUL that would end it early.
  private static func terminated(_ label: RawSpan, isLowered: Bool) -> [256 of UInt8]? {
    guard label.byteCount > 0, label.byteCount <= octetsMax else { return nil }
    var text = [256 of UInt8](repeating: 0)
    for offset in 0..<label.byteCount {
      let byte = label.byte(offset)
      guard byte != 0 else { return nil }
      text[offset] = isLowered && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }
    return text
  }

  /// What libidn2 says: the count of the A-label's octets, or nil.
  ///
  /// Without memory nothing is accepted.
  private static func register(_ text: borrowing [256 of UInt8], isEncoded: Bool) -> Int? {
    // SAFETY: `terminated` leaves four zeros after the label at least. The library keeps no pointer into it, writes
    // one text of its own to `encoded` on success alone, and that text is freed after its end was looked for.
    unsafe text.span.withUnsafeBufferPointer { bytes in
      var encoded: UnsafeMutablePointer<UInt8>?
      let status =
        isEncoded
        ? unsafe idn2_register_u8(nil, bytes.baseAddress, &encoded, 0)
        : unsafe idn2_register_u8(bytes.baseAddress, nil, &encoded, 0)
      guard status == IDN2_OK.rawValue, let encoded = unsafe encoded else { return nil }
      var count = 0
      while unsafe encoded[count] != 0 { count += 1 }
      unsafe idn2_free(encoded)
      return count <= 63 ? count : nil
    }
  }

  /// `mixesDigits` of the U-label that an A-label stands for.
  private static func decodedMixesDigits(_ text: borrowing [256 of UInt8]) -> Bool {
    // SAFETY: as in `register`. The decoded text is looked at between its start and its zero, and freed only then.
    unsafe text.span.withUnsafeBytes { bytes in
      var decoded: UnsafeMutablePointer<CChar>?
      let status = unsafe idn2_to_unicode_8z8z(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), &decoded, 0)
      guard status == IDN2_OK.rawValue, let decoded = unsafe decoded else { return true }
      var count = 0
      while unsafe decoded[count] != 0 { count += 1 }
      let label = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: decoded, count: count))
      let isMixed = mixesDigits(label)
      unsafe idn2_free(decoded)
      return isMixed
    }
  }
}
