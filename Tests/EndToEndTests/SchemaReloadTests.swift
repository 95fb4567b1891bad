import Glibc
import Testing

extension EndToEnd {
  /// The folder of schemas of a running gateway.
  @Suite struct SchemaReloadTests {
    private let folder = TemporaryFolder()

    private func configuration(_ schema: String = "latest") -> Configuration {
      var configuration = Configuration()
      configuration.topics.replace("{name: plain,", with: "{name: plain, schema: \(schema),")
      configuration.extra = "schemas: {directory: \(folder.path)/schemas}"
      return configuration
    }
    private func write(_ text: String, as name: String) {
      _ = mkdir("\(folder.path)/schemas", 0o700)
      if let slash = name.range(of: "/") { _ = mkdir("\(folder.path)/schemas/\(name[..<slash.lowerBound])", 0o700) }
      _ = folder.write(text, as: "schemas/\(name)")
    }
    /// The version that a topic requires, as metrics say it.
    private func required(_ gateway: Gateway) -> Double? { gateway.metric("sluice_schema_required_version") }
    private func readings(_ gateway: Gateway, _ outcome: String) -> Double? {
      let sample = "sluice_schema_readings_total{outcome=\"\(outcome)\"} "
      return gateway.get("/metrics").body.split(separator: "\n").first { $0.hasPrefix(sample) }
        .flatMap { Double($0.dropFirst(sample.count)) }
    }

