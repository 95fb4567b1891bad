public import Bytes
public import Events
public import Formats

/// The commit being filled: each event is written once, as a finished record, into the memory that the disk will take.
///
///     headerBytes │ entry │ batch header │ record │ record │ … in the order of arrival        while it is filled
///     headerBytes │ entry │ batch header │ records of one topic │ entry │ batch header │ …    when it is sealed
///
/// Records of one topic that follow one another are a *run*. With one topic and no codec there is nothing left to do at
/// the end but headers and a check; otherwise the runs are gathered, or compressed, topic by topic into a spare region.
/// Room for that is set aside when a topic's first record comes, so a seal can't fail.
public struct Batch: ~Copyable {
  @usableFromInline var region: Region
  /// Free for the commit's own header.
  public let headerBytes: Int
  private var fills: Slots<TopicFill>
  private var runs: Slots<Run>
  private var runCount = 0
  /// Topics of this commit by their first appearance: the first `topicCount` are valid.
  private var topics: Slots<TopicID>
  private var topicCount = 0
  /// Tells the fills of this commit from older ones, so that none needs to be reset.
  private var commit: UInt64 = 1
  private var needsGathering = false
  private var compressor = LZ4Compressor()
  /// Events in runs that are closed.
  private var eventsClosed = 0

  // The open run, in the form in which the next record of the same topic and time is a few additions away.
  @usableFromInline var openTopic: UInt32 = .max
  @usableFromInline var openTimestampMs: Int64 = 0
  @usableFromInline var head = RecordHead.none
  /// The offset that the open topic's next record must have.
  @usableFromInline var nextOffset: UInt64 = 0
  /// Bytes set aside at the region's end for what a seal adds.
  @usableFromInline var reserve: UInt32 = 0

  /// Runs a commit may have.
  public static var runsMax: Int { 1024 }
  /// What each batch takes besides its records.
  public static var batchOverheadBytes: Int { BatchEntry.byteCount + RecordBatchHeader.byteCount }
  /// A region this large takes any event whose key and payload have `eventBytesMax` bytes together.
  public static func regionBytesMin(headerBytes: Int, eventBytesMax: Int) -> Int {
    headerBytes + batchOverheadBytes + eventBytesMax + Record.overheadBytesMax
  }

  /// An empty batch.
  /// - Parameters:
  ///   - region: where it is filled.
  ///   - topics: every topic there is.
  ///   - headerBytes: how much to keep free at the front.
  public init(filling region: consuming Region, topics: [Topic], headerBytes: Int) {
    require(headerBytes >= 0 && region.byteCount < 1 << 30, "a commit is less than a gibibyte")
    require(
      region.byteCount >= Batch.regionBytesMin(headerBytes: headerBytes, eventBytesMax: 1),
      "a commit has room for an event"
    )
    let last = topics.map { Int($0.id.rawValue) }.max() ?? -1
    fills = Slots(last + 1) { _ in TopicFill() }
    for topic in topics {
      fills[Int(topic.id.rawValue)].isKnown = true
      fills[Int(topic.id.rawValue)].codec = topic.codec
    }
    runs = Slots(Batch.runsMax) { _ in Run() }
    self.topics = Slots(min(max(topics.count, 1), Batch.runsMax)) { _ in TopicID(rawValue: 0) }
    self.headerBytes = headerBytes
    self.region = region
    self.region.count = headerBytes + Batch.batchOverheadBytes
  }

  /// Whether there is nothing to commit.
  public var isEmpty: Bool { topicCount == 0 }
  /// How many events it holds.
  public var events: Int { eventsClosed + openEvents }
  /// How many bytes are filled, all headers included.
  public var bytes: Int { region.count + max(topicCount - 1, 0) * Batch.batchOverheadBytes }
  /// How many bytes of key and payload are sure to fit, in an event of a topic that is not in it yet.
  public var room: Int {
    guard runCount < Batch.runsMax else { return 0 }
    let setAside = isEmpty ? 0 : Batch.batchOverheadBytes
    return max(region.room - Int(reserve) - setAside - Record.overheadBytesMax, 0)
  }

