import Events
import Glibc
import Testing

extension EndToEnd {
  /// What senders hear of events that don't fit their topic's schema.
  @Suite struct SchemaVerdictTests {
    private let rig = SchemaRig()
    private let lines = "application/x-ndjson"
    private let good = #"{"id":"a","celsius":21.5}"#
    private let hot = #"{"id":"a","celsius":61}"#
    /// What is said of `hot`.
    private let tooHot =
      #""version":2,"instance":"/celsius","keyword":"maximum","schema":"/properties/celsius/maximum","message":""#

    @Test func `an event that does not fit is refused with its place, whichever way its request came`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      for _ in 0..<3 {
        #expect(EventRequest(good, to: "strict").send(on: socket).status == 200)
        let answer = EventRequest(hot, to: "strict").send(on: socket)
        #expect(answer.status == 422 && answer.field("content-type") == "application/problem+json", "\(answer)")
        #expect(answer.body.contains(#""reason":"invalid_event","#), "\(answer)")
        #expect(answer.body.contains("\"verdict\":{\(tooHot)must be at most 60\"}}"), "\(answer)")
      }
      let ways = [
        ["Sluice-Schema-Version: 2"], ["Sluice-Key: k"], ["Sluice-Event-ID: 0190d9c5-6c5a-7000-8000-000000000001"],
        ["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], ["Prefer: return=minimal"],
      ]
      for fields in ways {
        for chunkBytes in [nil, 1000, 4] {
          var request = EventRequest(hot, to: "strict", "application/json", fields)
          request.chunkBytes = chunkBytes
          let answer = request.send(on: socket)
          #expect(answer.status == 422 && answer.body.contains("\"verdict\":{\(tooHot)"), "\(request) \(answer)")
        }
        // The head comes first, so the event is read when its body is.
        let request = EventRequest(" " + hot, to: "strict", "application/json", fields)
        socket.send(request.parts.head)
        #expect(eventually { gateway.metric("sluice_received_bytes_total") != nil })
        socket.send(request.parts.body)
        let answer = try #require(socket.readAnswer())
        #expect(answer.status == 422 && answer.body.contains("\"verdict\":{\(tooHot)"), "\(answer)")
      }
      #expect(eventually { gateway.metric("sluice_events_stored_total") == 3 })
    }

    @Test func `what is said of one sender's event is told to nobody else`() throws {
      let gateway = try rig.start()
      let bad = String(repeating: #"{"id":"a","celsius":99}"# + "\n", count: 40)
      let other = try #require(Socket(port: gateway.port("web")))
      let frames = try #require(Socket(port: gateway.port("frames")))
      frames.send(Sent.bind("strict"))
      #expect(frames.readFrame()?.kind == .bound)
      for round in 0..<2 {
        // More than receipts tell of, and frames, which have no words for it.
        if round == 0 { #expect(EventRequest(bad, to: "strict", lines).send(to: gateway).status == 422) }
        if round == 1 {
          frames.send(Sent.event(Array(hot.utf8), request: 1))
          let frame = try #require(frames.readFrame())
          #expect(frame.kind == .refused && frame.reason == Refusal.invalidEvent.rawValue)
        }
        let strange = ["ce-specversion: 9", "ce-id: 1", "ce-source: /s", "ce-type: t"]
        let large = "[\"" + String(repeating: "x", count: 300_000) + "\"]"
        let requests = [
          EventRequest(good, to: "nowhere"), EventRequest("", to: "free"),
          EventRequest("{}", to: "free", "text/plain", strange), EventRequest(large, to: "free"),
          EventRequest(large + "\n", to: "free", lines), EventRequest("[1", to: "free"),
        ]
        for request in requests {
          let answer = request.send(on: other)
          #expect((400..<500).contains(answer.status) && !answer.body.contains("celsius"), "\(answer)")
        }
      }
    }

    @Test func `each line has its own verdict, as many as a receipt has room for`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      let five = [good, hot, good, "{\"id\":", good].joined(separator: "\n")
      let some = EventRequest(five, to: "strict", lines).send(on: socket)
      #expect(some.status == 207 && some.number("events") == 3 && some.number("refused") == 2, "\(some)")
      let first = #"{"event":1,"reason":"invalid_event","status":422,"retryable":false,"# + tooHot
      let second = #"{"event":3,"reason":"malformed_event","status":422,"retryable":false,"offset":6,"message":""#
      #expect(some.body.contains(first) && some.body.contains(second), "\(some)")

      let many = (0..<300).map { $0 % 3 == 1 ? good : hot }.joined(separator: "\n")
      for _ in 0..<5 {
        let answer = EventRequest(many, to: "strict", lines).send(on: socket)
        #expect(answer.status == 207 && answer.number("events") == 100 && answer.number("refused") == 200, "\(answer)")
        #expect(answer.body[...].count(of: "\"event\":") == 32, "\(answer)")
        #expect(
          answer.body.contains(
            "{\"event\":0,\"reason\":\"invalid_event\",\"status\":422,\"retryable\":false,\(tooHot)"
          ),
          "\(answer)"
        )
        #expect(answer.body.contains("{\"event\":47,"), "\(answer)")
        #expect(answer.body.utf8.count + answer.head.utf8.count <= 4096)
        #expect(answer.body.hasSuffix("}]}"))
      }
      let none = EventRequest("\(hot)\n\(hot)\n", to: "strict", lines).send(on: socket)
      #expect(none.status == 422 && none.number("refused") == 2 && none.body.contains(tooHot), "\(none)")
      let mixed = EventRequest("\(hot)\n{\n", to: "strict", lines).send(on: socket)
      #expect(mixed.status == 422 && mixed.body.contains("malformed_event"), "\(mixed)")
    }

