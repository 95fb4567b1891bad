import Bytes
import Decode
import Events
import Testing

/// What is said of events that were set aside.
struct QuarantineAnswerTests {
  /// A line whose consumer sets aside what starts with `{"bad`.
  private func line(_ limits: FrontLimits = testLimits) -> Line<HTTPFront> {
    var line = Line<HTTPFront>(limits: limits)
    line.consumer.aside = "{\"bad"
    return line
  }
  private func advance(_ line: inout Line<HTTPFront>, _ domain: Domain, _ number: UInt64) {
    line.desk.watermarks.advance(domain, through: EventNumber(rawValue: number))
    line.collect()
  }

  @Test func `one event that was set aside has a receipt that says so, and no place`() {
    var line = line()
    line.isSafeAtOnce = false
    line.receive(post("{\"bad\":1}"))
    line.collect()
    let before = line.replies.count
    #expect(before == 0)
    advance(&line, .lane(LaneID(rawValue: 0)), 9)
    let stillBefore = line.replies.count
    #expect(stillBefore == 0, "what is safe in a lane is not what this waits for")
    advance(&line, .side, 1)
    let found = responses(line.text)
    #expect(found.map(\.status) == [200])
    let body = #"{"topic":"temps","partition":null,"offsets":null,"events":0,"refused":0,"quarantined":1,"#
    #expect(found.first?.body.hasPrefix(body) == true, "\(found)")
  }

  @Test(arguments: [true, false])
  func `a request waits for all its events, set aside or not, and tells which were`(isSideLast: Bool) {
    var line = line()
    line.isSafeAtOnce = false
    line.receive(post("{1}\n{\"bad\":2}\n{3}\n{\"bad\":4}\n{5}\n", type: ndjson))
    line.collect()
    if isSideLast { advance(&line, .lane(LaneID(rawValue: 0)), 3) } else { advance(&line, .side, 2) }
    let before = line.replies.count
    #expect(before == 0)
    if isSideLast { advance(&line, .side, 2) } else { advance(&line, .lane(LaneID(rawValue: 0)), 3) }
    let found = responses(line.text)
    #expect(found.map(\.status) == [200])
    let body = found.first?.body ?? ""
    let head = #"{"topic":"temps","partition":0,"offsets":{"first":0,"last":2},"events":3,"refused":0,"quarantined":2,"#
    #expect(body.hasPrefix(head), "\(body)")
    #expect(body.hasSuffix(#","verdicts":[{"event":1,"quarantined":true},{"event":3,"quarantined":true}]}"#), "\(body)")
    let (free, capacity) = (line.desk.answersFree, line.desk.answersCapacity)
    #expect(free == capacity)
  }

  @Test func `refused beside set aside is 207, and set aside is not refused`() {
    var line = line()
    line.consumer.refuses = [("no", .forbidden), ("later", .overloaded)]
    line.receive(post("{\"bad\":0}\nno\n", type: ndjson))
    line.receive(post("no\nlater\n{\"bad\":0}\n", type: ndjson))
    let found = responses(line.text)
    #expect(found.map(\.status) == [207, 207])
    #expect(found.allSatisfy { $0.fields["retry-after"] == nil })
    let verdicts =
      #""verdicts":[{"event":0,"quarantined":true},{"event":1,"reason":"forbidden","status":403,"retryable":false}]}"#
    #expect(found[0].body.contains(#""events":0,"refused":1,"quarantined":1,"#) && found[0].body.hasSuffix(verdicts))
    #expect(found[1].body.contains(#""events":0,"refused":2,"quarantined":1,"#))
    #expect(found[1].body.hasSuffix(#"{"event":2,"quarantined":true}]}"#), "\(found[1].body)")
  }

  @Test func `a short receipt counts them, too, and the next plain one does not`() {
    var line = line()
    let minimal = ["Prefer: return=minimal"]
    line.receive(post("{1}\n{\"bad\":2}\n", type: ndjson, minimal))
    line.receive(post("{\"bad\":3}", minimal))
    for number in 4...6 { line.receive(post("{\(number)}")) }
    line.receive(post("{\"bad\":7}"))
    let found = responses(line.text)
    #expect(found.map(\.status) == [204, 204, 200, 200, 200, 200])
    let receipts = found.map { $0.fields["sluice-receipt"] ?? "" }
    #expect(receipts[0] == "topic=temps;partition=0;first=0;last=0;events=1;quarantined=1")
    #expect(receipts[1] == "topic=temps;events=0;quarantined=1")
    #expect(found[2...4].allSatisfy { !$0.body.contains("quarantined") && $0.body.contains("\"events\":1") })
    #expect(found[5].body.contains("\"events\":0,\"refused\":0,\"quarantined\":1"))
  }

  @Test func `verdicts beyond the limit are counted, and the largest answer fits its bound`() {
    var limits = testLimits
    limits.verdictsMax = 32
    var line = line(limits)
    line.consumer.refuses = [("no", .unsupportedMediaType)]
    line.receive(post(String(repeating: "{\"bad\":0}\nno\n", count: 300), type: ndjson))
    let found = responses(line.text)
    #expect(found.map(\.status) == [207])
    #expect(found.first?.body.contains("\"refused\":300,\"quarantined\":300") == true)
    #expect(found.first?.body.ranges(of: "{\"event\":").count == 32)
    #expect(line.replies.count <= Desk.answerBytesMax)
  }

  @Test func `a framed answer says that its events were set aside, and speaks for no others`() {
    var line = Line<FramedFront>()
    line.consumer.aside = "{\"bad"
    func frame(_ kind: UInt8, _ request: UInt8, _ rest: String) -> [UInt8] {
      [0, 0, 0, UInt8(8 + rest.utf8.count), kind, 0, 0, 0, 0, 0, 0, request] + Array(rest.utf8)
    }
    line.receive([0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 1] + frame(2, 1, "temps"))
    let greeted = line.replies.count
    let events = ["{1}", "{\"bad\":2}", "{\"bad\":3}", "{4}"]
    line.receive(events.enumerated().flatMap { frame(3, UInt8(2 + $0), $1) })
    var rest = line.replies.dropFirst(greeted)
    var said: [[UInt8]] = []
    while rest.count >= 48 {
      let answer = Array(rest.prefix(48))
      // Kind, request, count, partition, flags.
      said.append([answer[4], answer[11], answer[15], answer[16], answer[17], answer[19]])
      if answer[19] == 1 { #expect(answer[20..<36].allSatisfy { $0 == 0xFF }, "no offsets") }
      rest = rest.dropFirst(48)
    }
    #expect(rest.isEmpty)
    #expect(said == [[0x83, 2, 1, 0, 0, 0], [0x83, 4, 2, 0xFF, 0xFF, 1], [0x83, 5, 1, 0, 0, 0]])
  }
}
