import Foundation
import Testing

@testable import CLI

/// `sluice schema …`, as it is typed.
@Suite struct SchemaCommandTests {
  /// A folder of its own with files in it.
  private final class Folder {
    private let url = FileManager.default.temporaryDirectory.appendingPathComponent("schemas-\(UUID().uuidString)")
    init(_ files: [String: String]) throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
    }
    deinit { _ = try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
  }

  private func folder() throws -> Folder {
    try Folder([
      "1.json": #"{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}"#,
      "2.json":
        #"{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"string"}},"additionalProperties":false}"#,
      "3.json": #"{"type":"object","properties":{"a":{"type":"number"}},"additionalProperties":false}"#,
      "broken.json": "{\n  \"type\": \"object\",\n}", "list.json": " [1]",
    ])
  }

  @Test func `a compatible schema ends with 0`() throws {
    let folder = try folder()
    let (one, two, three) = (folder.path("1.json"), folder.path("2.json"), folder.path("3.json"))
    #expect(try Program.run("schema", "check", one).status == 0)
    let ended = try Program.run("schema", "check", two, one)
    #expect(
      ended.status == 0
        && ended.output == """
          \(two) is checked while an event is scanned
          \(two) is backward compatible with the last version before it

          """
    )
    #expect(try Program.run("schema", "check", three, two, "--mode", "forward").status == 0)
    #expect(try Program.run("schema", "check", three, one, two, "--mode", "none").status == 0)
    #expect(try Program.run("schema", "check", two, one, three, "--mode", "backward-transitive").status == 0)
  }

  @Test func `an incompatible schema ends with 1 and names every reason`() throws {
    let folder = try folder()
    let (one, two, three) = (folder.path("1.json"), folder.path("2.json"), folder.path("3.json"))
    let ended = try Program.run("schema", "check", three, one, two)
    #expect(ended.status == 1 && ended.errors.isEmpty)
    #expect(ended.lines.count == 3)
    #expect(ended.output.hasPrefix("\(three): #/properties/b: PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: 'b' of "))
    #expect(ended.output.hasSuffix("\(three) is not backward compatible\n"))
    // What the older version can't read is named in the older version.
    let forward = try Program.run("schema", "check", two, one, "-m", "forward")
    #expect(forward.status == 1)
    #expect(forward.output.contains("\(one): #/properties/a/type: TYPE_NARROWED: "))
    #expect(forward.output.contains("\(one): #/properties/b: PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: "))
  }

  @Test func `a check can be read by programs`() throws {
    let folder = try folder()
    let (two, three) = (folder.path("2.json"), folder.path("3.json"))
    let ended = try Program.run("schema", "check", three, two, "--json", "--mode", "full")
    let object = try #require(try ended.objects().first)
    #expect(ended.status == 1 && ended.lines.count == 1)
    #expect(object["compatible"] as? Bool == false && object["mode"] as? String == "full")
    let found = try #require(object["incompatibilities"] as? [[String: String]])
    #expect(found.map { $0["path"] } == ["#/properties/b"] && found[0]["version"] == two)
    #expect(found[0]["direction"] == "backward" && found[0]["detail"]?.isEmpty == false)
    let broken = try Program.run("schema", "check", folder.path("broken.json"), "--json")
    let mistakes = try #require(try broken.objects().first?["mistakes"] as? [[String: Any]])
    #expect(broken.status == 1 && mistakes.count == 1)
    #expect(mistakes[0]["line"] as? Int == 3 && mistakes[0]["column"] as? Int == 1)
  }

  @Test func `what is no schema ends with 1 and its place`() throws {
    let folder = try folder()
    let broken = try Program.run("schema", "check", folder.path("broken.json"))
    #expect(broken.status == 1 && broken.output.hasPrefix("\(folder.path("broken.json")):3:1: "))
    // The older one counts too.
    let both = try Program.run("schema", "check", folder.path("1.json"), folder.path("list.json"))
    #expect(both.status == 1 && both.output.hasPrefix("\(folder.path("list.json")):1:2: "))
  }

  @Test func `a check says how events are checked and what is wrong with the schema itself`() throws {
    let folder = try Folder([
      "scan.json": #"{"type":"object"}"#, "tape.json": #"{"uniqueItems":true}"#,
      "wrong.json": "{\"properties\":\n  {\"a\": {\"type\": \"strin\"}}}",
      "draft7.json": #"{"items":[{"type":"string"}]}"#,
    ])
    #expect(
      try Program.run("schema", "check", folder.path("scan.json")).output.hasSuffix("while an event is scanned\n")
    )
    let tape = try Program.run("schema", "check", folder.path("tape.json"))
    #expect(tape.status == 0 && tape.output.contains("on a tape of the event, because of #"))
    let wrong = try Program.run("schema", "check", folder.path("wrong.json"))
    #expect(wrong.status == 1 && wrong.output.hasPrefix("\(folder.path("wrong.json")):2:"), "\(wrong)")
    let old = try Program.run("schema", "check", folder.path("draft7.json"), folder.path("draft7.json"))
    #expect(old.status == 0 && old.errors.contains("draft 7 only"), "\(old)")
  }

  @Test func `what can't be told ends with 2`() throws {
    let folder = try folder()
    let missing = try Program.run("schema", "check", folder.path("1.json"), folder.path("none.json"))
    #expect(missing.status == 2 && missing.output.isEmpty && missing.errors.contains("none.json"))
    let mode = try Program.run("schema", "check", folder.path("1.json"), "--mode", "fulll")
    #expect(mode.status == 2 && mode.errors.contains("did you mean 'full'?"))
    let infer = try Program.run("schema", "infer", folder.path("none.ndjson"))
    #expect(infer.status == 2 && infer.errors.contains("none.ndjson"))
  }

  @Test func `alternatives without end are given up with 2`() throws {
    func nested(_ depth: Int, _ leaf: String) -> String {
      if depth == 0 { return #"{"type":"\#(leaf)"}"# }
      let parts = (0..<4).map { _ in #"{"properties":{"p":\#(nested(depth - 1, leaf))}}"# }
      return #"{"anyOf":[\#(parts.joined(separator: ","))]}"#
    }
    let folder = try Folder(["new.json": nested(5, "integer"), "old.json": nested(5, "string")])
    let ended = try Program.run("schema", "check", folder.path("new.json"), folder.path("old.json"))
    #expect(ended.status == 2 && ended.errors.contains("given up after"), "\(ended)")
  }

  @Test func `a proposal takes what it was made from`() throws {
    let folder = try Folder(["events.ndjson": "{\"a\":1,\"b\":\"x\"}\n\n{\"a\":2}\r\n{\"a\":3,\"b\":\"y\"}"])
    let ended = try Program.run("schema", "infer", folder.path("events.ndjson"))
    #expect(ended.status == 0 && ended.errors == "3 events looked at\n")
    #expect(ended.output.contains(#""required": ["a"]"#) && !ended.output.contains("minimum"))
    let bounded = try Program.run("schema", "infer", "--bounds", folder.path("events.ndjson"))
    #expect(bounded.output.contains(#""maximum": 3"#))
    let written = folder.path("schema.json")
    #expect(try Program.run("schema", "infer", folder.path("events.ndjson"), "--output", written).output.isEmpty)
    #expect(try folder.text("schema.json") == ended.output)
    #expect(try Program.run("schema", "check", written).status == 0)
    // A file that is there stays.
    #expect(try Program.run("schema", "infer", "--bounds", folder.path("events.ndjson"), "-o", written).status == 2)
    #expect(try folder.text("schema.json") == ended.output)
  }

  @Test func `lines that are no events are named and end a proposal with 1`() throws {
    let bad = (0..<12).map { _ in "{\"a\":}" }.joined(separator: "\n")
    let folder = try Folder(["events.ndjson": "{\"a\":1}\n{\"a\":\n\(bad)\n{\"a\":2}\n", "empty.ndjson": "\n \n"])
    let ended = try Program.run("schema", "infer", folder.path("events.ndjson"))
    #expect(ended.status == 1 && ended.output.contains(#""type": "integer""#))
    #expect(ended.errors.contains("events.ndjson:2:6: ") && ended.errors.contains("events.ndjson:11:6: "))
    #expect(
      !ended.errors.contains("events.ndjson:12:") && ended.errors.contains("2 events looked at; 13 lines left out")
    )
    let empty = try Program.run("schema", "infer", folder.path("empty.ndjson"))
    #expect(empty.status == 1 && empty.output.isEmpty && empty.errors.contains("no events"))
  }
}
