internal import Load

/// All commands there are.
enum CommandTable {
  /// In the order in which `--help` lists them.
  static let commands: [Command] =
    [
      Command(
        name: "run",
        summary: "serve until told to stop",
        details: """
          SIGTERM and SIGINT end it in order: what is in flight is made durable and acknowledged first. A second one
          ends it at once. SIGHUP reads the settings, the keys and the certificates again.
          """,
        options: [
          configuration(isRequired: true),
          CommandOption(
            "--debug-tls-keys",
            "FILE",
            "append the secrets of every TLS connection to a file, to decrypt a capture; never in production"
          ),
        ],
        examples: ["sluice run --config /etc/sluice/sluice.yaml"],
        perform: { arguments in
          runGateway(configuration: arguments["--config"] ?? "", tlsKeyLog: arguments["--debug-tls-keys"])
        }
      ),
      .check,
      .doctor,
    ] + logCommands + quarantineCommands + keysCommands + ticketCommands + redactionKeyCommands + schemaCommands + [
      .schemaTest,
      .redact,
      .reveal,
      Command(
        name: "load",
        summary: "send events and measure how fast they are acknowledged",
        examples: ["sluice load --target 127.0.0.1:8080 --rate 20000"],
        isPassedThrough: true,
        perform: { arguments in run(arguments: arguments.operands) }
      ),
    ]

  /// The option that names the settings.
  static func configuration(isRequired: Bool = false) -> CommandOption {
    CommandOption("--config", "FILE", "the settings, as sluice.yaml", short: "-c", isRequired: isRequired)
  }

  /// The command of exactly these words.
  static func command(_ path: [String]) -> Command? {
    let name = path.joined(separator: " ")
    return commands.first { $0.name == name }
  }
  /// The commands whose words begin with these.
  static func commands(below path: [String]) -> [Command] {
    commands.filter { $0.name.split(separator: " ").map(String.init).starts(with: path) }
  }
  /// The words that may follow these.
  static func words(below path: [String]) -> [String] {
    var words: [String] = []
    for command in commands(below: path) {
      let parts = command.name.split(separator: " ")
      guard parts.count > path.count, words.last != String(parts[path.count]) else { continue }
      words.append(String(parts[path.count]))
    }
    return words
  }
}
