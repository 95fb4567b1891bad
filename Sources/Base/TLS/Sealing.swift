public import Bytes
internal import COpenSSL

/// Sealing what the peer gets.
extension TLSSession {
  /// What a record of ours adds to its plaintext: header, kind and tag.
  static var overheadBytes: Int { 5 + 1 + 16 }
  /// What a record of OpenSSL's adds at most, in the suites that are offered.
  static var foreignOverheadBytes: Int { 5 + 8 + 16 }
  /// An update of keys, or an alert.
  static var messageBytes: Int { overheadBytes + 5 }

  /// Makes room for plaintext: writes what is owed to the peer and a header's place, and keeps back what `seal` adds.
  ///
  /// What the application then appends to the region, up to its `room`, goes out as records when `seal` is called.
  public mutating func begin(_ region: inout Region, in context: TLSContext) {
    require(isEstablished && !isClosed && recordStart < 0, "plaintext follows the handshake, one record at a time")
    require(region.room >= Self.roomMin + unsent.count, "a region has room for a record")
    if !unsent.isEmpty {
      // SAFETY: a UInt8 has no padding that its bytes could show.
      unsafe region.append(unsent.span.bytes)
      unsent = []
    }
    if !isOpenSSLs { updateKeysIfOwed(&region, in: context) }
    recordStart = Int32(region.count)
    region.write(atMost: 5) {
      $0.append(UInt32(0)); $0.append(UInt8(0))
    }
    region.limitRoom(to: room(of: region))
  }

  /// How much plaintext fits such that every record it is cut into has room for what is added.
  private func room(of region: borrowing Region) -> Int {
    let free = region.room + 5
    let (fragment, overhead) = (Int(fragmentBytes), isOpenSSLs ? Self.foreignOverheadBytes : Self.overheadBytes)
    let whole = free / (fragment + overhead)
    let rest = max(free % (fragment + overhead) - overhead, 0)
    // OpenSSL's records go through a scratch that holds one of them and a half.
    let most = isOpenSSLs ? Self.plaintextBytesMax : Int.max
    return min(whole * fragment + rest, most)
  }

  /// Seals what was written since `begin`; nothing written is nothing sent.
  ///
  /// Cost: one AEAD in place for each record; a copy for OpenSSL's record layer and for plaintext beyond one record.
  public mutating func seal(_ region: inout Region, in context: TLSContext) {
    require(recordStart >= 0, "a record is sealed that was begun")
    let start = Int(recordStart)
    recordStart = -1
    region.releaseRoom()
    let count = region.count - start - 5
    require(count >= 0, "what was begun is still there")
    guard count > 0 else {
      region.count = start
      return
    }
    if isOpenSSLs { return sealWithOpenSSL(&region, from: start, count) }
    let fragment = Int(fragmentBytes)
    let records = (count + fragment - 1) / fragment
    region.count = start + count + records * Self.overheadBytes
    // SAFETY: the line before has checked that the region holds all records; each is moved to its place from the last
    // on, so that none overwrites plaintext that has not been moved.
    let base = unsafe region.memory.baseAddress! + start
    for index in stride(from: records - 1, to: 0, by: -1) {
      let length = min(fragment, count - index * fragment)
      let target = unsafe base + index * (fragment + Self.overheadBytes) + 5
      unsafe target.copyMemory(from: base + 5 + index * fragment, byteCount: length)
    }
    for index in 0..<records {
      let length = min(fragment, count - index * fragment)
      let record = unsafe base + index * (fragment + Self.overheadBytes)
      unsafe seal(record, length, kind: Self.applicationData, in: context)
    }
  }

  /// Seals one record whose plaintext stands behind the place of its header.
  ///
  /// Source: RFC 8446 §5.2.
  private func seal(_ record: UnsafeMutableRawPointer, _ count: Int, kind: UInt8, in context: TLSContext) {
    let keys = unsafe secrets
    let cipher = unsafe context.ciphers.cipher(&keys.pointee.writing, suite, isSealing: true)
    let bytes = unsafe record.assumingMemoryBound(to: UInt8.self)
    let length = count + 1 + 16
    unsafe (bytes[0], bytes[1], bytes[2]) = (Self.applicationData, 3, 3)
    unsafe (bytes[3], bytes[4]) = (UInt8(length >> 8), UInt8(length & 0xFF))
    unsafe bytes[5 + count] = kind
    var nonce = unsafe Nonce(keys.pointee.writing)
    let isDone = unsafe withUnsafeBytes(of: &nonce) { nonce in
      unsafe tls_aead_seal(
        cipher,
        nonce.baseAddress!.assumingMemoryBound(to: UInt8.self),
        bytes,
        bytes + 5,
        Int32(count + 1)
      )
    }
    require(isDone == 1, "the library seals a record")
    unsafe keys.pointee.writing.sequence &+= 1
  }

