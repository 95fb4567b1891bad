internal import Bytes
internal import Events
internal import Formats
internal import Store

/// Which events are wanted.
struct EventFilter {
  var topics = TopicChoice.all
  /// The first and the last offset.
  var offsets: ClosedRange<UInt64> = 0...UInt64.max
  /// Received at this time or later, in UTC nanoseconds.
  var sinceNs: Int64?
  /// How many.
  var limit = Int.max
}

/// Takes commits apart into records.
struct CommitDecoder: ~Copyable {
  private var decompressor = LZ4Decompressor()
  // A commit was gathered in a region of its largest size before it was compressed.
  private var scratch = Region(id: RegionID(rawValue: 3), byteCount: CommitHeader.bytesMax)

  /// Gives every record of the wanted batches to `each`, until that returns `false`.
  ///
  /// Throws: what contradicts itself, although the commit's checks hold.
  mutating func records(
    of commit: RawSpan,
    where isWanted: (BatchReader.Element) -> Bool,
    each: (TopicID, Record) -> Bool
  ) throws(RecordBatchFault) {
    try CommitDecoder.read(commit, through: &decompressor, into: &scratch, where: isWanted, each: each)
  }

  // A static function: records that lie in one field can't be walked while another is changed.
  private static func read(
    _ commit: RawSpan,
    through decompressor: inout LZ4Decompressor,
    into scratch: inout Region,
    where isWanted: (BatchReader.Element) -> Bool,
    each: (TopicID, Record) -> Bool
  ) throws(RecordBatchFault) {
    var batches = BatchReader(commit.extracting(CommitHeader.byteCount..<commit.byteCount))
    while let element = try batches.next() {
      guard isWanted(element) else { continue }
      var records = try element.batch.records(through: &decompressor, into: &scratch)
      while let record = try records.next() {
        guard each(element.topic, record) else { return }
      }
    }
  }
}

/// Writes events as lines of JSON.
///
///     {"topic":"orders","partition":0,"offset":17,"time":"2026-01-31T12:00:00.000000001Z","clock":"unknown",
///      "id":"0194…","principal":3,"traceparent":"00-…","key":"k7","headers":{"ce_id":"1"},"value":{"amount":12}}
struct EventLines: ~Copyable {
  /// Where they go.
  var output: Output
  /// How many have been written.
  private(set) var count = 0
  private let filter: EventFilter
  private var second = SecondText(0)
  /// What stands in front of an offset, by topic; of the lane being read.
  private var openings: [[UInt8]] = []
  private var lane: LaneID?
  private var states: [SegmentHeader.TopicState] = []
  private var names: [String] = []
  /// The first offset that readers may see, by topic.
  private var logStarts: [UInt64] = []

  /// The longest line is six times its event and this.
  private static let lineBytes = 1024

  /// Writes what passes the filter to `output`.
  init(_ filter: EventFilter, to output: consuming Output) {
    self.filter = filter
    self.output = output
  }

  /// Whether no more is wanted, or can be written.
  var isDone: Bool { count >= filter.limit || output.isBroken }

  /// Goes on with the events of this lane; `states` says where each topic's log starts.
  mutating func enter(_ lane: LaneID, of directory: LogDirectory, _ states: [SegmentHeader.TopicState]) {
    guard lane != self.lane || states != self.states || directory.manifest.topics.count != names.count else { return }
    (self.lane, self.states, names) = (lane, states, directory.manifest.topics.map(\.name))
    let topics = max(names.count, (states.map { Int($0.topic.rawValue) + 1 }.max() ?? 0))
    openings = (0..<topics).map { topic in
      let name = directory.name(of: TopicID(rawValue: UInt16(topic)))
      return Array("{\"topic\":\"\(name)\",\"partition\":\(lane.rawValue),\"offset\":".utf8)
    }
    logStarts = Array(repeating: 0, count: topics)
    for state in states { logStarts[Int(state.topic.rawValue)] = state.logStart }
  }

  /// Whether a batch can hold wanted events.
  func isWanted(_ batch: BatchReader.Element) -> Bool {
    let header = batch.batch.header
    return filter.topics.contains(batch.topic) && header.lastOffset >= filter.offsets.lowerBound
      && header.baseOffset <= filter.offsets.upperBound
  }

