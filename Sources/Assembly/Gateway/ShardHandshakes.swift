internal import Bytes
internal import Events
internal import Gate
internal import Settings
internal import TLS
internal import World

/// Connections that shake hands: a few steps a turn, so that who is there hardly notices who comes.
///
///     what arrives ─▶ set aside ─▶ queue ─▶ a step of OpenSSL's ─▶ answer
///
/// All is copied out of its buffer: however many wait, the buffers are for who is established.
extension Shard where M: ~Copyable {
  /// Whether somebody waits to shake hands whose answer there is a place for.
  @inline(__always) var mayShakeHands: Bool { !handshakes.isEmpty && !replies.isEmpty }

  /// Goes on with handshakes, as many as a turn may.
  ///
  /// A step costs a thousand times what an event costs. So it is taken when no event is on its way to the disk, or when
  /// there has been none for a while, and the turn's answers go out before.
  mutating func shakeHands() {
    let (isQuiet, nowNs) = (line.ledger.inFlight == 0, line.clock.monotonicNs)
    guard handshakes.waitNs(isQuiet: isQuiet, nowNs: nowNs) == 0 else { return }
    handshakes.turnNs = nowNs
    machine.wait(atMostNs: 0)
    var left = rules.handshakesPerTurn
    // Each step needs a place for its answer.
    while left > 0, !replies.isEmpty, let id = handshakes.popFirst() {
      let index = Int(id.rawValue)
      connections[index].isQueued = false
      guard connections[index].isOpen, connections[index].isSecure, channels[index].hasAside else { continue }
      left -= 1
      goOn(id)
      list(id)
    }
  }

  /// Takes what arrived before a handshake is over, and has it wait for its turn.
  mutating func awaitTurn(_ id: ConnectionID, _ buffer: BufferID?, _ count: Int) -> Connection.Progress {
    let index = Int(id.rawValue)
    guard let buffer else { return .used }
    guard channels[index].isBegun || connections[index].isQueued || !handshakes.isFull else {
      counters.handshakesTurnedAway &+= 1
      return .finished
    }
    guard setAside(buffer, count, index) else { return .stalled }
    askForTurn(id)
    return channels[index].position == count ? .used : .stalled
  }
  /// Has a connection wait for its turn of handshakes.
  mutating func askForTurn(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    // One answer at a time: when the last is out it asks again.
    guard !connections[index].isQueued, !connections[index].isSending else { return }
    connections[index].isQueued = true
    handshakes.append(id, hasBegun: channels[index].isBegun)
  }

  /// Takes the next step of a handshake.
  private mutating func goOn(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard let reply = replies.popLast() else { broken("who has a turn has a place for the answer") }
    var region = machine.take(reply)
    region.count = 0
    if !channels[index].isBegun {
      channels[index].session = TLSSession(accepting: security.context(of: channels[index].listener))
    }
    let outcome = channels[index].shakeHands(into: &region, utcSeconds: line.clock.utcNs / 1_000_000_000)
    send(region, reply, on: id)
    switch outcome {
    case .hungry: channels[index].drop(&carries)
    case .full: break
    case .established(let details):
      channels[index].dropUsed(&carries)
      connections[index].threshold = .none
      if let peer = details.peer {
        let kind = settings.listeners[channels[index].listener].principal
        connections[index].peer = line.keys.ring.principal(ofCertificate: peer.name(kind) ?? "")
      }
    case .failed(let failure):
      channels[index].hasSaidGoodbye = true
      notice(failure)
      deafen(id)
    }
  }
}

extension Certificate {
  /// The name that makes a client's certificate a principal's.
  fileprivate func name(_ kind: ClientCertificateSettings.Principal) -> String? {
    switch kind {
    case .subject: return subject
    case .commonName: return commonName
    case .dnsName, .uri, .email: break
    }
    for name in alternativeNames {
      switch (name, kind) {
      case (.dns(let text), .dnsName), (.uri(let text), .uri), (.email(let text), .email): return text
      default: continue
      }
    }
    return nil
  }
}
