internal import COpenSSL
internal import CTLS

/// Sets OpenSSL's contexts up, all of one `TLSContext` the same way but for their certificates.
@safe struct ContextBuilder {
  @safe struct Made {
    let context: OpaquePointer
    let stapled: [(certificate: OpaquePointer, response: [UInt8])]
  }
  private let role: TLSContext.Role
  private let settings: TLSSettings
  private let library: Library
  private let call: UnsafeMutablePointer<Call>
  private let protocols: ProtocolTable
  private var store: OpaquePointer?
  private var trust: Trust?

  init(
    _ role: TLSContext.Role,
    _ settings: TLSSettings,
    library: Library,
    call: UnsafeMutablePointer<Call>,
    protocols: ProtocolTable
  ) {
    (self.role, self.settings, self.library, self.protocols) = (role, settings, library, protocols)
    unsafe self.call = unsafe call
  }
  mutating func trust(_ trust: Trust?) throws(TLSMistake) {
    self.trust = trust
    unsafe store = unsafe try trust?.makeStore(in: library.pointer)
  }
  /// Gives up what the contexts have references of their own to.
  mutating func finish() {
    unsafe X509_STORE_free(store)
    unsafe store = nil
  }

  /// Makes a context that shows these identities, one a kind of key.
  func make(_ identities: [Identity], isDefault: Bool) throws(TLSMistake) -> Made {
    let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
    guard let context = unsafe SSL_CTX_new_ex(library.pointer, ctls_preference, method) else {
      throw TLSMistake("tls", .setting, "OpenSSL makes no context: \(reason())", expected: "a working OpenSSL 3")
    }
    do throws(TLSMistake) {
      unsafe try setPolicy(of: context)
      var stapled: [(OpaquePointer, [UInt8])] = unsafe []
      for identity in identities {
        let certificate = unsafe try use(identity, in: context)
        if let response = identity.ocspResponse { unsafe stapled.append((certificate, response)) }
      }
      unsafe setVerification(of: context)
      if role == .server {
        unsafe setTickets(of: context)
        unsafe setSelection(of: context, isDefault: isDefault)
      } else {
        unsafe setClient(context)
      }
      if settings.keyLog != nil { unsafe SSL_CTX_set_keylog_callback(context, keyLogged) }
      unsafe SSL_CTX_set_msg_callback(context, messageSeen)
      ERR_clear_error()
      return unsafe Made(context: context, stapled: stapled)
    } catch {
      ERR_clear_error()
      unsafe SSL_CTX_free(context)
      throw error
    }
  }

  /// What OpenSSL says was wrong last.
  private func reason() -> String {
    guard let text = unsafe ERR_reason_error_string(ERR_peek_last_error()) else { return "unknown" }
    return unsafe String(cString: text)
  }

  private func setPolicy(of context: OpaquePointer) throws(TLSMistake) {
    let oldest = Int32(settings.oldestVersion.rawValue)
    guard unsafe tls_context_set_versions(context, oldest, Int32(TLSVersion.tls13.rawValue)) == 1 else {
      throw TLSMistake("tls", .setting, "OpenSSL refuses the version: \(reason())", expected: "TLS 1.2 or 1.3")
    }
    let suites = settings.suites.map(\.description).joined(separator: ":")
    guard !settings.suites.isEmpty, unsafe SSL_CTX_set_ciphersuites(context, suites) == 1 else {
      throw TLSMistake("tls", .setting, "no cipher suite OpenSSL accepts: \(reason())", expected: "one at least")
    }
    let older = settings.suites.flatMap(Self.olderSuites).joined(separator: ":")
    guard unsafe SSL_CTX_set_cipher_list(context, older) == 1 else {
      throw TLSMistake("tls", .setting, "no cipher suite for TLS 1.2: \(reason())", expected: "one at least")
    }
    let groups = settings.groups.map(\.rawValue).joined(separator: ":")
    guard !settings.groups.isEmpty, unsafe tls_context_set_groups(context, groups) == 1 else {
      throw TLSMistake("tls", .setting, "no group OpenSSL accepts: \(reason())", expected: "one at least")
    }
    var options = tls_option_no_compression | tls_option_no_renegotiation | tls_option_cleanse_plaintext
    if role == .server { options |= tls_option_server_preference | tls_option_prioritize_chacha }
    if settings.allowsResumptionWithoutKeyExchange { options |= tls_option_psk_without_dhe }
    unsafe SSL_CTX_set_options(context, options)
    unsafe tls_context_set_modes(context)
    unsafe tls_context_set_certificates_bytes_max(context, 32 << 10)
  }

