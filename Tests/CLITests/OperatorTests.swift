import Foundation
import Testing

@testable import CLI

/// `sluice check`, `sluice keys` and `sluice doctor`.
@Suite struct OperatorTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-operator-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let path = folder.appendingPathComponent(name).path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  @Test func `check names every mistake at once, as a compiler does`() throws {
    let path = try file("a.yaml", "topics:\n  - nam: events\nlimits:\n  conections: 5\n  idle_time: soon\n")
    let check = try Program.run("check", "--config", path)
    #expect(check.status == 1)
    for place in ["\(path):2:", "\(path):4:3:", "\(path):5:"] {
      #expect(check.errors.contains(place), "\(check.errors)")
    }
    #expect(check.errors.contains("did you mean 'connections'?"))
  }

  @Test func `check warns of what is valid but unwise`() throws {
    let text = """
      data: sluice-data
      listeners: [{protocol: http, address: "0.0.0.0:8080"}]
      topics: [{name: events, acknowledge: received}]
      log: {segment_bytes: 1 GiB, retention: {bytes: 3 GiB}}
      """
    let path = try file("b.yaml", text)
    let check = try Program.run("check", "--config", path)
    #expect(check.status == 0 && check.output.contains("good, 1 topic, 1 listener, 4 warnings"), "\(check.output)")
    for word in ["asks for no keys", "crash loses", "3 segments", "directory the gateway starts in"] {
      #expect(check.errors.contains(word), "\(check.errors)")
    }
    #expect(try Program.run("check", "--config", path, "--strict").status == 1)
    let print = try Program.run("check", "--config", path, "--print")
    #expect(print.lines.contains("log.segment_bytes: 1 GiB") && print.lines.contains("limits.connections: 16384"))
  }

  @Test func `check looks into the file of keys`() throws {
    let keys = try file("keys", "# none\nabc sha256:00\n")
    let text = """
      data: /var/lib/sluice
      keys: {file: \(keys)}
      listeners: [{protocol: http, address: "0.0.0.0:8080", keys: required}]
      topics: [{name: events}]
      """
    let path = try file("c.yaml", text)
    let wrong = try Program.run("check", "--config", path)
    #expect(wrong.status == 1 && wrong.errors.contains("\(keys):2:"), "\(wrong.errors)")
    _ = try file("keys", "")
    let empty = try Program.run("check", "--config", path)
    #expect(empty.status == 0 && empty.errors.contains("no key that is not revoked"), "\(empty.errors)")
    _ = try file("keys", "", mode: 0o640)
    let open = try Program.run("check", "--config", path)
    #expect(open.status == 1 && open.errors.contains("chmod 600"), "\(open.errors)")
  }

  @Test func `a key is made, listed and revoked`() throws {
    let path = folder.appendingPathComponent("made").path
    let made = try Program.run("keys", "api", "make", "--file", path, "--topics", "orders,iot-*")
    #expect(made.status == 0)
    let key = try #require(made.output.wholeMatch(of: /sk_([a-z2-7]{12})_[A-Za-z0-9]{32}\n/))
    let id = String(key.1)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("topics=orders,iot-*") && !text.contains(made.output.suffix(33).dropLast()))
    let named = try Program.run("keys", "api", "make", "--file", path, "--topics", "*", "--id", "gateway01")
    #expect(named.output.hasPrefix("sk_gateway01_"))
    #expect(try Program.run("keys", "api", "make", "--file", path, "--topics", "*", "--id", "gateway01").status == 1)
    #expect(try Program.run("keys", "api", "revoke", "--file", path, id).status == 0)
    #expect(try Program.run("keys", "api", "revoke", "--file", path, "nosuchkey").status == 1)
    let list = try Program.run("keys", "api", "list", "--file", path)
    #expect(list.lines.count == 2 && list.lines[0].hasPrefix("\(id)  revoked"), "\(list.output)")
    #expect(list.lines[1].hasPrefix("gateway01     active"))
  }

  @Test func `keys that are made at the same time are all there`() throws {
    let path = folder.appendingPathComponent("many").path
    let started = try (0..<12).map { number in
      try Program.Started(["keys", "api", "make", "--file", path, "--topics", "t\(number)"])
    }
    for run in started { #expect(try run.end().status == 0) }
    #expect(try Program.run("keys", "api", "list", "--file", path).lines.count == 12)
    #expect(!FileManager.default.fileExists(atPath: path + ".draft"))
  }

  @Test func `doctor says what it found and what to do`() throws {
    let text = """
      data: \(folder.path)/data
      listeners: [{protocol: http, address: "127.0.0.1:0"}]
      admin: {address: "127.0.0.1:0"}
      topics: [{name: events}]
      limits: {connections: 64}
      log: {segment_bytes: 4 MiB, retention: {bytes: 16 MiB}}
      """
    let path = try file("d.yaml", text)
    let doctor = try Program.run("doctor", "--config", path, "--json")
    let found = try JSONSerialization.jsonObject(with: Data(doctor.output.utf8)) as? [String: Any]
    let checks = try #require(found?["checks"] as? [[String: String]])
    for what in ["kernel", "open files", "memory", "CPUs", "backlog", "data directory", "room", "disk flush", "clock"] {
      #expect(checks.contains { $0["what"] == what }, "\(what)")
    }
    for check in checks where check["level"] != "ok" { #expect(check["remedy"]?.isEmpty == false, "\(check)") }
    let failures = checks.count { $0["level"] == "fail" }
    #expect(found?["failures"] as? Int == failures && doctor.status == (failures > 0 ? 1 : 0))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["d.yaml"])
    let plain = try Program.run("doctor", "--config", path)
    #expect(plain.lines.count == checks.count + 1 && !plain.output.contains("\u{1B}"))
  }

  @Test func `doctor fails where the data directory cannot be`() throws {
    let path = try file("e.yaml", "data: /proc/sluice\ntopics: [{name: events}]\n")
    let doctor = try Program.run("doctor", "--config", path)
    #expect(
      doctor.status == 1 && doctor.lines.contains { $0.hasPrefix("fail") && $0.contains("/proc") },
      "\(doctor.output)"
    )
  }
}
