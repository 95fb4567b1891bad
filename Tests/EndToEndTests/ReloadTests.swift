import Events
import Gate
import Glibc
import Testing

extension EndToEnd {
  /// SIGHUP.
  @Suite struct ReloadTests {
    @Test func `a bad file changes nothing, and its mistakes are logged with their places`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      var bad = Configuration()
      bad.limits += ", idle_tim: 5s"
      _ = folder.write(bad.text(data: "\(folder.path)/data"), as: "sluice.yaml")
      gateway.kill(SIGHUP)
      #expect(eventually { gateway.says("settings not reloaded", "idle_tim", "idle_time", "sluice.yaml:") })
      #expect(post("{}", to: "plain", at: gateway).status == 200)
      #expect(gateway.get("/ready").status == 200)
    }

    @Test func `a missing file changes nothing`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      #expect(unlink("\(folder.path)/sluice.yaml") == 0)
      gateway.kill(SIGHUP)
      #expect(eventually { gateway.says("settings not reloaded", "sluice.yaml") })
      #expect(post("{}", to: "plain", at: gateway).status == 200)
    }

    @Test func `an event limit that is lowered or raised holds for the next event`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let event = "{\"padding\":\"\(String(repeating: "x", count: 4_000))\"}"
      let keptAlive = try #require(Socket(port: gateway.port("web")))
      #expect(post(event, to: "plain", on: keptAlive).status == 200)
      try reload(gateway, in: folder) { $0.topics.replace("64 KiB", with: "1 KiB") }
      #expect(eventually { post(event, to: "plain", at: gateway).status == 413 })
      #expect(post(event, to: "plain", on: keptAlive).status == 413)
      try reload(gateway, in: folder) { $0.topics.replace("64 KiB", with: "8 KiB") }
      #expect(eventually { post(event, to: "plain", at: gateway).status == 200 })
    }

    @Test func `a topic that is added waits for the next start, and says so`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      let gateway = try Gateway.start(configuration, in: folder)
      let addition = "\n  - {name: later, codec: lz4, event_bytes_max: 64 KiB}"
      try reload(gateway, in: folder) { $0.topics += addition }
      #expect(gateway.says("change needs a restart", "topics[later]"), "\(gateway.said)")
      #expect(post("{}", to: "later", at: gateway).status == 404)
      #expect(post("{}", to: "plain", at: gateway).status == 200)
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      configuration.topics += addition
      let next = try Gateway.start(configuration, in: folder)
      #expect(post("{\"later\":1}", to: "later", at: next).status == 200)
      next.kill(SIGTERM)
      #expect(next.waitForEnd() == 0)
      let log = try LoggedEvents("\(folder.path)/data")
      #expect(log.values(of: "later") == ["{\"later\":1}"])
      #expect(log.values(of: "plain") == ["{}"])
    }

    @Test func `time limits that change hold from the next message on, on open connections, too`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let idle = try #require(Socket(port: gateway.port("web")))
      #expect(post("{}", to: "plain", on: idle).status == 200)
      try reload(gateway, in: folder) { $0.limits += ", idle_time: 200ms" }
      #expect(post("{}", to: "plain", on: idle).status == 200)
      #expect(idle.endsSilently(), "an idle connection ends within the limit that holds since the reload")
    }

    @Test func `what needs a restart is named and stays`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      try reload(gateway, in: folder) {
        $0.shards = 1
        $0.topics.replace("{name: packed, codec: lz4", with: "{name: packed")
        $0.topics.replace("\n  - {name: loose, acknowledge: received, event_bytes_max: 64 KiB}", with: "")
      }
      for key in ["shards", "topics[packed].codec", "topics[loose]"] {
        #expect(gateway.says("change needs a restart", key), "\(gateway.said)")
      }
      #expect(post("{}", to: "packed", at: gateway).status == 200)
    }

    @Test func `keys that are added or revoked count from the next request on`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.listeners = """
          - {name: web, protocol: http, address: "127.0.0.1:0", keys: required}
          - {name: frames, protocol: framed, address: "127.0.0.1:0", keys: required}
        """
      configuration.extra = "keys: {file: \(folder.path)/keys}"
      var random = SystemRandomNumberGenerator()
      let (first, second) = (APIKey.make(using: &random), APIKey.make(using: &random))
      _ = folder.write(line(first, "plain"), as: "keys")
      let gateway = try Gateway.start(configuration, in: folder)
      #expect(post("{}", to: "plain", at: gateway).status == 401)
      #expect(post("{}", to: "plain", at: gateway, key: first.text).status == 200)
      #expect(post("{}", to: "packed", at: gateway, key: first.text).status == 403)
      #expect(post("{}", to: "plain", at: gateway, key: second.text).status == 401)
      _ = folder.write(line(first, "plain") + " revoked\n" + line(second, "*"), as: "keys")
      gateway.kill(SIGHUP)
      #expect(eventually { post("{}", to: "packed", at: gateway, key: second.text).status == 200 })
      #expect(eventually { post("{}", to: "plain", at: gateway, key: first.text).status == 401 })
      // A file that is damaged leaves the keys as they are.
      _ = folder.write("what is this\n", as: "keys")
      gateway.kill(SIGHUP)
      #expect(eventually { gateway.says("keys not reloaded", "keys:1") }, "\(gateway.said)")
      #expect(post("{}", to: "packed", at: gateway, key: second.text).status == 200)
      #expect(!gateway.said.contains(first.text.suffix(30)), "secrets never reach the log")
    }

    private func line(_ key: APIKey.Fresh, _ topics: String) -> String {
      KeyFile.Entry(id: key.id, .secret(key.digest), topics: [topics], created: "2026-01-31T12:00:00Z").line
    }

    /// Changes the settings, reloads them and waits until that is done.
    private func reload(_ gateway: Gateway, in folder: TemporaryFolder, _ change: (inout Configuration) -> Void) throws
    {
      var configuration = Configuration()
      change(&configuration)
      let before = gateway.said.split(separator: "\n").count { $0.contains("message=reloaded") }
      _ = folder.write(configuration.text(data: "\(folder.path)/data"), as: "sluice.yaml")
      gateway.kill(SIGHUP)
      let isDone = eventually { gateway.said.split(separator: "\n").count { $0.contains("message=reloaded") } > before }
      try #require(isDone, "\(gateway.said)")
    }
  }
}

/// Sends one event on a connection of its own.
func post(_ event: String, to topic: String, at gateway: Gateway, key: String? = nil) -> HTTPAnswer {
  guard let socket = Socket(port: gateway.port("web")) else { return HTTPAnswer(status: 0) }
  return post(event, to: topic, on: socket, key: key)
}
/// Sends one event on a connection that stays.
func post(_ event: String, to topic: String, on socket: Socket, key: String? = nil) -> HTTPAnswer {
  let authorization = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
  socket.send(
    "POST /v1/events/\(topic) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(authorization)"
      + "Content-Length: \(event.utf8.count)\r\n\r\n\(event)"
  )
  return socket.readAnswer() ?? HTTPAnswer(status: 0)
}

extension String {
  /// Puts a text in the place of another, wherever that stands.
  mutating func replace(_ old: String, with replacement: String) {
    var result = ""
    var rest = self[...]
    while let place = rest.range(of: old) {
      result += rest[..<place.lowerBound] + replacement
      rest = rest[place.upperBound...]
    }
    self = result + rest
  }
}
