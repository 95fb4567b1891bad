/// A run's result, told in words, in JSON and as a drawing.
struct RunReport {
  let plan: LoadPlan
  let result: LoadResult

  /// The percentiles that are told.
  static let percentiles: [(name: String, fraction: Double)] = [
    ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999),
  ]

  /// What was done, in one line.
  var headline: String {
    let loop = plan.rate.map { $0 == 0 ? "idle" : "open loop, \(grouped(UInt64($0))) requests/s" } ?? "closed loop"
    let size = plan.bytes.map { "\($0) bytes" } ?? "realistic"
    let events = plan.batch == 1 ? "1 event a request" : "\(plan.batch) events a request"
    let depth = plan.depth == 1 ? "" : ", \(plan.depth) deep"
    let wire = plan.wire.rawValue + (plan.security == nil ? "" : " over TLS")
    let connections = "\(grouped(UInt64(plan.connections))) connections\(depth)"
    return "\(wire) to \(plan.host):\(plan.port), \(connections), \(loop), \(events), \(size)"
  }

  /// For people.
  var text: String {
    let label = 12
    var lines = [headline, ""]
    func row(_ name: String, _ text: String) { lines.append("  " + name.padded(label) + text) }
    let requests = grouped(result.requests).aligned(13)
    row(
      "requests",
      requests + "  \(grouped(UInt64(result.requestsPerSecond))) a second, in \(fixed(result.seconds, 1)) s"
    )
    if plan.batch > 1 {
      row("events", grouped(result.events).aligned(13) + "  \(grouped(UInt64(result.eventsPerSecond))) a second")
    }
    let seconds = max(result.seconds, 1e-9)
    row(
      "bytes",
      "  \(throughput(Double(result.bytesOut) / seconds)) out, \(throughput(Double(result.bytesIn) / seconds)) in"
    )
    row("answers", "  " + (statusText.isEmpty ? "none" : statusText) + ", in the whole run")
    row("errors", "  " + errorText)
    if let lives = plan.requestsPerConnection {
      let rate = "\(grouped(UInt64(result.connectionsPerSecond))) a second"
      row("connections", grouped(result.connectionsOpened).aligned(13) + "  \(rate), \(lives) requests each")
    }
    if plan.security != nil { row("handshakes", "  " + handshakeText) }
    if result.reconnections > 0 { row("reconnected", "  \(grouped(result.reconnections)) times") }
    row("generator", "  \(fixed(result.busy * 100, 0)) % of its core")
    if result.latency.count > 0 {
      lines += ["", "  latency" + (plan.rate == nil ? ", from sending to answer" : ", from the time due to answer")]
      let names = Self.percentiles.map(\.name) + ["max"]
      let values =
        Self.percentiles.map { duration(result.latency.percentile($0.fraction)) }
        + [duration(result.latency.maxNs)]
      lines.append("  " + names.map { $0.aligned(10) }.joined())
      lines.append("  " + values.map { $0.aligned(10) }.joined())
    }
    if result.isGeneratorBound {
      lines += ["", "  The generator used up its core: these figures say more about it than about the server."]
    }
    return lines.joined(separator: "\n")
  }

  private var handshakeText: String {
    let (full, resumed) = (grouped(result.fullHandshakes), grouped(result.resumedHandshakes))
    let times = "p50 \(duration(result.handshake.percentile(0.5))), p99 \(duration(result.handshake.percentile(0.99)))"
    return "full \(full), resumed \(resumed), failed \(grouped(result.errors.handshakes)); \(times)"
  }
  private var statusText: String {
    result.statuses.map { "\($0.status): \(grouped($0.count))" }.joined(separator: "  ")
  }
  private var errorText: String {
    guard result.errors.total > 0 else { return "none" }
    let kinds = result.errors.byKind.filter { $0.count > 0 }.map { "\($0.name) \(grouped($0.count))" }
    let first = result.firstUnreadable.map { " (\($0))" } ?? ""
    return kinds.joined(separator: ", ") + first
  }

  /// For programs.
  ///
  /// Durations are in nanoseconds.
  var json: String {
    var fields: [(String, String)] = [
      ("protocol", plan.wire.rawValue.json), ("target", "\(plan.host):\(plan.port)".json),
      ("connections", "\(plan.connections)"), ("depth", "\(plan.depth)"), ("batch", "\(plan.batch)"),
      ("bytes", plan.bytes.map { "\($0)" } ?? "null"), ("rate", plan.rate.map { fixed($0, 3) } ?? "null"),
      ("seed", "\(plan.seed)"), ("seconds", fixed(result.seconds, 6)), ("requests", "\(result.requests)"),
      ("requests_per_second", fixed(result.requestsPerSecond, 1)), ("events", "\(result.events)"),
      ("events_per_second", fixed(result.eventsPerSecond, 1)), ("bytes_out", "\(result.bytesOut)"),
      ("bytes_in", "\(result.bytesIn)"), ("generator_busy", fixed(result.busy, 4)),
      ("sent_total", "\(result.sentTotal)"), ("answered_total", "\(result.answeredTotal)"),
      ("acknowledged_events", "\(result.acknowledgedEvents)"), ("reconnections", "\(result.reconnections)"),
      ("tls", "\(plan.security != nil)"),
      ("requests_per_connection", plan.requestsPerConnection.map { "\($0)" } ?? "null"),
      ("connections_opened", "\(result.connectionsOpened)"),
      ("connections_per_second", fixed(result.connectionsPerSecond, 1)),
    ]
    let statuses = result.statuses.map { ("\($0.status)", "\($0.count)") }
    let errors = [("total", "\(result.errors.total)")] + result.errors.byKind.map { ($0.name, "\($0.count)") }
    let handshakes = [
      ("full", "\(result.fullHandshakes)"), ("resumed", "\(result.resumedHandshakes)"),
      ("failed", "\(result.errors.handshakes)"),
    ]
    fields.append(("statuses", Self.object(statuses)))
    fields.append(("errors", Self.object(errors)))
    fields.append(("handshakes", Self.object(handshakes)))
    fields.append(("handshake_ns", Self.durations(result.handshake)))
    fields.append(("latency_ns", Self.durations(result.latency)))
    return Self.object(fields)
  }
  private static func durations(_ histogram: LatencyHistogram) -> String {
    var fields = [("count", "\(histogram.count)"), ("mean", fixed(histogram.meanNs, 1))]
    fields.append(("min", "\(histogram.minNs)"))
    for (name, fraction) in percentiles { fields.append((name, "\(histogram.percentile(fraction))")) }
    fields.append(("max", "\(histogram.maxNs)"))
    return object(fields)
  }
  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\($0.0.json): \($0.1)" }.joined(separator: ", ") + "}"
  }
}
