import Foundation
import Testing

@testable import Load

/// Whole runs over TLS, and connections that live for some requests.
@Suite(.serialized) struct SecurityTests {
  private static let noContent = "HTTP/1.1 204 No Content\r\n\r\n"

  private func serve(_ tls: TinyTLS?, _ answer: String = noContent) -> TinyServer {
    TinyServer(framed: false, tls: tls) { _, _ in .bytes(answer) }
  }
  private func plan(_ server: TinyServer, requests: UInt64?, isSecure: Bool = true) throws -> LoadPlan {
    var plan = LoadPlan()
    (plan.port, plan.connections, plan.requests) = (server.port, 4, requests)
    (plan.duration, plan.warmup, plan.grace) = (nil, 0, 0.5)
    if isSecure {
      var security = LoadSecurity()
      security.authorities = try Self.authorities.get()
      plan.security = security
    }
    return plan
  }
  /// The file of the tiny server's certificate.
  private static let authorities = Result {
    let path = NSTemporaryDirectory() + "load-authorities-\(getpid()).pem"
    try TinyTLS.certificate.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }
  private func ids(in text: String) -> [String] {
    text.matches(of: /"event_id":"([^"]*)"/).map { String($0.output.1) }
  }

  @Test(arguments: [(1, 1), (16, 1), (1, 100), (6, 150)])
  func `requests of every size arrive whole over TLS`(depth: Int, batch: Int) throws {
    let server = serve(try TinyTLS())
    var plan = try plan(server, requests: 203)
    (plan.depth, plan.batch) = (depth, batch)
    let result = try run(plan)
    let sent = ids(in: server.stop())
    #expect(result.requests == 203)
    #expect(result.errors.total == 0)
    #expect((result.fullHandshakes, result.resumedHandshakes) == (4, 0))
    #expect(result.handshake.count == 4)
    #expect(sent.count == 203 * batch)
    #expect(Set(sent).count == sent.count)
  }

  @Test func `answers in records that straddle receives are read`() throws {
    let body = String(repeating: "x", count: 20_000)
    let server = serve(try TinyTLS(), "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + body)
    let result = try run(try plan(server, requests: 60))
    _ = server.stop()
    #expect(result.requests == 60)
    #expect(result.errors.total == 0)
  }

  @Test(arguments: [false, true])
  func `a connection has as many requests as it may and ends in order`(isSecure: Bool) throws {
    let tls = isSecure ? try TinyTLS() : nil
    let server = serve(tls)
    var plan = try plan(server, requests: 80, isSecure: isSecure)
    (plan.connections, plan.requestsPerConnection, plan.depth) = (2, 5, 2)
    let result = try run(plan)
    let sent = ids(in: server.stop())
    #expect(result.requests == 80)
    #expect(result.errors.total == 0)
    #expect(result.reconnections == 0)
    #expect(Set(sent).count == 80)
    // One that is renewed may find that the other has sent the last requests.
    #expect((16...17).contains(server.connections))
    // The run ends with the last answers: nobody waits for the farewells behind them.
    if let tls {
      #expect((14...17).contains(tls.farewells))
      #expect((16...17).contains(result.fullHandshakes))
    }
  }

  @Test func `every connection but the first goes on from a ticket`() throws {
    let tls = try TinyTLS()
    let server = serve(tls)
    var plan = try plan(server, requests: 40)
    (plan.requestsPerConnection, plan.security!.resumes, plan.security!.handshakesAtOnce) = (2, true, 1)
    let result = try run(plan)
    _ = server.stop()
    #expect(result.errors.total == 0)
    // One that is renewed may find that the others have sent the last requests.
    #expect(result.fullHandshakes == 1)
    #expect((19...23).contains(result.resumedHandshakes))
    #expect(tls.counters.full == 1)
    #expect(tls.counters.resumed >= result.resumedHandshakes)
  }

  @Test func `an open loop counts from the time due, whatever its connections do`() throws {
    let server = TinyServer(framed: false, tls: try TinyTLS()) { request, _ in
      if request == 20 { usleep(100_000) }
      return .bytes(Self.noContent)
    }
    var plan = try plan(server, requests: nil)
    (plan.connections, plan.requestsPerConnection, plan.rate) = (1, 1, 200)
    (plan.duration, plan.grace) = (0.5, 5)
    let result = try run(plan)
    _ = server.stop()
    #expect(result.sentTotal + result.errors.unsent == 100)
    #expect(result.latency.maxNs >= 95_000_000)
    // Twenty requests fell due while the server slept; the handshakes that each of them needs come on top.
    #expect(result.latency.percentile(0.85) >= 10_000_000)
  }

  @Test func `framed speaks TLS too`() throws {
    let server = TinyServer(framed: true, tls: try TinyTLS()) { _, bytes in
      let request = Array(bytes[bytes.startIndex + 8..<bytes.startIndex + 12])
      let head: [UInt8] = [0, 0, 0, 12]
      return .frame(head + [bytes[bytes.startIndex + 4] == 2 ? 0x82 : 0x83, 0, 0, 0] + request + [0, 0, 0, 1])
    }
    var plan = try plan(server, requests: 100)
    (plan.wire, plan.depth, plan.requestsPerConnection) = (.framed, 3, 25)
    let result = try run(plan)
    _ = server.stop()
    #expect(result.requests == 100)
    #expect(result.errors.total == 0)
    #expect((4...7).contains(server.connections))
  }

  @Test func `a server that nobody vouches for is refused, unless nobody is asked`() throws {
    let server = serve(try TinyTLS())
    var plan = try plan(server, requests: 10)
    plan.security!.serverName = "elsewhere.test"
    #expect { try run(plan) } throws: {
      guard case .connect(let why) = $0 as? LoadFailure else { return false }
      return why.contains("TLS: ") && why.contains("ertificate")
    }
    plan.security!.verifiesServer = false
    #expect(try run(plan).requests == 10)
    _ = server.stop()
    plan.security!.verifiesServer = true
    plan.security!.authorities = "/nonexistent.pem"
    #expect { try run(plan) } throws: {
      guard case .plan(let why) = $0 as? LoadFailure else { return false }
      return why.contains("/nonexistent.pem")
    }
  }

  @Test func `the report tells handshakes and connections`() throws {
    let server = serve(try TinyTLS())
    var plan = try plan(server, requests: 30)
    plan.requestsPerConnection = 3
    let result = try run(plan)
    _ = server.stop()
    let report = RunReport(plan: plan, result: result)
    let parsed = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
    let handshakes = parsed?["handshakes"] as? [String: Any]
    #expect(handshakes?["full"] as? Int == Int(result.fullHandshakes))
    #expect((parsed?["handshake_ns"] as? [String: Any])?["p99"] as? Int == Int(result.handshake.percentile(0.99)))
    #expect(parsed?["connections_opened"] as? Int == Int(result.connectionsOpened))
    #expect(result.connectionsOpened == result.fullHandshakes - 4)
    #expect(report.text.contains("over TLS") && report.text.contains("handshakes"))
  }
}
