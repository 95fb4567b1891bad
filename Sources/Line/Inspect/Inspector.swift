public import Bytes
public import Events
public import Formats
internal import Schemas

/// What came of looking at an event.
public enum Inspection: Equatable, Sendable {
  /// It may go on as it is.
  case passes
  /// It may go on with parts of it exchanged, as `exchanges` says.
  case changed
  /// Its sender is told why not.
  case refused(Refusal)
  /// What is said of it goes to quarantine: why, and the version that it did not fit, or 0.
  case setAside(Refusal, version: UInt32)
}

/// Looks at every event of the topics that have schemas or plans of redaction, before anything is kept of it.
///
///     inspect: schema ─▶ plan ─▶ passes / changed / refused / set aside ─▶ the event is disposed of ─▶ confirm
///
/// What was seen is counted when it is confirmed: an event that finds no room is offered, and inspected, again. One a
/// shard. All of its memory is allocated at the start, or when topics get other schemas.
public struct Inspector: ~Copyable {
  /// What every event asks of its topic.
  @safe struct Row: BitwiseCopyable {
    // SAFETY: kept by `topics`, which changes together with the rows.
    var schema: Unmanaged<Schema>?
    // SAFETY: likewise.
    var plan: Unmanaged<RedactionPlan>?
    /// Whether its events are looked at.
    var isOn = false
    var counters: InspectionCounters.Row?
    /// The number of the version that events without a name are held to.
    var required: UInt32 = 0
    /// Its place among the versions.
    var requiredPlace: Int32 = 0
    /// Whether events name no version in themselves.
    var isPlain = false
    /// Whether some events are looked at once more.
    var hasMore = false
  }
  /// What is known of a topic besides.
  private struct Topic {
    let schemas: TopicSchemas
    let survey: Survey?
    /// The member that names a version.
    var member: [UInt8] = []
    /// Counts up to the next event that is shown to the version in the shadow, and to the next that is surveyed.
    var shadowPhase: UInt32 = 0
    var surveyPhase = 0
  }
  /// What is counted once it is confirmed.
  private enum Finding {
    case nothing
    case pass(version: Int)
    case fail(version: Int, Keyword)
    case other(InspectionCounters.Field)
  }
  var rows: Slots<Row>
  private var topics: [Topic?]
  /// What keeps the plans that rows refer to.
  private var plans: [RedactionPlan?] = []
  private var finding = Finding.nothing
  var validator: Validator
  /// What redacts; only where any topic has a plan, since it takes memory.
  var redactor: Redactor?
  /// For what is beside the line: what it finds must not take the place of what the line found.
  private var beside: Validator
  private var marks: JSONMarks
  let shard: Int
  private let counters: InspectionCounters
  let limits: JSONLimits
  let eventBytesMax: Int
  /// What redaction counts.
  let redactions: RedactionCounters
  /// The part of the event that was held against its schema.
  var checked = 0..<0
  /// Whether the event that was inspected last was redacted, and what became of its payload.
  var redaction = RedactionState()
  /// What is to be told of the last event that does not pass, as the members of a JSON object.
  public internal(set) var verdict: Region
  /// What the version in the shadow said of an event, until it is forgotten; empty for nothing.
  public internal(set) var shadowVerdict: Region
  /// The topic of that event.
  public internal(set) var shadowTopic = TopicID(rawValue: 0)
  /// The version that said it; 0 when it was a plan of redaction.
  public internal(set) var shadowVersion: UInt32 = 0
  /// When the events of this turn came in: UTC nanoseconds since the Unix epoch.
  public var clockNs: Int64 = 0

  /// One event of so many has its quality looked at.
  public static var surveyInterval: Int { 16 }
  /// The longest verdict, all failures included.
  public static var verdictBytesMax: Int { 2048 }
  /// The longest verdict that goes to quarantine: a reason stands before it there.
  public static var recordedBytesMax: Int { QuarantineRecord.verdictBytesMax - 64 }

