import Glibc
import Testing

extension EndToEnd {
  /// What the admin listener says.
  @Suite struct AdminTests {
    @Test func `metrics are what Prometheus reads, and the ledger balances`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let producers = produce(round: 1, for: gateway, limit: 200)
      for producer in producers { producer.join() }
      #expect(post("{}", to: "nowhere", at: gateway).status == 404)
      #expect(post(String(repeating: "x", count: 70_000), to: "plain", at: gateway).status == 413)
      // Each shard publishes when it turns: what it did last may come a little later.
      let sent = producers.reduce(0) { $0 + $1.verdicts.count }
      #expect(eventually { gateway.metric("sluice_events_received_total") == Double(sent) + 1 })
      #expect(eventually { gateway.metric("sluice_events_in_flight") == 0 })
      #expect(eventually { gateway.metric("sluice_events_refused_total") == 1 })
      let answer = gateway.get("/metrics")
      #expect(answer.status == 200)
      #expect(answer.field("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
      let received = try #require(gateway.metric("sluice_events_received_total"))
      let names = ["stored_total", "quarantined_total", "duplicate_total", "refused_total", "in_flight"]
      let parts = names.compactMap { gateway.metric("sluice_events_\($0)") }
      #expect(parts.count == names.count)
      #expect(parts.reduce(0, +) == received)
      #expect(producers.allSatisfy { $0.acknowledged == $0.verdicts.count })
      #expect(received == Double(sent) + 1)
      guard isInstalled("promtool") else {
        print("promtool is not installed (apt-get install prometheus): the metrics' form is not checked")
        return
      }
      let (page, findings) = (folder.write(answer.body, as: "metrics"), "\(folder.path)/findings")
      let status = runTool(["/bin/sh", "-c", "promtool check metrics < \(page)"], output: findings, errors: findings)
      #expect(status == 0, "\(contents(of: findings))")
    }

    @Test func `pressure is JSON, live and ready are plain, and other paths are named`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let pressure = gateway.get("/pressure")
      #expect(pressure.field("content-type") == "application/json")
      #expect(pressure.body.hasPrefix("{\"pressure\":") && pressure.body.hasSuffix("]}\n"))
      #expect(gateway.get("/live").body == "live\n")
      #expect(gateway.get("/ready").body == "ready\n")
      #expect(gateway.get("/metric").status == 404)
      #expect(gateway.get("/metric").body.contains("/metrics"))
      for (request, status) in [
        ("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("HEAD /ready HTTP/1.0\r\n\r\n", 200),
        ("rubbish\r\n\r\n", 400), ("GET /" + String(repeating: "x", count: 5_000), 431),
      ] {
        let socket = try #require(Socket(port: gateway.admin))
        socket.send(request)
        let answer = socket.readAll()
        #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(request.prefix(20)): \(answer)")
      }
    }

    @Test func `clients that say nothing do not keep the others from the admin listener`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let silent = (0..<40).compactMap { _ in Socket(port: gateway.admin) }
      #expect(silent.count == 40)
      #expect(gateway.get("/ready").status == 200)
      #expect(silent.allSatisfy { $0.endsSilently() })
    }
  }
}
