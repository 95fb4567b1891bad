import Foundation
import Testing

@testable import CLI

/// `sluice reveal`: what is given back, and what the audit says of it.
@Suite struct RevealTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-reveal-\(UUID())")
  private var keys: String { folder.appendingPathComponent("keys").path }
  private var audit: String { folder.appendingPathComponent("audit").path }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    #expect(try Program.run("keys", "redaction", "make", "--file", keys).status == 0)
  }

  /// What the topic keeps of an event.
  private func stored(_ event: String) throws -> [String: String] {
    let settings = folder.appendingPathComponent("a.yaml").path
    try """
    data: d
    redaction: {keys: \(keys)}
    topics:
      - name: signups
        redact: {fields: [/name encrypt person, /card tokenize credit_card, /mail pseudonym email, /id hash]}
    """.write(toFile: settings, atomically: true, encoding: .utf8)
    let words = ["--config", settings, "--topic", "signups", "--quiet"]
    let redacted = try Program.Started(["redact"] + words, input: event + "\n").end()
    #expect(redacted.status == 0, "\(redacted.errors)")
    return try JSONSerialization.jsonObject(with: Data(redacted.output.utf8)) as? [String: String] ?? [:]
  }
  private func reveal(_ words: String..., keys: String? = nil, topic: String = "signups") throws -> Program.Ended {
    try Program.Started(["reveal", "--keys", keys ?? self.keys, "--topic", topic] + words).end()
  }
  /// The fields of a line of the audit.
  private func fields(_ line: some StringProtocol) -> [String: String] {
    var fields: [String: String] = [:]
    for word in line.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      fields[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return fields
  }
  private func lines(of text: String) -> [Substring] { text.split(separator: "\n") }

  @Test func `an encrypted value is given back, and the audit says so without it`() throws {
    let value = try #require(try stored(#"{"name":"Ida Windak"}"#)["name"])
    let revealed = try reveal("--path", "/name", value)
    #expect(revealed.status == 0 && revealed.output == "Ida Windak\n", "\(revealed.errors)")
    #expect(lines(of: revealed.errors).count == 1 && !revealed.errors.contains("Ida"))
    let said = fields(revealed.errors.dropLast())
    #expect(said["time"]?.contains(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/) == true)
    #expect(said["deed"] == "reveal" && said["uid"] == "\(getuid())" && said["login"] != nil)
    #expect(said["key"] == "encrypt.1" && said["type"] == "person" && said["topic"] == "signups")
    #expect(said["path"] == "/name" && said["outcome"] == "revealed" && said.count == 9)
  }

  @Test func `another topic, another path and a changed value stay hidden, and the audit says that, too`() throws {
    let value = try #require(try stored(#"{"name":"Ida Windak"}"#)["name"])
    let changed = String(value.dropLast()) + (value.last == "A" ? "B" : "A")
    let attempts = [
      try reveal("--path", "/name", value, topic: "orders"), try reveal("--path", "/other", value),
      try reveal("--path", "/name", changed), try reveal(value),
    ]
    for attempt in attempts {
      #expect(attempt.status == 1 && attempt.output.isEmpty)
      #expect(attempt.errors.contains("does not open with key 'encrypt.1'"), "\(attempt.errors)")
      #expect(fields(lines(of: attempt.errors)[0])["outcome"] == "refused")
    }
    let cut = try reveal("--path", "/name", String(value.prefix(40)))
    #expect(cut.status == 1 && cut.errors.contains("was cut"), "\(cut.errors)")
  }

  @Test func `a retired key still opens, a destroyed one and one that is not there never do`() throws {
    let value = try #require(try stored(#"{"name":"Ida Windak"}"#)["name"])
    _ = try Program.run("keys", "redaction", "rotate", "--file", keys, "--name", "encrypt")
    #expect(try reveal("--path", "/name", value).output == "Ida Windak\n")
    #expect(try #require(try stored(#"{"name":"Ida"}"#)["name"]).hasPrefix("enc:person:encrypt.2:"))
    _ = try Program.run("keys", "redaction", "destroy", "--file", keys, "encrypt.1", "--yes")
    let destroyed = try reveal("--path", "/name", value)
    #expect(destroyed.status == 1 && destroyed.output.isEmpty)
    #expect(destroyed.errors.contains("key 'encrypt.1' is destroyed"), "\(destroyed.errors)")
    #expect(fields(lines(of: destroyed.errors)[0])["outcome"] == "refused")
    let others = folder.appendingPathComponent("others").path
    _ = try Program.run("keys", "redaction", "make", "--file", others, "--name", "mail", "--purpose", "encrypt")
    let missing = try reveal("--path", "/name", value, keys: others)
    #expect(missing.status == 1 && missing.errors.contains("no key 'encrypt.1'"), "\(missing.errors)")
    // A key of the same id that somebody else made.
    _ = try Program.run("keys", "redaction", "make", "--file", others)
    let foreign = try reveal("--path", "/name", value, keys: others)
    #expect(foreign.status == 1 && foreign.output.isEmpty && foreign.errors.contains("does not open"))
  }

  @Test func `a token is turned back with its type, and becomes something else with another`() throws {
    let kept = try stored(#"{"card":"4111 1111 1111 1111","mail":"ida@example.org","id":"7"}"#)
    let token = try #require(kept["card"])
    #expect(token != "4111 1111 1111 1111" && token.contains(/^\d{4} \d{4} \d{4} \d{4}$/))
    let revealed = try reveal("--type", "credit_card", token)
    #expect(revealed.status == 0 && revealed.output == "4111 1111 1111 1111\n", "\(revealed.errors)")
    #expect(fields(revealed.errors.dropLast())["key"] == "tokenize.1")
    let other = try reveal("--key", "tokenize.1", "--type", "phone", token)
    #expect(other.status == 0 && other.output != revealed.output && other.output.utf8.count == 20)
    for (member, words) in [("mail", []), ("id", []), ("mail", ["--type", "email"]), ("card", [])] {
      let value = try #require(kept[member])
      let hidden = try Program.Started(["reveal", "--keys", keys, "--topic", "signups"] + words + [value]).end()
      #expect(hidden.status == 1 && hidden.output.isEmpty, "\(member) \(hidden.output)")
      #expect(hidden.errors.contains(member == "card" ? "--type or --key" : "nobody can turn back"), "\(hidden.errors)")
    }
    let mistaken = try reveal("--type", "credit_crad", token)
    #expect(mistaken.status == 2 && mistaken.errors.contains("did you mean 'credit_card'?"))
    #expect(try reveal("--key", "tokenize", token).status == 2)
  }

  @Test func `the audit's file only grows, and a value whose line can't be written stays hidden`() throws {
    let value = try #require(try stored(#"{"name":"Ida Windak"}"#)["name"])
    _ = try reveal("--path", "/name", "--audit", audit, value)
    let refused = try reveal("--path", "/na me", "--audit", audit, value, "nonsense")
    #expect(refused.status == 1 && !refused.errors.contains("deed=reveal"))
    let text = try String(contentsOfFile: audit, encoding: .utf8)
    #expect(lines(of: text).map { fields($0)["outcome"] } == ["revealed", "refused", "refused"])
    #expect(text.contains(#" path="/na me" "#) && !text.contains("Ida") && !text.contains("nonsense"))
    let mode = try FileManager.default.attributesOfItem(atPath: audit)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    for place in ["/dev/full", folder.path, "/nowhere/at/all"] {
      let hidden = try reveal("--path", "/name", "--audit", place, value)
      #expect(hidden.status == 3 && hidden.output.isEmpty && hidden.errors.contains(place), "\(hidden.errors)")
    }
  }

  @Test func `values come from standard input, a line each, and one that stays hidden keeps no other`() throws {
    let (one, two) = (try stored(#"{"name":"Ida"}"#)["name"]!, try stored(#"{"name":"Bo"}"#)["name"]!)
    let words = ["reveal", "--keys", keys, "--topic", "signups", "--path", "/name"]
    let revealed = try Program.Started(words, input: "\(one)\r\nnonsense\n\(two)\n").end()
    #expect(revealed.status == 1 && revealed.lines == ["Ida", "Bo"], "\(revealed.errors)")
    #expect(revealed.errors.split(separator: "\n").count { $0.contains("deed=reveal") } == 3)
  }

  @Test func `keys that others may read are refused`() throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keys)
    let loose = try reveal("--path", "/name", "enc:x")
    #expect(loose.status == 3 && loose.output.isEmpty && loose.errors.contains("chmod 600"), "\(loose.errors)")
    #expect(!loose.errors.contains("deed=reveal"))
    #expect(try Program.run("reveal", "--topic", "signups", "x").status == 2)
    #expect(try Program.run("reveal", "--keys", keys, "x").status == 2)
  }
}