  /// One for a shard.
  ///
  /// - Parameters:
  ///   - shard: which.
  ///   - counters: those of the process.
  ///   - redactions: what redaction counts, for the process.
  ///   - topics: how many there are.
  ///   - eventBytesMax: the largest event.
  ///   - limits: what of JSON is taken.
  ///   - seed: entropy.
  public init(
    shard: Int,
    counters: InspectionCounters,
    redactions: RedactionCounters,
    topics: Int,
    eventBytesMax: Int,
    limits: JSONLimits,
    seed: UInt64
  ) {
    (self.shard, self.counters, self.redactions) = (shard, counters, redactions)
    (self.eventBytesMax, self.limits) = (eventBytesMax, limits)
    rows = Slots(topics) { _ in Row() }
    self.topics = Array(repeating: nil, count: topics)
    validator = Validator(bytesMax: eventBytesMax, limits: limits, seed: seed)
    beside = Validator(bytesMax: eventBytesMax, limits: limits, seed: seed &* 3)
    marks = JSONMarks(bytesMax: eventBytesMax, limits: limits)
    verdict = Region(id: RegionID(rawValue: 0), byteCount: Self.verdictBytesMax)
    shadowVerdict = Region(id: RegionID(rawValue: 0), byteCount: Self.verdictBytesMax)
  }

  /// Takes other schemas and plans, by the topics' numbers; topics beyond their ends have none.
  public mutating func adopt(_ schemas: [TopicSchemas?], _ redaction: RedactionRules = RedactionRules()) {
    plans = redaction.plans
    adopt(redaction)
    for index in topics.indices {
      var row = Row()
      topics[index] = nil
      if index < schemas.count, let these = schemas[index] {
        var topic = Topic(schemas: these, survey: Survey(fields: these.qualityFields, time: these.qualityTime))
        if case .member(let name) = these.naming { topic.member = Array(name.utf8) }
        unsafe row.schema = Unmanaged.passUnretained(these.versions[these.required].schema)
        row.counters = counters.row(shard: shard, topic: TopicID(rawValue: UInt16(index)))
        row.required = these.versions[these.required].number
        row.requiredPlace = Int32(these.required)
        row.isPlain = these.naming == .attribute
        row.hasMore = these.shadow != nil || topic.survey != nil
        row.isOn = true
        topics[index] = topic
      }
      if index < plans.count, let plan = plans[index] {
        unsafe row.plan = Unmanaged.passUnretained(plan)
        row.isOn = true
      }
      rows[index] = row
    }
  }

  /// Whether a topic's events are looked at.
  ///
  /// Cost: a load.
  @inline(__always) public func looksAt(_ topic: TopicID) -> Bool { rows[Int(topic.rawValue)].isOn }
  /// Whether parts of a topic's events may be exchanged.
  @inline(__always) public func redacts(_ topic: TopicID) -> Bool { unsafe rows[Int(topic.rawValue)].plan != nil }

  /// Looks at an event that has neither key nor headers nor an envelope.
  ///
  /// - Parameters:
  ///   - payload: its bytes.
  ///   - attribute: the version that its request names; empty for none.
  ///   - topic: where it goes.
  ///   - timeNs: when it happened, if something besides it says so.
  ///   - failuresMax: how many failures a verdict may tell.
  /// - Returns: what becomes of it; unless it passes or is changed, `verdict` says why.
  public mutating func inspect(
    _ payload: RawSpan,
    attribute: RawSpan,
    of topic: TopicID,
    timeNs: Int64? = nil,
    failuresMax: Int = 1
  ) -> Inspection {
    inspect(
      payload,
      0..<payload.byteCount,
      attribute: attribute,
      of: topic,
      timeNs: timeNs,
      failuresMax: failuresMax
    )
  }
  /// Looks at an event.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - failuresMax: how many failures a verdict may tell.
  /// - Returns: what becomes of it; unless it passes or is changed, `verdict` says why.
  public mutating func inspect(_ event: borrowing Event, failuresMax: Int = 1) -> Inspection {
    let topic = event.grant.topic
    let inspection = inspect(
      event.payload,
      event.contentRange,
      attribute: event.schemaName,
      of: topic,
      timeNs: event.timeNs,
      failuresMax: failuresMax
    )
    guard event.hasKey || event.headerCount > 0, redacts(topic) else { return inspection }
    return redactMetadata(of: event, inspection)
  }
  /// Looks at the part of an event that its schema is about, and redacts all of it.
  @inline(__always)
  private mutating func inspect(
    _ payload: RawSpan,
    _ content: Range<Int>,
    attribute: RawSpan,
    of topic: TopicID,
    timeNs: Int64?,
    failuresMax: Int
  ) -> Inspection {
    finding = .nothing
    let index = Int(topic.rawValue)
    guard rows[index].isOn else { return .passes }
    redaction = RedactionState()
    let text = payload.extracting(content)
    checked = content
    if unsafe rows[index].schema != nil,
      attribute.byteCount > 0 || !rows[index].isPlain || !passes(text, index, timeNs)
    {
      let inspection = inspectClosely(text, attribute, index, timeNs, failuresMax)
      guard inspection == .passes else { return unfit(inspection, payload, content, topic) }
    }
    guard redacts(topic) else { return .passes }
    return redact(payload, content, of: topic)
  }
  /// Whether an event that names no version fits the required one.
  @inline(__always) private mutating func passes(_ payload: RawSpan, _ index: Int, _ timeNs: Int64? = nil) -> Bool {
    let outcome = unsafe rows[index].schema!._withUnsafeGuaranteedRef { validator.check(payload, against: $0) }
    guard case .valid = outcome else { return false }
    finding = .pass(version: Int(rows[index].required))
    if rows[index].hasMore || timeNs != nil { look(payload, Int(rows[index].requiredPlace), index, timeNs) }
    return true
  }

