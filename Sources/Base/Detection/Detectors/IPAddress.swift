internal import Bytes

/// Addresses of the Internet Protocol, of both versions, with a prefix length behind them where there is one.
///
///     peer=10.1.2.3:443   route 10.0.0.0/8   [fe80::1%eth0]:80   ::ffff:192.0.2.1
///          ~~~~~~~~             ~~~~~~~~~~    ~~~~~~~~~~~~       ~~~~~~~~~~~~~~~~
///
/// Private, loopback and documentation ranges count: they tell one device from the others. Masks do not, and what
/// stands for any address or for all hardly does. Source: RFC 791, RFC 4291 §2.2, RFC 4632 §3.1, RFC 5952, RFC 6874.
enum IPAddress: Detector {
  static var type: PersonalType { .ipAddress }
  static var triggers: [Trigger] { [.followed(by: ".", .groups(1...3, digits: 4)), .byte(UInt8(ascii: ":"))] }
  static var words: [StaticString] {
    [
      "ip", "ipv4", "ipv6", "ips", "ip address", "ip addr", "client ip", "address", "addr", "remote addr", "peer",
      "host",
      "server", "src", "dst", "forwarded", "x forwarded for", "gateway", "subnet", "network", "broadcast", "route",
      "lease",
      "dhcp", "conn", "connection", "connect", "connecting", "listen", "endpoint", "ping", "dns", "nat", "socket",
      "upstream", "adresse ip", "direccion ip", "indirizzo ip", "endereco ip", "adres ip",
    ]
  }

  static func match(_ text: RawSpan, at token: Token) -> Match? {
    token.count == 0 ? IPv6Address.match(text, colon: token.start) : IPv4Address.match(text, at: token)
  }

  /// Behind the prefix length at a place, such as `/24`; the place itself when there is none.
  static func prefixEnd(_ text: RawSpan, at place: Int, most: Int) -> Int {
    guard text.byteOrZero(place) == UInt8(ascii: "/") else { return place }
    let end = text.end(from: place &+ 1) { $0.isDigit }
    guard end > place &+ 1, end &- place <= 4 else { return place }
    var length = 0
    for digit in place &+ 1..<end { length = length &* 10 &+ Int(text.byte(digit) &- 0x30) }
    let next = text.byteOrZero(end)
    let isCut = next.isWord || next == UInt8(ascii: "/") || next == UInt8(ascii: "_") || next == UInt8(ascii: "-")
    return length <= most && !isCut ? end : place
  }
}

/// Addresses of four numbers with dots.
enum IPv4Address {
  static func match(_ text: RawSpan, at token: Token) -> Match? {
    let start = token.start
    guard text.byteOrZero(token.end &+ 1).isDigit, text.byteOrZero(start &- 1) != UInt8(ascii: "."),
      let (octets, behind) = read(text, from: start), startsHere(text, start), endsHere(text, behind)
    else { return nil }
    let isURL = start >= 2 && text.byte(start &- 1) == UInt8(ascii: "/") && text.byte(start &- 2) == UInt8(ascii: "/")
    let end = isURL ? behind : IPAddress.prefixEnd(text, at: behind, most: 32)
    let (alone, inContext) = weigh(octets, hasPrefix: end > behind)
    guard inContext > 0 else { return nil }
    // A product and its version, as in `Chrome/120.0.0.0`.
    let isVersion = start >= 2 && text.byte(start &- 1) == UInt8(ascii: "/") && text.byte(start &- 2).isWord
    return isVersion
      ? Match(start..<end, alone: 20, inContext: 40) : Match(start..<end, alone: alone, inContext: inContext)
  }

