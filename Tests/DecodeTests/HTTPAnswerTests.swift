import Bytes
import Decode
import Events
import Testing

struct HTTPAnswerTests {
  @Test func `an answer waits for its watermark, and those behind it for it`() {
    var line = Line<HTTPFront>()
    line.isSafeAtOnce = false
    line.receive(post("{1}") + "GET /pressure HTTP/1.1\r\nHost: h\r\n\r\n" + post("{2}"))
    line.collect()
    let before = line.replies.count
    #expect(before == 0 && line.front.isOwing)
    line.desk.watermarks.advance(.lane(LaneID(rawValue: 0)), through: EventNumber(rawValue: 1))
    line.collect()
    let first = line.statuses
    #expect(first == [200, 200] && line.front.isOwing)
    line.desk.watermarks.advance(.lane(LaneID(rawValue: 0)), through: EventNumber(rawValue: 2))
    line.collect()
    let all = line.statuses
    #expect(all == [200, 200, 200] && !line.front.isOwing)
  }

  @Test func `an answer waits for every domain its events went to`() {
    for last in [0, 1, 2] {
      var line = Line<HTTPFront>()
      line.isSafeAtOnce = false
      line.consumer.lanes = [0, 1, 0, 2, 1]
      line.receive(post("{1}\n{2}\n{3}\n{4}\n{5}\n{6}", type: ndjson))
      for lane in 0..<3 where lane != last {
        line.desk.watermarks.advance(.lane(LaneID(rawValue: UInt16(lane))), through: EventNumber(rawValue: 10))
      }
      line.collect()
      #expect(line.replies.isEmpty, "lane \(last) is not safe")
      let needed = [3, 2, 1][last]
      line.desk.watermarks.advance(
        .lane(LaneID(rawValue: UInt16(last))),
        through: EventNumber(rawValue: UInt64(needed - 1))
      )
      line.collect()
      #expect(line.replies.isEmpty, "lane \(last) is not safe through its last event")
      line.desk.watermarks.advance(
        .lane(LaneID(rawValue: UInt16(last))),
        through: EventNumber(rawValue: UInt64(needed))
      )
      line.collect()
      let found = responses(line.text)
      #expect(found.map(\.status) == [200])
      #expect(found.first?.body.contains(#""partition":null,"offsets":null,"events":6"#) == true)
      #expect(line.desk.answersFree == line.desk.answersCapacity)
    }
  }

  @Test func `a pool too small for all domains makes a request wait, not hang`() {
    var line = Line<HTTPFront>(answers: 3)
    line.consumer.lanes = [0, 1, 2, 3, 4, 5, 6, 7]
    line.receive(post((0..<40).map { "{\($0)}" }.joined(separator: "\n"), type: ndjson))
    let (count, statuses) = (line.consumer.taken.count, line.statuses)
    #expect(count == 40)
    #expect(statuses == [200])
    #expect(line.desk.answersFree == 3)
  }

  @Test(arguments: [1, 2, 64])
  func `two hundred pipelined requests are answered in order through few places`(_ places: Int) {
    var limits = testLimits
    limits.answersMax = places
    var line = Line<HTTPFront>(limits: limits, answers: 64, replyBytes: 4096)
    line.receive((0..<200).map { post("{\($0)}") }.joined())
    let found = responses(line.text)
    #expect(found.count == 200)
    for (index, response) in found.enumerated() {
      #expect(response.body.contains("\"first\":\(index),\"last\":\(index)}"))
    }
  }

  @Test func `a connection stalls when it owes as much as it may`() {
    var limits = testLimits
    limits.answersMax = 3
    var line = Line<HTTPFront>(limits: limits)
    line.isSafeAtOnce = false
    line.receive((0..<5).map { post("{\($0)}") }.joined())
    let first = line.consumer.taken.count
    #expect(first == 3)
    line.drive()
    let still = line.consumer.taken.count
    #expect(still == 3)
    line.pay()
    line.drive()
    let all = line.consumer.taken.count
    #expect(all == 5)
  }

