public import Bytes
public import Events

/// What stands before the record batches of one durable write of a lane.
///
///     0  u32 magic "SLCM"    4  u8 version      5  u8 kind          6  u16 lane
///     8  u32 bytes used     12  u32 events     16  u64 generation  24  u64 sequence
///     32 u64 durable through 40 i64 time, ns    48  u64 epoch       56  u32 previous    60 u32 check
///
/// All big-endian. `check` is CRC-32C that starts from the epoch's secret and covers the first 60 bytes and, of each
/// record batch, its entry prefix and header; a batch's own CRC, which stands in that header, covers the rest. An index
/// is covered whole. `previous` repeats the check of the commit before, so that commits form a chain. Without the
/// secret, which never leaves the node, nobody can make a payload that would be taken for a commit.
public struct CommitHeader: Sendable, Equatable {
  /// What a commit holds.
  public enum Kind: UInt8, Sendable {
    /// Record batches.
    case records = 1
    /// Nothing: an idle lane says that all before is durable.
    case seal = 2
    /// The index of its segment, whose last commit it is.
    case index = 3
  }

  /// What it holds.
  public var kind: Kind
  /// Whose it is.
  public var lane: LaneID
  /// Header and contents, without the padding to whole blocks.
  public var bytesUsed: Int
  /// How many events it holds.
  public var events: UInt32
  /// Which use of its segment it belongs to.
  public var generation: UInt64
  /// Its place in the lane: consecutive over segments and epochs.
  public var sequence: UInt64
  /// The last commit that was known to be durable when this one was submitted; 0 for none.
  public var durableThrough: UInt64
  /// When it was submitted, in nanoseconds since the Unix epoch.
  public var timeNs: Int64
  /// Which opening of the lane wrote it.
  public var epoch: UInt64
  /// The check of the commit before, or what the segment's header says for its first.
  public var previous: UInt32
  /// Its own check.
  public var check: UInt32 = 0

  /// How many bytes it takes.
  @inlinable public static var byteCount: Int { 64 }
  /// What a write's offset and length are multiples of.
  @inlinable public static var blockBytes: Int { 4096 }
  /// The version of the format that this code writes and the newest it reads.
  public static var version: UInt8 { 1 }
  static var magic: UInt32 { 0x534C_434D }
  /// Rounds up to whole blocks.
  @inlinable public static func padded(_ count: Int) -> Int { (count + blockBytes - 1) & ~(blockBytes - 1) }

  /// How much of its segment it takes.
  public var bytesPadded: Int { CommitHeader.padded(bytesUsed) }

  /// A header whose check has not been computed.
  public init(
    kind: Kind,
    lane: LaneID,
    bytesUsed: Int,
    events: UInt32,
    generation: UInt64,
    sequence: UInt64,
    durableThrough: UInt64,
    timeNs: Int64,
    epoch: UInt64,
    previous: UInt32
  ) {
    (self.kind, self.lane, self.bytesUsed, self.events) = (kind, lane, bytesUsed, events)
    (self.generation, self.sequence, self.durableThrough) = (generation, sequence, durableThrough)
    (self.timeNs, self.epoch, self.previous) = (timeNs, epoch, previous)
  }

  /// Writes the header over the first bytes of a filled region, computes the check, and pads the region to whole
  /// blocks.
  public mutating func seal(_ region: inout Region, secret: EpochSecret) {
    require(region.count == bytesUsed && bytesUsed >= CommitHeader.byteCount, "a commit knows its size")
    region.store(CommitHeader.magic, at: 0)
    region.store(UInt32(CommitHeader.version) << 24 | UInt32(kind.rawValue) << 16 | UInt32(lane.rawValue), at: 4)
    region.store(UInt32(bytesUsed), at: 8)
    region.store(events, at: 12)
    region.store(generation, at: 16)
    region.store(sequence, at: 24)
    region.store(durableThrough, at: 32)
    region.store(timeNs, at: 40)
    region.store(epoch, at: 48)
    region.store(previous, at: 56)
    guard let check = CommitHeader.check(region.bytes, kind: kind, secret: secret) else {
      require(false, "a commit's entries fill it exactly")
      return
    }
    self.check = check
    region.store(check, at: 60)
    region.count = bytesPadded
    region.zero(from: bytesUsed)
  }

