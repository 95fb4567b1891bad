internal import Host
internal import Settings
internal import TLS

/// `sluice keys ticket …`: the keys that seal TLS session tickets.
let ticketCommands: [Command] = [
  Command(
    name: "keys ticket make",
    summary: "make a file of ticket keys",
    details: """
      Draws the keys that seal TLS session tickets and writes them to a file with mode 600. A gateway makes its own file
      when there is none; make one by hand to share it among nodes before they start. A file that is there stays.
      """,
    options: ticketFile,
    examples: ["sluice keys ticket make --file /etc/sluice/ticket-keys"],
    perform: { arguments throws(CommandFailure) in try makeTicketKeys(arguments) }
  ),
  Command(
    name: "keys ticket rotate",
    summary: "move ticket keys on: next becomes current, current becomes previous",
    details: """
      Tickets of the previous key still open and are replaced; those of the key before it are refused, and their clients
      handshake in full. Running gateways notice the change within seconds, on SIGHUP at once.
      """,
    options: ticketFile,
    examples: ["sluice keys ticket rotate --config sluice.yaml"],
    perform: { arguments throws(CommandFailure) in try rotateTicketKeys(arguments) }
  ),
  Command(
    name: "keys ticket list",
    summary: "list ticket keys: what they are used for, their name, when they were made",
    options: ticketFile,
    examples: ["sluice keys ticket list --config sluice.yaml"],
    perform: { arguments throws(CommandFailure) in try listTicketKeys(arguments) }
  ),
]

private let ticketFile = [
  CommandOption("--file", "FILE", "the file of ticket keys, or its directory", short: "-f"),
  CommandOption("--config", "FILE", "the settings whose 'tls.tickets.keys' names it", short: "-c"),
  CommandOption("--listener", "NAME", "whose, when listeners have files of their own"),
]

private func path(_ arguments: Arguments) throws(CommandFailure) -> String {
  switch (arguments["--file"], arguments["--config"]) {
  case (let file?, nil):
    var tickets = TicketSettings()
    tickets.keys = file
    return TicketKeysOnDisk.path(tickets, data: ".")
  case (nil, let file?):
    let settings = try SettingsFile.read(file)
    let name = arguments["--listener"]
    let listeners = settings.listeners.filter { $0.tls.isOn && (name == nil || $0.name == name) }
    let paths = Set(listeners.map { TicketKeysOnDisk.path($0.tls.tickets, data: settings.dataDirectory) })
    guard let first = paths.first else {
      throw .problem(name.map { "\(file) has no listener '\($0)' with TLS" } ?? "\(file) has no listener with TLS")
    }
    guard paths.count == 1 else {
      let names = listeners.map { "'\($0.name)'" }.joined(separator: ", ")
      throw .usage(arguments.command, "'--listener NAME' is missing: \(names) have files of their own")
    }
    return first
  case (nil, nil): throw .usage(arguments.command, "'--file FILE' or '--config FILE' is missing")
  case (_?, _?): throw .usage(arguments.command, "'--file' and '--config' name the file twice")
  }
}

private func nowSeconds() -> Int64 { Moment.secondsOf(Moment.nowNs()) }

private func makeTicketKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = try path(arguments)
  let made = try onHost { () throws(HostFailure) in try TicketKeysOnDisk.make(path, nowSeconds: nowSeconds()) }
  guard made != nil else { throw .problem("\(path) is there already; 'sluice keys ticket rotate' moves its keys on") }
  StandardError.write("\(path) is made; nodes that share it resume each other's sessions")
  return ExitStatus.good
}

private func rotateTicketKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = try path(arguments)
  let file = try onHost { () throws(HostFailure) in try TicketKeysOnDisk.rotate(path, nowSeconds: nowSeconds()) }
  StandardError.write("key \(file.current.label) seals; running gateways notice within seconds, on SIGHUP at once")
  return ExitStatus.good
}

private func listTicketKeys(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let path = try path(arguments)
  let file = try onHost { () throws(HostFailure) in try TicketKeysOnDisk.read(path) }
  for (state, key) in file.entries {
    let pad = String(repeating: " ", count: 8 - state.rawValue.utf8.count)
    let since = state == .current ? "  sealing since \(SecondText(file.rotatedSeconds).string)Z" : ""
    StandardOutput.write("\(state.rawValue)\(pad)  \(key.label)  \(SecondText(key.madeSeconds).string)Z\(since)\n")
  }
  return ExitStatus.good
}
