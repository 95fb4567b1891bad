import Events
import Glibc
import Testing

extension EndToEnd {
  /// `sluice quarantine replay`, beside the gateway that runs.
  @Suite struct ReplayTests {
    private static let topics = """
        - name: aside
          event_bytes_max: 64 KiB
          schema: {require: latest, invalid: quarantine}
          redact: {detect: [email], fields: [/name pseudonym person]}
        - {name: keyed, order: key, event_bytes_max: 64 KiB, schema: {require: latest, invalid: quarantine}}
      """
    private let rig: SchemaRig

    init() {
      var rig = SchemaRig(topics: Self.topics, shards: 2)
      let secret = String(repeating: "0123456789abcdef", count: 4)
      let keys = "sluice-redaction-keys 1\npseudonym.1 pseudonym active 2026-01-31T12:00:00Z hex:\(secret)\n"
      rig.configuration.extra += "\nredaction: {keys: \(rig.folder.write(keys, as: "keys"))}"
      self.rig = rig
      for topic in ["aside", "keyed"] { rig.write(#"{"required": ["id"]}"#, as: "\(topic)/7.json") }
    }
    private var data: String { "\(rig.folder.path)/data" }

    private func sluice(_ words: String...) -> (status: Int32, lines: [String], errors: String) {
      let (output, errors) = ("\(rig.folder.path)/output", "\(rig.folder.path)/errors")
      let status = runTool([Gateway.program] + words, output: output, errors: errors)
      return (status, contents(of: output).split(separator: "\n").map { String($0) }, contents(of: errors))
    }
    private func replay(_ words: String...) -> (status: Int32, lines: [String], errors: String) {
      let (output, errors) = ("\(rig.folder.path)/output", "\(rig.folder.path)/errors")
      let command = [Gateway.program, "quarantine", "replay", "--data", data] + words
      let status = runTool(command, output: output, errors: errors)
      return (status, contents(of: output).split(separator: "\n").map { String($0) }, contents(of: errors))
    }
    /// The events of a topic as lines of JSON, once there are so many.
    private func stored(_ count: Int, in topic: String) -> [String] {
      _ = eventually { sluice("log", "cat", "--data", data, "--topic", topic).lines.count == count }
      return sluice("log", "cat", "--data", data, "--topic", topic).lines
    }
    private func mend(_ gateway: Gateway) {
      for topic in ["aside", "keyed"] { rig.write("true", as: "\(topic)/8.json") }
      gateway.kill(SIGHUP)
      let isTaken = eventually {
        ["aside", "keyed"].allSatisfy { gateway.says("schema changed", "topic=\($0)", "requires=8") }
      }
      #expect(isTaken, "\(gateway.said)")
    }
    private func setAside(_ gateway: Gateway) throws {
      let trace = ["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
      let socket = try #require(Socket(port: gateway.port("web")))
      let body = #"{"name":"Ida","mail":"bob@example.org","n":1}"#
      let one = EventRequest(body, to: "aside", "application/json", trace).send(on: socket)
      #expect(one.number("quarantined") == 1, "\(one)")
      for key in ["a", "b", "c", "d"] {
        let fields = ["Sluice-Key: \(key)"]
        let answer = EventRequest(#"{"key":"\#(key)"}"#, to: "keyed", "application/json", fields).send(on: socket)
        #expect(answer.number("quarantined") == 1, "\(answer)")
      }
      #expect(eventually { rig.quarantined().count == 5 }, "\(rig.quarantined())")
    }

    @Test func `after its schema is mended an event is stored as it came, once, however often it is replayed`() throws {
      let gateway = try rig.start()
      try setAside(gateway)
      let before = rig.quarantined()
      let early = replay()
      #expect(early.status == 1 && early.lines.last == "5 records: 5 refused again", "\(early)")
      #expect(early.lines[0].contains(#""reason":"invalid_event","version":7,"#), "\(early)")
      mend(gateway)
      let ready = replay("--dry-run", "--topic", "aside")
      #expect(ready.status == 0 && ready.lines.last == "1 record: 1 ready", "\(ready)")
      let first = replay("--json")
      #expect(first.status == 0 && first.errors.isEmpty && first.lines.count == 5, "\(first)")
      #expect(first.lines.allSatisfy { $0.contains(#""outcome":"stored","partition":"#) && $0.contains(#""offset":"#) })
      // At once, before the log tells of the last one, and when it does.
      for _ in 0..<2 {
        let again = replay()
        #expect(again.status == 0 && again.lines.last == "5 records: 5 stored before", "\(again)")
        #expect(stored(4, in: "keyed").count == 4 && stored(1, in: "aside").count == 1)
      }
      let line = try #require(stored(1, in: "aside").first)
      let record = try #require(before.first { $0.contains("\"aside\"") })
      for member in ["time", "id", "clock", "traceparent"] {
        let text = try #require(value(of: member, in: record))
        #expect(value(of: member, in: line) == text, "\(line) \(record)")
      }
      #expect(!line.contains("idGiven"))
      #expect(line.contains(#""headers":{"sluice-replay":"\#(value(of: "record", in: record) ?? "")"}"#), "\(line)")
      // The pseudonym is what a fresh event gets, not one of it.
      #expect(post(#"{"name":"Ida","mail":"eve@example.org","n":1}"#, to: "aside", at: gateway).status == 200)
      let names = stored(2, in: "aside").compactMap { value(of: "name", in: $0) }
      #expect(names.count == 2 && names[0] == names[1] && names[0].hasPrefix("person:pseudonym.1:"), "\(names)")
      #expect(line.contains(#""mail":"<EMAIL_ADDRESS>","n":1"#), "\(line)")
      #expect(rig.quarantined() == before, "what is in quarantine stays there")
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      #expect(replay().status == 3)
    }
    /// The text of a member, which has no escapes.
    private func value(of member: String, in line: String) -> String? {
      guard let start = line[...].range(of: "\"\(member)\":\"") else { return nil }
      return String(line[start.upperBound...].prefix { $0 != "\"" })
    }

    @Test func `a gateway that is killed while it replays stores nothing twice`() throws {
      var gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      let lines = (0..<400).map { #"{"n":\#($0)}"# }.joined(separator: "\n")
      let sent = EventRequest(lines, to: "aside", "application/x-ndjson").send(on: socket)
      #expect(sent.number("quarantined") == 400, "\(sent)")
      #expect(eventually { rig.quarantined().count == 400 })
      mend(gateway)
      for life in 0..<3 {
        let replay = spawn([Gateway.program, "quarantine", "replay", "--data", data])
        let started = gateway
        _ = eventually { started.metric("sluice_events_stored_total") ?? 0 >= Double(40 * (life + 1)) }
        gateway.kill(SIGKILL)
        _ = gateway.waitForEnd()
        var status: Int32 = 0
        while waitpid(replay, &status, 0) < 0, errno == EINTR {}
        #expect(exitStatus(status) == 3 || exitStatus(status) == 0)
        gateway = try rig.start()
      }
      let last = replay()
      #expect(last.status == 0 && last.lines.last?.hasPrefix("400 records: ") == true, "\(last.lines.last ?? "")")
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      let values = try LoggedEvents(data).values(of: "aside")
      #expect(values.count == 400 && Set(values).count == 400, "\(values.count) \(Set(values).count)")
    }

    @Test func `the admin listener takes replays from those who can read the data directory`() throws {
      let gateway = try rig.start()
      let words = contents(of: "\(data)/replay-token").split(separator: "\n").last?.split(separator: " ") ?? []
      let token = try #require(words.first)
      #expect(runTool(["/bin/sh", "-c", "test $(stat -c %a '\(data)/replay-token') = 600"]) == 0)
      func ask(_ head: String, _ body: String = "") throws -> String {
        let socket = try #require(Socket(port: gateway.admin))
        socket.send("\(head) HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n")
        socket.send("Authorization: Bearer \(token)\r\n\r\n\(body)")
        return socket.readAll()
      }
      #expect(try ask("POST /quarantine/replay", "rubbish").hasPrefix("HTTP/1.1 400"))
      #expect(try ask("GET /quarantine/replay").hasPrefix("HTTP/1.1 405"))
      #expect(try ask("POST /metrics").hasPrefix("HTTP/1.1 405"))
      for (fields, status) in [
        ("Content-Length: 1\r\n", 401), ("Authorization: Bearer \(token)0\r\nContent-Length: 1\r\n", 401),
        ("Authorization: Bearer \(token)\r\n", 411),
        ("Authorization: Bearer \(token)\r\nContent-Length: 9000000\r\n", 413),
      ] {
        let socket = try #require(Socket(port: gateway.admin))
        socket.send("POST /quarantine/replay HTTP/1.1\r\n\(fields)\r\n")
        #expect(socket.readAll().hasPrefix("HTTP/1.1 \(status)"), "\(fields)")
      }
    }
  }
}