  /// Looks at events that follow one another, of which nothing is said besides their bytes; how many pass before the
  /// first that does not, or that must be looked at closely.
  @inline(never)
  public mutating func passing(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    of topic: TopicID,
    atMost limit: Int
  ) -> Int {
    guard rows[Int(topic.rawValue)].isPlain, !redacts(topic) else { return 0 }
    var (count, place) = (0, start)
    while count < limit, let payload = run.payload(at: place), passes(bytes.extracting(payload), Int(topic.rawValue)) {
      (count, place) = (count &+ 1, payload.upperBound)
    }
    return count
  }

  /// The event that was inspected last has been disposed of as it was said.
  public mutating func confirm(_ topic: TopicID) {
    confirmRedaction(topic)
    guard let row = rows[Int(topic.rawValue)].counters else { return }
    switch finding {
    case .nothing: return
    case .pass(let version): row.pass(version)
    case .fail(let version, let keyword): row.fail(version, at: keyword)
    case .other(let field): row.add(field)
    }
    row.add(.checked)
    finding = .nothing
  }
  /// So many of the events that were found to pass have been taken.
  public mutating func confirm(_ count: Int, of topic: TopicID) {
    guard let row = rows[Int(topic.rawValue)].counters else { return }
    row.pass(Int(rows[Int(topic.rawValue)].required), count)
    row.add(.checked, count)
  }

  // MARK: Closely

  @inline(never)
  private mutating func inspectClosely(
    _ payload: RawSpan,
    _ attribute: RawSpan,
    _ index: Int,
    _ timeNs: Int64?,
    _ failuresMax: Int
  ) -> Inspection {
    verdict.count = 0
    let schemas = topics[index]!.schemas
    guard let version = version(of: payload, attribute, index) else {
      finding = .other(.unknownVersion)
      verdict.append("\"message\":\"the event names a schema version that this topic does not take\"")
      return schemas.consequence == .refuse
        ? .refused(.unknownSchemaVersion) : .setAside(.unknownSchemaVersion, version: 0)
    }
    let schema = schemas.versions[version].schema
    let text = Self.text(payload, schemas.naming)
    checked = checked.upperBound - text.byteCount..<checked.upperBound
    let reason: Refusal
    switch validator.check(text, against: schema) {
    case .valid:
      finding = .pass(version: Int(schemas.versions[version].number))
      if rows[index].hasMore || timeNs != nil { look(text, version, index, timeNs) }
      return .passes
    case .invalid:
      finding = .fail(version: Int(schemas.versions[version].number), validator.keyword(of: schema))
      verdict.append("\"version\":")
      verdict.write(atMost: 20) { $0.append(decimal: UInt64(schemas.versions[version].number)) }
      verdict.append(",")
      if failuresMax > 1 {
        validator.writeVerdicts(
          on: text,
          of: schema,
          atMost: failuresMax,
          within: schemas.consequence == .refuse ? Self.verdictBytesMax : Self.recordedBytesMax,
          into: &verdict
        )
      } else {
        validator.writeVerdict(on: text, of: schema, into: &verdict)
      }
      reason = .invalidEvent
    case .malformed(let fault):
      finding = .other(.malformed)
      Validator.writeVerdict(on: fault, into: &verdict)
      reason = .malformedEvent
    case .exhausted:
      finding = .other(.exhausted)
      verdict.append("\"message\":\"checking the event would take more work than one event may cost\"")
      reason = .tooComplex
    }
    guard schemas.consequence == .quarantine else { return .refused(reason) }
    return .setAside(reason, version: schemas.versions[version].number)
  }

