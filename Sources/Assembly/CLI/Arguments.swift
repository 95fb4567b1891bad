internal import Host
internal import Settings

/// What follows a command's name on the command line.
struct Arguments {
  /// Whose they are.
  let command: Command
  /// The words that are no options.
  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]

  /// Reads `--name value`, `--name=value`, switches and operands; behind `--` everything is an operand.
  init(_ words: [String], for command: Command) throws(CommandFailure) {
    self.command = command
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let option = command.option(String(parts[0])) else {
        throw .usage(command, unknown(String(parts[0]), "option", among: command.optionNames))
      }
      try take(option, inline: parts.count > 1 ? String(parts[1]) : nil, &rest)
    }
    for option in command.options where option.isRequired && values[option.name] == nil {
      throw .usage(command, "'\(option.name) \(option.value ?? "")' is missing")
    }
    guard command.operands.count.contains(operands.count) else {
      let found = operands.map { "'\($0)'" }.joined(separator: " ")
      throw .usage(
        command,
        operands.count < command.operands.count.lowerBound
          ? "'\(command.operands.name)' is missing" : "more words than it takes: \(found)"
      )
    }
  }
  /// Hands all words to whoever reads them himself.
  init(passing words: [String], to command: Command) { (self.command, operands) = (command, words) }

  private mutating func take(_ option: CommandOption, inline: String?, _ rest: inout ArraySlice<String>)
    throws(CommandFailure)
  {
    guard option.value != nil else {
      if inline != nil { throw .usage(command, "'\(option.name)' takes no value") }
      values[option.name] = []
      return
    }
    guard let text = inline ?? rest.popFirst() else { throw .usage(command, "'\(option.name)' wants a value") }
    if values[option.name] != nil, !option.isRepeatable {
      throw .usage(command, "'\(option.name)' for the second time")
    }
    values[option.name, default: []].append(text)
  }

  /// Whether an option was given.
  func isGiven(_ name: String) -> Bool {
    values[name] != nil
  }
  /// An option's value, or `nil` when it was not given.
  subscript(_ name: String) -> String? { values[name]?.last }
  /// All values of an option that may be given several times.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// An option's value as a whole number, or `nil` when it was not given.
  func count(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
    guard let text = self[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      let bound =
        range.upperBound == .max ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      throw mistake(name, "a whole number \(bound)")
    }
    return value
  }
  /// An option's value as a time in UTC nanoseconds, or `nil` when it was not given.
  func time(_ name: String) throws(CommandFailure) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let time = Moment.read(text, nowNs: Moment.nowNs()) else {
      throw mistake(name, "a time such as 2026-01-31T12:00:00Z, or an age such as 15m")
    }
    return time
  }
  /// The mistake of a value that makes no sense.
  func mistake(_ name: String, _ expected: String) -> CommandFailure {
    .usage(command, "'\(name)' wants \(expected), not '\(self[name] ?? "")'")
  }
}

/// Why a command could not do its work.
enum CommandFailure: Error {
  /// The command line makes no sense.
  case usage(Command, String)
  /// There is no such command.
  case unknown(String, after: [String], known: [String])
  /// Something is wrong with what it was to look at.
  case problem(String)
  /// It could not find out what it was to find out, which is told apart from finding something wrong.
  case notRun(String)
  /// The machine does not allow it.
  case environment(HostFailure)

  /// What is written to standard error.
  var text: String {
    switch self {
    case .usage(let command, let text): "sluice \(command.name): \(text)\nTry 'sluice \(command.name) --help'."
    case .unknown(let word, let path, let known):
      "sluice: \(CLI.unknown(word, "command", among: known))\n"
        + "Try 'sluice \((path + ["--help"]).joined(separator: " "))'."
    case .problem(let text), .notRun(let text): "sluice: \(text)"
    case .environment(let failure): "sluice: \(failure.cause)\n\(failure.remedy)"
    }
  }
  /// What the program ends with.
  var status: Int32 {
    switch self {
    case .usage, .unknown, .notRun: ExitStatus.usage
    case .problem: ExitStatus.problems
    case .environment: ExitStatus.environment
    }
  }
}

extension CommandFailure {
  /// The same for commands that tell only whether they could run.
  var asNotRun: CommandFailure {
    if case .environment(let failure) = self { .notRun("\(failure.cause)\n\(failure.remedy)") } else { self }
  }
}

/// Performs what the machine may refuse.
func onHost<Value: ~Copyable>(_ body: () throws(HostFailure) -> Value) throws(CommandFailure) -> Value {
  do throws(HostFailure) { return try body() } catch { throw .environment(error) }
}

/// Says that a word is unknown, with the nearest one that is known.
private func unknown(_ word: String, _ kind: String, among known: [String]) -> String {
  let hint = nearest(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
  return "unknown \(kind) '\(word)'\(hint)"
}
