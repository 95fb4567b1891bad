/// One command: what it is called, what it takes, and what performs it.
///
/// The one place that knows an option: reading, `--help` and the document's test go by it.
struct Command: Sendable {
  /// Its words, such as `log cat`.
  let name: String
  /// What it does, in a few words.
  let summary: String
  /// What else there is to know, in lines.
  var details = ""
  /// Words that are no options.
  var operands = Operands.none
  /// What it takes besides `--help`.
  var options: [CommandOption] = []
  /// Whole command lines with a word of explanation.
  var examples: [String] = []
  /// Whether it reads its words itself, `--help` included.
  var isPassedThrough = false
  /// Performs it and gives the exit status.
  let perform: @Sendable (Arguments) throws(CommandFailure) -> Int32

  /// How many words that are no options a command takes, and what they are called.
  struct Operands: Sendable {
    let name: String
    let count: ClosedRange<Int>
    /// No such words.
    static let none = Operands(name: "", count: 0...0)
  }

  /// The option of that name.
  func option(_ name: String) -> CommandOption? { options.first { $0.name == name || $0.short == name } }
  /// All names of options.
  var optionNames: [String] { options.flatMap { [$0.name] + ($0.short.map { [$0] } ?? []) } + ["--help", "-h"] }
}

/// One option of a command.
struct CommandOption: Sendable {
  /// With its dashes: `--config`.
  let name: String
  /// What stands for its value in `--help`; `nil` for a switch.
  let value: String?
  /// What it does.
  let summary: String
  /// A name of one letter.
  var short: String?
  /// Whether it may be given several times.
  var isRepeatable = false
  /// Whether there is no command without it.
  var isRequired = false

  /// An option with a value, or a switch when `value` is `nil`.
  init(
    _ name: String,
    _ value: String?,
    _ summary: String,
    short: String? = nil,
    isRepeatable: Bool = false,
    isRequired: Bool = false
  ) {
    (self.name, self.value, self.summary, self.short) = (name, value, summary, short)
    (self.isRepeatable, self.isRequired) = (isRepeatable, isRequired)
  }
}

/// What `--help` prints.
enum HelpText {
  /// A command's help.
  static func command(_ command: Command) -> String {
    var text = "sluice \(command.name): \(command.summary)\n\nusage: sluice \(command.name)"
    for option in command.options where option.isRequired { text += " \(option.name) \(option.value ?? "")" }
    text += command.operands.name.isEmpty ? "" : " \(command.operands.name)"
    text += command.options.contains { !$0.isRequired } ? " [options]\n" : "\n"
    if !command.details.isEmpty { text += "\n\(command.details)\n" }
    text += "\noptions\n"
    let help = CommandOption("--help", nil, "print this", short: "-h")
    text += table(
      (command.options + [help]).map { option in
        let names = (option.short.map { "\($0), " } ?? "") + option.name
        return (option.value.map { "\(names) \($0)" } ?? names, option.summary)
      }
    )
    if !command.examples.isEmpty { text += "\nexamples\n" + command.examples.map { "  \($0)\n" }.joined() }
    return text + "\n" + statuses
  }

  /// The help of everything below a path.
  static func group(_ path: [String]) -> String {
    let name = (["sluice"] + path).joined(separator: " ")
    var text = ""
    if path.isEmpty {
      text += "sluice \(Version.text): takes events from the edge, makes them durable, then acknowledges them\n\n"
    }
    text += "usage: \(name) COMMAND [options]\n\ncommands\n"
    text += table(CommandTable.commands(below: path).map { ($0.name, $0.summary) })
    if path.isEmpty { text += "\n  sluice COMMAND --help explains a command, sluice --version names this program.\n" }
    return text + "\n" + statuses
  }

  /// Two columns.
  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { left, right in
      let lines = right.split(separator: "\n", omittingEmptySubsequences: false)
      let indent = "\n" + String(repeating: " ", count: width + 4)
      return "  " + left + String(repeating: " ", count: width - left.count + 2) + lines.joined(separator: indent)
        + "\n"
    }.joined()
  }

  private static let statuses = """
    exit status
      0  all is well
      1  something is wrong with what was looked at, or it failed in the middle
      2  the command line makes no sense; a schema command could not run
      3  the machine, a file or a directory does not allow it

    """
}
