internal import Bytes
internal import Events
internal import Formats
internal import Gate
internal import Glibc
internal import Host
internal import Mark
internal import Pack
internal import Store
internal import Telemetry
internal import World

/// What one run is made of.
struct LanePlan {
  /// The size of each commit, padded.
  var commitBytes = 64 << 10
  /// How many are under way at a time.
  var depth = 1
  /// How long it is measured, after the segment has been prepared.
  var durationNs: Int64 = 2_000_000_000
  /// Where the files go; removed afterwards.
  var path = "./lane-benchmark-data"
  var cpu: Int32 = 0
}

/// What it came to.
struct LaneResult {
  var commits = 0
  var bytes = 0
  var elapsedNs: Int64 = 0
  var latency = Histogram()
}

/// Commits full batches to a real lane on the real disk, as many at a time as asked for: what a shard does, without
/// sockets.
///
/// The segments it uses have all been written before the clock starts.
struct LaneRun: ~Copyable {
  private var host: Host
  private var lane: Lane
  private var batch: Batch
  private var spares: [RegionID]
  /// Which regions hold a commit; the others a header or an index.
  private var commits: [Bool]
  private var stamper: Stamper
  private let plan: LanePlan
  private let payload: [UInt8]
  private var result = LaneResult()

  static let topic = Topic(id: TopicID(rawValue: 0), name: "benchmark")
  static let segmentBytes = 128 << 20

  static func sizes(_ plan: LanePlan) -> Sizes {
    var sizes = Sizes()
    (sizes.connections, sizes.buffers, sizes.replies) = (1, 2, 1)
    sizes.writes = plan.depth
    sizes.batchBytes = max(plan.commitBytes, 64 << 10)
    (sizes.segments, sizes.segmentBytes) = (4, segmentBytes)
    return sizes
  }

  init(_ plan: LanePlan, _ seed: consuming HostSeed) throws(HostFailure) {
    let sizes = LaneRun.sizes(plan)
    var host = try Host(seed)
    let settings = Lane.Settings(
      lane: LaneID(rawValue: 0),
      topics: 1,
      segmentBytes: LaneRun.segmentBytes,
      slots: sizes.segments,
      commitBytesMax: sizes.batchBytes,
      writesMax: plan.depth
    )
    var recovery = LaneRecovery(settings, slots: [])
    _ = recovery.need()
    lane = Lane(recovery.finish(), entropy: host.entropy())
    batch = Batch(
      filling: host.take(RegionID(rawValue: 0)),
      topics: [LaneRun.topic],
      headerBytes: CommitHeader.byteCount
    )
    spares = (1..<sizes.batches).map { RegionID(rawValue: UInt32($0)) }
    commits = [Bool](repeating: false, count: sizes.batches)
    stamper = Stamper(entropy: host.entropy(), seed: host.entropy(), at: host.now())
    // Large events, so that it is the lane that is measured and not the packing of records.
    payload = [UInt8](repeating: 0x61, count: max(plan.commitBytes / 16, 256))
    self.plan = plan
    self.host = host
  }

  /// Goes once round its segments, so that all are written, then keeps the disk busy for the time of the plan.
  consuming func run() -> LaneResult {
    while lane.counters.segmentsRetired == 0 { settle(isMeasured: true) }
    result = LaneResult()
    let start = host.now().monotonicNs
    while host.now().monotonicNs - start < plan.durationNs { settle(isMeasured: true) }
    while !lane.isIdle { settle(isMeasured: true) }
    result.elapsedNs = host.now().monotonicNs - start
    return result
  }

  /// Hands over what can be handed over, and waits for something to finish.
  private mutating func settle(isMeasured: Bool) {
    advance(isMeasured: isMeasured)
    host.wait()
    let nowNs = host.now().monotonicNs
    while let completion = host.next() {
      switch completion {
      case .wrote(let region, let bytes):
        let settled = lane.completed(region, bytes, nowNs: nowNs)
        require(lane.failure == nil, "the disk takes what is written")
        spares.append(region)
        // One that ends before an older one settles no event yet, and is a commit all the same.
        guard isMeasured, commits[Int(region.rawValue)] else { continue }
        result.commits += 1
        result.bytes += Int(bytes)
        result.latency.record(UInt64(max(settled.latencyNs, 0)))
      case .prepared(let segment, let throughBytes):
        lane.prepared(slot: segment.slot, throughBytes: throughBytes, nowNs: nowNs)
      default: break
      }
    }
  }

  private mutating func advance(isMeasured: Bool) {
    let reading = host.now()
    let (utcNs, nowNs) = (reading.utcNs, reading.monotonicNs)
    if isMeasured { fill() }
    while true {
      switch lane.next(batchBytes: batch.isEmpty ? 0 : batch.bytes, nowNs: nowNs, isDraining: true) {
      case .wait: return
      case .prepare(let slot): host.prepare(SegmentID(lane: lane.settings.lane, slot: slot))
      case .commit:
        guard let spare = spares.popLast() else { return }
        let sealed = batch.seal(using: host.take(spare))
        let events = sealed.events
        var region = sealed.region
        let write = lane.commit(&region, events: events, last: lane.last, utcNs: utcNs, nowNs: nowNs)
        commits[Int(region.id.rawValue)] = true
        host.write(region, to: SegmentID(lane: lane.settings.lane, slot: write.slot), at: write.offset)
        fill()
      case let step:
        guard let spare = spares.popLast() else { return }
        var region = host.take(spare)
        let write =
          switch step {
          case .open: lane.open(into: &region, utcNs: utcNs, nowNs: nowNs)
          case .index: lane.index(into: &region, utcNs: utcNs, nowNs: nowNs)
          default: lane.seal(into: &region, utcNs: utcNs, nowNs: nowNs)
          }
        commits[Int(region.id.rawValue)] = false
        host.write(region, to: SegmentID(lane: lane.settings.lane, slot: write.slot), at: write.offset)
      }
    }
  }

  /// Fills the batch to the size of a commit.
  private mutating func fill() {
    let grant = Grant(topic: LaneRun.topic.id, principal: .anonymous, eventBytesMax: payload.count)
    let payload = payload
    let limit = plan.commitBytes - CommitHeader.blockBytes / 8
    while batch.isEmpty || batch.bytes + payload.count + 128 < limit {
      // SAFETY: a view of plain bytes that live until the end of this scope.
      let event = unsafe Event(grant: grant, origin: Origin(), payload: payload.span.bytes)
      let stamp = stamper.stamp(event)
      let offset = lane.nextOffset(of: LaneRun.topic.id)
      guard batch.append(event, stamp: stamp, offset: offset, timestampMs: stamper.timestampMs) else { return }
      _ = lane.claim(LaneRun.topic.id)
    }
  }
}
