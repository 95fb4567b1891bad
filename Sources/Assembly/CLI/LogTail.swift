internal import Bytes
internal import Events
internal import Formats
internal import Glibc
internal import Store

/// `sluice log tail`.
func printLastEvents(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let wanted = try arguments.count("--lines", in: 0...LaneTail.eventsMax) ?? 10
  var directory = try LogDirectory(arguments)
  var filter = EventFilter()
  filter.topics = try directory.topics(arguments)
  var tails: [LaneTail] = []
  for lane in try directory.lanes(arguments) { tails.append(try LaneTail(lane, directory, filter.topics, wanted)) }
  var troubles = Troubles()
  var decoder = CommitDecoder()
  var lines = EventLines(filter, to: Output())
  printLast(wanted, of: tails, directory, to: &lines, through: &decoder, &troubles)
  while arguments.isGiven("--follow"), !lines.output.isBroken {
    // Nothing announces a commit to other processes, so they look for it.
    usleep(LaneTail.pollMicroseconds)
    try directory.refresh()
    for tail in tails {
      try tail.scan.resume()
      try tail.scan.readAll(of: directory, into: &lines, through: &decoder, &troubles)
      tail.reportLoss()
    }
    lines.output.flush()
  }
  for tail in tails { troubles.add(tail.scan, of: directory) }
  try lines.output.finish()
  return troubles.report()
}

/// A lane that has been read to its end, and copies of the last commits that were met.
private final class LaneTail {
  /// One commit.
  struct Copy {
    let bytes: [UInt8]
    let slot: UInt16
    let offset: Int
    /// How many wanted events it holds.
    let events: Int
  }
  static let eventsMax = 100_000
  static let pollMicroseconds: UInt32 = 100_000

  let lane: LaneID
  /// Where reading goes on.
  var scan: LaneScan
  /// The last commits, which hold as many events as are wanted, if there are as many.
  private(set) var commits: [Copy] = []

  private var hasReportedLoss = false

  /// Reads the last segment, and more of them while they hold too few events.
  init(_ lane: LaneID, _ directory: LogDirectory, _ topics: TopicChoice, _ wanted: Int) throws(CommandFailure) {
    self.lane = lane
    var segments = 1
    while true {
      var scan = try LaneScan(lane, of: directory, from: .last(segments: segments))
      var ring = CopyRing(wanted: wanted)
      while try scan.step({ found in ring.add(found, topics) }) {}
      guard ring.events < wanted, scan.reader.headers.count > segments else {
        self.scan = scan
        commits = ring.copies
        return
      }
      segments *= 4
    }
  }

  /// Says, once, that events went before they could be printed.
  func reportLoss() {
    guard scan.isOvertaken, !hasReportedLoss else { return }
    hasReportedLoss = true
    StandardError.write("sluice: note: \(Troubles.overtaken(lane))")
  }

  /// Keeps the last commits that together hold the events wanted.
  private struct CopyRing {
    let wanted: Int
    var events = 0
    private var kept: [Copy] = []
    private var first = 0

    init(wanted: Int) { self.wanted = wanted }
    var copies: [Copy] { Array(kept[first...]) }

    mutating func add(_ found: LaneReader.Found, _ topics: TopicChoice) {
      guard found.header.kind == .records, wanted > 0 else { return }
      let commit = found.bytes.extracting(0..<found.header.bytesUsed)
      let count = CopyRing.count(commit, topics)
      guard count > 0 else { return }
      // SAFETY: a copy of initialised bytes.
      let bytes = unsafe commit.withUnsafeBytes { unsafe Array($0) }
      kept.append(Copy(bytes: bytes, slot: found.slot, offset: found.offset, events: count))
      events += count
      while events - kept[first].events >= wanted {
        events -= kept[first].events
        first += 1
      }
      if first > 1024, first > kept.count / 2 {
        kept.removeFirst(first)
        first = 0
      }
    }

    /// How many events of these topics a commit holds.
    ///
    /// A commit that can't be taken apart is left to who prints it.
    private static func count(_ commit: RawSpan, _ topics: TopicChoice) -> Int {
      var batches = BatchReader(commit.extracting(CommitHeader.byteCount..<commit.byteCount))
      var count = 0
      do throws(RecordBatchFault) {
        while let element = try batches.next() {
          if topics.contains(element.topic) { count += Int(element.batch.header.recordCount) }
        }
      } catch { return max(count, 1) }
      return count
    }
  }
}

/// Prints the last events of all lanes, by time of receipt.
private func printLast(
  _ wanted: Int,
  of tails: [LaneTail],
  _ directory: LogDirectory,
  to lines: inout EventLines,
  through decoder: inout CommitDecoder,
  _ troubles: inout Troubles
) {
  var events: [(utcNs: Int64, line: [UInt8])] = []
  for tail in tails {
    lines.enter(tail.lane, of: directory, tail.scan.reader.topics)
    for commit in tail.commits {
      // SAFETY: a view of plain bytes that live until the end of this scope.
      let bytes = unsafe commit.bytes.span.bytes
      let place = "\(directory.path(tail.lane, commit.slot)): offset \(commit.offset)"
      decoder.write(bytes, at: place, to: &lines, &troubles) { utcNs, lines in
        events.append((utcNs, lines.output.take()))
      }
    }
  }
  // Stable, so that events of one time keep their lane's order.
  let order = events.indices.sorted { (events[$0].utcNs, $0) < (events[$1].utcNs, $1) }
  for place in order.suffix(wanted) {
    lines.output.append(events[place].line)
    lines.output.flushIfFull()
  }
  lines.output.flush()
}
