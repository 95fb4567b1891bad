internal import Events
internal import Gateway
internal import Store
internal import TLS
internal import Telemetry

/// What the control thread knows of the shards, and what it tells whoever asks.
struct NodeState {
  private(set) var reports: [ShardReport]
  private var versions: [UInt64]
  /// When each shard's report last changed.
  private var seenNs: [Int64]
  private(set) var nowNs: Int64
  private let startedNs: Int64
  /// Whether each shard's lanes have been read.
  var recovered: [Bool]
  /// Whether each shard has ended.
  var ended: [Bool]
  var isDraining = false
  /// When the listeners' certificates end.
  var expiries: [TLSFiles.Expiry] = []
  /// What is known of schemas.
  var schemas = NodeSchemas.Figures()
  /// What came of holding events against them.
  var inspections: NodeInspections
  /// What redaction found.
  var redactions: RedactionFigures

  /// A shard that says nothing for so long is stuck: it turns twenty times a second at the least.
  private static var patienceNs: Int64 { 2_000_000_000 }

  /// The state of a node whose shards have just been started.
  init(_ plan: NodePlan, _ schemas: NodeSchemas, _ redaction: NodeRedaction, startedNs: Int64) {
    let shards = plan.shards
    inspections = NodeInspections(plan.inspections)
    inspections.adopt(schemas.byNumber(plan.topics), of: plan.topics)
    redactions = RedactionFigures(counters: plan.redactions)
    redactions.adopt(redaction.rules(plan.topics), of: plan.topics)
    redactions.keys = redaction.figures
    reports = Array(repeating: ShardReport(), count: shards)
    versions = Array(repeating: 0, count: shards)
    seenNs = Array(repeating: startedNs, count: shards)
    recovered = Array(repeating: false, count: shards)
    ended = Array(repeating: false, count: shards)
    (nowNs, self.startedNs) = (startedNs, startedNs)
  }

  /// Takes a look at every shard's report.
  mutating func observe(_ readers: [Published<ShardReport>.Reader], nowNs: Int64) {
    self.nowNs = nowNs
    inspections.observe(nowNs: nowNs)
    for (index, reader) in readers.enumerated() {
      let version = reader.version
      guard version != versions[index] else { continue }
      versions[index] = version
      seenNs[index] = nowNs
      reports[index] = reader.read()
    }
  }

  /// All shards together.
  var total: ShardReport {
    var total = ShardReport()
    for report in reports { total.add(report) }
    return total
  }

  /// Why the node should not be sent traffic; empty when it should.
  var obstacles: [String] {
    var obstacles: [String] = []
    if isDraining { obstacles.append("draining: shutting down") }
    for index in reports.indices {
      if !recovered[index] {
        obstacles.append("shard \(index): recovering its lanes")
      } else if ended[index] {
        obstacles.append("shard \(index): ended")
      } else if nowNs - seenNs[index] > Self.patienceNs {
        obstacles.append("shard \(index): stuck for \((nowNs - seenNs[index]) / 1_000_000) ms")
      } else if reports[index].state == .failed {
        obstacles.append("shard \(index): a write failed with error \(reports[index].failure)")
      } else if !reports[index].isReady, !isDraining {
        obstacles.append("shard \(index): waiting for a segment")
      }
    }
    return obstacles
  }

  /// Whether every shard turns.
  private var stuck: [Int] {
    reports.indices.filter { recovered[$0] && !ended[$0] && nowNs - seenNs[$0] > Self.patienceNs }
  }

  /// The page at one path of the admin listener.
  func page(for path: String) -> AdminPage {
    switch path {
    case "/live":
      return stuck.isEmpty ? .text("live\n") : .text("stuck: shards \(stuck)\n", status: 503)
    case "/ready":
      let obstacles = obstacles
      return obstacles.isEmpty
        ? .text("ready\n") : .text(obstacles.map { $0 + "\n" }.joined(), status: 503)
    case "/pressure": return .json(pressurePage)
    case "/metrics":
      return AdminPage(status: 200, contentType: "\(PrometheusText.contentType)", body: metricsText)
    default: return .text("No such page. There are /metrics, /live, /ready and /pressure.\n", status: 404)
    }
  }

  private var pressurePage: String {
    let shards = reports.map { "\(rounded($0.pressure))" }.joined(separator: ",")
    return "{\"pressure\":\(rounded(total.pressure)),\"shards\":[\(shards)]}\n"
  }
  private func rounded(_ pressure: Float) -> Float { (pressure * 1000).rounded() / 1000 }

