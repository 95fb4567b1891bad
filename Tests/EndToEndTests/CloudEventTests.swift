import Glibc
import Testing

extension EndToEnd {
  /// Arrays and CloudEvents, sent by curl and read back by `sluice log cat`.
  @Suite struct CloudEventTests {
    private let attributes = [
      "ce-specversion: 1.0", "ce-id: A234-1234-1234", "ce-source: /mycontext", "ce-type: com.example.someevent",
      "ce-time: 2018-04-05T17:31:00Z", "ce-subject: Euro%20%E2%82%AC",
    ]
    private func envelope(_ id: String) -> String {
      #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"\#(id)","data":{"n":1}}"#
    }

    @Test func `each mode of CloudEvents, and an array, is stored and read back`() throws {
      guard isInstalled("curl") else {
        print("curl is not installed: no requests of its making")
        return
      }
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      func send(_ body: String, _ type: String, _ more: [String] = [], to topic: String = "plain") -> String {
        let (data, output) = (folder.write(body, as: "body"), "\(folder.path)/answer")
        let fields = (["Content-Type: \(type)"] + more).flatMap { ["-H", $0] }
        let address = "http://127.0.0.1:\(gateway.port("web"))/v1/events/\(topic)"
        let end = ["-w", " %{http_code}", "--data-binary", "@\(data)", address]
        #expect(runTool(["curl", "-sS"] + fields + end, output: output) == 0)
        return contents(of: output)
      }
      #expect(send("<much wow=\"xml\"/>", "text/xml", attributes).hasSuffix(" 200"))
      #expect(send(" " + envelope("1"), "application/cloudevents+json; charset=utf-8").hasSuffix(" 200"))
      let some = send("[\(envelope("2")), {}, \(envelope("3"))]", "application/cloudevents-batch+json")
      #expect(some.hasSuffix(" 207") && some.contains(#""event":1,"reason":"bad_envelope""#), "\(some)")
      #expect(send(#" [{"a": 1} ,[2]]"#, "application/json").hasSuffix(" 200"))
      #expect(send(#"[{"a": 1} ,[2]"#, "application/json").hasSuffix(" 400"))
      // More bytes than an event may have, in as many events as that makes.
      let many =
        "["
        + Array(repeating: "{\"padding\":\"\(String(repeating: "x", count: 900))\"}", count: 500).joined(separator: ",")
      #expect(send(many + "]", "application/json", to: "packed").contains(#""events":500,"refused":0"#))
      // By their keys some of them go to another shard, attributes and all.
      for key in 0..<8 {
        #expect(send("\(key)", "text/plain", attributes + ["Sluice-Key: \(key)"], to: "keyed").hasSuffix(" 200"))
      }
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      let log = try LoggedEvents("\(folder.path)/data")
      #expect(log.faults == [])
      #expect(
        Set(log.values(of: "plain")) == [
          "<much wow=\"xml\"/>", " " + envelope("1"), envelope("2"), envelope("3"), #"{"a": 1}"#, "[2]",
        ]
      )
      #expect(log.values(of: "packed").count == 500)
      let output = "\(folder.path)/cat"
      #expect(runTool([Gateway.program, "log", "cat", "--data", "\(folder.path)/data"], output: output) == 0)
      let lines = contents(of: output).split(separator: "\n")
      let headers =
        #""headers":{"content-type":"text/plain","ce_specversion":"1.0","ce_id":"A234-1234-1234","#
        + #""ce_source":"/mycontext","ce_type":"com.example.someevent","ce_time":"2018-04-05T17:31:00Z","#
        + #""ce_subject":"Euro €"}"#
      #expect(lines.count { $0.contains("\"topic\":\"keyed\"") && $0.contains(headers) } == 8)
      #expect(lines.count { $0.contains(#""headers":{"content-type":"application/cloudevents+json"},"value":"#) } == 3)
      let ids = Set(
        lines.filter { $0.contains("\"topic\":\"keyed\"") }.map { $0.split(separator: "\"id\":\"")[1].prefix(36) }
      )
      #expect(ids.count == 1, "one source and one id make one name, whoever makes it: \(ids)")
    }
  }
}
