internal import Bytes
public import Events
public import Formats

/// Finds out where a lane ended, from what its files hold.
///
/// No I/O: it says what to read and is given the bytes.
///
///     headers of all slots ─▶ the newest segment, commit after commit ─▶ the rest of it, for proof of damage ─▶ done
///
/// Only the newest segment is read whole: a header is written when all before it is durable, and says where its
/// predecessor ends. An invalid commit there is where a crash cut the lane, unless a valid later commit of the same use
/// of the segment says that it had been durable: then it is damage, and nothing is cut.
public struct LaneRecovery: ~Copyable {
  /// What to do next.
  public enum Need: Sendable, Equatable {
    /// Read at this place, as much as a commit may take, and `take` it. Fewer bytes mean that the file ends.
    case read(slot: UInt16, offset: Int)
    case nothing
  }

  private enum Stage {
    case headers
    case commits
    case rest
    case done
  }

  private let settings: Lane.Settings
  private let slots: [UInt16]
  private var stage = Stage.headers
  private var next = 0
  private var headers: [SegmentHeader] = []
  private var chain: CommitChain?
  private var offset = 0
  private var indexBlock: UInt32 = 0
  private var offsets: [UInt64]
  private var lastTimeNs: Int64 = 0
  private var events: UInt64 = 0
  private var discarded = 0
  private var isDamagedAtEnd = false

  /// Looks at the files of these slots.
  public init(_ settings: Lane.Settings, slots: [UInt16]) {
    self.settings = settings
    self.slots = slots
    offsets = Array(repeating: 0, count: settings.topics)
  }

  /// What it needs.
  ///
  /// Its answer changes with every `take`.
  public mutating func need() -> Need {
    while true {
      switch stage {
      case .headers:
        if next < slots.count { return .read(slot: slots[next], offset: 0) }
        chooseNewest()
      case .commits, .rest:
        if let chain, offset < settings.segmentBytes { return .read(slot: chain.header.segment.slot, offset: offset) }
        if case .commits = stage { restart = offset }
        stage = .done
      case .done: return .nothing
      }
    }
  }

  /// Takes the bytes that were asked for.
  ///
  /// - Throws: what makes the lane unreadable; nothing has been changed.
  public mutating func take(_ bytes: RawSpan) throws(LaneDamage) {
    switch stage {
    case .headers: try takeHeader(bytes)
    case .commits: try takeCommits(bytes)
    case .rest: try takeRest(bytes)
    case .done: require(false, "nothing is read any more")
    }
  }

  private mutating func takeHeader(_ bytes: RawSpan) throws(LaneDamage) {
    let slot = slots[next]
    next += 1
    switch SegmentHeader.read(bytes) {
    case .absent: return
    case .newer(let version): throw .newerVersion(settings.lane, slot: slot, version: version)
    case .found(let header):
      guard header.segment.lane == settings.lane, header.segment.slot == slot else {
        throw .foreignSegment(settings.lane, slot: slot, found: header.segment)
      }
      guard Int(header.segmentBlocks) * CommitHeader.blockBytes == settings.segmentBytes else {
        let found = Int(header.segmentBlocks) * CommitHeader.blockBytes
        throw .otherSize(settings.lane, slot: slot, found: found, expected: settings.segmentBytes)
      }
      // What comes next must be able to count on.
      guard max(header.generation, header.epoch) < CommitHeader.countMax else {
        throw .damaged(settings.lane, slot: slot, offset: 0, sequence: header.firstSequence)
      }
      headers.append(header)
    }
  }

  private mutating func chooseNewest() {
    headers.sort { $0.generation < $1.generation }
    guard let newest = headers.last else {
      stage = .done
      return
    }
    for state in newest.topics where Int(state.topic.rawValue) < offsets.count {
      offsets[Int(state.topic.rawValue)] = state.nextOffset
    }
    chain = CommitChain(newest)
    offset = newest.byteCount
    lastTimeNs = newest.timeNs
    stage = .commits
  }

