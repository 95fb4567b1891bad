import Foundation
import Testing

@testable import CLI

/// `sluice keys redaction`.
@Suite struct RedactionKeyTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-redaction-\(UUID())")
  private var path: String { folder.appendingPathComponent("keys").path }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func keys(_ words: String...) throws -> Program.Ended {
    try Program.Started(["keys", "redaction"] + words).end()
  }
  private func contents() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
  private func mode() throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }
  /// The secrets of a file, by the ids of their keys.
  private func secrets() throws -> [String: String] {
    var secrets: [String: String] = [:]
    for line in try contents().split(separator: "\n").dropFirst() {
      let words = line.split(separator: " ")
      secrets[String(words[0])] = String(words[4])
    }
    return secrets
  }

  @Test func `the usual keys are made, and those that are missing are added`() throws {
    let made = try keys("make", "--file", path)
    #expect(made.status == 0 && made.output.isEmpty && made.errors.contains("pseudonym.1, tokenize.1, encrypt.1"))
    let before = try secrets()
    #expect(try mode() == 0o600 && Set(before.values).count == 3)
    #expect(before.values.allSatisfy { $0.wholeMatch(of: /hex:[0-9a-f]{64}/) != nil })
    let again = try keys("make", "--file", path)
    #expect(again.status == 1 && again.errors.contains("has all of these keys"), "\(again.errors)")
    let lines = try contents().split(separator: "\n").filter { !$0.hasPrefix("tokenize") }
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
    let added = try keys("make", "--file", path)
    #expect(added.status == 0 && added.errors.contains("made tokenize.1;"), "\(added.errors)")
    let after = try secrets()
    #expect(after["encrypt.1"] == before["encrypt.1"] && after["tokenize.1"] != before["tokenize.1"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys"])
  }

  @Test func `a key of another name is made for one purpose, once`() throws {
    #expect(try keys("make", "--file", path, "--name", "patients", "--purpose", "encrypt").status == 0)
    let twice = try keys("make", "--file", path, "--name", "patients", "--purpose", "encrypt")
    #expect(twice.status == 1 && twice.errors.contains("keys redaction rotate"), "\(twice.errors)")
    #expect(try Array(secrets().keys) == ["patients.1"])
    let mistaken = [
      ["--name", "patients"], ["--purpose", "encrypt"], ["--name", "Patients", "--purpose", "encrypt"],
      ["--name", "a", "--purpose", "seal"],
    ]
    for words in mistaken {
      let ended = try Program.Started(["keys", "redaction", "make", "--file", path] + words).end()
      #expect(ended.status == 2 && ended.errors.contains("--help"), "\(words) \(ended.errors)")
    }
  }

  @Test func `the settings name the file`() throws {
    let config = folder.appendingPathComponent("a.yaml").path
    func write(_ more: String) throws {
      try "data: d\ntopics: [{name: events}]\n\(more)\n".write(toFile: config, atomically: true, encoding: .utf8)
    }
    try write("redaction: {keys: \(path)}")
    #expect(try keys("make", "--config", config).status == 0)
    #expect(try keys("list", "--config", config).lines.count == 3)
    #expect(try keys("list", "--config", config, "--file", path).status == 2)
    #expect(try keys("list").status == 2)
    try write("")
    let none = try keys("list", "--config", config)
    #expect(none.status == 1 && none.errors.contains("names no 'redaction.keys'"), "\(none.errors)")
  }

  @Test func `a list has what is known of keys, and never a secret`() throws {
    _ = try keys("make", "--file", path)
    _ = try keys("rotate", "--file", path, "--name", "encrypt")
    let extra = "vault.1 encrypt active 2026-01-31T12:00:00Z wrapped:0a1b\n"
    try (contents() + extra).write(toFile: path, atomically: false, encoding: .utf8)
    let list = try keys("list", "--file", path)
    #expect(list.status == 0 && list.errors.isEmpty)
    let words = list.lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
    #expect(
      words == [
        "pseudonym.1 pseudonym active", "tokenize.1 tokenize active", "encrypt.1 encrypt retired",
        "encrypt.2 encrypt active", "vault.1 encrypt active",
      ]
    )
    #expect(list.lines[0].contains(/\ 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) && list.lines[4].hasSuffix("with a service"))
    for secret in try secrets().values { #expect(!list.output.contains(secret.suffix(16))) }
  }

  @Test func `a rotation retires the key that was active, and keeps its secret`() throws {
    _ = try keys("make", "--file", path)
    let before = try secrets()
    let rotated = try keys("rotate", "--file", path, "--name", "encrypt")
    #expect(rotated.status == 0 && rotated.errors.contains("'encrypt.2' is active"), "\(rotated.errors)")
    let after = try secrets()
    #expect(after["encrypt.1"] == before["encrypt.1"] && after["encrypt.2"] != before["encrypt.1"])
    #expect(try mode() == 0o600)
    let missing = try keys("rotate", "--file", path, "--name", "post")
    #expect(missing.status == 1 && missing.errors.contains("no key 'post'"), "\(missing.errors)")
    #expect(try keys("rotate", "--file", path).status == 2)
    #expect(try secrets() == after)
  }

  @Test func `a key is destroyed only when that is said, and then its secret is gone`() throws {
    _ = try keys("make", "--file", path)
    let before = try contents()
    let asked = try keys("destroy", "--file", path, "encrypt.1")
    #expect(asked.status == 1 && asked.errors.contains("nothing is destroyed without --yes"), "\(asked.errors)")
    #expect(try contents() == before)
    let secret = try #require(try secrets()["encrypt.1"]?.dropFirst(4))
    let destroyed = try keys("destroy", "--file", path, "encrypt.1", "--yes")
    #expect(destroyed.status == 0 && destroyed.errors.contains("copies of the file still have it"))
    let after = try contents()
    #expect(!after.contains(secret) && after.contains("encrypt.1 encrypt destroyed"))
    #expect(try mode() == 0o600)
    let again = try keys("destroy", "--file", path, "encrypt.1", "--yes")
    #expect(again.status == 0 && again.errors.contains("was destroyed already"))
    for words in [["post.1"], ["post.1", "--yes"]] {
      let missing = try Program.Started(["keys", "redaction", "destroy", "--file", path] + words).end()
      #expect(missing.status == 1 && missing.errors.contains("no key 'post.1'"), "\(missing.errors)")
    }
    #expect(try keys("destroy", "--file", path, "encrypt", "--yes").status == 2)
    #expect(try contents() == after)
  }

  @Test func `what others may read, or what is no file of keys, is refused and left alone`() throws {
    _ = try keys("make", "--file", path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    for words in [["list"], ["make"], ["rotate", "--name", "encrypt"], ["destroy", "encrypt.1", "--yes"]] {
      let ended = try Program.Started(["keys", "redaction"] + words + ["--file", path]).end()
      #expect(ended.status == 3 && ended.errors.contains("chmod 600 \(path)"), "\(words) \(ended.errors)")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let text = try contents().replacing("tokenize active", with: "tokenize awake")
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    let wrong = try keys("rotate", "--file", path, "--name", "encrypt")
    #expect(wrong.status == 3 && wrong.errors.contains("\(path):3:21: no state of key 'tokenize.1'"), "\(wrong.errors)")
    for secret in try secrets().values { #expect(!wrong.errors.contains(secret.suffix(16))) }
    #expect(try contents() == text)
    for words in [["list"], ["rotate", "--name", "encrypt"], ["destroy", "encrypt.1"]] {
      let ended = try Program.Started(["keys", "redaction"] + words + ["--file", "/nowhere/at/all"]).end()
      #expect(ended.status == 3 && ended.errors.contains("/nowhere/at/all"), "\(words) \(ended.errors)")
    }
  }

  @Test func `rotations of many processes follow one another`() throws {
    _ = try keys("make", "--file", path, "--name", "mail", "--purpose", "encrypt")
    let words = ["keys", "redaction", "rotate", "--file", path, "--name", "mail"]
    let started = try (0..<6).map { _ in try Program.Started(words) }
    for run in started { #expect(try run.end().status == 0) }
    #expect(try Set(secrets().keys) == Set((1...7).map { "mail.\($0)" }))
    #expect(try keys("list", "--file", path).lines.count { $0.contains("active") } == 1)
  }
}
