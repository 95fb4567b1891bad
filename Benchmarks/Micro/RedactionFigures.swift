internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Inspect
internal import Pack
internal import Redaction
public import Schemas

/// What it takes to find personal data in texts, and to redact events.
public struct RedactionFigures: Sendable {
  /// What was measured.
  public let name: String
  /// How many texts or events there are.
  public let count: Int
  /// Their mean size.
  public let bytesEach: Int
  /// What was found in one round over all of them.
  public let found: Int
  /// Nanoseconds each in the quickest round: whatever else the machine does only makes rounds slower.
  public let minNs: Double
  /// Nanoseconds each in the median round.
  public let medianNs: Double
}

/// Measures the scan of a file's texts, one a line, by all detectors, for about so long; `nil` when there are none.
public func measureTextScans(_ file: String, ms: Int) -> RedactionFigures? {
  guard let texts = lines(of: file) else { return nil }
  var scanner = TextScanner(textBytesMax: texts.map(\.count).max()!)
  let profile = DetectionProfile(types: .all)
  return measure("scan", texts, ms: ms) { measuredScan($0, &scanner, profile) }
}

@inline(never)
private func measuredScan(_ text: [UInt8], _ scanner: inout TextScanner, _ profile: DetectionProfile) -> Int {
  // SAFETY: a view of an array that lives until the end of this scope.
  unsafe scanner.scan(text.span.bytes, name: .none, profile: profile)
}

/// What is redacted of the events that are measured.
public enum MeasuredPlan: Sendable {
  /// Nothing, and nothing is looked for.
  case none
  /// All detectors look; the field at a path is exchanged, if there is one.
  case detectors(field: String?)
}

/// Measures what the line does to a file's events, one a line: held against a schema if there is one, redacted by a
/// plan, and written into a batch.
///
/// Returns `nil` when a file can't be read or has no events.
///
/// Throws: what is wrong with the schema.
public func measureRedaction(
  _ file: String,
  schema schemaFile: String?,
  plan: MeasuredPlan,
  ms: Int
) throws(SchemaMistake) -> RedactionFigures? {
  guard let events = lines(of: file) else { return nil }
  var line = try RedactionLine(schemaFile, plan, eventBytesMax: max(events.map(\.count).max()!, 256 << 10))
  let work =
    switch plan {
    case .none: ""
    case .detectors(field: nil): "scan, "
    case .detectors: "scan, redact a field, "
    }
  let name = (schemaFile == nil ? "" : "validate, ") + work + "encode"
  return measure(name, events, ms: ms) { line.take($0) }
}

/// As much of the line as events meet between a front and the log.
private struct RedactionLine: ~Copyable {
  private var inspector: Inspector
  private var batch: Batch
  private var spare: Region?
  private var offset: UInt64 = 0
  private let topic = TopicID(rawValue: 0)

  init(_ schemaFile: String?, _ plan: MeasuredPlan, eventBytesMax: Int) throws(SchemaMistake) {
    inspector = Inspector(
      shard: 0,
      counters: InspectionCounters(shards: 1, topics: 1),
      redactions: RedactionCounters(shards: 1, topics: 1),
      topics: 1,
      eventBytesMax: eventBytesMax,
      limits: JSONLimits(),
      seed: 1
    )
    var schemas: TopicSchemas?
    if let schemaFile, let text = contents(of: schemaFile) {
      var library = SchemaLibrary()
      try library.add(text, uri: "registry:///measured/1.json", file: schemaFile)
      let schema = try Schema("registry:///measured/1.json", in: library)
      schemas = TopicSchemas(versions: [TopicSchemas.Version(number: 1, schema: schema)], required: 0)
    }
    switch plan {
    case .none: inspector.adopt([schemas], RedactionRules(plans: [nil]))
    case .detectors(let field): inspector.adopt([schemas], RedactionRules(plans: [Self.plan(field)]))
    }
    batch = Batch(
      filling: Region(id: RegionID(rawValue: 0), byteCount: 2 << 20),
      topics: [Topic(id: topic, name: "measured")],
      headerBytes: 64
    )
    spare = Region(id: RegionID(rawValue: 1), byteCount: 2 << 20)
  }

  private static func plan(_ field: String?) -> RedactionPlan {
    let kinds = PersonalType.allCases
    do throws(FieldPathMistake) {
      // What is found is told and left, so that every event is redacted in one field and no other.
      var profile = DetectionProfile(types: .all)
      if field != nil { for type in kinds { profile[type] = 100 } }
      let replace = OperatorCatalogue.standard
      return RedactionPlan(
        topic: TopicMark("measured"),
        paths: try FieldPaths(field.map { [$0] } ?? []),
        fields: field == nil ? [] : [RedactionPlan.Rule(replace)],
        profile: profile,
        found: kinds.map { _ in replace },
        foundInKeys: kinds.map { _ in replace },
        version: 1
      )
    } catch { broken("the path of a benchmark is one: \(error)") }
  }

