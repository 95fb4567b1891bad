internal import Bytes

/// What a balancer says, in front of everything else, about the connection it forwards.
///
///     version 1   PROXY TCP4 192.0.2.1 198.51.100.1 56324 443␍␊
///     version 2   signature (12) │ version, command │ family, transport │ length (2) │ addresses │ extensions
///
/// Only a source that is trusted may be read like this: whoever sends a header names the address he likes. Nothing is
/// kept between calls; the bytes are read from the first one again, 4 KiB of them at most.
///
/// Source: HAProxy, "The PROXY protocol, versions 1 & 2", 2020-03-05.
public enum ProxyHeader: Sendable, Equatable {
  /// The header is not whole; it has so many bytes at the least.
  case needs(byteCount: Int)
  /// The header is whole: where the connection comes from, and how many bytes it took.
  ///
  /// Without a source the connection speaks for itself: it is the balancer's own, or of a kind without addresses.
  case complete(ProxiedSource?, byteCount: Int)
  /// No header, or none that may be believed.
  case malformed(ProxyHeaderMistake)

  /// Bytes of a header of version 1 at the most, its line break included.
  public static let lineBytesMax = 107
  /// Bytes of a header of version 2 at the most, extensions included.
  public static let blockBytesMax = 4096

  /// Reads the first bytes of a connection.
  ///
  /// The answer changes with more bytes as long as it is `needs`, and not any more then. Cost: a few hundred steps at
  /// the most, once a connection.
  public static func read(_ bytes: RawSpan) -> ProxyHeader {
    guard bytes.byteCount > 0 else { return .needs(byteCount: 15) }
    return bytes.byte(0) == 0x50 ? readLine(bytes) : readBlock(bytes)
  }

  // MARK: Version 2

  /// CR LF CR LF NUL CR LF `QUIT` LF, as a number.
  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  private static let fixedBytes = 16

  private static func readBlock(_ bytes: RawSpan) -> ProxyHeader {
    for place in 0..<min(bytes.byteCount, signature.count) where bytes.byte(place) != signature[place] {
      return .malformed(.signature)
    }
    guard bytes.byteCount >= fixedBytes else { return .needs(byteCount: fixedBytes) }
    let (kind, family) = (bytes.byte(12), bytes.byte(13))
    guard kind &>> 4 == 2 else { return .malformed(.version) }
    guard kind & 15 <= 1 else { return .malformed(.command) }
    guard family &>> 4 <= 3, family & 15 <= 2 else { return .malformed(.family) }
    let isLocal = kind & 15 == 0
    let length = Int(bytes.integer(UInt16.self, at: 14))
    guard length <= blockBytesMax - fixedBytes else { return .malformed(.length) }
    // Local connections may leave the addresses out, whatever family stands there.
    guard isLocal || length >= addressBytes(ofFamily: family &>> 4) else { return .malformed(.length) }
    let end = fixedBytes + length
    guard bytes.byteCount >= end else { return .needs(byteCount: end) }
    guard !isLocal else { return .complete(nil, byteCount: end) }
    return .complete(source(bytes, family: family), byteCount: end)
  }

  private static func addressBytes(ofFamily family: UInt8) -> Int {
    switch family {
    case 1: 12
    case 2: 36
    case 3: 216
    default: 0
    }
  }

  /// The source's address and port; `nil` for families and transports that TCP has nothing to do with.
  private static func source(_ bytes: RawSpan, family: UInt8) -> ProxiedSource? {
    switch family {
    case 0x11:
      let address = bytes.integer(UInt32.self, at: fixedBytes)
      return ProxiedSource(address: mapped(address), port: bytes.integer(UInt16.self, at: fixedBytes + 8))
    case 0x21:
      let address = bytes.integer(UInt128.self, at: fixedBytes)
      return ProxiedSource(address: address, port: bytes.integer(UInt16.self, at: fixedBytes + 32))
    default: return nil
    }
  }

  // MARK: Version 1

  private static let words: (tcp4: [UInt8], tcp6: [UInt8], unknown: [UInt8]) = (
    Array("PROXY TCP4 ".utf8), Array("PROXY TCP6 ".utf8), Array("PROXY UNKNOWN".utf8)
  )

  private static func readLine(_ bytes: RawSpan) -> ProxyHeader {
    let limit = min(bytes.byteCount, lineBytesMax)
    let end = bytes.extracting(0..<limit).first(0x0A)
    // Told as soon as it can be, so that a client without a header does not wait for its time to run out.
    let shown = end ?? limit
    let (isTCP4, isTCP6) = (agrees(bytes, shown, words.tcp4), agrees(bytes, shown, words.tcp6))
    let isUnknown = agrees(bytes, shown, words.unknown)
    guard isTCP4 || isTCP6 || isUnknown else {
      return .malformed(agrees(bytes, min(shown, 6), words.tcp4) ? .family : .signature)
    }
    guard let end else {
      return limit == lineBytesMax ? .malformed(.length) : .needs(byteCount: max(bytes.byteCount + 1, 15))
    }
    guard end > 0, bytes.byte(end - 1) == 0x0D else { return .malformed(.line) }
    let byteCount = end + 1
    if isUnknown {
      let next = words.unknown.count
      guard end - 1 >= next, end - 1 == next || bytes.byte(next) == 0x20 else { return .malformed(.line) }
      return .complete(nil, byteCount: byteCount)
    }
    guard end - 1 > words.tcp4.count else { return .malformed(.line) }
    var fields = LineFields(bytes.extracting(words.tcp4.count..<(end - 1)))
    // The destination is no use to us, but a line that is wrong anywhere is not to be believed.
    guard let source = isTCP4 ? fields.ipv4() : fields.ipv6(), fields.blank(),
      (isTCP4 ? fields.ipv4() : fields.ipv6()) != nil, fields.blank()
    else { return .malformed(.address) }
    guard let port = fields.port(), fields.blank(), fields.port() != nil, fields.isAtEnd else {
      return .malformed(.port)
    }
    return .complete(ProxiedSource(address: source, port: port), byteCount: byteCount)
  }

