public import Bytes
public import Events
internal import Formats

/// One append-only log, as a state machine with no I/O: it says what to write where, and learns what became of it.
///
///     batch ─next─▶ .commit ─commit─▶ Write ─▶ disk ─completed─▶ the watermark advances
///
/// Up to `writesMax` writes are under way; the watermark passes a commit only when all before it are durable. Before a
/// segment ends its writes are waited for, its index is written, and the next segment's header is: so whoever finds a
/// header finds everything before it whole.
public struct Lane: ~Copyable {
  /// What a lane is made with.
  public struct Settings: Sendable {
    /// Which lane.
    public var lane: LaneID
    /// How many topics there are: every `TopicID` is below.
    public var topics: Int
    /// The size of a segment's file: whole blocks.
    public var segmentBytes: Int
    /// How many segment files there may be, which bounds what is kept.
    public var slots: Int
    /// How many segments may hold events; the slots beyond are those of a time when more were kept.
    public var segmentsMax: Int
    /// The size of a region: no commit, header or index is larger.
    public var commitBytesMax: Int
    /// How many writes may be under way.
    public var writesMax: Int
    /// How long after the last commit an idle lane says that it is durable.
    public var sealAfterNs: Int64
    /// Segments whose last commit is older are retired; `nil` keeps them as long as there is room.
    public var retentionAgeNs: Int64?
    /// All of it.
    public init(
      lane: LaneID,
      topics: Int,
      segmentBytes: Int,
      slots: Int,
      commitBytesMax: Int,
      writesMax: Int,
      sealAfterNs: Int64 = 50_000_000,
      retentionAgeNs: Int64? = nil
    ) {
      (self.lane, self.topics, self.segmentBytes, self.slots) = (lane, topics, segmentBytes, slots)
      (self.commitBytesMax, self.writesMax) = (commitBytesMax, writesMax)
      segmentsMax = slots
      (self.sealAfterNs, self.retentionAgeNs) = (sealAfterNs, retentionAgeNs)
    }
  }

  /// What to do next.
  public enum Step: Sendable, Equatable {
    /// Nothing, until something completes, arrives or comes due.
    case wait
    /// Ask the machine for this segment.
    case prepare(slot: UInt16)
    /// Open the next segment: `open(into:)` in a spare region.
    case open
    /// Write the batch: `commit`.
    case commit
    /// End the segment: `index(into:)` in a spare region.
    case index
    /// Say that all is durable: `seal(into:)` in a spare region.
    case seal
  }

  /// Where a filled region goes.
  public struct Write: Sendable, Equatable {
    /// Which of the lane's files.
    public let slot: UInt16
    /// Where in it.
    public let offset: Int
  }

  enum Phase: Sendable {
    /// No segment takes commits.
    case closed
    /// The header of the next one is under way.
    case opening
    case open
    /// The segment is full; `hasIndex` once its index has been handed over.
    case closing(hasIndex: Bool)
  }

  /// One write under way.
  struct Flight: Sendable {
    enum Kind: UInt8, Sendable { case header, commit }
    let region: RegionID
    let kind: Kind
    let sequence: UInt64
    let events: UInt64
    let last: EventNumber
    let byteCount: Int
    let submittedNs: Int64
    /// What it tells readers to be durable.
    let durableThrough: UInt64
    var isDone = false
  }

  /// What it was made with.
  public var settings: Settings
  var segments: Segments
  var phase = Phase.closed
  /// The segment that takes commits, or took the last.
  var slot: UInt16?
  /// Where its next commit goes, in bytes.
  var position = 0
  let epoch: UInt64
  let secret: EpochSecret
  var generation: UInt64
  var previous: UInt32
  /// The next commit's sequence.
  public internal(set) var sequence: UInt64
  /// Everything through this sequence is known to be durable.
  public internal(set) var durableSequence: UInt64
  /// What the newest durable commit says of those before it: readers elsewhere see this far.
  var publishedThrough: UInt64
  /// The last commit that holds events.
  var recordsSequence: UInt64 = 0
  var lastWriteNs: Int64 = 0
  var flights: Queue<Flight>
  var index: SegmentIndex
  /// The offset each topic's next event gets, counting those in the batch.
  @usableFromInline var claimed: Slots<UInt64>
  /// The offset each topic's next event gets, counting those in commits.
  var committed: [UInt64]
  var prepareAfterNs: Int64 = 0

