import Foundation
import Testing

@testable import CLI

@Suite struct CommandLineTests {
  /// The document's part about each command, by the command's name.
  private func sections() throws -> [String: String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appendingPathComponent("Docs/Operations/command-line.md")
    var sections: [String: String] = [:]
    for part in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n## sluice ").dropFirst() {
      let name = part.prefix { $0 != "\n" }
      sections[String(name)] = String(part.dropFirst(name.count))
    }
    return sections
  }

  @Test func `the document has a section for every command, and for no other`() throws {
    #expect(try Set(sections().keys) == Set(CommandTable.commands.map(\.name)))
  }

  @Test func `a section names the options that its command has, and no others`() throws {
    let sections = try sections()
    for command in CommandTable.commands where !command.isPassedThrough {
      let section = sections[command.name] ?? ""
      let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `--") }
      let known = command.options.map { option in
        ([option.name] + (option.value.map { [$0] } ?? [])).joined(separator: " ")
      }
      let named = rows.map { row in
        row.dropFirst(3).prefix { $0 != "`" }.replacingOccurrences(of: "\\|", with: "|")
      }
      #expect(named == known, "sluice \(command.name)")
    }
  }

  @Test func `the document names every exit status`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/Operations/command-line.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    for status in [ExitStatus.good, ExitStatus.problems, ExitStatus.usage, ExitStatus.environment] {
      #expect(text.contains("\n| \(status) | "))
    }
  }

  @Test func `every command explains itself with its options`() throws {
    for command in CommandTable.commands {
      let help = try Program.Started(command.name.split(separator: " ").map(String.init) + ["--help"]).end()
      #expect(help.status == 0 && help.errors.isEmpty, "\(command.name)")
      #expect(help.output.contains("usage: sluice \(command.name)"))
      for option in command.options { #expect(help.output.contains(option.name), "\(command.name) \(option.name)") }
      #expect(help.lines.allSatisfy { $0.count <= 130 }, "\(command.name)")
    }
    for group in [[], ["log"], ["keys"], ["keys", "api"], ["keys", "ticket"], ["keys", "redaction"], ["schema"]] {
      #expect(try Program.Started(group + ["--help"]).end().status == 0)
      // Without a command there is nothing to do.
      let alone = try Program.Started(group).end()
      #expect(alone.status == 2 && alone.output.isEmpty && alone.errors.contains("commands"))
    }
    #expect(try Program.run("help", "log", "cat").output == Program.run("log", "cat", "-h").output)
  }

  @Test func `the version is the program's`() throws {
    #expect(try Program.run("--version").output == "sluice \(Version.text)\n")
  }

  @Test(arguments: [
    ("chekc", "'check'"), ("log cta", "'cat'"), ("keys api lsit", "'list'"), ("keys tikcet", "'ticket'"),
    ("schema chekc a", "'check'"),
    ("log cat --dta x", "'--data'"),
    ("log tail --folow", "'--follow'"),
  ]) func `a word that is mistyped ends with 2 and the nearest one`(line: String, hint: String) throws {
    let ended = try Program.Started(line.split(separator: " ").map(String.init)).end()
    #expect(ended.status == 2 && ended.output.isEmpty)
    #expect(ended.errors.contains("did you mean \(hint)?"), "\(ended.errors)")
  }

  @Test(arguments: [
    "check", "run", "log cat", "log cat --data a --config b", "log cat --data", "log cat --data a --limit 0",
    "log cat --data a --limit=x", "log tail --follow=yes --data a", "check --config a b", "keys api revoke --file a",
    "log export --data a --topic b", "keys api make --file a --topics a,,b",
    "check --config a --config b", "keys ticket make", "keys ticket list --file a --config b",
    "schema check", "schema check a --mode sideways", "schema infer", "schema infer a b",
  ]) func `a line that makes no sense ends with 2`(line: String) throws {
    let ended = try Program.Started(line.split(separator: " ").map(String.init)).end()
    #expect(ended.status == 2 && ended.errors.contains("--help"), "\(ended.status) \(ended.errors)")
  }

  @Test(arguments: [
    "check --config /nowhere/at/all", "log cat --data /nowhere/at/all", "keys api list --file /nowhere/at/all",
    "keys ticket list --file /nowhere/at/all", "keys ticket rotate --file /nowhere/at/all",
    "keys ticket make --file /nowhere/at/all",
    "log verify --data /proc",
  ]) func `what is not there ends with 3 and its name`(line: String) throws {
    let words = line.split(separator: " ").map(String.init)
    let ended = try Program.Started(words).end()
    #expect(ended.status == 3 && ended.errors.contains(words.last ?? ""), "\(ended.status) \(ended.errors)")
  }

  @Test func `an answer that can't be written ends with 3`() throws {
    let log = LogMaker()
    log.add("{}")
    log.seal()
    for words in ["--version", "log topics --data \(log.path)", "log cat --data \(log.path)"] {
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = ["-c", "'\(Program.path)' \(words) > /dev/full 2> /dev/null"]
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 3, "\(words)")
    }
  }

  @Test func `a reader that goes away ends a command quietly`() throws {
    let log = LogMaker()
    for number in 0..<2000 { log.add("{\"n\":\(number),\"filling\":\"\(String(repeating: "x", count: 400))\"}") }
    log.seal()
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let errors = Pipe()
    shell.arguments = ["-c", "'\(Program.path)' log cat --data '\(log.path)' | head -n 1 > /dev/null"]
    shell.standardError = errors
    try shell.run()
    shell.waitUntilExit()
    #expect(errors.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }
}
