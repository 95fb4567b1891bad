/// How one listener speaks TLS; a listener without certificates speaks plain TCP.
///
/// Files are named here and read by whoever starts or reloads the node: settings hold no secret.
public struct ListenerTLSSettings: Sendable, Equatable {
  /// The oldest version of the protocol that is spoken.
  public enum Version: String, Sendable, CaseIterable {
    case tls13 = "1.3"
    case tls12 = "1.2"
  }

  /// What the listener shows to its clients, each for some names.
  public var certificates: [CertificateSettings] = []
  /// The oldest version of the protocol that is spoken.
  public var minimumVersion = Version.tls13
  /// Ciphers in the order of preference; empty for all.
  public var ciphers: [TLSCipher] = []
  /// Key exchange groups in the order of preference; empty for all.
  public var groups: [TLSGroup] = []
  /// What is asked of clients.
  public var clientCertificates = ClientCertificateSettings()
  /// How sessions are resumed.
  public var tickets = TicketSettings()
  /// Whether a resumed session may do without a fresh key exchange, and so without forward secrecy.
  public var allowsPSKWithoutDHE = false
  /// From a connection's first moment to the end of its handshake.
  public var handshakeTimeoutNs: Int64 = 10_000_000_000

  /// Plain TCP.
  public init() {}

  /// Whether the listener speaks TLS.
  public var isOn: Bool { !certificates.isEmpty }
  /// The ciphers that hold, in the order of preference.
  public var effectiveCiphers: [TLSCipher] { ciphers.isEmpty ? TLSCipher.allCases : ciphers }
  /// The groups that hold, in the order of preference.
  public var effectiveGroups: [TLSGroup] { groups.isEmpty ? TLSGroup.allCases : groups }
}

/// A cipher of TLS 1.3, by its name in IANA's registry.
///
/// TLS 1.2 takes the suites of the same cipher and hash with an ephemeral key exchange.
public enum TLSCipher: String, Sendable, CaseIterable {
  case aes128 = "TLS_AES_128_GCM_SHA256"
  case aes256 = "TLS_AES_256_GCM_SHA384"
  case chacha20 = "TLS_CHACHA20_POLY1305_SHA256"
}

/// A group for the key exchange, by its name in IANA's registry.
public enum TLSGroup: String, Sendable, CaseIterable {
  case x25519
  case secp256r1
  case secp384r1
}

/// A certificate with its key, and when it is shown.
public struct CertificateSettings: Sendable, Equatable {
  /// Where a key's passphrase comes from.
  public enum Passphrase: Sendable, Equatable {
    /// The first line of a file.
    case file(String)
    /// A variable of the environment.
    case environment(String)
  }
  /// The file of the certificate and its chain, in PEM.
  public var certificate = ""
  /// The file of its private key, in PEM.
  public var key = ""
  /// The file whose first line is the key's passphrase.
  public var passphraseFile: String?
  /// The variable of the environment that holds the key's passphrase.
  public var passphraseVariable: String?
  /// The file of the OCSP response to staple, in DER.
  public var ocsp: String?
  /// The names it is shown for; empty for those that the certificate itself carries.
  public var names: [String] = []
  /// Whether it is shown to clients that ask for no name, or for one that no certificate has.
  public var isDefault = false

  /// A certificate without files.
  public init() {}

  /// Where the key's passphrase comes from, if it has one.
  public var passphrase: Passphrase? {
    passphraseFile.map(Passphrase.file) ?? passphraseVariable.map(Passphrase.environment)
  }
  /// The files it names: those whose change is a change of the certificate.
  public var files: [String] { [certificate, key] + [passphraseFile, ocsp].compactMap(\.self) }
}

/// What is asked of a listener's clients.
public struct ClientCertificateSettings: Sendable, Equatable {
  /// Whether clients show a certificate.
  public enum Mode: String, Sendable, CaseIterable {
    /// None is asked for.
    case none
    /// One is asked for, and verified when it is shown.
    case optional
    /// Without one there is no connection.
    case required
  }
  /// What of a certificate becomes the principal of its client's events.
  public enum Principal: String, Sendable, CaseIterable {
    /// The whole subject, as RFC 4514 writes it.
    case subject
    /// The first DNS name among the alternative names.
    case dnsName = "san_dns"
    /// The first URI among the alternative names.
    case uri = "san_uri"
    /// The first address of mail among the alternative names.
    case email = "san_email"
    /// The last common name of the subject.
    case commonName = "common_name"
  }
  /// Whether clients show a certificate.
  public var mode = Mode.none
  /// The file of the authorities that may have issued it, in PEM.
  public var authorities: String?
  /// Files of revocation lists, in PEM; with one, every issuer in a chain needs a list.
  public var revocations: [String] = []
  /// What of a certificate becomes the principal of its client's events.
  public var principal = Principal.subject

  /// None is asked for.
  public init() {}

  /// The files it names.
  public var files: [String] { (authorities.map { [$0] } ?? []) + revocations }
}

/// How sessions are resumed.
public struct TicketSettings: Sendable, Equatable {
  /// Tickets that a full handshake hands out; 0: sessions are not resumed.
  public var count = 1
  /// How long a ticket is good for.
  public var lifetimeNs: Int64 = 12 * 3_600_000_000_000
  /// The file of the keys that seal tickets, or a directory for it; `nil` for the file in the data directory.
  public var keys: String?
  /// How often the keys move on; `nil` when somebody else changes the file.
  public var rotateEveryNs: Int64? = 8 * 3_600_000_000_000

  /// The defaults.
  public init() {}
}

/// Which sources say by the PROXY protocol for whom they connect.
public struct ProxyProtocolSettings: Sendable, Equatable {
  /// Sources that begin each connection with a header; empty: nobody does.
  public var from: [AddressRange] = []
  /// Whether connections of all other sources are refused.
  public var isRequired = false

  /// Nobody.
  public init() {}

  /// Whether a source must begin its connections with a header, and is believed what it says.
  ///
  /// The address is IPv6, or IPv4 mapped into it.
  @inlinable public func trusts(_ address: UInt128) -> Bool {
    for range in from where range.contains(address) { return true }
    return false
  }
}