  /// The watermark: every event through this one survives a crash.
  ///
  /// Changes by `completed` only.
  public internal(set) var safe = EventNumber.none
  /// The number of the last event that has one.
  public var last: EventNumber { numbered }
  @usableFromInline var numbered = EventNumber.none
  /// How many writes the machine has; `flights` holds the finished ones behind them as well.
  var underWay = 0
  /// How many bytes the machine has.
  public internal(set) var bytesInFlight = 0
  /// The number of the last event that is in a commit; the batch may hold later ones.
  var lastCommitted = EventNumber.none
  /// Why nothing can be written any more, as a negated error number; the process must stop and recover.
  public internal(set) var failure: Int32?
  /// Whether the disk gave no room for a segment when it was last asked.
  private var isDiskFull = false
  /// What it did so far.
  public internal(set) var counters = LaneCounters()

  /// Continues after what recovery found.
  ///
  /// - Parameters:
  ///   - recovered: the lane's end, and the segments that hold it.
  ///   - entropy: 64 bits that nobody can guess; the checks of this epoch start from them.
  public init(_ recovered: consuming RecoveredLane, entropy: UInt64) {
    settings = recovered.settings
    epoch = recovered.epoch + 1
    secret = EpochSecret(bits: entropy)
    generation = recovered.generation
    sequence = recovered.sequence
    durableSequence = recovered.sequence - 1
    publishedThrough = recovered.sequence - 1
    slot = recovered.slot
    let offsets = recovered.offsets
    claimed = Slots(offsets.count) { offsets[$0] }
    committed = recovered.offsets
    segments = recovered.takeSegments()
    previous = UInt32(truncatingIfNeeded: entropy >> 16)
    // A write that ends before an older one makes room for another: the disk need not wait for its slowest.
    flights = Queue(capacity: 4 * settings.writesMax)
    index = SegmentIndex(
      topics: settings.topics,
      segmentBytes: settings.segmentBytes,
      commitBytesMax: settings.commitBytesMax
    )
    require(SegmentHeader.byteCount(topics: settings.topics) <= settings.commitBytesMax, "a header fits a region")
    let least = SegmentHeader.byteCount(topics: settings.topics) + index.bytesMax + settings.commitBytesMax
    require(settings.segmentBytes >= least, "a segment holds its header, its index and a commit")
  }

  /// Gives an event of `topic` its number and its offset in the partition.
  @inlinable @inline(__always) public mutating func claim(_ topic: TopicID) -> (number: EventNumber, offset: UInt64) {
    numbered = EventNumber(rawValue: numbered.rawValue &+ 1)
    let offset = claimed[Int(topic.rawValue)]
    claimed[Int(topic.rawValue)] = offset &+ 1
    return (numbered, offset)
  }
  /// Gives so many events of `topic` their numbers and offsets, and returns the last number.
  @inlinable @inline(__always) public mutating func claim(_ count: Int, of topic: TopicID) -> EventNumber {
    numbered = EventNumber(rawValue: numbered.rawValue &+ UInt64(truncatingIfNeeded: count))
    claimed[Int(topic.rawValue)] &+= UInt64(truncatingIfNeeded: count)
    return numbered
  }
  /// The offset the next event of `topic` would get.
  @inlinable @inline(__always) public func nextOffset(of topic: TopicID) -> UInt64 { claimed[Int(topic.rawValue)] }
  /// The first offset of `topic` that readers may see.
  public func logStart(of topic: TopicID) -> UInt64 { segments.logStarts[Int(topic.rawValue)] }

