import Foundation
import Settings
import TLS
import Testing

@testable import CLI

/// The file of ticket keys on the disk, and `sluice keys ticket`.
@Suite struct TicketKeyTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-tickets-\(UUID())")
  private var path: String { folder.appendingPathComponent("ticket-keys").path }
  private let noon: Int64 = 1_769_860_800

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func mode() throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }
  private func bringUpToDate(_ every: Int64?, at now: Int64) throws -> TicketKeysOnDisk.Outcome {
    try TicketKeysOnDisk.bringUpToDate(path, everySeconds: every, nowSeconds: now)
  }

  @Test func `a file is made, listed and moved on`() throws {
    let make = try Program.run("keys", "ticket", "make", "--file", folder.path)
    #expect(make.status == 0 && make.output.isEmpty, "\(make.errors)")
    #expect(try mode() == 0o600)
    let before = try TicketKeysOnDisk.read(path)
    #expect(before.entries.map(\.state) == [.next, .current])
    #expect(try Program.run("keys", "ticket", "make", "--file", path).status == 1)
    let first = try Program.run("keys", "ticket", "list", "--file", path)
    #expect(
      first.lines.count == 2 && first.lines[0].hasPrefix("next      \(before.next!.label)  20"),
      "\(first.output)"
    )
    #expect(first.lines[1].hasPrefix("current   \(before.current.label)") && first.output.contains("sealing since"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for word in text.split(whereSeparator: \.isWhitespace) where word.hasPrefix("aes:") || word.hasPrefix("hmac:") {
      #expect(!first.output.contains(word.suffix(16)))
    }
    #expect(try Program.run("keys", "ticket", "rotate", "--file", folder.path + "/").status == 0)
    let after = try TicketKeysOnDisk.read(path)
    #expect(after.current == before.next && after.previous == before.current)
    #expect(try mode() == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ticket-keys"])
  }

  @Test func `the settings name the file, by listener where there are several`() throws {
    let config = folder.appendingPathComponent("a.yaml").path
    let tls = "certificates: [{certificate: a, key: b}]"
    try """
    data: \(folder.path)
    topics: [{name: events}]
    listeners:
      - {protocol: http, address: "127.0.0.1:1", tls: {\(tls)}}
      - {name: other, protocol: framed, address: "127.0.0.1:2", tls: {\(tls), tickets: {keys: \(folder.path)/others}}}
      - {name: plain, protocol: framed, address: "127.0.0.1:3"}
    """.write(toFile: config, atomically: true, encoding: .utf8)
    let both = try Program.run("keys", "ticket", "make", "--config", config)
    #expect(both.status == 2 && both.errors.contains("'http', 'other' have files of their own"), "\(both.errors)")
    #expect(try Program.run("keys", "ticket", "make", "--config", config, "--listener", "plain").status == 1)
    #expect(try Program.run("keys", "ticket", "make", "--config", config, "--listener", "http").status == 0)
    #expect(try Program.run("keys", "ticket", "make", "--config", config, "--listener", "other").status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["a.yaml", "others", "ticket-keys"])
  }

  @Test func `what others may read, or what holds no keys, is refused by name`() throws {
    _ = try TicketKeysOnDisk.make(path, nowSeconds: noon)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let loose = try Program.run("keys", "ticket", "list", "--file", path)
    #expect(loose.status == 3 && loose.errors.contains("chmod 600 \(path)"), "\(loose.errors)")
    #expect(throws: (any Error).self) { try bringUpToDate(60, at: noon + 100) }
    try "hello\n".write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let wrong = try Program.run("keys", "ticket", "rotate", "--file", path)
    #expect(wrong.status == 3 && wrong.errors.contains("\(path):1: no file of ticket keys"), "\(wrong.errors)")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello\n")
  }

  @Test func `a missing file is made, and one that a crash left empty`() throws {
    let made = try bringUpToDate(60, at: noon)
    #expect(made.deed == .made)
    #expect(try bringUpToDate(60, at: noon + 59).deed == .read)
    try Data().write(to: URL(fileURLWithPath: path))
    let again = try bringUpToDate(60, at: noon)
    #expect(again.deed == .made && again.file.current != made.file.current)
    #expect(try mode() == 0o600)
  }

  @Test func `keys move on when it is time`() throws {
    let first = try bringUpToDate(60, at: noon).file
    let second = try bringUpToDate(60, at: noon + 60)
    #expect(second.deed == .rotated && second.file.previous == first.current && second.file.current == first.next)
    // After a long pause they move on once, so that tickets of the last key still open.
    let third = try bringUpToDate(60, at: noon + 6000)
    #expect(third.deed == .rotated && third.file.previous == second.file.current)
    #expect(try bringUpToDate(60, at: noon + 6059).deed == .read)
  }

  @Test func `a file that somebody else looks after is never written`() throws {
    #expect(throws: (any Error).self) { try bringUpToDate(nil, at: noon) }
    #expect(!FileManager.default.fileExists(atPath: path))
    _ = try TicketKeysOnDisk.make(path, nowSeconds: noon)
    #expect(try bringUpToDate(nil, at: noon + 1_000_000).deed == .read)
  }

  @Test func `keys that cannot move on still seal, and the reason is told`() throws {
    let first = try bringUpToDate(60, at: noon).file
    // Root may write everywhere, but not over a directory in the draft's place.
    try FileManager.default.createDirectory(atPath: path + ".draft", withIntermediateDirectories: false)
    let outcome = try bringUpToDate(60, at: noon + 100)
    #expect(outcome.file == first && outcome.deed == .read && outcome.problem != nil)
  }

  @Test func `of many that find it is time one moves the keys on and all agree`() async throws {
    let first = try bringUpToDate(60, at: noon).file
    let path = path
    let now = noon + 61
    let outcomes = try await withThrowingTaskGroup(of: (String, TicketKeyFile).self) { group in
      for _ in 0..<16 {
        group.addTask {
          let outcome = try TicketKeysOnDisk.bringUpToDate(path, everySeconds: 60, nowSeconds: now)
          return (outcome.deed.rawValue, outcome.file)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count { $0.0 == "rotated" } == 1)
    #expect(outcomes.allSatisfy { $0.1 == outcomes[0].1 && $0.1.previous == first.current })
  }

  @Test func `rotations of many processes follow one another`() throws {
    _ = try TicketKeysOnDisk.make(path, nowSeconds: noon)
    let first = try TicketKeysOnDisk.read(path)
    let started = try (0..<6).map { _ in try Program.Started(["keys", "ticket", "rotate", "--file", path]) }
    let labels = try started.map { run in
      let ended = try run.end()
      #expect(ended.status == 0, "\(ended.errors)")
      return ended.errors.split(separator: " ")[1]
    }
    // Each made a key of its own the current one: none of them was lost to another.
    #expect(Set(labels).count == 6 && labels.contains { $0 == first.next!.label })
    let last = try TicketKeysOnDisk.read(path)
    #expect(labels.contains { $0 == last.current.label } && labels.contains { $0 == last.previous!.label })
  }
}
