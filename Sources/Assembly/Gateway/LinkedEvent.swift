internal import Bytes
internal import Events
internal import Formats

/// What goes before an event's key, details and payload on a link between shards, in memory only: fixed size,
/// big-endian.
struct LinkedEvent {
  let lane: LaneID
  let grant: Grant
  let origin: Origin
  let clock: ClockReading
  /// The id that was made for it when it was received first, where that is known; else the shard of its lane makes one.
  let madeID: UInt128?

  static var headBytes: Int { 84 }

  func write(_ event: borrowing Event, into writer: inout Writer) {
    writeHead(event, into: &writer)
    writer.append(event.payload)
  }
  /// The same of an event of whose payload parts are exchanged.
  func write(_ event: borrowing Event, with splices: borrowing Splices, into writer: inout Writer) {
    writeHead(event, into: &writer)
    writer.append(event.payload, with: splices)
  }
  private func writeHead(_ event: borrowing Event, into writer: inout Writer) {
    writer.append(lane.rawValue)
    writer.append(grant.topic.rawValue)
    writer.append(grant.principal.rawValue)
    writer.append(UInt32(event.key.byteCount))
    writer.append(UInt32(grant.eventBytesMax))
    writer.append(clock.utcNs)
    writer.append(clock.monotonicNs)
    writer.append(clock.errorNs ?? 0)
    let flags: UInt32 =
      (clock.errorNs == nil ? 0 : 1) | (origin.eventID == nil ? 0 : 2) | (origin.trace == nil ? 0 : 4)
      | (madeID == nil ? 0 : 8) | UInt32(clock.state.rawValue) << 8 | UInt32(origin.trace?.flags ?? 0) << 16
    writer.append(flags)
    let id = origin.eventID ?? madeID ?? 0
    writer.append(UInt64(truncatingIfNeeded: id >> 64))
    writer.append(UInt64(truncatingIfNeeded: id))
    writer.append(UInt64(truncatingIfNeeded: (origin.trace?.trace ?? 0) >> 64))
    writer.append(UInt64(truncatingIfNeeded: origin.trace?.trace ?? 0))
    writer.append(origin.trace?.parent ?? 0)
    writer.append(UInt32(event.details.byteCount))
    writer.append(event.key)
    writer.append(event.details)
  }

  init(lane: LaneID, grant: Grant, origin: Origin, clock: ClockReading, madeID: UInt128?) {
    (self.lane, self.grant, self.origin, self.clock) = (lane, grant, origin, clock)
    self.madeID = origin.eventID == nil ? madeID : nil
  }

  init(reading bytes: RawSpan) {
    lane = LaneID(rawValue: bytes.integer(UInt16.self, at: 0))
    grant = Grant(
      topic: TopicID(rawValue: bytes.integer(UInt16.self, at: 2)),
      principal: PrincipalID(rawValue: bytes.integer(UInt32.self, at: 4)),
      eventBytesMax: Int(bytes.integer(UInt32.self, at: 12))
    )
    let flags = bytes.integer(UInt32.self, at: 36)
    guard let state = ClockState(rawValue: UInt8(truncatingIfNeeded: flags >> 8) & 3) else {
      broken("two bits name a clock's state")
    }
    clock = ClockReading(
      utcNs: bytes.integer(Int64.self, at: 16),
      errorNs: flags & 1 == 0 ? nil : bytes.integer(UInt32.self, at: 32),
      state: state,
      monotonicNs: bytes.integer(Int64.self, at: 24)
    )
    let id = UInt128(bytes.integer(UInt64.self, at: 40)) << 64 | UInt128(bytes.integer(UInt64.self, at: 48))
    madeID = flags & 8 == 0 ? nil : id
    let trace = UInt128(bytes.integer(UInt64.self, at: 56)) << 64 | UInt128(bytes.integer(UInt64.self, at: 64))
    let parent = bytes.integer(UInt64.self, at: 72)
    origin = Origin(
      eventID: flags & 2 == 0 ? nil : id,
      trace: flags & 4 == 0
        ? nil : TraceParent(trace: trace, parent: parent, flags: UInt8(truncatingIfNeeded: flags >> 16))
    )
  }

  /// The event that the message of a link holds.
  @_lifetime(copy message)
  static func event(in message: RawSpan, _ head: LinkedEvent) -> Event {
    let keyEnd = headBytes + Int(message.integer(UInt32.self, at: 8))
    let detailsEnd = keyEnd + Int(message.integer(UInt32.self, at: 80))
    return Event(
      grant: head.grant,
      origin: head.origin,
      key: message.extracting(headBytes..<keyEnd),
      hasKey: true,
      payload: message.extracting(detailsEnd..<message.byteCount),
      details: message.extracting(keyEnd..<detailsEnd)
    )
  }
}

/// FNV-1a, finished so that its low bits depend on all of the key.
///
/// Source: draft-eastlake-fnv-21 §2.
func keyHash(_ key: RawSpan) -> UInt32 {
  var hash: UInt32 = 0x811C_9DC5
  for offset in 0..<key.byteCount { hash = (hash ^ UInt32(key.byte(offset))) &* 0x0100_0193 }
  hash ^= hash >> 16
  hash &*= 0x7FEB_352D
  return hash ^ hash >> 15
}
