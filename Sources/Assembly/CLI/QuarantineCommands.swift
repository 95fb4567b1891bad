internal import Bytes
internal import Events
internal import Formats
internal import Host
internal import Store

/// `sluice quarantine …`: what is said of events that were set aside, while their gateway runs and when it doesn't.
let quarantineCommands: [Command] = [
  Command(
    name: "quarantine list",
    summary: "list the events that were set aside instead of stored, and why",
    details: """
      A record is named SHARD/NUMBER. It says which topic the event was sent to, when, by whom, which version of the
      schema it was held against, how long its payload was, and the verdict. The payload is kept as the topic's plan of
      redaction leaves it; of what is no JSON, only length and SHA-256 are. Records are kept for as long as
      'quarantine.retention' says. With --json a line is {"record", "topic", "time", "clock", "id", "principal",
      "traceparent", "schemaVersion", "bytes", "sha256", "verdict", "plan", "redacted", "payload"};
      what an event does not have is left out.
      """,
    options: LogDirectory.options + [
      CommandOption("--topic", "NAME", "this topic; may be given several times", short: "-t", isRepeatable: true),
      CommandOption("--since", "TIME", "received at TIME or later: 2026-01-31T12:00:00Z, or 15m, 2h, 3d ago"),
      CommandOption("--limit", "N", "no more than N records"),
      CommandOption("--json", nil, "a line of JSON for each record"),
    ],
    examples: [
      "sluice quarantine list --data ./sluice-data --topic orders --since 1h",
      "sluice quarantine list --data ./sluice-data --json | jq -r .verdict.reason | sort | uniq -c",
    ],
    perform: { arguments throws(CommandFailure) in try listQuarantine(arguments) }
  ),
  Command(
    name: "quarantine show",
    summary: "print all that is known of one event that was set aside",
    details: "RECORD is the name that 'sluice quarantine list' gives it, such as 0/17.",
    operands: Command.Operands(name: "RECORD", count: 1...1),
    options: LogDirectory.options + [CommandOption("--json", nil, "as a line of JSON")],
    examples: ["sluice quarantine show 0/17 --data ./sluice-data"],
    perform: { arguments throws(CommandFailure) in try showQuarantined(arguments) }
  ),
  .quarantineReplay,
]

/// `sluice quarantine list`.
private func listQuarantine(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  var left = try arguments.count("--limit", in: 1...Int.max) ?? .max
  let since = try arguments.time("--since")
  let directory = try LogDirectory(arguments)
  let topics = try directory.topics(arguments)
  var output = QuarantineOutput(directory, isJSON: arguments.isGiven("--json"))
  output.begin()
  var troubles = Troubles()
  for lane in try directory.sideLanes() where left > 0 && !output.isBroken {
    try readQuarantine(lane, of: directory, from: since.map { .time($0) } ?? .oldest, &troubles) { entry in
      guard topics.contains(entry.topic), entry.stamp.utcNs >= since ?? .min else { return true }
      output.write(entry)
      left -= 1
      return left > 0 && !output.isBroken
    }
  }
  try output.finish()
  return troubles.report()
}

/// `sluice quarantine show`.
private func showQuarantined(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let name = arguments.operands[0]
  guard let (lane, offset) = QuarantineEntry.place(named: name) else {
    throw .usage(arguments.command, "'\(name)' names no record: one is called like 0/17")
  }
  let directory = try LogDirectory(arguments)
  var troubles = Troubles()
  var found: QuarantineEntry?
  if try directory.sideLanes().contains(lane) {
    try readQuarantine(lane, of: directory, from: .offset(SideLane.quarantine, offset), &troubles) { entry in
      if entry.offset == offset { found = entry }
      return entry.offset < offset
    }
  }
  let status = troubles.report()
  guard let found else { throw .problem("there is no record \(name) in \(directory.files.path)") }
  if arguments.isGiven("--json") {
    var output = QuarantineOutput(directory, isJSON: true)
    output.write(found)
    try output.finish()
  } else {
    StandardOutput.write(found.text(in: directory))
  }
  return status
}

/// Gives the records of a side lane to `each`, in order, until that returns `false`.
func readQuarantine(
  _ lane: LaneID,
  of directory: LogDirectory,
  from start: LaneReader.Start,
  _ troubles: inout Troubles,
  each: (QuarantineEntry) -> Bool
) throws(CommandFailure) {
  var scan = try LaneScan(lane, of: directory, from: start)
  var decoder = CommitDecoder()
  var goesOn = true
  while goesOn {
    // The headers are read first, so where the records start is known once a commit is.
    let first = scan.reader.topics.first { $0.topic == SideLane.quarantine }?.logStart ?? 0
    let hasMore = try scan.step { found in
      guard goesOn, found.header.kind == .records else { return }
      let commit = found.bytes.extracting(0..<found.header.bytesUsed)
      let place = "\(directory.path(lane, found.slot)): offset \(found.offset)"
      do throws(RecordBatchFault) {
        try decoder.records(of: commit, where: { $0.topic == SideLane.quarantine }) { _, record in
          guard record.offset >= first else { return true }
          switch QuarantineEntry.read(record, in: lane) {
          case .success(let entry): goesOn = each(entry)
          case .failure(let fault): troubles.add("\(place): record \(record.offset) is wrong: \(fault)")
          }
          return goesOn
        }
      } catch { troubles.add("\(place): a batch is wrong: \(error)") }
    }
    goesOn = goesOn && hasMore
  }
  troubles.add(scan, of: directory)
}