  /// Whether no write is under way.
  public var isIdle: Bool { flights.isEmpty }
  /// When the oldest write under way was submitted, in monotonic nanoseconds.
  public var oldestWriteNs: Int64? { flights.first?.submittedNs }
  /// Whether readers in other processes see all there is.
  public var isSealed: Bool { flights.isEmpty && publishedThrough >= recordsSequence }
  /// How many segments hold events, and how many there may be.
  public var segmentsInUse: Int { segments.inUse }
  /// Whether there is no room for another segment, and the live one ends soon: new events are refused until there is.
  ///
  /// What is refused is refused before it is numbered: whatever has a number still fits into the live segment, so that
  /// nobody waits for room. Hence two commits are kept free: the one that fills, and the one that a turn begins
  /// besides.
  public var isFull: Bool {
    guard isDiskFull, segments.absent != nil || segments.isPreparing, segments.free(for: openingBytes) == nil else {
      return false
    }
    guard case .open = phase, let slot else { return true }
    let end = min(settings.segmentBytes, segments[slot].limitBytes) - index.bytesMax
    return end - position < 2 * CommitHeader.padded(settings.commitBytesMax)
  }
  /// What a segment takes at the least: its header and a commit.
  private var openingBytes: Int { SegmentHeader.byteCount(topics: settings.topics) + settings.commitBytesMax }
  /// Whether events can be taken: a segment is open or about to be.
  public var isReady: Bool { if case .closed = phase { false } else { failure == nil } }

  /// What to do next.
  ///
  /// Its answer changes with every other call, with the batch, and with time.
  ///
  /// - Parameters:
  ///   - batchBytes: an upper bound of what sealing the batch will give; 0 when it is empty.
  ///   - nowNs: monotonic nanoseconds.
  ///   - isDraining: seals without delay, because nothing more will come.
  /// - Returns: the one step to take before asking again.
  public mutating func next(batchBytes: Int, nowNs: Int64, isDraining: Bool = false) -> Step {
    guard failure == nil else { return .wait }
    if let slot = slotToPrepare(nowNs: nowNs) { return .prepare(slot: slot) }
    switch phase {
    case .opening: return .wait
    case .closed: return stepWhileClosed()
    case .closing(let hasIndex): return hasIndex ? stepBehindIndex() : stepBeforeIndex()
    case .open: return stepWhileOpen(batchBytes: batchBytes, nowNs: nowNs, isDraining: isDraining)
    }
  }

  private mutating func stepWhileClosed() -> Step {
    require(flights.isEmpty, "a segment is opened when nothing is under way")
    if segments.free(for: openingBytes) != nil { return .open }
    // Only when every slot is in use may the oldest go: fewer than there may be means that the disk is full.
    if !segments.hasSpare, segments.absent == nil, segments.retireOldest() {
      counters.segmentsRetired &+= 1
      return .open
    }
    return .wait
  }

  private mutating func stepWhileOpen(batchBytes: Int, nowNs: Int64, isDraining: Bool) -> Step {
    guard hasRoom, let slot else { return .wait }
    let end = min(settings.segmentBytes, segments[slot].limitBytes) - index.bytesMax
    if batchBytes > 0 {
      let needed = CommitHeader.padded(batchBytes)
      guard position + needed <= end else { return stepBeforeIndex() }
      guard position + needed <= segments[slot].preparedBytes else { return .wait }
      return flights.isEmpty || batchBytes >= pace || isDraining ? .commit : .wait
    }
    guard flights.isEmpty, publishedThrough < recordsSequence,
      isDraining || nowNs - lastWriteNs >= settings.sealAfterNs
    else { return .wait }
    let sealEnd = position + CommitHeader.blockBytes
    guard sealEnd > end else { return sealEnd <= segments[slot].preparedBytes ? .seal : .wait }
    // No room for a seal: the index says the same, and ends the segment.
    return stepBeforeIndex()
  }

