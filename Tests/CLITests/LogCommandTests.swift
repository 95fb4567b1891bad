import Bytes
import Events
import Formats
import Foundation
import Testing

@Suite struct LogCommandTests {
  @Test func `cat prints every event as it was sent`() throws {
    let log = LogMaker(topics: ["events", "orders"])
    let trace = TraceParent(trace: 0x0AF7_6519_16CD_43DD_8448_EB21_1C80_319C, parent: 0xB7AD_6B71_6920_3331, flags: 1)
    log.add(Array(#"{"a": [1, true, null, "ü"]}"#.utf8), key: Array("k1".utf8), principal: 3, trace: trace)
    log.add(Array("no \"JSON\"\n".utf8), key: [0xFF, 0x00])
    log.add([0xC3, 0x28, 0x00])
    log.add("{\n  \"b\": 2\r\n}", topic: 1)
    log.add("", topic: 1)
    log.add(Array("7".utf8), topic: 1, headers: [("ce_id", "\"1\""), ("ce_slu", "€"), ("sluice-", "")])
    log.seal()
    let cat = try Program.run("log", "cat", "--data", log.path)
    #expect(cat.status == 0, "\(cat.errors)")
    let events = try cat.objects()
    try #require(events.count == 6)
    let first =
      #"{"topic":"events","partition":0,"offset":0,"time":"2026-01-31T12:00:00.000000000Z","clock":"unknown","#
      + #""id":"01900000-0000-7000-8000-000000000000","principal":3,"#
      + #""traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","key":"k1","#
      + #""value":{"a": [1, true, null, "ü"]}}"#
    #expect(cat.lines[0] == first)
    #expect(events[1]["valueText"] as? String == "no \"JSON\"\n")
    #expect(events[1]["keyBase64"] as? String == Data([0xFF, 0x00]).base64EncodedString())
    #expect(events[2]["valueBase64"] as? String == Data([0xC3, 0x28, 0x00]).base64EncodedString())
    #expect(events[2]["key"] == nil && events[2]["principal"] == nil)
    #expect((events[3]["value"] as? [String: Int]) == ["b": 2])
    #expect(events[3]["topic"] as? String == "orders" && events[3]["offset"] as? Int == 0)
    #expect(events[4]["valueText"] as? String == "" && events[4]["headers"] == nil)
    let headers = events[5]["headers"] as? [String: String]
    #expect(headers == ["ce_id": "\"1\"", "ce_slu": "€", "sluice-": ""])
  }

  @Test(arguments: ["cat", "tail", "topics", "export"])
  func `a flipped bit in the newest segment is named, and all else is read`(command: String) throws {
    let log = LogMaker()
    for number in 0..<10 {
      log.add("{\"n\":\(number)}")
      log.commit()
    }
    log.seal()
    let arguments = ["log", command, "--data", log.path] + (command == "export" ? ["-t", "events", "-o", "-"] : [])
    #expect(try Program.Started(arguments).end().status == 0)
    // The header takes a block and each commit one.
    let place = 4096 * 6 + 100
    let before = log.bytes(0, at: place, count: 1)
    log.spoil(0, at: place, with: [before[0] ^ 1])
    let reading = try Program.Started(arguments).end()
    #expect(reading.status == 1)
    #expect(
      reading.errors.contains("0000.segment: offset \(4096 * 6): commit 6 was durable and does not read back"),
      "\(reading.errors)"
    )
    #expect(reading.errors.contains("`sluice log verify` tells more"), "\(reading.errors)")
    if command != "topics" {
      #expect(reading.lines.count == 9 && !reading.output.contains("\"n\":5}"), "\(reading.output)")
    }
  }

  @Test(arguments: [Codec.none, .lz4])
  func `cat prints the events that are asked for and no others`(codec: Codec) throws {
    let log = LogMaker(topics: ["events", "orders"], codec: codec)
    for number in 0..<600 {
      log.add("{\"n\":\(number)}", topic: number % 2)
      if number % 7 == 0 { log.commit() }
    }
    log.seal()
    func numbers(_ arguments: String...) throws -> [Int] {
      let cat = try Program.Started(["log", "cat", "-d", log.path] + arguments).end()
      #expect(cat.status == 0, "\(cat.errors)")
      return try cat.objects().compactMap { ($0["value"] as? [String: Int])?["n"] }
    }
    #expect(try numbers("-t", "orders") == (0..<300).map { 2 * $0 + 1 })
    #expect(try numbers("-t", "orders", "--from", "100", "--to", "104") == [201, 203, 205, 207, 209])
    #expect(try numbers("-t", "events", "--from", "298", "--limit", "1") == [596])
    #expect(try Set(numbers()) == Set(0..<600))
    #expect(try numbers("--partition", "0", "--since", "2026-01-31T13:00:00.598+01:00").sorted() == [598, 599])
  }

  @Test func `a log that goes around keeps its last segments and says where it starts`() throws {
    let log = LogMaker(topics: ["events"])
    let filling = String(repeating: "x", count: 2000)
    for number in 0..<4000 { log.add("{\"n\":\(number),\"filling\":\"\(filling)\"}") }
    log.seal()
    let cat = try Program.run("log", "cat", "-d", log.path)
    #expect(cat.status == 0, "\(cat.errors)")
    let numbers = try cat.objects().compactMap { $0["offset"] as? Int }
    let first = try #require(numbers.first)
    #expect(first > 0 && numbers == Array(first..<4000))
    let topics = try Program.run("log", "topics", "-d", log.path, "--json").objects()
    #expect(topics.count == 1 && topics[0]["first"] as? Int == first && topics[0]["next"] as? Int == 4000)
    #expect(topics[0]["events"] as? Int == 4000 - first)
    let verify = try Program.run("log", "verify", "-d", log.path)
    #expect(verify.status == 0 && verify.output.hasSuffix("good\n"), "\(verify.output)\(verify.errors)")
    // Offsets that retention took are no reason to start elsewhere than at the first that is there.
    let from = try Program.run("log", "cat", "-d", log.path, "-t", "events", "--from", "3990").objects()
    #expect(from.compactMap { $0["offset"] as? Int } == Array(3990..<4000))
    let early = try Program.run("log", "cat", "-d", log.path, "-t", "events", "--from", "1", "--limit", "1").objects()
    #expect(early.first?["offset"] as? Int == first)
  }

  @Test(arguments: [false, true]) func `commits that are larger than a read are read`(isLive: Bool) throws {
    let log = LogMaker(commitBytesMax: 2 << 20, segmentBytes: 8 << 20)
    for number in 0..<12 {
      log.add("{\"n\":\(number),\"filling\":\"\(String(repeating: "x", count: 300_000 + 100_000 * (number % 5)))\"}")
      if number % 3 == 1 { log.commit() }
    }
    log.seal()
    log.setLive(isLive)
    let cat = try Program.run("log", "cat", "-d", log.path)
    #expect(cat.status == 0 && cat.lines.count == 12, "\(cat.errors)")
    let tail = try Program.run("log", "tail", "-d", log.path, "-n", "3")
    #expect(tail.lines == cat.lines.suffix(3))
    #expect(try Program.run("log", "verify", "-d", log.path).status == 0)
  }

  @Test func `beside a gateway only what is known to be durable is read`() throws {
    let log = LogMaker()
    for number in 0..<10 {
      log.add("\(number)")
      log.commit()
    }
    log.setLive(true)
    func count() throws -> Int { try Program.run("log", "cat", "-d", log.path).lines.count }
    // The last commit is durable too, but no later one says so.
    #expect(try count() == 9)
    log.seal()
    #expect(try count() == 10)
    log.add("10")
    log.commit()
    #expect(try count() == 10)
    log.setLive(false)
    #expect(try count() == 11)
  }

  @Test func `tail prints the last events in the order in which they came`() throws {
    let log = LogMaker(topics: ["events", "orders"])
    let filling = String(repeating: "x", count: 3000)
    for number in 0..<1500 {
      log.add("{\"n\":\(number),\"filling\":\"\(filling)\"}", topic: number % 3 == 0 ? 1 : 0)
      if number % 5 == 0 { log.commit() }
    }
    log.seal()
    func numbers(_ arguments: String...) throws -> [Int] {
      let tail = try Program.Started(["log", "tail", "-d", log.path] + arguments).end()
      #expect(tail.status == 0, "\(tail.errors)")
      return try tail.objects().compactMap { ($0["value"] as? [String: Any])?["n"] as? Int }
    }
    #expect(try numbers() == Array(1490..<1500))
    #expect(try numbers("-n", "3", "-t", "orders") == [1491, 1494, 1497])
    // More than the newest segment holds.
    #expect(try numbers("-n", "700") == Array(800..<1500))
    #expect(try numbers("-n", "0") == [])
  }

  @Test func `tail -f prints what becomes durable, over segments and files that did not exist`() throws {
    let log = LogMaker()
    for number in 0..<5 { log.add("{\"n\":\(number)}") }
    log.seal()
    log.setLive(true)
    let tail = try Program.Started(["log", "tail", "-d", log.path, "-f", "-n", "2"])
    #expect(try tail.lines(2).count == 2)
    let filling = String(repeating: "x", count: 2500)
    for number in 5..<1005 { log.add("{\"n\":\(number),\"filling\":\"\(filling)\"}") }
    log.seal()
    #expect(try tail.lines(1002).count == 1002)
    log.add("{\"n\":1005}")
    log.seal()
    let lines = try tail.lines(1003)
    tail.process.terminate()
    let numbers = try Program.Ended(status: 0, output: lines.map { $0 + "\n" }.joined(), errors: "").objects()
      .compactMap { ($0["value"] as? [String: Any])?["n"] as? Int }
    #expect(numbers == Array(3...1005))
  }

  @Test func `a restart that stored nothing hides nothing`() throws {
    let log = LogMaker(slots: 6)
    let filling = String(repeating: "x", count: 2500)
    for number in 0..<1200 { log.add("{\"n\":\(number),\"filling\":\"\(filling)\"}") }
    log.seal()
    // Opens a segment that gets no event, and then one in a slot before it.
    try log.restart()
    log.open()
    try log.restart()
    log.retire(olderThanNs: 700_000_000)
    for number in 1200..<1210 { log.add("{\"n\":\(number)}") }
    log.seal()
    try log.restart()
    log.add("{\"n\":1210}")
    log.seal()
    let cat = try Program.run("log", "cat", "-d", log.path)
    let offsets = try cat.objects().compactMap { $0["offset"] as? Int }
    #expect(cat.status == 0 && offsets.last == 1210, "\(cat.errors)")
    #expect(offsets.count > 300 && offsets == Array((offsets.first ?? 0)...1210))
    let verify = try Program.run("log", "verify", "-d", log.path)
    #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
  }
}