    @Test func `elements of arrays have verdicts of their own, and what is no array is refused whole`() throws {
      let gateway = try rig.start()
      let answer = EventRequest("[\(good), \(hot), 7, \(good)]", to: "strict").send(to: gateway)
      #expect(answer.status == 207 && answer.number("events") == 2 && answer.number("refused") == 2, "\(answer)")
      #expect(
        answer.body.contains("{\"event\":1,\"reason\":\"invalid_event\",\"status\":422,\"retryable\":false,\(tooHot)")
      )
      let third = #"{"event":2,"reason":"invalid_event","status":422,"retryable":false,"version":2,"instance":"","#
      #expect(
        answer.body.contains(third + #""keyword":"type","schema":"/type","message":"must be an object"#),
        "\(answer)"
      )
      let broken = EventRequest("[\(good), \(hot)", to: "strict").send(to: gateway)
      #expect(broken.status == 400 && broken.body.contains("malformed_body") && !broken.body.contains("verdict"))
      #expect(eventually { gateway.metric("sluice_events_stored_total") == 2 })
    }

    @Test func `whoever prefers it is told everything that is wrong, within bounds`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      let wrong = #"{"id":7,"celsius":-51}"#
      let all = ["Prefer: verdicts=all"]
      let one = EventRequest(wrong, to: "strict").send(on: socket)
      #expect(one.body[...].count(of: "\"keyword\":") == 1 && !one.body.contains("failures"), "\(one)")
      for request in [
        EventRequest(wrong, to: "strict", "application/json", all),
        EventRequest("[\(wrong)]", to: "strict", "application/json", all),
      ] {
        let answer = request.send(on: socket)
        #expect(answer.status == 422 && answer.body.contains(#"{"version":2,"failures":[{"instance":"/"#), "\(answer)")
        #expect(answer.body.contains(#""instance":"/id","keyword":"type""#), "\(answer)")
        #expect(answer.body.contains(#""instance":"/celsius","keyword":"minimum""#), "\(answer)")
        #expect(answer.body[...].count(of: "\"keyword\":") == 2)
      }
      let lines = EventRequest("\(good)\n\(wrong)\n\(wrong)\n", to: "strict", lines, all).send(on: socket)
      #expect(lines.status == 207 && lines.body[...].count(of: "\"failures\":[{") == 2, "\(lines)")
    }

    @Test func `what is no JSON is refused where a schema asks, and taken where none does`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      for text in ["{\"id\":\"a\",", "no JSON", "{\"id\":\"a\",\"id\":\"b\"}", "{\"id\":\"\\ud800\"}", "\u{FEFF}{}"] {
        let answer = EventRequest(text, to: "strict").send(on: socket)
        #expect(answer.status == 422 && answer.body.contains(#""reason":"malformed_event""#), "\(text) \(answer)")
        #expect(answer.body.contains(#""verdict":{"offset":"#) && !answer.body.contains("\"version\""), "\(answer)")
        #expect(EventRequest(text, to: "free").send(on: socket).status == 200, "\(text)")
      }
      #expect(EventRequest(hot, to: "free").send(on: socket).status == 200)
      #expect(EventRequest("{}\nx\n", to: "free", lines).send(on: socket).number("events") == 2)
    }

    @Test func `an event names its version, and one that is not taken is refused`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      func send(_ body: String, _ version: String?, _ type: String = "application/json") -> HTTPAnswer {
        EventRequest(body, to: "strict", type, version.map { ["Sluice-Schema-Version: \($0)"] } ?? []).send(on: socket)
      }
      let old = #"{"id":"a"}"#
      #expect(send(old, nil).status == 422 && send(old, "2").status == 422)
      #expect(send(old, "1").status == 200 && send(good, "2").status == 200)
      #expect(send(#"{"id":7}"#, "1").body.contains(#""verdict":{"version":1,"instance":"/id""#))
      #expect(send("\(old)\n\(old)\n", "1", lines).number("events") == 2)
      #expect(send("[\(old),\(hot)]", "1").status == 207)
      for version in ["3", "7", "999999999"] {
        let answer = send(good, version)
        #expect(answer.status == 422 && answer.body.contains(#""reason":"unknown_schema_version""#), "\(answer)")
        #expect(answer.body.contains(#""verdict":{"message":"the event names a schema version"#), "\(answer)")
      }
      for version in ["0", "x", "1234567890"] {
        let fields = ["Sluice-Schema-Version: \(version)"]
        #expect(EventRequest(good, to: "strict", "application/json", fields).send(to: gateway).status == 400)
      }
    }
  }
}

extension Substring {
  /// How often a text stands in it.
  func count(of text: String) -> Int {
    var (count, rest) = (0, self)
    while let place = rest.range(of: text) { (count, rest) = (count + 1, rest[place.upperBound...]) }
    return count
  }
}
