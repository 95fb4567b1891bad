import COpenSSL

/// OpenSSL's client, in memory: the peer that the engine is tested against.
final class Client {
  let context: OpaquePointer
  let ssl: OpaquePointer
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer
  private var session: OpaquePointer?

  /// What a client can be told.
  struct Options {
    var host: String? = "device.test"
    var oldest = 0x0304
    var newest = 0x0304
    var suites: String?
    var olderSuites: String?
    var groups: String?
    var signatures: String?
    var protocols: [String] = []
    var identity: Authority.Issued?
    var authority: Authority?
    var isRepeating = false
    var resuming: Session?
    var allowsResumptionWithoutKeyExchange = false
    var asksForStatus = false
    var fragmentCode: UInt8 = 0
  }
  /// A session to be resumed.
  final class Session {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { SSL_SESSION_free(pointer) }
  }

  init(_ options: Options = Options()) {
    context = SSL_CTX_new(TLS_client_method())
    precondition(tls_context_set_versions(context, Int32(options.oldest), Int32(options.newest)) == 1)
    if let suites = options.suites { precondition(SSL_CTX_set_ciphersuites(context, suites) == 1) }
    if let suites = options.olderSuites { precondition(SSL_CTX_set_cipher_list(context, suites) == 1) }
    if let groups = options.groups { precondition(tls_context_set_groups(context, groups) == 1) }
    if let identity = options.identity {
      precondition(SSL_CTX_use_certificate(context, identity.certificate) == 1)
      precondition(SSL_CTX_use_PrivateKey(context, identity.key) == 1)
    }
    if let authority = options.authority {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.root.certificate)
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }
    tls_context_hand_out_sessions(context)
    SSL_CTX_sess_set_new_cb(context) { ssl, session in
      let client = Unmanaged<Client>.fromOpaque(SSL_get_ex_data(ssl, 0)).takeUnretainedValue()
      if let old = client.session { SSL_SESSION_free(old) }
      client.session = session
      client.sessions += 1
      return 1
    }
    if options.allowsResumptionWithoutKeyExchange { SSL_CTX_set_options(context, tls_option_psk_without_dhe) }
    ssl = SSL_new(context)
    if let signatures = options.signatures { precondition(tls_set_signatures(ssl, signatures) == 1) }
    if options.fragmentCode > 0 { precondition(SSL_set_tlsext_max_fragment_length(ssl, options.fragmentCode) == 1) }
    if options.asksForStatus { tls_ask_for_status(ssl) }
    incoming = BIO_new(BIO_s_mem())
    outgoing = BIO_new(BIO_s_mem())
    BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
    BIO_ctrl(outgoing, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
    SSL_set_bio(ssl, incoming, outgoing)
    SSL_set_connect_state(ssl)
    if let host = options.host {
      _ = tls_set_server_name(ssl, host)
      if options.authority != nil { SSL_set1_host(ssl, host) }
    }
    let protocols = options.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    if !protocols.isEmpty { precondition(SSL_set_alpn_protos(ssl, protocols, UInt32(protocols.count)) == 0) }
    if let resuming = options.resuming { precondition(SSL_set_session(ssl, resuming.pointer) == 1) }
    tls_set_call(ssl, Unmanaged.passUnretained(self).toOpaque())
  }
  deinit {
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    SSL_free(ssl)
    if let session { SSL_SESSION_free(session) }
    SSL_CTX_free(context)
  }

  private(set) var sessions = 0
  private(set) var reason = ""
  var isConnected: Bool { SSL_is_init_finished(ssl) == 1 && reason.isEmpty }
  var isResumed: Bool { SSL_session_reused(ssl) == 1 }
  /// What resumes this connection; can be taken once.
  func takeSession() -> Session? {
    defer { session = nil }
    return session.map { Session($0) }
  }

  /// What it wants to send.
  func output() -> [UInt8] { Authority.drain(outgoing) }
  func input(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    precondition(BIO_write(incoming, bytes, Int32(bytes.count)) == Int32(bytes.count))
  }
  func handshake() {
    ERR_clear_error()
    note(SSL_do_handshake(ssl))
  }
  func write(_ bytes: [UInt8]) {
    ERR_clear_error()
    note(SSL_write(ssl, bytes, Int32(bytes.count)))
  }
  /// Everything that has arrived.
  func read() -> [UInt8] {
    var all: [UInt8] = []
    while true {
      ERR_clear_error()
      var result: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 16_384) { bytes, count in
        result = SSL_read(ssl, bytes.baseAddress, 16_384)
        count = Int(max(result, 0))
      }
      note(result)
      if piece.isEmpty { return all }
      all += piece
    }
  }
  private func note(_ result: Int32) {
    guard result <= 0, reason.isEmpty else { return }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
    case SSL_ERROR_ZERO_RETURN: reason = "closed"
    default: reason = ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) } ?? "unknown"
    }
  }
}
