import Bytes
import Events
import Formats
import Foundation
import Settings
import Store
import Testing

@testable import CLI

@Suite struct QuarantineReplayTests {
  private let verdict = #"{"reason":"invalid_event"}"#

  /// Adds a record that has its event's payload.
  private func setAside(_ payload: String, in log: LogMaker, headers: [(key: String, value: String)] = []) {
    let (payload, verdict, paths) = (Array(payload.utf8), Array(verdict.utf8), Array(#"["/a"]"#.utf8))
    let record = QuarantineRecord(
      topic: TopicID(rawValue: 1),
      schemaVersion: 3,
      payloadBytes: payload.count,
      digest: ContentDigest.none,
      verdict: verdict.span.bytes,
      plan: 9,
      paths: paths.span.bytes
    )
    var region = Region(id: RegionID(rawValue: 4), byteCount: 1 << 16)
    let isWritten = region.append(record, payload: payload.span.bytes, with: Splices(countMax: 1, textBytesMax: 1))
    precondition(isWritten)
    log.add(region.bytes.withUnsafeBytes { Array($0) }, principal: 7, headers: headers)
  }
  private func log() -> LogMaker {
    let log = LogMaker(topics: ["events", "orders"], lane: .side(2))
    setAside(#"{"a":1}"#, in: log)
    log.setAside("abc", topic: 0, verdict: verdict)
    log.seal()
    return log
  }
  private func entries(_ log: LogMaker) throws -> [QuarantineEntry] {
    var (entries, troubles) = ([QuarantineEntry](), Troubles())
    let directory = try LogDirectory(log.path)
    for lane in try directory.sideLanes() {
      try readQuarantine(lane, of: directory, from: .oldest, &troubles) { entry in
        entries.append(entry)
        return true
      }
    }
    return entries
  }

  // MARK: The command

  @Test func `a dry run says what would go, and needs no gateway`() throws {
    let log = log()
    let dry = try Program.run("quarantine", "replay", "--data", log.path, "--dry-run")
    let lines = ["2/0       ready          orders", "2/1       not kept       events"]
    #expect(dry.lines == lines + ["2 records: 1 ready, 1 not kept"])
    #expect(dry.status == 1 && dry.errors.isEmpty, "\(dry.errors)")
    let json = try Program.run("quarantine", "replay", "2/0", "--data", log.path, "--dry-run", "--json")
    #expect(json.output == "{\"record\":\"2/0\",\"topic\":\"orders\",\"outcome\":\"ready\"}\n" && json.status == 0)
    let chosen = try Program.run("quarantine", "replay", "-d", log.path, "--dry-run", "-t", "events", "--limit", "1")
    #expect(chosen.lines == ["2/1       not kept       events", "1 record: 1 not kept"])
    let later = try Program.run("quarantine", "replay", "-d", log.path, "--dry-run", "--since", "2027-01-01T00:00:00Z")
    #expect(later.output == "0 records\n" && later.status == 0)
  }

  @Test func `a record that there is not is told, and a name that is none ends with 2`() throws {
    let log = log()
    let missing = try Program.run("quarantine", "replay", "2/0", "2/7", "-d", log.path, "--dry-run")
    #expect(missing.status == 1 && missing.errors.contains("there is no record 2/7"), "\(missing.errors)")
    #expect(missing.lines.last == "1 record: 1 ready")
    let mistake = try Program.run("quarantine", "replay", "2-7", "-d", log.path)
    #expect(mistake.status == 2 && mistake.errors.contains("'2-7' names no record"), "\(mistake.errors)")
  }

  @Test func `without a gateway nothing is replayed, and the remedy is told`() throws {
    let log = log()
    let stopped = try Program.run("quarantine", "replay", "--data", log.path)
    #expect(stopped.status == 3 && stopped.output.isEmpty)
    #expect(stopped.errors.contains("No gateway runs on") && stopped.errors.contains("sluice run"), "\(stopped.errors)")
    // One that has the directory and does not listen.
    log.setLive(true)
    let early = try Program.run("quarantine", "replay", "--data", log.path)
    #expect(early.status == 3 && early.errors.contains("There is no token in"), "\(early.errors)")
    let text = "sluice-replay-token 1\n0af7651916cd43dd8448eb211c80319c 127.0.0.1:1\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(log.path)/replay-token"))
    let silent = try Program.run("quarantine", "replay", "--data", log.path)
    #expect(silent.status == 3 && silent.errors.contains("Cannot reach 127.0.0.1:1"), "\(silent.errors)")
  }

  @Test func `two that replay the same records do not meet`() throws {
    let log = log()
    log.setLive(true)
    let path = "\(log.path)/replay.lock"
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    #expect(flock(file, LOCK_EX) == 0)
    let second = try Program.run("quarantine", "replay", "--data", log.path)
    #expect(second.status == 1 && second.errors.contains("somebody else replays"), "\(second.errors)")
    close(file)
    #expect(try Program.run("quarantine", "replay", "--data", log.path).status == 3, "there is no token")
  }

  @Test func `what was replayed is found in its topic`() throws {
    let log = LogMaker(topics: ["events", "orders"])
    log.add(Array("{}".utf8), topic: 1, headers: [("ce_id", "1"), ("sluice-replay", "2/0")])
    log.add(Array("{}".utf8), topic: 0, headers: [("sluice-replay", "2/1")])
    log.add("{}", topic: 1)
    log.seal()
    var troubles = Troubles()
    let directory = try LogDirectory(log.path)
    let all: Set = [TopicID(rawValue: 0), TopicID(rawValue: 1)]
    let marks = try ReplayMarks(in: directory, all, since: log.utcNs, &troubles)
    let place = ReplayMarks.Place(topic: TopicID(rawValue: 1), lane: LaneID(rawValue: 0), offset: 0)
    #expect(marks.places.count == 2 && marks.places["2/0"] == place)
    #expect(try ReplayMarks(in: directory, [TopicID(rawValue: 0)], since: 0, &troubles).places.keys.sorted() == ["2/1"])
    #expect(try ReplayMarks(in: directory, [], since: 0, &troubles).places.isEmpty)
  }

  // MARK: What is sent

  @Test func `a record arrives as it was sent, and no part of one is taken for a record`() throws {
    let log = LogMaker(topics: ["events", "orders"], lane: .side(2))
    setAside(#"{"a":1}"#, in: log, headers: [("ce_dataschema", "/orders/2"), ("ce_time", "2026-01-31T12:00:00Z")])
    log.seal()
    let entry = try #require(try entries(log).first)
    let bytes = ReplayRequest(entry).bytes
    let event = try #require(ReplayRequest(reading: bytes)?.event)
    #expect(event.topic.rawValue == 1 && event.principal.rawValue == 7 && event.eventID == entry.stamp.eventID)
    #expect(event.received.utcNs == entry.stamp.utcNs && !event.isIDGiven && event.key == nil)
    #expect(event.payload == Array(#"{"a":1}"#.utf8) && event.plan == 9 && event.paths == Array(#"["/a"]"#.utf8))
    let details = EventDetails(reading: event.details.span.bytes)
    #expect(details.headerCount == 3 && details.content == nil && details.timeNs == 1_769_860_800_000_000_000)
    let text = String(decoding: event.details.dropFirst(EventDetails.headBytes), as: UTF8.self)
    #expect(text.contains("sluice-replay\u{6}2/0") && text.hasSuffix("/orders/2"), "\(text)")
    for count in 0..<bytes.count { #expect(ReplayRequest(reading: Array(bytes.prefix(count)))?.event == nil) }
    for place in 0..<12 {
      var spoilt = bytes
      spoilt[place] ^= 0x80
      #expect(ReplayRequest(reading: spoilt)?.event == nil, "\(place)")
    }
  }

  @Test func `an envelope says again where its data is`() throws {
    let log = LogMaker(topics: ["events", "orders"], lane: .side(0))
    let envelope = #"{"id":"1","time":"2026-01-31T12:00:01Z","dataschema":"/o/4","data": {"a":1} }"#
    let type = [(key: "content-type", value: "application/cloudevents+json")]
    setAside(envelope, in: log, headers: type)
    setAside(#"{"data":null}"#, in: log, headers: type)
    log.seal()
    let events = try entries(log).compactMap { ReplayRequest($0).event }
    let details = events.map { EventDetails(reading: $0.details.span.bytes) }
    let content = try #require(details.first?.content)
    #expect(String(decoding: Array(envelope.utf8)[content], as: UTF8.self) == #"{"a":1}"#)
    #expect(details[0].timeNs == 1_769_860_801_000_000_000)
    #expect(String(decoding: events[0].details, as: UTF8.self).hasSuffix("/o/4"))
    #expect(details[1].content == 0..<0 && details[1].timeNs == nil)
  }

  // MARK: The gateway's side

  @Test func `a token opens, and nothing else does`() throws {
    let address = try #require(ListenAddress("127.0.0.1:9090"))
    let token = ReplayToken(drawnFor: address.hostAddress)
    let read = try #require(ReplayToken(reading: token.text))
    #expect(read.secret == token.secret && read.address == "127.0.0.1:9090" && token.secret.utf8.count == 32)
    #expect(token.opens("Bearer \(token.secret)") && ReplayToken(drawnFor: address.hostAddress).secret != token.secret)
    for other in ["", "Bearer ", token.secret, "Bearer \(token.secret)0", "bearer \(token.secret)"] {
      #expect(!token.opens(other), "\(other)")
    }
    for text in ["", "x", "sluice-replay-token 1\n", "sluice-replay-token 2\n\(token.secret) a\n"] {
      #expect(ReplayToken(reading: text) == nil, "\(text)")
    }
  }

  @Test func `a record that a shard has, or has stored, is not given to one again`() throws {
    let log = log()
    let asked = ReplayRequest(try #require(try entries(log).first))
    let address = try #require(ListenAddress("127.0.0.1:9090"))
    var replays = NodeReplays(ReplayToken(drawnFor: address.hostAddress))
    let client = AdminServer.ClientID(rawValue: 1)
    #expect(replays.answer(to: asked, topic: "orders") == nil)
    let first = replays.ask("2/0", topic: "orders", for: client, nowNs: 0)
    #expect(replays.answer(to: asked, topic: "orders")?.status == 409)
    #expect(replays.expire(nowNs: NodeReplays.patienceNs).isEmpty)
    let late = replays.expire(nowNs: NodeReplays.patienceNs + 1)
    #expect(late.count == 1 && late[0].client == client && late[0].page.status == 504)
    #expect(replays.expire(nowNs: .max).isEmpty && replays.answer(to: asked, topic: "orders")?.status == 409)
    // Nobody waits any more, and where it went is known all the same.
    #expect(replays.hear(.init(ticket: first, outcome: .stored(LaneID(rawValue: 3), offset: 5))) == nil)
    let again = replays.answer(to: asked, topic: "orders")
    #expect(again?.body == #"{"record":"2/0","topic":"orders","outcome":"already","partition":3,"offset":5}"# + "\n")
  }

  @Test func `what was refused may be tried again`() throws {
    let asked = ReplayRequest(try #require(try entries(log()).first))
    let address = try #require(ListenAddress("127.0.0.1:9090"))
    var replays = NodeReplays(ReplayToken(drawnFor: address.hostAddress))
    let client = AdminServer.ClientID(rawValue: 1)
    let ticket = replays.ask("2/0", topic: "orders", for: client, nowNs: 0)
    let answer = replays.hear(.init(ticket: ticket, outcome: .refused(Array(verdict.utf8))))
    #expect(answer?.page.body == #"{"record":"2/0","topic":"orders","outcome":"refused","verdict":\#(verdict)}"# + "\n")
    #expect(replays.answer(to: asked, topic: "orders") == nil)
  }

  @Test(arguments: [
    ("GET /a?b HTTP/1.1\r\nHost: a", "/a"), ("POST /a HTTP/1.0", "/a"), ("GET  HTTP/1.1", ""),
  ]) func `a head is a line and fields`(head: String, path: String) {
    #expect(AdminRequest(head: Array(head.utf8)[...])?.path == path)
  }
  @Test(arguments: ["", "GET /a", "GET /a HTTP/2", "GET /a HTTP/1.1\r\nrubbish", "GET /a b HTTP/1.1"])
  func `what is no head is none`(head: String) { #expect(AdminRequest(head: Array(head.utf8)[...]) == nil) }

  @Test func `a head says who asks and how long the body is`() throws {
    let head = "POST / HTTP/1.1\r\nAUTHORIZATION: Bearer x\r\nContent-length:  12"
    let request = try #require(AdminRequest(head: Array(head.utf8)[...]))
    #expect(request.authorization == "Bearer x" && request.bodyBytes == 12 && !request.isForPages)
    for count in ["-1", "+1", "1 2", "x", "99999999999999999999"] {
      let head = "POST / HTTP/1.1\r\nContent-Length: \(count)"
      #expect(AdminRequest(head: Array(head.utf8)[...])?.bodyBytes == nil, "\(count)")
    }
  }
}
