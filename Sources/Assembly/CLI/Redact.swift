internal import Bytes
internal import Detection
internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Inspect
internal import Redaction
internal import Schemas
internal import Settings
internal import Telemetry

extension Command {
  /// `sluice redact`.
  static let redact = Command(
    name: "redact",
    summary: "show what a plan of redaction makes of events, before it counts",
    details: """
      Reads events from standard input, one a line, and prints them as they would be stored. On standard error it tells
      what was found where, by which detector, how sure that is, and what was done. The plan is that of a topic of the
      settings, or, with --detectors, one that replaces what these detectors find and needs no settings.
      With --spans a line is {"id", "spans": [{"path", "start", "end", "type", "score"}]} instead: the event's 'id' or
      'event_id', or the number of its line; JSON Pointers; code points of the string's meaning; 0 to 1. Nothing leaves
      the machine, and nothing is kept.
      """,
    options: [
      CommandTable.configuration(),
      CommandOption("--topic", "NAME", "the topic whose plan it is", short: "-t"),
      CommandOption("--detectors", "KINDS", "'all', or kinds with commas between: email,phone"),
      CommandOption("--confidence", "N", "how sure a detector must be, in percent; with --detectors"),
      CommandOption("--spans", nil, "print what was found as JSON, not the events"),
      CommandOption("--color", "WHEN", "'always', 'never', or 'auto', which is when standard error is a terminal"),
      CommandOption("--quiet", nil, "print no report", short: "-q"),
    ],
    examples: [
      "sluice redact --config sluice.yaml --topic telemetry < events.ndjson",
      "sluice redact --detectors all --spans < events.ndjson | jq -r '.spans[].type' | sort | uniq -c",
    ],
    perform: { arguments throws(CommandFailure) in try performRedact(arguments) }
  )
}

private func performRedact(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let when = arguments["--color"] ?? "auto"
  guard ["always", "never", "auto"].contains(when) else {
    throw .usage(arguments.command, "'\(when)' for --color; one of 'always', 'never', 'auto'")
  }
  let (plan, keys) = try redactionPlan(arguments)
  var run = RedactRun(plan, keys)
  run.printsSpans = arguments.isGiven("--spans")
  run.isQuiet = arguments.isGiven("--quiet") || run.printsSpans
  run.hasColor = when == "always" || when == "auto" && isatty(STDERR_FILENO) == 1
  do throws(HostFailure) { try run.readAll() } catch { throw CommandFailure.environment(error).asNotRun }
  try run.output.finish()
  run.tellSummary()
  return run.faults == 0 ? ExitStatus.good : ExitStatus.problems
}

