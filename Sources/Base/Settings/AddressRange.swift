/// A range of IP addresses, as `10.0.0.0/8`, `2001:db8::/32` or a single address names it.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
  /// The first address: IPv6, or IPv4 mapped into it.
  public let first: UInt128
  /// The bits that all addresses share are set.
  public let mask: UInt128
  /// How the file would write it.
  public let description: String

  /// Whether an address lies in it; no IPv4 address lies in a range of IPv6.
  ///
  /// The address is IPv6, or IPv4 mapped into it.
  @inlinable public func contains(_ address: UInt128) -> Bool {
    address & mask == first && (address &>> 32 == 0xFFFF) == (first &>> 32 == 0xFFFF)
  }

  /// Why a text is no range.
  public enum Mistake: Error, Sendable, Equatable {
    /// It is no address with an optional length.
    case noRange
    /// The address has bits beyond the length; the range that was probably meant.
    case hostBits(meant: String)
  }

  /// Reads an address, or an address, `/` and how many bits the range's addresses share.
  ///
  /// Source: RFC 4632 §3.1, RFC 4291 §2.3.
  public init(_ text: String) throws(Mistake) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard text.utf8.count <= 64, let bits = ListenAddress.bits(ofHost: parts[0]) else { throw .noRange }
    let isIPv4 = bits >> 32 == 0xFFFF
    // `::ffff:1.2.3.4` would look like IPv6 and be IPv4.
    guard !isIPv4 || !parts[0].utf8.contains(UInt8(ascii: ":")) else { throw .noRange }
    let width = isIPv4 ? 32 : 128
    var length = width
    if parts.count > 1 {
      guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        parts[1] == "0" || parts[1].utf8.first != UInt8(ascii: "0"), let value = Int(parts[1]), value <= width
      else { throw .noRange }
      length = value
    }
    let shared = length + 128 - width
    mask = shared == 0 ? 0 : ~0 << UInt128(128 - shared)
    guard bits & mask == bits else {
      throw .hostBits(meant: "\(ListenAddress.text(ofHost: bits & mask))/\(length)")
    }
    first = bits
    description = length == width ? parts[0] : "\(parts[0])/\(length)"
  }
}

extension SettingsForm<AddressRange> {
  /// A range of addresses.
  static var range: Self {
    Self(
      type: "network",
      bound: "an IP address, or one with `/` and a length",
      read: { text throws(ValueMistake) in
        do throws(AddressRange.Mistake) { return try AddressRange(text) } catch {
          let expected = "an IP address or a network such as '10.0.0.0/8' or '2001:db8::/32'"
          switch error {
          case .noRange: throw ValueMistake(expected: expected)
          case .hostBits(let meant): throw ValueMistake(expected: expected, suggestion: meant)
          }
        }
      },
      write: { $0.description }
    )
  }
}
