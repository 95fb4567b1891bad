internal import Events
internal import Formats
internal import Store

/// `sluice log topics`.
func listTopics(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let directory = try LogDirectory(arguments)
  var rows: [PartitionFigures] = []
  var troubles = Troubles()
  for lane in try directory.lanes(arguments) {
    rows += try figures(of: lane, directory, &troubles)
  }
  rows.sort { ($0.topic.rawValue, $0.lane.rawValue) < ($1.topic.rawValue, $1.lane.rawValue) }
  StandardOutput.write(arguments.isGiven("--json") ? json(rows, directory) : table(rows, directory))
  return troubles.report()
}

/// What one partition of one topic holds.
private struct PartitionFigures {
  let topic: TopicID
  let lane: LaneID
  var first: UInt64 = 0
  var next: UInt64 = 0
  var events: UInt64 = 0
  var bytes = 0
  var oldestMs = Int64.max
  var newestMs = Int64.min

  /// Counts a batch.
  mutating func add(_ header: RecordBatchHeader, logStart: UInt64) {
    guard header.lastOffset >= logStart else { return }
    if events == 0 { first = max(header.baseOffset, logStart) }
    next = header.lastOffset + 1
    events = next - first
    bytes += header.batchBytes
    oldestMs = min(oldestMs, header.baseTimestampMs)
    newestMs = max(newestMs, header.maxTimestampMs)
  }
}

private func figures(of lane: LaneID, _ directory: LogDirectory, _ troubles: inout Troubles) throws(CommandFailure)
  -> [PartitionFigures]
{
  var figures: [TopicID: PartitionFigures] = [:]
  var faults: [String] = []
  var scan = try LaneScan(lane, of: directory)
  var logStarts: [TopicID: UInt64] = [:]
  while true {
    if logStarts.count != scan.reader.topics.count {
      for state in scan.reader.topics { logStarts[state.topic] = state.logStart }
    }
    let goesOn = try scan.step { found in
      guard found.header.kind == .records else { return }
      var batches = BatchReader(found.bytes.extracting(CommitHeader.byteCount..<found.header.bytesUsed))
      do throws(RecordBatchFault) {
        while let element = try batches.next() {
          let (topic, header) = (element.topic, element.batch.header)
          figures[topic, default: PartitionFigures(topic: topic, lane: lane)]
            .add(header, logStart: logStarts[topic] ?? 0)
        }
      } catch { faults.append("\(directory.path(lane, found.slot)): offset \(found.offset): \(error)") }
    }
    guard goesOn else { break }
  }
  for fault in faults { troubles.add(fault) }
  troubles.add(scan, of: directory)
  // Topics whose events retention took, or that never had any here, have a place to go on from.
  for state in scan.reader.topics where figures[state.topic] == nil && state.nextOffset > 0 {
    var empty = PartitionFigures(topic: state.topic, lane: lane)
    (empty.first, empty.next) = (state.nextOffset, state.nextOffset)
    figures[state.topic] = empty
  }
  return Array(figures.values)
}

private func table(_ rows: [PartitionFigures], _ directory: LogDirectory) -> String {
  let head = ["TOPIC", "PARTITION", "FIRST", "NEXT", "EVENTS", "BYTES", "OLDEST", "NEWEST"]
  var lines = [head]
  for row in rows {
    let times = row.events > 0 ? [time(row.oldestMs), time(row.newestMs)] : ["-", "-"]
    let counts = ["\(row.lane.rawValue)", "\(row.first)", "\(row.next)", "\(row.events)", "\(row.bytes)"]
    lines.append([directory.name(of: row.topic)] + counts + times)
  }
  let silent = directory.manifest.topics.filter { line in !rows.contains { $0.topic == line.id } }
  for line in silent { lines.append([line.name] + Array(repeating: "-", count: head.count - 1)) }
  let widths = head.indices.map { column in lines.map { $0[column].utf8.count }.max() ?? 0 }
  return lines.map { line in
    let cells = line.indices.map { column in
      let pad = String(repeating: " ", count: widths[column] - line[column].utf8.count)
      return (1...5).contains(column) ? pad + line[column] : line[column] + pad
    }
    var text = cells.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text + "\n"
  }.joined()
}

private func json(_ rows: [PartitionFigures], _ directory: LogDirectory) -> String {
  rows.map { row in
    let name = directory.name(of: row.topic)
    let times =
      row.events > 0 ? ",\"oldest\":\"\(time(row.oldestMs))\",\"newest\":\"\(time(row.newestMs))\"" : ""
    return "{\"topic\":\"\(name)\",\"partition\":\(row.lane.rawValue),\"first\":\(row.first),\"next\":\(row.next)"
      + ",\"events\":\(row.events),\"bytes\":\(row.bytes)\(times)}\n"
  }.joined()
}

private func time(_ milliseconds: Int64) -> String {
  let text = Moment.text(milliseconds * 1_000_000)
  return text.dropLast(7) + "Z"
}