  /// Reads the commit at the start of `bytes` without regard to its place in the lane.
  ///
  /// - Returns: its header when its check holds and it lies within `bytes`; otherwise what is wrong.
  public static func read(_ bytes: RawSpan, secret: EpochSecret) -> Reading {
    guard bytes.byteCount >= byteCount else { return .cut(needed: byteCount) }
    guard bytes.integer(UInt32.self, at: 0) == magic else { return .absent }
    let word = bytes.integer(UInt32.self, at: 4)
    guard UInt8(truncatingIfNeeded: word >> 24) == version,
      let kind = Kind(rawValue: UInt8(truncatingIfNeeded: word >> 16))
    else { return .damaged }
    let used = Int(bytes.integer(UInt32.self, at: 8))
    guard used >= byteCount, used <= bytesMax else { return .damaged }
    guard used <= bytes.byteCount else { return .cut(needed: used) }
    var header = CommitHeader(
      kind: kind,
      lane: LaneID(rawValue: UInt16(truncatingIfNeeded: word)),
      bytesUsed: used,
      events: bytes.integer(UInt32.self, at: 12),
      generation: bytes.integer(UInt64.self, at: 16),
      sequence: bytes.integer(UInt64.self, at: 24),
      durableThrough: bytes.integer(UInt64.self, at: 32),
      timeNs: bytes.integer(Int64.self, at: 40),
      epoch: bytes.integer(UInt64.self, at: 48),
      previous: bytes.integer(UInt32.self, at: 56)
    )
    header.check = bytes.integer(UInt32.self, at: 60)
    let body = bytes.extracting(0..<used)
    guard check(body, kind: kind, secret: secret) == header.check, batchesHold(body, kind: kind),
      header.sequence <= countMax
    else { return .damaged }
    return .found(header)
  }

  /// Whether `bytes` start like a commit of a later generation than this.
  ///
  /// Without the segment's header there is no secret to check it by, so it is good for a warning only.
  public static func looksLikeCommit(_ bytes: RawSpan, of lane: LaneID, after generation: UInt64) -> Bool {
    Self.generation(claimedBy: bytes, of: lane).map { $0 > generation } ?? false
  }
  /// Which generation bytes say they belong to, when they start like a commit of this lane; nothing is checked.
  public static func generation(claimedBy bytes: RawSpan, of lane: LaneID) -> UInt64? {
    guard bytes.byteCount >= byteCount, bytes.integer(UInt32.self, at: 0) == magic else { return nil }
    let word = bytes.integer(UInt32.self, at: 4)
    guard UInt8(truncatingIfNeeded: word >> 24) == version, UInt16(truncatingIfNeeded: word) == lane.rawValue
    else { return nil }
    return bytes.integer(UInt64.self, at: 16)
  }

  /// What stands at a place where a commit might.
  public enum Reading: Sendable, Equatable {
    /// A commit whose check holds.
    case found(CommitHeader)
    /// Something that starts like a commit and needs so many bytes.
    case cut(needed: Int)
    /// Nothing that starts like a commit.
    case absent
    /// Something that starts like a commit whose check does not hold.
    case damaged
  }

  /// No sequence, generation or offset is higher, so that counting on never overflows.
  public static var countMax: UInt64 { 1 << 62 }
  /// No commit is larger.
  public static var bytesMax: Int { 16 << 20 }

  /// The check, or `nil` when the entries do not fill `bytes` exactly.
  private static func check(_ bytes: RawSpan, kind: Kind, secret: EpochSecret) -> UInt32? {
    var sum = Checksum.crc32c(bytes.extracting(0..<60), continuing: secret.seed)
    switch kind {
    case .seal: return bytes.byteCount == byteCount ? sum : nil
    case .index: return Checksum.crc32c(bytes.extracting(byteCount..<bytes.byteCount), continuing: sum)
    case .records:
      var at = byteCount
      while at < bytes.byteCount {
        guard let end = BatchEntry.end(in: bytes, at: at) else { return nil }
        sum = Checksum.crc32c(bytes.extracting(at..<(at + BatchEntry.headBytes)), continuing: sum)
        at = end
      }
      return sum
    }
  }

  /// Whether every record batch's own CRC holds.
  private static func batchesHold(_ bytes: RawSpan, kind: Kind) -> Bool {
    guard kind == .records else { return true }
    var at = byteCount
    while at < bytes.byteCount, let end = BatchEntry.end(in: bytes, at: at) {
      let batch = at + BatchEntry.byteCount
      guard Checksum.crc32c(bytes.extracting((batch + 21)..<end)) == bytes.integer(UInt32.self, at: batch + 17) else {
        return false
      }
      at = end
    }
    return true
  }
}

extension BatchEntry {
  /// The entry and its batch's header: what a commit's check covers.
  static var headBytes: Int { byteCount + RecordBatchHeader.byteCount }
  /// Where the entry at `at` ends, or `nil` when it does not lie within `bytes`.
  public static func end(in bytes: RawSpan, at: Int) -> Int? {
    guard at >= 0, bytes.byteCount - at >= headBytes else { return nil }
    let count = Int(bytes.integer(UInt32.self, at: at + 4))
    guard count >= RecordBatchHeader.byteCount, count <= bytes.byteCount - at - byteCount else { return nil }
    return at + byteCount + count
  }
}

/// Random bits drawn when a lane is opened; every check of that epoch starts from them.
public struct EpochSecret: Sendable, Equatable {
  /// The bits, as the segment header keeps them.
  public let bits: UInt64
  /// What a commit's check starts from.
  let seed: UInt32
  /// Wraps fresh or stored bits.
  public init(bits: UInt64) {
    self.bits = bits
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    // SAFETY: a view of plain bytes that live until the end of this scope.
    seed = unsafe Checksum.crc32c(bytes.span.bytes)
  }
}
