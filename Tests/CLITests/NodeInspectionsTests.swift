import Bytes
import Events
import Formats
import Inspect
import Schemas
import Telemetry
import Testing

@testable import CLI

/// What metrics say of the events of topics that have schemas.
@Suite struct NodeInspectionsTests {
  private let topics = ["other", "orders"].enumerated().map { Topic(id: TopicID(rawValue: UInt16($0)), name: $1) }
  private static let topic = TopicID(rawValue: 1)

  private func version(_ number: UInt32, _ text: String) throws -> TopicSchemas.Version {
    var library = SchemaLibrary()
    try library.add(Array(text.utf8), uri: "registry:///t/\(number).json", file: "\(number).json")
    return TopicSchemas.Version(number: number, schema: try Schema("registry:///t/\(number).json", in: library))
  }
  private func schemas() throws -> TopicSchemas {
    let versions = [
      try version(2, #"{"required":["a"]}"#),
      try version(3, #"{"required":["a"],"properties":{"a":{"type":"integer"}}}"#),
    ]
    return TopicSchemas(versions: versions, required: 1)
  }

  /// A shard's inspector and the control thread's view of what it counts.
  private final class Rig {
    let counters = InspectionCounters(shards: 1, topics: 2)
    var inspector: Inspector
    var inspections: NodeInspections
    init() {
      inspector = Inspector(
        shard: 0,
        counters: counters,
        redactions: RedactionCounters(shards: 1, topics: 2),
        topics: 2,
        eventBytesMax: 4096,
        limits: JSONLimits(),
        seed: 1
      )
      inspections = NodeInspections(counters)
    }
    func adopt(_ schemas: TopicSchemas?, _ topics: [Topic]) {
      inspections.adopt([nil, schemas], of: topics)
      inspector.adopt([nil, schemas])
    }
    func inspect(_ event: String, attribute: String = "", count: Int = 1) {
      let (bytes, name) = (Array(event.utf8), Array(attribute.utf8))
      for _ in 0..<count {
        _ = inspector.inspect(bytes.span.bytes, attribute: name.span.bytes, of: topic)
        inspector.confirm(topic)
      }
    }
    /// The samples of metrics whose names begin so.
    func samples(_ start: String) -> [String] {
      var text = PrometheusText()
      inspections.write(to: &text)
      return text.text.split(separator: "\n").filter { $0.hasPrefix("sluice_\(start)") }
        .map { String($0.dropFirst("sluice_".count)) }
    }
  }

  @Test func `events are told by topic, version and keyword, and what was never met is left out`() throws {
    let rig = Rig()
    rig.adopt(try schemas(), topics)
    rig.inspect(#"{"a":1}"#, count: 3)
    rig.inspect(#"{"a":"x"}"#, count: 2)
    rig.inspect("{}")
    rig.inspect("{")
    rig.inspect("{}", attribute: "9")
    #expect(
      rig.samples("schema_events") == [
        #"schema_events_checked_total{topic="orders"} 8"#,
        #"schema_events_fit_total{topic="orders",version="3"} 3"#,
        #"schema_events_unfit_total{topic="orders",version="3",keyword="type"} 2"#,
        #"schema_events_unfit_total{topic="orders",version="3",keyword="required"} 1"#,
        #"schema_events_malformed_total{topic="orders"} 1"#,
        #"schema_events_unknown_version_total{topic="orders"} 1"#,
        #"schema_events_too_complex_total{topic="orders"} 0"#,
      ]
    )
    #expect(rig.samples("schema_shadow").isEmpty && rig.samples("schema_quality").isEmpty)
    rig.inspect(#"{"a":1}"#, attribute: "2")
    rig.inspect("{}", attribute: "2")
    #expect(rig.samples("schema_events_fit")[0] == #"schema_events_fit_total{topic="orders",version="2"} 1"#)
    #expect(rig.samples("schema_events_unfit")[0].contains(#"version="2",keyword="required"} 1"#))
    rig.adopt(nil, topics)
    #expect(rig.samples("").isEmpty)
  }

  @Test func `another version in the shadow starts from nothing`() throws {
    let rig = Rig()
    var schemas = try schemas()
    schemas.shadow = TopicSchemas.Shadow(version: try version(4, #"{"maxProperties":1}"#), share: 10_000)
    rig.adopt(schemas, topics)
    rig.inspect(#"{"a":1}"#, count: 2)
    rig.inspect(#"{"a":1,"b":2}"#, count: 3)
    let told = [
      #"schema_shadow_shown_total{topic="orders",version="4"} 5"#,
      #"schema_shadow_unfit_total{topic="orders",version="4",keyword="maxProperties"} 3"#,
    ]
    #expect(rig.samples("schema_shadow") == told)
    rig.adopt(schemas, topics)
    #expect(rig.samples("schema_shadow") == told, "a reload that changes nothing")
    schemas.shadow = TopicSchemas.Shadow(version: try version(5, "true"), share: 10_000)
    rig.adopt(schemas, topics)
    #expect(rig.samples("schema_shadow") == [#"schema_shadow_shown_total{topic="orders",version="5"} 0"#])
    rig.inspect(#"{"a":1,"b":2}"#)
    #expect(rig.samples("schema_shadow") == [#"schema_shadow_shown_total{topic="orders",version="5"} 1"#])
  }

  @Test func `quality is told by field, and other fields start from nothing`() throws {
    let rig = Rig()
    var schemas = try schemas()
    (schemas.qualityFields, schemas.qualityTime) = (["a", "b"], "at")
    rig.adopt(schemas, topics)
    rig.inspector.clockNs = 5_000_000_000
    rig.inspect(#"{"a":1,"b":null,"x":1}"#, count: 16)
    rig.inspect(#"{"a":1,"at":4500}"#, count: 32)
    #expect(
      rig.samples("schema_quality") == [
        #"schema_quality_sampled_total{topic="orders"} 3"#,
        #"schema_quality_missing_total{topic="orders",field="a"} 0"#,
        #"schema_quality_missing_total{topic="orders",field="b"} 2"#,
        #"schema_quality_null_total{topic="orders",field="a"} 0"#,
        #"schema_quality_null_total{topic="orders",field="b"} 1"#,
        #"schema_quality_unseen_members_total{topic="orders"} 4"#,
        #"schema_quality_untimed_total{topic="orders"} 1"#,
      ]
    )
    let skew = rig.samples("schema_event_skew")
    #expect(skew.count == InspectionCounters.skewBoundsMs.count + 1)
    #expect(skew[3...5].map { $0.split(separator: "up_to=").last! } == [#""0.1"} 0"#, #""1"} 2"#, #""10"} 2"#])
    #expect(skew.first!.hasSuffix(#"up_to="-60"} 0"#) && skew.last!.hasSuffix(#"up_to="+Inf"} 2"#))
    schemas.qualityFields = ["b", "a"]
    rig.adopt(schemas, topics)
    #expect(rig.samples("schema_quality_missing").allSatisfy { $0.hasSuffix(" 0") })
    rig.inspect(#"{"a":1}"#, count: 16)
    #expect(rig.samples("schema_quality_missing")[0] == #"schema_quality_missing_total{topic="orders",field="b"} 1"#)
  }

  @Test func `the rate of a topic outlives a reload`() throws {
    let rig = Rig()
    rig.adopt(try schemas(), topics)
    let start: Int64 = 1_000_000_000_000
    rig.inspections.observe(nowNs: start)
    rig.inspect(#"{"a":1}"#, count: 50)
    rig.inspections.observe(nowNs: start + RateWatch.intervalNs - 1)
    #expect(rig.samples("topic_rate{") == [#"topic_rate{topic="orders"} 0"#])
    rig.inspections.observe(nowNs: start + RateWatch.intervalNs)
    rig.adopt(try schemas(), topics)
    #expect(
      rig.samples("topic_rate") == [
        #"topic_rate{topic="orders"} 5"#, #"topic_rate_zscore{topic="orders"} 0"#,
        #"topic_rate_unusual{topic="orders"} 0"#,
      ]
    )
  }
}
