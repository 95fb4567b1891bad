import Bytes
import Events
import Formats
import Schemas
import Testing

@testable import Inspect

/// What happens to the events of topics that have schemas.
@Suite struct InspectorTests {
  private static let topic = TopicID(rawValue: 1)

  private static func version(_ number: UInt32, _ text: String, wireID: UInt32? = nil) throws -> TopicSchemas.Version {
    var library = SchemaLibrary()
    try library.add(Array(text.utf8), uri: "registry:///t/\(number).json", file: "\(number).json")
    let schema = try Schema("registry:///t/\(number).json", in: library)
    return TopicSchemas.Version(number: number, wireID: wireID, schema: schema)
  }
  private static func versions() throws -> [TopicSchemas.Version] {
    [
      try version(1, #"{"type":"object","required":["a"]}"#, wireID: 100),
      try version(2, #"{"type":"object","required":["a","b"],"properties":{"b":{"type":"integer"}}}"#, wireID: 200),
    ]
  }
  /// An inspector of two topics, the second of which has schemas.
  private final class Rig {
    let counters = InspectionCounters(shards: 2, topics: 2)
    var inspector: Inspector

    init(_ change: (inout TopicSchemas) -> Void = { _ in }) throws {
      inspector = Inspector(
        shard: 1,
        counters: counters,
        redactions: RedactionCounters(shards: 2, topics: 2),
        topics: 2,
        eventBytesMax: 4096,
        limits: JSONLimits(),
        seed: 1
      )
      var schemas = TopicSchemas(versions: try versions(), required: 1)
      change(&schemas)
      inspector.adopt([nil, schemas])
    }
    func inspect(
      _ event: String,
      attribute: String = "",
      timeNs: Int64? = nil,
      failuresMax: Int = 1
    ) -> Inspection {
      let (bytes, name) = (Array(event.utf8), Array(attribute.utf8))
      let found = inspector.inspect(
        bytes.span.bytes,
        attribute: name.span.bytes,
        of: topic,
        timeNs: timeNs,
        failuresMax: failuresMax
      )
      inspector.confirm(topic)
      return found
    }
    var verdict: String { Self.text(of: inspector.verdict) }
    private static func text(of region: borrowing Region) -> String {
      let bytes = region.bytes
      return String(decoding: (0..<bytes.byteCount).map { bytes.byte($0) }, as: UTF8.self)
    }
  }

  @Test func `a topic without schemas takes whatever comes`() throws {
    let rig = try Rig()
    let bytes = Array("no JSON".utf8)
    let none = TopicID(rawValue: 0)
    let isLookedAt = rig.inspector.looksAt(none)
    #expect(!isLookedAt)
    let found = rig.inspector.inspect(bytes.span.bytes, attribute: bytes.span.bytes, of: none)
    #expect(found == .passes)
    #expect(rig.counters.total(none, .checked) == 0)
  }

  @Test func `what fits passes, and what does not is refused with its version and place`() throws {
    let rig = try Rig()
    #expect(rig.inspect(#"{"a":1,"b":2}"#) == .passes)
    #expect(rig.inspect(#"{"a":1,"b":"x"}"#) == .refused(.invalidEvent))
    #expect(
      rig.verdict
        == #""version":2,"instance":"/b","keyword":"type","schema":"/properties/b/type","#
        + #""message":"must be an integer, not a string""#
    )
    #expect(rig.inspect(#"{"a":1"#) == .refused(.malformedEvent))
    #expect(rig.verdict.hasPrefix(#""offset":6,"message":"#))
    #expect(rig.counters.total(Self.topic, .checked) == 3)
    #expect(rig.counters.passed(Self.topic, version: 2) == 1)
    #expect(rig.counters.failed(Self.topic, version: 2, at: .type) == 1)
    #expect(rig.counters.total(Self.topic, .malformed) == 1)
  }

  @Test func `an event that is not confirmed is not counted`() throws {
    let rig = try Rig()
    let bytes = Array(#"{"a":1,"b":2}"#.utf8)
    for _ in 0..<3 {
      _ = rig.inspector.inspect(bytes.span.bytes, attribute: bytes.span.bytes.extracting(0..<0), of: Self.topic)
    }
    #expect(rig.counters.total(Self.topic, .checked) == 0)
    rig.inspector.confirm(Self.topic)
    rig.inspector.confirm(Self.topic)
    #expect(rig.counters.total(Self.topic, .checked) == 1)
  }

  @Test(arguments: [
    ("1", true), ("2", false), ("https://example.com/schemas/t/1", true), ("registry:///t/1.json", true),
    ("https://example.com/t/1.json?raw#x", true), ("3", nil), ("one", nil), ("https://example.com/", nil), ("01", true),
    ("99999999999", nil), ("", false),
  ])
  func `an attribute names the version that an event is held to`(name: String, passes: Bool?) throws {
    let rig = try Rig()
    let expected: Inspection =
      passes.map { $0 ? .passes : .refused(.invalidEvent) } ?? .refused(.unknownSchemaVersion)
    #expect(rig.inspect(#"{"a":1}"#, attribute: name) == expected)
    #expect(rig.counters.total(Self.topic, .unknownVersion) == (passes == nil ? 1 : 0))
  }

  @Test func `a member names the version`() throws {
    let rig = try Rig { $0.naming = .member("v") }
    #expect(rig.inspect(#"{"x":[{"v":2}],"v":1,"a":1}"#) == .passes)
    #expect(rig.inspect(#"{"a":1,"v":"1"}"#) == .passes)
    #expect(rig.inspect(#"{"a":1,"v":2}"#) == .refused(.invalidEvent))
    #expect(rig.inspect(#"{"a":1}"#) == .refused(.invalidEvent))
    #expect(rig.inspect(#"{"a":1,"v":7}"#) == .refused(.unknownSchemaVersion))
    #expect(rig.inspect(#"{"a":1,"v":null}"#) == .refused(.unknownSchemaVersion))
    #expect(rig.inspect(#"{"a":1,"v":"#) == .refused(.unknownSchemaVersion))
  }

  @Test func `the wire format of registries is recognised, and its five bytes are no JSON`() throws {
    let rig = try Rig { $0.naming = .wireFormat }
    #expect(rig.inspect("\u{0}\u{0}\u{0}\u{0}d" + #"{"a":1}"#) == .passes)
    #expect(rig.inspect("\u{0}\u{0}\u{0}\u{0}e" + #"{"a":1}"#) == .refused(.unknownSchemaVersion))
    #expect(rig.inspect(#"{"a":1,"b":2}"#) == .passes)
    #expect(rig.inspect("\u{0}\u{0}") == .refused(.malformedEvent))
  }

  @Test func `what does not fit is set aside where the topic says so`() throws {
    let rig = try Rig { $0.consequence = .quarantine }
    #expect(rig.inspect(#"{"a":1}"#) == .setAside(.invalidEvent, version: 2))
    #expect(rig.inspect("{") == .setAside(.malformedEvent, version: 2))
    #expect(rig.inspect("{}", attribute: "9") == .setAside(.unknownSchemaVersion, version: 0))
  }

  @Test func `what goes to quarantine leaves room in its record, however much is wrong`() throws {
    let names = (0..<12).map { #""m\#($0)":{"type":"string"}"# }.joined(separator: ",")
    let version = try Self.version(3, #"{"properties":{\#(names)}}"#)
    let event = "{" + (0..<12).map { #""m\#($0)":0"# }.joined(separator: ",") + "}"
    for consequence in [TopicSchemas.Consequence.refuse, .quarantine] {
      let rig = try Rig { $0 = TopicSchemas(versions: [version], required: 0, consequence: consequence) }
      _ = rig.inspect(event, failuresMax: 16)
      let told = rig.verdict.ranges(of: "\"keyword\":").count
      let bytes = consequence == .refuse ? Inspector.verdictBytesMax : Inspector.recordedBytesMax
      #expect(told > 1 && told < 13 && rig.verdict.utf8.count <= bytes && rig.verdict.hasSuffix("}]"))
    }
  }

  @Test func `what was said of one event is forgotten for the next`() throws {
    let rig = try Rig()
    #expect(rig.inspect(#"{"a":1}"#) == .refused(.invalidEvent) && !rig.verdict.isEmpty)
    rig.inspector.forgetVerdict()
    #expect(rig.verdict.isEmpty)
  }

  @Test func `a version in the shadow counts what it would refuse, and refuses nothing`() throws {
    let strict = try Self.version(3, #"{"properties":{"b":{"maximum":4}}}"#)
    let rig = try Rig { $0.shadow = TopicSchemas.Shadow(version: strict, share: 5000) }
    for value in 0..<10 { #expect(rig.inspect(#"{"a":1,"b":\#(value)}"#) == .passes) }
    #expect(rig.counters.total(Self.topic, .shadowed) == 5)
    #expect(rig.counters.total(Self.topic, .shadowRefused) == 3)
    #expect(rig.counters.failedInShadow(Self.topic, at: .maximum) == 3)
    let told = rig.inspector.shadowVerdict.count
    #expect(told > 0)
    #expect(rig.inspector.shadowTopic == Self.topic)
    #expect(rig.inspector.shadowVersion == 3)
    rig.inspector.forgetShadowVerdict()
    #expect(rig.inspector.shadowVerdict.count == 0)
  }

  @Test func `missing, null and unseen members are counted in a sample`() throws {
    let rig = try Rig { $0.qualityFields = ["a", "c"] }
    for _ in 0..<16 { #expect(rig.inspect(#"{"a":null,"b":2,"new":{"x":1},"other":[1]}"#) == .passes) }
    #expect(rig.counters.total(Self.topic, .sampled) == 1)
    #expect(rig.counters.null(Self.topic, field: 0) == 1)
    #expect(rig.counters.missing(Self.topic, field: 0) == 0)
    #expect(rig.counters.missing(Self.topic, field: 1) == 1)
    #expect(rig.counters.total(Self.topic, .unseenMembers) == 2)
  }

  /// 2026-11-20T12:00:00Z.
  private static let noonNs: Int64 = 1_795_176_000_000_000_000

  @Test(arguments: [
    (#""2026-11-20T11:59:59.5Z""#, 4), (#""2026-11-20T13:00:00.0000005+01:00""#, 2), ("1795176000000", 2),
    ("1795176000001", 2), ("1795176001000", 1), ("1795176001001", 1), ("1795176060000", 0), ("1795176060001", 0),
    ("1.795176e12", 2), ("1795089600000", 9), ("1795089599999", 10), ("0", 10), ("-9223372036854", 10),
    ("9223372036854", 0), (#""1677-09-22T00:00:00Z""#, 10), (#""2262-04-11T00:00:00Z""#, 0),
  ])
  func `how late an event came in is counted up to the first bound that it keeps`(time: String, bound: Int) throws {
    let rig = try Rig { $0.qualityTime = "at" }
    rig.inspector.clockNs = Self.noonNs
    for _ in 0..<16 { #expect(rig.inspect(#"{"a":1,"b":2,"at":\#(time)}"#) == .passes) }
    let counts = rig.counters.skew(Self.topic)
    #expect(counts.indices.filter { counts[$0] > 0 } == [bound] && counts[bound] == 1)
    #expect(rig.counters.total(Self.topic, .untimed) == 0)
  }

  @Test(arguments: [
    #","at":null"#, #","at":1.5"#, #","at":"noon""#, #","at":"""#, #","at":"2026-11-20""#, #","at":[1795176000000]"#,
    "",
    #","at":9223372036855"#, #","at":-9223372036855"#, #","at":1e400"#, #","at":"2263-01-01T00:00:00Z""#,
    #","x":{"at":1795176000000}"#, #","at":true"#, #","at":{"at":1}"#,
  ])
  func `an event that does not say when it happened is counted as such`(member: String) throws {
    let rig = try Rig { $0.qualityTime = "at" }
    rig.inspector.clockNs = Self.noonNs
    for _ in 0..<16 { #expect(rig.inspect(#"{"a":1\#(member),"b":2}"#) == .passes) }
    #expect(rig.counters.total(Self.topic, .untimed) == 1)
    #expect(rig.counters.skew(Self.topic).allSatisfy { $0 == 0 })
  }

  @Test func `the time of an envelope counts before the event's own, and without any setting`() throws {
    for member in [nil, "at"] {
      let rig = try Rig { $0.qualityTime = member }
      rig.inspector.clockNs = Self.noonNs
      for _ in 0..<16 {
        #expect(rig.inspect(#"{"a":1,"b":2,"at":0}"#, timeNs: Self.noonNs - 5_000_000_000) == .passes)
      }
      #expect(rig.counters.skew(Self.topic)[5] == 1 && rig.counters.skew(Self.topic).reduce(0, +) == 1)
    }
    let rig = try Rig()
    for _ in 0..<32 { #expect(rig.inspect(#"{"a":1,"b":2,"at":0}"#) == .passes) }
    #expect(rig.counters.skew(Self.topic).reduce(0, +) == 0 && rig.counters.total(Self.topic, .sampled) == 0)
  }

  @Test func `the member that says the time may be a field, too, or one more than the most`() throws {
    let fields = (1...15).map { "f\($0)" } + ["at"]
    let rig = try Rig { ($0.qualityFields, $0.qualityTime) = (fields, "at") }
    for _ in 0..<16 { _ = rig.inspect(#"{"a":1,"b":2,"at":null}"#) }
    #expect(rig.counters.null(Self.topic, field: 15) == 1 && rig.counters.total(Self.topic, .untimed) == 1)
    for _ in 0..<16 { _ = rig.inspect(#"{"a":1,"b":2,"at":7}"#) }
    #expect(rig.counters.missing(Self.topic, field: 15) == 0 && rig.counters.skew(Self.topic).reduce(0, +) == 1)
    let full = try Rig { ($0.qualityFields, $0.qualityTime) = (fields, "when") }
    for _ in 0..<16 { _ = full.inspect(#"{"a":1,"b":2,"at":null,"when":7}"#) }
    #expect(full.counters.null(Self.topic, field: 15) == 1 && full.counters.skew(Self.topic).reduce(0, +) == 1)
    #expect((0..<15).allSatisfy { full.counters.missing(Self.topic, field: $0) == 1 })
  }

  @Test func `events of a run say when they happened, too`() throws {
    let rig = try Rig { $0.qualityTime = "at" }
    rig.inspector.clockNs = Self.noonNs
    let (run, bytes) = Fixed.run(Array(repeating: #"{"a":1,"b":1,"at":1795175999000}"#, count: 48))
    let all = rig.inspector.passing(run, of: bytes.span.bytes, from: 0, of: Self.topic, atMost: 64)
    #expect(all == 48 && rig.counters.skew(Self.topic)[4] == 3)
  }

  private struct Fixed: EventRun {
    let places: [Range<Int>]
    func payload(at offset: Int) -> Range<Int>? { places.first { $0.lowerBound >= offset } }

    static func run(_ events: [String]) -> (run: Fixed, bytes: [UInt8]) {
      var places: [Range<Int>] = []
      for event in events {
        let start = places.last?.upperBound ?? 0
        places.append(start..<start + event.utf8.count)
      }
      return (Fixed(places: places), Array(events.joined().utf8))
    }
  }
  @Test func `a run passes up to the first event that does not fit`() throws {
    let rig = try Rig()
    let (run, bytes) = Fixed.run([#"{"a":1,"b":1}"#, #"{"a":1,"b":2}"#, #"{"a":1}"#, #"{"a":1,"b":3}"#])
    let all = rig.inspector.passing(run, of: bytes.span.bytes, from: 0, of: Self.topic, atMost: 64)
    let first = rig.inspector.passing(run, of: bytes.span.bytes, from: 0, of: Self.topic, atMost: 1)
    #expect(all == 2)
    #expect(first == 1)
    #expect(rig.counters.total(Self.topic, .checked) == 0)
    rig.inspector.confirm(2, of: Self.topic)
    #expect(rig.counters.total(Self.topic, .checked) == 2)
  }

  @Test func `schemas that are taken away are not asked any more`() throws {
    let rig = try Rig()
    rig.inspector.adopt([])
    #expect(rig.inspect("no JSON") == .passes)
  }
}
