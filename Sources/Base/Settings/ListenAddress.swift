internal import Glibc

/// An IP address and a port to listen on, as `127.0.0.1:8080`, `[::]:8080` or `localhost:8080` names it.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// The host as the file wrote it, without brackets.
  public let host: String
  /// The port; 0 lets the kernel choose.
  public let port: UInt16
  /// An IPv6 address, or an IPv4 address mapped into one.
  ///
  /// Source: RFC 4291 §2.5.5.2.
  public let bits: UInt128
  /// Whether it is an IPv4 address.
  public var isIPv4: Bool { bits >> 32 == 0xFFFF }

  /// 127.0.0.1.
  public static func loopback(port: UInt16) -> ListenAddress {
    ListenAddress(host: "127.0.0.1", port: port, bits: mapped(0x7F00_0001))
  }

  /// How the file would write it.
  public var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
  /// Whether it stands for every address of its family.
  public var isWildcard: Bool { isIPv4 ? bits == Self.mapped(0) : bits == 0 }
  /// Whether only this machine can reach it.
  public var isLoopback: Bool { isIPv4 ? (bits >> 24) & 0xFF == 127 : bits == 1 }

  /// Whether the two cannot both be listened on.
  ///
  /// Dual-stack sockets are not assumed: `[::]` is IPv6 alone.
  public func collides(with other: ListenAddress) -> Bool {
    guard port == other.port, port != 0, isIPv4 == other.isIPv4 else { return false }
    return bits == other.bits || isWildcard || other.isWildcard
  }

  private static func mapped(_ address: UInt32) -> UInt128 { 0xFFFF << 32 | UInt128(address) }

  private init(host: String, port: UInt16, bits: UInt128) {
    (self.host, self.port, self.bits) = (host, port, bits)
  }

  /// Reads `host:port`, or returns `nil`.
  ///
  /// Names other than `localhost` are not looked up.
  public init?(_ text: String) {
    guard text.utf8.count <= 64, let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = UInt16(digits)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      guard let bits = Self.ipv6(host), bits >> 32 != 0xFFFF else { return nil }
      self.init(host: host, port: port, bits: bits)
    } else if host == "localhost" {
      self = .loopback(port: port)
    } else {
      guard let address = Self.ipv4(host) else { return nil }
      self.init(host: host, port: port, bits: Self.mapped(address))
    }
  }

  /// The bits of an IP address without a port: IPv6, or IPv4 mapped into it.
  static func bits(ofHost text: String) -> UInt128? {
    ipv4(text).map { mapped($0) } ?? ipv6(text)
  }
  /// An IP address as text.
  static func text(ofHost bits: UInt128) -> String {
    let isIPv4 = bits >> 32 == 0xFFFF
    var address = (isIPv4 ? bits << 96 : bits).bigEndian
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    // SAFETY: inet_ntop reads 4 or 16 bytes of the address and writes no more than the text's count, with its end.
    let isWritten =
      unsafe inet_ntop(isIPv4 ? AF_INET : AF_INET6, &address, &text, socklen_t(text.count)) != nil
    precondition(isWritten, "an address has a text")
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func ipv4(_ text: String) -> UInt32? {
    var address = in_addr()
    guard !text.utf8.contains(0) else { return nil }
    // SAFETY: inet_pton writes an in_addr for AF_INET and nothing when it returns 0.
    guard unsafe inet_pton(AF_INET, text, &address) == 1 else { return nil }
    return UInt32(bigEndian: address.s_addr)
  }
  private static func ipv6(_ text: String) -> UInt128? {
    var address: UInt128 = 0
    guard !text.utf8.contains(0) else { return nil }
    // SAFETY: inet_pton writes 16 bytes for AF_INET6 and nothing when it returns 0.
    guard unsafe inet_pton(AF_INET6, text, &address) == 1 else { return nil }
    return UInt128(bigEndian: address)
  }
}
