internal import Bytes
internal import Decode
internal import Events
internal import Gate
internal import Settings
internal import TLS
internal import World

/// Connections that speak TLS: their handshakes, a few a turn, and their records, opened in place.
extension Shard where M: ~Copyable {
  /// Feeds a connection's front with the plaintext of one received buffer.
  @inline(never) mutating func feedSecure(_ id: ConnectionID, _ buffer: BufferID, _ count: Int) -> Connection.Progress {
    let index = Int(id.rawValue)
    // Bound: every pass uses up bytes of the buffer, or ends the loop.
    while true {
      if !connections[index].isReadable {
        if let progress = shakeHands(id, buffer, count) { return progress }
      } else if let progress = consumePlaintext(index, buffer) ?? openRecord(index, buffer, count) {
        return progress
      }
    }
  }

  /// Has the front use up the plaintext there is; `nil` once it has.
  private mutating func consumePlaintext(_ index: Int, _ buffer: BufferID) -> Connection.Progress? {
    guard let end = channels[index].plainEnd else { return nil }
    let progress: Connection.Progress
    if let record = channels[index].record.take() {
      progress = consume(record, through: end, index)
      channels[index].record = consume record
    } else {
      progress = consume(buffer, through: end, index)
    }
    guard case .used = progress else { return progress }
    connections[index].position = 0
    channels[index].drop(&carries)
    return nil
  }

  private mutating func consume(_ record: borrowing Region, through end: Int, _ index: Int) -> Connection.Progress {
    do throws(Refusal) {
      let bytes = record.bytes.extracting(0..<end)
      return try connections[index].consume(bytes, into: &line, at: &desk, &carries)
    } catch { return .finished }
  }
  private mutating func consume(_ buffer: BufferID, through end: Int, _ index: Int) -> Connection.Progress {
    do throws(Refusal) {
      let bytes = machine.bytes(of: buffer, count: end)
      return try connections[index].consume(bytes, into: &line, at: &desk, &carries)
    } catch { return .finished }
  }

  /// Opens the next record that brings plaintext; `nil` once there is some.
  private mutating func openRecord(_ index: Int, _ buffer: BufferID, _ count: Int) -> Connection.Progress? {
    let context = security.context(of: channels[index].listener)
    guard var record = channels[index].record.take() else {
      guard channels[index].position < count else { return .used }
      let opened = open(buffer, count, index, context)
      return take(opened, index, buffer, count)
    }
    guard channels[index].gather(&record, from: machine.bytes(of: buffer, count: count)) else {
      channels[index].record = consume record
      return .used
    }
    var position = 0
    let opened = channels[index].session!.open(&record, at: &position, in: context)
    if case .hungry(let needed) = opened {
      // Either its header has told its length, or it was one that brings nothing.
      record.removeFirst(position)
      channels[index].needed = needed
      if record.count == 0 { carries.giveBack(record) } else { channels[index].record = consume record }
      return nil
    }
    channels[index].record = consume record
    return take(opened, index, buffer, count)
  }

  private mutating func open(_ buffer: BufferID, _ count: Int, _ index: Int, _ context: TLSContext)
    -> TLSSession.Opened
  {
    var bytes = machine.mutableBytes(of: buffer, count: count)
    return channels[index].open(&bytes, in: context)
  }

  /// Goes on as a record says; `nil` when it brought plaintext.
  private mutating func take(_ opened: TLSSession.Opened, _ index: Int, _ buffer: BufferID, _ count: Int)
    -> Connection.Progress?
  {
    switch opened {
    case .data(let range):
      connections[index].position = range.lowerBound
      channels[index].plainEnd = range.upperBound
      return nil
    case .hungry(let needed):
      let position = channels[index].position
      guard position < count else { return .used }
      guard var piece = carries.lendForRecord() else { return .stalled }
      piece.append(machine.bytes(of: buffer, count: count).extracting(position..<count))
      channels[index].needed = needed
      channels[index].record = consume piece
      channels[index].position = count
      return .used
    case .closed: return .finished
    case .failed(let failure):
      notice(failure)
      return .finished
    }
  }

  // MARK: Handshakes

