internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import Settings
internal import TLS
internal import World

/// The life of a connection: accepted, fed, answered, ended.
extension Shard where M: ~Copyable {
  /// How many received buffers a connection may hold back.
  @inline(__always) private func inboxMax(_ index: Int) -> UInt32 {
    // The rest of a handshake fits in one, or in two where it crosses their border.
    connections[index].isReadable ? UInt32(max(settings.sizes.buffers / 8, 1)) : 2
  }

  mutating func accepted(_ id: ConnectionID, on listener: ListenerID) {
    counters.accepted &+= 1
    let index = Int(id.rawValue)
    let entry = listenerFronts[Int(listener.rawValue)]
    let lane = UInt16(nextLane)
    nextLane = nextLane + 1 == settings.sizes.lanes ? 0 : nextLane + 1
    // Where it comes from costs a system call, so it is looked up only where it matters.
    let place = Int(listener.rawValue)
    let asks = rules.connectionsPerSource > 0 || settings.listeners[place].asksForSource
    let source = asks ? machine.source(of: id).bits : 0
    connections[index].open(entry, settings.listeners[place], lane: lane, source: source)
    if connections[index].isSecure { channels[index].open(on: place) }
    deadlines.open(id.rawValue, nowNs: line.clock.monotonicNs)
    machine.receive(on: id)
    if settings.listeners[place].proxies.trusts(source) {
      connections[index].threshold = .introduction
    } else if settings.listeners[place].proxies.isRequired {
      turnAway(id)
    } else {
      admit(id)
    }
    if state != .serving { connections[index].isEnding = true }
    list(id)
    // Who is open goes before who comes: the rest waits in the kernel's queue until the next turn.
    if !acceptBudget.spend(), accepting[Int(listener.rawValue)] == .accepting {
      accepting[Int(listener.rawValue)] = .yielding
      machine.stopAccepting(on: listener)
    }
  }

  /// Counts a connection among those of its source, or turns it away because that has enough.
  mutating func admit(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    connections[index].isCounted = limits.admit(connections[index].source) == .admitted
    if !connections[index].isCounted { turnAway(id) }
  }
  private mutating func turnAway(_ id: ConnectionID) {
    counters.turnedAway &+= 1
    fail(id)
  }

  mutating func acceptEnded(_ listener: ListenerID, _ result: Int32) {
    let index = Int(listener.rawValue)
    guard state == .serving else {
      machine.close(listener)
      accepting[index] = .closed
      return
    }
    if accepting[index] == .yielding, result == -cancelled {
      accepting[index] = .accepting
      machine.accept(on: listener)
      return
    }
    accepting[index] = .paused
    counters.acceptsPaused &+= 1
  }

  /// Goes on accepting where it was ended for want of places.
  mutating func resumeAccepting() {
    guard state == .serving else { return }
    for index in accepting.indices where accepting[index] == .paused {
      accepting[index] = .accepting
      machine.accept(on: ListenerID(rawValue: UInt32(index)))
    }
  }

  /// Puts a received buffer at the end of its connection's inbox.
  mutating func deliver(_ buffer: BufferID, _ count: Int, to id: ConnectionID) {
    let index = Int(id.rawValue)
    held += 1
    counters.bytesReceived &+= UInt64(count)
    received[Int(buffer.rawValue)] = Received(next: nil, count: count)
    if let inbox = connections[index].inbox {
      received[Int(inbox.last.rawValue)].next = buffer
      connections[index].inbox = (inbox.first, buffer)
    } else {
      connections[index].inbox = (buffer, buffer)
    }
    connections[index].inboxCount += 1
    connections[index].arrived &+= count
  }

  /// Feeds a connection's inbox to its front, and gives each buffer back once it is used up.
  mutating func drain(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    line.current = Int(connections[index].lane)
    line.peer = connections[index].peer
    if connections[index].inbox == nil {
      if case .finished = feedSecure(id, nil, 0) { deafen(id) }
      hasFreed = hasFreed || carries.hasNews()
    }
    while let inbox = connections[index].inbox {
      let buffer = received[Int(inbox.first.rawValue)]
      if !connections[index].isDeaf {
        switch feed(id, inbox.first, buffer.count) {
        case .used: break
        case .stalled: return
        case .finished: deafen(id)
        }
      }
      machine.recycle(inbox.first)
      held -= 1
      if isPoolShort || carries.hasNews() {
        isPoolShort = false
        hasFreed = true
      }
      if connections[index].isSecure { channels[index].position = 0 }
      connections[index].position = 0
      connections[index].inboxCount -= 1
      connections[index].inbox = buffer.next.map { ($0, inbox.last) }
    }
  }

