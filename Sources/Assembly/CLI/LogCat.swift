internal import Bytes
internal import Events
internal import Formats
internal import Store

/// `sluice log cat`.
func printEvents(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  var filter = try EventFilter(arguments)
  let directory = try LogDirectory(arguments)
  let lanes = try directory.lanes(arguments)
  filter.topics = try directory.topics(arguments)
  var lines = EventLines(filter, to: Output())
  var troubles = Troubles()
  for lane in lanes where !lines.isDone {
    var scan = try LaneScan(lane, of: directory, from: filter.start)
    var decoder = CommitDecoder()
    try scan.readAll(of: directory, into: &lines, through: &decoder, &troubles)
    troubles.add(scan, of: directory)
  }
  try lines.output.finish()
  return troubles.report()
}

extension LaneScan {
  /// Writes all wanted events that there are.
  mutating func readAll(
    of directory: LogDirectory,
    into lines: inout EventLines,
    through decoder: inout CommitDecoder,
    _ troubles: inout Troubles
  ) throws(CommandFailure) {
    let lane = lane
    while !lines.isDone {
      // The headers are read first, so the topics are known once a commit is.
      lines.enter(lane, of: directory, reader.topics)
      let goesOn = try step { found in
        guard found.header.kind == .records else { return }
        let (slot, offset) = (found.slot, found.offset)
        let commit = found.bytes.extracting(0..<found.header.bytesUsed)
        decoder.write(commit, at: "\(directory.path(lane, slot)): offset \(offset)", to: &lines, &troubles)
      }
      guard goesOn else { break }
    }
  }
}

extension CommitDecoder {
  /// Writes a commit's wanted events, and calls `written` after each with the time it was received.
  ///
  /// `place` is where the commit stands, for what is wrong with it.
  mutating func write(
    _ commit: RawSpan,
    at place: @autoclosure () -> String,
    to lines: inout EventLines,
    _ troubles: inout Troubles,
    written: (Int64, inout EventLines) -> Void = { _, lines in lines.output.flushIfFull() }
  ) {
    var stampFault: StampFault?
    do throws(RecordBatchFault) {
      try records(
        of: commit,
        where: { lines.isWanted($0) },
        each: { topic, record in
          do throws(StampFault) {
            if let utcNs = try lines.write(record, of: topic) { written(utcNs, &lines) }
          } catch { stampFault = error }
          return stampFault == nil && !lines.isDone
        }
      )
    } catch { troubles.add("\(place()): a batch is wrong: \(error)") }
    if let stampFault { troubles.add("\(place()): a stamp is wrong: \(stampFault)") }
  }
}

extension EventFilter {
  /// What `--from`, `--to`, `--since` and `--limit` ask for.
  init(_ arguments: Arguments) throws(CommandFailure) {
    let first = try arguments.count("--from", in: 0...Int.max) ?? 0
    let last = try arguments.count("--to", in: 0...Int.max)
    if let last, last < first { throw arguments.mistake("--to", "an offset of '--from' or later") }
    offsets = UInt64(first)...(last.map { UInt64($0) } ?? .max)
    limit = try arguments.count("--limit", in: 1...Int.max) ?? .max
    sinceNs = try arguments.time("--since")
  }

  /// Which segment need be read first.
  var start: LaneReader.Start {
    if let topic = topics.single, offsets.lowerBound > 0 { return .offset(topic, offsets.lowerBound) }
    return sinceNs.map { .time($0) } ?? .oldest
  }
}

/// What went wrong while the log was read: none of it ends the reading.
struct Troubles {
  private(set) var lines: [String] = []
  private var notes: [String] = []
  private var dropped = 0

  /// How many there were.
  var count: Int { lines.count + dropped }

  /// Notes one.
  ///
  /// Bound: 100.
  mutating func add(_ line: String) {
    if lines.count < 100 { lines.append(line) } else { dropped += 1 }
  }
  /// Notes what a lane's reader met.
  mutating func add(_ scan: borrowing LaneScan, of directory: LogDirectory) {
    for damage in scan.damages { add(directory.text(of: damage)) }
    if scan.isOvertaken {
      notes.append(Troubles.overtaken(scan.lane))
    }
  }
  /// What is said of a lane whose reader was too slow.
  static func overtaken(_ lane: LaneID) -> String {
    "\(lane.title): retention gave up events before they could be read"
  }
  /// Prints them.
  ///
  /// - Parameter isWhole: whether they come from the command that looks for damage, and finds more than others do.
  /// - Returns: the exit status.
  func report(isWhole: Bool = false) -> Int32 {
    for note in notes { StandardError.write("sluice: note: \(note)") }
    for line in lines { StandardError.write("sluice: damage: \(line)") }
    if dropped > 0 { StandardError.write("sluice: and \(dropped) more") }
    if !lines.isEmpty, !isWhole { StandardError.write("sluice: note: `sluice log verify` tells more about the damage") }
    return lines.isEmpty ? ExitStatus.good : ExitStatus.problems
  }
}
