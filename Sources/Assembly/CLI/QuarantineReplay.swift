internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Store

extension Command {
  /// `sluice quarantine replay`.
  static let quarantineReplay = Command(
    name: "quarantine replay",
    summary: "put events that were set aside on the line once more",
    details: """
      After the schema or the producer is mended: events go through all that a new one goes through, with the time, the
      id and the principal that they came with, and without being redacted a second time. RECORD is the name that
      'sluice quarantine list' gives; without one, all records go that the options choose. The gateway must run.
      What was replayed before is not stored again, however often this is run. A record without its payload can't go.
      With --json a line is {"record", "topic", "outcome", "partition", "offset", "verdict"}, with what there is of it;
      the outcome is stored, already, refused, notKept, unknown (run it again), or, with --dry-run, ready.
      """,
    operands: Command.Operands(name: "RECORD", count: 0...Int.max),
    options: LogDirectory.options + [
      CommandOption("--topic", "NAME", "this topic; may be given several times", short: "-t", isRepeatable: true),
      CommandOption("--since", "TIME", "received at TIME or later: 2026-01-31T12:00:00Z, or 15m, 2h, 3d ago"),
      CommandOption("--limit", "N", "no more than N records"),
      CommandOption("--dry-run", nil, "say what would go, and what went before"),
      CommandOption("--json", nil, "a line of JSON for each record"),
      CommandOption("--admin", "ADDRESS", "the gateway's admin listener, where it is not reached as it listens"),
    ],
    examples: [
      "sluice quarantine replay 0/17 0/18 --data ./sluice-data",
      "sluice quarantine replay --config sluice.yaml --topic orders --since 2h --dry-run",
    ],
    perform: { arguments throws(CommandFailure) in try replayQuarantine(arguments) }
  )
}

/// The outcome of one record, as the gateway or the log says it.
private enum Outcome: String, CaseIterable {
  case stored
  case ready
  case already
  case refused
  case notKept
  case unknown

  /// What a line of text says.
  var text: String {
    switch self {
    case .stored: "stored"
    case .already: "stored before"
    case .refused: "refused again"
    case .notKept: "not kept"
    case .unknown: "unknown"
    case .ready: "ready"
    }
  }
  /// Whether nothing is left to do.
  var isGood: Bool { self == .stored || self == .already || self == .ready }
}

private func replayQuarantine(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let directory = try LogDirectory(arguments)
  let isDry = arguments.isGiven("--dry-run")
  var troubles = Troubles()
  let choice = try ReplayChoice(arguments, in: directory)
  // Of two that replay the same records at a time, neither would know what the other does.
  let lock = isDry ? nil : try ReplayLock(directory)
  let chosen = try choice.records(in: directory, &troubles)
  let call = isDry ? nil : try ReplayCall(directory, arguments)
  let marks = try ReplayMarks(
    in: directory,
    Set(chosen.values.map(\.topic)),
    since: chosen.values.map(\.utcNs).min() ?? 0,
    &troubles
  )
  var report = ReplayReport(directory, isJSON: arguments.isGiven("--json"))
  for lane in try directory.sideLanes() {
    var failure: CommandFailure?
    try readQuarantine(lane, of: directory, from: .oldest, &troubles) { entry in
      guard chosen[entry.name] != nil else { return true }
      do throws(CommandFailure) { try replay(entry, marks, call, &report) } catch { failure = error }
      return failure == nil
    }
    if let failure { throw failure }
  }
  for name in choice.missing(from: chosen) { troubles.add("there is no record \(name) in \(directory.files.path)") }
  report.finish()
  let status = troubles.report()
  _ = consume lock
  return report.isGood ? status : ExitStatus.problems
}

private func replay(_ entry: QuarantineEntry, _ marks: ReplayMarks, _ call: ReplayCall?, _ report: inout ReplayReport)
  throws(CommandFailure)
{
  if let place = marks.places[entry.name] {
    return report.write(entry, .already, partition: Int(place.lane.rawValue), offset: place.offset)
  }
  guard entry.payload != nil else { return report.write(entry, .notKept) }
  guard let call else { return report.write(entry, .ready) }
  let answer = try call.send(ReplayRequest(entry))
  guard answer.status != 401 else {
    throw .environment(
      HostFailure(
        cause: "The gateway does not know the token of this directory.",
        remedy: "See that --admin is the address of the gateway that runs on it."
      )
    )
  }
  report.write(entry, answer)
}

/// Which records are to go.
private struct ReplayChoice {
  /// One of them.
  struct Chosen {
    let topic: TopicID
    let utcNs: Int64
  }
  private let names: [String]
  private let topics: TopicChoice
  private let sinceNs: Int64?
  private let limit: Int