  /// Writes an event's record, or changes nothing when it does not fit.
  ///
  /// Cost: one copy of key and payload.
  ///
  /// - Parameters:
  ///   - event: the event, whose topic must be known.
  ///   - stamp: what is said of it.
  ///   - offset: its place in its topic's partition; consecutive per topic within a batch.
  ///   - timestampMs: its record's time.
  /// - Returns: whether it was written.
  @inlinable @inline(__always)
  public mutating func append(
    _ event: borrowing Event,
    stamp: StampHeader,
    offset: UInt64,
    timestampMs: Int64
  ) -> Bool {
    guard event.details.byteCount == 0 else {
      return appendWithHeaders(event, stamp: stamp, offset: offset, timestampMs: timestampMs)
    }
    guard event.hasKey else {
      return append(event.payload, topic: event.grant.topic, stamp: stamp, offset: offset, timestampMs: timestampMs)
    }
    let bound = event.key.byteCount &+ event.payload.byteCount &+ Record.overheadBytesMax
    let shape = Shape(valueBytes: nil, stampBytes: stamp.byteCount, bound: bound)
    guard open(event.grant.topic, shape, offset: offset, timestampMs: timestampMs) else { return false }
    let deltas = head.deltas
    let fits = region.write(atMost: bound, leaving: reserve) {
      $0.append(record: deltas, key: event.key, hasKey: true, value: event.payload, stamp: stamp)
    }
    guard fits else { return false }
    advance()
    return true
  }
  /// Writes the record of an event that may have headers besides its stamp; otherwise the same.
  @usableFromInline @inline(never)
  mutating func appendWithHeaders(
    _ event: borrowing Event,
    stamp: StampHeader,
    offset: UInt64,
    timestampMs: Int64
  ) -> Bool {
    let bound =
      event.key.byteCount + event.payload.byteCount + event.headers.byteCount + Record.overheadBytesMax
    let shape = Shape(valueBytes: nil, stampBytes: stamp.byteCount, bound: bound)
    guard open(event.grant.topic, shape, offset: offset, timestampMs: timestampMs) else { return false }
    let deltas = head.deltas
    let fits = region.write(atMost: bound, leaving: reserve) {
      $0.append(
        record: deltas,
        key: event.key,
        hasKey: event.hasKey,
        value: event.payload,
        stamp: stamp,
        headers: event.headers,
        headerCount: event.headerCount
      )
    }
    guard fits else { return false }
    advance()
    return true
  }
  /// Writes the record of an event of whose payload parts are exchanged; otherwise the same.
  ///
  /// Cost: one copy of what is written.
  @inline(never)
  public mutating func append(
    _ event: borrowing Event,
    with splices: borrowing Splices,
    stamp: StampHeader,
    offset: UInt64,
    timestampMs: Int64
  ) -> Bool {
    let valueBytes = event.payload.byteCount + splices.growth
    let bound = event.key.byteCount + valueBytes + event.headers.byteCount + Record.overheadBytesMax
    let shape = Shape(valueBytes: nil, stampBytes: stamp.byteCount, bound: bound)
    guard open(event.grant.topic, shape, offset: offset, timestampMs: timestampMs) else { return false }
    let deltas = head.deltas
    let fits = region.write(atMost: bound, leaving: reserve) {
      $0.append(
        record: deltas,
        key: event.key,
        hasKey: event.hasKey,
        value: event.payload,
        with: splices,
        stamp: stamp,
        headers: event.headers,
        headerCount: event.headerCount
      )
    }
    guard fits else { return false }
    advance()
    return true
  }
  /// Writes the record of an event without a key; otherwise the same.
  ///
  /// - Parameters:
  ///   - value: the event's bytes.
  ///   - topic: a topic that is known.
  ///   - stamp: what is said of it.
  ///   - offset: its place in its topic's partition; consecutive per topic within a batch.
  ///   - timestampMs: its record's time.
  /// - Returns: whether it was written.
  @inlinable @inline(__always)
  public mutating func append(
    _ value: RawSpan,
    topic: TopicID,
    stamp: StampHeader,
    offset: UInt64,
    timestampMs: Int64
  ) -> Bool {
    let bound = value.byteCount &+ Record.overheadBytesMax
    let shape = Shape(valueBytes: value.byteCount, stampBytes: stamp.byteCount, bound: bound)
    guard open(topic, shape, offset: offset, timestampMs: timestampMs) else { return false }
    let head = head
    var fits = false
    region.write(atMost: roomForRecords) { fits = $0.append(head, value: value, stamp: stamp) }
    guard fits else { return false }
    advance()
    return true
  }

  /// What is free besides what a seal adds.
  @inlinable @inline(__always) var roomForRecords: Int { max(region.room &- Int(reserve), 0) }

  @inlinable @inline(__always) mutating func advance() {
    head.advance()
    nextOffset &+= 1
  }