/// The plan that the command names, and the keys that it uses.
private func redactionPlan(_ arguments: Arguments) throws(CommandFailure) -> (RedactionPlan, RedactionKeys) {
  if let words = arguments["--detectors"] {
    guard arguments["--config"] == nil, arguments["--topic"] == nil else {
      throw .usage(arguments.command, "--detectors takes neither --config nor --topic")
    }
    var topic = TopicSettings(name: "events")
    topic.redaction.detected = try kinds(words, arguments)
    topic.redaction.confidence = try arguments.count("--confidence", in: 1...100) ?? topic.redaction.confidence
    guard let plan = RedactionPlanning(topic).plan else { broken("a topic with detectors has a plan") }
    return (plan, .none)
  }
  guard let path = arguments["--config"], let name = arguments["--topic"] else {
    throw .usage(arguments.command, "--config and --topic are needed, or --detectors")
  }
  let settings = try SettingsFile.read(path)
  guard let topic = settings.topics.first(where: { $0.name == name }) else {
    let near = nearest(to: name, among: settings.topics.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    throw .problem("the settings have no topic '\(name)'\(near)")
  }
  let registry: SchemaRegistry
  do throws(SchemaRegistryMistakes) { registry = try SchemaRegistry(settings) } catch {
    throw .problem(error.all.joined(separator: "\n"))
  }
  let planning = RedactionPlanning(topic, annotated: registry.annotated[name] ?? [])
  guard planning.mistakes.isEmpty else { throw .problem(planning.mistakes.joined(separator: "\n")) }
  guard let plan = planning.plan else {
    throw .problem("topic '\(name)' has no plan: give it 'redact: all', or see 'sluice redact --help' for --detectors")
  }
  let keys = try onHost { () throws(HostFailure) in
    let source = settings.redactionKeys
    if let path = source.file { return try RedactionKeysOnDisk.read(path) }
    guard !source.command.isEmpty else { return RedactionKeys.none }
    return try RedactionKeyCommand.keys(source.command, timeoutNs: source.timeoutNs)
  }
  return (plan, keys)
}

private func kinds(_ words: String, _ arguments: Arguments) throws(CommandFailure) -> [PersonalType] {
  if words == "all" { return PersonalType.allCases }
  var found: [PersonalType] = []
  for word in words.split(separator: ",").map(String.init) {
    guard let type = PersonalType.allCases.first(where: { "\($0.word)" == word }) else {
      let near = nearest(to: word, among: PersonalType.allCases.map { "\($0.word)" })
      throw .usage(
        arguments.command,
        "'\(word)' is no kind of personal data\(near.map { "; did you mean '\($0)'?" } ?? "")"
      )
    }
    found.append(type)
  }
  return found
}

/// Events on their way through a plan.
private struct RedactRun: ~Copyable {
  var printsSpans = false
  var isQuiet = false
  var hasColor = false
  var output = Output()
  /// How many lines were no JSON, or could not be redacted.
  private(set) var faults = 0
  private var trial: RedactionTrial
  private var line = 0
  private var events = 0
  private var changed = 0
  private var counts: [PersonalType: Int] = [:]
  private var carry: [UInt8] = []

  private static let lineBytesMax = 8 << 20

  init(_ plan: RedactionPlan, _ keys: RedactionKeys) { trial = RedactionTrial(plan, keys: keys) }

  mutating func readAll() throws(HostFailure) {
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    while !output.isBroken {
      let count = unsafe read(STDIN_FILENO, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable("standard input", errno) }
      if count == 0 { break }
      var rest = piece[..<count]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        take(carry + rest[..<end])
        carry = []
        rest = rest[(end + 1)...]
      }
      carry += rest
    }
    if !carry.isEmpty { take(carry) }
  }

  private mutating func take(_ event: [UInt8]) {
    line += 1
    guard !event.allSatisfy({ $0 <= 0x20 }) else { return }
    guard event.count <= Self.lineBytesMax else { return fault("longer than \(Self.lineBytesMax) bytes") }
    let outcome: RedactionTrial.Outcome
    do throws(JSONFault) { outcome = try trial.redact(event) } catch {
      return fault("no JSON: \(error.reason.text), at byte \(error.offset)")
    }
    events += 1
    for span in outcome.spans { counts[span.type, default: 0] += 1 }
    if printsSpans {
      output.append(Array((spansLine(event, outcome.spans) + "\n").utf8))
    } else if let redacted = outcome.event {
      if redacted != event { changed += 1 }
      output.append(redacted + [UInt8(ascii: "\n")])
    }
    if let refusal = outcome.refusal { fault("refused: \(refusal.row.label)") }
    if !isQuiet { tell(outcome.spans) }
    output.flushIfFull()
  }
  private mutating func fault(_ why: String) {
    faults += 1
    StandardError.write("line \(line): \(why)")
  }

  // MARK: Spans

  private func spansLine(_ event: [UInt8], _ spans: [RedactionSpan]) -> String {
    let items = spans.map { span in
      "{\"path\": \(jsonText(span.path)), \"start\": \(span.start), \"end\": \(span.end), "
        + "\"type\": \"\(span.type.label)\", \"score\": \(Double(span.confidence) / 100)}"
    }
    return "{\"id\": \(id(of: event)), \"spans\": [\(items.joined(separator: ", "))]}"
  }
  /// The event's own id as JSON, or the number of its line.
  private func id(of event: [UInt8]) -> String {
    do throws(JSONFault) {
      let value = try JSONValue(event)
      for name in ["id", "event_id"] {
        if let text = value.object?[name]?.string { return jsonText(text) }
        if let number = value.object?[name]?.number { return number }
      }
    } catch { broken("an event that was redacted is JSON: \(error.reason)") }
    return "\(line)"
  }

  // MARK: Report

  private func tell(_ spans: [RedactionSpan]) {
    for span in spans {
      let place = span.path.isEmpty ? "(the whole)" : span.path
      StandardError.write(
        "\(styled("2", "\(line)"))  \(place)  \(styled("36", "\(span.type.label)")) \(span.confidence) %  "
          + "\(styled("31", jsonText(span.text)))  \(styled("32", span.operation))"
      )
    }
  }
  private func styled(_ code: String, _ text: String) -> String {
    hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
  /// Says how much was found, by kind.
  func tellSummary() {
    guard !isQuiet else { return }
    let found = counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
    let kinds = found.map { "\($0.key.label) \($0.value)" }.joined(separator: ", ")
    StandardError.write(
      "\(counted(events, "event")), \(changed) changed; found: \(kinds.isEmpty ? "nothing" : kinds)"
    )
  }
}

/// A text as a string of JSON.
///
/// Source: RFC 8259 §7.
private func jsonText(_ text: String) -> String {
  var json = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": json += "\\\(scalar)"
    case "\u{0}"..."\u{1F}":
      let digits = String(scalar.value, radix: 16)
      json += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    default: json.unicodeScalars.append(scalar)
    }
  }
  return json + "\""
}
