internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import World

/// The life of a connection: accepted, fed, answered, ended.
extension Shard {
  /// How many received buffers one connection may hold back.
  private var inboxMax: Int { max(settings.sizes.buffers / 8, 1) }

  mutating func accepted(_ id: ConnectionID, on listener: ListenerID) {
    counters.accepted &+= 1
    let index = Int(id.rawValue)
    let entry = fronts.firstIndex { "\($0.name)" == settings.listeners[Int(listener.rawValue)].front }
    guard let entry else {
      require(false, "the settings name fronts that exist")
      return
    }
    let traits = settings.listeners[Int(listener.rawValue)].traits
    let lane = UInt16(nextLane)
    nextLane = nextLane + 1 == line.writers.count ? 0 : nextLane + 1
    connections[index].open(entry, traits, on: listener, lane: lane, nowNs: line.clock.monotonicNs)
    let isWelcome = limits.admit(source(of: id), at: index)
    machine.receive(on: id)
    guard isWelcome else {
      counters.turnedAway &+= 1
      fail(id)
      return
    }
    if state != .serving { connections[index].isEnding = true }
    list(id)
  }

  /// Where a connection comes from, looked up only where it matters.
  private func source(of id: ConnectionID) -> UInt128? {
    settings.connectionsPerSource > 0 ? machine.source(of: id).bits : nil
  }

  mutating func acceptEnded(_ listener: ListenerID, _ result: Int32) {
    let index = Int(listener.rawValue)
    guard state == .serving else {
      machine.close(listener)
      accepting[index] = .closed
      return
    }
    accepting[index] = .paused
    counters.acceptsPaused &+= 1
  }

  /// Goes on accepting where it was ended for want of places.
  private mutating func resumeAccepting() {
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
    while let inbox = connections[index].inbox {
      let buffer = received[Int(inbox.first.rawValue)]
      if !connections[index].isDeaf {
        do throws(Refusal) {
          let bytes = machine.bytes(of: inbox.first, count: buffer.count)
          switch try connections[index].consume(bytes, into: &line, at: &desk, &carries) {
          case .used: break
          case .stalled: return
          case .finished: deafen(id)
          }
        } catch { deafen(id) }
      }
      machine.recycle(inbox.first)
      held -= 1
      hasFreed = true
      connections[index].position = 0
      connections[index].inboxCount -= 1
      connections[index].inbox = buffer.next.map { ($0, inbox.last) }
    }
    note(id)
  }

  /// Reads no more of a connection; what it owes is still answered.
  private mutating func deafen(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    connections[index].isDeaf = true
    connections[index].isEnding = true
    connections[index].drop(&carries)
  }

  /// Notes what the peer is in the middle of, and since when.
  private mutating func note(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    let stage = connections[index].front.stage
    guard stage != connections[index].stage || stage == .idle else { return }
    connections[index].stage = stage
    connections[index].sinceNs = line.clock.monotonicNs
    connections[index].arrived = 0
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
    replies.append(region)
    connections[index].isSending = false
    connections[index].sinceNs = line.clock.monotonicNs
    hasFreed = true
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
    limits.release(index)
    connections[index].close(at: &desk, &carries)
    counters.closed &+= 1
    hasFreed = true
    resumeAccepting()
  }

  /// Does all that can be done for one connection, and says whether it still waits for something of the shard's.
  mutating func settle(_ id: ConnectionID) -> Bool {
    let index = Int(id.rawValue)
    guard connections[index].isOpen, !connections[index].isClosing else { return false }
    pay(id)
    drain(id)
    pay(id)
    if connections[index].inbox != nil || connections[index].isOwing {
      restrain(id)
      if connections[index].isOwing || !connections[index].isEnding { return true }
    }
    if !connections[index].isEnding {
      guard !connections[index].isReceiving else { return false }
      guard held < received.count else { return true }
      machine.receive(on: id)
      connections[index].isReceiving = true
    } else if !connections[index].isSending || connections[index].isBroken {
      finish(id)
    }
    return connections[index].inbox != nil
  }

  /// Ends the receive of a connection that holds its share of the pool: TCP pushes back.
  private mutating func restrain(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].isReceiving, !connections[index].isStopping, connections[index].inboxCount >= inboxMax
    else { return }
    machine.stopReceiving(on: id)
    connections[index].isStopping = true
    counters.receivesPaused &+= 1
  }

  /// Shuts a connection down, and closes it once nothing of it is under way.
  private mutating func finish(_ id: ConnectionID) {
    let index = Int(id.rawValue)
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

  /// Sends the answers that wait for nothing any more.
  private mutating func pay(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].isOwing, !connections[index].isSending, let reply = replies.popLast() else { return }
    var region = machine.take(reply)
    region.count = 0
    connections[index].front.answer(at: &desk, into: &region)
    guard region.count > 0 else {
      machine.put(region)
      replies.append(reply)
      return
    }
    connections[index].isSending = true
    connections[index].sinceNs = line.clock.monotonicNs
    counters.sends &+= 1
    machine.send(region, on: id)
  }

  /// Looks at a part of the connections, so that each is seen once a sweep and no turn is long.
  mutating func sweep() {
    let share = (connections.count + Self.ticksPerSweep - 1) / Self.ticksPerSweep
    let nowNs = line.clock.monotonicNs
    for _ in 0..<share {
      let id = ConnectionID(rawValue: UInt32(swept))
      swept = swept + 1 == connections.count ? 0 : swept + 1
      if connections[Int(id.rawValue)].isOpen { judge(id, nowNs) }
    }
  }

  /// Ends a connection whose peer has taken too long.
  private mutating func judge(_ id: ConnectionID, _ nowNs: Int64) {
    let index = Int(id.rawValue)
    let spent = nowNs - connections[index].sinceNs
    if connections[index].isSending {
      guard spent > settings.times.sendNs, !connections[index].isBroken else { return }
      counters.timedOutSend &+= 1
      fail(id)
      return
    }
    guard !connections[index].isEnding, !connections[index].isOwing, connections[index].inbox == nil else { return }
    switch connections[index].stage {
    case .idle:
      guard spent > settings.times.idleNs || state == .draining else { return }
      if state == .serving { counters.timedOutIdle &+= 1 }
      deafen(id)
      list(id)
    case .head:
      guard spent > settings.times.headNs else { return }
      counters.timedOutHead &+= 1
      refuse(id)
    case .body:
      let allowance = Int64(connections[index].arrived / Self.bodyBytesPerSecondMin) * 1_000_000_000
      guard spent > settings.times.bodyNs + allowance else { return }
      counters.timedOutBody &+= 1
      refuse(id)
    }
  }

  /// Slower senders than this use up their time.
  private static var bodyBytesPerSecondMin: Int { 1 << 10 }

  private mutating func refuse(_ id: ConnectionID) {
    connections[Int(id.rawValue)].front.refuse(.timedOut, at: &desk)
    deafen(id)
    list(id)
  }
}

/// ECANCELED on Linux: what a receive that was asked to end completes with.
private let cancelled: Int32 = 125
