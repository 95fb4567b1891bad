internal import Gate
internal import Glibc
internal import Host
internal import Settings

/// `sluice keys …`: the file of API keys.
let keysCommands: [Command] = [
  Command(
    name: "keys api make",
    summary: "make a key and print it, once",
    details: """
      Prints the key to standard output and adds the digest of its secret to the file, which is made when it is missing,
      with mode 600. The key itself is kept nowhere. A running gateway takes the file again on SIGHUP.
      """,
    options: keysFile + [
      CommandOption(
        "--topics",
        "LIST",
        "what it may write, separated by commas: names, prefixes as 'iot-*', or '*'",
        isRequired: true
      ),
      CommandOption(
        "--certificate",
        "NAME",
        "what opens it instead of a secret: clients' certificates of that name; one '*' stands for anything"
      ),
      CommandOption("--id", "ID", "its public name, 8 to 16 of 'a-z 0-9'; drawn when it isn't given"),
    ],
    examples: ["sluice keys api make --file keys --topics orders,iot-*"],
    perform: { arguments throws(CommandFailure) in try makeKey(arguments) }
  ),
  Command(
    name: "keys api list",
    summary: "list keys: id, state, when it was made, topics",
    options: keysFile,
    examples: ["sluice keys api list --config sluice.yaml"],
    perform: { arguments throws(CommandFailure) in try listKeys(arguments) }
  ),
  Command(
    name: "keys api revoke",
    summary: "mark a key as revoked",
    details: "Its line stays, since events remember their key by its place. A running gateway takes it on SIGHUP.",
    operands: Command.Operands(name: "ID", count: 1...1),
    options: keysFile,
    examples: ["sluice keys api revoke --file keys k7mq2xw5abcd"],
    perform: { arguments throws(CommandFailure) in try revokeKey(arguments) }
  ),
]

private let keysFile = [
  CommandOption("--file", "FILE", "the file of keys", short: "-f"),
  CommandOption("--config", "FILE", "the settings whose 'keys.file' names it", short: "-c"),
]

private func path(_ arguments: Arguments) throws(CommandFailure) -> String {
  switch (arguments["--file"], arguments["--config"]) {
  case (let file?, nil): return file
  case (nil, let settings?):
    guard let file = try SettingsFile.read(settings).keysFile else {
      throw .problem("\(settings) names no 'keys.file'")
    }
    return file
  case (nil, nil): throw .usage(arguments.command, "'--file FILE' or '--config FILE' is missing")
  case (_?, _?): throw .usage(arguments.command, "'--file' and '--config' name the file twice")
  }
}

private func makeKey(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let list = arguments["--topics"] ?? ""
  let topics = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  guard topics.allSatisfy({ KeyFile.isPattern($0) }) else {
    throw arguments.mistake("--topics", "names, prefixes ending in '*', or '*', separated by commas")
  }
  var random = SystemRandomNumberGenerator()
  let fresh = APIKey.make(using: &random)
  let id = arguments["--id"] ?? fresh.id
  guard APIKey.isID(id) else { throw arguments.mistake("--id", "8 to 16 of 'a-z 0-9'") }
  if let name = arguments["--certificate"], !KeyFile.isCertificateName(name) {
    throw arguments.mistake("--certificate", "a name of 1 to 512 bytes with one '*' at the most")
  }
  let credential = arguments["--certificate"].map(KeyFile.Entry.Credential.certificate) ?? .secret(fresh.digest)
  let made = Moment.text(Moment.secondsOf(Moment.nowNs()) * 1_000_000_000).dropLast(11) + "Z"
  let file = try path(arguments)
  try KeysOnDisk.change(file, isMade: true) { (keys) throws(CommandFailure) in
    let entry = KeyFile.Entry(id: id, credential, topics: topics, created: String(made))
    guard let longer = keys.adding(entry) else {
      throw .problem(
        keys.entries.contains { $0.id == id }
          ? "\(file) has a key '\(id)' already" : "\(file) has no room for another key"
      )
    }
    return longer
  }
  if let name = arguments["--certificate"] {
    StandardError.write("certificates of '\(name)' may write \(list). SIGHUP makes a running gateway take it.")
    return ExitStatus.good
  }
  // The digest is that of the secret alone, so the id may be another.
  StandardOutput.write("sk_\(id)_\(fresh.text.dropFirst(4 + fresh.id.utf8.count))\n")
  StandardError.write("key '\(id)' may write \(list); it is shown only here. SIGHUP makes a running gateway take it.")
  return ExitStatus.good
}

private func listKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let file = try path(arguments)
  switch try KeysOnDisk.check(file) {
  case .wrong(let lines):
    for line in lines { StandardError.write(line) }
    return ExitStatus.problems
  case .good(let keys):
    let width = keys.entries.map(\.id.utf8.count).max() ?? 0
    for entry in keys.entries {
      let id = entry.id + String(repeating: " ", count: width - entry.id.utf8.count)
      let state = entry.isRevoked ? "revoked" : "active "
      var line = "\(id)  \(state)  \(entry.created)  \(entry.topics.joined(separator: ","))"
      if case .certificate(let name) = entry.credential { line += "  certificate \(name)" }
      StandardOutput.write(line + "\n")
    }
    return ExitStatus.good
  }
}

private func revokeKey(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let file = try path(arguments)
  let id = arguments.operands[0]
  var wasRevoked = false
  try KeysOnDisk.change(file, isMade: false) { (keys) throws(CommandFailure) in
    guard let changed = keys.revoking(id) else { throw .problem("\(file) has no key '\(id)'") }
    wasRevoked = changed == keys
    return changed
  }
  let note = wasRevoked ? "was revoked already" : "is revoked; SIGHUP makes a running gateway take it"
  StandardError.write("key '\(id)' \(note)")
  return ExitStatus.good
}
