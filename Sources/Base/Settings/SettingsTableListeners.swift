/// The keys of a listener.
extension NodeSettings {
  static func listenerTable(protocols: [String]) -> SettingsTable<ListenerSettings> {
    SettingsTable(
      noun: "a listener",
      rows: [
        .init("name", \.name, .label, "What logs and metrics call it."),
        .init(
          "protocol",
          \.protocolName,
          .word(protocols.map { (word: $0, value: $0) }),
          isRequired: true,
          "The protocol spoken there."
        ),
        .init("address", \.address, .address, isRequired: true, "Where it listens; port 0 lets the kernel choose."),
        .init("keys", \.keys, .word(), "Whether every request needs an API key."),
        .init("backlog", \.backlog, .count(1...65_535), "Connections that may wait to be accepted."),
        .init(
          "proxy_protocol.from",
          \.proxyProtocol.from,
          listOf: .range,
          or: "none",
          countMax: 64,
          "Sources that begin each connection with a header of the PROXY protocol, and are believed."
        ),
        .init(
          "proxy_protocol.required",
          \.proxyProtocol.isRequired,
          .flag,
          "Whether connections of all other sources are refused."
        ),
      ] + tlsRows + clientCertificateRows + ticketRows,
      lists: [
        "tls.certificates": { node, listener, reader, place in
          listener.tls.certificates = reader.list(node, certificateTable, at: place, countMax: 64) {
            CertificateSettings()
          }
        }
      ],
      shorthands: ["tls.client_certificates": "tls.client_certificates.mode"]
    )
  }

  private static let tlsRows: [SettingsRow<ListenerSettings>] = [
    .init(
      "tls.minimum_version",
      \.tls.minimumVersion,
      .word(),
      "The oldest version of TLS that is spoken; 1.2 is for clients that can't be renewed."
    ),
    .init(
      "tls.ciphers",
      \.tls.ciphers,
      listOf: .word(),
      or: "all",
      countMax: 3,
      "Ciphers in the order of preference."
    ),
    .init(
      "tls.groups",
      \.tls.groups,
      listOf: .word(),
      or: "all",
      countMax: 3,
      "Groups for the key exchange in the order of preference."
    ),
    .init(
      "tls.psk_without_dhe",
      \.tls.allowsPSKWithoutDHE,
      .flag,
      "Whether a resumed session may skip the key exchange: half the work, and no forward secrecy."
    ),
    .init(
      "tls.handshake_timeout",
      \.tls.handshakeTimeoutNs,
      .duration(100_000_000...300_000_000_000),
      isLive: true,
      "From the accept to the end of the handshake."
    ),
  ]

  private static let clientCertificateRows: [SettingsRow<ListenerSettings>] = [
    .init(
      "tls.client_certificates.mode",
      \.tls.clientCertificates.mode,
      .word(),
      "Whether clients show a certificate; `client_certificates: required` is short for it."
    ),
    .init(
      "tls.client_certificates.authorities",
      \.tls.clientCertificates.authorities,
      SettingsForm.path.or("none"),
      isLive: true,
      "The file of the authorities that may have issued it, in PEM."
    ),
    .init(
      "tls.client_certificates.revocations",
      \.tls.clientCertificates.revocations,
      listOf: .path,
      or: "none",
      countMax: 64,
      isLive: true,
      "Files of revocation lists, in PEM."
    ),
    .init(
      "tls.client_certificates.principal",
      \.tls.clientCertificates.principal,
      .word(),
      "What of the certificate becomes the principal of its client's events."
    ),
  ]

  private static let ticketRows: [SettingsRow<ListenerSettings>] = [
    .init(
      "tls.tickets.count",
      \.tls.tickets.count,
      .count(0...4),
      "Tickets that a full handshake hands out; 0: sessions are not resumed."
    ),
    .init(
      "tls.tickets.lifetime",
      \.tls.tickets.lifetimeNs,
      .duration(60_000_000_000...7 * 86_400_000_000_000),
      "How long a ticket is good for."
    ),
    .init(
      "tls.tickets.keys",
      \.tls.tickets.keys,
      SettingsForm.path.or("auto"),
      isLive: true,
      "The file of the keys that seal tickets, or a directory for it; `auto`: in the data directory."
    ),
    .init(
      "tls.tickets.rotate_every",
      \.tls.tickets.rotateEveryNs,
      SettingsForm.duration(60_000_000_000...30 * 86_400_000_000_000).or("never"),
      isLive: true,
      "How often these keys move on; `never`: somebody else changes the file."
    ),
  ]

  static let certificateTable = SettingsTable<CertificateSettings>(
    noun: "a certificate",
    rows: [
      .init(
        "certificate",
        \.certificate,
        .path,
        isLive: true,
        isRequired: true,
        "The file of the certificate and its chain, in PEM, its own first."
      ),
      .init("key", \.key, .path, isLive: true, isRequired: true, "The file of its private key, in PEM."),
      .init(
        "passphrase_file",
        \.passphraseFile,
        SettingsForm.path.or("none"),
        isLive: true,
        "The file whose first line is the key's passphrase."
      ),
      .init(
        "passphrase_env",
        \.passphraseVariable,
        SettingsForm.variable.or("none"),
        isLive: true,
        "The variable of the environment that holds the key's passphrase."
      ),
      .init(
        "ocsp",
        \.ocsp,
        SettingsForm.path.or("none"),
        isLive: true,
        "The file of the OCSP response to staple, in DER."
      ),
      .init(
        "names",
        \.names,
        listOf: .serverName,
        or: "certificate",
        countMax: 256,
        isLive: true,
        "The names it is shown for; `certificate`: those that it carries."
      ),
      .init(
        "default",
        \.isDefault,
        .flag,
        isLive: true,
        "Whether it is shown to clients that ask for no name, or for an unknown one; else the first is."
      ),
    ]
  )
}

extension SettingsForm<Bool> {
  /// Yes or no.
  static var flag: Self { word([("true", true), ("false", false)]) }
}

extension SettingsForm<String> {
  /// The name of a variable of the environment.
  ///
  /// Source: POSIX.1-2017, Base Definitions §8.1.
  static var variable: Self {
    Self(
      type: "name",
      bound: "`A-Z a-z 0-9 _`, no digit first",
      read: { text throws(ValueMistake) in
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 255, !(first >= 0x30 && first <= 0x39),
          bytes.allSatisfy({ $0 == 0x5F || $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A })
        else { throw ValueMistake(expected: "a variable's name of 'A-Z a-z 0-9 _', no digit first") }
        return text
      },
      write: { $0 }
    )
  }

  /// A name that clients ask for, or all names of one label below another: `*.example.com`.
  ///
  /// Source: RFC 6066 §3, RFC 6125 §6.4.3.
  static var serverName: Self {
    Self(
      type: "server name",
      bound: "as `example.com` or `*.example.com`",
      read: { text throws(ValueMistake) in
        let name = text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isWild = labels.first == "*"
        let rest = isWild ? labels.dropFirst() : labels[...]
        let isRight = rest.count >= (isWild ? 2 : 1) && name.utf8.count <= 253 && rest.allSatisfy(isLabel)
        guard isRight, !(rest.last?.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ?? true) else {
          throw ValueMistake(expected: "a DNS name such as 'example.com' or '*.example.com'")
        }
        return name
      },
      write: { $0 }
    )
  }
  private static func isLabel(_ text: Substring) -> Bool {
    guard (1...63).contains(text.utf8.count), text.utf8.first != 0x2D, text.utf8.last != 0x2D else { return false }
    return text.utf8.allSatisfy {
      $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D || $0 == 0x5F
    }
  }
}
