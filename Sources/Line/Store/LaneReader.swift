internal import Bytes
public import Events
public import Formats

/// Reads a lane from its files, oldest commit first.
///
/// No I/O: it says what to read and is given the bytes.
///
///     headers of all slots ─▶ survey of the newest segment ─▶ segment after segment, commit after commit
///
/// Of a lane that a gateway writes to, only what a later commit says to be durable is read: the survey finds out how
/// far that is. Of any other the newest segment is read to the end of its chain, and the rest of it is searched for
/// proof that more had been durable. What is damaged is reported and stepped over.
public struct LaneReader: ~Copyable {
  /// What to do next.
  public enum Need: Sendable, Equatable {
    /// Read at this place, `readBytes` many, and `take` them. Fewer bytes mean that the file ends. At offset 0 stands
    /// the header, and reading it alone is enough.
    case read(slot: UInt16, offset: Int)
    /// All there is has been read; `resume` looks for more.
    case nothing
  }

  /// Which segment is read first.
  public enum Start: Sendable, Equatable {
    /// The oldest of the log.
    case oldest
    /// The first of the last so many.
    case last(segments: Int)
    /// The one that holds this event of a topic, or the first behind it.
    case offset(TopicID, UInt64)
    /// The first one that can hold events received at this UTC time or later.
    case time(Int64)
  }

  /// One commit as it was found.
  public struct Found: ~Escapable {
    /// Its header.
    public let header: CommitHeader
    /// The file it stands in.
    public let slot: UInt16
    /// Where it stands there.
    public let offset: Int
    /// All of it, header included.
    public let bytes: RawSpan

    @_lifetime(copy bytes)
    init(header: CommitHeader, slot: UInt16, offset: Int, bytes: RawSpan) {
      (self.header, self.slot, self.offset) = (header, slot, offset)
      self.bytes = bytes
    }
  }

  private enum Stage {
    case headers
    case survey
    case segments
    /// Behind the end of the newest segment's chain.
    case rest
    case done
  }
  /// A segment that is part of the log, and where its commits end.
  private struct Extent {
    let header: SegmentHeader
    var endSequence: UInt64?
  }

  private let lane: LaneID
  private var slots: [UInt16]
  private let commitBytesMax: Int
  private var isLive: Bool
  /// Where to start; `nil` once that is done.
  private var start: Start?
  private var stage = Stage.headers
  private var next = 0
  private var found: [SegmentHeader] = []
  private var extents: [Extent] = []
  private var chain: CommitChain?
  private var offset = 0
  /// The generation of the segment that is read.
  private var generation: UInt64 = 0
  /// Every commit through this one is known to be durable; surveyed.
  private var durableThrough: UInt64 = 0
  /// Whether headers are being read for the second time.
  private var hasReread = false
  /// Whether a damaged place is being stepped over.
  private var isLost = false
  /// Where the newest segment's chain first ended; `nil` until it has.
  private var chainEnd: Int?

  /// What could not be read.
  public private(set) var damages: [LaneDamage] = []
  /// The topics as the newest segment's header describes them.
  public private(set) var topics: [SegmentHeader.TopicState] = []
  /// The commits read.
  public private(set) var commits: UInt64 = 0
  /// How much to read at a time.
  ///
  /// Grows, up to the largest commit, with the commits that are found.
  public private(set) var readBytes: Int
  /// The headers of the segments that are part of the log, oldest first.
  public var headers: [SegmentHeader] { extents.map(\.header) }

  /// - Parameters:
  ///   - lane: whose files they are.
  ///   - slots: the files there are.
  ///   - commitBytesMax: no commit is larger.
  ///   - isLive: whether a gateway may be writing.
  ///   - readBytes: how much is read at a time at first; `nil` for as much as a commit may take.
  ///   - start: which segment is read first.
  public init(
    lane: LaneID,
    slots: [UInt16],
    commitBytesMax: Int,
    isLive: Bool,
    readBytes: Int? = nil,
    start: Start = .oldest
  ) {
    (self.lane, self.slots, self.commitBytesMax, self.isLive) = (lane, slots, commitBytesMax, isLive)
    (self.readBytes, self.start) = (readBytes ?? commitBytesMax, start)
  }

  /// What it needs.
  ///
  /// Its answer changes with every `take`.
  public mutating func need() -> Need {
    while true {
      switch stage {
      case .headers:
        if next < slots.count { return .read(slot: slots[next], offset: 0) }
        arrange()
      case .survey, .segments, .rest:
        if let chain { return .read(slot: chain.header.segment.slot, offset: offset) }
        stage = .done
      case .done: return .nothing
      }
    }
  }

