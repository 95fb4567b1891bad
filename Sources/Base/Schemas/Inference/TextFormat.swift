/// Recognises what a text is likely to be, for proposals of schemas.
///
/// It looks no closer than that takes: whether a text really has a format is for validation to say.
public enum TextFormat {
  /// The format that a text has, by its name in JSON Schema.
  ///
  /// Source: JSON Schema Validation 2020-12 §7.3.
  public static func name(of text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 6, bytes.count <= 2048 else { return nil }
    if isUUID(bytes) { return "uuid" }
    if isDate(bytes) { return bytes.count == 10 ? "date" : isTime(bytes[10...]) ? "date-time" : nil }
    if isIPv4(text) { return "ipv4" }
    if isAddress(bytes) { return "email" }
    return isURI(bytes) ? "uri" : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

  /// Whether bytes follow a picture in which 0 stands for a digit.
  private static func follows(_ picture: StaticString, _ bytes: some Collection<UInt8>) -> Bool {
    let pattern = Array("\(picture)".utf8)
    return pattern.count == bytes.count
      && zip(pattern, bytes).allSatisfy { $0 == UInt8(ascii: "0") ? isDigit($1) : $0 == $1 }
  }
  private static func number(_ bytes: some Collection<UInt8>) -> Int {
    bytes.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func isUUID(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 36 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      if [8, 13, 18, 23].contains(index) { return byte == UInt8(ascii: "-") }
      return isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }
  }
  /// Whether it begins with a date.
  private static func isDate(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 10, follows("0000-00-00", bytes[..<10]) else { return false }
    return (1...12).contains(number(bytes[5..<7])) && (1...31).contains(number(bytes[8..<10]))
  }
  /// Whether the rest is a time with its offset, as RFC 3339 has it behind the date.
  private static func isTime(_ rest: ArraySlice<UInt8>) -> Bool {
    var rest = rest
    guard let mark = rest.popFirst(), mark | 0x20 == UInt8(ascii: "t"), rest.count >= 9 else { return false }
    let clock = Array(rest.prefix(8))
    guard follows("00:00:00", clock) else { return false }
    guard number(clock[0..<2]) < 24, number(clock[3..<5]) < 60, number(clock[6..<8]) <= 60 else { return false }
    rest = rest.dropFirst(8)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      let fraction = rest.prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(fraction.count)
    }
    if rest.count == 1 { return (rest.first ?? 0) | 0x20 == UInt8(ascii: "z") }
    return follows("+00:00", rest) || follows("-00:00", rest)
  }
  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit) && number(part.utf8) < 256
          && (part.utf8.count == 1 || !part.hasPrefix("0"))
      }
  }
  private static func isAddress(_ bytes: [UInt8]) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].count) else { return false }
    let marks = Array("!#$%&'*+/=?^_`{|}~-".utf8)
    let words = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return words.allSatisfy { !$0.isEmpty && $0.allSatisfy { isDigit($0) || isLetter($0) || marks.contains($0) } }
      && labels.count > 1
      && labels.allSatisfy { label in
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
          && label.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }
      }
  }
  private static func isURI(_ bytes: [UInt8]) -> Bool {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first, isLetter(first) else { return false }
    let scheme = bytes[..<colon].allSatisfy { isDigit($0) || isLetter($0) || [0x2B, 0x2D, 0x2E].contains($0) }
    // Texts such as 'a:b' follow the grammar too; nobody means them so.
    guard scheme, bytes[(colon + 1)...].starts(with: Array("//".utf8)), bytes.count > colon + 3 else { return false }
    let odd = Array(" \"<>\\^`{|}".utf8)
    return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && !odd.contains($0) }
  }
}