    @Test func `a start says what each topic requires, and a reload what changed`() throws {
      write(#"{"type": "object"}"#, as: "plain/1.json")
      let gateway = try Gateway.start(configuration(), in: folder)
      #expect(gateway.says("message=schema ", "topic=plain", "requires=1", "versions=1"), "\(gateway.said)")
      #expect(required(gateway) == 1 && readings(gateway, "taken") == 1)
      write(#"{"type": "object", "maxProperties": 9}"#, as: "plain/2.json")
      gateway.kill(SIGHUP)
      #expect(eventually { required(gateway) == 2 }, "\(gateway.said)")
      #expect(gateway.says("schema changed", "topic=plain", "before=1", "requires=2"), "\(gateway.said)")
      _ = folder.write(
        configuration("{require: 1, shadow: {version: 2, share: 50%}}").text(data: "\(folder.path)/data"),
        as: "sluice.yaml"
      )
      gateway.kill(SIGHUP)
      #expect(eventually { required(gateway) == 1 }, "\(gateway.said)")
      #expect(gateway.says("schema changed", "topic=plain", "before=2", "1, tries 2 on 50.0%"), "\(gateway.said)")
      #expect(post("{}", to: "plain", at: gateway).status == 200)
    }

    @Test func `a broken schema and a folder that vanishes leave what holds as it is`() throws {
      write(#"{"type": "object"}"#, as: "plain/1.json")
      let gateway = try Gateway.start(configuration(), in: folder)
      write("{\n  \"type\": 7\n}", as: "plain/2.json")
      write("{", as: "plain/3.json")
      gateway.kill(SIGHUP)
      #expect(eventually { readings(gateway, "refused") == 1 }, "\(gateway.said)")
      #expect(gateway.says("schema mistake", "plain/2.json:2:11: /type: "), "\(gateway.said)")
      #expect(gateway.says("schema mistake", "plain/3.json:1:2: "), "\(gateway.said)")
      #expect(gateway.says("schemas not reloaded", "mistakes=2"), "\(gateway.said)")
      #expect(required(gateway) == 1 && post("{}", to: "plain", at: gateway).status == 200)
      #expect(rename("\(folder.path)/schemas", "\(folder.path)/gone") == 0)
      gateway.kill(SIGHUP)
      #expect(eventually { readings(gateway, "refused") == 2 }, "\(gateway.said)")
      #expect(gateway.says("schema mistake", "\(folder.path)/schemas: No such file or directory"), "\(gateway.said)")
      #expect(required(gateway) == 1 && post("{}", to: "plain", at: gateway).status == 200)
      #expect(rename("\(folder.path)/gone", "\(folder.path)/schemas") == 0)
      write("true", as: "plain/2.json")
      write("true", as: "plain/3.json")
      gateway.kill(SIGHUP)
      #expect(eventually { required(gateway) == 3 }, "\(gateway.said)")
    }

    @Test func `versions that fit are swapped under load, and nothing that fits them all is refused`() throws {
      let schema = #"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}"#
      write(schema + "}}", as: "plain/1.json")
      var configuration = configuration("{require: latest, compatibility: backward}")
      configuration.topics.replace("{name: packed,", with: "{name: packed, schema: latest,")
      write(schema + "}}", as: "packed/1.json")
      let gateway = try Gateway.start(configuration, in: folder)
      let producers = produce(round: 0, for: gateway, limit: 4_000)
      for producer in producers { producer.waitForFirst() }
      for number in 2...6 {
        let more = number % 2 == 0 ? ", \"extra\(number)\": {\"type\": \"integer\"}}}" : "}, \"maxProperties\": 90}"
        write(schema + "}, \"title\": \"\(number)\"}", as: "plain/\(number).json")
        write(schema + more, as: "packed/\(number).json")
        gateway.kill(SIGHUP)
        #expect(eventually { gateway.says("schema changed", "topic=packed", "requires=\(number)") }, "\(gateway.said)")
      }
      // A version that asks for more than the one before it, and then no folder at all.
      let narrow = #"{"type": "object", "required": ["id", "other"], "properties": {"id": {"type": "string"}}}"#
      write(narrow, as: "plain/7.json")
      gateway.kill(SIGHUP)
      #expect(eventually { readings(gateway, "refused") == 1 }, "\(gateway.said)")
      #expect(gateway.says("schema mistake", "plain/7.json: not backward compatible: ", "other"), "\(gateway.said)")
      #expect(rename("\(folder.path)/schemas", "\(folder.path)/gone") == 0)
      gateway.kill(SIGHUP)
      #expect(eventually { readings(gateway, "refused") == 2 }, "\(gateway.said)")
      #expect(required(gateway) == 12, "6 of each")
      for producer in producers { producer.join() }
      for producer in producers {
        #expect(producer.acknowledged == producer.verdicts.count && producer.surprises.isEmpty, "\(producer.summary)")
      }
      #expect(post(#"{"id":7}"#, to: "plain", at: gateway).status == 422, "it still looks")
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      let audit = Audit(try LoggedEvents("\(folder.path)/data"), of: producers, loose: [], mayStoreUnanswered: false)
      #expect(audit.problems.isEmpty, "\(audit.problems)")
    }

    @Test func `a start with broken schemas is refused with all their mistakes`() throws {
      write("{\n  \"type\": 7\n}", as: "plain/1.json")
      write("[", as: "common/x.json")
      let text = configuration("{require: 4}").text(data: "\(folder.path)/data")
      let gateway = Gateway(settings: folder.write(text, as: "sluice.yaml"), log: "\(folder.path)/log")
      #expect(gateway.waitForEnd() == 3)
      #expect(gateway.says("cannot start", "\(folder.path)/schemas have 3 mistakes"), "\(gateway.said)")
      for mistake in ["plain/1.json:2:11: /type: ", "common/x.json:1:2: ", "requires version 4, which is not there"] {
        #expect(gateway.says("schema mistake", mistake), "\(gateway.said)")
      }
    }

    @Test func `a hundred mistakes all reach the log`() throws {
      for number in 1...64 { write("[", as: "plain/\(number).json") }
      let text = configuration().text(data: "\(folder.path)/data")
      let gateway = Gateway(settings: folder.write(text, as: "sluice.yaml"), log: "\(folder.path)/log")
      #expect(gateway.waitForEnd() == 3)
      for number in 1...64 { #expect(gateway.says("schema mistake", "plain/\(number).json:1:2: ")) }
    }
  }
}