  private mutating func takeCommits(_ bytes: RawSpan) throws(LaneDamage) {
    var at = 0
    while at < bytes.byteCount {
      guard var chain else { return }
      let reading = chain.adopt(bytes.extracting(at..<bytes.byteCount))
      self.chain = chain
      guard case .found(let commit) = reading else {
        // A commit that is cut by the end of these bytes is read again from its start.
        if case .cut(let needed) = reading, needed <= settings.commitBytesMax, at > 0 { return }
        isDamagedAtEnd = reading != .absent && !isStale(bytes.extracting(at..<bytes.byteCount), in: chain.header)
        stage = .rest
        restart = offset
        offset += CommitHeader.blockBytes
        return
      }
      try adopt(commit, bytes.extracting(at..<(at + commit.bytesUsed)))
      at += commit.bytesPadded
      offset += commit.bytesPadded
    }
    if bytes.byteCount == 0 { endOfFile() }
  }
  /// Where the chain ended.
  private var restart = 0
  /// Whether something that starts like a commit says that it is of an earlier use of this segment, so that nothing was
  /// cut there.
  ///
  /// There may be no secret left to check it by.
  private func isStale(_ bytes: RawSpan, in header: SegmentHeader) -> Bool {
    CommitHeader.generation(claimedBy: bytes, of: header.segment.lane).map { $0 < header.generation } ?? false
  }

  private mutating func endOfFile() {
    restart = offset
    stage = .done
  }

  private mutating func adopt(_ commit: CommitHeader, _ bytes: RawSpan) throws(LaneDamage) {
    guard commit.sequence < CommitHeader.countMax else { throw damage(of: commit) }
    lastTimeNs = max(lastTimeNs, commit.timeNs)
    events += UInt64(commit.events)
    if commit.kind == .index { indexBlock = UInt32(offset / CommitHeader.blockBytes) }
    guard commit.kind == .records else { return }
    var at = CommitHeader.byteCount
    while at < bytes.byteCount, let end = BatchEntry.end(in: bytes, at: at) {
      let topic = Int(bytes.integer(UInt16.self, at: at))
      let base = bytes.integer(UInt64.self, at: at + BatchEntry.byteCount)
      let count = UInt64(bytes.integer(UInt32.self, at: at + BatchEntry.byteCount + 57))
      guard topic < offsets.count else { throw .unknownTopic(settings.lane, TopicID(rawValue: UInt16(topic))) }
      guard base <= CommitHeader.countMax - count else { throw damage(of: commit) }
      offsets[topic] = base + count
      at = end
    }
  }

  private func damage(of commit: CommitHeader) -> LaneDamage {
    let slot = chain?.header.segment.slot ?? 0
    return .damaged(settings.lane, slot: slot, offset: offset, sequence: commit.sequence)
  }

  /// Looks for a commit behind the end of the chain that knew what is missing there to be durable.
  private mutating func takeRest(_ bytes: RawSpan) throws(LaneDamage) {
    guard let chain, bytes.byteCount > 0 else {
      stage = .done
      return
    }
    var at = 0
    while at < bytes.byteCount {
      switch CommitHeader.read(bytes.extracting(at..<bytes.byteCount), secret: chain.header.secret) {
      case .cut(let needed) where needed <= settings.commitBytesMax && at > 0:
        return
      case .found(let commit) where chain.belongs(commit) && commit.sequence >= chain.sequence:
        guard commit.durableThrough < chain.sequence else {
          throw .damaged(settings.lane, slot: chain.header.segment.slot, offset: restart, sequence: chain.sequence)
        }
        discarded += 1
        at += commit.bytesPadded
        offset += commit.bytesPadded
      default:
        at += CommitHeader.blockBytes
        offset += CommitHeader.blockBytes
      }
    }
  }

  /// What was found.
  ///
  /// Only when nothing is needed any more.
  public consuming func finish() -> RecoveredLane {
    guard case .done = stage else {
      require(false, "recovery is finished when nothing is needed")
      return RecoveredLane(settings: settings)
    }
    var recovered = RecoveredLane(settings: settings)
    for slot in slots { recovered.segments[slot].state = .free }
    for slot in slots { recovered.segments[slot].preparedBytes = settings.segmentBytes }
    guard let newest = headers.last, let chain else { return recovered }
    recovered.epoch = newest.epoch
    recovered.generation = newest.generation
    recovered.sequence = chain.sequence
    recovered.offsets = offsets
    if isDamagedAtEnd || discarded > 0 {
      recovered.cut = LaneCut(
        lane: settings.lane,
        slot: newest.segment.slot,
        offset: restart,
        sequence: chain.sequence,
        discarded: discarded
      )
    }
    for state in newest.topics where Int(state.topic.rawValue) < offsets.count {
      recovered.segments.setLogStart(of: state.topic, state.logStart)
    }
    let isEmpty = events == 0
    if !isEmpty { keep(newest, endBlock: restart, endSequence: chain.sequence, in: &recovered) }
    keepOlder(in: &recovered)
    if isEmpty { adoptPredecessor(of: newest, in: &recovered) }
    return recovered
  }

