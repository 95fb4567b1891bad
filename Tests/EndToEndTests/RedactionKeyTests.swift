import Glibc
import Testing

extension EndToEnd {
  /// Keys of redaction that a program prints.
  @Suite struct RedactionKeyTests {
    private static let secret = String(repeating: "c0ffee42", count: 8)
    private static let topics = """
        - {name: plain, event_bytes_max: 64 KiB}
        - {name: signups, event_bytes_max: 64 KiB, redact: {fields: ["/name pseudonym person"]}}
      """
    private let folder = TemporaryFolder()

    /// What the program prints: the file is there whole, or not at all.
    private func print(_ epoch: Int?) {
      let file = "\(folder.path)/printed"
      guard let epoch else {
        _ = unlink(file)
        return
      }
      let line = "pseudonym.\(epoch) pseudonym active 2026-01-31T12:00:00Z hex:\(Self.secret)"
      let draft = folder.write("sluice-redaction-keys 1\n\(line)\n", as: "draft")
      precondition(rename(draft, file) == 0, "a test's folder can be changed")
    }
    private func start(_ times: String) throws -> Gateway {
      var configuration = Configuration()
      (configuration.topics, configuration.shards) = (Self.topics, 1)
      configuration.extra = "redaction: {keys: {command: [/bin/cat, \(folder.path)/printed], \(times)}}"
      return try Gateway.start(configuration, in: folder)
    }
    private func send(_ gateway: Gateway, to topic: String = "signups") -> HTTPAnswer {
      EventRequest(#"{"name":"Ida Windak"}"#, to: topic).send(to: gateway)
    }

    @Test func `keys are used until they are too old, and then events are refused until there are fresh ones`() throws {
      print(1)
      let gateway = try start("refresh: 1s, stale: 3s")
      #expect(send(gateway).status == 200, "a start waits for keys")
      print(nil)
      #expect(eventually { gateway.says("no keys of redaction came", "/bin/cat ended with status 1") })
      let isHeld = send(gateway).status == 200
      #expect(isHeld || gateway.says("too old"), "those that are known are used")
      #expect(eventually { send(gateway).status == 503 })
      #expect(send(gateway).body.contains("key_unavailable"))
      #expect(eventually { gateway.says("keys of redaction are too old", "/bin/cat") })
      #expect(gateway.metric("sluice_redaction_keys_usable_seconds") == 0)
      #expect(send(gateway, to: "plain").status == 200, "what needs no key goes on")
      print(2)
      #expect(eventually { send(gateway).status == 200 })
      #expect(gateway.says("keys of redaction", "pseudonym.2 active"))
      #expect((gateway.metric("sluice_redaction_key_readings_total") ?? 0) > 2)
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      let values = try LoggedEvents("\(folder.path)/data").values(of: "signups")
      #expect(values.first?.hasPrefix(#"{"name":"person:pseudonym.1:"#) == true, "\(values)")
      #expect(values.last?.hasPrefix(#"{"name":"person:pseudonym.2:"#) == true, "\(values)")
      #expect(values.allSatisfy { !$0.contains("Ida") } && !gateway.said.contains(Self.secret.prefix(8)))
    }

    @Test func `a node starts without its keys, and takes them when they come`() throws {
      let gateway = try start("refresh: 10s, stale: 1h")
      #expect(gateway.says("no keys of redaction came") && send(gateway, to: "plain").status == 200)
      #expect(send(gateway).status == 503)
      print(1)
      #expect(eventually { send(gateway).status == 200 })
    }

    @Test func `SIGHUP asks at once, and a program that hangs is killed and holds up nothing`() throws {
      print(1)
      let gateway = try start("refresh: 1h, stale: 2h")
      #expect(send(gateway).status == 200)
      print(2)
      gateway.kill(SIGHUP)
      #expect(eventually { gateway.says("keys of redaction", "pseudonym.2 active") })
      let settings = contents(of: "\(folder.path)/sluice.yaml")
      let pipe = "\(folder.path)/never"
      #expect(mkfifo(pipe, 0o600) == 0)
      let hanging = settings.replacing("\(folder.path)/printed", with: pipe).replacing("2h}", with: "2h, timeout: 1s}")
      _ = folder.write(hanging, as: "sluice.yaml")
      gateway.kill(SIGHUP)
      #expect(eventually { gateway.says("reloaded") && gateway.says("changed", "redaction.keys.command") })
      #expect(send(gateway).status == 200 && gateway.get("/ready").status == 200)
      #expect(eventually { gateway.says("no keys of redaction came", "took longer than 1000 ms") })
      #expect(send(gateway).status == 200)
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
    }
  }
}