  /// Ends the segment: with its index where there is room for one.
  private mutating func stepBeforeIndex() -> Step {
    guard let slot else { return .wait }
    let end = position + index.bytesMax
    guard end <= min(settings.segmentBytes, segments[slot].limitBytes) else { return stepBehindIndex() }
    phase = .closing(hasIndex: false)
    // Whoever prepares the file would write zeros over an index that is ahead of it.
    return !hasRoom || end > segments[slot].preparedBytes ? .wait : .index
  }

  private mutating func stepBehindIndex() -> Step {
    phase = .closing(hasIndex: true)
    guard flights.isEmpty else { return .wait }
    phase = .closed
    return stepWhileClosed()
  }

  /// While writes are under way the next one waits until it is three quarters of their mean size.
  ///
  /// So a few of about equal size are under way whatever the load, and events that come alone share a block instead of
  /// taking one each.
  private var pace: Int { bytesInFlight * 3 / (4 * max(underWay, 1)) }

  /// Whether one more write may begin.
  private var hasRoom: Bool { underWay < settings.writesMax && !flights.isFull }

  private mutating func slotToPrepare(nowNs: Int64) -> UInt16? {
    guard !segments.hasSpare, nowNs >= prepareAfterNs, let slot = segments.absent else { return nil }
    segments[slot].state = .preparing
    segments[slot].preparedBytes = 0
    return slot
  }

  /// Learns how far a segment's file has been written in advance; less than zero when the disk gave no room.
  public mutating func prepared(slot: UInt16, throughBytes: Int, nowNs: Int64) {
    require(throughBytes <= settings.segmentBytes, "a segment's file has its size")
    guard throughBytes >= 0 else {
      // A live segment ends where its preparation did; one that was still to be used does not exist.
      if segments[slot].state == .preparing { segments[slot].state = .absent }
      segments[slot].limitBytes = segments[slot].preparedBytes
      prepareAfterNs = nowNs + 1_000_000_000
      counters.preparationsFailed &+= 1
      isDiskFull = true
      return
    }
    if throughBytes > 0 { isDiskFull = false }
    segments[slot].preparedBytes = throughBytes
    segments[slot].limitBytes = settings.segmentBytes
    if throughBytes == settings.segmentBytes, segments[slot].state == .preparing { segments[slot].state = .free }
  }

  /// Retires what is too old, and what is more than may be kept.
  ///
  /// Called now and then, with UTC nanoseconds.
  public mutating func retire(utcNs: Int64) {
    let before = segments.inUse
    if let age = settings.retentionAgeNs { segments.retire(olderThan: age, nowNs: utcNs) }
    while segments.inUse > settings.segmentsMax, segments.retireOldest() {}
    counters.segmentsRetired &+= UInt64(before - segments.inUse)
  }
  /// Moves one topic's log start past what is older than `ageNs`.
  public mutating func trim(_ topic: TopicID, olderThan ageNs: Int64, utcNs: Int64) {
    segments.trim(topic, olderThan: ageNs, nowNs: utcNs)
  }
}

/// What a lane did since the process started.
public struct LaneCounters: BitwiseCopyable, Sendable {
  /// Commits with events.
  public var commits: UInt64 = 0
  /// Commits without events that told readers how far the lane is durable.
  public var seals: UInt64 = 0
  /// Bytes of commits as they were filled.
  public var bytesUsed: UInt64 = 0
  /// Bytes of commits as they were written, in whole blocks.
  public var bytesWritten: UInt64 = 0
  /// Segments opened.
  public var segmentsOpened: UInt64 = 0
  /// Segments whose events were given up to retention.
  public var segmentsRetired: UInt64 = 0
  /// How often the disk gave no room for a segment.
  public var preparationsFailed: UInt64 = 0
  /// Nothing yet.
  public init() {}

  /// Adds another lane's.
  public mutating func add(_ other: LaneCounters) {
    commits &+= other.commits
    seals &+= other.seals
    bytesUsed &+= other.bytesUsed
    bytesWritten &+= other.bytesWritten
    segmentsOpened &+= other.segmentsOpened
    segmentsRetired &+= other.segmentsRetired
    preparationsFailed &+= other.preparationsFailed
  }
}
