import Events
import Glibc
import Testing

extension EndToEnd {
  /// Events that don't fit and are set aside: what is kept of them, and what is not.
  @Suite struct SchemaQuarantineTests {
    private let rig = SchemaRig()
    private let good = #"{"id":"good-4f1c","celsius":21.5}"#
    /// Whatever of an event must not be found anywhere: a value, and a name that could be anybody's.
    private let marker = "marker-9b2e7a"
    private var bad: String { #"{"id":"\#(marker)","celsius":"\#(marker)","\#(marker)@example.com":{"\#(marker)":1}}"# }

    private func isOnDisk(_ text: String, _ rig: SchemaRig) -> Bool {
      runTool(["grep", "-rqaF", text, "\(rig.folder.path)/data"]) == 0
    }

    @Test func `an event that is set aside leaves its verdict, and its payload if it is JSON`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      let one = EventRequest(bad, to: "aside").send(on: socket)
      #expect(one.status == 200 && one.number("quarantined") == 1 && one.number("events") == 0, "\(one)")
      let aside = #""verdicts":[{"event":0,"quarantined":true,"version":7,"instance":"/celsius","keyword":"type","#
      #expect(one.body.contains(aside), "\(one)")
      let lines = "\(good)\n\(bad)\n{\"id\":\"\(marker)\n\(good)\n"
      let some = EventRequest(lines, to: "aside", "application/x-ndjson").send(on: socket)
      #expect(some.status == 200 && some.number("quarantined") == 2 && some.number("events") == 2, "\(some)")
      let named = EventRequest(good, to: "aside", "application/json", ["Sluice-Schema-Version: 8"]).send(on: socket)
      #expect(named.status == 200 && named.number("quarantined") == 1, "\(named)")
      let everything = ["Prefer: verdicts=all"]
      let many = (0..<40).map { #""\#(marker) \#($0)":0"# }.joined(separator: ",")
      let all = EventRequest("{\(many)}", to: "aside", "application/json", everything).send(on: socket)
      #expect(all.status == 200 && all.body.contains("\"failures\":[{"), "\(all)")
      for answer in [one, some, named, all] { #expect(!answer.body.contains(marker), "\(answer)") }

      let minimal = EventRequest("\(good)\n\(bad)", to: "aside", "application/jsonl", ["Prefer: return=minimal"])
      let receipt = minimal.send(on: socket).field("sluice-receipt")
      #expect(receipt?.hasSuffix(";events=1;quarantined=1") == true, "\(receipt ?? "none")")

      let frames = try #require(Socket(port: gateway.port("frames")))
      frames.send(
        Sent.bind("aside") + Sent.event(Array(bad.utf8), request: 1) + Sent.event(Array(good.utf8), request: 2)
      )
      #expect(frames.readFrame()?.kind == .bound)
      let (first, second) = (try #require(frames.readFrame()), try #require(frames.readFrame()))
      #expect(first.kind == .stored && first.first == .max && first.rest[7] == 1, "\(first)")
      #expect(second.kind == .stored && second.first != .max && second.rest[7] == 0, "\(second)")

      let expected: [(words: [String], version: Int)] = [
        ([#""reason":"invalid_event","version":7,"instance":"/celsius","keyword":"type""#], 7),
        ([#""reason":"invalid_event","version":7,"instance":"/celsius""#], 7),
        ([#""reason":"malformed_event","offset":"#], 7), ([#""reason":"unknown_schema_version","message":"#], 0),
        ([#""reason":"invalid_event","version":7,"failures":[{"instance":"#], 7),
        ([#""reason":"invalid_event","version":7,"#], 7), ([#""reason":"invalid_event","version":7,"#], 7),
      ]
      #expect(eventually { rig.quarantined().count == expected.count }, "\(rig.quarantined())")
      for (line, expected) in zip(rig.quarantined(), expected) {
        #expect(line.contains(#""topic":"aside""#) && expected.words.allSatisfy { line.contains($0) }, "\(line)")
        let isHeld = line.contains("\"schemaVersion\":\(expected.version),")
        let said = line.split(separator: ",\"payload\":")
        #expect(isHeld == (expected.version != 0) && !said[0].contains(marker), "\(line)")
        #expect((said.count == 2) == !expected.words[0].contains("malformed_event"), "\(line)")
      }
      #expect(rig.quarantined()[0].contains("\"bytes\":\(bad.utf8.count),"), "\(rig.quarantined()[0])")
      let (shown, data) = ("\(rig.folder.path)/shown", "\(rig.folder.path)/data")
      #expect(runTool([Gateway.program, "quarantine", "show", "0/1", "--json", "--data", data], output: shown) == 0)
      #expect(contents(of: shown) == rig.quarantined()[1] + "\n")
      #expect(isOnDisk("good-4f1c", rig), "what is stored can be found this way")
      #expect(isOnDisk(marker, rig) && !gateway.said.contains(marker), "the topic has no plan")
      #expect(eventually { gateway.metric("sluice_events_quarantined_total") == Double(expected.count) })
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      #expect(rig.quarantined().count == expected.count)
      #expect(try LoggedEvents(data).values(of: "aside") == [good, good, good, good])
    }

    @Test func `a CloudEvent's schema is about its data, and dataschema names the version`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      func envelope(_ data: String, _ schema: String? = nil) -> String {
        let schema = schema.map { #""dataschema":"\#($0)","# } ?? ""
        return #"{"specversion":"1.0","type":"t","source":"/s","id":"1",\#(schema)"data":\#(data)}"#
      }
      func structured(_ data: String, _ schema: String? = nil) -> HTTPAnswer {
        EventRequest(envelope(data, schema), to: "strict", "application/cloudevents+json").send(on: socket)
      }
      func binary(_ data: String, _ schema: String? = nil) -> HTTPAnswer {
        let fields = ["ce-specversion: 1.0", "ce-type: t", "ce-source: /s", "ce-id: 1"]
        let more = schema.map { ["ce-dataschema: \($0)"] } ?? []
        return EventRequest(data, to: "strict", "application/json", fields + more).send(on: socket)
      }
      let (good, old, hot) = (#"{"id":"a","celsius":1}"#, #"{"id":"a"}"#, #"{"id":"a","celsius":61}"#)
      for send in [structured, binary] {
        #expect(send(good, nil).status == 200 && send(good, "https://example.com/strict/2.json").status == 200)
        #expect(send(old, "https://example.com/strict/1").status == 200 && send(old, nil).status == 422)
        let answer = send(hot, "registry:///strict/1.json")
        let place = #""verdict":{"version":1,"instance":"/celsius","keyword":"maximum""#
        #expect(answer.status == 422 && answer.body.contains(place), "\(answer)")
        let strange = send(good, "https://example.com/strict/latest")
        #expect(strange.status == 422 && strange.body.contains("unknown_schema_version"), "\(strange)")
      }
      let batch = "[\(envelope(good)),\(envelope(hot)),\(envelope(old, "/1")),{}]"
      let some = EventRequest(batch, to: "strict", "application/cloudevents-batch+json").send(on: socket)
      #expect(some.status == 207 && some.number("events") == 2 && some.number("refused") == 2, "\(some)")
      #expect(some.body.contains(#"{"event":1,"reason":"invalid_event","status":422,"retryable":false,"version":2,"#))
      #expect(some.body.contains(#"{"event":3,"reason":"bad_envelope","status":400,"retryable":false}"#), "\(some)")
      // Data that is no JSON, or not there, fits nothing that asks for an object.
      let none = #"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#
      for body in [none, envelope("null"), envelope("[]"), envelope(#""text""#)] {
        let answer = EventRequest(body, to: "strict", "application/cloudevents+json").send(on: socket)
        #expect(answer.status == 422 && answer.body.contains("\"verdict\":{"), "\(body) \(answer)")
      }
      // A field of the request stands in where the event names none.
      let field = ["Sluice-Schema-Version: 1"]
      let both = EventRequest(envelope(old), to: "strict", "application/cloudevents+json", field).send(on: socket)
      #expect(both.status == 200, "\(both)")
    }

    @Test func `the five bytes of registries name the version, over HTTP and in frames`() throws {
      let gateway = try rig.start()
      let socket = try #require(Socket(port: gateway.port("web")))
      func wire(_ id: UInt8, _ text: String) -> [UInt8] { [0, 0, 0, 0, id] + Array(text.utf8) }
      let (good, old) = (#"{"id":"a","celsius":1}"#, #"{"id":"a"}"#)
      let cases: [(event: [UInt8], status: Int, words: String)] = [
        (wire(23, good), 200, "\"events\":1"), (wire(17, old), 200, "\"events\":1"),
        (wire(23, old), 422, #""verdict":{"version":2,"instance":"","keyword":"required""#),
        (wire(18, good), 422, #""reason":"unknown_schema_version""#), (Array(good.utf8), 200, "\"events\":1"),
        ([0, 0, 0, 0, 23], 422, #""reason":"malformed_event""#), (wire(23, "{"), 422, #""verdict":{"offset":1,"#),
      ]
      let attributes = ["ce-specversion: 1.0", "ce-type: t", "ce-source: /s", "ce-id: 1"]
      for (event, status, words) in cases {
        let requests = [
          EventRequest(event, to: "wired"), EventRequest(event, to: "wired", "application/octet-stream", attributes),
        ]
        for request in requests {
          let answer = request.send(on: socket)
          #expect(answer.status == status && answer.body.contains(words), "\(event) \(answer)")
        }
      }
      #expect(EventRequest(wire(23, good), to: "wired", "application/octet-stream").send(on: socket).status == 415)
      let frames = try #require(Socket(port: gateway.port("frames")))
      frames.send(Sent.bind("wired") + Sent.event(wire(23, old), request: 1) + Sent.event(wire(17, old), request: 2))
      #expect(frames.readFrame()?.kind == .bound)
      let refused = try #require(frames.readFrame())
      #expect(refused.kind == .refused && refused.reason == Refusal.invalidEvent.rawValue && refused.request == 1)
      #expect(frames.readFrame()?.kind == .stored)
    }
  }
}