  @Test func `a connection that is abandoned gives everything back`() {
    var line = Line<HTTPFront>()
    line.isSafeAtOnce = false
    line.consumer.lanes = [0, 1, 2]
    line.consumer.refuses = [("bad", .forbidden)]
    line.receive(
      post("{1}") + post("{1}\nbad\n{2}\n{3}", type: ndjson) + post("{1}\nbad\n{2}\n{3", type: ndjson).dropLast(1)
    )
    #expect(line.desk.answersFree < line.desk.answersCapacity - 3)
    line.front.abandon(at: &line.desk)
    #expect(line.desk.answersFree == line.desk.answersCapacity)
    let isOwing = line.front.isOwing
    #expect(!isOwing)
  }

  @Test func `the receipt is a header for those who prefer that`() {
    var line = Line<HTTPFront>()
    line.consumer.refuses = [("bad", .forbidden)]
    line.receive(post("{1}\n{2}", type: ndjson, ["Prefer: wait=1, return=minimal; a=b"]))
    line.receive(post("bad\n{2}", type: ndjson, ["Prefer: return=minimal"]))
    let found = responses(line.text)
    #expect(found.map(\.status) == [204, 207])
    #expect(found[0].fields["sluice-receipt"] == "topic=temps;partition=0;first=0;last=1;events=2")
    #expect(found[0].fields["preference-applied"] == "return=minimal")
    #expect(found[0].fields["content-length"] == nil)
  }

