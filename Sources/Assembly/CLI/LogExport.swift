internal import Bytes
internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Store

/// How events leave the log.
private enum ExportForm: String {
  /// Lines as `sluice log cat` prints them.
  case json
  /// Record batches as they are stored, one behind the other: a segment of a Kafka log.
  case raw
}

/// `sluice log export`.
func exportTopic(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  guard let form = ExportForm(rawValue: arguments["--format"] ?? "json") else {
    throw arguments.mistake("--format", "'json' or 'raw'")
  }
  let directory = try LogDirectory(arguments)
  guard let topic = try directory.topics(arguments).single else { return ExitStatus.usage }
  let out = arguments["--out"] ?? "-"
  let lanes = try directory.lanes(arguments)
  if form == .raw, out == "-", lanes.count > 1 {
    throw .usage(
      arguments.command,
      "raw batches of several partitions can't share an output; name one by '--partition'"
    )
  }
  if out != "-" { try makeFolder(out) }
  var troubles = Troubles()
  for lane in lanes {
    let name = "\(out)/\(directory.name(of: topic))-\(lane.rawValue)"
    let target: ExportTarget = out == "-" ? .standardOutput : .files(name)
    let count = try export(topic, lane, directory, form, target, &troubles)
    guard let count else { break }
    if out != "-" { StandardError.write("\(name): \(counted(count, "event"))") }
  }
  return troubles.report()
}

private enum ExportTarget {
  case standardOutput
  /// Files of this name, to which the form adds its ending.
  case files(String)
}

private func makeFolder(_ path: String) throws(CommandFailure) {
  guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
  throw .environment(
    HostFailure(
      cause: "Cannot make \(path): \(errorText(errno)).",
      remedy: "Name a directory whose parent exists and that you may write to."
    )
  )
}

/// Writes one partition, and says how many events that were, or `nil` when nobody takes them any more.
private func export(
  _ topic: TopicID,
  _ lane: LaneID,
  _ directory: LogDirectory,
  _ form: ExportForm,
  _ target: ExportTarget,
  _ troubles: inout Troubles
) throws(CommandFailure) -> Int? {
  var scan = try LaneScan(lane, of: directory)
  switch form {
  case .json:
    var filter = EventFilter()
    filter.topics = .some([topic])
    var lines = EventLines(filter, to: try output(target, ".jsonl"))
    var decoder = CommitDecoder()
    try scan.readAll(of: directory, into: &lines, through: &decoder, &troubles)
    troubles.add(scan, of: directory)
    return try lines.output.finish() ? lines.count : nil
  case .raw:
    let count = try exportRaw(topic, &scan, directory, target, &troubles)
    troubles.add(scan, of: directory)
    return count
  }
}

private func output(_ target: ExportTarget, _ ending: String) throws(CommandFailure) -> Output {
  switch target {
  case .standardOutput: Output()
  case .files(let name): try Output(creating: name + ending)
  }
}

/// Copies a topic's batches as they are.
///
/// Their file is named for the first offset in it, as Kafka names a log's.
private func exportRaw(
  _ topic: TopicID,
  _ scan: inout LaneScan,
  _ directory: LogDirectory,
  _ target: ExportTarget,
  _ troubles: inout Troubles
) throws(CommandFailure) -> Int? {
  var output: Output?
  if case .files(let name) = target { try makeFolder(name) } else { output = Output() }
  var gathered = BatchGathering(topic: topic)
  let lane = scan.lane
  while true {
    let logStart = scan.reader.topics.first { $0.topic == topic }?.logStart ?? 0
    let goesOn = try scan.step { found in
      let place = (slot: found.slot, offset: found.offset)
      gathered.take(found, logStart: logStart)
      if let fault = gathered.fault {
        troubles.add("\(directory.path(lane, place.slot)): offset \(place.offset): \(fault)")
        gathered.fault = nil
      }
    }
    if let first = gathered.firstOffset, output == nil, case .files(let name) = target {
      output = try Output(creating: "\(name)/\(digits(Int(first), 20)).log")
    }
    output?.append(gathered.bytes)
    output?.flushIfFull()
    gathered.bytes.removeAll(keepingCapacity: true)
    guard goesOn, output?.isBroken != true else { break }
  }
  return try output?.finish() ?? true ? gathered.count : nil
}

/// Copies of one topic's batches.
private struct BatchGathering {
  let topic: TopicID
  var bytes: [UInt8] = []
  var firstOffset: UInt64?
  var count = 0
  var fault: RecordBatchFault?

  init(topic: TopicID) { self.topic = topic }

  /// Takes the topic's batches out of a commit, but those that lie before the topic's start.
  mutating func take(_ found: LaneReader.Found, logStart: UInt64) {
    guard found.header.kind == .records else { return }
    var batches = BatchReader(found.bytes.extracting(CommitHeader.byteCount..<found.header.bytesUsed))
    do throws(RecordBatchFault) {
      while let element = try batches.next() {
        let header = element.batch.header
        guard element.topic == topic, header.lastOffset >= logStart else { continue }
        firstOffset = firstOffset ?? header.baseOffset
        count += Int(header.recordCount)
        // SAFETY: a copy of initialised bytes.
        unsafe element.batch.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      }
    } catch { fault = error }
  }
}
