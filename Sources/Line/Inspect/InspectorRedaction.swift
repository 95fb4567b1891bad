public import Bytes
internal import Detection
public import Events
public import Formats
public import Redaction
internal import Schemas

/// What became of the event that was inspected last, as far as redaction is concerned.
struct RedactionState {
  /// Whether a plan was asked.
  var isAsked = false
  /// What came of its payload.
  var payload = RedactionOutcome.unchanged
  /// Whether its payload could be read at all.
  var isReadable = true
  /// Whether its key, or headers of its record, were exchanged.
  var hasKey = false
  var hasDetails = false
  /// Whether something of an envelope was exchanged around its data.
  var hasEnvelope = false
}

/// What stands for an event's key and details.
@frozen public struct Metadata: ~Copyable {
  /// The key.
  public var key: Region
  /// The details.
  public var details: Region
}

// SAFETY: plans are borrowed through their rows, which change only together with `plans`, which keeps them.

/// Redaction of what was inspected.
extension Inspector {
  /// Takes other keys; makes what redacts when it is needed first.
  mutating func adopt(_ rules: RedactionRules) {
    guard rules.isOn else {
      redactor = nil
      return
    }
    if redactor == nil {
      redactor = Redactor(eventBytesMax: eventBytesMax, depthMax: limits.depthMax, keys: rules.keys)
    } else {
      redactor!.bench.take(rules.keys)
    }
  }

  /// Takes other keys, as they come while plans stay.
  public mutating func take(_ keys: RedactionKeys) { redactor?.bench.take(keys) }
  /// Tells the time, in the clock of whoever keeps the keys: what is too old is not used.
  public mutating func advance(toNs nowNs: Int64) { redactor?.bench.advance(toNs: nowNs) }

  /// Redacts an event that may be kept.
  @inline(never)
  mutating func redact(_ payload: RawSpan, _ content: Range<Int>, of topic: TopicID) -> Inspection {
    if isShadow(topic) {
      redactInShadow(payload, content, of: topic)
      return .passes
    }
    switch redacted(payload, content, of: topic, isChecked: checksSchema(of: topic)) {
    case .unchanged: return .passes
    case .changed: return .changed
    case .impossible(let reason):
      // What was said of an event before is not said of this one.
      if redaction.isReadable { verdict.count = 0 }
      return .refused(reason)
    }
  }
  /// Sees what a plan that is only tried would exchange; where, is noted of one event until that is told.
  private mutating func redactInShadow(_ payload: RawSpan, _ content: Range<Int>, of topic: TopicID) {
    let isNoted = shadowVerdict.count == 0
    if isNoted { redactor!.beginPaths() }
    let outcome = redacted(payload, content, of: topic, isChecked: checksSchema(of: topic))
    guard isNoted else { return }
    endPaths(of: topic)
    let paths = takePaths()
    if outcome == .changed, paths.count > 0 { noteShadow(paths, topic) }
    putPaths(paths)
  }
  private mutating func noteShadow(_ paths: borrowing Region, _ topic: TopicID) {
    (shadowTopic, shadowVersion) = (topic, 0)
    shadowVerdict.append("\"redacts\":")
    shadowVerdict.append(paths.bytes)
  }
  /// What becomes of an event that does not fit: when it is set aside, what is kept of it is redacted, too.
  @inline(never)
  mutating func unfit(_ inspection: Inspection, _ payload: RawSpan, _ content: Range<Int>, _ topic: TopicID)
    -> Inspection
  {
    guard redacts(topic) else { return inspection }
    cleanVerdict(of: topic)
    guard case .setAside = inspection else { return inspection }
    redactor!.beginPaths()
    defer { endPaths(of: topic) }
    if case .impossible(let reason) = redacted(payload, content, of: topic, isChecked: false), reason.row.isRetryable {
      return .refused(reason)
    }
    return inspection
  }

  private mutating func endPaths(of topic: TopicID) {
    unsafe rows[Int(topic.rawValue)].plan!._withUnsafeGuaranteedRef { redactor!.endPaths(by: $0) }
  }

  /// Goes through an event's payload by its topic's plan.
  private mutating func redacted(_ payload: RawSpan, _ content: Range<Int>, of topic: TopicID, isChecked: Bool)
    -> RedactionOutcome
  {
    redaction = RedactionState(isAsked: true)
    let isWhole = content.count == payload.byteCount
    let base = isWhole ? checked.lowerBound : 0
    do throws(JSONFault) {
      let text = payload.extracting(base..<payload.byteCount)
      let reader = isChecked && isWhole ? validator.readerAgain(of: text) : try validator.reader(ofAny: text)
      redaction.payload = unsafe rows[Int(topic.rawValue)].plan!._withUnsafeGuaranteedRef {
        redactor!.redact(reader, from: base, content: isWhole ? nil : content, by: $0)
      }
      redaction.hasEnvelope = redactor!.isEnvelopeChanged
    } catch {
      redaction.isReadable = false
      redaction.payload = .impossible(.malformedEvent)
      verdict.count = 0
      Validator.writeVerdict(on: error, into: &verdict)
    }
    return redaction.payload
  }
  private func checksSchema(of topic: TopicID) -> Bool { unsafe rows[Int(topic.rawValue)].schema != nil }
  private func isShadow(_ topic: TopicID) -> Bool {
    unsafe rows[Int(topic.rawValue)].plan!._withUnsafeGuaranteedRef { $0.isShadow }
  }

