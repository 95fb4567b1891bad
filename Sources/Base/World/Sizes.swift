public import Bytes
public import Events

/// The sizes of everything a shard allocates, all of it at start.
public struct Sizes: Sendable {
  /// Connections at a time.
  public var connections = 4096
  /// Receive buffers; a power of two, 32,768 at most.
  public var buffers = 1024
  /// How many bytes each of them holds.
  public var bufferBytes = 16 << 10
  /// Lanes the shard serves.
  public var lanes = 1
  /// Commits of one lane that may be under way at a time.
  public var writes = 4
  /// The largest commit, in bytes; a multiple of the block size.
  public var batchBytes = 256 << 10
  /// Regions answers are written to: one a connection at the most is under way.
  public var replies = 4096
  /// How many bytes of answers go out at once.
  public var replyBytes = 4 << 10
  /// The smaller places for messages that straddle buffers, one a connection.
  public var carryBytes = 4 << 10
  /// The larger places for messages that straddle buffers, shared.
  public var largeCarries = 64
  /// How many bytes each of those holds: the largest message.
  public var largeCarryBytes = 1 << 20
  /// Places for TLS records that straddle buffers: one a connection where a listener speaks TLS.
  public var records = 0
  /// How many bytes each of those holds; whole pages.
  public var recordBytes = 20 << 10
  /// Slots for segments a lane.
  public var segments = 64
  /// How many bytes a segment's file holds.
  public var segmentBytes = 128 << 20
  /// Commits of the side lane that may be under way at a time.
  public var sideWrites = 2
  /// The side lane's largest commit, in bytes; a multiple of the block size.
  public var sideBatchBytes = 64 << 10
  /// Slots for segments of the side lane.
  public var sideSegments = 17
  /// How many bytes a segment of the side lane holds.
  public var sideSegmentBytes = 4 << 20

  /// The defaults.
  public init() {}

  /// Regions a lane needs: those under way and one that fills.
  @inlinable public var batchesPerLane: Int { writes + 1 }
  /// All regions for the commits of lanes.
  ///
  /// They come first in the table of regions, then those of the side lane, then the replies.
  @inlinable public var batches: Int { lanes * batchesPerLane }
  /// Regions for the side lane: those under way and one that fills.
  @inlinable public var sideBatches: Int { sideWrites + 1 }
  /// All regions for commits: behind them come the replies.
  @inlinable public var commitRegions: Int { batches + sideBatches }
  /// How many bytes all regions for commits have.
  @inlinable public var commitBytes: Int { batches * batchBytes + sideBatches * sideBatchBytes }
  /// All regions of the machine's table.
  @inlinable public var regions: Int { commitRegions + replies }
  /// The place of the lane that a region's commits go to: among the shard's lanes, or `lanes` for the side lane.
  @inlinable public func lane(of region: RegionID) -> Int { min(Int(region.rawValue) / batchesPerLane, lanes) }
  /// How many slots a lane has.
  @inlinable public func segments(of lane: LaneID) -> Int { lane.isSide ? sideSegments : segments }
  /// How many bytes a segment of a lane holds.
  @inlinable public func segmentBytes(of lane: LaneID) -> Int { lane.isSide ? sideSegmentBytes : segmentBytes }
  /// Makes the table of regions.
  public func makeRegions() -> Slots<Region?> {
    var commits = RegionStretch(count: batches, byteCount: batchBytes, areFilled: true)
    // Memory of the side lane comes with its use, which may never be.
    var sideCommits = RegionStretch(count: sideBatches, byteCount: sideBatchBytes, areFilled: false)
    var answers = RegionStretch(count: replies, byteCount: replyBytes, areFilled: false)
    return Slots(regions) { index in
      let id = RegionID(rawValue: UInt32(index))
      if index < batches { return commits.region(id: id, byteCount: batchBytes) }
      if index < commitRegions { return sideCommits.region(id: id, byteCount: sideBatchBytes) }
      return answers.region(id: id, byteCount: replyBytes)
    }
  }
  /// How many bytes of address space a shard's tables take, receive buffers and carries included.
  public var bytesTotal: Int {
    buffers * bufferBytes + commitBytes + replies * replyBytes + connections * carryBytes
      + largeCarries * largeCarryBytes + records * recordBytes
  }
}
