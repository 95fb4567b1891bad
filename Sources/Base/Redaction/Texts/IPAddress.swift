internal import Bytes

/// An address of the Internet, read from text and written in its one canonical form.
///
/// Source: RFC 4291 §2.2, RFC 5952; dotted decimals without leading zeros.
struct IPAddress: Equatable {
  /// The address; one of IPv4 in the lowest 32 bits.
  private(set) var bits: UInt128
  /// Whether it is one of IPv6.
  let isVersion6: Bool

  /// Bytes of the longest one.
  static let bytesMax = 39

  /// An address, or `nil` when the text is none.
  ///
  /// An IPv4 address that is mapped to IPv6 counts as what it is.
  init?(_ text: RawSpan) {
    if text.byteCount <= 15, let address = Self.decimals(text, 0..<text.byteCount) {
      (bits, isVersion6) = (UInt128(address), false)
      return
    }
    guard text.byteCount <= 45, let address = Self.groups(text) else { return nil }
    let isMapped = address >> 32 == 0xFFFF
    (bits, isVersion6) = (isMapped ? address & 0xFFFF_FFFF : address, !isMapped)
  }

  /// Keeps only so many of the first bits.
  mutating func keep(_ kept: Int) {
    let cleared = UInt128((isVersion6 ? 128 : 32) - kept)
    bits = (bits >> cleared) << cleared
  }

  private static func decimals(_ text: RawSpan, _ range: Range<Int>) -> UInt32? {
    var (address, parts) = (UInt32(0), 0)
    var (part, digits) = (UInt32(0), 0)
    for place in range {
      let byte = text.byte(place)
      if byte == UInt8(ascii: ".") {
        guard digits > 0, parts < 3 else { return nil }
        (address, parts, part, digits) = (address << 8 | part, parts + 1, 0, 0)
      } else {
        guard byte.isDigit, digits == 0 || part > 0 else { return nil }
        (part, digits) = (part * 10 + UInt32(byte - 0x30), digits + 1)
        guard part < 256 else { return nil }
      }
    }
    return parts == 3 && digits > 0 ? address << 8 | part : nil
  }

  private static func groups(_ text: RawSpan) -> UInt128? {
    var (before, behind) = (UInt128(0), UInt128(0))
    var (countBefore, countBehind) = (0, 0)
    var hasGap = false
    var place = 0
    func add(_ group: UInt128, _ groups: Int) {
      if hasGap {
        (behind, countBehind) = (behind << UInt128(16 * groups) | group, countBehind + groups)
      } else {
        (before, countBefore) = (before << UInt128(16 * groups) | group, countBefore + groups)
      }
    }
    if text.byteCount >= 2, text.byte(0) == UInt8(ascii: ":"), text.byte(1) == UInt8(ascii: ":") {
      (hasGap, place) = (true, 2)
    }
    while place < text.byteCount {
      let start = place
      var group: UInt128 = 0
      while place < text.byteCount, let digit = hexadecimal(text.byte(place)), place - start < 4 {
        (group, place) = (group << 4 | UInt128(digit), place + 1)
      }
      guard place > start, countBefore + countBehind < 8 else { return nil }
      if place < text.byteCount, text.byte(place) == UInt8(ascii: ".") {
        guard countBefore + countBehind <= 6, let last = decimals(text, start..<text.byteCount) else { return nil }
        add(UInt128(last), 2)
        place = text.byteCount
        break
      }
      add(group, 1)
      guard place < text.byteCount else { break }
      guard text.byte(place) == UInt8(ascii: ":"), place + 1 < text.byteCount else { return nil }
      place += 1
      if text.byte(place) == UInt8(ascii: ":") {
        guard !hasGap else { return nil }
        (hasGap, place) = (true, place + 1)
      }
    }
    let count = countBefore + countBehind
    guard hasGap ? count < 8 : count == 8 else { return nil }
    return hasGap && countBefore == 0 ? behind : before << UInt128(16 * (8 - countBefore)) | behind
  }
  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    if byte.isDigit { return byte - 0x30 }
    let letter = byte.lowercased &- 0x61
    return letter < 6 ? letter + 10 : nil
  }

  /// Writes it: `bytesMax` bytes at the most.
  @_lifetime(writer: copy writer)
  func write(to writer: inout Writer) {
    guard isVersion6 else {
      for index in 0..<4 {
        if index > 0 { writer.append(UInt8(ascii: ".")) }
        writer.append(decimal: UInt64(truncatingIfNeeded: bits >> UInt128(24 - 8 * index) & 0xFF))
      }
      return
    }
    let gap = longestGap
    var index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        writer.append("::")
        index = gap.upperBound
        continue
      }
      if index > 0, index != gap.upperBound || gap.isEmpty { writer.append(UInt8(ascii: ":")) }
      writeGroup(group(index), to: &writer)
      index += 1
    }
  }
  private func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }
  /// The first of the longest runs of two and more groups of zeros.
  private var longestGap: Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...8 {
      if index < 8, group(index) == 0 { continue }
      if index - start > max(longest.count, 1) { longest = start..<index }
      start = index + 1
    }
    return longest
  }
  @_lifetime(writer: copy writer)
  private func writeGroup(_ group: UInt16, to writer: inout Writer) {
    var isLeading = true
    for place in 0..<4 {
      let shift = UInt16(12 - 4 * place)
      let digit = UInt8(truncatingIfNeeded: group >> shift & 15)
      if isLeading, digit == 0, shift > 0 { continue }
      isLeading = false
      writer.append(digit < 10 ? digit + 0x30 : digit + 87)
    }
  }
}
