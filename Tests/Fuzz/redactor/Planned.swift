import Bytes
import Detection
import Events
import Formats
import Inspect
import Redaction

// The one thread of libFuzzer makes the plans and has them.

/// Fields of every operator, and all detectors.
nonisolated(unsafe) var mixed = Planned(fields, detects: true)
/// Fields alone.
nonisolated(unsafe) var byField = Planned(fields, detects: false)
/// Detectors alone.
nonisolated(unsafe) var byDetectors = Planned([], detects: true)

private let fields = [
  ("/drop", "drop"), ("/list/*", "replace"), ("/list/1", "drop"), ("/**/mask", "mask"), ("/hash", "hash"),
  ("/name", "pseudonym"), ("/**/token", "tokenize"), ("/seal", "encrypt"), ("/in/*/at", "generalise"),
  ("/a~1b", "drop"),
]

/// A plan, for a trial and on the line.
struct Planned: ~Copyable {
  let hasFields: Bool
  private let detects: Bool
  var trial: RedactionTrial
  private var inspector: Inspector
  private var kept = Region(id: RegionID(rawValue: 0), byteCount: 16 << 20)

  init(_ fields: [(path: String, operation: String)], detects: Bool) {
    let words = OperatorCatalogue.words
    do {
      let found = try PersonalType.allCases.map {
        try OperatorCatalogue.operation(words[Int($0.rawValue) % words.count])
      }
      let plan = RedactionPlan(
        topic: TopicMark("t"),
        paths: try FieldPaths(fields.map(\.path)),
        fields: try fields.map { RedactionPlan.Rule(try OperatorCatalogue.operation($0.operation), type: .person) },
        profile: DetectionProfile(types: detects ? .all : []),
        found: found,
        foundInKeys: found.map { $0.isDeterministic && !$0.isDrop ? $0 : OperatorCatalogue.standard },
        version: 7
      )
      let keys = try Self.keys()
      trial = RedactionTrial(plan, keys: keys, eventBytesMax: eventBytesMax, limits: limits)
      inspector = Inspector(
        shard: 0,
        counters: InspectionCounters(shards: 1, topics: 1),
        redactions: RedactionCounters(shards: 1, topics: 1),
        topics: 1,
        eventBytesMax: eventBytesMax,
        limits: limits,
        seed: 1
      )
      inspector.adopt([], RedactionRules(plans: [plan], keys: keys))
    } catch { preconditionFailure("\(error)") }
    (hasFields, self.detects) = (!fields.isEmpty, detects)
  }
  private static func keys() throws -> RedactionKeys {
    let secret = String(repeating: "0123456789abcdef", count: 4)
    let lines = KeyPurpose.allCases.map { purpose in
      "\(purpose.rawValue).1 \(purpose.rawValue) active 2026-01-31T12:00:00Z hex:\(secret)\n"
    }
    let text = Array("sluice-redaction-keys 1\n\(lines.joined())".utf8)
    return try RedactionKeyFile(text.span.bytes, file: "keys").keys(text.span.bytes)
  }

  /// An event as the line keeps it; `nil` when it refuses it.
  mutating func redactOnLine(_ event: [UInt8]) -> [UInt8]? {
    let bytes = event.span.bytes
    switch inspector.inspect(bytes, attribute: bytes.extracting(0..<0), of: TopicID(rawValue: 0)) {
    case .passes: return event
    case .changed: return exchanged(event)
    case .refused, .setAside: return nil
    }
  }
  private mutating func exchanged(_ event: [UInt8]) -> [UInt8] {
    let splices = inspector.takeSplices()
    kept.count = 0
    kept.write(atMost: event.count + splices.growth) { $0.append(event.span.bytes, with: splices) }
    precondition(kept.count == event.count + splices.growth, "splices say how long a text becomes")
    inspector.putSplices(splices)
    return kept.bytes.withUnsafeBytes { Array($0) }
  }

  /// Where something was exchanged in the event that was set aside last.
  private mutating func paths() -> [UInt8] {
    let paths = inspector.takePaths()
    let list = Self.copy(paths)
    inspector.putPaths(paths)
    return list
  }
  private static func copy(_ region: borrowing Region) -> [UInt8] { region.bytes.withUnsafeBytes { Array($0) } }

  /// Sets an event aside, and puts what was kept of it on the line once more, as a replay does.
  mutating func setAside(_ event: [UInt8]) {
    let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: eventBytesMax)
    let (bytes, none) = (event.span.bytes, event.span.bytes.extracting(0..<0))
    let refusal = inspector.redactAside(
      Event(grant: grant, origin: Origin(), key: bytes.extracting(0..<min(event.count, 64)), payload: bytes)
    )
    let list = paths()
    precondition(list.isEmpty || json(list)?.array != nil, "places are a list")
    guard refusal == nil, inspector.keepsPayload else { return }
    let first = exchanged(event)
    guard first.count <= eventBytesMax else { return }
    inspector.exempt(list.span.bytes, redactedBy: 7, of: TopicID(rawValue: 0))
    let second = redactOnLine(first)
    inspector.endExemption()
    guard let second else { return }
    precondition(json(second) != nil, "what is redacted once more is JSON")
    // Where detectors look, they may see in what was exchanged once more what is none; and a list has room for all of
    // the places only where neither they nor their paths are many.
    guard !detects, event.count <= 64, list.count < 240 else { return }
    precondition(second == first, "what the same plan has redacted stays as it is")
    // Whatever a record of quarantine says, it says it to somebody who goes on.
    inspector.exempt(bytes, redactedBy: 7, of: TopicID(rawValue: 0))
    _ = inspector.inspect(first.span.bytes, attribute: none, of: TopicID(rawValue: 0))
    inspector.endExemption()
  }
}
