public import Bytes
internal import COpenSSL

/// Opening what the peer sends.
extension TLSSession {
  /// Opens the next record that brings plaintext, in place.
  ///
  /// - Parameters:
  ///   - bytes: what was received; the record's ciphertext is replaced by its plaintext.
  ///   - position: where the next record begins; moved behind every record that is used up.
  ///   - context: the shard's.
  /// - Returns: where the plaintext lies, or why there is none. Cost: one AEAD, no copy.
  public mutating func open(
    _ bytes: inout MutableRawSpan,
    at position: inout Int,
    in context: TLSContext
  ) -> Opened {
    unsafe bytes.withUnsafeMutableBytes { unsafe open($0, at: &position, in: context) }
  }

  /// The same for a region, in which a record was gathered from several buffers.
  public mutating func open(_ region: inout Region, at position: inout Int, in context: TLSContext) -> Opened {
    unsafe open(UnsafeMutableRawBufferPointer(rebasing: region.memory[0..<region.count]), at: &position, in: context)
  }

  private mutating func open(
    _ bytes: UnsafeMutableRawBufferPointer,
    at position: inout Int,
    in context: TLSContext
  ) -> Opened {
    require(position >= 0 && position <= bytes.count, "records lie within their bytes")
    while state == .open {
      let rest = bytes.count &- position
      guard rest >= 5, let start = bytes.baseAddress else { return .hungry(5) }
      // SAFETY: the guards here and below keep the record within the bytes.
      let record = unsafe start + position
      let kind = unsafe record.load(as: UInt8.self)
      let body =
        unsafe Int(record.load(fromByteOffset: 3, as: UInt8.self)) << 8
        | Int(record.load(fromByteOffset: 4, as: UInt8.self))
      if let refusal = refusal(kind: kind, body: body) { return fail(refusal) }
      guard rest >= 5 &+ body else { return .hungry(5 &+ body) }
      let offset = position
      position &+= 5 &+ body
      let opened = unsafe isOpenSSLs ? openWithOpenSSL(record, 5 &+ body) : open(record, body, in: context)
      switch opened {
      case .plaintext(let count, let skipped):
        idleRecords = 0
        return .data((offset &+ skipped)..<(offset &+ skipped &+ count))
      case .nothing:
        idleRecords &+= 1
        if idleRecords > Self.idleRecordsMax {
          return fail(TLSFailure(.us, .unexpectedMessage, "too many records in a row that bring nothing"))
        }
      case .closed: state = .peerDone
      case .refused(let failure): return fail(failure)
      }
    }
    if state == .peerDone { return .closed }
    require(state == .failed, "records are opened once the handshake is over")
    return .failed(TLSFailure(.us, alert, "the connection has failed before"))
  }

  /// What one record brought.
  enum Record {
    case plaintext(count: Int, skipped: Int)
    /// Nothing for the application.
    case nothing
    case closed
    case refused(TLSFailure)
  }
  static var idleRecordsMax: UInt8 { 32 }

  /// Whether a header alone is reason enough to end the connection.
  ///
  /// The version is read by nobody: RFC 8446 §5.1.
  private func refusal(kind: UInt8, body: Int) -> TLSFailure? {
    guard !isOpenSSLs else {
      guard body <= Self.recordBytesMax - 5 else { return TLSFailure(.us, .recordOverflow, "an oversized record") }
      return kind >= 20 && kind <= 23 ? nil : TLSFailure(.us, .unexpectedMessage, "a record of an unknown kind")
    }
    guard kind == Self.applicationData else {
      return TLSFailure(.us, .unexpectedMessage, "a record that is not encrypted")
    }
    guard body <= Self.plaintextBytesMax + 256 else { return TLSFailure(.us, .recordOverflow, "an oversized record") }
    guard body >= 17 else { return TLSFailure(.us, .badRecordMAC, "a record too short to be one") }
    return nil
  }

  private mutating func fail(_ failure: TLSFailure) -> Opened {
    state = .failed
    if failure.origin == .us, !isOpenSSLs { alert = failure.alert }
    if isOpenSSLs, failure.origin == .us, unsent.isEmpty, alert == nil { alert = failure.alert }
    if failure.origin == .peer { isClosed = true }
    return .failed(failure)
  }

  static var changeCipherSpec: UInt8 { 20 }
  static var alertKind: UInt8 { 21 }
  static var handshakeKind: UInt8 { 22 }
  static var applicationData: UInt8 { 23 }
  static var keyUpdateKind: UInt32 { 24 }

  /// Opens one whole record with our own keys.
  ///
  /// Source: RFC 8446 §5.2.
  private mutating func open(_ record: UnsafeMutableRawPointer, _ body: Int, in context: TLSContext) -> Record {
    let keys = unsafe secrets
    let cipher = unsafe context.ciphers.cipher(&keys.pointee.reading, suite, isSealing: false)
    let header = unsafe record.assumingMemoryBound(to: UInt8.self)
    let count = body &- 16
    var nonce = unsafe Nonce(keys.pointee.reading)
    let isRight = unsafe withUnsafeBytes(of: &nonce) { nonce in
      unsafe tls_aead_open(
        cipher,
        nonce.baseAddress!.assumingMemoryBound(to: UInt8.self),
        header,
        header + 5,
        Int32(count),
        header + 5 + count
      )
    }
    guard isRight == 1 else {
      ERR_clear_error()
      return .refused(TLSFailure(.us, .badRecordMAC, "a record that was not sealed with the peer's key"))
    }
    unsafe keys.pointee.reading.sequence &+= 1
    if unsafe keys.pointee.reading.sequence >= context.settings.recordsPerKey, !wantsKeyUpdate { askForKeyUpdate() }
    var end = count &- 1
    // Padding follows the kind, which is never 0. Bound: the record.
    while end >= 0, unsafe header[5 &+ end] == 0 { end &-= 1 }
    guard end >= 0 else { return .refused(TLSFailure(.us, .unexpectedMessage, "a record without a kind")) }
    guard end <= Self.plaintextBytesMax else {
      return .refused(TLSFailure(.us, .recordOverflow, "oversized plaintext"))
    }
    let kind = unsafe header[5 &+ end]
    if kind == Self.applicationData {
      guard partialCount == 0 else {
        return .refused(TLSFailure(.us, .unexpectedMessage, "data within a message of the handshake"))
      }
      return end > 0 ? .plaintext(count: end, skipped: 5) : .nothing
    }
    let content = unsafe UnsafeBufferPointer(start: header + 5, count: end)
    return unsafe kind == Self.alertKind ? takeAlert(content) : takeMessage(kind, content, in: context)
  }