  /// The suites of TLS 1.2 with the same cipher: a fresh key exchange and an AEAD, nothing else.
  private static func olderSuites(_ suite: CipherSuite) -> [String] {
    let name =
      switch suite {
      case .aes128GCM: "AES128-GCM-SHA256"
      case .aes256GCM: "AES256-GCM-SHA384"
      case .chacha20Poly1305: "CHACHA20-POLY1305"
      }
    return ["ECDHE-ECDSA-\(name)", "ECDHE-RSA-\(name)"]
  }

  /// Has OpenSSL show an identity; returns its copy of the certificate, which lives as long as the context.
  private func use(_ identity: Identity, in context: OpaquePointer) throws(TLSMistake) -> OpaquePointer {
    let parsed = unsafe try Parsed(der: identity.chain, in: library.pointer, file: identity.file)
    let key = unsafe try PrivateKey(identity.key, in: library.pointer, file: identity.file)
    let leaf = unsafe parsed.certificates[0]
    guard unsafe SSL_CTX_use_certificate(context, leaf) == 1, unsafe SSL_CTX_use_PrivateKey(context, key.pointer) == 1
    else {
      throw TLSMistake(identity.file, .unsuitableKey, "OpenSSL refuses it: \(reason())", expected: "one for TLS")
    }
    for index in identity.chain.indices.dropFirst()
    where unsafe tls_context_add_chain_certificate(context, parsed.certificates[index]) != 1 {
      throw TLSMistake(identity.file, .brokenChain, "OpenSSL refuses its chain: \(reason())", expected: "a chain")
    }
    return unsafe leaf
  }

  private func setVerification(of context: OpaquePointer) {
    guard let store = unsafe store else {
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
      return
    }
    _ = unsafe tls_context_share_store(context, store)
    if role == .client {
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
      return
    }
    var mode = SSL_VERIFY_PEER
    if case .required = settings.clientCertificates { mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT }
    unsafe SSL_CTX_set_verify(context, mode, nil)
    unsafe SSL_CTX_set_cert_verify_callback(context, clientCertificateShown, call)
    // Clients choose a certificate by the names of authorities; a long list would not fit their messages.
    guard let trust, trust.chain.count <= 100, let objects = unsafe X509_STORE_get0_objects(store) else { return }
    for index in unsafe 0..<OPENSSL_sk_num(objects) {
      guard let object = unsafe OPENSSL_sk_value(objects, index),
        let certificate = unsafe X509_OBJECT_get0_X509(OpaquePointer(object))
      else { continue }
      unsafe SSL_CTX_add_client_CA(context, certificate)
    }
  }

  private func setTickets(of context: OpaquePointer) {
    unsafe tls_context_disable_session_cache(context)
    // A ticket resumes only where clients are judged as they were when it was made.
    var policy: [UInt8] =
      switch settings.clientCertificates {
      case .none: [0]
      case .optional: [1]
      case .required: [2]
      }
    policy += (trust?.digest ?? []).prefix(31)
    _ = unsafe policy.withUnsafeBufferPointer {
      unsafe SSL_CTX_set_session_id_context(context, $0.baseAddress, UInt32($0.count))
    }
    let count = max(0, min(settings.tickets, 4))
    unsafe SSL_CTX_set_num_tickets(context, count)
    guard count > 0 else {
      unsafe SSL_CTX_set_options(context, tls_option_no_ticket)
      return
    }
    unsafe SSL_CTX_set_timeout(context, max(1, min(settings.ticketLifetimeSeconds, 604_800)))
    unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticketKeyWanted)
    unsafe SSL_CTX_set_session_ticket_cb(context, ticketIssued, ticketOpened, call)
  }

  private func setSelection(of context: OpaquePointer, isDefault: Bool) {
    if isDefault { unsafe tls_context_set_server_name_callback(context, serverNameAsked) }
    if !protocols.wire.isEmpty { unsafe SSL_CTX_set_alpn_select_cb(context, protocolsOffered, call) }
    unsafe tls_context_set_status_callback(context, statusAsked)
  }

  private func setClient(_ context: OpaquePointer) {
    unsafe tls_context_hand_out_sessions(context)
    unsafe SSL_CTX_sess_set_new_cb(context, sessionReceived)
    guard !protocols.wire.isEmpty else { return }
    _ = unsafe SSL_CTX_set_alpn_protos(context, protocols.wire, UInt32(protocols.wire.count))
  }
}
