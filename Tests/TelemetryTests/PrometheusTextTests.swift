import Telemetry
import Testing

@Suite struct PrometheusTextTests {
  @Test func `a metric has its help, its type and its samples`() {
    var text = PrometheusText()
    text.begin(Metric("sluice_refused_total", .counter, "Events refused.", labels: ["shard", "reason"]))
    text.sample(3, "0", "malformed")
    text.sample(4, "1", "overloaded")
    text.write(Metric("sluice_pressure_ratio", .gauge, "How full it is."), 0.25)
    text.write(Metric("sluice_connections", .gauge, "Connections."), 7)
    #expect(
      text.text == """
        # HELP sluice_refused_total Events refused.
        # TYPE sluice_refused_total counter
        sluice_refused_total{shard="0",reason="malformed"} 3
        sluice_refused_total{shard="1",reason="overloaded"} 4
        # HELP sluice_pressure_ratio How full it is.
        # TYPE sluice_pressure_ratio gauge
        sluice_pressure_ratio 0.25
        # HELP sluice_connections Connections.
        # TYPE sluice_connections gauge
        sluice_connections 7

        """
    )
  }

  @Test func `labels and help are escaped`() {
    var text = PrometheusText()
    text.begin(Metric("a", .gauge, "back\\slash\nand \"quotes\"", labels: ["x"]))
    text.sample(1, "a\\b\"c\nd")
    #expect(text.text.hasPrefix("# HELP a back\\\\slash\\nand \"quotes\"\n"))
    #expect(text.text.hasSuffix("a{x=\"a\\\\b\\\"c\\nd\"} 1\n"))
  }

  @Test func `a histogram's buckets are cumulative and end in +Inf`() {
    var latencies = LatencyBuckets()
    for ns in [500, 1500, 1_000_000, 300_000_000_000] as [UInt64] { latencies.record(ns: ns) }
    var text = PrometheusText()
    text.begin(Metric("sluice_commit_seconds", .histogram, "Commits.", labels: ["lane"]))
    text.sample(latencies, "3")
    let lines = text.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 2 + 28 + 3)
    #expect(lines[2] == "sluice_commit_seconds_bucket{lane=\"3\",le=\"1e-06\"} 1")
    #expect(lines[3] == "sluice_commit_seconds_bucket{lane=\"3\",le=\"2e-06\"} 2")
    #expect(lines[30] == "sluice_commit_seconds_bucket{lane=\"3\",le=\"+Inf\"} 4")
    #expect(lines[31].hasPrefix("sluice_commit_seconds_sum{lane=\"3\"} 300.001"))
    #expect(lines[32] == "sluice_commit_seconds_count{lane=\"3\"} 4")
    let counts = lines[2..<31].compactMap { Int($0.split(separator: " ")[1]) }
    #expect(counts.count == 29 && counts == counts.sorted())
  }

  @Test func `numbers that are none have Prometheus' names`() {
    var text = PrometheusText()
    text.begin(Metric("a", .gauge, "h"))
    for value in [Double.nan, .infinity, -.infinity, 3, -0.5, 1e20] { text.sample(value) }
    #expect(text.text.split(separator: "\n").dropFirst(2) == ["a NaN", "a +Inf", "a -Inf", "a 3", "a -0.5", "a 1e+20"])
  }

  @Test func `a metric that breaks the rules is found`() {
    #expect(Metric("a_total", .counter, "h").isValid && Metric("a_seconds", .histogram, "h", labels: ["b"]).isValid)
    for metric in [
      Metric("a", .counter, "h"), Metric("a_total", .gauge, "h"), Metric("A", .gauge, "h"), Metric("1a", .gauge, "h"),
      Metric("a", .gauge, ""), Metric("a", .gauge, "h", labels: ["le"]), Metric("a", .gauge, "h", labels: ["x", "x"]),
      Metric("a", .gauge, "h", labels: ["__x"]), Metric("a-b", .gauge, "h"), Metric("", .gauge, "h"),
    ] { #expect(!metric.isValid, "\(metric)") }
    #expect(
      Metric("a_total", .counter, "H.", labels: ["x", "y"]).documentLine == "| `a_total` | counter | `x`, `y` | H. |"
    )
  }

  @Test func `starting a metric twice is a broken promise`() async {
    await #expect(processExitsWith: .failure) {
      var text = PrometheusText()
      text.begin(Metric("a", .gauge, "h"))
      text.begin(Metric("a", .gauge, "h"))
    }
  }
}
