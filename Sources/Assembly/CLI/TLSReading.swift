internal import Glibc
internal import Host
internal import Settings
internal import TLS

/// Something that an operator should know about a file of TLS.
struct TLSFinding: Error, Equatable {
  /// What is wrong, with the file's name.
  let found: String
  /// What to do about it.
  let remedy: String

  /// The same as a failure of the start.
  var failure: HostFailure { HostFailure(cause: found + ".", remedy: remedy) }

  init(_ found: String, remedy: String) { (self.found, self.remedy) = (found, remedy) }
  init(_ mistake: TLSMistake) {
    self.init("\(mistake.file): \(mistake.found)", remedy: "Give \(mistake.expected).")
  }
}

/// What the files of a listener's TLS hold, everything wrong with them, and what is right but unwise.
struct TLSReading {
  /// Certificates with their keys, those for clients without a name of ours first.
  private(set) var identities: [Identity] = []
  /// Whose certificates clients may show.
  private(set) var trust: Trust?
  /// What keeps a listener from serving.
  private(set) var problems: [TLSFinding] = []
  /// What does not.
  private(set) var warnings: [TLSFinding] = []

  /// Certificates that end sooner are warned of.
  static let daysToRenew: Int64 = 30
  /// A file of TLS that is larger is none.
  static let bytesMax = 16 << 20
  private let utcSeconds: Int64

  /// Reads all files.
  init(_ tls: ListenerTLSSettings, utcSeconds: Int64) {
    self.utcSeconds = utcSeconds
    // A stable order: among equals the file's.
    let ordered = tls.certificates.filter(\.isDefault) + tls.certificates.filter { !$0.isDefault }
    for certificate in ordered {
      do throws(TLSFinding) { identities.append(try identity(certificate)) } catch { problems.append(error) }
    }
    do throws(TLSFinding) { trust = try readTrust(tls.clientCertificates) } catch { problems.append(error) }
    warnOfShadows()
  }

  /// Everything that is wrong in one failure, or `nil`.
  var failure: HostFailure? {
    guard let first = problems.first else { return nil }
    return HostFailure(cause: problems.map { $0.found + "." }.joined(separator: " "), remedy: first.remedy)
  }

  private mutating func identity(_ settings: CertificateSettings) throws(TLSFinding) -> Identity {
    let certificates = try read(settings.certificate)
    let key = try read(settings.key, isSecret: true)
    let passphrase = try passphrase(settings.passphrase)
    var identity = try checked { () throws(TLSMistake) in
      try Identity(
        certificates: certificates,
        certificateFile: settings.certificate,
        key: key,
        keyFile: settings.key,
        passphrase: passphrase,
        utcSeconds: utcSeconds
      )
    }
    if !settings.names.isEmpty { identity.names = settings.names }
    warnOfExpiry(identity)
    if let file = settings.ocsp { identity = try stapled(identity, file) }
    return identity
  }

  /// The first line of a file, or a variable of the environment.
  private mutating func passphrase(_ source: CertificateSettings.Passphrase?) throws(TLSFinding) -> [UInt8]? {
    switch source {
    case nil: return nil
    case .file(let path):
      let line = try read(path, isSecret: true).prefix { $0 != 0x0A }
      return Array(line.last == 0x0D ? line.dropLast() : line)
    case .environment(let name):
      // SAFETY: nothing in this process changes the environment, and the text is copied at once.
      guard let value = unsafe getenv(name) else {
        throw TLSFinding(
          "the variable '\(name)' for a passphrase is not set",
          remedy: "Set it where the gateway starts."
        )
      }
      return unsafe Array(String(cString: value).utf8)
    }
  }

  /// A response that has run out of date is no reason not to serve: clients ask the responder themselves.
  private mutating func stapled(_ identity: Identity, _ file: String) throws(TLSFinding) -> Identity {
    let response = try read(file)
    var result = identity
    do throws(TLSMistake) {
      try result.staple(response, file: file, utcSeconds: utcSeconds)
      return result
    } catch {
      guard error.kind == .staleResponse else { throw TLSFinding(error) }
      warnings.append(TLSFinding("\(file): \(error.found), so nothing is stapled", remedy: "Fetch \(error.expected)."))
      return identity
    }
  }

  private mutating func readTrust(_ clients: ClientCertificateSettings) throws(TLSFinding) -> Trust? {
    guard clients.mode != .none, let authorities = clients.authorities else { return nil }
    let bytes = try read(authorities)
    var trust = try checked { () throws(TLSMistake) in try Trust(authorities: bytes, file: authorities) }
    for authority in trust.authorities where authority.notAfterSeconds < utcSeconds {
      warnings.append(
        TLSFinding(
          "\(authorities): the authority '\(authority.subject)' has expired, and so have all clients of it",
          remedy: "Take it out, or put its successor in."
        )
      )
    }
    for file in clients.revocations {
      let lists = try read(file)
      try checked { () throws(TLSMistake) in try trust.addRevocations(lists, file: file) }
    }
    return trust
  }

