internal import Bytes

/// Hardware addresses of network interfaces: six pairs of hexadecimal digits, or three groups of four with dots.
///
///     00:1A:2B:3C:4D:5E   00-1a-2b-3c-4d-5e   001a.2b3c.4d5e
///
/// Twelve digits in one piece may be anything and need a word nearby. Source: IEEE 802-2014 §8.1.
enum MACAddress: Detector {
  static var type: PersonalType { .macAddress }
  static var triggers: [Trigger] {
    let pairs: [Trigger] = [.digits(2...2), .letters(2...2), .mixed(2...2)]
    let fours: [Trigger] = [.digits(4...4), .letters(4...4), .mixed(4...4)]
    let starts: StaticString = "0123456789abcdefABCDEF"
    return (pairs.map { .followed(by: ":-", $0) } + fours.map { .followed(by: ".", $0) } + [.mixed(12...12)])
      .map { .starting(with: starts, $0) }
  }
  static var words: [StaticString] {
    [
      "mac", "mac address", "macs", "hardware address", "physical address", "hwaddr", "ether", "ethernet", "bssid",
      "wifi",
      "wlan", "bluetooth", "ble", "station", "adresse mac", "direccion mac", "indirizzo mac", "endereco mac",
      "adres mac",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    switch token.count {
    case 2:
      let separator = text.byteOrZero(token.end)
      guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "-") else { return nil }
      return read(text, from: token.start, groups: 6, of: 2, by: separator)
    case 4:
      guard text.byteOrZero(token.end) == UInt8(ascii: ".") else { return nil }
      return read(text, from: token.start, groups: 3, of: 4, by: UInt8(ascii: "."))
    default:
      return bare(text, at: token)
    }
  }

  /// Reads groups of one length with one separator, that are no part of something longer.
  @inline(__always)
  private static func read(_ text: RawSpan, from start: Int, groups: Int, of length: Int, by separator: UInt8) -> Match?
  {
    let end = start &+ groups &* (length &+ 1) &- 1
    guard end <= text.byteCount else { return nil }
    var (digits, letters, ones, zeros) = (0, 0, 0, 0)
    // The separators first: most of what looks alike fails there.
    for group in 1..<groups where text.byte(start &+ group &* (length &+ 1) &- 1) != separator { return nil }
    for place in start..<end {
      let byte = text.byte(place)
      if byte == separator { continue }
      guard byte.isHexadecimal else { return nil }
      if byte.isDigit { digits &+= 1 } else { letters &+= 1 }
      if byte | 0x20 == UInt8(ascii: "f") { ones &+= 1 }
      if byte == UInt8(ascii: "0") { zeros &+= 1 }
    }
    guard digits &+ letters == 12, ones < 12, zeros < 12, endsHere(text, end, separator),
      startsHere(text, start, length, separator)
    else {
      return nil
    }
    // A date and a time have six pairs as well, but no letters.
    let isDecimal = digits == 12
    return Match(start..<end, alone: isDecimal ? (separator == UInt8(ascii: ":") ? 55 : 30) : 92, inContext: 98)
  }

  private static func endsHere(_ text: RawSpan, _ end: Int, _ separator: UInt8) -> Bool {
    let byte = text.byteOrZero(end)
    if byte.isAlphanumeric || byte == UInt8(ascii: "_") { return false }
    let isJoint = byte == separator || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    return !isJoint || !text.byteOrZero(end &+ 1).isAlphanumeric
  }

  /// Whether no group of the same kind stands before; a name and a colon may.
  private static func startsHere(_ text: RawSpan, _ start: Int, _ length: Int, _ separator: UInt8) -> Bool {
    guard text.byteOrZero(start &- 1) == separator else { return true }
    let group = text.start(before: start &- 1) { $0.isHexadecimal }
    return start &- 1 &- group != length || text.byteOrZero(group &- 1).isWord
  }

  private static func bare(_ text: RawSpan, at token: Token) -> Match? {
    let (before, behind) = (text.byteOrZero(token.start &- 1), text.byteOrZero(token.end))
    guard before != UInt8(ascii: "-"), behind != UInt8(ascii: "-") else { return nil }
    var place = token.start
    while place < token.end {
      guard text.byte(place).isHexadecimal else { return nil }
      place &+= 1
    }
    return Match(token.start..<token.end, alone: 8, inContext: 75)
  }
}
