import Glibc
import Testing

extension EndToEnd {
  /// Marked values on every way that an event can take: none of them may be found on the disk or in what is logged.
  @Suite struct CanaryTests {
    /// What is looked for afterwards, byte by byte.
    private static let canaries = [
      "canary.7f3a@example.org", "4111 1111 1111 1111", "DE89370400440532013000", "+4915123456789", "Zanzibar Quuxley",
    ]
    /// A text with all of them that detectors find, and the one that only its path tells.
    private static let note = canaries.dropLast().joined(separator: " and ")
    private static let event = #"{"id":"a","celsius":1,"note":"\#(note)","name":"\#(canaries.last!)"}"#

    private static let topics = """
        - {name: plain, event_bytes_max: 64 KiB, redact: {detect: all, fields: ["/**/name replace"]}}
        - {name: keyed, order: key, event_bytes_max: 64 KiB, redact: {detect: all, fields: ["/**/name drop"]}}
        - name: aside
          event_bytes_max: 64 KiB
          schema: {require: latest, invalid: quarantine}
          redact: {detect: all, fields: ["/**/name mask"]}
        - name: strict
          event_bytes_max: 64 KiB
          schema: {require: 2, accept: all}
          redact: {detect: all, fields: ["/**/name drop"]}
      """

    private func isOnDisk(_ text: String, _ rig: SchemaRig) -> Bool {
      runTool(["grep", "-rqaF", text, "\(rig.folder.path)/data"]) == 0
    }
    private func send(to gateway: Gateway) {
      let (event, note) = (Self.event, Self.note)
      let escaped = event.replacing("@", with: #"\u0040"#).replacing("Zanzibar", with: #"\u005aanzibar"#)
      let encoded = #"{"id":"a","celsius":1,"url":"https://x.example/?u=canary.7f3a%40example.org"}"#
      let named = #"{"id":"a","celsius":1,"\#(note)":1}"#
      let broken = String(event.dropLast(3))
      let unfit = event.replacing("1,", with: #""\#(note)","#)
      let large = event.replacing("\"note\":\"", with: "\"note\":\"" + String(repeating: note + " ", count: 2000))
      let bodies = [event, escaped, encoded, named, broken, unfit, large, #""\#(note)""#, note]
      for topic in ["plain", "keyed", "aside", "strict"] {
        for body in bodies {
          let answer = EventRequest(body, to: topic, "application/json", ["Sluice-Key: \(note)"]).send(to: gateway)
          #expect(answer.status != 0 && answer.status != 500, "\(topic) \(answer)")
          #expect(Self.canaries.allSatisfy { !answer.body.contains($0) }, "\(topic) \(answer)")
        }
        let lines = bodies.filter { $0.utf8.count < 10_000 }.joined(separator: "\n")
        _ = EventRequest(lines, to: topic, "application/x-ndjson").send(to: gateway)
        let fields = ["ce-specversion: 1.0", "ce-type: t", "ce-source: /s", "ce-id: canary.7f3a@example.org"]
        _ = EventRequest(event, to: topic, "application/json", fields + ["ce-subject: \(note)"]).send(to: gateway)
        let envelope = #"{"specversion":"1.0","type":"t","source":"\#(note)","id":"1","data":\#(event)}"#
        _ = EventRequest(envelope, to: topic, "application/cloudevents+json").send(to: gateway)
      }
      _ = EventRequest(event, to: "canary.7f3a@example.org").send(to: gateway)
    }

    @Test func `no marked value is on the disk or in the log, whatever became of its event`() throws {
      var rig = SchemaRig(topics: Self.topics, shards: 2)
      rig.configuration.extra += "\ntelemetry: {level: debug}"
      var said = ""
      for life in 0..<3 {
        let gateway = try rig.start()
        send(to: gateway)
        if life == 1 {
          // Killed while it is busy with more of the same.
          for _ in 0..<20 {
            guard let socket = Socket(port: gateway.port("web")) else { break }
            let request = EventRequest(Self.event, to: "plain").parts
            socket.send(request.head + request.body)
          }
          gateway.kill(SIGKILL)
        } else {
          gateway.kill(SIGTERM)
        }
        _ = gateway.waitForEnd()
        said += gateway.said
        for canary in Self.canaries { #expect(!isOnDisk(canary, rig), "\(canary), life \(life)") }
      }
      #expect(isOnDisk("<EMAIL_ADDRESS>", rig) && isOnDisk("<IBAN_CODE>", rig), "events were stored")
      #expect(!rig.quarantined().isEmpty && said.contains("draining"), "events were set aside, and it was logged")
      for canary in Self.canaries { #expect(!said.contains(canary), "\(canary)") }
    }
  }
}
