internal import Events
internal import Formats
internal import Glibc
internal import Host
internal import Settings

extension Command {
  /// `sluice doctor`.
  static let doctor = Command(
    name: "doctor",
    summary: "find out whether this machine can run a gateway well",
    details: """
      Looks at the kernel, limits, memory, CPUs, network, certificates, schemas, data directory, disk and clock, for the
      settings of FILE or for the defaults. Each line says ok, warn or fail, and what to do about it. The disk's flush
      is measured by small durable writes to a file in the data directory, which is removed. Nothing else is changed.
      """,
    options: [
      CommandTable.configuration(),
      CommandOption("--json", nil, "print one JSON object"),
    ],
    examples: ["sluice doctor --config sluice.yaml"],
    perform: { arguments throws(CommandFailure) in try examine(arguments) }
  )
}

private func examine(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  var settings = NodeSettings()
  if let path = arguments["--config"] { settings = try SettingsFile.read(path) }
  let cpus = allowedCPUs()
  let shards = settings.shards ?? cpus.count
  let fresh = Manifest(node: 0, lanes: settings.lanes ?? shards, segmentBytes: settings.log.segmentBytes)
  let disk = DiskExamination(settings)
  let plan = NodePlan(settings, manifest: disk.manifest ?? fresh, cpus: (0..<shards).map { cpus[$0 % cpus.count] })
  var diagnosis = Diagnosis()
  examineKernel(&diagnosis)
  examineProcess(plan, &diagnosis)
  examineMemory(plan, &diagnosis)
  examineCPUs(shards: shards, cpus, &diagnosis)
  examineNetwork(settings, isRunning: disk.isRunning, &diagnosis)
  if let keys = settings.keysFile { try examineKeys(keys, &diagnosis) }
  for examination in TLSExamination.all(settings) { examination.add(to: &diagnosis) }
  SchemaExamination(settings)?.add(to: &diagnosis)
  disk.examine(plan, &diagnosis)
  examineClock(&diagnosis)
  let isTerminal = isatty(STDOUT_FILENO) == 1
  let isPlain = unsafe getenv("NO_COLOR") != nil
  StandardOutput.write(
    arguments.isGiven("--json") ? diagnosis.json : diagnosis.text(inColour: isTerminal && !isPlain)
  )
  return diagnosis.count(.fail) > 0 ? ExitStatus.problems : ExitStatus.good
}

/// What was found out about the machine.
struct Diagnosis {
  /// How bad it is.
  enum Level: String {
    case ok
    case warn
    case fail
  }
  struct Line {
    let level: Level
    let what: String
    let found: String
    let remedy: String?
  }
  private(set) var lines: [Line] = []

  /// Notes that something is as it should be.
  mutating func ok(_ what: String, _ found: String) { add(.ok, what, found, nil) }
  /// Notes something that costs speed, safety or comfort.
  mutating func warn(_ what: String, _ found: String, remedy: String) { add(.warn, what, found, remedy) }
  /// Notes something that keeps a gateway from running.
  mutating func fail(_ what: String, _ found: String, remedy: String) { add(.fail, what, found, remedy) }
  private mutating func add(_ level: Level, _ what: String, _ found: String, _ remedy: String?) {
    lines.append(Line(level: level, what: what, found: found, remedy: remedy))
  }
  /// How many lines are of a level.
  func count(_ level: Level) -> Int { lines.count { $0.level == level } }

  /// A line each, and a summary.
  func text(inColour: Bool) -> String {
    let width = lines.map(\.what.count).max() ?? 0
    let colours: [Level: String] = inColour ? [.ok: "32", .warn: "33", .fail: "31"] : [:]
    let body = lines.map { line in
      let word = line.level.rawValue
      let level = (colours[line.level].map { "\u{1B}[\($0)m\(word)\u{1B}[0m" } ?? word)
      let pad = String(repeating: " ", count: width - line.what.count)
      return "\(level)\(word.count == 2 ? "  " : "")  \(line.what)\(pad)  \(line.found)"
        + (line.remedy.map { "  — \($0)" } ?? "") + "\n"
    }.joined()
    return body + "\(lines.count) checks, \(counted(count(.warn), "warning")), \(count(.fail)) failed\n"
  }

  /// One object.
  var json: String {
    let checks = lines.map { line in
      let remedy = line.remedy.map { ",\"remedy\":\(quotedForJSON($0))" } ?? ""
      return "{\"level\":\"\(line.level.rawValue)\",\"what\":\(quotedForJSON(line.what))"
        + ",\"found\":\(quotedForJSON(line.found))\(remedy)}"
    }
    return "{\"checks\":[\(checks.joined(separator: ","))],\"warnings\":\(count(.warn)),\"failures\":\(count(.fail))}\n"
  }
}

/// A text as a JSON string.
func quotedForJSON(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\\(scalar)"
    case "\n": quoted += "\\n"
    case _ where scalar.value < 0x20:
      quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}

/// The text of a small file of the kernel's, without the line break; `nil` when there is none or it may not be read.
func kernelText(_ path: String) -> String? {
  do throws(HostFailure) {
    let text = String(decoding: try contents(of: path, bytesMax: 1 << 20), as: UTF8.self)
    return String(text.reversed().drop { $0 == "\n" || $0 == " " }.reversed())
  } catch { return nil }
}