  /// Looks again: at what was appended to the newest segment, and at segments opened since.
  ///
  /// - Parameters:
  ///   - slots: the files there are by then; `nil` for the same.
  ///   - isLive: whether a gateway may be writing by then; `nil` for as before.
  public mutating func resume(slots: [UInt16]? = nil, isLive: Bool? = nil) {
    guard case .done = stage else { return }
    self.slots = slots ?? self.slots
    self.isLive = isLive ?? self.isLive
    stage = .headers
    next = 0
    chainEnd = nil
    found.removeAll()
  }

  /// Takes the bytes that were asked for, and gives every commit they hold to `each`, in order.
  public mutating func take(_ bytes: RawSpan, each: (Found) -> Void) {
    switch stage {
    case .headers: takeHeader(bytes)
    case .survey: survey(bytes)
    case .segments: read(bytes, each)
    case .rest: searchRest(bytes)
    case .done: require(false, "nothing is read any more")
    }
  }

  private mutating func takeHeader(_ bytes: RawSpan) {
    let slot = slots[next]
    next += 1
    switch SegmentHeader.read(bytes) {
    case .absent: return
    case .newer(let version): note(.newerVersion(lane, slot: slot, version: version))
    case .found(let header):
      if header.segment.lane == lane, header.segment.slot == slot {
        found.append(header)
      } else {
        note(.foreignSegment(lane, slot: slot, found: header.segment))
      }
    }
  }

  /// Puts the segments that are part of the log in order, and says where each ends.
  private mutating func arrange() {
    found.sort { $0.generation < $1.generation }
    extents.removeAll()
    guard let newest = found.last else {
      stage = .done
      return
    }
    topics = newest.topics
    extents = [Extent(header: newest, endSequence: nil)]
    // By name, not in the order of generations: an opening that got no events leaves a header that nobody names.
    var successor = newest
    while let before = successor.predecessor, before.generation >= newest.oldestGeneration {
      let isNamed = found.contains { $0.generation == before.generation && $0.segment.slot == before.slot }
      if !isNamed {
        if isLive, !hasReread { return reread() }
        note(.damaged(lane, slot: before.slot, offset: 0, sequence: before.endSequence - 1))
      }
      // Where the one that is named does not read, those before it may.
      let header = found.last { isNamed ? $0.generation == before.generation : $0.generation < before.generation }
      guard let header, header.generation >= newest.oldestGeneration else { break }
      extents.append(Extent(header: header, endSequence: before.endSequence))
      successor = header
    }
    hasReread = false
    extents.reverse()
    resumePosition = (chain, offset)
    chooseFirst()
    guard isLive else {
      begin()
      return
    }
    // Whatever came before the newest segment was durable when its header was written.
    durableThrough = max(durableThrough, newest.firstSequence - 1)
    surveyChain(newest)
  }
  /// Reads all headers once more: a segment was opened while they were read, and another after that.
  private mutating func reread() {
    hasReread = true
    next = 0
    found.removeAll()
  }
  /// Passes over the segments that need not be read.
  private mutating func chooseFirst() {
    guard let start else { return }
    self.start = nil
    let first: Int =
      switch start {
      case .oldest: 0
      case .last(let segments): max(extents.count - segments, 0)
      case .offset(let topic, let offset):
        firstExtent { ($0.topics.first { $0.topic == topic }?.nextOffset ?? 0) <= offset }
      case .time(let timeNs): firstExtent { $0.timeNs <= timeNs }
      }
    generation = extents[first].header.generation - 1
  }
  /// The first segment whose successor isn't early enough to make it needless.
  private func firstExtent(before isEarly: (SegmentHeader) -> Bool) -> Int {
    let needless = extents.dropFirst().prefix { isEarly($0.header) }
    return needless.count
  }
  /// Whether a commit is to be read again because fewer bytes were asked for than it has.
  private mutating func grows(for reading: CommitHeader.Reading) -> Bool {
    guard case .cut(let needed) = reading, needed <= commitBytesMax, needed > readBytes else { return false }
    readBytes = min(CommitHeader.padded(max(needed, 2 * readBytes)), max(commitBytesMax, CommitHeader.padded(needed)))
    return true
  }
  /// Where reading goes on after a survey.
  private var resumePosition: (chain: CommitChain?, offset: Int) = (nil, 0)

  private mutating func surveyChain(_ newest: SegmentHeader) {
    stage = .survey
    if let reading = resumePosition.chain, reading.header.generation == newest.generation {
      chain = reading
      offset = resumePosition.offset
    } else {
      chain = CommitChain(newest)
      offset = newest.byteCount
    }
  }

