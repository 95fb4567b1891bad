import Foundation
import Testing

@testable import Load

/// Whole runs over real sockets and a real ring.
@Suite(.serialized) struct RunTests {
  private static let noContent = "HTTP/1.1 204 No Content\r\n\r\n"

  private func plan(_ server: TinyServer, requests: UInt64?) -> LoadPlan {
    var plan = LoadPlan()
    (plan.port, plan.connections, plan.requests) = (server.port, 4, requests)
    (plan.duration, plan.warmup, plan.grace) = (nil, 0, 0.2)
    return plan
  }
  private func ids(in text: String) -> [String] {
    text.matches(of: /"event_id":"([^"]*)"/).map { String($0.output.1) }
  }

  @Test(arguments: [(1, 1), (1, 8), (16, 1), (5, 20)])
  func `a closed loop sends what was asked and every event once`(depth: Int, batch: Int) throws {
    let server = TinyServer { _ in .bytes(Self.noContent) }
    var plan = plan(server, requests: 503)
    (plan.depth, plan.batch) = (depth, batch)
    let result = try run(plan)
    let sent = ids(in: server.stop())
    #expect(result.sentTotal == 503)
    #expect(result.requests == 503)
    #expect(result.events == UInt64(503 * batch))
    #expect(result.latency.count == 503)
    #expect(result.errors.total == 0)
    #expect(result.statuses.map(\.status) == [204])
    #expect(sent.count == 503 * batch)
    #expect(Set(sent).count == sent.count)
  }

  @Test func `an open loop keeps to its rate`() throws {
    let server = TinyServer { _ in .bytes(Self.noContent) }
    var plan = plan(server, requests: nil)
    // However late the machine lets it run, there is room for all that is due, and time for every answer.
    (plan.rate, plan.duration, plan.depth, plan.grace) = (2_000, 0.5, 250, 10)
    let result = try run(plan)
    _ = server.stop()
    #expect(result.sentTotal + result.errors.unsent == 1_000)
    #expect(result.requests == result.sentTotal && result.errors.late == 0)
    #expect(result.sentTotal > 0)
  }

  @Test func `a stalled server shows in the latency of everything that was due meanwhile`() throws {
    let server = TinyServer { request in
      if request == 50 { usleep(100_000) }
      return .bytes(Self.noContent)
    }
    var plan = plan(server, requests: nil)
    (plan.connections, plan.rate, plan.duration, plan.grace) = (1, 1_000, 0.4, 2)
    let result = try run(plan)
    _ = server.stop()
    // 100 requests fell due while the server slept; the last of them waited least.
    #expect(result.latency.percentile(0.8) >= 10_000_000)
    #expect(result.latency.maxNs >= 95_000_000)
  }

  @Test func `acknowledged events are exactly those with an expected answer`() throws {
    let server = TinyServer { request in
      request % 3 == 0 ? .bytes("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno") : .bytes(Self.noContent)
    }
    let path = NSTemporaryDirectory() + "acknowledged-\(getpid()).txt"
    defer { unlink(path) }
    var plan = plan(server, requests: 90)
    (plan.connections, plan.acknowledged, plan.batch) = (1, path, 2)
    let result = try run(plan)
    let sent = ids(in: server.stop())
    let expected = sent.enumerated().filter { $0.offset / 2 % 3 != 0 }.map(\.element)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines == expected)
    #expect(result.acknowledgedEvents == 120)
    #expect(result.errors.unexpected == 30)
    #expect(result.statuses.map(\.count) == [60, 30])
  }

  @Test func `a dropped connection is opened again and its request counted as unanswered`() throws {
    let server = TinyServer { request in request == 10 ? .hangUp : .bytes(Self.noContent) }
    let result = try run(plan(server, requests: 200))
    _ = server.stop()
    #expect(result.errors.unanswered == 1)
    #expect(result.answeredTotal == 199)
    #expect(result.reconnections == 1)
  }

  @Test func `requests without an answer are late when the grace is over`() throws {
    let server = TinyServer { request in request < 20 ? .bytes(Self.noContent) : .silence }
    let result = try run(plan(server, requests: 24))
    _ = server.stop()
    #expect(result.answeredTotal == 20)
    #expect(result.errors.late == 4)
  }

  @Test func `what is no HTTP is dropped and told`() throws {
    let server = TinyServer { _ in .bytes("220 mail.example ESMTP\r\n\r\n") }
    let result = try run(plan(server, requests: 8))
    _ = server.stop()
    #expect(result.errors.unreadable > 0)
    #expect(result.firstUnreadable == "no HTTP/1 status line")
    #expect(result.requests == 0)
  }

  @Test func `a server that goes away ends the run`() throws {
    let server = TinyServer { request in request == 100 ? .hangUp : .bytes(Self.noContent) }
    var plan = plan(server, requests: nil)
    (plan.duration, plan.connections) = (30, 2)
    let began = Date()
    Thread.detachNewThread {
      usleep(200_000)
      _ = server.stop()
    }
    let result = try run(plan)
    #expect(Date().timeIntervalSince(began) < 20)
    #expect(result.errors.total > 0)
  }

  @Test func `the report and the plot hold the figures`() throws {
    let server = TinyServer { _ in .bytes(Self.noContent) }
    let plan = plan(server, requests: 300)
    let result = try run(plan)
    _ = server.stop()
    let report = RunReport(plan: plan, result: result)
    let parsed = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
    #expect(parsed?["requests"] as? Int == 300)
    #expect((parsed?["latency_ns"] as? [String: Any])?["p99.99"] as? Int == Int(result.latency.percentile(0.9999)))
    #expect(report.text.contains("204: 300"))
    let page = report.plot(asPage: true)
    #expect(page.hasPrefix("<!doctype html>") && page.contains("<polyline") && !page.contains("nan"))
    #expect(report.plot(asPage: false).hasPrefix("<svg"))
  }
}
