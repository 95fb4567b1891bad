/// How a context speaks TLS.
///
/// Everything in it was checked when it was made, so that a reload fails before anything changes.
public struct TLSSettings: Sendable {
  /// The oldest version that is spoken.
  public var oldestVersion = TLSVersion.tls13
  /// Cipher suites of TLS 1.3, the preferred one first.
  public var suites: [CipherSuite] = [.aes128GCM, .aes256GCM, .chacha20Poly1305]
  /// Groups for key exchange, the preferred one first.
  public var groups: [KeyExchangeGroup] = [.x25519, .p256, .p384]
  /// Certificates with their keys.
  ///
  /// The first is shown to who asks for no name of ours. Where several have a name, one a kind of key, the client's
  /// abilities decide. A server needs one; a client may have one.
  public var identities: [Identity] = []
  /// Names of protocols (ALPN), the preferred one first; empty to take no part.
  ///
  /// A client that offers only others is refused. Source: RFC 7301 §3.2.
  public var applicationProtocols: [String] = []
  /// Whether clients show a certificate, and whose are trusted.
  public var clientCertificates = ClientCertificates.none
  /// Tickets that are sent after a full handshake; 0 for none, 4 at most.
  public var tickets = 1
  /// How long a ticket resumes; 7 days at most.
  ///
  /// Source: RFC 8446 §4.6.1.
  public var ticketLifetimeSeconds = 86_400
  /// Whether a ticket may resume without a fresh key exchange, for devices that can't afford one.
  ///
  /// Who learns the ticket's key can then read such connections later: no forward secrecy.
  public var allowsResumptionWithoutKeyExchange = false
  /// Connections whose ciphers are kept ready, in each direction; others set theirs up for each record.
  ///
  /// A power of two. Cost: about 1.5 KiB each, once used.
  public var readyCiphers = 256
  /// Client certificates whose verification is remembered; a power of two.
  public var verifiedCertificates = 1024
  /// For how long.
  public var verifiedSeconds = 300
  /// Records under one key before another is taken.
  ///
  /// The default is the limit for AES-GCM of RFC 8446 §5.5, 2^24.5.
  public var recordsPerKey: UInt64 = 23_726_566
  /// Bytes a handshake may take; the largest honest one is that of a client with a long chain of certificates.
  public var handshakeBytesMax = 64 << 10
  /// Gets every secret, as a line of a key log file: whoever sets it can read all traffic.
  public var keyLog: (@Sendable (String) -> Void)?

  /// The defaults.
  public init() {}
}

/// A version of the protocol.
public enum TLSVersion: UInt16, Sendable, Comparable, CustomStringConvertible {
  /// Source: RFC 5246.
  case tls12 = 0x0303
  /// Source: RFC 8446.
  case tls13 = 0x0304
  /// Its usual name.
  public var description: String { self == .tls13 ? "TLSv1.3" : "TLSv1.2" }
  /// Whether the left is older.
  public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A cipher suite of TLS 1.3.
///
/// Source: RFC 8446 §B.4.
public enum CipherSuite: UInt16, Sendable, CaseIterable, CustomStringConvertible {
  /// The fastest where the processor knows AES.
  case aes128GCM = 0x1301
  /// With keys of 256 bits.
  case aes256GCM = 0x1302
  /// The fastest where it does not.
  case chacha20Poly1305 = 0x1303

  /// Its name in the RFC.
  public var description: String {
    switch self {
    case .aes128GCM: "TLS_AES_128_GCM_SHA256"
    case .aes256GCM: "TLS_AES_256_GCM_SHA384"
    case .chacha20Poly1305: "TLS_CHACHA20_POLY1305_SHA256"
    }
  }
  var keyBytes: Int { self == .aes128GCM ? 16 : 32 }
  var hashBytes: Int { self == .aes256GCM ? 48 : 32 }
}

/// A group for key exchange.
public enum KeyExchangeGroup: String, Sendable, CaseIterable {
  /// Source: RFC 7748.
  case x25519 = "X25519"
  /// NIST's, also called secp256r1.
  case p256 = "P-256"
  /// NIST's, also called secp384r1.
  case p384 = "P-384"
}

/// Whether clients show a certificate.
public enum ClientCertificates: Sendable {
  /// They are not asked.
  case none
  /// They are asked, and who shows none is let in.
  case optional(Trust)
  /// They must.
  case required(Trust)

  var trust: Trust? {
    switch self {
    case .none: nil
    case .optional(let trust), .required(let trust): trust
    }
  }
}