  init(_ arguments: Arguments, in directory: LogDirectory) throws(CommandFailure) {
    for name in arguments.operands where QuarantineEntry.place(named: name) == nil {
      throw .usage(arguments.command, "'\(name)' names no record: one is called like 0/17")
    }
    names = arguments.operands.compactMap { QuarantineEntry.place(named: $0) }.map { "\($0.number)/\($1)" }
    limit = try arguments.count("--limit", in: 1...Int.max) ?? .max
    sinceNs = try arguments.time("--since")
    topics = try directory.topics(arguments)
  }

  /// The records that are chosen, by their names.
  func records(in directory: LogDirectory, _ troubles: inout Troubles) throws(CommandFailure) -> [String: Chosen] {
    var chosen: [String: Chosen] = [:]
    let names = Set(self.names)
    for lane in try directory.sideLanes() where chosen.count < limit {
      try readQuarantine(lane, of: directory, from: sinceNs.map { .time($0) } ?? .oldest, &troubles) { entry in
        let isNamed = names.isEmpty || names.contains(entry.name)
        if isNamed, topics.contains(entry.topic), entry.stamp.utcNs >= sinceNs ?? .min {
          chosen[entry.name] = Chosen(topic: entry.topic, utcNs: entry.stamp.utcNs)
        }
        return chosen.count < limit
      }
    }
    return chosen
  }
  /// The records that were named and are not there, unless other options kept them out.
  func missing(from chosen: [String: Chosen]) -> [String] {
    guard sinceNs == nil, limit == .max, case .all = topics else { return [] }
    return names.filter { chosen[$0] == nil }
  }
}

/// Sees to it that one command at a time replays what a directory holds; a crash gives it up.
private struct ReplayLock: ~Copyable {
  private let file: Int32

  init(_ directory: LogDirectory) throws(CommandFailure) {
    let path = "\(directory.files.path)/replay.lock"
    let file = try onHost { () throws(HostFailure) in try SecretFile.open(path, O_RDWR | O_CREAT) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let errorNumber = errno
      _ = close(file)
      guard errorNumber != EWOULDBLOCK else {
        throw .problem("somebody else replays what \(directory.files.path) holds")
      }
      throw .environment(SecretFile.refused("lock", path, errorNumber))
    }
    self.file = file
  }
  deinit { _ = close(file) }
}

/// What is told of each record, and of all of them.
private struct ReplayReport {
  private let directory: LogDirectory
  private let isJSON: Bool
  private var counts: [Outcome: Int] = [:]

  init(_ directory: LogDirectory, isJSON: Bool) { (self.directory, self.isJSON) = (directory, isJSON) }

  /// Whether nothing is left to do.
  var isGood: Bool { counts.keys.allSatisfy { $0.isGood } }

  /// Tells what the gateway said of a record.
  mutating func write(_ entry: QuarantineEntry, _ answer: ReplayCall.Answer) {
    do throws(JSONFault) {
      let said = try JSONValue(answer.body).object
      let outcome = said?["outcome"]?.string.flatMap { Outcome(rawValue: $0) } ?? .unknown
      let verdict = said?["verdict"].map { String(decoding: answer.body[$0.offset..<$0.end], as: UTF8.self) }
      let offset = said?["offset"]?.number.flatMap { UInt64($0) }
      write(entry, outcome, partition: said?["partition"]?.number.flatMap { Int($0) }, offset: offset, verdict)
    } catch {
      let text = String(decoding: answer.body, as: UTF8.self)
      StandardError.write("sluice: \(entry.name): the gateway answered \(answer.status): \(text)")
      write(entry, .unknown)
    }
  }

  /// Tells what became of a record.
  mutating func write(
    _ entry: QuarantineEntry,
    _ outcome: Outcome,
    partition: Int? = nil,
    offset: UInt64? = nil,
    _ verdict: String? = nil
  ) {
    counts[outcome, default: 0] += 1
    let topic = directory.name(of: entry.topic)
    if isJSON {
      var line = "{\"record\":\"\(entry.name)\",\"topic\":\"\(topic)\",\"outcome\":\"\(outcome.rawValue)\""
      if let partition { line += ",\"partition\":\(partition)" }
      if let offset { line += ",\"offset\":\(offset)" }
      if let verdict { line += ",\"verdict\":\(verdict)" }
      return StandardOutput.write(line + "}\n")
    }
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
    let place = topic + (partition.map { "/\($0)" } ?? "") + (offset.map { "/\($0)" } ?? "")
    let line = padded(entry.name, 10) + padded(outcome.text, 15) + place
    StandardOutput.write(line + (verdict.map { "  \($0)" } ?? "") + "\n")
  }

  /// Tells how many records had which outcome.
  func finish() {
    guard !isJSON else { return }
    let all = counts.values.reduce(0, +)
    let parts = Outcome.allCases.compactMap { outcome in counts[outcome].map { "\($0) \(outcome.text)" } }
    let text = parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
    StandardOutput.write("\(all) \(all == 1 ? "record" : "records")\(text)\n")
  }
}
