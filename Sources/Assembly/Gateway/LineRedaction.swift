internal import Bytes
internal import Events
internal import Formats
internal import Inspect
internal import Mark
internal import Pack
internal import Store

/// The way of events of which parts are exchanged: they are exchanged while the event is written into the batch.
extension Line {
  /// Keeps an event that was changed when it was inspected.
  ///
  /// Its key decides its lane only now that it is redacted.
  @inline(never) mutating func keepRedacted(_ event: borrowing Event, _ rule: TopicRule) -> Verdict {
    let splices = inspector.takeSplices()
    let metadata = inspector.takeMetadata()
    let verdict = keep(event, metadata, splices, rule)
    inspector.putMetadata(metadata)
    inspector.putSplices(splices)
    return verdict
  }
  private mutating func keep(
    _ event: borrowing Event,
    _ metadata: borrowing Metadata,
    _ splices: borrowing Splices,
    _ rule: TopicRule
  ) -> Verdict {
    let key = inspector.hasOtherKey ? metadata.key.bytes : event.key
    let details = inspector.hasOtherDetails ? metadata.details.bytes : event.details
    let before = event.payload.byteCount + event.key.byteCount + event.details.byteCount
    let after = event.payload.byteCount + splices.growth + key.byteCount + details.byteCount
    // What has become longer than its topic allows might never find room.
    guard after <= max(before, event.grant.eventBytesMax) else { return refused(.eventTooLarge) }
    let redacted = Event(
      grant: event.grant,
      // An id that is made of what was exchanged could be guessed from it.
      origin: Origin(eventID: inspector.hasOtherName ? nil : event.origin.eventID, trace: event.origin.trace),
      key: key,
      hasKey: event.hasKey,
      payload: event.payload,
      details: details
    )
    return keep(redacted, with: splices, rule)
  }
  private mutating func keep(_ event: borrowing Event, with splices: borrowing Splices, _ rule: TopicRule) -> Verdict {
    guard rule.order == .key, event.hasKey else {
      return store(event, with: splices, at: current, acknowledge: rule.acknowledge)
    }
    let lane = links.lane(of: event.key)
    if let own = links.own(lane) { return store(event, with: splices, at: own, acknowledge: rule.acknowledge) }
    guard let number = links.send(event, with: splices, to: lane, at: clock) else { return .later }
    return sent(event, to: lane, as: number, rule)
  }

  /// Keeps an event in one of the shard's own lanes.
  private mutating func store(
    _ event: borrowing Event,
    with splices: borrowing Splices,
    at index: Int,
    acknowledge: Acknowledgement
  ) -> Verdict {
    let offset = writers[index].lane.nextOffset(of: event.grant.topic)
    let stamp = stamper.stamp(event)
    let timeMs = stamper.timestampMs
    guard writers[index].batch.append(event, with: splices, stamp: stamp, offset: offset, timestampMs: timeMs) else {
      wantsRoom = true
      return .later
    }
    return .numbered(number(event.grant.topic, at: index, offset, acknowledge))
  }

  // MARK: Events of which nothing is said besides their bytes

  /// Keeps one that may be kept; `nil`: offer it as any other.
  @inline(never)
  mutating func takeRedacted(_ payload: RawSpan, under grant: Grant, _ rule: TopicRule) -> Placement? {
    let verdict: Verdict
    switch inspector.inspect(payload, attribute: payload.extracting(0..<0), of: grant.topic) {
    case .passes:
      verdict = store(
        Event(grant: grant, origin: Origin(), payload: payload),
        at: current,
        acknowledge: rule.acknowledge
      )
    case .changed: verdict = keepRedacted(Event(grant: grant, origin: Origin(), payload: payload), rule)
    case .refused, .setAside: return nil
    }
    guard case .numbered(let placement) = verdict else { return nil }
    inspector.confirm(grant.topic)
    return placement
  }

  /// Keeps events that follow one another, up to the first that may not be kept or finds no room.
  @inline(never)
  mutating func takeRedacted(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    _ rule: TopicRule,
    atMost limit: Int
  ) -> Run {
    var (count, lastStart, end) = (0, start, start)
    var last: Placement?
    while count < limit, let range = run.payload(at: end),
      let placement = takeRedacted(bytes.extracting(range), under: grant, rule)
    {
      (count, lastStart, end) = (count + 1, range.lowerBound, range.upperBound)
      last = placement
    }
    guard let last else { return .none }
    return Run(count: count, lastStart: lastStart, end: end, last: last)
  }
}