  private func keep(_ newest: SegmentHeader, endBlock: Int, endSequence: UInt64, in recovered: inout RecoveredLane) {
    recovered.slot = newest.segment.slot
    let end = UInt32(endBlock / CommitHeader.blockBytes)
    recovered.keep(newest, end: end, endSequence: endSequence, indexBlock: indexBlock, lastTimeNs: lastTimeNs)
  }

  /// A newest segment without events is used again: a node that restarts over and over keeps its log.
  private func adoptPredecessor(of newest: SegmentHeader, in recovered: inout RecoveredLane) {
    recovered.slot = newest.predecessor.flatMap { before in
      guard before.slot < settings.slots else { return nil }
      let segment = recovered.segments[before.slot]
      return segment.generation == before.generation && segment.state == .sealed ? before.slot : nil
    }
  }

  /// The segments before the newest, each of which its successor names, back to the oldest that is part of the log.
  ///
  /// Where the one that is named does not read, those before it are kept all the same: readers report the gap, and
  /// nothing is overwritten for it.
  private func keepOlder(in recovered: inout RecoveredLane) {
    guard let newest = headers.last else { return }
    var successor = newest
    for header in headers.dropLast().reversed() {
      // An opening that got no events leaves a header that nobody names.
      guard let before = successor.predecessor, header.generation <= before.generation,
        header.generation >= newest.oldestGeneration
      else { continue }
      recovered.keep(
        header,
        end: before.endBlock,
        endSequence: before.endSequence,
        indexBlock: before.indexBlock,
        lastTimeNs: successor.timeNs
      )
      successor = header
    }
  }
}

/// A lane as its files leave it, before it is opened again.
public struct RecoveredLane: ~Copyable {
  let settings: Lane.Settings
  var segments: Segments
  var slot: UInt16?
  var epoch: UInt64 = 0
  var generation: UInt64 = 0
  /// The sequence the next commit gets.
  public internal(set) var sequence: UInt64 = 1
  /// The offset each topic's next event gets, by topic.
  public internal(set) var offsets: [UInt64]
  /// Where and why it was cut; `nil` when it ended cleanly.
  public internal(set) var cut: LaneCut?

  init(settings: Lane.Settings) {
    self.settings = settings
    segments = Segments(slots: settings.slots, topics: settings.topics)
    offsets = Array(repeating: 0, count: settings.topics)
  }

  mutating func keep(
    _ header: SegmentHeader,
    end: UInt32,
    endSequence: UInt64,
    indexBlock: UInt32,
    lastTimeNs: Int64
  ) {
    let slot = header.segment.slot
    segments[slot].state = .sealed
    segments[slot].generation = header.generation
    segments[slot].endBlock = end
    segments[slot].endSequence = endSequence
    segments[slot].indexBlock = indexBlock
    segments[slot].lastTimeNs = lastTimeNs
    segments.setStarts(of: slot) { topic in header.topics.first { $0.topic == topic }?.nextOffset ?? 0 }
  }

  mutating func takeSegments() -> Segments {
    var empty = Segments(slots: 3, topics: 0)
    swap(&empty, &segments)
    return empty
  }
}

/// Where a crash cut a lane: everything from there on was never acknowledged.
public struct LaneCut: Sendable, Equatable {
  /// Which lane.
  public let lane: LaneID
  /// Which of its files.
  public let slot: UInt16
  /// Where in the file, in bytes.
  public let offset: Int
  /// The sequence of the first commit that is not part of the log.
  public let sequence: UInt64
  /// Whole commits behind the cut that were given up with it.
  public let discarded: Int
}

/// Why a lane can't be used as it is.
public enum LaneDamage: Error, Sendable, Equatable {
  /// A commit that had been durable does not read back.
  case damaged(LaneID, slot: UInt16, offset: Int, sequence: UInt64)
  /// A newer program wrote it.
  case newerVersion(LaneID, slot: UInt16, version: UInt16)
  /// The file belongs elsewhere.
  case foreignSegment(LaneID, slot: UInt16, found: SegmentHeader.SegmentName)
  /// The file was made for another segment size.
  case otherSize(LaneID, slot: UInt16, found: Int, expected: Int)
  /// A commit holds events of a topic that the manifest does not list.
  case unknownTopic(LaneID, TopicID)
  /// The file can't be read.
  case unreadable(LaneID, slot: UInt16, offset: Int, error: Int32)
}