  /// Feeds a connection's front from one buffer.
  ///
  /// What can't be read on is finished: its front owes the answer.
  private mutating func feed(_ id: ConnectionID, _ buffer: BufferID, _ count: Int) -> Connection.Progress {
    let index = Int(id.rawValue)
    if connections[index].threshold == .introduction, let progress = introduce(id, buffer, count) { return progress }
    guard !connections[index].isSecure else { return feedSecure(id, buffer, count) }
    do throws(Refusal) {
      let bytes = machine.bytes(of: buffer, count: count)
      return try connections[index].consume(bytes, into: &line, at: &desk, &carries)
    } catch { return .finished }
  }

  /// Reads no more of a connection; what it owes is still answered.
  mutating func deafen(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    connections[index].isDeaf = true
    connections[index].isEnding = true
    connections[index].drop(&carries)
    if connections[index].isSecure { channels[index].drop(&carries) }
  }

  /// Notes what the peer is in the middle of: that says which time limit holds.
  @inline(__always) private mutating func note(_ id: ConnectionID, isUnread: Bool) {
    let index = Int(id.rawValue)
    // Whoever found no buffer free is only idle because it is not read. In the middle of a message its limit holds all
    // the same: it may have what those wait for who have the buffers.
    let isStarved = held == received.count && !connections[index].isReceiving && connections[index].front.stage == .idle
    let beneath = stageBeneath(index, isUnread)
    guard let stage = connections[index].moved(isWaiting: isStarved || isUnread, beneath: beneath) else { return }
    deadlines.note(
      id.rawValue,
      stage: stage,
      isNext: connections[index].hasAdvanced && stage != .body,
      bodyBytes: connections[index].arrived,
      nowNs: line.clock.monotonicNs
    )
    connections[index].hasAdvanced = false
    connections[index].arrived = 0
  }

  /// The stage of what lies beneath the front, where that decides: a handshake, or a record that has begun.
  @inline(__always) private func stageBeneath(_ index: Int, _ isUnread: Bool) -> ConnectionStage? {
    // It is the peer's time that counts, for who waits for its turn as well: whoever could rewind the clock by a byte
    // would.
    if !connections[index].isReadable { return .handshake }
    guard connections[index].isSecure, channels[index].hasAside, connections[index].front.stage == .idle,
      !isUnread, !connections[index].isOwing
    else { return nil }
    return .head
  }

  mutating func receiveEnded(_ id: ConnectionID, _ result: Int32) {
    let index = Int(id.rawValue)
    connections[index].isReceiving = false
    let wasStopped = connections[index].isStopping && result == -cancelled
    connections[index].isStopping = false
    if !wasStopped {
      connections[index].isEnding = true
      if result < 0 { fail(id) }
    }
    list(id)
  }

  mutating func sent(_ id: ConnectionID, _ region: RegionID, _ result: Int32) {
    let index = Int(id.rawValue)
    let filled = machine.take(region)
    if result < Int32(filled.count) { fail(id) }
    counters.bytesSent &+= UInt64(max(result, 0))
    machine.put(filled)
    // Others may wait for a region.
    if replies.isEmpty { hasFreed = true }
    replies.append(region)
    connections[index].isSending = false
    deadlines.endSending(id.rawValue)
    list(id)
  }

  /// Gives a connection up: nobody is there any more, or nobody we talk to.
  mutating func fail(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    deafen(id)
    connections[index].isBroken = true
    list(id)
  }

  mutating func closed(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    if connections[index].isCounted { limits.release(connections[index].source) }
    deadlines.close(id.rawValue)
    connections[index].close(at: &desk, &carries)
    if connections[index].isSecure { channels[index].close(in: security, &carries) }
    counters.closed &+= 1
    hasFreed = true
    resumeAccepting()
  }

  /// Does all that can be done for one connection, and says whether it still waits for something of the shard's.
  mutating func settle(_ id: ConnectionID) -> Bool {
    let index = Int(id.rawValue)
    guard connections[index].isOpen, !connections[index].isClosing else { return false }
    pay(id)
    if hasUnread(index) {
      drain(id)
      pay(id)
    }
    if connections[index].isSecure { answerRecords(id) }
    let isUnread = hasUnread(index)
    note(id, isUnread: isUnread)
    if state != .serving, !isUnread, isIdle(index), !connections[index].isEnding {
      // A front whose protocol has a farewell says it.
      if connections[index].isReadable { connections[index].front.refuse(.draining, at: &desk) }
      deafen(id)
      pay(id)
    }
    if isUnread || connections[index].isOwing {
      restrain(id)
      // Who waits for a turn of handshakes is called, and need not be looked at before.
      return !connections[index].isQueued
    }
    if !connections[index].isEnding {
      guard !connections[index].isReceiving else { return false }
      guard held < received.count else {
        isPoolShort = true
        return true
      }
      machine.receive(on: id)
      connections[index].isReceiving = true
    } else if isOver(index) {
      guard !owesGoodbye(index) || !replies.isEmpty else { return true }
      end(id)
    }
    return false
  }