  private var metricsText: String {
    var text = PrometheusText()
    let total = total
    text.write(NodeMetrics.uptime, Double(nowNs - startedNs) / 1e9)
    text.write(NodeMetrics.ready, obstacles.isEmpty ? 1 : 0)
    text.begin(NodeMetrics.pressure)
    for (index, report) in reports.enumerated() { text.sample(Double(report.pressure), "\(index)") }
    text.write(NodeMetrics.received, total.ledger.received)
    text.write(NodeMetrics.stored, total.ledger.stored)
    text.write(NodeMetrics.quarantined, total.ledger.quarantined)
    text.write(NodeMetrics.duplicates, total.ledger.duplicates)
    text.begin(NodeMetrics.refused)
    for reason in Refusal.allCases {
      text.sample(total.ledger.refused[Int(reason.rawValue)], "\(reason.row.label)")
    }
    text.write(NodeMetrics.inFlight, total.ledger.inFlight)
    text.begin(NodeMetrics.messagesRefused)
    for reason in Refusal.allCases {
      text.sample(total.refusedMessages[Int(reason.rawValue)], "\(reason.row.label)")
    }
    writeConnections(total, &text)
    writeSecurity(total, &text)
    writeLanes(total, &text)
    text.begin(NodeMetrics.certificateExpiry)
    for certificate in expiries {
      text.sample(certificate.seconds, certificate.listener, certificate.name, certificate.keyKind)
    }
    writeSchemas(&text)
    text.begin(NodeMetrics.turns)
    for (index, report) in reports.enumerated() { text.sample(report.counters.turns, "\(index)") }
    return text.text
  }

  private func writeConnections(_ total: ShardReport, _ text: inout PrometheusText) {
    text.write(NodeMetrics.connections, total.connections)
    text.write(NodeMetrics.accepted, total.counters.accepted)
    text.write(NodeMetrics.turnedAway, total.counters.turnedAway)
    text.write(NodeMetrics.acceptsPaused, total.counters.acceptsPaused)
    text.write(NodeMetrics.headersRefused, total.counters.headersRefused)
    text.begin(NodeMetrics.timedOut)
    text.sample(total.counters.timedOutHandshake, "handshake")
    text.sample(total.counters.timedOutMessage, "message")
    text.sample(total.counters.timedOutIdle, "idle")
    text.sample(total.counters.timedOutSend, "send")
    text.write(NodeMetrics.bytesReceived, total.counters.bytesReceived)
    text.write(NodeMetrics.bytesSent, total.counters.bytesSent)
    text.write(NodeMetrics.starved, total.counters.starved)
    text.write(NodeMetrics.receivesPaused, total.counters.receivesPaused)
    text.write(NodeMetrics.buffersHeld, total.buffersHeld)
  }

  private func writeLanes(_ total: ShardReport, _ text: inout PrometheusText) {
    text.write(NodeMetrics.commits, total.lanes.commits)
    text.write(NodeMetrics.seals, total.lanes.seals)
    text.begin(NodeMetrics.commitSeconds)
    text.sample(total.commitLatency)
    text.write(NodeMetrics.bytesUsed, total.lanes.bytesUsed)
    text.write(NodeMetrics.bytesWritten, total.lanes.bytesWritten)
    text.write(NodeMetrics.bytesInFlight, total.bytesInFlight)
    text.write(NodeMetrics.segments, total.segmentsInUse)
    text.write(NodeMetrics.segmentsOpened, total.lanes.segmentsOpened)
    text.write(NodeMetrics.segmentsRetired, total.lanes.segmentsRetired)
    text.write(NodeMetrics.preparationsFailed, total.lanes.preparationsFailed)
    text.write(NodeMetrics.sideCommits, total.sideLane.commits)
    text.write(NodeMetrics.sideBytesWritten, total.sideLane.bytesWritten)
    text.write(NodeMetrics.sideSegments, total.sideSegmentsInUse)
    text.write(NodeMetrics.sideSegmentsRetired, total.sideLane.segmentsRetired)
    text.write(NodeMetrics.sideFull, reports.count { $0.isSideLaneFull })
    text.write(NodeMetrics.storageFull, reports.count { $0.isStorageFull })
  }
}

extension ShardReport {
  /// Adds another shard's; of pressures the highest counts.
  mutating func add(_ other: ShardReport) {
    pressure = max(pressure, other.pressure)
    ledger.add(other.ledger)
    counters.add(other.counters)
    lanes.add(other.lanes)
    security.add(other.security)
    securityFailures.add(other.securityFailures)
    for index in refusedMessages.indices { refusedMessages[index] &+= other.refusedMessages[index] }
    commitLatency.merge(other.commitLatency)
    connections += other.connections
    buffersHeld += other.buffersHeld
    bytesInFlight += other.bytesInFlight
    segmentsInUse += other.segmentsInUse
    sideLane.add(other.sideLane)
    sideSegmentsInUse += other.sideSegmentsInUse
  }
}
