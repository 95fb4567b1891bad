public import Bytes

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

  /// The defaults.
  public init() {}

  /// Regions a lane needs: those under way and one that fills.
  @inlinable public var batchesPerLane: Int { writes + 1 }
  /// All regions for commits.
  ///
  /// They come first in the table of regions, then the replies.
  @inlinable public var batches: Int { lanes * batchesPerLane }
  /// All regions of the machine's table.
  @inlinable public var regions: Int { batches + replies }
  /// Makes the table of regions.
  public func makeRegions() -> Slots<Region?> {
    var stretch = RegionStretch(count: batches, byteCount: batchBytes)
    return Slots(regions) { index in
      let id = RegionID(rawValue: UInt32(index))
      guard index < batches else { return Region(id: id, byteCount: replyBytes) }
      return stretch.region(id: id, byteCount: batchBytes)
    }
  }
  /// How many bytes of address space a shard's tables take, receive buffers and carries included.
  public var bytesTotal: Int {
    buffers * bufferBytes + batches * batchBytes + replies * replyBytes + connections * carryBytes
      + largeCarries * largeCarryBytes + records * recordBytes
  }
}
