internal import Bytes
internal import Decode
internal import Events
internal import Gate
internal import Pack
internal import Store
internal import Telemetry
internal import World

/// The way to the disk: batches become commits, commits become safe.
extension Shard where M: ~Copyable {
  /// Starts every write that can be started.
  mutating func commit() {
    for index in 0..<line.awake { advance(index) }
  }

  /// Carries out what a lane wants next until it waits.
  mutating func advance(_ index: Int) {
    let (utcNs, nowNs) = (line.clock.utcNs, line.clock.monotonicNs)
    while true {
      let pending = line.writers[index].pendingBytes
      let step = line.writers[index].lane.next(batchBytes: pending, nowNs: nowNs, isDraining: state == .draining)
      let lane = line.writers[index].lane.settings.lane
      switch step {
      case .wait: return
      case .prepare(let slot): machine.prepare(SegmentID(lane: lane, slot: slot))
      case .commit: writeBatch(index, utcNs, nowNs)
      case .open, .index, .seal:
        var region = machine.take(line.writers[index].takeSpare())
        let write =
          switch step {
          case .open: line.writers[index].lane.open(into: &region, utcNs: utcNs, nowNs: nowNs)
          case .index: line.writers[index].lane.index(into: &region, utcNs: utcNs, nowNs: nowNs)
          default: line.writers[index].lane.seal(into: &region, utcNs: utcNs, nowNs: nowNs)
          }
        machine.write(region, to: SegmentID(lane: lane, slot: write.slot), at: write.offset)
      }
    }
  }

  private mutating func writeBatch(_ index: Int, _ utcNs: Int64, _ nowNs: Int64) {
    let spare = machine.take(line.writers[index].takeSpare())
    let sealed = line.writers[index].batch.seal(using: spare)
    let events = sealed.events
    var region = sealed.region
    let lane = line.writers[index].lane.settings.lane
    let last = line.writers[index].lane.last
    let write = line.writers[index].lane.commit(&region, events: events, last: last, utcNs: utcNs, nowNs: nowNs)
    machine.write(region, to: SegmentID(lane: lane, slot: write.slot), at: write.offset)
    // The batch is empty again: whoever found no room in it may try once more.
    if line.wantsRoom { hasFreed = true }
    line.wantsRoom = false
  }

  /// Learns how a write ended.
  mutating func wrote(_ region: RegionID, _ result: Int32) {
    let index = settings.sizes.lane(of: region)
    let nowNs = line.clock.monotonicNs
    let settled = line.writers[index].lane.completed(region, result, nowNs: nowNs)
    line.writers[index].giveBack(region)
    let lane = line.writers[index].lane.settings.lane
    let safe = line.writers[index].lane.safe
    desk.watermarks.advance(lane.isSide ? .side : .lane(lane), through: safe)
    if lane.isSide {
      line.ledger.quarantine(settled.events)
    } else {
      commitLatency.record(ns: UInt64(max(settled.latencyNs, 0)))
      // What other shards sent is in their ledgers until they hear that it is safe.
      line.ledger.store(settled.events - line.links.release(lane, through: safe))
    }
    if line.writers[index].lane.failure != nil, state != .failed { breakDown() }
    hasFreed = true
  }

  /// The disk failed a write: answers what is safe and takes nothing more.
  private mutating func breakDown() {
    state = .failed
    drainUntilNs = line.clock.monotonicNs + 1_000_000_000
    stopAccepting()
  }

  mutating func prepared(_ segment: SegmentID, _ throughBytes: Int) {
    let index = segment.lane.isSide ? line.side : Int(segment.lane.rawValue) / settings.shards
    let nowNs = line.clock.monotonicNs
    line.writers[index].lane.prepared(slot: segment.slot, throughBytes: throughBytes, nowNs: nowNs)
    hasFreed = true
  }

  /// Says how full the shard is, and whether events are welcome.
  ///
  /// Once a turn.
  mutating func judge() {
    let nowNs = line.clock.monotonicNs
    var load = Admission.Load()
    load.isDraining = state == .failed
    for index in 0..<line.awake {
      // Without room in the side lane only what would go there is refused.
      if index != line.side, line.writers[index].lane.isFull { load.hasStorageRoom = false }
      load.bytesInFlight += line.writers[index].lane.bytesInFlight + line.writers[index].pendingBytes
      if let since = line.writers[index].lane.oldestWriteNs { load.oldestAgeNs = max(load.oldestAgeNs, nowNs - since) }
    }
    admission.update(load, nowNs: nowNs)
    if case .refuse(let reason) = admission.decision { line.closed = reason } else { line.closed = nil }
    desk.pressure = admission.pressure
    desk.retryAfterSeconds = admission.retryAfterSeconds()
  }

  /// Takes what other shards sent for this one's lanes, as much as there is room for.
  mutating func receiveLinked() {
    for shard in line.links.others { line.receive(from: shard) }
    for shard in line.links.others { learn(from: shard) }
  }

  /// Learns how far the events sent to another shard are safe.
  private mutating func learn(from shard: Int) {
    var lane = shard
    while lane < settings.lanes {
      let safe = line.links.outgoing[shard].safe.load(lane)
      let seen = line.links.outgoing[shard].seen[lane]
      if safe > seen {
        line.links.outgoing[shard].seen[lane] = safe
        line.ledger.store(safe - seen)
        desk.watermarks.advance(.lane(LaneID(rawValue: UInt16(lane))), through: EventNumber(rawValue: safe))
        hasFreed = true
      }
      lane += settings.shards
    }
  }

  /// Tells other shards what has become safe, and wakes those that were sent something.
  mutating func sendNews() {
    for shard in line.links.others {
      let hasNews = line.links.incoming[shard].hasNews
      line.links.incoming[shard].hasNews = false
      let hasSent = line.links.outgoing[shard].hasSent
      line.links.outgoing[shard].hasSent = false
      if hasNews || hasSent { machine.wake(ShardID(rawValue: UInt16(shard))) }
    }
  }
}