  private func checked<Value>(_ body: () throws(TLSMistake) -> Value) throws(TLSFinding) -> Value {
    do throws(TLSMistake) { return try body() } catch { throw TLSFinding(error) }
  }

  /// The contents of a file; of a secret one only when it is nobody else's.
  private mutating func read(_ path: String, isSecret: Bool = false) throws(TLSFinding) -> [UInt8] {
    do throws(HostFailure) {
      let file = try SecretFile.open(path, O_RDONLY)
      defer { _ = close(file) }
      let mode = try SecretFile.status(of: file, path).st_mode & 0o777
      if isSecret, mode & 0o007 != 0 {
        throw HostFailure(
          cause: "\(path) has mode \(String(mode, radix: 8)), which lets everybody at it.",
          remedy: "Run `chmod 600 \(path)`."
        )
      }
      if isSecret, mode & 0o070 != 0 {
        let found = "\(path) has mode \(String(mode, radix: 8)), which lets its group at it"
        warnings.append(TLSFinding(found, remedy: "Run `chmod 600 \(path)`."))
      }
      return try contents(of: file, path, bytesMax: TLSReading.bytesMax)
    } catch {
      throw TLSFinding(
        String(error.cause.last == "." ? error.cause.dropLast() : error.cause[...]),
        remedy: error.remedy
      )
    }
  }

  private mutating func warnOfExpiry(_ identity: Identity) {
    let days = identity.daysLeft(atSeconds: utcSeconds)
    guard days < TLSReading.daysToRenew else { return }
    warnings.append(
      TLSFinding(
        "\(identity.file): '\(identity.certificate.subject)' expires in \(counted(Int(days), "day"))",
        remedy: "Renew it; a running gateway takes the files when they change."
      )
    )
  }

  /// Warns of certificates that no client will ever be shown.
  private mutating func warnOfShadows() {
    for (index, identity) in identities.enumerated().dropFirst() {
      let earlier = identities[..<index].filter { $0.keyKind == identity.keyKind }
      let names = identity.names.filter { name in !earlier.contains { $0.names.contains(name) } }
      guard names.isEmpty else { continue }
      warnings.append(
        TLSFinding(
          identity.names.isEmpty
            ? "\(identity.file): the certificate names no host, so no client is shown it"
            : "\(identity.file): other certificates have all of its names, so no client is shown it",
          remedy: "Give it 'names' of its own, or take it out."
        )
      )
    }
  }
}

extension TLSReading {
  /// What contexts of the listener are made of.
  ///
  /// `keyLog` gets the secrets of every connection, where somebody asked for that.
  func settings(_ listener: ListenerSettings, keyLog: (@Sendable (String) -> Void)?) -> TLSSettings {
    let tls = listener.tls
    var settings = TLSSettings()
    settings.oldestVersion = tls.minimumVersion == .tls12 ? .tls12 : .tls13
    settings.suites = tls.effectiveCiphers.map { cipher in
      switch cipher {
      case .aes128: .aes128GCM
      case .aes256: .aes256GCM
      case .chacha20: .chacha20Poly1305
      }
    }
    settings.groups = tls.effectiveGroups.map { group in
      switch group {
      case .x25519: .x25519
      case .secp256r1: .p256
      case .secp384r1: .p384
      }
    }
    settings.identities = identities
    settings.applicationProtocols = TLSReading.applicationProtocols[listener.protocolName] ?? []
    if let trust {
      settings.clientCertificates = tls.clientCertificates.mode == .required ? .required(trust) : .optional(trust)
    }
    settings.tickets = tls.tickets.count
    settings.ticketLifetimeSeconds = Int(tls.tickets.lifetimeNs / 1_000_000_000)
    settings.allowsResumptionWithoutKeyExchange = tls.allowsPSKWithoutDHE
    settings.keyLog = keyLog
    return settings
  }

  /// What a listener's protocol is called in ALPN; one that is not here takes no part in it.
  ///
  /// Source: IANA, "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs".
  private static let applicationProtocols = ["http": ["http/1.1"]]
}

extension Identity {
  /// Whole days until the first certificate of its chain ends.
  func daysLeft(atSeconds utcSeconds: Int64) -> Int64 { (expiresSeconds - utcSeconds) / 86_400 }
  /// What people call it: its first name, or its subject.
  var title: String { names.first ?? certificate.subject }
}
