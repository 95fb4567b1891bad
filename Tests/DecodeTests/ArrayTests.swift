import Bytes
import Decode
import Events
import Testing

/// JSON arrays whose elements are events.
struct ArrayTests {
  /// What was taken of some requests, and the statuses of their answers.
  private func taken(_ requests: String, prepare: (inout Line<HTTPFront>) -> Void = { _ in })
    -> (texts: [String], statuses: [Int])
  {
    var line = Line<HTTPFront>()
    prepare(&line)
    line.receive(requests)
    return (line.consumer.taken.map(\.text), line.statuses)
  }

  @Test func `each element is an event, byte for byte`() {
    let body = " [ {\"a\" : 1 } ,\n[2] , \"x,]\" , 4 ]\r\n"
    for request in [post(body), chunked([" [ {\"a\" : 1 }", " ,\n[2] , \"x,]\" , 4 ]\r\n"]), chunked([body])] {
      let (texts, statuses) = taken(request + post("{2}"))
      #expect(texts == ["{\"a\" : 1 }", "[2]", "\"x,]\"", "4", "{2}"])
      #expect(statuses == [200, 200])
    }
  }

  @Test func `what begins with no bracket is one event, blanks and all`() {
    for body in [" {\"a\":1}\n", "{\"a\":[1]}", "no JSON", "7", "\"[\"", "\u{B}[1]", "\t", " "] {
      let (texts, statuses) = taken(post(body) + chunked([body]))
      #expect(texts == [body, body])
      #expect(statuses == [200, 200])
    }
  }

  @Test func `an array is refused whole when it is none`() {
    for body in ["[", "[1,]", "[1] x", "[{\"a\"}]", "[\"\u{1}\"]", "[1", "[1]]", "[tru]"] {
      var line = Line<HTTPFront>()
      line.receive(post(body) + chunked([body]) + post("{2}"))
      let (texts, statuses) = (line.consumer.taken.map(\.text), line.statuses)
      #expect(texts == ["{2}"], "\(body)")
      #expect(statuses == [400, 400, 200])
      #expect(line.text.contains("malformed_body"))
      let counted = line.desk.refused[Int(Refusal.malformedBody.rawValue)]
      #expect(counted == 2)
    }
  }

  @Test func `an empty array is nothing, and that is well`() {
    var line = Line<HTTPFront>()
    line.receive(post("[ ]") + post("[]", ["Prefer: return=minimal"]) + post("{1}"))
    let found = responses(line.text)
    #expect(found.map(\.status) == [200, 204, 200])
    #expect(found[0].body.hasPrefix(#"{"topic":"temps","partition":null,"offsets":null,"events":0,"refused":0,"#))
    #expect(found[1].fields["sluice-receipt"] == "topic=temps;events=0")
  }