  /// The place of the version that an event is held to; `nil` when it names one that is not taken.
  private mutating func version(of payload: RawSpan, _ attribute: RawSpan, _ index: Int) -> Int? {
    let topic = topics[index]!
    let name: VersionName
    switch topic.schemas.naming {
    case .attribute: name = VersionName(attribute: attribute)
    case .wireFormat: name = VersionName(wire: payload)
    case .member:
      // SAFETY: a UInt8 has no padding that its bytes could show.
      name = unsafe VersionName(member: topic.member.span.bytes, of: payload, &marks)
    }
    switch name {
    case .none: return topic.schemas.required
    case .number(let number): return topic.schemas.versions.firstIndex { $0.number == number }
    case .wireID(let id): return topic.schemas.versions.firstIndex { $0.wireID == id }
    case .unreadable: return nil
    }
  }
  /// What of an event is JSON.
  @_lifetime(copy payload)
  private static func text(_ payload: RawSpan, _ naming: TopicSchemas.Naming) -> RawSpan {
    guard naming == .wireFormat, payload.byteCount > 5, payload.byte(0) == 0 else { return payload }
    return payload.extracting(5..<payload.byteCount)
  }

  // MARK: Beside the line

  /// Shows an event that passed to the version in the shadow, and looks at its quality, when its turn has come.
  @inline(never) private mutating func look(_ text: RawSpan, _ version: Int, _ index: Int, _ timeNs: Int64?) {
    if let shadow = topics[index]!.schemas.shadow {
      topics[index]!.shadowPhase += shadow.share
      if topics[index]!.shadowPhase >= 10_000 {
        topics[index]!.shadowPhase -= 10_000
        show(text, to: shadow.version, index)
      }
    }
    guard topics[index]!.survey != nil || timeNs != nil else { return }
    topics[index]!.surveyPhase += 1
    guard topics[index]!.surveyPhase == Self.surveyInterval else { return }
    topics[index]!.surveyPhase = 0
    survey(text, timeNs, version, index)
  }

  private mutating func show(_ text: RawSpan, to version: TopicSchemas.Version, _ index: Int) {
    let schema = version.schema
    guard let row = rows[index].counters else { return }
    row.add(.shadowed)
    guard case .invalid = beside.check(text, against: schema) else { return }
    row.failInShadow(at: beside.keyword(of: schema))
    guard shadowVerdict.count == 0 else { return }
    (shadowTopic, shadowVersion) = (TopicID(rawValue: UInt16(index)), version.number)
    beside.writeVerdict(on: text, of: schema, into: &shadowVerdict)
  }
  /// An event is refused for something else: what was said of one before it is not said of this one.
  public mutating func forgetVerdict() { verdict.count = 0 }
  /// What the version in the shadow said has been told.
  public mutating func forgetShadowVerdict() { shadowVerdict.count = 0 }

  /// What the envelope says of an event's time counts before what the event says itself.
  private mutating func survey(_ text: RawSpan, _ timeNs: Int64?, _ version: Int, _ index: Int) {
    guard let row = rows[index].counters else { return }
    var timeMs = timeNs.map { $0 / 1_000_000 }
    let schemas = topics[index]!.schemas
    if let survey = topics[index]!.survey, let found = beside.survey(text, survey, schemas.versions[version].schema) {
      row.add(.sampled)
      row.add(.unseenMembers, found.unseen)
      for field in schemas.qualityFields.indices {
        if found.present >> UInt16(field) & 1 == 0 { row.miss(field) }
        if found.null >> UInt16(field) & 1 != 0 { row.meetNull(field) }
      }
      timeMs = timeMs ?? found.timeMs
      if timeMs == nil, schemas.qualityTime != nil { row.add(.untimed) }
    }
    if let timeMs { row.skew(ms: clockNs / 1_000_000 - timeMs) }
  }
}
