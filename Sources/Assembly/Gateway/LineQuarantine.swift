internal import Bytes
internal import Events
internal import Formats
internal import Inspect
internal import Mark
internal import Pack
internal import Store

/// The way of events that are set aside: they go to the side lane with what is said of them, redacted as their topic's
/// plan says.
///
/// The side lane sleeps until it is needed first: then its files are made, and until they can be written to, events to
/// be set aside wait with their connections.
extension Line {
  /// The place of the side lane among the writers.
  var side: Int { writers.count - 1 }

  /// Keeps an event, and a verdict on it, in the side lane; the answer waits until that is durable.
  ///
  /// - Parameters:
  ///   - event: what is set aside, as it was inspected last.
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
    if let reason = inspector.redactAside(event) { return refused(reason) }
    let verdict = quarantine(event, verdict: Line.wholeTopic, schemaVersion: 0)
    if case .numbered = verdict { inspector.confirm(event.grant.topic) }
    return verdict
  }

  /// Writes the record into the side lane's batch, if there is room.
  private mutating func keep(_ event: borrowing Event, _ verdict: RawSpan, _ schemaVersion: UInt32) -> Bool {
    guard var region = scratch.take() else { broken("one record is put together at a time") }
    region.count = 0
    guard inspector.redacts(event.grant.topic) else {
      if inspector.isReadable(event.payload) {
        compose(event, verdict, schemaVersion, plan: 0, paths: verdict.extracting(0..<0), noSplices, into: &region)
      } else {
        compose(event, verdict, schemaVersion, plan: 0, into: &region)
      }
      let isKept = append(event, region, key: event.key, details: event.details, isNamed: true)
      scratch = consume region
      return isKept
    }
    let splices = inspector.takeSplices()
    let metadata = inspector.takeMetadata()
    let paths = inspector.takePaths()
    composeRedacted(event, verdict, schemaVersion, paths, splices, into: &region)
    let isKept = appendRedacted(event, region, metadata)
    inspector.putPaths(paths)
    inspector.putMetadata(metadata)
    inspector.putSplices(splices)
    scratch = consume region
    return isKept
  }

  private func composeRedacted(
    _ event: borrowing Event,
    _ verdict: RawSpan,
    _ schemaVersion: UInt32,
    _ paths: borrowing Region,
    _ splices: borrowing Splices,
    into region: inout Region
  ) {
    let plan = inspector.planVersion(of: event.grant.topic)
    if inspector.keepsPayload {
      compose(event, verdict, schemaVersion, plan: plan, paths: paths.bytes, splices, into: &region)
    } else {
      compose(event, verdict, schemaVersion, plan: plan, into: &region)
    }
  }
  private mutating func appendRedacted(
    _ event: borrowing Event,
    _ record: borrowing Region,
    _ metadata: borrowing Metadata
  ) -> Bool {
    append(
      event,
      record,
      key: inspector.hasOtherKey ? metadata.key.bytes : event.key,
      details: inspector.hasOtherDetails ? metadata.details.bytes : event.details,
      isNamed: !inspector.hasOtherName
    )
  }

  /// Puts a record together that has the payload, or, where that finds no room, its digest.
  private func compose(
    _ event: borrowing Event,
    _ verdict: RawSpan,
    _ schemaVersion: UInt32,
    plan: UInt32,
    paths: RawSpan,
    _ splices: borrowing Splices,
    into region: inout Region
  ) {
    let record = QuarantineRecord(
      topic: event.grant.topic,
      schemaVersion: schemaVersion,
      payloadBytes: event.payload.byteCount,
      digest: ContentDigest.none,
      verdict: verdict,
      plan: plan,
      paths: paths
    )
    if region.append(record, payload: event.payload, with: splices) { return }
    compose(event, verdict, schemaVersion, plan: plan, into: &region)
  }
  /// Puts a record together that has the payload's digest.
  private func compose(
    _ event: borrowing Event,
    _ verdict: RawSpan,
    _ schemaVersion: UInt32,
    plan: UInt32,
    into region: inout Region
  ) {
    let record = QuarantineRecord(
      topic: event.grant.topic,
      schemaVersion: schemaVersion,
      payloadBytes: event.payload.byteCount,
      digest: ContentDigest(of: event.payload),
      verdict: verdict,
      plan: plan,
      paths: verdict.extracting(0..<0)
    )
    region.write(atMost: record.byteCount) { $0.append(record) }
  }

  private mutating func append(
    _ event: borrowing Event,
    _ record: borrowing Region,
    key: RawSpan,
    details: RawSpan,
    isNamed: Bool
  ) -> Bool {
    // What is too long for the side lane goes without.
    let hasRest = key.byteCount + details.byteCount <= asideRestBytesMax
    let aside = Event(
      grant: Grant(topic: SideLane.quarantine, principal: event.grant.principal, eventBytesMax: record.count),
      origin: Origin(eventID: isNamed ? event.origin.eventID : nil, trace: event.origin.trace),
      key: hasRest ? key : key.extracting(0..<0),
      hasKey: hasRest && event.hasKey,
      payload: record.bytes,
      details: hasRest ? details : details.extracting(0..<0)
    )
    return writers[side].batch.append(
      aside,
      stamp: stamper.stamp(aside),
      offset: writers[side].lane.nextOffset(of: SideLane.quarantine),
      timestampMs: stamper.timestampMs
    )
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
