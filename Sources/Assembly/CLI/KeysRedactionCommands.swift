internal import Glibc
internal import Host
internal import Redaction
internal import Settings

/// `sluice keys redaction …`: the keys of pseudonyms, tokens and encrypted values.
let redactionKeyCommands: [Command] = [
  Command(
    name: "keys redaction make",
    summary: "make keys of redaction and add them to their file",
    details: """
      Without --name it makes those that operations use unless they name others: 'pseudonym', 'tokenize' and 'encrypt'.
      The file is made when it is missing, with mode 600. A running gateway takes it on SIGHUP.
      """,
    options: redactionKeyFile + [
      CommandOption("--name", "NAME", "what the key is called: 1 to 16 of 'a-z 0-9', the first a letter"),
      CommandOption("--purpose", "PURPOSE", "what it is for: 'pseudonym', 'tokenize' or 'encrypt'; with --name"),
    ],
    examples: [
      "sluice keys redaction make --file /etc/sluice/redaction-keys",
      "sluice keys redaction make --config sluice.yaml --name patients --purpose encrypt",
    ],
    perform: { arguments throws(CommandFailure) in try makeRedactionKeys(arguments) }
  ),
  Command(
    name: "keys redaction rotate",
    summary: "put a fresh key in the place of an active one",
    details: """
      The former key is retired: it gives values back, and makes no fresh ones. From then on the same value gets another
      pseudonym and another token than before. A running gateway takes the file on SIGHUP.
      """,
    options: redactionKeyFile + [CommandOption("--name", "NAME", "whose key", isRequired: true)],
    examples: ["sluice keys redaction rotate --file /etc/sluice/redaction-keys --name encrypt"],
    perform: { arguments throws(CommandFailure) in try rotateRedactionKey(arguments) }
  ),
  Command(
    name: "keys redaction list",
    summary: "list keys of redaction: id, purpose, state, when it was made",
    options: redactionKeyFile,
    examples: ["sluice keys redaction list --config sluice.yaml"],
    perform: { arguments throws(CommandFailure) in try listRedactionKeys(arguments) }
  ),
  Command(
    name: "keys redaction destroy",
    summary: "take a key's secret away for good, and with it what it protects",
    details: """
      Nobody can read what the key has encrypted, or turn its tokens back, once every copy of the file has lost the
      secret: backups and other nodes included. The line stays and says so. There is no way back.
      """,
    operands: Command.Operands(name: "KEY", count: 1...1),
    options: redactionKeyFile + [
      CommandOption("--yes", nil, "do it; without it, only say what would become unreadable")
    ],
    examples: ["sluice keys redaction destroy --file /etc/sluice/redaction-keys patients.3 --yes"],
    perform: { arguments throws(CommandFailure) in try destroyRedactionKey(arguments) }
  ),
]

private let redactionKeyFile = [
  CommandOption("--file", "FILE", "the file of keys", short: "-f"),
  CommandOption("--config", "FILE", "the settings whose 'redaction.keys' names it", short: "-c"),
]

private func path(_ arguments: Arguments) throws(CommandFailure) -> String {
  switch (arguments["--file"], arguments["--config"]) {
  case (let file?, nil): return file
  case (nil, let settings?):
    let keys = try SettingsFile.read(settings).redactionKeys
    guard let file = keys.file else {
      let reason = keys.isOn ? "has its keys from 'redaction.keys.command'" : "names no 'redaction.keys'"
      throw .problem("\(settings) \(reason)")
    }
    return file
  case (nil, nil): throw .usage(arguments.command, "'--file FILE' or '--config FILE' is missing")
  case (_?, _?): throw .usage(arguments.command, "'--file' and '--config' name the file twice")
  }
}
private func name(_ arguments: Arguments) throws(CommandFailure) -> KeyName? {
  guard let text = arguments["--name"] else { return nil }
  guard let name = KeyName(text) else {
    throw arguments.mistake("--name", "1 to 16 of 'a-z 0-9', the first a letter")
  }
  return name
}
private func madeNow() -> String { SecondText(Moment.secondsOf(Moment.nowNs())).string + "Z" }

private func makeRedactionKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let file = try path(arguments)
  var wanted = KeyPurpose.allCases.map { (KeyName.standard($0), $0) }
  if let name = try name(arguments) {
    guard let word = arguments["--purpose"] else { throw .usage(arguments.command, "'--purpose PURPOSE' is missing") }
    guard let purpose = KeyPurpose(rawValue: word) else {
      throw arguments.mistake("--purpose", "'pseudonym', 'tokenize' or 'encrypt'")
    }
    wanted = [(name, purpose)]
  } else if arguments.isGiven("--purpose") {
    throw .usage(arguments.command, "'--name NAME' is missing")
  }
  var made: [KeyID] = []
  try change(file, isMade: true) { (edit) throws(RedactionKeyEdit.Refusal) in
    var random = SystemRandomNumberGenerator()
    for (name, purpose) in wanted {
      // Of the usual three those that are missing are made.
      if wanted.count > 1, edit.file.entries.contains(where: { $0.id.name == name }) { continue }
      made.append(try edit.make(name, purpose, made: madeNow(), using: &random))
    }
  }
  guard !made.isEmpty else {
    throw .problem("\(file) has all of these keys; 'sluice keys redaction rotate' renews one")
  }
  StandardError.write("made \(made.map(\.description).joined(separator: ", ")); SIGHUP makes a running gateway take it")
  return ExitStatus.good
}