  /// Goes on with handshakes, as many as a turn may, the one that waits longest first.
  ///
  /// They cost a thousand times what an event costs: established connections have had their turn before.
  @inline(never) mutating func shakeHands() {
    var left = rules.handshakesPerTurn
    while left > 0, let id = handshakes.popFirst() {
      let index = Int(id.rawValue)
      connections[index].isQueued = false
      guard connections[index].isSecure, connections[index].isOpen, !connections[index].isClosing else { continue }
      left -= 1
      shaking = id
      drain(id)
      shaking = nil
      list(id)
    }
    // There is more to do, so the next wait must not sleep.
    if !handshakes.isEmpty { machine.wake(settings.shard) }
  }

  /// Takes the next step of a handshake when it is the connection's turn; `nil` once it is established.
  private mutating func shakeHands(_ id: ConnectionID, _ buffer: BufferID, _ count: Int) -> Connection.Progress? {
    let index = Int(id.rawValue)
    // One answer at a time: it comes back to this when the last one is out, or another's is.
    guard !connections[index].isSending, !replies.isEmpty else { return .stalled }
    guard shaking == id else {
      if !connections[index].isQueued {
        connections[index].isQueued = true
        handshakes.append(id)
      }
      return .stalled
    }
    guard let reply = replies.popLast() else { return .stalled }
    shaking = nil
    var region = machine.take(reply)
    region.count = 0
    let outcome = goOn(index, buffer, count, into: &region)
    send(region, reply, on: id)
    switch outcome {
    case .hungry: return .used
    case .full: return .stalled
    case .established(let details):
      connections[index].threshold = .none
      if let peer = details.peer {
        let kind = settings.listeners[channels[index].listener].principal
        connections[index].peer = line.keys.ring.principal(ofCertificate: peer.name(kind) ?? "")
        line.peer = connections[index].peer
      }
      return nil
    case .failed(let failure):
      channels[index].hasSaidGoodbye = true
      notice(failure)
      return .finished
    }
  }

  private mutating func goOn(_ index: Int, _ buffer: BufferID, _ count: Int, into region: inout Region)
    -> TLSSession.HandshakeOutcome
  {
    let context = security.context(of: channels[index].listener)
    if !channels[index].isBegun { channels[index].session = TLSSession(accepting: context) }
    let bytes = machine.bytes(of: buffer, count: count).extracting(channels[index].position..<count)
    let seconds = line.clock.utcNs / 1_000_000_000
    let step = channels[index].session!.handshake(bytes, into: &region, utcSeconds: seconds)
    channels[index].position += step.consumed
    return step.outcome
  }

  /// Sends what TLS owes to the peer without any answer of the front's.
  @inline(never) mutating func answerRecords(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].isReadable, channels[index].session?.isOwing == true, !connections[index].isSending,
      !connections[index].isBroken, !connections[index].isEnding, let reply = replies.popLast()
    else { return }
    var region = machine.take(reply)
    region.count = 0
    let context = security.context(of: channels[index].listener)
    channels[index].session!.begin(&region, in: context)
    channels[index].session!.seal(&region, in: context)
    send(region, reply, on: id)
  }

  /// Says to the peer that nothing more will come, or what was wrong; whether that could be said.
  @inline(never) mutating func sayGoodbye(_ id: ConnectionID) -> Bool {
    let index = Int(id.rawValue)
    guard connections[index].isReadable, !channels[index].hasSaidGoodbye else { return true }
    guard let reply = replies.popLast() else { return false }
    channels[index].hasSaidGoodbye = true
    var region = machine.take(reply)
    region.count = 0
    channels[index].session!.close(into: &region, in: security.context(of: channels[index].listener))
    send(region, reply, on: id)
    return true
  }

  /// Counts why a connection failed.
  private mutating func notice(_ failure: TLSFailure) {
    let alert = Int(failure.alert?.rawValue ?? 0)
    securityFailures[failure.origin == .us ? alert : 256 + alert] &+= 1
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

/// Connections that TLS ended, by the number of the alert that says why; 0 where none was said.
///
/// Source: RFC 8446 §6.
public struct SecurityFailures: BitwiseCopyable, Sendable {
  /// Because of what the peer sent.
  public var ours = InlineArray<256, UInt32>(repeating: 0)
  /// Because the peer said so.
  public var peers = InlineArray<256, UInt32>(repeating: 0)
  /// None yet.
  public init() {}

  /// Adds another shard's.
  public mutating func add(_ other: SecurityFailures) {
    for alert in ours.indices {
      ours[alert] &+= other.ours[alert]
      peers[alert] &+= other.peers[alert]
    }
  }
}