  @Test func `many verdicts: all stored, some, none for one reason, none for several`() {
    func answer(_ body: String) -> Response {
      var line = Line<HTTPFront>()
      line.consumer.refuses = [
        ("bad", .forbidden), ("busy", .overloaded), ("full", .storageFull), ("odd", .unsupportedMediaType),
      ]
      line.receive(post(body, type: ndjson))
      return responses(line.text)[0]
    }
    #expect(answer("{1}\n{2}").status == 200)
    let some = answer("{1}\nbad\n{2}\nbusy")
    #expect(some.status == 207)
    #expect(some.fields["retry-after"] == nil)
    #expect(
      some.body.hasSuffix(
        #""verdicts":[{"event":1,"reason":"forbidden","status":403,"retryable":false},"#
          + #"{"event":3,"reason":"overloaded","status":503,"retryable":true}]}"#
      )
    )
    let busy = answer("busy\nbusy")
    #expect(busy.status == 503 && busy.fields["retry-after"] == "1")
    #expect(answer("full\nfull").status == 507)
    #expect(answer("bad\nbad").status == 403)
    let mixed = answer("bad\nbusy")
    #expect(mixed.status == 503 && mixed.fields["retry-after"] == "1", "one of them may succeed later")
    let final = answer("bad\nodd")
    #expect(final.status == 422 && final.fields["retry-after"] == nil)
    #expect(mixed.body.contains(#""events":0,"refused":2"#))
  }

  @Test func `verdicts beyond the limit are counted, and the largest answer fits its bound`() {
    var limits = testLimits
    limits.verdictsMax = 32
    let topic = Topic(id: TopicID(rawValue: 0), name: "temps")
    var line = Line<HTTPFront>(limits: limits, replyBytes: Desk.answerBytesMax, topics: [topic])
    line.consumer.refuses = [("bad", .unsupportedMediaType)]
    line.desk.pressure = 1
    line.receive(post("{1}\n" + String(repeating: "bad\n", count: 4000), type: ndjson, ["Connection: close"]))
    let found = responses(line.text)[0]
    #expect(found.body.contains(#""refused":4000"#))
    #expect(found.body.components(of: "\"event\":") == 32)
    #expect(found.body.contains(#""verdicts":[{"event":1,"#))
    let count = line.replies.count
    #expect(count < Desk.answerBytesMax - 249, "with the longest name it fits as well")
  }

  @Test func `topics are listed in pages that fit an answer`() {
    let topics = (0..<60).map {
      Topic(id: TopicID(rawValue: UInt16($0)), name: "t\($0)." + String(repeating: "n", count: 200))
    }
    var line = Line<HTTPFront>(replyBytes: Desk.answerBytesMax, topics: topics)
    var names: [String] = []
    var next: String? = "/v1/topics"
    while let target = next {
      line.replies = []
      line.receive("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      let body = responses(line.text)[0].body
      names += body.split(separator: "\"").map(String.init).filter { $0.hasPrefix("t") && $0.contains(".n") }
      next = body.range(after: "\"next\":\"")
    }
    #expect(names == topics.map(\.name))
    line.replies = []
    line.receive("GET /v1/topics?from=99999 HTTP/1.1\r\nHost: h\r\n\r\n")
    let beyond = responses(line.text)[0].body
    #expect(beyond == #"{"topics":[],"next":null}"#)
  }

  @Test func `HEAD is answered like GET without the body`() {
    for target in ["/v1/topics", "/pressure", "/none"] {
      var get = Line<HTTPFront>()
      get.receive("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      var head = Line<HTTPFront>()
      head.receive("HEAD \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      let whole = get.text
      let end = whole.utf8.count - responses(whole)[0].body.utf8.count
      let text = head.text
      #expect(text == String(decoding: whole.utf8.prefix(end), as: UTF8.self))
    }
  }

  @Test func `OPTIONS and 405 say what is allowed`() {
    func allow(_ method: String, _ target: String) -> (Int, String?) {
      var line = Line<HTTPFront>()
      line.receive("\(method) \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
      let found = responses(line.text)[0]
      return (found.status, found.fields["allow"])
    }
    #expect(allow("OPTIONS", "*") == (204, "GET, HEAD, POST, OPTIONS"))
    #expect(allow("OPTIONS", "/v1/events/temps") == (204, "POST, OPTIONS"))
    #expect(allow("OPTIONS", "/v1/topics") == (204, "GET, HEAD, OPTIONS"))
    #expect(allow("GET", "/v1/events/temps") == (405, "POST, OPTIONS"))
    #expect(allow("POST", "/pressure") == (405, "GET, HEAD, OPTIONS"))
  }

  @Test func `pressure is told in a field and by its resource`() {
    for (pressure, text) in [(Float(0.37), "0.37"), (1, "1.00"), (7, "1.00"), (0.999, "1.00"), (0.01, "0.01")] {
      var line = Line<HTTPFront>()
      line.desk.pressure = pressure
      line.receive(post("{1}") + "GET /pressure HTTP/1.1\r\nHost: h\r\n\r\n")
      let found = responses(line.text)
      #expect(found.allSatisfy { $0.fields["sluice-pressure"] == text })
      #expect(found[1].body == "{\"pressure\":\(text)}")
    }
  }

  @Test func `old and closing clients get what they ask for`() {
    func connection(_ text: String) -> (String?, Bool) {
      var line = Line<HTTPFront>()
      line.receive(text)
      return (responses(line.text)[0].fields["connection"], line.isFinished)
    }
    #expect(connection(post("{1}", version: "1.0")) == ("close", true))
    #expect(connection(post("{1}", ["Connection: Keep-Alive"], version: "1.0")) == ("keep-alive", false))
    #expect(connection(post("{1}", ["Connection: close"])) == ("close", true))
    #expect(connection(post("{1}", ["Connection: close, keep-alive"])) == ("close", true))
    #expect(connection(post("{1}", ["Connection: a ,close"])) == ("close", true))
    #expect(connection(post("{1}")) == (nil, false))
    let old = "POST /v1/events/temps HTTP/1.0\r\n\(json)\r\nContent-Length: 3\r\n\r\n{1}"
    #expect(connection(old) == ("close", true), "HTTP/1.0 needs no Host")
  }

  @Test func `a drain ends connections with the answer under way`() {
    var line = Line<HTTPFront>()
    line.desk.isDraining = true
    line.receive(post("{1}") + post("{2}"))
    let (found, isFinished, taken) = (responses(line.text), line.isFinished, line.consumer.taken.count)
    #expect(found.map(\.status) == [200])
    #expect(found[0].fields["connection"] == "close")
    #expect(isFinished && taken == 1)
    var begun = Line<HTTPFront>()
    begun.receive(post("{1}").dropLast())
    begun.desk.isDraining = true
    begun.receive("}")
    let connection = responses(begun.text)[0].fields["connection"]
    #expect(connection == "close", "a request that had begun is finished first")
  }

  @Test func `every reason has an answer of its status`() {
    for reason in Refusal.allCases {
      var line = Line<HTTPFront>()
      line.consumer.grantRefusal = reason
      line.desk.retryAfterSeconds = 17
      line.receive(post("{1}"))
      let found = responses(line.text)[0]
      #expect(found.status == reason.row.status)
      #expect(found.fields["content-type"] == "application/problem+json")
      #expect(found.fields["retry-after"] == (reason.row.isRetryable ? "17" : nil))
      #expect(found.body.contains("\"reason\":\"\(reason.row.label)\""))
      let refused = line.desk.refused[Int(reason.rawValue)]
      #expect(refused == 1)
    }
  }

  @Test func `dates are those of the calendar`() {
    for (second, date, stamp) in [
      (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00"),
      (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT", "2000-02-28T23:59:59"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00"),
      (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59"),
      (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT", "2024-12-31T23:59:59"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00"),
      (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59"),
    ] {
      var line = Line<HTTPFront>()
      line.desk.clock = ClockReading(utcNs: second * 1_000_000_000 + 5, errorNs: 250, state: .locked, monotonicNs: 0)
      line.receive(post("{1}"))
      let found = responses(line.text)[0]
      #expect(found.fields["date"] == date)
      #expect(found.body.contains("{\"time\":\"\(stamp).000000005Z\",\"clock\":\"locked\",\"errorNs\":250}"))
    }
  }

  @Test func `receipts that follow one another are each their own`() {
    var line = Line<HTTPFront>()
    line.consumer.lanes = [0, 1]
    for number in 0..<40 {
      line.desk.clock = ClockReading(
        utcNs: utcNs + Int64(number) * 300_000_001,
        errorNs: nil,
        state: .unknown,
        monotonicNs: 0
      )
      line.replies = []
      line.receive(post("{1}", to: topicNames[number / 2 % 3]))
      let found = responses(line.text)[0]
      #expect(found.body.contains("\"topic\":\"\(topicNames[number / 2 % 3])\",\"partition\":\(number % 2),"))
      #expect(found.body.contains("\"first\":\(number / 2),\"last\":\(number / 2)}"))
      let second = 11 + (42 + number * 300_000_001) / 1_000_000_000
      #expect(found.fields["date"] == "Fri, 20 Nov 2026 11:18:\(second) GMT")
      #expect(found.body.contains("T11:18:\(second)."))
    }
  }

  @Test func `a receipt written after another's model is the one written from scratch`() {
    var generator = Generator(state: 3)
    let offsets: [UInt64] = [0, 1, 8, 9, 10, 11, 99, 100, 101, 999, 1000, 7, 12_345_678_901, .max - 2, .max / 10]
    for round in 0..<400 {
      var after = Line<HTTPFront>()
      var alone = Line<HTTPFront>()
      let offset =
        round < offsets.count ? offsets[round] : generator.next() >> UInt64.random(in: 0..<64, using: &generator)
      let next = round % 3 == 0 ? offset &+ 1 : offsets.randomElement(using: &generator)!
      func clock(_ ns: Int64) -> ClockReading {
        ClockReading(utcNs: utcNs + ns, errorNs: round % 2 == 0 ? nil : 17, state: .locked, monotonicNs: 0)
      }
      after.desk.clock = clock(Int64.random(in: 0..<900_000_000, using: &generator))
      after.consumer.numbers[0] = offset
      after.receive(post("{1}"))
      after.replies = []
      after.desk.clock = clock(Int64.random(in: 0..<999_999_958, using: &generator))
      (after.consumer.numbers[0], alone.consumer.numbers[0], alone.desk.clock) = (next, next, after.desk.clock)
      after.receive(post("{1}"))
      alone.receive(post("{1}"))
      let (left, right) = (after.text, alone.text)
      #expect(left == right, "\(next) after \(offset)")
    }
  }
}

extension String {
  func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let found = rest.firstRange(of: part) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
  func range(after part: String) -> String? {
    firstRange(of: part).map { String(self[$0.upperBound...].prefix { $0 != "\"" }) }
  }
}
