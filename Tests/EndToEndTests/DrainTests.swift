import Events
import Glibc
import Testing

extension EndToEnd {
  /// The orderly end, and the ends that are not.
  @Suite struct DrainTests {
    @Test func `SIGTERM under load answers or never accepts every request, and loses nothing`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let producers = produce(round: 1, for: gateway)
      for producer in producers { producer.waitForFirst() }
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd(within: 35) == 0, "\(gateway.said)")
      for producer in producers { producer.join() }
      // An orderly end flushes what was only in memory, too.
      let log = try LoggedEvents("\(folder.path)/data")
      let audit = Audit(log, of: producers, loose: [], mayStoreUnanswered: false)
      #expect(audit.problems.isEmpty)
      #expect(audit.acknowledged > 0)
      #expect(gateway.says("message=stopped", "in_flight=0", "connections_cut=0", "status=0"))
    }

    @Test func `a request under way when the node drains is answered, and told that the connection closes`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let held = try HeldRequest(at: gateway)
      let idle = try #require(Socket(port: gateway.port("web")))
      let frames = try #require(Socket(port: gateway.port("frames")))
      #expect(eventually { gateway.metric("sluice_connections") == 3 })
      gateway.kill(SIGTERM)
      #expect(eventually { gateway.get("/ready").status == 503 })
      #expect(gateway.get("/ready").body.contains("draining"))
      #expect(gateway.get("/live").status == 200)
      #expect(idle.endsSilently(), "an idle connection is closed without a word")
      let farewell = try #require(frames.readFrame())
      #expect(farewell.kind == .goAway && farewell.reason == Refusal.draining.rawValue)
      #expect(frames.endsSilently())
      #expect(Socket(port: gateway.port("web")) == nil, "nothing more is accepted")
      held.finish()
      let answer = try #require(held.socket.readAnswer())
      #expect(answer.status == 200 || answer.status == 503)
      #expect(answer.field("connection") == "close")
      #expect(held.socket.endsSilently())
      #expect(gateway.waitForEnd() == 0, "\(gateway.said)")
      let stored = try LoggedEvents("\(folder.path)/data").values(of: "plain")
      #expect(stored == (answer.status == 200 ? [HeldRequest.event] : []))
    }

    @Test func `a second SIGTERM ends at once and says what was cut`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let held = try HeldRequest(at: gateway)
      gateway.kill(SIGTERM)
      #expect(eventually { gateway.says("message=draining", "limit_ms=30000") })
      #expect(eventually { gateway.get("/ready").status == 503 })
      gateway.kill(SIGTERM)
      let status = try #require(gateway.waitForEnd(within: 5))
      #expect(status != 0)
      #expect(gateway.says("ending at once", "connections=1", "events_in_flight=0"), "\(gateway.said)")
      #expect(held.socket.readAnswer() == nil)
    }

    @Test func `the drain limit cuts off who does not finish`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.limits += ", drain_time: 500ms, time_in_flight: 200ms"
      let gateway = try Gateway.start(configuration, in: folder)
      let held = try HeldRequest(at: gateway)
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd(within: 10) != nil, "\(gateway.said)")
      #expect(gateway.says("connections_cut=1"), "\(gateway.said)")
      #expect(held.socket.readAnswer() == nil)
    }

    @Test func `SIGINT is as good as SIGTERM`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      gateway.kill(SIGINT)
      #expect(gateway.waitForEnd(within: 10) == 0)
    }
  }
}

/// A request of which the gateway has the first half.
struct HeldRequest {
  static let event = "{\"half\":\"and the other half\"}"
  let socket: Socket

  init(at gateway: Gateway) throws {
    guard let socket = Socket(port: gateway.port("web")) else { throw GatewayFailure("no connection") }
    self.socket = socket
    socket.send(
      "POST /v1/events/plain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(Self.event.utf8.count)\r\n\r\n\(Self.event.prefix(10))"
    )
    guard eventually({ (gateway.metric("sluice_received_bytes_total") ?? 0) > 0 }) else {
      throw GatewayFailure("the gateway does not read")
    }
  }
  /// Sends the other half.
  func finish() { socket.send(String(Self.event.dropFirst(10))) }
}
