import Foundation
import Testing

@testable import CLI

/// `redaction.keys.command`: a program that prints keys.
@Suite struct RedactionKeyCommandTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-printed-\(UUID())")
  private var file: String { folder.appendingPathComponent("keys").path }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(try Program.run("keys", "redaction", "make", "--file", file).status == 0)
  }

  private func settings(_ source: String) throws -> String {
    let path = folder.appendingPathComponent("a.yaml").path
    try """
    data: d
    redaction: {keys: \(source)}
    topics: [{name: signups, redact: {fields: [/name pseudonym]}}]
    """.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }
  private func redacted(by source: String) throws -> Program.Ended {
    let words = ["redact", "--config", try settings(source), "--topic", "signups", "--quiet"]
    return try Program.Started(words, input: "{\"name\":\"Ida\"}\n").end()
  }
  private func cause(_ script: String, timeoutNs: Int64 = 30_000_000_000) -> String {
    do {
      _ = try RedactionKeyCommand.keys(["/bin/sh", "-c", script], timeoutNs: timeoutNs)
      return "read"
    } catch { return "\(error)" }
  }

  @Test func `what a program prints counts as a file does`() throws {
    let byFile = try redacted(by: file)
    let printed = try redacted(by: "{command: [cat, \(file)]}")
    #expect(byFile.status == 0 && byFile.output.contains("pseudonym.1"), "\(byFile.errors)")
    #expect(printed.status == 0 && printed.output == byFile.output, "\(printed.errors)")
    let failed = try redacted(by: "{command: [cat, /nowhere/at/all]}")
    #expect(failed.status == 3 && failed.output.isEmpty && failed.errors.contains("cat ended with status 1"))
  }

  @Test func `how a program failed is told, and never what it printed`() throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let secret = try #require(text.firstMatch(of: /hex:([0-9a-f]{64})/)).1
    #expect(cause("cat \(file)") == "read")
    #expect(cause("cat \(file); exit 7").hasPrefix("/bin/sh ended with status 7. Run it by hand"))
    #expect(cause("kill -KILL $$").hasPrefix("/bin/sh was ended by signal 9."))
    #expect(cause("cat \(file); exec sleep 1000", timeoutNs: 200_000_000).hasPrefix("/bin/sh took longer than 200 ms"))
    #expect(cause("yes").hasPrefix("/bin/sh printed more than 262144 bytes and was killed."))
    let wrong = [
      ("sed s/active/awake/ \(file)", "2:23: no state"), ("cat \(file) \(file)", "5:1: no key's id"),
      ("tail -n 1 \(file)", "1:1: no file"), (":", "1:1: an empty file"),
    ]
    for (script, place) in wrong {
      let cause = cause(script)
      #expect(cause.contains("the output of /bin/sh:\(place)"), "\(cause)")
      #expect(!cause.contains(secret.prefix(16)))
    }
  }

  @Test func `check does not run the program, and says where there is none`() throws {
    let ran = folder.appendingPathComponent("ran").path
    let touching = try settings("{command: [/usr/bin/touch, \(ran)]}")
    let good = try Program.run("check", "--config", touching)
    #expect(good.status == 0 && !good.errors.contains("cannot run"), "\(good.errors)")
    #expect(!FileManager.default.fileExists(atPath: ran))
    let missing = try Program.run("check", "--config", try settings("{command: [/nowhere/at/all]}"))
    #expect(missing.status == 0 && missing.errors.contains("cannot run /nowhere/at/all"), "\(missing.errors)")
    let list = try Program.run("keys", "redaction", "list", "--config", touching)
    #expect(list.status == 1 && list.errors.contains("has its keys from 'redaction.keys.command'"))
  }

  @Test func `a value is revealed with keys that a program prints`() throws {
    let kept = try redacted(by: file).output.firstMatch(of: /value:[^"]*/)
    let value = try #require(kept).0
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    let line = "'\(Program.path)' reveal --keys <(cat \(file)) --topic signups '\(value)' 2>&1"
    shell.arguments = ["-c", line]
    let output = Pipe()
    shell.standardOutput = output
    try shell.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(said.contains("nobody can turn back"), "\(said)")
  }
}