  /// Reads four numbers from 0 to 255 without leading zeros, and says where they end.
  static func read(_ text: RawSpan, from start: Int) -> (octets: UInt32, end: Int)? {
    var (octets, place) = (UInt32(0), start)
    for index in 0..<4 {
      if index > 0 {
        guard text.byteOrZero(place) == UInt8(ascii: ".") else { return nil }
        place &+= 1
      }
      let first = place
      var octet: UInt32 = 0
      while place &- first < 4, text.byteOrZero(place).isDigit {
        octet = octet &* 10 &+ UInt32(text.byte(place) &- 0x30)
        place &+= 1
      }
      let hasLeadingZero = place &- first > 1 && text.byte(first) == UInt8(ascii: "0")
      guard place > first, octet <= 255, !hasLeadingZero else { return nil }
      octets = octets &<< 8 | octet
    }
    return (octets, place)
  }

  /// Whether what stands before lets an address start: no part of a version, a longer number or a name.
  private static func startsHere(_ text: RawSpan, _ start: Int) -> Bool {
    switch text.byteOrZero(start &- 1) {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "~"): false
    case UInt8(ascii: "-"): !text.byteOrZero(start &- 2).isLetter
    default: true
    }
  }

  /// Whether what stands behind lets an address end.
  private static func endsHere(_ text: RawSpan, _ end: Int) -> Bool {
    let next = text.byteOrZero(end &+ 1)
    switch text.byteOrZero(end) {
    case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "~"): return !next.isAlphanumeric
    case UInt8(ascii: "_"): return false
    case UInt8(ascii: "-"):
      // The other end of a range of addresses.
      let behind = text.end(from: end &+ 1) { $0.isDigit }
      return !next.isAlphanumeric || (behind > end &+ 1 && text.byteOrZero(behind) == UInt8(ascii: "."))
    case let byte where byte >= 0x80:
      return byte >= 0xE2 || byte == 0xC2
    case let byte: return !byte.isAlphanumeric
    }
  }

  /// How sure an address is: four small numbers are likely a version, masks are nothing.
  private static func weigh(_ octets: UInt32, hasPrefix: Bool) -> (alone: UInt8, inContext: UInt8) {
    let (first, second) = (octets &>> 24, octets &>> 16 & 0xFF)
    switch first {
    case 0: return octets == 0 ? (hasPrefix ? 55 : 40, 60) : (0, 0)
    case 10: return (85, 97)
    case 127: return (92, 98)
    case 172 where second >= 16 && second < 32: return (92, 98)
    case 192 where second == 168: return (92, 98)
    case 255: return octets == .max ? (40, 60) : (0, 0)
    case 224...254: return (40, 80)
    default: break
    }
    let (third, fourth) = (octets &>> 8 & 0xFF, octets & 0xFF)
    let most = max(second, third, fourth)
    // No version starts so high and goes on so.
    if first >= 64, most >= 32 { return (90, 98) }
    if first <= 30, most < 100 { return (55, 90) }
    return (most < 40 ? 60 : 80, 95)
  }
}

/// Addresses of up to eight groups of hexadecimal digits with colons.
enum IPv6Address {
  /// Reads the address whose first colon is at a place.
  static func match(_ text: RawSpan, colon: Int) -> Match? {
    let next = text.byteOrZero(colon &+ 1)
    guard next.isHexadecimal || next == UInt8(ascii: ":") else { return nil }
    let start = text.start(before: colon, most: 5) { $0.isHexadecimal }
    guard colon &- start <= 4, start < colon || text.byteOrZero(colon &+ 1) == UInt8(ascii: ":"),
      startsHere(text, start), var address = Groups(text, from: start), endsHere(text, address.end)
    else { return nil }
    let (alone, inContext) = address.weigh(text)
    guard inContext > 0 else { return nil }
    address.takeZone(text)
    let end = IPAddress.prefixEnd(text, at: address.end, most: 128)
    let isRoute = end > address.end && alone < 55
    return Match(start..<end, alone: isRoute ? 55 : alone, inContext: max(inContext, isRoute ? 60 : 0))
  }

  /// Whether what stands before lets an address start; the colon behind a name such as `peer:` does.
  private static func startsHere(_ text: RawSpan, _ start: Int) -> Bool {
    let previous = text.byteOrZero(start &- 1)
    if previous.isWord || previous == UInt8(ascii: ".") || previous == UInt8(ascii: "_") { return false }
    guard previous == UInt8(ascii: ":") else { return true }
    let name = text.start(before: start &- 1, most: 16) { $0.isWord }
    let first = text.start(before: start &- 1, most: 16) { $0.isLetter }
    let hexadecimal = text.start(before: start &- 1, most: 16) { $0.isHexadecimal }
    return name == first && name < hexadecimal && text.byteOrZero(name &- 1) != UInt8(ascii: ":")
  }

