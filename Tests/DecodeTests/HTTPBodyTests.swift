import Bytes
import Decode
import Events
import Testing

struct HTTPBodyTests {
  @Test func `only what straddles buffers is asked for again`() {
    var line = Line<HTTPFront>()
    line.receive(post("{1}\n{2}\n{3", type: ndjson))
    let carried = line.carry
    #expect(carried.isEmpty, "the body's end ends its last line")
    let long = String(repeating: "a", count: 900)
    line.receive(post(Array(repeating: long, count: 20).joined(separator: "\n"), type: ndjson).dropLast(700))
    let carriedMax = line.carriedMax
    #expect(carriedMax <= 901, "a line is carried, never a body")
  }

  @Test func `a line too long is skipped without being carried`() {
    var line = Line<HTTPFront>()
    let long = String(repeating: "a", count: 15_000)
    for byte in Array(post("{1}\n\(long)\n{2}", type: ndjson).utf8) { line.receive([byte]) }
    let (taken, refused, carriedMax) = (line.consumer.taken.map(\.text), line.consumer.refusedByFront, line.carriedMax)
    #expect(taken == ["{1}", "{2}"])
    #expect(refused == [.eventTooLarge])
    #expect(carriedMax <= 1002)
    let found = responses(line.text)
    #expect(found.map(\.status) == [207])
    #expect(
      found[0].body.hasSuffix(#""verdicts":[{"event":1,"reason":"event_too_large","status":413,"retryable":false}]}"#)
    )
  }

  @Test func `gzip is taken whole, in chunks, and in several members`() {
    let lines = (0..<50).map { "{\($0)}" }
    let text = lines.joined(separator: "\n")
    let half = text.utf8.count / 2
    let members = Gzip.stored(Array(text.utf8.prefix(half))) + Gzip.stored(Array(text.utf8.dropFirst(half)))
    for body in [Gzip.post(Gzip.stored(text)), Gzip.chunked(Gzip.stored(text), size: 11), Gzip.post(members)] {
      var line = Line<HTTPFront>()
      line.receive(body)
      let (taken, statuses) = (line.consumer.taken.map(\.text), line.statuses)
      #expect(taken == lines)
      #expect(statuses == [200])
    }
  }

  @Test func `gzip stalls in the middle and goes on where it was`() {
    var line = Line<HTTPFront>()
    line.isSafeAtOnce = false
    (line.consumer.laters, line.consumer.latersLeft) = (1, 0)
    line.receive(Gzip.post(Gzip.stored("{1}\n{2}\n{3}")) + Array(post("{4}").utf8))
    for _ in 0..<10 { line.drive() }
    line.pay()
    let (taken, statuses) = (line.consumer.taken.map(\.text), line.statuses)
    #expect(taken == ["{1}", "{2}", "{3}", "{4}"])
    #expect(statuses == [200, 200])
  }

  @Test func `what is not gzip, or cut, or followed by garbage, is refused whole`() {
    let good = Gzip.stored("{1}\n{2}")
    var wrongSum = good
    wrongSum[wrongSum.count - 6] ^= 1
    for body in [Array("{1}\n{2}".utf8), Array(good.dropLast(1)), good + [0], good + [0x1F], wrongSum, []] {
      var line = Line<HTTPFront>()
      line.receive(Gzip.post(body) + Array(post("{3}").utf8))
      let (taken, statuses) = (line.consumer.taken.map(\.text), line.statuses)
      #expect(taken == ["{3}"])
      #expect(statuses == [400, 200])
    }
  }

  @Test func `bombs are refused by their ratio and by their size`() {
    // 25 runs: 6,451 bytes out of about 64.
    let allowed = Gzip.repeated(0x0A, runs: 10)
    #expect(2581 <= allowed.count * 100)
    var limits = testLimits
    limits.inflatedBytesMax = 2581
    for (body, expected) in [
      (allowed, 422), (Gzip.repeated(0x0A, runs: 150), 413), (Gzip.repeated(0x0A, runs: 11), 413),
    ] {
      var line = Line<HTTPFront>(limits: limits)
      line.receive(Gzip.post(body) + Array(post("{1}").utf8))
      let (statuses, taken) = (line.statuses, line.consumer.taken.map(\.text))
      #expect(statuses == [expected, 200])
      #expect(taken == ["{1}"])
    }
    #expect(
      outcome(HTTPFront.self, Gzip.post(Gzip.repeated(0x0A, runs: 150)), cuts: []).refused[
        Int(Refusal.expandsTooFar.rawValue)
      ] == 1
    )
  }

  @Test func `a compressed body over its limit is refused before it is carried`() {
    var line = Line<HTTPFront>()
    line.receive(Gzip.post(Array(repeating: 0, count: 4001)) + Array(post("{1}").utf8))
    let (statuses, carriedMax) = (line.statuses, line.carriedMax)
    #expect(statuses == [413, 200])
    #expect(carriedMax < 100)
    var chunks = Line<HTTPFront>()
    chunks.receive(Gzip.chunked(Array(repeating: 0, count: 4001), size: 500))
    let closed = (chunks.statuses, chunks.isFinished)
    #expect(closed == ([413], true))
  }

  @Test func `chunk extensions are bounded over a whole body`() {
    let ext = ";" + String(repeating: "a", count: 199)
    #expect(status(chunked(Array(repeating: "{1}\n", count: 20), type: ndjson, ext: ext)).statuses == [200])
    let over = status(chunked(Array(repeating: "{1}\n", count: 21), type: ndjson, ext: ext))
    #expect(over.statuses == [207])
    #expect(over.closed)
  }

  @Test func `what was stored before the stream broke is told`() {
    var line = Line<HTTPFront>()
    line.receive(
      request(["Host: h", "Content-Type: \(ndjson)", "Transfer-Encoding: chunked"], body: "8\r\n{1}\n{2}\n\r\nx")
    )
    let found = responses(line.text)
    #expect(found.map(\.status) == [207])
    #expect(found[0].fields["connection"] == "close")
    #expect(found[0].body.contains(#""events":2,"refused":1"#))
    let refused = line.consumer.refusedByFront
    #expect(refused == [.malformed])
  }

  @Test func `a time limit in the middle of a request is answered, between requests it is not`() {
    var idle = Line<HTTPFront>()
    idle.receive(post("{1}"))
    idle.front.refuse(.timedOut, at: &idle.desk)
    idle.pay()
    let idleStatuses = idle.statuses
    #expect(idleStatuses == [200])
    var head = Line<HTTPFront>()
    head.receive("POST /v1/ev")
    #expect(head.front.stage == .head)
    head.front.refuse(.timedOut, at: &head.desk)
    head.pay()
    let headStatuses = head.statuses
    #expect(headStatuses == [408])
    var body = Line<HTTPFront>()
    body.receive(post("{1}\n{2}\n{3}", type: ndjson).dropLast(2))
    #expect(body.front.stage == .body)
    body.front.refuse(.timedOut, at: &body.desk)
    body.receive("}")
    body.pay()
    let (bodyStatuses, isFinished) = (body.statuses, body.isFinished)
    #expect(bodyStatuses == [207])
    #expect(isFinished)
  }
}
