internal import Bytes
internal import Events
internal import Formats
internal import Gate
internal import Inspect
internal import Mark

/// The way of events that were set aside before: through everything that a new event goes through, but as they came.
///
/// They keep their time, their id and their sender. What their topic's plan has redacted in them stays as it is. What
/// does not fit is not set aside a second time: its record in quarantine is there still.
extension Line {
  /// What came of putting an event on the line once more.
  enum Replaying {
    case later
    case placed(Placement)
    case refused([UInt8])
  }

  /// Puts an event on the line once more.
  ///
  /// Cost: a few allocations; nothing that producers can ask for.
  mutating func replay(_ event: borrowing ReplayedEvent) -> Replaying {
    let (turn, lane) = (clock, current)
    let received = event.received
    clock = ClockReading(
      utcNs: received.utcNs,
      errorNs: received.errorNs,
      state: received.state,
      monotonicNs: turn.monotonicNs
    )
    stamper.read(clock)
    let place = event.madeID.map { stamper.lend($0) }
    (links.madeID, current, inspector.clockNs) = (event.madeID, 0, clock.utcNs)
    let replaying = judge(event)
    if let place { stamper.resume(place) }
    (links.madeID, current, inspector.clockNs) = (nil, lane, turn.utcNs)
    clock = turn
    stamper.read(clock)
    return replaying
  }

  private mutating func judge(_ replayed: borrowing ReplayedEvent) -> Replaying {
    if let closed {
      guard closed != .overloaded else { return .later }
      return settle(refused(closed))
    }
    let rule = topics[Int(replayed.topic.rawValue)]
    guard rule.intake == .store else { return .refused(Array("{\"reason\":\"topic_quarantined\"}".utf8)) }
    let eventBytesMax = directory.eventBytesMax(of: replayed.topic)
    guard replayed.payload.count <= eventBytesMax else { return settle(refused(.eventTooLarge)) }
    let origin = Origin(eventID: replayed.isIDGiven ? replayed.eventID : nil, trace: replayed.trace)
    let grant = Grant(topic: replayed.topic, principal: replayed.principal, eventBytesMax: eventBytesMax)
    let (key, details, payload) = (replayed.key ?? [], replayed.details, replayed.payload)
    // SAFETY: views of plain bytes that live until the end of this scope.
    let event = unsafe Event(
      grant: grant,
      origin: origin,
      key: key.span.bytes,
      hasKey: replayed.key != nil,
      payload: payload.span.bytes,
      details: details.span.bytes
    )
    guard inspector.looksAt(replayed.topic) else { return settle(keep(event, rule)) }
    let paths = replayed.paths
    // SAFETY: likewise.
    unsafe inspector.exempt(paths.span.bytes, redactedBy: replayed.plan, of: replayed.topic)
    defer { inspector.endExemption() }
    return inspect(event, rule)
  }

  /// Keeps an event that fits.
  private mutating func inspect(_ event: borrowing Event, _ rule: TopicRule) -> Replaying {
    let verdict: Verdict
    inspector.forgetVerdict()
    switch inspector.inspect(event) {
    case .passes: verdict = keep(event, rule)
    case .changed: verdict = keepRedacted(event, rule)
    case .refused(let reason), .setAside(let reason, _):
      ledger.refuse(reason)
      verdict = .refused(reason)
    }
    let replaying = settle(verdict)
    if case .later = verdict { return .later }
    inspector.confirm(event.grant.topic)
    return replaying
  }

  private func settle(_ verdict: Verdict) -> Replaying {
    switch verdict {
    case .later: .later
    case .numbered(let placement): .placed(placement)
    case .refused(let reason): .refused(text(of: reason))
    }
  }
  /// Why an event was refused, as quarantine has it.
  private func text(of reason: Refusal) -> [UInt8] {
    var text = Array("{\"reason\":\"\(reason.row.label)\"".utf8)
    if inspector.verdict.count > 0 {
      // SAFETY: a copy of the filled bytes.
      let verdict = unsafe inspector.verdict.bytes.withUnsafeBytes { unsafe Array($0) }
      text += Array(",".utf8) + verdict
    }
    return text + Array("}".utf8)
  }
}
