internal import Bytes
internal import COpenSSL
internal import Synchronization

/// Everything the TLS connections of one shard share: certificates, ticket keys, ciphers, counters.
///
/// It belongs to one thread, on which it also ends, and so do its sessions: OpenSSL keeps random generators for each
/// thread. Making it does not bind it to a thread. A reload makes another: sessions whose handshake is under way keep
/// the one they began with, established ones work with either.
@safe public final class TLSContext {
  /// Which side of a connection it is for.
  public enum Role: Sendable {
    /// Accepts connections.
    case server
    /// Opens them.
    case client
  }
  /// Which side it is for.
  public let role: Role
  let settings: TLSSettings
  let library: Library
  let wire: WireMethod
  let ciphers: CipherCache
  let names: NameTable
  let protocols: ProtocolTable
  var verified: VerifiedCertificates
  let ticketCipher: OpaquePointer
  /// OpenSSL's contexts: the default first, then one a set of identities that share a name.
  private(set) var contexts: [OpaquePointer] = unsafe []
  /// What OpenSSL shows which of these contexts' clients about the state of its certificate.
  private(set) var stapled: [(certificate: OpaquePointer, response: [UInt8])] = unsafe []
  let call: UnsafeMutablePointer<Call>
  /// Room for what OpenSSL's own record layer can't write in place.
  var scratch: UnsafeMutableRawBufferPointer { unsafe pages.memory }
  private let pages = PrivatePages(byteCount: TLSContext.scratchBytes)
  private(set) var ticketKeys: TicketKeys
  /// What happened since it was made.
  public internal(set) var counters = TLSCounters()

  /// A record's plaintext and what a record of OpenSSL's adds to it, twice: for one that goes out and an answer to it.
  static let scratchBytes = 2 * (TLSSession.plaintextBytesMax + 512)

  /// Makes a context for connections that are accepted.
  ///
  /// Cost: milliseconds, and more for each identity; not to be made on the thread of a shard that serves.
  /// Throws: what is wrong with which file; a server without an identity is the caller's fault.
  public convenience init(server settings: TLSSettings) throws(TLSMistake) {
    require(!settings.identities.isEmpty, "a server has an identity")
    try self.init(.server, settings, trusting: settings.clientCertificates.trust)
  }
  /// Makes a context for connections that are opened to servers that `trust` vouches for.
  ///
  /// Throws: what is wrong with which file.
  public convenience init(client settings: TLSSettings, trusting trust: Trust) throws(TLSMistake) {
    try self.init(.client, settings, trusting: trust)
  }
  /// Makes a context for connections that are opened to whoever answers, for measurements: nothing says who that is.
  ///
  /// Throws: what is wrong with which file.
  public convenience init(clientTrustingAnybody settings: TLSSettings) throws(TLSMistake) {
    try self.init(.client, settings, trusting: nil)
  }

  private init(_ role: Role, _ settings: TLSSettings, trusting trust: Trust?) throws(TLSMistake) {
    (self.role, self.settings) = (role, settings)
    library = Library()
    wire = WireMethod()
    ciphers = CipherCache(library, connections: settings.readyCiphers)
    names = NameTable(settings.identities)
    protocols = ProtocolTable(settings.applicationProtocols)
    verified = VerifiedCertificates(count: settings.verifiedCertificates, seconds: settings.verifiedSeconds)
    unsafe ticketCipher = unsafe library.cipher("AES-256-CBC")
    ticketKeys = TicketKeys(current: .random(createdSeconds: 0))
    unsafe call = .allocate(capacity: 1)
    unsafe call.initialize(to: Call())
    unsafe call.pointee.context = unsafe Unmanaged.passUnretained(self)
    var builder = unsafe ContextBuilder(role, settings, library: library, call: call, protocols: protocols)
    defer { builder.finish() }
    try builder.trust(trust)
    let groups = role == .server ? names.groups : [Array(settings.identities.indices)]
    for group in groups {
      let made = try builder.make(group.map { settings.identities[$0] }, isDefault: unsafe contexts.isEmpty)
      unsafe contexts.append(made.context)
      unsafe stapled += made.stapled
    }
    // What OpenSSL keeps for a thread it would clean up when the thread ends, even if the context is long gone.
    unsafe OPENSSL_thread_stop_ex(library.pointer)
  }
  // SAFETY: made by `init`; sessions, which refer to them, keep this object.
  deinit {
    unsafe contexts.forEach { unsafe SSL_CTX_free($0) }
    unsafe EVP_CIPHER_free(ticketCipher)
    unsafe call.deinitialize(count: 1)
    unsafe call.deallocate()
    unsafe OPENSSL_cleanse(scratch.baseAddress, scratch.count)
  }

