internal import Bytes
internal import CHost
internal import Glibc
public import World

/// What became of it: completions of the ring, turned into the shard's.
extension Host {
  /// Takes the next finished operation, or `nil` when none is ready.
  public mutating func next() -> Completion? {
    if let found {
      self.found = nil
      return found
    }
    return pull()
  }

  /// The next completion that concerns the shard.
  mutating func pull() -> Completion? {
    if bundle != nil { return nextOfBundle() }
    if let (listener, reason) = endedListener {
      endedListener = nil
      return .acceptEnded(listener, reason)
    }
    if isWoken {
      isWoken = false
      return .woken
    }
    if hasProgress {
      if let (segment, throughBytes) = segments.nextPrepared() { return .prepared(segment, throughBytes: throughBytes) }
      hasProgress = false
    }
    while let finished = ring.next() {
      if let completion = translate(finished) { return completion }
    }
    return nil
  }

  private mutating func translate(_ finished: Ring.Finished) -> Completion? {
    let token = Token(bits: finished.token)
    switch token.kind {
    case .accept: return accepted(ListenerID(rawValue: token.subject), finished)
    case .receive: return received(token, finished)
    case .send, .write, .read: return transferred(Int(token.middle), finished.result)
    case .timeout:
      isTiming = false
      return .elapsed
    case .close:
      let connection = ConnectionID(rawValue: token.subject)
      require(connections[connection].generation == token.middle, "a connection is closed once")
      require(finished.result != -EBADF, "what is closed was open")
      connections.release(connection)
      return .closed(connection)
    case .event:
      readEvent()
      return nil
    case .message:
      // The shard has ended, or its queue has no room: its event tells it just as well.
      if finished.result < 0 { wakes.word(of: ShardID(rawValue: UInt16(token.subject))).event.signal() }
      return nil
    case .cancel, .kick: return nil
    }
  }

  private mutating func accepted(_ listener: ListenerID, _ finished: Ring.Finished) -> Completion? {
    let index = Int(listener.rawValue)
    var admitted: ConnectionID?
    if finished.result >= 0 {
      admitted = connections.admit(finished.result)
      if admitted == nil {
        counted.acceptsRefused &+= 1
        _ = Glibc.close(finished.result)
      }
      // Whoever comes next waits in the kernel's queue until the shard accepts again.
      if connections.isFull {
        for other in 0..<listeners.count { endAccept(ListenerID(rawValue: UInt32(other)), -EMFILE) }
      }
    }
    listeners[index].accepts -= 1
    let reason = endOfAccept(finished.result)
    if reason != 0 { endAccept(listener, reason) }
    let ending = listeners[index].ending
    if ending == 0 {
      acceptMore(on: listener)
    } else if listeners[index].accepts == 0 {
      if ending == -EMFILE || ending == -ENFILE { counted.acceptsExhausted &+= 1 }
      listeners[index] = ListenerState()
      guard admitted != nil else { return .acceptEnded(listener, ending) }
      endedListener = (listener, ending)
    }
    return admitted.map { .accepted($0, on: listener) }
  }
  /// Why an accept ended by itself: 0 when it may just go on, as after a client that left before it was accepted.
  private func endOfAccept(_ result: Int32) -> Int32 {
    switch -result {
    case ECONNABORTED, EINTR, EAGAIN, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH: 0
    default: min(0, result)
    }
  }

  private mutating func received(_ token: Token, _ finished: Ring.Finished) -> Completion? {
    let connection = ConnectionID(rawValue: token.subject)
    guard connections[token.subject].generation == token.middle, connections[token.subject].isReceiving else {
      counted.stale &+= 1
      discard(finished)
      return nil
    }
    if !finished.hasMore { connections[connection].isReceiving = false }
    guard finished.result > 0 else {
      discard(finished)
      switch -finished.result {
      case ENOBUFS:
        counted.starvations &+= 1
        return .starved(connection)
      case EINTR, EAGAIN:
        if !connections[connection].isReceiving { receive(on: connection) }
        return nil
      default: return .receiveEnded(connection, finished.result)
      }
    }
    guard let buffer = finished.buffer else { broken("the kernel names the buffer it filled") }
    pool.take(buffer)
    let count = Int(finished.result)
    if count <= pool.bufferBytes {
      return .received(connection, BufferID(rawValue: buffer), count: count, more: finished.hasMore)
    }
    counted.bundles &+= 1
    bundle = Bundle(connection: connection, left: count - pool.bufferBytes, more: finished.hasMore)
    return .received(connection, BufferID(rawValue: buffer), count: pool.bufferBytes, more: true)
  }
  private mutating func nextOfBundle() -> Completion? {
    guard var rest = bundle else { return nil }
    let buffer = pool.following
    pool.take(buffer)
    let count = min(rest.left, pool.bufferBytes)
    rest.left -= count
    bundle = rest.left > 0 ? rest : nil
    return .received(
      rest.connection,
      BufferID(rawValue: buffer),
      count: count,
      more: rest.left > 0 || rest.more
    )
  }
  /// Gives back the buffers of a completion that nobody wants.
  private mutating func discard(_ finished: Ring.Finished) {
    guard var buffer = finished.buffer else { return }
    var left = Int(max(1, finished.result))
    while left > 0 {
      pool.take(buffer)
      pool.recycle(buffer)
      left -= pool.bufferBytes
      buffer = pool.following
    }
  }

  private mutating func transferred(_ index: Int, _ result: Int32) -> Completion? {
    let (kind, goal) = (transfers[index].kind, transfers[index].goal)
    require(kind != .none, "a transfer that completes was under way")
    if result > 0 {
      let before = transfers[index].done
      transfers[index].done += Int(result)
      require(transfers[index].done <= goal, "the kernel moves no more bytes than it was asked to")
      if transfers[index].done == goal { return finish(index, Int32(goal)) }
      // A file is read and written block by block: a block that was cut is done again.
      if kind != .send { transfers[index].done -= transfers[index].done % blockBytes }
      if transfers[index].done == before { return setBack(index, -EIO) }
      counted.resumptions &+= 1
      queue(index)
      return nil
    }
    switch -result {
    case EINTR, EAGAIN: return setBack(index, result)
    case 0: return finish(index, kind == .write ? -EIO : Int32(transfers[index].done))
    default:
      // Of a broken connection the shard learns how far it came; of a file, that nothing can be relied upon.
      let (isSend, done) = (kind == .send, transfers[index].done)
      return finish(index, isSend && done > 0 ? Int32(done) : result)
    }
  }
  /// Tries once more what got nowhere, unless that has been tried often enough.
  private mutating func setBack(_ index: Int, _ result: Int32) -> Completion? {
    transfers[index].setbacks += 1
    guard transfers[index].setbacks < 1000 else { return finish(index, result) }
    counted.resumptions &+= 1
    queue(index)
    return nil
  }
  private mutating func finish(_ index: Int, _ result: Int32) -> Completion {
    let region = RegionID(rawValue: UInt32(index))
    let kind = transfers[index].kind
    transfers[index].kind = .none
    switch kind {
    case .send:
      let connection = ConnectionID(rawValue: transfers[index].connection)
      connections[connection].isSending = false
      return .sent(connection, region, result)
    case .write: return .wrote(region, result)
    case .read:
      if result >= 0, var filled = regions[index].take() {
        filled.count = Int(result)
        regions[index] = consume filled
      }
      return .read(region, result)
    case .none: broken("a transfer finishes once")
    }
  }
}
