internal import Bytes
internal import Events
internal import Formats
internal import Pack
internal import Store
internal import World

/// One lane, the batch that fills for it, and the regions that wait to be filled.
struct LaneWriter: ~Copyable {
  var lane: Lane
  var batch: Batch
  private var spares: [RegionID]

  /// Starts a batch in the first of the lane's regions, which are taken from the machine.
  init(_ lane: consuming Lane, filling region: consuming Region, spares: [RegionID], topics: [Topic]) {
    require(spares.count >= lane.settings.writesMax, "every write under way leaves a region to fill")
    batch = Batch(filling: region, topics: topics, headerBytes: CommitHeader.byteCount)
    self.lane = lane
    self.spares = spares
  }

  /// How many bytes the next commit takes at the most; 0 when there is none.
  var pendingBytes: Int { batch.isEmpty ? 0 : batch.bytes }

  /// A region that is neither filled nor under way.
  mutating func takeSpare() -> RegionID {
    guard let spare = spares.popLast() else {
      require(false, "a write is begun only when a region is spare")
      return RegionID(rawValue: 0)
    }
    return spare
  }
  mutating func giveBack(_ region: RegionID) { spares.append(region) }
}