  private mutating func survey(_ bytes: RawSpan) {
    var at = 0
    while at < bytes.byteCount, chain != nil {
      let reading = chain!.adopt(bytes.extracting(at..<bytes.byteCount))
      if case .cut(let needed) = reading, needed <= commitBytesMax, at > 0 { return }
      if grows(for: reading) { return }
      guard case .found(let commit) = reading else {
        begin()
        return
      }
      durableThrough = max(durableThrough, commit.durableThrough)
      at += commit.bytesPadded
      offset += commit.bytesPadded
    }
    if bytes.byteCount == 0 { begin() }
  }

  /// Starts or goes on to read commits.
  private mutating func begin() {
    stage = .segments
    (chain, offset) = resumePosition
    if let chain, let same = extents.first(where: { $0.header.generation == chain.header.generation }) {
      generation = same.header.generation
    } else {
      enterSegment(after: generation)
    }
  }

  private mutating func enterSegment(after last: UInt64) {
    guard let extent = extents.first(where: { $0.header.generation > last }) else {
      finish()
      return
    }
    generation = extent.header.generation
    chain = CommitChain(extent.header)
    offset = extent.header.byteCount
    isLost = false
  }

  /// Stops, and remembers where to go on.
  private mutating func finish() { stage = .done }

  private mutating func read(_ bytes: RawSpan, _ each: (Found) -> Void) {
    var at = 0
    while let current = chain {
      let end = extents.first { $0.header.generation == generation }?.endSequence
      if let end, current.sequence >= end {
        enterSegment(after: generation)
        return
      }
      if isLive, end == nil, current.sequence > durableThrough {
        finish()
        return
      }
      guard at < bytes.byteCount else {
        if bytes.byteCount == 0 { leave(end) }
        return
      }
      let rest = bytes.extracting(at..<bytes.byteCount)
      let reading = isLost ? find(in: rest) : chain!.adopt(rest)
      if case .cut(let needed) = reading, needed <= commitBytesMax, at > 0 { return }
      if grows(for: reading) { return }
      guard case .found(let commit) = reading else {
        guard step(over: reading, end) else { return }
        at += CommitHeader.blockBytes
        continue
      }
      each(Found(header: commit, slot: current.header.segment.slot, offset: offset, bytes: rest))
      commits += 1
      at += commit.bytesPadded
      offset += commit.bytesPadded
    }
  }

  /// Whether reading goes on behind a place that holds no commit of the chain.
  private mutating func step(over reading: CommitHeader.Reading, _ end: UInt64?) -> Bool {
    guard let chain else { return false }
    if end == nil, !isLive, chainEnd == nil {
      chainEnd = offset
      offset += CommitHeader.blockBytes
      stage = .rest
      return false
    }
    if end == nil, chain.sequence > durableThrough {
      // The newest segment ends where its chain does.
      finish()
      return false
    }
    if !isLost {
      isLost = true
      note(.damaged(lane, slot: chain.header.segment.slot, offset: offset, sequence: chain.sequence))
    }
    offset += CommitHeader.blockBytes
    return true
  }

  /// Finds out through which commit the newest segment was durable: a commit behind the end of its chain may say so.
  ///
  /// Others may stand there, too: of writes that were under way together a crash can leave any.
  private mutating func searchRest(_ bytes: RawSpan) {
    guard let chain, bytes.byteCount > 0 else {
      offset = chainEnd ?? offset
      stage = .segments
      return
    }
    var at = 0
    while at < bytes.byteCount {
      let reading = CommitHeader.read(bytes.extracting(at..<bytes.byteCount), secret: chain.header.secret)
      if case .cut(let needed) = reading, needed <= commitBytesMax, at > 0 { return }
      if grows(for: reading) { return }
      var step = CommitHeader.blockBytes
      if case .found(let commit) = reading, chain.belongs(commit), commit.sequence >= chain.sequence {
        durableThrough = max(durableThrough, commit.durableThrough)
        step = commit.bytesPadded
      }
      at += step
      offset += step
    }
  }

  /// Looks for the next commit behind a damaged place.
  private mutating func find(in bytes: RawSpan) -> CommitHeader.Reading {
    guard var chain else { return .absent }
    let reading = CommitHeader.read(bytes, secret: chain.header.secret)
    guard case .found(let commit) = reading else { return reading }
    guard chain.belongs(commit), commit.sequence >= chain.sequence else { return .damaged }
    // Of the newest segment nothing is read behind a gap that may never have been filled.
    if chainEnd != nil, commit.sequence > durableThrough + 1 { return .damaged }
    chain.resume(after: commit)
    self.chain = chain
    isLost = false
    return reading
  }

  /// The file ended before its segment did.
  private mutating func leave(_ end: UInt64?) {
    if end != nil, let chain, !isLost {
      note(.damaged(lane, slot: chain.header.segment.slot, offset: offset, sequence: chain.sequence))
    }
    enterSegment(after: generation)
  }

  private mutating func note(_ damage: LaneDamage) {
    if !damages.contains(damage) { damages.append(damage) }
  }
}
