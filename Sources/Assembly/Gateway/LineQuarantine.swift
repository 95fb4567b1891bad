internal import Bytes
internal import Events
internal import Formats
internal import Inspect
internal import Mark
internal import Pack
internal import Store

/// The way of events that are set aside: not they are stored, but what is said of them, in the side lane.
///
/// The side lane sleeps until it is needed first: then its files are made, and until they can be written to, events to
/// be set aside wait with their connections.
extension Line {
  /// The place of the side lane among the writers.
  var side: Int { writers.count - 1 }

  /// Keeps a verdict on an event instead of the event; the answer waits until that is durable.
  ///
  /// - Parameters:
  ///   - event: what is set aside; its payload is not kept.
  ///   - verdict: why: the text of a JSON object of `QuarantineRecord.verdictBytesMax` bytes at the most.
  ///   - schemaVersion: the version of the schema that it was held against; 0 when that is not known.
  /// - Returns: `numbered` with a place in the side lane; `later` when there is no room at this moment; `refused` when
  ///   the disk has none.
  @inline(never)
  mutating func quarantine(_ event: borrowing Event, verdict: RawSpan, schemaVersion: UInt32) -> Verdict {
    awake = writers.count
    if writers[side].lane.isFull { return refused(.storageFull) }
    guard writers[side].lane.isReady, keep(event, verdict, schemaVersion) else {
      wantsRoom = true
      return .later
    }
    let claim = writers[side].lane.claim(SideLane.quarantine)
    ledger.number()
    // A topic that promises no more of its events promises no more of what is said of them.
    let isSafe = topics[Int(event.grant.topic.rawValue)].acknowledge == .received
    let mark = isSafe ? Mark.none : Mark(domain: .side, number: claim.number)
    return .numbered(Placement(mark: mark, lane: writers[side].lane.settings.lane, offset: nil))
  }

  /// Sets an event aside whatever it is.
  @inline(never) mutating func takeAside(_ event: borrowing Event) -> Verdict {
    inspector.forgetVerdict()
    return quarantine(event, verdict: Line.wholeTopic, schemaVersion: 0)
  }

  /// Writes the record into the side lane's batch, if there is room.
  private mutating func keep(_ event: borrowing Event, _ verdict: RawSpan, _ schemaVersion: UInt32) -> Bool {
    guard var region = scratch.take() else { broken("one record is put together at a time") }
    region.count = 0
    let record = QuarantineRecord(
      topic: event.grant.topic,
      schemaVersion: schemaVersion,
      payloadBytes: event.payload.byteCount,
      digest: ContentDigest(of: event.payload),
      verdict: verdict
    )
    region.write(atMost: QuarantineRecord.byteCountMax) { $0.append(record) }
    let isKept = writers[side].batch.append(
      region.bytes,
      topic: SideLane.quarantine,
      stamp: stamper.stamp(event),
      offset: writers[side].lane.nextOffset(of: SideLane.quarantine),
      timestampMs: stamper.timestampMs
    )
    scratch = consume region
    return isKept
  }

  /// What is said of the events of a topic that are set aside whatever they are.
  static var wholeTopic: RawSpan {
    @_lifetime(immortal)
    get {
      let text: StaticString = "{\"reason\":\"topic_quarantined\"}"
      // SAFETY: a static string's bytes live as long as the process.
      let bytes = unsafe RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount)
      return unsafe _overrideLifetime(bytes, copying: ())
    }
  }
}