  /// Source: RFC 8446 §6: whatever is not a way of saying goodbye ends the connection.
  private func takeAlert(_ content: UnsafeBufferPointer<UInt8>) -> Record {
    guard content.count == 2, partialCount == 0 else {
      return .refused(TLSFailure(.us, .decodeError, "an alert of \(content.count) bytes"))
    }
    switch unsafe TLSAlert(rawValue: content[1]) {
    case .closeNotify: return .closed
    case .userCanceled: return .nothing
    case let alert: return .refused(TLSFailure(.peer, alert, "alert"))
    }
  }

  /// A message behind the handshake: of these a server knows one, that of a new key.
  ///
  /// Source: RFC 8446 §4.6.3. It may come in pieces, but nothing may follow it in its record, since the key changes.
  private mutating func takeMessage(_ kind: UInt8, _ content: UnsafeBufferPointer<UInt8>, in context: TLSContext)
    -> Record
  {
    guard kind == Self.handshakeKind, content.count > 0 else {
      return .refused(TLSFailure(.us, .unexpectedMessage, "a record of kind \(kind) after the handshake"))
    }
    var position = 0
    while position < content.count, partialCount < 4 {
      partialMessage = unsafe partialMessage << 8 | UInt32(content[position])
      partialCount += 1
      position += 1
      // The first byte says what it is, the other three how long it is.
      let expected = Self.keyUpdateKind << 24 | 1
      guard partialMessage == expected >> UInt32(8 * (4 - Int(partialCount))) else {
        return .refused(TLSFailure(.us, .unexpectedMessage, "a message that only a handshake may bring"))
      }
    }
    guard position < content.count else { return .nothing }
    guard position + 1 == content.count else {
      return .refused(TLSFailure(.us, .unexpectedMessage, "something behind an update of keys, in the same record"))
    }
    let request = unsafe content[position]
    guard request <= 1 else {
      return .refused(TLSFailure(.us, .illegalParameter, "an update of keys of kind \(request)"))
    }
    (partialMessage, partialCount) = (0, 0)
    unsafe context.ciphers.forget(&secrets.pointee.reading)
    let number = Secrets.nextNumbers()
    unsafe KeySchedule.update(&secrets.pointee.reading, for: suite, number: number)
    context.counters.keyUpdates &+= 1
    wantsKeyUpdate = false
    if request == 1 { owesKeyUpdate = true }
    return .nothing
  }

  /// Asks the peer for a key of its own with our next record.
  private mutating func askForKeyUpdate() { (owesKeyUpdate, wantsKeyUpdate) = (true, true) }

  /// Has OpenSSL open one whole record; the plaintext takes its place.
  private mutating func openWithOpenSSL(_ record: UnsafeMutableRawPointer, _ count: Int) -> Record {
    guard let ssl = unsafe ssl, let origin else { broken("OpenSSL's half lives as long as its connection") }
    let call = unsafe origin.call
    unsafe begin(call, utcSeconds: call.pointee.utcSeconds)
    // SAFETY: the record lies within the caller's bytes, and OpenSSL has read all of it into memory of its own before
    // it writes the plaintext, which is shorter. What it wants to send goes to the context's scratch.
    unsafe call.pointee.input = UnsafeRawPointer(record)
    unsafe call.pointee.inputCount = count
    unsafe call.pointee.output = unsafe origin.scratch.baseAddress
    unsafe call.pointee.outputRoom = unsafe origin.scratch.count
    let result = unsafe SSL_read(ssl, record, Int32(count))
    let error = unsafe result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
    unsafe unsent += origin.scratch[0..<call.pointee.outputCount]
    ticket = unsafe call.pointee.freshSession ?? ticket
    let isWhole = unsafe call.pointee.inputPosition == count
    let failure = unsafe error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL ? failure(call) : nil
    unsafe finish(call)
    switch error {
    case SSL_ERROR_NONE where isWhole && unsent.count <= Self.unsentMax:
      return .plaintext(count: Int(result), skipped: 0)
    case SSL_ERROR_WANT_READ where isWhole && unsent.count <= Self.unsentMax: return .nothing
    case SSL_ERROR_ZERO_RETURN: return .closed
    default:
      return .refused(failure ?? TLSFailure(.us, nil, "more to answer than a connection may cause"))
    }
  }
  static var unsentMax: Int { 4096 }
}

/// The nonce of one record: the sequence number over the end of the connection's own.
///
/// Source: RFC 8446 §5.3.
struct Nonce {
  private var bytes: InlineArray<12, UInt8>

  @inline(__always) init(_ keys: TrafficKeys) {
    bytes = keys.nonceBase
    // SAFETY: eight of the twelve bytes.
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      let end = unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
      unsafe bytes.storeBytes(of: end ^ keys.sequence.bigEndian, toByteOffset: 4, as: UInt64.self)
    }
  }
}