private func rotateRedactionKey(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let file = try path(arguments)
  guard let name = try name(arguments) else { throw .usage(arguments.command, "'--name NAME' is missing") }
  var fresh: KeyID?
  try change(file, isMade: false) { (edit) throws(RedactionKeyEdit.Refusal) in
    var random = SystemRandomNumberGenerator()
    fresh = try edit.rotate(name, made: madeNow(), using: &random)
  }
  let id = fresh.map { "\($0)" } ?? ""
  StandardError.write("key '\(id)' is active; SIGHUP makes a running gateway take it")
  return ExitStatus.good
}

private func listRedactionKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = try path(arguments)
  let file = try onHost { () throws(HostFailure) in try readKeyFile(path) }
  func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - text.utf8.count) }
  let width = file.entries.map { "\($0.id)".utf8.count }.max() ?? 0
  for entry in file.entries {
    let elsewhere = if case .wrapped = entry.secret { "  with a service" } else { "" }
    let words = [
      padded("\(entry.id)", width), padded(entry.purpose.rawValue, 9), padded(entry.state.rawValue, 9), entry.made,
    ]
    StandardOutput.write(words.joined(separator: "  ") + elsewhere + "\n")
  }
  return ExitStatus.good
}

private func destroyRedactionKey(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let file = try path(arguments)
  guard let id = KeyID(arguments.operands[0]) else {
    throw .usage(arguments.command, "'\(arguments.operands[0])' is no key's id, such as 'encrypt.1'")
  }
  guard arguments.isGiven("--yes") else {
    let found = try onHost { () throws(HostFailure) in try readKeyFile(file) }
    guard let entry = found.entries.first(where: { $0.id == id }) else { throw .problem("\(file) has no key '\(id)'") }
    let loss =
      switch entry.purpose {
      case .pseudonym: "nobody could check any more which value a pseudonym of '\(id)' stands for"
      case .tokenize: "no token of '\(id)' could be turned back"
      case .encrypt: "nothing that '\(id)' has encrypted could be read"
      }
    throw .problem("\(loss), for good; nothing is destroyed without --yes")
  }
  var wasThere = false
  try change(file, isMade: false) { (edit) throws(RedactionKeyEdit.Refusal) in wasThere = try edit.destroy(id) }
  StandardError.write(
    wasThere ? "key '\(id)' is destroyed here; copies of the file still have it" : "key '\(id)' was destroyed already"
  )
  return ExitStatus.good
}

/// What is in the file, for whoever looks at it.
private func readKeyFile(_ path: String) throws(HostFailure) -> RedactionKeyFile {
  let file = try SecretFile.open(path, O_RDONLY)
  defer { _ = close(file) }
  return try edit(file, path).file
}
private func edit(_ file: Int32, _ path: String) throws(HostFailure) -> RedactionKeyEdit {
  if let mode = SecretFile.looseMode(try SecretFile.status(of: file, path)) {
    throw HostFailure(cause: "\(path) has mode \(mode), which lets others at it.", remedy: "Run `chmod 600 \(path)`.")
  }
  let bytes = try contents(of: file, path, bytesMax: RedactionKeyFile.bytesMax)
  do throws(RedactionKeyFileMistake) { return try RedactionKeyEdit(bytes, file: path) } catch {
    throw HostFailure(cause: "\(error).", remedy: "Mend that line, or restore the file.")
  }
}

/// Replaces the file by a changed one: whoever reads it finds the old or the new one, also after a crash.
///
/// Who changes it at the same time waits.
private func change(
  _ path: String,
  isMade: Bool,
  _ body: (inout RedactionKeyEdit) throws(RedactionKeyEdit.Refusal) -> Void
) throws(CommandFailure) {
  let path = SecretFile.resolved(path)
  let file = try onHost { () throws(HostFailure) in try SecretFile.lock(path, isMade: isMade) }
  defer { _ = close(file) }
  var changed = try onHost { () throws(HostFailure) in try edit(file, path) }
  let former = changed.text
  do throws(RedactionKeyEdit.Refusal) { try body(&changed) } catch { throw problem(error, path) }
  guard changed.text != former else { return }
  try onHost { () throws(HostFailure) in
    try SecretFile.replace(path, by: changed.text, ownedAs: try SecretFile.status(of: file, path))
  }
}
private func problem(_ refusal: RedactionKeyEdit.Refusal, _ path: String) -> CommandFailure {
  switch refusal {
  case .isThere(let name): .problem("\(path) has keys '\(name)'; 'sluice keys redaction rotate' renews them")
  case .isMissing(let text): .problem("\(path) has no key '\(text)'")
  case .isFull: .problem("\(path) has no room for another key")
  }
}