  /// Writes the records of events without keys that follow one another, as many as there are and as fit.
  ///
  /// - Parameters:
  ///   - run: tells them apart.
  ///   - bytes: where the events are.
  ///   - start: where the first one may start.
  ///   - topic: a topic that is known.
  ///   - offset: the first one's place in its topic's partition.
  ///   - timestampMs: the time of all of them.
  ///   - first: what is said of the first one.
  ///   - idStep: what each event's id is above that of the one before.
  ///   - limit: how many there may be.
  /// - Returns: how many were written, and where the last one starts and ends.
  @inlinable @inline(__always)
  public mutating func append(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    topic: TopicID,
    offset: UInt64,
    timestampMs: Int64,
    stamp first: StampHeader,
    idStep: UInt128,
    atMost limit: Int
  ) -> (count: Int, lastStart: Int, end: Int) {
    var (count, lastStart, end) = (0, start, start)
    var stamp = first
    var place = run.payload(at: start)
    while count < limit, let found = place {
      let taken = count
      let following = offset &+ UInt64(truncatingIfNeeded: count)
      let bound = found.count &+ Record.overheadBytesMax
      let shape = Shape(valueBytes: found.count, stampBytes: stamp.byteCount, bound: bound)
      guard open(topic, shape, offset: following, timestampMs: timestampMs) else { break }
      // What every record changes stays at hand until the head is used up.
      var head = head
      let most = min(limit, count &+ head.left)
      region.write(atMost: roomForRecords) { writer in
        while count < most, let found = place {
          let value = bytes.extracting(found)
          guard writer.append(head, value: value, stamp: stamp) else { return }
          head.advance()
          count &+= 1
          stamp.eventID &+= idStep
          (lastStart, end) = (found.lowerBound, found.upperBound)
          place = run.payload(at: end)
        }
      }
      self.head = head
      nextOffset &+= UInt64(truncatingIfNeeded: count &- taken)
      guard count > taken else { break }
    }
    return (count, lastStart, end)
  }

  /// Sees to it that the head is one of the next record of a topic and a time.
  ///
  /// Returns `false`, with nothing changed, when that record doesn't fit.
  @inlinable @inline(__always)
  mutating func open(_ topic: TopicID, _ shape: Shape, offset: UInt64, timestampMs: Int64) -> Bool {
    if UInt32(topic.rawValue) != openTopic || timestampMs != openTimestampMs || head.left == 0 {
      guard prepare(topic, shape, offset: offset, timestampMs: timestampMs) else { return false }
    }
    require(offset == nextOffset, "a topic's offsets are consecutive")
    return true
  }

  /// Opens a run, or makes the head of the open one's next record: another topic, another time, or 64 records on.
  ///
  /// Returns `false`, with nothing changed, when the record doesn't fit.
  @usableFromInline @inline(never)
  mutating func prepare(_ topic: TopicID, _ shape: Shape, offset: UInt64, timestampMs: Int64) -> Bool {
    let index = Int(topic.rawValue)
    require(index < fills.count && fills[index].isKnown, "an event's topic is known")
    let isOpen = UInt32(topic.rawValue) == openTopic
    let isFirst = fills[index].commit != commit
    let setAside = isFirst && !isEmpty ? Batch.batchOverheadBytes : 0
    guard isOpen || runCount < Batch.runsMax, shape.bound <= region.room - Int(reserve) - setAside else { return false }
    if isFirst {
      fills[index].begin(commit: commit, offset: offset, timestampMs: timestampMs)
    } else if !isOpen {
      require(offset == fills[index].nextOffset, "a topic's offsets are consecutive")
    }
    let (timestampDelta, overflow) = timestampMs.subtractingReportingOverflow(fills[index].baseTimestampMs)
    guard !overflow, offset - fills[index].baseOffset < 1 << 20,
      let head = RecordHead(
        timestampDelta: timestampDelta,
        offsetDelta: Int(offset - fills[index].baseOffset),
        valueBytes: shape.valueBytes,
        stampBytes: shape.stampBytes
      )
    else { return false }
    if isFirst {
      topics[topicCount] = topic
      topicCount += 1
      reserve += UInt32(setAside)
      needsGathering = needsGathering || topicCount > 1 || fills[index].codec != Codec.none
    }
    if !isOpen { openRun(of: index, offset: offset) }
    self.head = head
    openTimestampMs = timestampMs
    fills[index].minTimestampMs = min(fills[index].minTimestampMs, timestampMs)
    fills[index].maxTimestampMs = max(fills[index].maxTimestampMs, timestampMs)
    return true
  }

  private mutating func openRun(of index: Int, offset: UInt64) {
    closeRun()
    runs[runCount] = Run(start: region.count, end: region.count, next: Run.none)
    if fills[index].lastRun == Run.none {
      fills[index].firstRun = runCount
    } else {
      runs[fills[index].lastRun].next = runCount
    }
    fills[index].lastRun = runCount
    runCount += 1
    openTopic = UInt32(index)
    nextOffset = offset
  }