  /// Whether the first `count` bytes are a word, or as much of it as there is room for.
  private static func agrees(_ bytes: RawSpan, _ count: Int, _ word: [UInt8]) -> Bool {
    for place in 0..<min(count, word.count) where bytes.byte(place) != word[place] { return false }
    return true
  }

  fileprivate static func mapped(_ address: UInt32) -> UInt128 { 0xFFFF &<< 32 | UInt128(address) }
}

/// Where a connection really comes from, as its balancer says.
public struct ProxiedSource: Sendable, Equatable {
  /// An IPv6 address, or an IPv4 address mapped into one.
  public let address: UInt128
  /// The port.
  public let port: UInt16

  /// A source from its parts.
  public init(address: UInt128, port: UInt16) { (self.address, self.port) = (address, port) }
}

/// Why the first bytes of a connection are no header that may be believed.
public enum ProxyHeaderMistake: String, Error, Sendable, CaseIterable {
  /// It starts like no header.
  case signature
  /// A version other than 1 and 2.
  case version
  /// A command other than LOCAL and PROXY.
  case command
  /// A family or transport that there is not.
  case family
  /// Too short for its addresses, or longer than allowed.
  case length
  /// A line with an end or a beginning that it must not have.
  case line
  /// An address that is none.
  case address
  /// A port that is none.
  case port
}

/// The fields of a line of version 1, one after another.
private struct LineFields: ~Escapable {
  private let bytes: RawSpan
  private var at = 0

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  var isAtEnd: Bool { at == bytes.byteCount }
  private var peek: UInt8? { at < bytes.byteCount ? bytes.byte(at) : nil }

  /// Exactly one blank.
  @_lifetime(self: copy self)
  mutating func blank() -> Bool { take(0x20) }

  @_lifetime(self: copy self)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at &+= 1
    return true
  }

  /// A number without a zero in front.
  @_lifetime(self: copy self)
  private mutating func decimal(max: Int) -> Int? {
    let start = at
    var value = 0
    while let byte = peek, byte >= 0x30, byte <= 0x39, at &- start < 5 {
      value = value &* 10 &+ Int(byte &- 0x30)
      at &+= 1
    }
    guard at > start, value <= max, at &- start == 1 || bytes.byte(start) != 0x30 else { return nil }
    return value
  }

  @_lifetime(self: copy self)
  mutating func port() -> UInt16? { decimal(max: 65_535).map { UInt16($0) } }

  /// Four numbers with dots between them.
  @_lifetime(self: copy self)
  mutating func ipv4() -> UInt128? {
    var address: UInt32 = 0
    for place in 0..<4 {
      guard place == 0 || take(0x2E), let number = decimal(max: 255) else { return nil }
      address = address &<< 8 | UInt32(number)
    }
    return ProxyHeader.mapped(address)
  }

  /// Eight groups of up to four hexadecimal digits with colons between them; `::` once for one or more groups of zeros.
  ///
  /// Source: RFC 4291 §2.2, without the form that ends in an IPv4 address, as the protocol has it.
  @_lifetime(self: copy self)
  mutating func ipv6() -> UInt128? {
    var (before, after): (UInt128, UInt128) = (0, 0)
    var (groups, gapAt) = (0, -1)
    if peek == 0x3A {
      guard take(0x3A), take(0x3A) else { return nil }
      gapAt = 0
    }
    while groups < 8, let group = hexadecimal() {
      groups &+= 1
      if gapAt < 0 { before = before &<< 16 | group } else { after = after &<< 16 | group }
      guard peek == 0x3A else { break }
      guard groups < 8, take(0x3A) else { return nil }
      if peek == 0x3A {
        guard gapAt < 0, take(0x3A) else { return nil }
        gapAt = groups
      } else if hexadecimalValue == nil {
        return nil
      }
    }
    if gapAt < 0 { return groups == 8 ? before : nil }
    guard groups < 8 else { return nil }
    // `<<` and not `&<<`: with the gap first nothing stands before it, and 128 bits are shifted out.
    return before << UInt128(16 * (8 - gapAt)) | after
  }

  private var hexadecimalValue: UInt128? {
    guard let byte = peek else { return nil }
    switch byte {
    case 0x30...0x39: return UInt128(byte &- 0x30)
    case 0x41...0x46: return UInt128(byte &- 0x37)
    case 0x61...0x66: return UInt128(byte &- 0x57)
    default: return nil
    }
  }

  @_lifetime(self: copy self)
  private mutating func hexadecimal() -> UInt128? {
    var value: UInt128 = 0
    var digits = 0
    while digits < 4, let digit = hexadecimalValue {
      value = value &<< 4 | digit
      digits &+= 1
      at &+= 1
    }
    return digits > 0 ? value : nil
  }
}
