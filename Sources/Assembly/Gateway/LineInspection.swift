internal import Bytes
internal import Events
internal import Formats
internal import Inspect

/// The way of events whose topic has schemas.
extension Line {
  /// How many events of a run are looked at before they are kept: what finds no room is looked at again.
  static var inspectedAtOnce: Int { 64 }

  /// Keeps an event that fits; refuses one that does not, or sets it aside.
  @inline(never) mutating func takeInspected(_ event: borrowing Event, _ rule: TopicRule) -> Verdict {
    let topic = event.grant.topic
    let verdict: Verdict
    switch inspector.inspect(event, failuresMax: event.grant.wantsAllFailures ? Self.failuresMax : 1) {
    case .passes: verdict = keep(event, rule)
    case .changed: verdict = keepRedacted(event, rule)
    case .refused(let reason):
      ledger.refuse(reason)
      verdict = .refused(reason)
    case .setAside(let reason, let version):
      let text = record(reason)
      verdict = quarantine(event, text, version)
      scratchText = consume text
    }
    if case .later = verdict { return .later }
    inspector.confirm(topic)
    return verdict
  }
  /// How many failures are told to those who want them all.
  private static var failuresMax: Int { 16 }

  private mutating func quarantine(_ event: borrowing Event, _ text: borrowing Region, _ version: UInt32) -> Verdict {
    quarantine(event, verdict: text.bytes, schemaVersion: version)
  }

  /// Whether an event of which nothing is said but its bytes fits; one that does not is offered again.
  @inline(never) mutating func passes(_ payload: RawSpan, _ grant: Grant) -> Bool {
    inspector.inspect(payload, attribute: payload.extracting(0..<0), of: grant.topic) == .passes
  }

  /// The verdict on the event that was inspected last, as its record in the side lane keeps it.
  private mutating func record(_ reason: Refusal) -> Region {
    guard var text = scratchText.take() else { broken("one verdict is put together at a time") }
    text.count = 0
    text.append("{\"reason\":\"")
    text.append(reason.row.label)
    text.append("\"")
    if inspector.verdict.count > 0, inspector.verdict.count + text.count + 2 <= QuarantineRecord.verdictBytesMax {
      text.append(",")
      text.append(inspector.verdict.bytes)
    }
    text.append("}")
    return text
  }

  mutating func explain(into text: inout Region) {
    text.count = 0
    text.append(inspector.verdict.bytes)
  }
}
