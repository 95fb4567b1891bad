internal import Events
internal import Gate
internal import Gateway
internal import Glibc
internal import Host
internal import Settings

extension Command {
  /// `sluice check`.
  static let check = Command(
    name: "check",
    summary: "find every mistake in the settings, in the files of keys, in those of TLS, in schemas and in plans",
    details: """
      Reads all of them as 'sluice run' would and prints all mistakes at once, each with its place, what was expected
      and the nearest valid word. What is valid but unwise is a warning. Nothing is changed and nothing is started.
      """,
    options: [
      CommandTable.configuration(isRequired: true),
      CommandOption("--print", nil, "show every setting with the value that holds, defaults included"),
      CommandOption("--strict", nil, "exit with 1 on warnings too"),
    ],
    examples: ["sluice check --config sluice.yaml", "sluice check --config sluice.yaml --print | grep limits"],
    perform: { arguments throws(CommandFailure) in try performCheck(arguments) }
  )
}

private func performCheck(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = arguments["--config"] ?? ""
  let settings = try SettingsFile.read(path)
  var mistakes = 0
  var warnings = Unwise(settings).warnings
  if let keysPath = settings.keysFile {
    switch try KeysOnDisk.check(keysPath) {
    case .good(let file): warnings += Unwise.warnings(of: file, at: keysPath, settings)
    case .wrong(let lines):
      mistakes = lines.count
      for line in lines { StandardError.write(line) }
    }
  }
  for examination in TLSExamination.all(settings) {
    mistakes += examination.problems.count
    for problem in examination.problems { StandardError.write(problem.line) }
    warnings += examination.warnings.map(\.line)
  }
  let schemas = SchemaExamination(settings)
  if let schemas {
    mistakes += schemas.mistakes.count
    for mistake in schemas.mistakes { StandardError.write(mistake) }
    warnings += schemas.warnings
  }
  let redaction = RedactionExamination(settings, schemas?.registry)
  mistakes += redaction.mistakes.count
  for mistake in redaction.mistakes { StandardError.write(mistake) }
  warnings += redaction.warnings
  for warning in warnings { StandardError.write("\(path): warning: \(warning)") }
  if arguments.isGiven("--print") {
    StandardOutput.write(settings.lines.map { $0 + "\n" }.joined())
  } else if mistakes == 0 {
    var found = "\(counted(settings.topics.count, "topic")), \(counted(settings.listeners.count, "listener"))"
    if let schemas { found += ", \(counted(schemas.versions, "schema version"))" }
    StandardOutput.write(
      "\(path): good, \(found)\(warnings.isEmpty ? "" : ", \(counted(warnings.count, "warning"))")\n"
    )
  }
  return mistakes > 0 || arguments.isGiven("--strict") && !warnings.isEmpty ? ExitStatus.problems : ExitStatus.good
}

/// A number and what it counts.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The file of settings.
enum SettingsFile {
  /// Reads it.
  ///
  /// Throws: `problem` with every mistake in it, or why it can't be read.
  static func read(_ path: String) throws(CommandFailure) -> NodeSettings {
    let bytes = try onHost { () throws(HostFailure) in try contents(of: path) }
    do throws(SettingsMistakes) { return try NodeSettings.read(bytes, file: path, protocols: frontNames) } catch {
      let count = counted(error.all.count, "mistake")
      throw .problem("\(count) in the settings\n\(error.description)")
    }
  }
}

/// The contents of a file that must be there.
///
/// What is larger than `bytesMax` is refused.
func contents(of path: String, bytesMax: Int = 64 << 20) throws(HostFailure) -> [UInt8] {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw unreadable(path, errno) }
  defer { _ = close(file) }
  return try contents(of: file, path, bytesMax: bytesMax)
}

/// The rest of what an open file holds.
func contents(of file: Int32, _ path: String, bytesMax: Int = 64 << 20) throws(HostFailure) -> [UInt8] {
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = unsafe read(file, &piece, piece.count)
    if count == 0 { return bytes }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw unreadable(path, errno) }
    bytes += piece.prefix(count)
    guard bytes.count <= bytesMax else { throw unreadable(path, EFBIG) }
  }
}

/// Why a file could not be read.
func unreadable(_ path: String, _ errorNumber: Int32) -> HostFailure {
  HostFailure(
    cause: "Cannot read \(path): \(errorText(errorNumber)).",
    remedy: "Name a file that is there and that you may read.",
    errorNumber: errorNumber
  )
}

/// What is valid but unwise.
struct Unwise {
  /// One sentence each.
  private(set) var warnings: [String] = []

  init(_ settings: NodeSettings) {
    for listener in settings.listeners where listener.keys == .none && !listener.address.isLoopback {
      warnings.append(
        "listener '\(listener.name)' on \(listener.address) asks for no keys: whoever reaches it may write to every "
          + "topic; set 'keys: required' or listen on 127.0.0.1"
      )
    }
    for listener in settings.listeners where listener.keys == .required && !listener.address.isLoopback {
      guard !listener.tls.isOn else { continue }
      warnings.append(
        "listener '\(listener.name)' on \(listener.address) takes keys in plain text; "
          + "give it 'tls', or a proxy in front that has it"
      )
    }
    for listener in settings.listeners
    where listener.proxyProtocol.from.contains(where: { $0.description.hasSuffix("/0") }) {
      warnings.append(
        "listener '\(listener.name)' believes every source what it says by the PROXY protocol; name the balancers"
      )
    }
    if !settings.adminAddress.isLoopback {
      warnings.append("'admin.address' \(settings.adminAddress) can be reached from elsewhere, and it asks for no keys")
    }
    let segments = settings.log.retentionBytes / settings.log.segmentBytes
    if segments < 4 {
      warnings.append(
        "'log.retention.bytes' holds only \(segments) segments, and a whole one is given up at a time; "
          + "lower 'log.segment_bytes' (\(sizeText(settings.log.segmentBytes)))"
      )
    }
    for topic in settings.topics where topic.acknowledge == .received {
      warnings.append("topic '\(topic.name)' is acknowledged as 'received': a crash loses what was acknowledged last")
    }
    if !settings.dataDirectory.hasPrefix("/") {
      warnings.append("'data' is '\(settings.dataDirectory)', which depends on the directory the gateway starts in")
    }
    for place in ["/tmp", "/dev/shm", "/run"] where settings.dataDirectory.hasPrefix(place + "/") {
      warnings.append("'data' lies under \(place), which does not survive a restart of the machine")
    }
    if settings.steering == .nic, settings.listeners.allSatisfy({ $0.address.isLoopback }) {
      warnings.append("'steering: nic' on loopback lets the clients' CPUs choose the shard; use 'hash'")
    }
  }

  /// What is unwise in a file of keys.
  static func warnings(of file: KeyFile, at path: String, _ settings: NodeSettings) -> [String] {
    var warnings: [String] = []
    if !file.entries.contains(where: { !$0.isRevoked }) {
      warnings.append("\(path) holds no key that is not revoked, so listeners with 'keys: required' refuse everything")
    }
    let topics = settings.topics.enumerated().map { $1.topic(id: TopicID(rawValue: UInt16($0))) }
    for (id, pattern) in KeyRing(file.entries, topics: topics, seed: 0).unmatched {
      warnings.append("key '\(id)' in \(path) may write '\(pattern)', which is no topic in these settings")
    }
    return warnings
  }
}