  /// Takes an event; 1 when it was changed.
  @inline(never)
  mutating func take(_ event: [UInt8]) -> Int {
    // SAFETY: a view of an array that lives until the end of this scope.
    let payload = unsafe event.span.bytes
    let inspection = inspector.inspect(payload, attribute: payload.extracting(0..<0), of: topic)
    precondition(inspection == .passes || inspection == .changed, "an event of a benchmark is taken")
    if inspection == .changed {
      let splices = inspector.takeSplices()
      append(payload, splices)
      inspector.putSplices(splices)
    } else {
      append(payload)
    }
    inspector.confirm(topic)
    offset += 1
    return inspection == .changed ? 1 : 0
  }
  private mutating func append(_ payload: RawSpan) {
    let stamp = stamp
    if batch.append(payload, topic: topic, stamp: stamp, offset: offset, timestampMs: 0) { return }
    startBatch()
    let isTaken = batch.append(payload, topic: topic, stamp: stamp, offset: offset, timestampMs: 0)
    precondition(isTaken, "an event finds room in an empty batch")
  }
  private mutating func append(_ payload: RawSpan, _ splices: borrowing Splices) {
    let stamp = stamp
    let grant = Grant(topic: topic, principal: .anonymous, eventBytesMax: payload.byteCount)
    let event = Event(grant: grant, origin: Origin(), payload: payload)
    if batch.append(event, with: splices, stamp: stamp, offset: offset, timestampMs: 0) { return }
    startBatch()
    let isTaken = batch.append(event, with: splices, stamp: stamp, offset: offset, timestampMs: 0)
    precondition(isTaken, "an event finds room in an empty batch")
  }
  private mutating func startBatch() {
    let sealed = batch.seal(using: spare.take()!)
    spare = consume sealed.region
  }
  private var stamp: StampHeader {
    var stamp = StampHeader(at: ClockReading(utcNs: 0, errorNs: nil, state: .unknown, monotonicNs: 0))
    stamp.eventID = UInt128(offset)
    return stamp
  }
}

/// Measures rounds over all of some texts.
func measure(_ name: String, _ texts: [[UInt8]], ms: Int, _ work: ([UInt8]) -> Int) -> RedactionFigures {
  let part = min(texts.count, 2000)
  var found = 0
  for text in texts { found += work(text) }
  var (rounds, first) = ([Double](), 0)
  let start = clockNs()
  repeat {
    let before = clockNs()
    for text in texts[first..<first + part] { _ = work(text) }
    rounds.append(Double(clockNs() - before) / Double(part))
    first = (first + part) % (texts.count / part * part)
  } while clockNs() - start < UInt64(ms) * 1_000_000
  rounds.sort()
  return RedactionFigures(
    name: name,
    count: texts.count,
    bytesEach: texts.reduce(0) { $0 + $1.count } / texts.count,
    found: found,
    minNs: rounds[0],
    medianNs: rounds[rounds.count / 2]
  )
}

private func lines(of file: String) -> [[UInt8]]? {
  guard let text = contents(of: file) else { return nil }
  let lines = text.split(separator: UInt8(ascii: "\n")).map { Array($0) }
  return lines.isEmpty ? nil : lines
}

/// Texts of 84 bytes, as logs of devices have them; of four, one holds personal data.
public func sampleTexts(_ count: Int, seed: UInt64) -> [String] {
  var state = seed | 1
  func draw(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 33) % bound
  }
  let words = [
    "sensor", "restarted", "after", "watchdog", "timeout", "link", "lost", "retry", "in", "ms", "flush", "queue",
  ]
  func filler() -> String {
    "\(words[draw(words.count)]) \(draw(2) == 0 ? words[draw(words.count)] : "\(draw(10_000))")"
  }
  return (0..<count).map { index in
    var text = "[\(["net", "app", "io"][draw(3)])] \(filler()) \(filler())"
    switch index % 4 {
    case 0:
      switch draw(4) {
      case 0: text += " user\(draw(1000))@mail\(draw(10)).example.org"
      case 1: text += " from 10.\(draw(256)).\(draw(256)).\(draw(256))"
      case 2: text += " call +49 151 2345\(1000 + draw(9000))"
      default: text += " card 4111 1111 1111 1111"
      }
    case 1: text += " 2026-0\(1 + draw(9))-1\(draw(10))T0\(draw(10)):1\(draw(10)):2\(draw(10))Z"
    case 2: text += " v\(draw(20)).\(draw(30)).\(draw(200)) seq \(draw(1_000_000))"
    default: break
    }
    while text.utf8.count < 84 { text += " " + words[draw(words.count)] }
    return String(text.prefix(84))
  }
}
