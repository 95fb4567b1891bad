internal import Bytes
internal import TLS

/// Connections that speak TLS: their handshakes, and their requests and answers in records.
extension Generator {
  /// Begins a handshake on a connection that was just opened.
  mutating func shakeHands(_ index: Int) {
    connections[index].state = .shaking
    shaking += 1
    channels[index].begin(security!, nowNs: nowNs)
    // SAFETY: no bytes.
    _ = unsafe goOn(index, UnsafeMutableRawBufferPointer(start: nil, count: 0))
  }

  /// Goes on with a handshake: how many of the bytes are used up, or `nil` when it failed.
  private mutating func goOn(_ index: Int, _ bytes: UnsafeMutableRawBufferPointer) -> Int? {
    channels[index].prepare(isSending: connections[index].isSending)
    // SAFETY: the caller lends the bytes for the call.
    let step = channels[index].handshake(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)))
    mark(index)
    switch step.outcome {
    case .hungry: break
    case .full:
      handshakeFailed(index, "a message that is too long")
      return nil
    case .failed(let failure):
      handshakeFailed(index, failure.description)
      return nil
    case .established(let details):
      shaking -= 1
      if details.isResumed { result.resumedHandshakes += 1 } else { result.fullHandshakes += 1 }
      result.handshake.record(nowNs - channels[index].beganNs)
      ready(index)
    }
    return step.consumed
  }
  /// Drops a connection that came to nothing.
  mutating func handshakeFailed(_ index: Int, _ why: String) {
    shaking -= 1
    result.errors.handshakes += 1
    if result.firstUnreadable == nil { result.firstUnreadable = why }
    tryLater(index)
  }

  /// Takes the answers in the records that a connection received.
  mutating func readRecords(_ index: Int, _ bytes: UnsafeMutableRawBufferPointer) {
    var position = 0
    if connections[index].state == .shaking {
      guard let used = unsafe goOn(index, bytes), channels[index].isEstablished else { return }
      position = used
    }
    let generation = connections[index].generation
    let context = security!.context
    // Bound: every pass uses up bytes, or ends the loop. Taking answers may end the connection.
    while connections[index].generation == generation, connections[index].state.isConnected {
      switch unsafe channels[index].open(bytes, at: &position, in: context) {
      case .data(let plaintext):
        guard connections[index].state == .open else { continue }
        // SAFETY: valid until the next record is opened, and the span does not leave the call.
        unsafe read(index, RawSpan(_unsafeBytes: plaintext))
      case .used:
        noteTicket(index)
        if channels[index].isOwing { mark(index) }
        return
      case .closed: return ended(index)
      case .failed(let failure): return giveUp(index, failure.description)
      }
    }
  }
  private mutating func noteTicket(_ index: Int) {
    guard security!.resumes, let ticket = channels[index].takeTicket() else { return }
    security!.ticket = ticket
  }

  /// Seals a connection's requests and hands them over, unless it is sending already.
  mutating func handOverSealed(_ index: Int) {
    guard !connections[index].isSending else { return }
    channels[index].prepare(isSending: false)
    let context = security!.context
    if channels[index].isOwing, channels[index].hasRoom { channels[index].seal(in: context) }
    while channels[index].hasRoom {
      if channels[index].wantsRequests {
        guard let requests = unsafe connections[index].takeSend() else { break }
        unsafe channels[index].take(requests)
      }
      channels[index].seal(in: context)
    }
    guard let bytes = unsafe channels[index].takeOutput() else { return }
    // Alone in its connection, a request's answer says that it was sent, and what went before it. A long one may be
    // answered before all of it is sent.
    let isSilent =
      connections[index].depth == 1 && connections[index].waiting > 0 && channels[index].wantsRequests
      && bytes.count <= TLSSession.plaintextBytesMax
    unsafe send(bytes, index, silent: isSilent)
  }
  mutating func send(_ bytes: UnsafeRawBufferPointer, _ index: Int, silent: Bool) {
    connections[index].isSending = !silent
    unsafe ring.send(bytes, on: connections[index].descriptor, token: token(.send, index), silent: silent)
    result.bytesOut &+= UInt64(bytes.count)
  }
}
