import Events
import Foundation
import Testing

@Suite struct QuarantineCommandTests {
  private let invalid = #"{"reason":"invalid","instance":"/a","keyword":"maximum"}"#

  /// Side lane 2 of a node with two topics: three records, a second apart.
  private func log() -> LogMaker {
    let log = LogMaker(topics: ["events", "orders"], lane: .side(2))
    let trace = TraceParent(trace: 0x0AF7_6519_16CD_43DD_8448_EB21_1C80_319C, parent: 0xB7AD_6B71_6920_3331, flags: 1)
    log.setAside("abc", topic: 1, schemaVersion: 3, verdict: invalid, principal: 7, trace: trace)
    log.utcNs += 999_000_000
    log.setAside("{\"a\":1}", topic: 0, verdict: #"{"reason":"topic_quarantined"}"#)
    log.commit()
    log.utcNs += 999_000_000
    log.setAside("", topic: 1, schemaVersion: 12, verdict: "{ no json\n\u{7} }")
    log.seal()
    return log
  }

  @Test func `list prints a line for each record`() throws {
    let log = log()
    let list = try Program.run("quarantine", "list", "--data", log.path)
    let golden = """
      RECORD    RECEIVED                        TOPIC   SCHEMA  PRINCIPAL    BYTES  VERDICT
      2/0       2026-01-31T12:00:00.000000000Z  orders       3          7        3  \(invalid)
      2/1       2026-01-31T12:00:01.000000000Z  events       -          -        7  {"reason":"topic_quarantined"}
      2/2       2026-01-31T12:00:02.000000000Z  orders      12          -        0  { no json   }

      """
    #expect(list.status == 0 && list.errors.isEmpty, "\(list.errors)")
    #expect(list.output == golden)
  }

  @Test func `list prints the records that are asked for and no others`() throws {
    let log = log()
    func records(_ arguments: String...) throws -> [String] {
      let list = try Program.Started(["quarantine", "list", "-d", log.path, "--json"] + arguments).end()
      #expect(list.status == 0, "\(list.errors)")
      return try list.objects().compactMap { $0["record"] as? String }
    }
    #expect(try records() == ["2/0", "2/1", "2/2"])
    #expect(try records("-t", "orders") == ["2/0", "2/2"])
    #expect(try records("--topic", "orders", "--topic", "events", "--limit", "2") == ["2/0", "2/1"])
    #expect(try records("--since", "2026-01-31T12:00:01Z") == ["2/1", "2/2"])
    #expect(try records("--since", "2026-01-31T13:00:00Z") == [])
    let mistake = try Program.run("quarantine", "list", "-d", log.path, "--topic", "order")
    #expect(mistake.status == 1 && mistake.errors.contains("did you mean 'orders'?"), "\(mistake.errors)")
    #expect(try Program.run("quarantine", "list", "-d", log.path, "--since", "now").status == 2)
  }

  @Test func `a line of JSON says all there is`() throws {
    let log = log()
    let list = try Program.run("quarantine", "list", "--data", log.path, "--json")
    let golden =
      #"{"record":"2/0","topic":"orders","time":"2026-01-31T12:00:00.000000000Z","clock":"unknown","#
      + #""id":"01900000-0000-7000-8000-000000000000","principal":7,"#
      + #""traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","schemaVersion":3,"bytes":3,"#
      + #""sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","verdict":"# + invalid + "}"
    #expect(list.lines.first == golden)
    let objects = try list.objects()
    #expect(objects.count == 3 && objects[1]["schemaVersion"] == nil && objects[1]["principal"] == nil)
    #expect(objects[2]["verdict"] == nil && objects[2]["verdictText"] as? String == "{ no json\n\u{7} }")
    #expect(try Program.run("quarantine", "show", "2/0", "-d", log.path, "--json").output == golden + "\n")
  }

  @Test func `show prints all that is known of one record`() throws {
    let log = log()
    let show = try Program.run("quarantine", "show", "2/0", "--data", log.path)
    let golden = """
      record     2/0
      topic      orders
      received   2026-01-31T12:00:00.000000000Z, clock unknown
      event      01900000-0000-7000-8000-000000000000
      principal  7
      trace      00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
      schema     version 3
      payload    3 bytes, not kept
      SHA-256    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
      verdict    \(invalid)

      """
    #expect(show.status == 0 && show.output == golden, "\(show.output)\(show.errors)")
    let second = try Program.run("quarantine", "show", "2/1", "--data", log.path)
    #expect(second.output.contains("principal  -\nschema     -\n"), "\(second.output)")
  }

  @Test(arguments: [("2/3", Int32(1)), ("0/0", 1), ("2", 2), ("2/x", 2), ("2/-1", 2), ("40000/1", 2), ("1/2/3", 2)])
  func `a record that there is not is told from a name that is none`(name: String, status: Int32) throws {
    let log = log()
    let show = try Program.run("quarantine", "show", name, "--data", log.path)
    #expect(show.status == status && show.output.isEmpty && show.errors.contains("\(name)"), "\(show.errors)")
  }

  @Test func `beside a gateway only what is known to be durable is listed`() throws {
    let log = LogMaker(lane: .side(0))
    for number in 0..<4 {
      log.setAside("\(number)", topic: 0, verdict: invalid)
      log.commit()
    }
    log.setLive(true)
    func count() throws -> Int { try Program.run("quarantine", "list", "-d", log.path, "--json").lines.count }
    #expect(try count() == 3)
    log.seal()
    #expect(try count() == 4)
  }

  @Test func `what was set aside is in no topic, and a directory without side lanes has an empty list`() throws {
    let log = log()
    #expect(try Program.run("log", "cat", "-d", log.path).output.isEmpty)
    let plain = LogMaker()
    plain.add("{}")
    plain.seal()
    let list = try Program.run("quarantine", "list", "-d", plain.path)
    #expect(list.status == 0 && list.lines.count == 1 && list.errors.isEmpty, "\(list.errors)")
    #expect(try Program.run("quarantine", "show", "0/0", "-d", plain.path).status == 1)
  }

  @Test func `a side lane that went around lists what it keeps`() throws {
    let log = LogMaker(lane: .side(0), segmentBytes: 512 << 10)
    let verdict = "{\"reason\":\"\(String(repeating: "x", count: 490))\"}"
    for number in 0..<8000 { log.setAside("\(number)", topic: 0, verdict: verdict) }
    log.seal()
    let list = try Program.run("quarantine", "list", "-d", log.path, "--json")
    let offsets = try list.objects().compactMap { ($0["record"] as? String).flatMap { Int($0.dropFirst(2)) } }
    let first = try #require(offsets.first)
    #expect(list.status == 0 && first > 0 && offsets == Array(first..<8000), "\(list.errors)")
    #expect(try Program.run("quarantine", "show", "0/7999", "-d", log.path).status == 0)
    #expect(try Program.run("quarantine", "show", "0/\(first - 1)", "-d", log.path).status == 1)
    let verify = try Program.run("log", "verify", "-d", log.path)
    #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
  }

  @Test func `verify checks side lanes, each record and every bit of them`() throws {
    let log = log()
    let verify = try Program.run("log", "verify", "-d", log.path)
    #expect(verify.status == 0 && verify.errors.isEmpty, "\(verify.errors)")
    #expect(verify.output.contains("side lane 2: 1 segment, 3 commits, 3 events"), "\(verify.output)")
    #expect(verify.output.contains("1 lane, 1 side lane: "), "\(verify.output)")
    #expect(try !Program.run("log", "verify", "-d", log.path, "-p", "0").output.contains("side"))
    // A record that says a wrong length, although every check holds.
    let place = 4096
    let commit = log.bytes(0, at: place, count: 1024)
    let verdict = try #require(commit.firstRange(of: Array("{\"reason\"".utf8))?.lowerBound)
    log.forge(0, at: place) { $0.store(UInt16(7), at: verdict - 36) }
    let forged = try Program.run("log", "verify", "-d", log.path)
    #expect(forged.status == 1 && forged.errors.contains("side/0002/0000.segment: offset 4096"), "\(forged.errors)")
    log.spoil(0, at: place + 200)
    let spoilt = try Program.run("quarantine", "list", "-d", log.path)
    #expect(spoilt.status == 1 && spoilt.lines.count == 2, "\(spoilt.output)\(spoilt.errors)")
    #expect(spoilt.errors.contains("offset 4096: commit 1 was durable and does not read back"), "\(spoilt.errors)")
  }
}
