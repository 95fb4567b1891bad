public import Bytes
internal import COpenSSL
internal import CTLS

/// One TLS connection: bytes in, plaintext where they lie, bytes to send out.
///
///     handshake ──▶ established ──▶ closed
///        OpenSSL       TLS 1.3, accepted: our own record layer, keys and counters only
///                      TLS 1.2, opened:   OpenSSL's
///
/// It does no I/O and belongs to the thread of its context. An established TLS 1.3 connection that was accepted owns
/// about 300 bytes; until then it owns OpenSSL's half of the handshake.
@safe public struct TLSSession: ~Copyable {
  /// The most plaintext of one record.
  ///
  /// Source: RFC 8446 §5.1.
  public static let plaintextBytesMax = 16_384
  /// The most bytes of a record, its header included, that may be sent to us.
  ///
  /// A region that gathers a record from several buffers holds so many. Source: RFC 8446 §5.2, RFC 5246 §6.2.3.
  public static let recordBytesMax = 5 + plaintextBytesMax + 2048
  /// The room a region needs for `begin` to leave some for plaintext.
  public static let roomMin = 128

  /// What a step of a handshake came to.
  public enum HandshakeOutcome: Sendable {
    /// More bytes of the peer's are needed.
    case hungry
    /// The region is full: send it and call again.
    case full
    /// Both sides have their keys. Bytes that were not consumed are records to be opened.
    case established(TLSDetails)
    /// It can't go on. What is in the region says so to the peer: send it, then close.
    case failed(TLSFailure)
  }
  /// A step of a handshake.
  public struct HandshakeStep: Sendable {
    /// How many bytes are used up; all of them unless the handshake ended or the region is full.
    public let consumed: Int
    /// What it came to.
    public let outcome: HandshakeOutcome
  }
  /// What opening records came to.
  public enum Opened: Sendable {
    /// Plaintext, in this range of the bytes; at least one byte.
    case data(Range<Int>)
    /// The record at the position is incomplete: it has so many bytes at least.
    case hungry(Int)
    /// The peer will send nothing more, and said so.
    case closed
    /// The connection can't go on: have `close` tell the peer, then close.
    case failed(TLSFailure)
  }
  enum State: UInt8 {
    case handshaking
    case open
    /// The peer is done; we may still send.
    case peerDone
    case failed
  }

  var state = State.handshaking
  /// Whether our last word has been said.
  var isClosed = false
  /// Whether OpenSSL's record layer is used to the end.
  var isOpenSSLs = false
  /// What the peer will be told by `close`, if something other than that we are done.
  var alert: TLSAlert?
  var suite = CipherSuite.aes128GCM
  /// Which of the peer's wishes about our keys we owe.
  var owesKeyUpdate = false
  var wantsKeyUpdate = false
  /// The start of a message of the peer's that came in several records.
  var partialMessage: UInt32 = 0
  var partialCount: UInt8 = 0
  /// Records in a row that brought nothing.
  var idleRecords: UInt8 = 0
  /// The most plaintext of a record we send; less than usual where the peer asked for less.
  var fragmentBytes = UInt16(TLSSession.plaintextBytesMax)
  /// Where the record begins whose plaintext is being written, or -1.
  var recordStart: Int32 = -1
  var handshakeBytes: Int32 = 0
  var ssl: OpaquePointer?
  /// Kept while OpenSSL may call back.
  var origin: TLSContext?
  // SAFETY: memory of our own from `init` to `deinit`.
  var secrets: UnsafeMutablePointer<Secrets>
  /// What OpenSSL's record layer wants to send, until there is a region.
  var unsent: [UInt8] = []
  var ticket: [UInt8]?

