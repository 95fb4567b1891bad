internal import Bytes
internal import Events
public import Store
public import World

/// What a shard's lanes hold, its side lane last, as recovery found them; to be moved into the shard.
public struct RecoveredLanes: ~Copyable {
  var lanes: Slots<RecoveredLane?>
  /// Where lanes were cut.
  public let cuts: [LaneCut]
}

extension RecoveredLanes {
  /// Reads the end of every lane that a shard serves.
  ///
  /// Cost: one pass over the newest segment of each.
  ///
  /// - Throws: what makes a lane unusable; nothing has been changed.
  public static func read<M: Machine & ~Copyable>(_ settings: ShardSettings, from machine: inout M) throws(LaneDamage)
    -> RecoveredLanes
  {
    var lanes = Slots<RecoveredLane?>(settings.sizes.lanes + 1) { _ in nil }
    var cuts: [LaneCut] = []
    for index in 0...settings.sizes.lanes {
      let region = RegionID(rawValue: UInt32(index * settings.sizes.batchesPerLane))
      let lane = try recover(settings.lane(index), through: region, from: &machine)
      if let cut = lane.cut { cuts.append(cut) }
      lanes[index] = consume lane
    }
    return RecoveredLanes(lanes: lanes, cuts: cuts)
  }

  /// Reads the end of one lane through one of its own regions, which takes its largest commit.
  private static func recover<M: Machine & ~Copyable>(
    _ settings: Lane.Settings,
    through id: RegionID,
    from machine: inout M
  ) throws(LaneDamage) -> RecoveredLane {
    let slots = machine.segments(of: settings.lane).map(\.slot)
    // A file that is not looked at may be the newest: what it holds would be lost and its numbers given twice.
    require(slots.allSatisfy { Int($0) < settings.slots }, "every segment there is has a slot")
    var recovery = LaneRecovery(settings, slots: slots)
    while case .read(let slot, let offset) = recovery.need() {
      machine.read(into: machine.take(id), from: SegmentID(lane: settings.lane, slot: slot), at: offset)
      let result = waitForRead(&machine)
      var region = machine.take(id)
      region.count = Int(max(result, 0))
      guard result >= 0 else {
        machine.put(region)
        throw .unreadable(settings.lane, slot: slot, offset: offset, error: -result)
      }
      do throws(LaneDamage) { try take(region, into: &recovery) } catch {
        machine.put(region)
        throw error
      }
      machine.put(region)
    }
    return recovery.finish()
  }

  private static func take(_ region: borrowing Region, into recovery: inout LaneRecovery) throws(LaneDamage) {
    try recovery.take(region.bytes)
  }

  private static func waitForRead<M: Machine & ~Copyable>(_ machine: inout M) -> Int32 {
    while true {
      while let completion = machine.next() {
        if case .read(_, let result) = completion { return result }
      }
      machine.wait()
    }
  }
}

extension ShardSettings {
  /// The settings of one of the shard's lanes, or of the side lane behind them.
  func lane(_ index: Int) -> Lane.Settings {
    guard index < sizes.lanes else { return sideLane }
    return Lane.Settings(
      lane: LaneID(rawValue: UInt16(index * shards) + shard.rawValue),
      topics: topics.count,
      segmentBytes: sizes.segmentBytes,
      slots: sizes.segments,
      commitBytesMax: sizes.batchBytes,
      writesMax: sizes.writes
    )
  }
  private var sideLane: Lane.Settings {
    Lane.Settings(
      lane: .side(shard.rawValue),
      topics: SideLane.topics.count,
      segmentBytes: sizes.sideSegmentBytes,
      slots: sizes.sideSegments,
      commitBytesMax: sizes.sideBatchBytes,
      writesMax: sizes.sideWrites
    )
  }
}
