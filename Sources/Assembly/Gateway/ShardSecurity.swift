internal import Bytes
internal import Decode
internal import Events
internal import Gate
internal import Settings
internal import TLS
internal import World

/// Connections that speak TLS: their records, opened in place.
extension Shard where M: ~Copyable {
  /// Feeds a connection's front with the plaintext of what is set aside and then of a received buffer, if there is one.
  @inline(never) mutating func feedSecure(_ id: ConnectionID, _ buffer: BufferID?, _ count: Int)
    -> Connection.Progress
  {
    let index = Int(id.rawValue)
    guard connections[index].isReadable else { return awaitTurn(id, buffer, count) }
    // Bound: every pass uses up bytes, or ends the loop.
    while true {
      if let progress = consumePlaintext(index, buffer) ?? openRecord(index, buffer, count) { return progress }
    }
  }

  /// Has the front use up the plaintext there is; `nil` once it has.
  private mutating func consumePlaintext(_ index: Int, _ buffer: BufferID?) -> Connection.Progress? {
    guard let end = channels[index].plainEnd else { return nil }
    let progress: Connection.Progress
    if let record = channels[index].aside.take() {
      progress = consume(record, through: end, index)
      channels[index].aside = consume record
    } else if let buffer {
      progress = consume(buffer, through: end, index)
    } else {
      return .used
    }
    guard case .used = progress else { return progress }
    connections[index].position = 0
    channels[index].dropUsed(&carries)
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

  /// Opens the next record that brings plaintext; `nil` to go on.
  private mutating func openRecord(_ index: Int, _ buffer: BufferID?, _ count: Int) -> Connection.Progress? {
    let context = security.context(of: channels[index].listener)
    if channels[index].hasAside {
      let opened = channels[index].openAside(in: context)
      guard case .hungry = opened else { return take(opened, index) }
      channels[index].dropUsed(&carries)
    } else if let buffer {
      let opened = open(buffer, count, index, context)
      guard case .hungry = opened else { return take(opened, index) }
    }
    guard let buffer, channels[index].position < count else { return .used }
    return setAside(buffer, count, index) ? nil : .stalled
  }

  private mutating func open(_ buffer: BufferID, _ count: Int, _ index: Int, _ context: TLSContext)
    -> TLSSession.Opened
  {
    var bytes = machine.mutableBytes(of: buffer, count: count)
    return channels[index].open(&bytes, in: context)
  }

  /// Copies bytes out of their buffer; whether there is a place for them.
  mutating func setAside(_ buffer: BufferID, _ count: Int, _ index: Int) -> Bool {
    if !channels[index].hasAside {
      guard let region = carries.lendForRecord() else { return false }
      channels[index].aside = consume region
    }
    channels[index].setAside(machine.bytes(of: buffer, count: count))
    return true
  }

  /// Goes on as a record says; `nil` when it brought plaintext.
  private mutating func take(_ opened: TLSSession.Opened, _ index: Int) -> Connection.Progress? {
    switch opened {
    case .data(let range):
      connections[index].position = range.lowerBound
      channels[index].plainEnd = range.upperBound
      return nil
    case .hungry: return .used
    case .closed: return .finished
    case .failed(let failure):
      notice(failure)
      return .finished
    }
  }

  /// Does what TLS owes to the peer without any answer of the front's.
  @inline(never) mutating func answerRecords(_ id: ConnectionID) {
    let index = Int(id.rawValue)
    guard connections[index].isReadable else {
      if channels[index].hasAside { askForTurn(id) }
      return
    }
    guard channels[index].session?.isOwing == true, !connections[index].isSending,
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
    guard let reply = replies.popLast() else { return false }
    channels[index].hasSaidGoodbye = true
    var region = machine.take(reply)
    region.count = 0
    channels[index].session!.close(into: &region, in: security.context(of: channels[index].listener))
    send(region, reply, on: id)
    return true
  }

  /// Counts why a connection failed.
  mutating func notice(_ failure: TLSFailure) {
    let alert = Int(failure.alert?.rawValue ?? 0)
    securityFailures[failure.origin == .us ? alert : 256 + alert] &+= 1
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