  /// A connection that was accepted.
  public init(accepting context: TLSContext) {
    require(context.role == .server, "a server's context accepts")
    unsafe secrets = unsafe Secrets.make()
    let ssl = unsafe context.makeConnection()
    unsafe SSL_set_accept_state(ssl)
    unsafe (self.ssl, origin) = unsafe (ssl, context)
  }
  /// A connection that was opened, to a server of which a certificate for `serverName` is wanted.
  ///
  /// - Parameters:
  ///   - context: a client's.
  ///   - serverName: a host's name, or an IP address.
  ///   - ticket: what `takeTicket` of an earlier connection to that server gave.
  public init(connecting context: TLSContext, to serverName: String, resuming ticket: [UInt8]? = nil) {
    require(context.role == .client, "a client's context connects")
    unsafe secrets = unsafe Secrets.make()
    let ssl = unsafe context.makeConnection()
    unsafe SSL_set_connect_state(ssl)
    if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName) != 1 {
      unsafe SSL_set1_host(ssl, serverName)
      _ = unsafe tls_set_server_name(ssl, serverName)
    }
    if let ticket { unsafe Self.resume(ssl, from: ticket) }
    ERR_clear_error()
    isOpenSSLs = true
    unsafe (self.ssl, origin) = unsafe (ssl, context)
  }
  /// A connection of TLS 1.3 whose handshake somebody else has made.
  ///
  /// - Parameters:
  ///   - context: whose record layer it uses.
  ///   - suite: what both agreed on.
  ///   - reading: the peer's application traffic secret, as long as the suite's hash.
  ///   - writing: ours.
  public init(established context: TLSContext, suite: CipherSuite, reading: [UInt8], writing: [UInt8]) {
    require(reading.count == suite.hashBytes && writing.count == suite.hashBytes, "a secret is as long as its hash")
    unsafe secrets = Secrets.make()
    for index in reading.indices {
      unsafe secrets.pointee.reading.secret[index] = reading[index]
      unsafe secrets.pointee.writing.secret[index] = writing[index]
    }
    (self.suite, state) = (suite, .open)
    deriveKeys()
  }
  // SAFETY: both are ours.
  deinit {
    if let ssl = unsafe ssl { unsafe Self.free(ssl) }
    unsafe Secrets.destroy(secrets)
  }

  /// Whether the handshake is over and plaintext can be sent.
  public var isEstablished: Bool { state == .open || state == .peerDone }
  /// Whether there is something for the peer even if the application has nothing to say.
  public var isOwing: Bool { !unsent.isEmpty || (alert != nil && !isClosed) }

  private static func resume(_ ssl: OpaquePointer, from ticket: [UInt8]) {
    let session = unsafe ticket.withUnsafeBufferPointer { bytes in
      var position = bytes.baseAddress
      return unsafe d2i_SSL_SESSION(nil, &position, bytes.count)
    }
    guard let session = unsafe session else { return }
    unsafe SSL_set_session(ssl, session)
    unsafe SSL_SESSION_free(session)
  }
  private static func free(_ ssl: OpaquePointer) {
    // OpenSSL takes a connection that ends without a farewell for broken, and its session with it.
    unsafe SSL_set_quiet_shutdown(ssl, 1)
    unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    unsafe SSL_free(ssl)
  }
  mutating func dropOpenSSL() {
    guard let ssl = unsafe ssl else { return }
    unsafe Self.free(ssl)
    unsafe (self.ssl, origin) = (nil, nil)
  }

  /// Goes on with the handshake.
  ///
  /// - Parameters:
  ///   - bytes: what was received and not consumed yet; may be empty.
  ///   - region: gets what is to be sent, behind what is in it.
  ///   - utcSeconds: the time, in seconds since 1970.
  /// - Returns: how many bytes are used up, and how it goes on. Cost: up to 150 µs, most of it in the call that gets
  ///   the client's first message.
  public mutating func handshake(_ bytes: RawSpan, into region: inout Region, utcSeconds: Int64) -> HandshakeStep {
    guard state == .handshaking, let ssl = unsafe ssl, let origin else {
      broken("a handshake goes on until it is over")
    }
    let call = unsafe origin.call
    unsafe begin(call, utcSeconds: utcSeconds)
    unsafe lend(region, to: call)
    lendSecrets(origin)
    let error = unsafe bytes.withUnsafeBytes { bytes in
      unsafe call.pointee.input = bytes.baseAddress
      unsafe call.pointee.inputCount = bytes.count
      let result = unsafe SSL_do_handshake(ssl)
      return unsafe result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
    }
    unsafe region.count += call.pointee.outputCount
    takeSecrets(origin)
    let consumed = unsafe call.pointee.inputPosition
    handshakeBytes &+= Int32(consumed)
    let outcome: HandshakeOutcome
    switch error {
    case SSL_ERROR_NONE: outcome = unsafe conclude(ssl, origin)
    case SSL_ERROR_WANT_READ where handshakeBytes <= origin.settings.handshakeBytesMax: outcome = .hungry
    case SSL_ERROR_WANT_READ:
      outcome = fail(origin, TLSFailure(.us, nil, "a handshake of more than \(handshakeBytes) bytes"))
    case SSL_ERROR_WANT_WRITE: outcome = .full
    default: outcome = unsafe fail(origin, failure(call))
    }
    ticket = unsafe call.pointee.freshSession ?? ticket
    unsafe finish(call)
    return HandshakeStep(consumed: consumed, outcome: outcome)
  }

  /// Prepares a call into OpenSSL.
  func begin(_ call: UnsafeMutablePointer<Call>, utcSeconds: Int64) {
    unsafe call.pointee.inputPosition = 0
    unsafe call.pointee.outputCount = 0
    unsafe call.pointee.outputRoom = 0
    unsafe call.pointee.secrets = unsafe secrets
    unsafe call.pointee.utcSeconds = utcSeconds
    unsafe call.pointee.alertSent = nil
    unsafe call.pointee.alertReceived = nil
    unsafe call.pointee.isTicketKeyKnown = false
    unsafe call.pointee.freshSession = nil
    ERR_clear_error()
  }
  /// Lends a region's free room to OpenSSL.
  func lend(_ region: borrowing Region, to call: UnsafeMutablePointer<Call>) {
    // SAFETY: the region outlives the call that is about to be made, and its room is `room` bytes behind `count`.
    unsafe call.pointee.output = unsafe region.memory.baseAddress.map { unsafe $0 + region.count }
    unsafe call.pointee.outputRoom = region.room
  }
  /// Takes back what was lent.
  func finish(_ call: UnsafeMutablePointer<Call>) {
    unsafe call.pointee.input = nil
    unsafe call.pointee.output = nil
    unsafe (call.pointee.inputCount, call.pointee.outputRoom) = (0, 0)
    unsafe call.pointee.secrets = nil
  }
  /// Has the key schedule put the secrets of a connection that was accepted where they stay.
  private func lendSecrets(_ context: TLSContext) {
    guard !isOpenSSLs else { return }
    // SAFETY: the secrets do not move, and are taken back when the call is over.
    unsafe withUnsafeMutableBytes(of: &secrets.pointee.reading.secret) {
      unsafe context.library.taken.pointee.client_secret = $0.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
    unsafe withUnsafeMutableBytes(of: &secrets.pointee.writing.secret) {
      unsafe context.library.taken.pointee.server_secret = $0.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
  }
  private func takeSecrets(_ context: TLSContext) {
    let taken = unsafe context.library.taken
    if unsafe taken.pointee.client_bytes > 0 { unsafe secrets.pointee.hasReading = true }
    if unsafe taken.pointee.server_bytes > 0 { unsafe secrets.pointee.hasWriting = true }
    unsafe taken.pointee = ctls_taken()
  }
  /// Why OpenSSL gave up.
  func failure(_ call: UnsafeMutablePointer<Call>) -> TLSFailure {
    let code = ERR_peek_error()
    let reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "the stream ended"
    ERR_clear_error()
    if let alert = unsafe call.pointee.alertReceived {
      return TLSFailure(.peer, TLSAlert(rawValue: alert), reason)
    }
    return unsafe TLSFailure(.us, call.pointee.alertSent.map { TLSAlert(rawValue: $0) }, reason)
  }

  private mutating func fail(_ context: TLSContext, _ failure: TLSFailure) -> HandshakeOutcome {
    context.counters.failed &+= 1
    countTicket(context, isResumed: false)
    (state, isClosed) = (.failed, true)
    dropOpenSSL()
    return .failed(failure)
  }

  /// Takes the keys over, or leaves the records to OpenSSL.
  private mutating func conclude(_ ssl: OpaquePointer, _ context: TLSContext) -> HandshakeOutcome {
    let verdict = unsafe countTicket(context, isResumed: SSL_session_reused(ssl) == 1)
    let details = unsafe TLSDetails(ssl, context, ticket: verdict)
    if details.isResumed { context.counters.resumed &+= 1 } else { context.counters.full &+= 1 }
    state = .open
    let limit = unsafe tls_fragment_limit_code(ssl)
    if limit > 0 { fragmentBytes = 256 << UInt16(limit) }
    let number = unsafe SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl))
    // An OpenSSL that derives secrets elsewhere than in our key schedule keeps its record layer.
    guard !isOpenSSLs, details.version == .tls13, let suite = CipherSuite(rawValue: number),
      unsafe secrets.pointee.hasReading && secrets.pointee.hasWriting
    else {
      isOpenSSLs = true
      unsafe tls_release_buffers(ssl)
      return .established(details)
    }
    unsafe require(SSL_has_pending(ssl) == 0, "OpenSSL reads no further than the handshake")
    self.suite = suite
    deriveKeys()
    unsafe secrets.pointee.writing.sequence = secrets.pointee.recordsWritten
    dropOpenSSL()
    return .established(details)
  }

  private func deriveKeys() {
    let numbers = Secrets.nextNumbers()
    // SAFETY: the fields of memory that is ours and does not move.
    unsafe KeySchedule.derive(&secrets.pointee.reading, for: suite, number: numbers)
    unsafe KeySchedule.derive(&secrets.pointee.writing, for: suite, number: numbers + 1)
  }

  @discardableResult
  private func countTicket(_ context: TLSContext, isResumed: Bool) -> TicketVerdict {
    let told = unsafe context.call.pointee.ticket
    unsafe context.call.pointee.ticket = .none
    let verdict = told == .accepted && !isResumed ? .unsuitable : told
    switch verdict {
    case .none, .accepted: break
    case .unknownKey: context.counters.ticketsOfUnknownKeys &+= 1
    case .tampered: context.counters.ticketsTampered &+= 1
    case .expired: context.counters.ticketsExpired &+= 1
    case .unsuitable: context.counters.ticketsUnsuitable &+= 1
    }
    return verdict
  }

  /// What resumes a connection to this server, once it has sent it; for connections that were opened.
  public mutating func takeTicket() -> [UInt8]? {
    defer { ticket = nil }
    return ticket
  }

  /// Wipes what a context keeps ready for this connection; for when it is closed.
  public func forget(in context: TLSContext) {
    unsafe context.ciphers.forget(&secrets.pointee.reading)
    unsafe context.ciphers.forget(&secrets.pointee.writing)
  }
}