  /// Takes personal data out of what is said of an event: paths in it are made of the event's own names.
  private mutating func cleanVerdict(of topic: TopicID) {
    unsafe rows[Int(topic.rawValue)].plan!._withUnsafeGuaranteedRef { redactor!.clean(&verdict, by: $0) }
  }

  // MARK: Keys and headers

  /// Redacts what is said of an event besides its payload.
  @inline(never)
  mutating func redactMetadata(of event: borrowing Event, _ inspection: Inspection) -> Inspection {
    let topic = event.grant.topic
    switch inspection {
    case .refused: return inspection
    case .passes, .changed, .setAside: break
    }
    let found = unsafe rows[Int(topic.rawValue)].plan!._withUnsafeGuaranteedRef {
      redactor!.redactMetadata(of: event, by: $0)
    }
    guard let found else { return isShadow(topic) ? inspection : .refused(redactor!.failure ?? .tooComplex) }
    guard found.key || found.details, !isShadow(topic) else { return inspection }
    (redaction.hasKey, redaction.hasDetails) = (found.key, found.details)
    return inspection == .passes ? .changed : inspection
  }
  /// Whether the key of the event that was inspected last was exchanged.
  public var hasOtherKey: Bool { redaction.hasKey }
  /// Whether the details of the event that was inspected last were exchanged.
  public var hasOtherDetails: Bool { redaction.hasDetails }
  /// Whether what the event's id is made of was exchanged.
  public var hasOtherName: Bool { redaction.hasDetails || redaction.hasEnvelope }
  /// Hands out what stands for key and details, until it is given back.
  public mutating func takeMetadata() -> Metadata {
    guard let metadata = redactor!.metadata.take() else { broken("metadata is handed out once at a time") }
    return metadata
  }
  /// Takes it back.
  public mutating func putMetadata(_ metadata: consuming Metadata) { redactor!.metadata = consume metadata }

  // MARK: Events that are set aside

  /// Redacts an event that is set aside whatever it is; why it may not even be kept there, if so.
  @inline(never)
  public mutating func redactAside(_ event: borrowing Event) -> Refusal? {
    checked = event.contentRange
    guard redacts(event.grant.topic) else { return nil }
    let aside = Inspection.setAside(.invalidEvent, version: 0)
    let inspection = unfit(aside, event.payload, event.contentRange, event.grant.topic)
    if case .refused(let reason) = redactMetadata(of: event, inspection) { return reason }
    return nil
  }
  /// Whether the payload of the event that is set aside is JSON, apart from what names its schema: what is none is not
  /// kept.
  public mutating func isReadable(_ payload: RawSpan) -> Bool {
    let start = checked.upperBound == payload.byteCount ? checked.lowerBound : 0
    do throws(JSONFault) {
      _ = try validator.reader(ofAny: payload.extracting(start..<payload.byteCount))
      return true
    } catch { return false }
  }
  /// Hands out where something was exchanged in the event that was set aside last; away until it is given back.
  public mutating func takePaths() -> Region {
    guard let paths = redactor!.paths.take() else { broken("paths are handed out once at a time") }
    return paths
  }
  /// Takes it back.
  public mutating func putPaths(_ paths: consuming Region) { redactor!.paths = consume paths }

  // MARK: Payloads

  /// What is to be exchanged in the payload of the event that was inspected last; handed out until it is given back.
  public mutating func takeSplices() -> Splices {
    guard let splices = redactor!.lent.take() else { broken("splices are handed out once at a time") }
    var lent = consume splices
    swap(&lent, &redactor!.splices)
    return lent
  }
  /// Takes them back.
  public mutating func putSplices(_ splices: consuming Splices) {
    var lent = consume splices
    swap(&lent, &redactor!.splices)
    redactor!.lent = consume lent
  }
  /// Whether the payload of the event that was set aside last can be kept beside what is said of it.
  public var keepsPayload: Bool {
    !redaction.isAsked || redaction.payload == .unchanged || redaction.payload == .changed
  }
  /// The version of a topic's plan; 0 without one.
  public func planVersion(of topic: TopicID) -> UInt32 {
    unsafe rows[Int(topic.rawValue)].plan?._withUnsafeGuaranteedRef { $0.version } ?? 0
  }

  /// The event that was inspected last has been disposed of as it was said.
  mutating func confirmRedaction(_ topic: TopicID) {
    guard redaction.isAsked else { return }
    redaction.isAsked = false
    let row = redactions.row(shard: shard, topic: topic)
    row.add(.scanned)
    switch redaction.payload {
    case .unchanged: if redaction.hasKey || redaction.hasDetails { row.add(.changed) }
    case .changed: row.add(.changed)
    case .impossible: row.add(.impossible)
    }
    for index in 0..<redactor!.splices.count { row.add(RedactionNote(rawValue: redactor!.splices[index].note)) }
    for index in 0..<redactor!.metadataNotes.count { row.add(redactor!.metadataNotes[index]) }
  }
}