  private mutating func closeRun() {
    guard openTopic != Batch.noTopic else { return }
    let index = Int(openTopic)
    runs[runCount - 1].end = region.count
    fills[index].bytes += region.count - runs[runCount - 1].start
    eventsClosed += Int(nextOffset - fills[index].nextOffset)
    fills[index].nextOffset = nextOffset
    openTopic = Batch.noTopic
  }

  private var openEvents: Int {
    openTopic == Batch.noTopic ? 0 : Int(nextOffset - fills[Int(openTopic)].nextOffset)
  }

  /// Turns what it holds into a commit's body and begins again, empty.
  ///
  /// - Parameter spare: a region at least as large as the one being filled. With one topic and no codec it becomes the
  ///   one to fill; else the batches are gathered into it and the one that was filled is used again.
  /// - Returns: the commit. Cost: a check over all bytes; when gathered, a copy or a compression of them as well.
  public mutating func seal(using spare: consuming Region) -> Sealed {
    require(!isEmpty, "a commit has events")
    require(spare.byteCount >= region.byteCount, "a spare region takes what the other holds")
    closeRun()
    let (events, batches) = (eventsClosed, topicCount)
    var (first, last) = (Int64.max, Int64.min)
    for place in 0..<topicCount {
      first = min(first, fills[Int(topics[place].rawValue)].minTimestampMs)
      last = max(last, fills[Int(topics[place].rawValue)].maxTimestampMs)
    }
    if needsGathering {
      spare.count = headerBytes
      for place in 0..<topicCount {
        let topic = topics[place]
        Batch.gather(fills[Int(topic.rawValue)], of: topic, from: region, runs, through: &compressor, into: &spare)
      }
    } else {
      fills[Int(topics[0].rawValue)].complete(topics[0], codec: .none, in: &region, at: headerBytes)
      swap(&region, &spare)
    }
    reset()
    return Sealed(region: spare, batches: batches, events: events, firstTimestampMs: first, lastTimestampMs: last)
  }

  /// Puts one topic's runs behind what `spare` holds, as an entry and a batch.
  private static func gather(
    _ fill: TopicFill,
    of topic: TopicID,
    from region: borrowing Region,
    _ runs: borrowing Slots<Run>,
    through compressor: inout LZ4Compressor,
    into spare: inout Region
  ) {
    let start = spare.count
    let records = start + batchOverheadBytes
    var codec = fill.codec
    spare.count = records
    if codec == .lz4, !compress(fill, from: region, runs, through: &compressor, into: &spare) {
      spare.count = records
      codec = .none
    }
    if codec == .none {
      var run = fill.firstRun
      while run != Run.none {
        spare.append(region.bytes.extracting(runs[run].start..<runs[run].end))
        run = runs[run].next
      }
    }
    fill.complete(topic, codec: codec, in: &spare, at: start)
  }

  /// Writes the runs as one LZ4 frame, or returns `false` when that doesn't make them smaller.
  private static func compress(
    _ fill: TopicFill,
    from region: borrowing Region,
    _ runs: borrowing Slots<Run>,
    through compressor: inout LZ4Compressor,
    into spare: inout Region
  ) -> Bool {
    guard compressor.begin(in: &spare, bytesMax: fill.bytes - 1) else { return false }
    var run = fill.firstRun
    while run != Run.none {
      guard compressor.append(runs[run].start..<runs[run].end, of: region, into: &spare) else { return false }
      run = runs[run].next
    }
    return compressor.end(in: &spare)
  }

  private mutating func reset() {
    commit += 1
    (topicCount, runCount, eventsClosed, needsGathering) = (0, 0, 0, false)
    (openTopic, openTimestampMs, head, nextOffset) = (Batch.noTopic, 0, .none, 0)
    reserve = 0
    region.count = headerBytes + Batch.batchOverheadBytes
  }

  @usableFromInline static var noTopic: UInt32 { .max }
}

/// A commit's body and what is known of it.
@frozen public struct Sealed: ~Copyable {
  /// The bytes: room for the commit's header, then per batch an entry and a RecordBatch.
  ///
  /// Not padded.
  public var region: Region
  /// How many batches there are: one a topic, by first appearance.
  public let batches: Int
  /// How many events there are in all.
  public let events: Int
  /// The earliest time of any record, in milliseconds since the Unix epoch.
  public let firstTimestampMs: Int64
  /// The latest time of any record, in milliseconds since the Unix epoch.
  public let lastTimestampMs: Int64
}