  @Test func `each element has its verdict`() {
    var line = Line<HTTPFront>()
    line.consumer.refuses = [("\"bad", .forbidden), ("\"busy", .overloaded)]
    let long = "\"" + String(repeating: "x", count: 999) + "\""
    line.receive(post("[1,\"bad\",\(long),2,\"busy\"]") + post("[\"bad\",\"busy\"]") + post("[\"bad\"]"))
    let found = responses(line.text)
    #expect(found.map(\.status) == [207, 503, 403])
    #expect(
      found[0].body.hasSuffix(
        #""verdicts":[{"event":1,"reason":"forbidden","status":403,"retryable":false},"#
          + #"{"event":2,"reason":"event_too_large","status":413,"retryable":false},"#
          + #"{"event":4,"reason":"overloaded","status":503,"retryable":true}]}"#
      )
    )
    let (refused, texts) = (line.consumer.refusedByFront, line.consumer.taken.map(\.text))
    #expect(refused == [.eventTooLarge])
    #expect(texts == ["1", "2"])
  }

  @Test func `later in the middle goes on at the element where it was`() {
    let body = "[{\"a\":1}, 2 ,[3],\"4\"]"
    let requests = [
      Array(post(body).utf8), Array(chunked([String(body.prefix(7)), String(body.dropFirst(7))]).utf8),
      Gzip.post(Gzip.stored(body), type: "application/json"),
    ]
    for request in requests {
      for safe in [true, false] {
        var line = Line<HTTPFront>()
        line.isSafeAtOnce = safe
        (line.consumer.laters, line.consumer.latersLeft) = (2, 1)
        line.receive(request + Array(post("{5}").utf8))
        for _ in 0..<30 { line.drive() }
        line.pay()
        let (texts, statuses) = (line.consumer.taken.map(\.text), line.statuses)
        #expect(texts == ["{\"a\":1}", "2", "[3]", "\"4\"", "{5}"])
        #expect(statuses == [200, 200])
      }
    }
  }

  @Test func `an array may be larger than an event, up to a limit of its own`() {
    // The consumer takes events of 1,000 bytes; bodies have 20,000 at the most.
    func array(_ count: Int) -> String {
      "[" + String(repeating: "1234567,", count: count / 8 - 1) + String(repeating: " ", count: count % 8 + 5) + "1]"
    }
    for (count, status) in [(1000, 200), (1001, 200), (20_000, 200), (20_001, 413)] {
      #expect(array(count).utf8.count == count)
      let whole = taken(post(array(count)) + post("{2}"))
      #expect(whole.statuses == (count > 20_000 ? [413] : [status, 200]), "\(count)")
      #expect(whole.texts.count == (status == 200 ? count / 8 + 1 : 0))
    }
    var limits = testLimits
    limits.carryBytesMax = 70_000
    limits.bodyBytesMax = 100_000
    limits.inflatedBytesMax = 80_000
    for (count, expected) in [(69_000, 200), (70_000, 413), (70_001, 413), (90_000, 413)] {
      var line = Line<HTTPFront>(limits: limits)
      line.receive(post(array(count)) + post("{2}"))
      let statuses = line.statuses
      #expect(statuses == [expected, 200], "\(count)")
      #expect(expected == 200 || line.text.contains("body_too_large"))
    }
    limits.inflatedBytesMax = 30_000
    for (count, expected) in [(30_000, 200), (30_001, 413)] {
      let text = array(count)
      let pieces = stride(from: 0, to: count, by: 7000).map { String(text.dropFirst($0).prefix(7000)) }
      for request in [post(text), chunked(pieces)] {
        var line = Line<HTTPFront>(limits: limits)
        line.receive(request + post("{2}"))
        let statuses = line.statuses
        #expect(statuses == [expected, 200], "\(count)")
      }
    }
  }

  @Test func `a body too large for an event is not waited for when it begins none`() {
    var line = Line<HTTPFront>()
    let text = post("\n \(String(repeating: "x", count: 5000))")
    let head = text.utf8.count - 5002
    line.receive(text.utf8.prefix(head + 2))
    #expect(line.replies.isEmpty)
    line.receive(text.utf8.dropFirst(head + 2).prefix(1))
    let (early, carriedMax) = (line.statuses, line.carriedMax)
    #expect(early == [413])
    #expect(carriedMax <= head + 3)
    line.receive(text.utf8.dropFirst(head + 3))
    line.receive(post("{2}"))
    let statuses = line.statuses
    #expect(statuses == [413, 200])
    // Blanks alone are looked at up to the size of an event.
    let blanks = taken(post(String(repeating: " ", count: 5000)) + chunked([String(repeating: " ", count: 5000)]))
    #expect(blanks.statuses == [413, 413])
  }

  @Test func `what the head says holds for each element, but an id is for one`() {
    let key = String(repeating: "k", count: 100)
    var line = Line<HTTPFront>()
    line.receive(post("[1, 2]", ["Sluice-Key: \(key)", trace, version]) + post("[3]", [id]) + post("{4}"))
    let (taken, statuses) = (line.consumer.taken, line.statuses)
    #expect(taken.map(\.text) == ["1", "2", "{4}"])
    #expect(taken.prefix(2).allSatisfy { $0.key == Array(key.utf8) && $0.origin.trace != nil && $0.schema == "12" })
    #expect(statuses == [200, 400, 200])
  }

  @Test func `elements may be nested as deep as the limit says, and not one deeper`() {
    func nested(_ depth: Int) -> String {
      "[1," + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "]"
    }
    #expect(taken(post(nested(64))).statuses == [200])
    let deeper = taken(post(nested(65)))
    #expect(deeper.statuses == [400])
    #expect(deeper.texts.isEmpty, "nothing of it is stored")
  }

  @Test func `the version of a schema is up to nine digits`() {
    for good in ["1", "12", "999999999"] {
      for request in [
        post("{}", ["sluice-schema-version: \(good)"]), post("{}", type: ndjson, ["Sluice-Schema-Version: \(good)"]),
        chunked(["{}\n{}"], type: ndjson, ["sluice-schema-version: \(good)"]),
      ] {
        var line = Line<HTTPFront>()
        line.receive(request)
        let (schemas, statuses) = (Set(line.consumer.taken.map(\.schema)), line.statuses)
        #expect(schemas == [good])
        #expect(statuses == [200])
      }
    }
    for bad in ["0", "01", "", "-1", "1.0", "v1", "1000000000", "1 2"] {
      #expect(taken(post("{}", ["Sluice-Schema-Version: \(bad)"])).statuses == [400], "\(bad)")
    }
    #expect(taken(post("{}", [version, version])).statuses == [400])
  }
}
