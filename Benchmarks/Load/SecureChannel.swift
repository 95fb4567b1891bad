internal import Bytes
internal import Glibc
internal import TLS

/// The TLS half of one connection: its session, what it has to send, and a record that has come in part.
///
///     output: in the kernel's hands | sealed, to be sent | room
///
/// What the kernel may still be reading is never written to: `prepare` starts at the front only when nothing is on its
/// way.
@safe struct SecureChannel: ~Copyable {
  /// What opening received bytes came to.
  @safe enum Opened {
    /// Plaintext, valid until the next call.
    case data(UnsafeRawBufferPointer)
    /// Everything is used up.
    case used
    /// The server will send nothing more.
    case closed
    case failed(TLSFailure)
  }
  private static let outputBytes = 64 << 10
  /// Less room than this is not worth a record.
  private static let roomMin = 8 << 10
  private static let recordBytes = 20 << 10

  private var session: TLSSession?
  private var output: Region
  /// How much of the output the kernel was given.
  private var handed = 0
  private var record: Region
  /// How many bytes the record that is being gathered has; 0 when there is none.
  private var needed = 0
  /// Requests that are to be sealed.
  private var plaintext = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// When the handshake began.
  private(set) var beganNs: UInt64 = 0

  /// The channel of a connection's place.
  ///
  /// Cost: address space; memory once it is used.
  init(_ index: Int) {
    output = Region(id: RegionID(rawValue: UInt32(index)), byteCount: Self.outputBytes)
    record = Region(id: RegionID(rawValue: UInt32(index)), byteCount: Self.recordBytes)
  }

  /// Begins a session on a fresh connection.
  mutating func begin(_ security: Security, nowNs: UInt64) {
    let ticket = security.resumes ? security.ticket : nil
    session = TLSSession(connecting: security.context, to: security.serverName, resuming: ticket)
    unsafe plaintext = UnsafeRawBufferPointer(start: nil, count: 0)
    (output.count, handed, needed, beganNs) = (0, 0, 0, nowNs)
  }
  /// Whether its handshake is over.
  var isEstablished: Bool {
    switch session {
    case .some(let session): session.isEstablished
    case .none: false
    }
  }

  /// Goes on with the handshake.
  mutating func handshake(_ bytes: RawSpan) -> TLSSession.HandshakeStep {
    session!.handshake(bytes, into: &output, utcSeconds: Int64(time(nil)))
  }
  /// What resumes another connection, if it has come.
  mutating func takeTicket() -> [UInt8]? { session!.takeTicket() }

  /// Opens the next record that brings plaintext.
  mutating func open(_ bytes: UnsafeMutableRawBufferPointer, at position: inout Int, in context: TLSContext) -> Opened {
    // Bound: every pass uses up bytes, or learns how long the record is.
    while position < bytes.count {
      if needed > 0 {
        let count = min(needed - record.count, bytes.count - position)
        // SAFETY: `count` bytes are left behind `position`.
        unsafe record.append(RawSpan(_unsafeStart: bytes.baseAddress! + position, byteCount: count))
        position += count
        guard record.count == needed else { return .used }
        if let opened = openGathered(in: context) { return opened }
        continue
      }
      // SAFETY: the caller lends the bytes for the call.
      var span = unsafe MutableRawSpan(_unsafeStart: bytes.baseAddress!, byteCount: bytes.count)
      switch session!.open(&span, at: &position, in: context) {
      case .data(let range): return unsafe .data(UnsafeRawBufferPointer(rebasing: bytes[range]))
      case .closed: return .closed
      case .failed(let failure): return .failed(failure)
      case .hungry(let count):
        guard position < bytes.count else { return .used }
        (record.count, needed) = (0, count)
      }
    }
    return .used
  }
  /// Opens the record that was gathered; `nil` when it turns out longer, or brings nothing.
  private mutating func openGathered(in context: TLSContext) -> Opened? {
    var position = 0
    switch session!.open(&record, at: &position, in: context) {
    case .data(let range):
      needed = 0
      return unsafe .data(UnsafeRawBufferPointer(rebasing: record.memory[range]))
    case .closed: return .closed
    case .failed(let failure): return .failed(failure)
    case .hungry(let count):
      needed = position == 0 ? count : 0
      return nil
    }
  }

  /// Makes room in the output if all of it is sent.
  mutating func prepare(isSending: Bool) {
    if !isSending, handed == output.count { (output.count, handed) = (0, 0) }
  }
  /// Whether a record has room.
  var hasRoom: Bool { output.room >= Self.roomMin }
  /// Whether all requests are sealed that were given.
  var wantsRequests: Bool { unsafe plaintext.isEmpty }
  /// Takes requests to be sealed; they stay as they are until then.
  mutating func take(_ requests: UnsafeRawBufferPointer) {
    require(unsafe plaintext.isEmpty, "requests are sealed in their order")
    unsafe plaintext = requests
  }
  /// Whether there is something to say beside requests.
  var isOwing: Bool {
    switch session {
    case .some(let session): session.isOwing
    case .none: false
    }
  }
  /// Seals requests, as many as a record and the output have room for; what is owed to the server goes first.
  mutating func seal(in context: TLSContext) {
    session!.begin(&output, in: context)
    let count = unsafe min(output.room, plaintext.count)
    if count > 0 {
      // SAFETY: `count` bytes are left, and the connection keeps them until they are answered.
      unsafe output.append(RawSpan(_unsafeStart: plaintext.baseAddress!, byteCount: count))
      unsafe plaintext = UnsafeRawBufferPointer(rebasing: plaintext[count...])
    }
    session!.seal(&output, in: context)
  }
  /// Says that nothing more will be sent; nothing the second time.
  mutating func sayGoodbye(in context: TLSContext) {
    session!.close(into: &output, in: context)
  }
  /// What is to be sent, if anything is.
  mutating func takeOutput() -> UnsafeRawBufferPointer? {
    guard handed < output.count else { return nil }
    defer { handed = output.count }
    return unsafe UnsafeRawBufferPointer(rebasing: output.memory[handed..<output.count])
  }
}
