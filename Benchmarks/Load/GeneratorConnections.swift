internal import Bytes
internal import CLiburing
internal import Glibc
internal import Synchronization

/// Connections that come and go.
///
///     closed ▸ connecting ▸ (TLS: shaking) ▸ open ▸ closing ▸ closed
///                                             └─ lost ────────┘
extension Generator {
  /// Opens every connection, one after the other, and waits for their handshakes.
  ///
  /// As many handshakes are under way as the plan allows.
  mutating func connectAll() throws(LoadFailure) {
    for index in 0..<connections.count {
      let descriptor = try address.socket(congestion: plan.congestion)
      connections[index].descriptor = descriptor
      let result = address.connect(descriptor)
      guard result == 0 else {
        throw .connect("\(plan.host):\(plan.port), connection \(index + 1): \(errorText(result))")
      }
      living += 1
      guard isSecure else {
        connections[index].state = .open
        continue
      }
      nowNs = clockNs()
      ring.receive(on: descriptor, token: token(.receive, index))
      shakeHands(index)
      handOver()
      // The others resume what the first one gets.
      if index == 0, plan.security?.resumes == true { try awaitHandshakes(left: 0, andTicket: true) }
      try awaitHandshakes(left: plan.security!.handshakesAtOnce - 1)
    }
    if isSecure { try awaitHandshakes(left: 0) }
  }

  /// Turns the ring until no more than `count` handshakes are under way, and a ticket has come if one is wanted.
  private mutating func awaitHandshakes(left count: Int, andTicket wantsTicket: Bool = false) throws(LoadFailure) {
    let patienceNs: UInt64 = 10_000_000_000
    let ticketPatienceNs: UInt64 = 1_000_000_000
    var (progressNs, left) = (clockNs(), shaking)
    while shaking > count || wantsTicket && security?.ticket == nil, !interrupted.load(ordering: .relaxed) {
      ring.turn(timeoutNs: 100_000_000)
      nowNs = clockNs()
      while let done = ring.next() { handle(done) }
      handOver()
      if result.errors.handshakes > 0 {
        throw .connect("\(plan.host):\(plan.port): TLS: \(result.firstUnreadable ?? "the handshake failed")")
      }
      if shaking != left { (progressNs, left) = (nowNs, shaking) }
      if shaking == 0, nowNs - progressNs > ticketPatienceNs { return }
      if nowNs - progressNs > patienceNs {
        throw .connect("\(plan.host):\(plan.port): \(shaking) TLS handshakes get no answer")
      }
    }
  }

  /// A connection is ready for requests.
  mutating func ready(_ index: Int) {
    connections[index].state = .open
    result.connectionsOpened += 1
    if plan.rate == nil { mark(index) }
    isCrowded = false
  }

  /// Ends a connection that had all of its requests: says goodbye, and has the server say it too.
  mutating func part(_ index: Int) {
    connections[index].state = .closing
    mark(index)
  }
  /// Hands over what a connection without requests has to send; shuts it down once that is everything.
  mutating func handOverTheRest(_ index: Int) {
    guard connections[index].state.isConnected, !connections[index].isSending else { return }
    if isSecure {
      channels[index].prepare(isSending: false)
      if connections[index].state == .closing { channels[index].sayGoodbye(in: security!.context) }
    }
    if isSecure, let bytes = unsafe channels[index].takeOutput() {
      unsafe send(bytes, index, silent: false)
    } else if connections[index].state == .closing {
      _ = shutdown(connections[index].descriptor, Int32(SHUT_WR))
    }
  }

  /// Goes on as a connection's end demands that the server closed, or that can't be sent on.
  mutating func ended(_ index: Int) {
    switch connections[index].state {
    case .closed, .connecting: return
    case .shaking: handshakeFailed(index, "the server closed the connection")
    case .open: lose(index)
    case .closing: renew(index)
    }
  }

  /// Opens a connection again that had all of its requests, unless the run is about to end.
  private mutating func renew(_ index: Int) {
    _ = connections[index].reset()
    if phase == .draining || isSpent {
      living -= 1
    } else {
      connections[index].isRenewal = true
      connect(index)
    }
  }
  /// Drops a connection on which nothing can be understood any more.
  mutating func giveUp(_ index: Int, _ why: String) {
    result.errors.unreadable += 1
    if result.firstUnreadable == nil { result.firstUnreadable = why }
    lose(index, reopens: false)
  }
  /// Drops a connection and opens it again, unless the run is about to end or the server makes no sense.
  private mutating func lose(_ index: Int, reopens: Bool = true) {
    let wasAbove = connections[index].waiting
    let lost = connections[index].reset()
    require(lost >= wasAbove, "what the kernel was given was assigned before")
    outstanding -= lost
    result.errors.unanswered += UInt64(lost)
    isCrowded = false
    if phase == .draining || !reopens { living -= 1 } else { connect(index) }
  }
  private mutating func connect(_ index: Int) {
    do throws(LoadFailure) {
      connections[index].descriptor = try address.socket(congestion: plan.congestion)
      connections[index].state = .connecting
      ring.connect(connections[index].descriptor, to: address, token: token(.connect, index))
    } catch {
      connected(index, -EMFILE)
    }
  }
  mutating func connected(_ index: Int, _ status: Int32) {
    guard status == 0 else {
      result.errors.refused += plan.reconnects && phase != .draining ? 0 : 1
      return tryLater(index)
    }
    if !connections[index].isRenewal { result.reconnections += 1 }
    connections[index].isRenewal = false
    ring.receive(on: connections[index].descriptor, token: token(.receive, index))
    if isSecure { shakeHands(index) } else { ready(index) }
  }
  /// Drops a connection that never became ready; opens it again in a while if the plan says so.
  mutating func tryLater(_ index: Int) {
    _ = connections[index].reset()
    if plan.reconnects, phase != .draining {
      reopening.append((UInt32(index), nowNs + 50_000_000))
    } else {
      living -= 1
    }
  }
  /// Tries again the connections whose time has come.
  mutating func reopen() {
    guard !reopening.isEmpty else { return }
    let due = reopening.filter { $0.atNs <= nowNs }
    reopening.removeAll { $0.atNs <= nowNs }
    for entry in due where phase != .draining { connect(Int(entry.index)) }
  }
}