  /// Seals and opens tickets with these keys from here on.
  ///
  /// Until it is told, a context has a key of its own that nobody else knows.
  public func adopt(_ keys: TicketKeys) { ticketKeys = keys }

  /// Records for which a cipher had to be set up because its connection had none ready.
  public var ciphersSetUp: UInt64 { ciphers.misses }

  /// A connection's half of OpenSSL, with a stream that reads and writes what the call under way lends.
  func makeConnection() -> OpaquePointer {
    let ssl = unsafe SSL_new(contexts[0])
    let stream = unsafe BIO_new(wire.pointer)
    unsafe require(ssl != nil && stream != nil, "the library has memory")
    unsafe BIO_set_data(stream, call)
    unsafe SSL_set_bio(ssl, stream, stream)
    unsafe tls_set_call(ssl!, call)
    return unsafe ssl!
  }
}

/// What happened in a context since it was made.
public struct TLSCounters: BitwiseCopyable, Sendable {
  /// Handshakes with a certificate.
  public var full: UInt64 = 0
  /// Handshakes that went on from a ticket.
  public var resumed: UInt64 = 0
  /// Tickets of a key we do not have.
  public var ticketsOfUnknownKeys: UInt64 = 0
  /// Tickets that were not sealed with the key they name.
  public var ticketsTampered: UInt64 = 0
  /// Tickets that were too old.
  public var ticketsExpired: UInt64 = 0
  /// Tickets that are right but of no use here: another version, another policy for clients' certificates.
  public var ticketsUnsuitable: UInt64 = 0
  /// Tickets that were opened by a key that is not the current one, and replaced.
  public var ticketsRenewed: UInt64 = 0
  /// Handshakes that failed.
  public var failed: UInt64 = 0
  /// Client certificates that were verified.
  public var certificatesVerified: UInt64 = 0
  /// Client certificates that had been verified a short time before.
  public var certificatesRemembered: UInt64 = 0
  /// Updates of keys, by either side.
  public var keyUpdates: UInt64 = 0
  /// Nothing yet.
  public init() {}

  /// Adds another context's.
  public mutating func add(_ other: TLSCounters) {
    full &+= other.full
    resumed &+= other.resumed
    ticketsOfUnknownKeys &+= other.ticketsOfUnknownKeys
    ticketsTampered &+= other.ticketsTampered
    ticketsExpired &+= other.ticketsExpired
    ticketsUnsuitable &+= other.ticketsUnsuitable
    ticketsRenewed &+= other.ticketsRenewed
    failed &+= other.failed
    certificatesVerified &+= other.certificatesVerified
    certificatesRemembered &+= other.certificatesRemembered
    keyUpdates &+= other.keyUpdates
  }
}

/// What became of a client's ticket.
public enum TicketVerdict: UInt8, Sendable {
  /// It had none.
  case none
  /// The connection goes on from it.
  case accepted
  /// It names a key we do not have.
  case unknownKey
  /// It was not sealed with the key it names.
  case tampered
  /// It is too old.
  case expired
  /// It is right but of no use here.
  case unsuitable
}

/// A context on its way to the thread that it will belong to.
///
/// Made where time does not matter, taken once.
public final class PreparedContext: Sendable {
  private let context: Mutex<TLSContext?>
  /// Puts a context in.
  public init(_ context: consuming sending TLSContext) {
    // The library notes what it keeps for a thread, such as random generators, with the thread. The context will end on
    // another one: what this one noted would be looked for in freed memory when it, or the process, ends.
    context.library.leaveThread()
    self.context = Mutex(context)
  }
  /// Takes it out; `nil` once it has been taken.
  public func take() -> sending TLSContext? {
    context.withLock { held in
      let taken = held
      held = nil
      return taken
    }
  }
}