  /// Whether a connection is between messages, as far as they were read, and nothing is owed to its peer.
  @inline(__always) private func isIdle(_ index: Int) -> Bool {
    !connections[index].isOwing && connections[index].front.stage == .idle
  }
  /// Whether something arrived that its front has not used up.
  @inline(__always) private func hasUnread(_ index: Int) -> Bool {
    if connections[index].inbox != nil { return true }
    guard connections[index].isSecure else { return false }
    // Who has begun to shake hands may have sent all it has to say, and closed its side.
    if connections[index].isReadable { return channels[index].hasUnread }
    return channels[index].isBegun && channels[index].hasAside
  }

  /// Ends the receive of a connection that holds its share of the pool: TCP pushes back.
  @inline(__always) private mutating func restrain(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].inboxCount >= inboxMax(index) else { return }
    guard connections[index].isReceiving, !connections[index].isStopping else { return }
    machine.stopReceiving(on: id)
    connections[index].isStopping = true
    counters.receivesPaused &+= 1
  }

  /// Has a connection wait for its turn to be ended.
  private mutating func end(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard !connections[index].isInEndings else { return }
    connections[index].isInEndings = true
    endings.append(id)
  }
  /// Ends some of the connections that are over: when many are at once, the others need not wait for all of them.
  mutating func endSome() {
    var left = Self.endingsMax
    while left > 0, let id = endings.popFirst() {
      let index = Int(id.rawValue)
      connections[index].isInEndings = false
      // Something may have come up since: then it is looked at again.
      if isOver(index), !hasUnread(index), !connections[index].isOwing {
        left -= 1
        finish(id)
      } else {
        list(id)
      }
    }
  }
  /// Whether TLS has something to say before the connection is closed, and somebody may hear it.
  @inline(__always) private func owesGoodbye(_ index: Int) -> Bool {
    connections[index].isSecure && connections[index].isReadable && !connections[index].isBroken
      && !connections[index].isShut && !channels[index].hasSaidGoodbye
  }
  /// Whether nothing more of a connection is wanted, and nothing of it is being sent that somebody could read.
  @inline(__always) private func isOver(_ index: Int) -> Bool {
    connections[index].isEnding && (!connections[index].isSending || connections[index].isBroken)
  }

  /// Shuts a connection down, and closes it once nothing of it is under way.
  private mutating func finish(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    if owesGoodbye(index) {
      guard sayGoodbye(id) else { return list(id) }
      guard !connections[index].isSending else { return }
    }
    if connections[index].isReceiving || connections[index].isSending {
      guard !connections[index].isShut else { return }
      connections[index].isShut = true
      machine.shutdown(id)
    } else {
      require(connections[index].inbox == nil, "what arrived is used up or thrown away before a connection closes")
      connections[index].isClosing = true
      machine.close(id)
    }
  }

  /// Sends the answers that wait for nothing any more, if there are any.
  @inline(__always) private mutating func pay(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].isOwing, !connections[index].isSending, connections[index].isReadable,
      desk.watermarks.isSafe(connections[index].front.mark)
    else { return }
    answer(id)
  }

  @inline(never) private mutating func answer(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard let reply = replies.popLast() else { return }
    // Others may wait for a place among the answers.
    if desk.answersFree == 0 { hasFreed = true }
    var region = machine.take(reply)
    region.count = 0
    if connections[index].isSecure {
      let context = security.context(of: channels[index].listener)
      channels[index].session!.begin(&region, in: context)
      connections[index].front.answer(at: &desk, into: &region)
      channels[index].session!.seal(&region, in: context)
    } else {
      connections[index].front.answer(at: &desk, into: &region)
    }
    send(region, reply, on: id)
  }

  /// Sends what is in a region, if anything.
  mutating func send(_ region: consuming Region, _ reply: RegionID, on id: ConnectionID) {
    let index = Int(id.rawValue)
    guard region.count > 0 else {
      machine.put(region)
      replies.append(reply)
      return
    }
    connections[index].isSending = true
    deadlines.startSending(id.rawValue, nowNs: line.clock.monotonicNs)
    counters.sends &+= 1
    machine.send(region, on: id)
  }

  /// Looks at a part of the connections, so that each is seen once a sweep and no turn is long.
  mutating func sweep() {
    deadlines.tick()
    while let overdue = deadlines.next(nowNs: line.clock.monotonicNs) {
      let id = ConnectionID(rawValue: overdue.connection)
      switch overdue.action {
      case .close:
        counters.timedOutIdle &+= 1
        deafen(id)
      case .refuse where !connections[Int(overdue.connection)].isReadable:
        counters.timedOutHandshake &+= 1
        deafen(id)
      case .refuse:
        counters.timedOutMessage &+= 1
        connections[Int(id.rawValue)].front.refuse(.timedOut, at: &desk)
        deafen(id)
      case .shutdown:
        counters.timedOutSend &+= 1
        fail(id)
      }
      list(id)
    }
  }
}

/// ECANCELED on Linux: what a receive that was asked to end completes with.
private let cancelled: Int32 = 125