  /// Writes an event if it is wanted, and then says when it was received.
  mutating func write(_ record: Record, of topic: TopicID) throws(StampFault) -> Int64? {
    let place = Int(topic.rawValue)
    guard place < openings.count, record.offset >= logStarts[place], filter.offsets.contains(record.offset) else {
      return nil
    }
    let stamp = try record.stamp()
    let utcNs = stamp?.utcNs ?? record.timestampMs &* 1_000_000
    if let since = filter.sinceNs, utcNs < since { return nil }
    guard !isDone else { return nil }
    let start = Moment.secondsOf(utcNs)
    second.set(start)
    let bytes = record.key.byteCount + record.headers.byteCount + record.value.byteCount
    let bound = EventLines.lineBytes + openings[place].count + 6 * bytes
    let (opening, second) = (openings[place], second.bytes)
    // SAFETY: views of plain bytes that live until the end of this scope.
    let (head, time) = unsafe (opening.span.bytes, second.span.bytes)
    output.region.write(atMost: bound) { writer in
      writer.append(head)
      writer.append(decimal: record.offset)
      writer.append(",\"time\":\"")
      writer.append(time)
      writer.append(fraction: utcNs &- start &* 1_000_000_000)
      writer.append("Z\"")
      if let stamp { writer.append(stamp) }
      if record.hasKey { writer.append(key: record.key) }
      writer.append(headersOf: record)
      if record.hasValue { writer.append(value: record.value) }
      writer.append("}\n")
    }
    count += 1
    return utcNs
  }
}

extension Writer {
  /// Writes a point and nine digits.
  @_lifetime(self: copy self)
  mutating func append(fraction ns: Int64) {
    append(UInt8(ascii: "."))
    append(UInt8(truncatingIfNeeded: ns / 100_000_000) &+ 0x30)
    append(eightDigits: UInt32(truncatingIfNeeded: ns % 100_000_000))
  }

  /// Writes what the gateway says of an event.
  @_lifetime(self: copy self)
  mutating func append(_ stamp: Stamp) {
    if let error = stamp.errorNs {
      append(",\"timeErrorNs\":")
      append(decimal: UInt64(error))
    }
    append(",\"clock\":\"")
    switch stamp.state {
    case .unknown: append("unknown")
    case .locked: append("locked")
    case .holdover: append("holdover")
    case .freeRunning: append("freeRunning")
    }
    append("\",\"id\":\"")
    append(uuid: stamp.eventID)
    append("\"")
    if stamp.isIDGiven { append(",\"idGiven\":true") }
    if stamp.principal != .anonymous {
      append(",\"principal\":")
      append(decimal: UInt64(stamp.principal.rawValue))
    }
    if let trace = stamp.trace {
      append(",\"traceparent\":\"00-")
      append(hexadecimal: UInt64(truncatingIfNeeded: trace.trace &>> 64), digits: 16)
      append(hexadecimal: UInt64(truncatingIfNeeded: trace.trace), digits: 16)
      append("-")
      append(hexadecimal: trace.parent, digits: 16)
      append("-")
      append(hexadecimal: UInt64(trace.flags), digits: 2)
      append("\"")
    }
  }

  @_lifetime(self: copy self)
  fileprivate mutating func append(key: RawSpan) {
    if isUTF8(key) {
      append(",\"key\":")
      append(quoted: key)
    } else {
      append(",\"keyBase64\":")
      append(base64: key)
    }
  }

  /// Writes the headers that the event's sender gave, if there are any.
  @_lifetime(self: copy self)
  fileprivate mutating func append(headersOf record: Record) {
    var reader = record.headerReader()
    var isFirst = true
    while let header = reader.next() {
      guard header.key.byteCount != 6 || !header.key.starts(withLowercase: Stamp.key) else { continue }
      append(isFirst ? ",\"headers\":{" : ",")
      isFirst = false
      append(quoted: header.key)
      append(":")
      if isUTF8(header.value) { append(quoted: header.value) } else { append(base64: header.value) }
    }
    if !isFirst { append("}") }
  }

  /// Writes JSON as it is, other text as a string, and the rest in base64, each under a name of its own.
  @_lifetime(self: copy self)
  fileprivate mutating func append(value: RawSpan) {
    switch JSONCheck.find(in: value) {
    case .json:
      append(",\"value\":")
      append(value)
    case .jsonInLines:
      append(",\"value\":")
      // A line break in JSON stands between its parts only, where a blank says the same.
      for place in 0..<value.byteCount {
        let byte = value.byte(place)
        append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
      }
    case .notJSON where isUTF8(value):
      append(",\"valueText\":")
      append(quoted: value)
    case .notJSON:
      append(",\"valueBase64\":")
      append(base64: value)
    }
  }
}