  /// Seals a short message.
  private func sealMessage(_ content: StaticMessage, kind: UInt8, _ region: inout Region, in context: TLSContext) {
    let start = region.count
    region.count = start + Self.overheadBytes + content.count
    // SAFETY: the line before has checked that the region holds the record.
    let record = unsafe region.memory.baseAddress! + start
    for index in 0..<content.count { unsafe (record + 5 + index).storeBytes(of: content.bytes[index], as: UInt8.self) }
    unsafe seal(record, content.count, kind: kind, in: context)
  }
  /// An alert or an update of keys.
  private struct StaticMessage {
    var bytes: InlineArray<5, UInt8>
    var count: Int
  }

  /// Answers a wish for another key, or takes another because this one has been used enough.
  ///
  /// Source: RFC 8446 §4.6.3, §5.5.
  private mutating func updateKeysIfOwed(_ region: inout Region, in context: TLSContext) {
    let sequence = unsafe secrets.pointee.writing.sequence
    guard owesKeyUpdate || sequence >= context.settings.recordsPerKey else { return }
    let asks: UInt8 = wantsKeyUpdate ? 1 : 0
    let message = StaticMessage(bytes: [24, 0, 0, 1, asks], count: 5)
    sealMessage(message, kind: Self.handshakeKind, &region, in: context)
    owesKeyUpdate = false
    unsafe context.ciphers.forget(&secrets.pointee.writing)
    let number = Secrets.nextNumbers() + 1
    unsafe KeySchedule.update(&secrets.pointee.writing, for: suite, number: number)
    context.counters.keyUpdates &+= 1
  }

  /// Asks for new keys in both directions with the next record.
  public mutating func updateKeys() {
    require(isEstablished && !isOpenSSLs, "keys are updated once there are some of our own")
    (owesKeyUpdate, wantsKeyUpdate) = (true, true)
  }

  /// Says the last word: why the connection failed, or that nothing more will be sent; nothing the second time.
  ///
  /// What was received later can still be opened unless the connection failed.
  public mutating func close(into region: inout Region, in context: TLSContext) {
    require(recordStart < 0, "a record that was begun is sealed first")
    guard !isClosed, state != .handshaking else { return }
    isClosed = true
    require(region.room >= Self.roomMin + unsent.count, "a region has room for an alert")
    if isOpenSSLs { return closeWithOpenSSL(&region) }
    let alert = alert ?? .closeNotify
    let level: UInt8 = alert == .closeNotify ? 1 : 2
    let message = StaticMessage(bytes: [level, alert.rawValue, 0, 0, 0], count: 2)
    sealMessage(message, kind: Self.alertKind, &region, in: context)
  }

  private func sealWithOpenSSL(_ region: inout Region, from start: Int, _ count: Int) {
    guard let ssl = unsafe ssl, let origin else { broken("OpenSSL's half lives as long as its connection") }
    let call = unsafe origin.call
    // SAFETY: OpenSSL may cut it into several records, so it reads from a copy while it writes to the region.
    let copy = unsafe origin.scratch.baseAddress!
    unsafe copy.copyMemory(from: region.memory.baseAddress! + start + 5, byteCount: count)
    region.count = start
    unsafe begin(call, utcSeconds: call.pointee.utcSeconds)
    unsafe lend(region, to: call)
    let written = unsafe SSL_write(ssl, copy, Int32(count))
    unsafe region.count += call.pointee.outputCount
    unsafe finish(call)
    require(Int(written) == count, "a region that `begin` measured holds what is sealed")
  }
  private mutating func closeWithOpenSSL(_ region: inout Region) {
    guard let ssl = unsafe ssl, let origin else { broken("OpenSSL's half lives as long as its connection") }
    if !unsent.isEmpty {
      unsafe region.append(unsent.span.bytes)
      unsent = []
    }
    guard state != .failed else { return }
    let call = unsafe origin.call
    unsafe begin(call, utcSeconds: call.pointee.utcSeconds)
    unsafe lend(region, to: call)
    _ = unsafe SSL_shutdown(ssl)
    unsafe region.count += call.pointee.outputCount
    unsafe finish(call)
    ERR_clear_error()
  }
}