  /// Whether what stands behind lets an address end.
  private static func endsHere(_ text: RawSpan, _ end: Int) -> Bool {
    let (byte, next) = (text.byteOrZero(end), text.byteOrZero(end &+ 1))
    switch byte {
    case UInt8(ascii: "."): return !next.isAlphanumeric
    case UInt8(ascii: ":"): return !next.isWord && next != UInt8(ascii: ":")
    case UInt8(ascii: "_"), UInt8(ascii: "("): return false
    default: return !byte.isWord || byte >= 0xE2
    }
  }
}

/// What an address of version 6 is made of.
private struct Groups {
  /// How many groups are written; an address of version 4 at the end counts as two.
  private(set) var count = 0
  /// Whether `::` stands for others.
  private(set) var isShortened = false
  /// Behind the last group.
  private(set) var end: Int
  private let start: Int
  private var longest = 0
  private var shortest = 4
  private var letters = 0
  private var digits = 0
  private var hasVersion4 = false

  /// Reads as many groups as there are; `nil` when they are no address.
  init?(_ text: RawSpan, from start: Int) {
    (self.start, end) = (start, start)
    if text.byte(start) == UInt8(ascii: ":") {
      isShortened = true
      end &+= 2
    }
    while count < 8 {
      let behind = text.end(from: end) { $0.isHexadecimal }
      if behind == end { break }
      if text.byteOrZero(behind) == UInt8(ascii: "."), text.byteOrZero(behind &+ 1).isDigit {
        guard count > 0 || isShortened, let (_, last) = IPv4Address.read(text, from: end) else { return nil }
        (count, end, hasVersion4) = (count &+ 2, last, true)
        break
      }
      guard behind &- end <= 4 else { return nil }
      note(text, end..<behind)
      end = behind
      guard text.byteOrZero(end) == UInt8(ascii: ":") else { break }
      if text.byteOrZero(end &+ 1) == UInt8(ascii: ":") {
        guard !isShortened else { return nil }
        isShortened = true
        end &+= 2
      } else {
        guard count < 8, text.byteOrZero(end &+ 1).isHexadecimal else { break }
        end &+= 1
      }
    }
    guard isShortened ? count <= 7 : count == 8 else { return nil }
  }

  /// Counts a group and what is in it.
  private mutating func note(_ text: RawSpan, _ group: Range<Int>) {
    for place in group {
      if text.byte(place).isDigit { digits &+= 1 } else { letters &+= 1 }
    }
    (longest, shortest) = (max(longest, group.count), min(shortest, group.count))
    count &+= 1
  }

  /// Takes the name of the interface behind it, as in `fe80::1%eth0`.
  mutating func takeZone(_ text: RawSpan) {
    guard text.byteOrZero(end) == UInt8(ascii: "%"), text.byteOrZero(end &+ 1).isAlphanumeric else { return }
    end = text.end(from: end &+ 1) { $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }

  /// How sure it is: names of code have two colons as well, and a fingerprint has eight pairs.
  func weigh(_ text: RawSpan) -> (alone: UInt8, inContext: UInt8) {
    // Surer than the address within it.
    if hasVersion4 { return (95, 98) }
    if !isShortened { return longest == 2 && shortest == 2 ? (0, 0) : (90, 98) }
    if count == 0 { return (10, 50) }
    if count == 1, digits == 1, letters == 0, end &- start == 3 {
      return text.byte(end &- 1) == UInt8(ascii: "1") ? (60, 90) : (25, 80)
    }
    if digits == 0 { return count >= 4 ? (70, 95) : (15, 80) }
    if longest <= 2, count <= 2 { return (25, 80) }
    return (count <= 2 && longest < 4 ? 50 : 85, 97)
  }
}
