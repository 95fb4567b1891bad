internal import Glibc

/// Where a listener listens: a numeric IPv4 or IPv6 address and a port.
public struct ListenerAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address as it was written: `127.0.0.1`, `::`.
  public let host: String
  /// The port; 0 lets the kernel choose.
  public let port: UInt16
  /// Whether it is an IPv6 address.
  public let isIPv6: Bool

  /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; `nil` when it is none of them.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    // UInt16 alone would take a sign.
    guard let port = UInt16(digits), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      self.init(host: String(host.dropFirst().dropLast()), port: port, isIPv6: true)
    } else {
      self.init(host: host == "localhost" ? "127.0.0.1" : String(host), port: port, isIPv6: false)
    }
  }
  private init?(host: String, port: UInt16, isIPv6: Bool) {
    (self.host, self.port, self.isIPv6) = (host, port, isIPv6)
    guard socketAddress != nil else { return nil }
  }
  /// The same address with another port.
  func with(port: UInt16) -> ListenerAddress {
    guard let address = ListenerAddress(host: host, port: port, isIPv6: isIPv6) else { return self }
    return address
  }

  /// As it would be written in the settings.
  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The kernel's form and its size; `nil` when the text is no address.
  var socketAddress: (storage: sockaddr_storage, byteCount: socklen_t)? {
    var storage = sockaddr_storage()
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      guard unsafe inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
      // SAFETY: sockaddr_storage is at least as large and as aligned as every address.
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in6.self) }
      return (storage, socklen_t(MemoryLayout<sockaddr_in6>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
    // SAFETY: as above.
    unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in.self) }
    return (storage, socklen_t(MemoryLayout<sockaddr_in>.size))
  }
}

/// Asks the kernel for one end's address of a connection or listener, in the form that `socketAddress` has.
///
/// `nil` when the socket has none: the peer is gone.
func socketEnd(_ descriptor: Int32, peer: Bool) -> sockaddr_storage? {
  var storage = sockaddr_storage()
  var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
  let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      unsafe peer ? getpeername(descriptor, $0, &count) : getsockname(descriptor, $0, &count)
    }
  }
  return result == 0 ? storage : nil
}

extension sockaddr_storage {
  /// The port, or 0 when the address has none.
  var port: UInt16 {
    // SAFETY: the storage is larger than both forms, which have the port in the same place.
    unsafe withUnsafeBytes(of: self) { bytes in
      let family = Int32(ss_family)
      guard family == AF_INET || family == AF_INET6 else { return 0 }
      return unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }
  /// The address as an IPv6 address, IPv4 mapped into it; 0 when it is neither.
  var mappedBits: UInt128 {
    // SAFETY: the storage is larger than both forms; IPv4 stands at byte 4, IPv6 at byte 8.
    unsafe withUnsafeBytes(of: self) { bytes in
      switch Int32(ss_family) {
      case AF_INET:
        let address = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return 0xFFFF << 32 | UInt128(address)
      case AF_INET6: return unsafe UInt128(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt128.self))
      default: return 0
      }
    }
  }
}
