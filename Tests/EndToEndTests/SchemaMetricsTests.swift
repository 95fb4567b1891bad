import Glibc
import Testing

extension EndToEnd {
  /// What a running gateway tells of events that were held against schemas.
  @Suite struct SchemaMetricsTests {
    private let folder = TemporaryFolder()

    private func start(_ topic: String) throws -> Gateway {
      for name in ["schemas", "schemas/plain"] { _ = mkdir("\(folder.path)/\(name)", 0o700) }
      _ = folder.write(#"{"properties": {"a": {"type": "integer"}}}"#, as: "schemas/plain/1.json")
      _ = folder.write(#"{"properties": {"a": {"maximum": 9}}}"#, as: "schemas/plain/2.json")
      var configuration = Configuration()
      configuration.shards = 1
      configuration.topics.replace("{name: plain,", with: "{name: plain, \(topic),")
      configuration.extra = "schemas: {directory: \(folder.path)/schemas}"
      return try Gateway.start(configuration, in: folder)
    }
    private func says(_ gateway: Gateway, _ sample: String) -> Bool {
      gateway.get("/metrics").body.split(separator: "\n").contains { $0 == sample }
    }

    @Test func `a refused event is counted by topic, version and keyword`() throws {
      let gateway = try start("schema: {require: 1}")
      #expect(post(#"{"a":1}"#, to: "plain", at: gateway).status == 200)
      #expect(post(#"{"a":"x"}"#, to: "plain", at: gateway).status == 422)
      #expect(post(#"{"a":"#, to: "plain", at: gateway).status == 422)
      #expect(
        eventually {
          says(gateway, #"sluice_schema_events_unfit_total{topic="plain",version="1",keyword="type"} 1"#)
            && says(gateway, #"sluice_schema_events_fit_total{topic="plain",version="1"} 1"#)
            && says(gateway, #"sluice_schema_events_malformed_total{topic="plain"} 1"#)
        },
        "\(gateway.get("/metrics").body)"
      )
      #expect(gateway.metric("sluice_schema_events_checked_total") == 3)
      #expect(says(gateway, #"sluice_topic_rate_unusual{topic="plain"} 0"#))
    }

    @Test func `an event that the version in the shadow would refuse is taken, counted and told of`() throws {
      let gateway = try start("schema: {require: 1, shadow: {version: 2, share: 100%}}")
      for _ in 0..<3 { #expect(post(#"{"a":12345}"#, to: "plain", at: gateway).status == 200) }
      let sample = #"sluice_schema_shadow_unfit_total{topic="plain",version="2",keyword="maximum"} 3"#
      #expect(eventually { says(gateway, sample) }, "\(gateway.get("/metrics").body)")
      let told = "the version in the shadow would have refused an event"
      #expect(
        eventually { gateway.says(told, "topic=plain", "version=2", #"\"keyword\":\"maximum\""#) },
        "\(gateway.said)"
      )
      #expect(!gateway.said.contains("12345"))
    }

    @Test func `how late events are and what they lack is counted in a sample`() throws {
      let gateway = try start("schema: {require: 1}, quality: {fields: [b], time: at}")
      for _ in 0..<16 {
        #expect(post(#"{"a":1,"at":"2020-01-01T00:00:00Z"}"#, to: "plain", at: gateway).status == 200)
      }
      #expect(
        eventually {
          says(gateway, #"sluice_schema_quality_missing_total{topic="plain",field="b"} 1"#)
            && says(gateway, #"sluice_schema_event_skew_total{topic="plain",up_to="86400"} 0"#)
            && says(gateway, #"sluice_schema_event_skew_total{topic="plain",up_to="+Inf"} 1"#)
        },
        "\(gateway.get("/metrics").body)"
      )
    }
  }
}
