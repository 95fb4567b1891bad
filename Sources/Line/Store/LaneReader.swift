internal import Bytes
public import Events
public import Formats

/// Reads a lane from its files, oldest commit first. No I/O: it says what to read and is given the bytes.
///
///     headers of all slots ─▶ survey of the newest segment ─▶ segment after segment, commit after commit
///
/// Of a lane that a gateway writes to, only what a later commit says to be durable is read: the survey finds out how far
/// that is. What is damaged is reported and stepped over.
public struct LaneReader: ~Copyable {
  /// What to do next.
  public enum Need: Sendable, Equatable {
    /// Read at this place, as much as a commit may take, and `take` it. Fewer bytes mean that the file ends.
    case read(slot: UInt16, offset: Int)
    /// All there is has been read; `resume` looks for more.
    case nothing
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
    case done
  }
  /// A segment that is part of the log, and where its commits end.
  private struct Extent {
    let header: SegmentHeader
    var endSequence: UInt64?
  }

  private let lane: LaneID
  private let slots: [UInt16]
  private let commitBytesMax: Int
  private let isLive: Bool
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
  /// Whether a damaged place is being stepped over.
  private var isLost = false

  /// What could not be read.
  public private(set) var damages: [LaneDamage] = []
  /// The topics as the newest segment's header describes them.
  public private(set) var topics: [SegmentHeader.TopicState] = []
  /// The commits read.
  public private(set) var commits: UInt64 = 0

  /// - Parameters:
  ///   - lane: whose files they are.
  ///   - slots: the files there are.
  ///   - commitBytesMax: how much is read at a time: no commit is larger.
  ///   - isLive: whether a gateway may be writing.
  public init(lane: LaneID, slots: [UInt16], commitBytesMax: Int, isLive: Bool) {
    (self.lane, self.slots, self.commitBytesMax, self.isLive) = (lane, slots, commitBytesMax, isLive)
  }

  /// What it needs. Its answer changes with every `take`.
  public mutating func need() -> Need {
    while true {
      switch stage {
      case .headers:
        if next < slots.count { return .read(slot: slots[next], offset: 0) }
        arrange()
      case .survey, .segments:
        if let chain { return .read(slot: chain.header.segment.slot, offset: offset) }
        stage = .done
      case .done: return .nothing
      }
    }
  }

  /// Looks again: at what was appended to the newest segment, and at segments opened since.
  public mutating func resume() {
    guard case .done = stage else { return }
    stage = .headers
    next = 0
    found.removeAll()
  }

  /// Takes the bytes that were asked for, and gives every commit they hold to `each`, in order.
  public mutating func take(_ bytes: RawSpan, each: (Found) -> Void) {
    switch stage {
    case .headers: takeHeader(bytes)
    case .survey: survey(bytes)
    case .segments: read(bytes, each)
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
    var successor = newest
    for header in found.dropLast().reversed() {
      guard let before = successor.predecessor, before.generation == header.generation,
        before.slot == header.segment.slot, header.generation >= newest.oldestGeneration
      else { break }
      extents.append(Extent(header: header, endSequence: before.endSequence))
      successor = header
    }
    extents.reverse()
    resumePosition = (chain, offset)
    guard isLive else {
      begin()
      return
    }
    // Whatever came before the newest segment was durable when its header was written.
    durableThrough = max(durableThrough, newest.firstSequence - 1)
    surveyChain(newest)
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
    if end == nil, !isLive || chain.sequence > durableThrough {
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

  /// Looks for the next commit behind a damaged place.
  private mutating func find(in bytes: RawSpan) -> CommitHeader.Reading {
    guard var chain else { return .absent }
    let reading = CommitHeader.read(bytes, secret: chain.header.secret)
    guard case .found(let commit) = reading else { return reading }
    guard chain.belongs(commit), commit.sequence >= chain.sequence else { return .damaged }
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
