internal import Bytes
internal import Decode
public import Events
public import Store
public import TLS
public import Telemetry

/// What a shard tells the operator: plain numbers, replaced as a whole every few milliseconds.
public struct ShardReport: BitwiseCopyable, Sendable {
  /// What it is doing.
  public var state = ShardState.serving
  /// Whether events can be taken.
  public var isReady = false
  /// How full it is: 0 when it idles, 1 when it refuses.
  public var pressure: Float = 0
  /// Where every event went.
  public var ledger = Ledger()
  /// What happened.
  public var counters = ShardCounters()
  /// What its lanes did, together; the side lane aside.
  public var lanes = LaneCounters()
  /// What its side lane did.
  public var sideLane = LaneCounters()
  /// What happened in TLS contexts.
  public var security = TLSCounters()
  /// Why TLS ended connections.
  public var securityFailures = SecurityFailures()
  /// Messages refused as a whole, by `Refusal.rawValue`.
  public var refusedMessages: InlineArray<40, UInt64> = InlineArray(repeating: 0)
  /// How long commits took.
  public var commitLatency = LatencyBuckets()
  /// Connections there are.
  public var connections = 0
  /// Connections that wait for their turn to shake hands.
  public var handshakesWaiting = 0
  /// Received buffers that are not used up.
  public var buffersHeld = 0
  /// Events numbered and not yet safe, in bytes of commits under way.
  public var bytesInFlight = 0
  /// Segments that hold events, in all its lanes but the side lane.
  public var segmentsInUse = 0
  /// Segments of its side lane that hold something.
  public var sideSegmentsInUse = 0
  /// Whether the side lane has no room for another segment.
  public var isSideLaneFull = false
  /// Whether a lane has no room for another segment.
  public var isStorageFull = false
  /// The error number of a write that failed; 0 for none.
  public var failure: Int32 = 0

  /// Nothing has happened.
  public init() {}
}

extension Shard where M: ~Copyable {
  /// The monotonic time of the last turn, in nanoseconds.
  public var nowNs: Int64 { line.clock.monotonicNs }

  /// What there is to tell.
  public func report() -> ShardReport {
    var report = ShardReport()
    report.state = state
    report.isReady = isReady
    report.pressure = pressure
    report.ledger = line.ledger
    report.counters = counters
    report.refusedMessages = desk.refused
    report.security = security.counters
    for alert in 0..<256 {
      report.securityFailures.ours[alert] = securityFailures[alert]
      report.securityFailures.peers[alert] = securityFailures[256 + alert]
    }
    report.commitLatency = commitLatency
    report.connections = openConnections
    report.handshakesWaiting = handshakes.count
    report.buffersHeld = held
    for index in 0..<line.writers.count {
      report.bytesInFlight += line.writers[index].lane.bytesInFlight
      report.failure = line.writers[index].lane.failure ?? report.failure
      guard index != line.side else { continue }
      report.lanes.add(line.writers[index].lane.counters)
      report.segmentsInUse += line.writers[index].lane.segmentsInUse
      report.isStorageFull = report.isStorageFull || line.writers[index].lane.isFull
    }
    report.sideLane = line.writers[line.side].lane.counters
    report.sideSegmentsInUse = line.writers[line.side].lane.segmentsInUse
    report.isSideLaneFull = line.writers[line.side].lane.isFull
    return report
  }
}
