import Foundation
import Testing

@testable import CLI

/// `sluice schema test`, and what is said of schemas in files.
@Suite struct SchemaTestTests {
  /// A folder of its own with files in it.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("suite-\(UUID().uuidString)")
    init(_ files: [String: String]) throws {
      for (name, text) in files {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
    }
    deinit { _ = try? FileManager.default.removeItem(at: url) }
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url.appendingPathComponent(name))) }
  }

  private static func group(_ schema: String, _ tests: [(String, String, Bool)]) -> String {
    let tests = tests.map { "{\"description\":\"\($0.0)\",\"data\":\($0.1),\"valid\":\($0.2)}" }
    return "{\"description\":\"the group\",\"schema\":\(schema),\"tests\":[\(tests.joined(separator: ","))]}"
  }

  @Test func `cases that pass end with 0 and their count`() throws {
    let folder = try Folder([
      "a.json": "[\(Self.group(##"{"type":"null"}"##, [("null", "null", true), ("a number", "1", false)]))]",
      "b.json": "[]",
    ])
    let ended = try Program.run("schema", "test", folder.path("a.json"), folder.path("b.json"))
    #expect(ended.status == 0 && ended.output == "2 passed, 0 failed\n" && ended.errors.isEmpty)
  }

  @Test func `a failing case ends with 1 and is named with its file, its group and its verdict`() throws {
    let good = Self.group("true", [("any", "1", true)])
    let wrong = Self.group(##"{"minimum":5}"##, [("four", "4", true), ("five", "5", false), ("six", "6", true)])
    let broken = Self.group(##"{"minimum":"5"}"##, [("none", "1", true)])
    let folder = try Folder(["a.json": "[\(good),\(wrong),\(broken)]"])
    let path = folder.path("a.json")
    let ended = try Program.run("schema", "test", path)
    #expect(ended.status == 1 && ended.errors.isEmpty)
    #expect(ended.lines.count == 4)
    #expect(ended.lines[0] == "\(path): the group: four: it was found invalid")
    #expect(ended.lines[1] == "\(path): the group: five: it was found valid")
    #expect(ended.lines[2].hasPrefix("\(path): the group: none: \(path):1:"))
    #expect(ended.lines[2].hasSuffix("/minimum: a number was expected, not a string"))
    #expect(ended.lines[3] == "2 passed, 3 failed")
  }

  @Test func `remotes are served from their folder, and nothing else is`() throws {
    let schema = ##"{"$ref":"http://localhost:1234/deep/more.json#/$defs/t"}"##
    let folder = try Folder([
      "a.json": "[\(Self.group(schema, [("null", "null", true), ("one", "1", false)]))]",
      "remotes/deep/more.json": ##"{"$defs":{"t":{"$ref":"../t.json"}}}"##,
      "remotes/t.json": ##"{"type":"null"}"##,
      "remotes/broken.json": "{", "remotes/readme.txt": "none of them",
    ])
    let ended = try Program.run("schema", "test", "--remotes", folder.path("remotes"), folder.path("a.json"))
    #expect(ended.status == 0 && ended.output == "2 passed, 0 failed\n", "\(ended.output)")
    let without = try Program.run("schema", "test", folder.path("a.json"))
    #expect(without.status == 1 && without.output.contains("there is no schema http://localhost:1234/deep/more.json"))
  }

  @Test func `formats are checked where that is asked for`() throws {
    let folder = try Folder(["a.json": "[\(Self.group(##"{"format":"ipv4"}"##, [("a name", "\"x\"", false)]))]"])
    #expect(try Program.run("schema", "test", folder.path("a.json")).lines.last == "0 passed, 1 failed")
    #expect(try Program.run("schema", "test", "--assert-formats", folder.path("a.json")).status == 0)
  }

  @Test func `what can't be run ends with 2, and the rest is run`() throws {
    let folder = try Folder([
      "a.json": "[\(Self.group("true", [("any", "1", false)]))]", "none.json": "{}", "text.json": "[",
      "half.json": "[{}]",
      "bad.json": ##"[{"schema":true,"tests":[{"data":1}]}]"##,
    ])
    let reasons = [
      ("none.json", "none.json:1:1: a list of groups was expected"), ("text.json", "text.json:1:2: "),
      ("half.json", "half.json:1:2: a group has a schema and tests"),
      ("bad.json", "bad.json:1:26: a test has data and says whether it is valid"), ("nowhere.json", "nowhere.json"),
    ]
    for (file, reason) in reasons {
      let ended = try Program.run("schema", "test", folder.path("a.json"), folder.path(file))
      #expect(ended.status == 2 && ended.lines.last == "0 passed, 1 failed", "\(file)")
      #expect(ended.errors.contains(reason), "\(ended.errors)")
    }
    let ended = try Program.run("schema", "test", "--remotes", folder.path("nowhere"), folder.path("a.json"))
    #expect(ended.status == 2 && ended.errors.contains("nowhere"))
    #expect(try Program.run("schema", "test").status == 2)
  }

  @Test func `a schema in a file refers to others beside it`() throws {
    let folder = try Folder([
      "orders 1/1.json": ##"{"items":{"$ref":"../common/a.json"},"requried":["a"],"uniqueItems":true}"##,
      "common/a.json": ##"{"$ref":"b.json#here"}"##, "common/b.json": ##"{"$defs":{"x":{"$anchor":"here"}}}"##,
      "lost.json": ##"{"$ref":"nowhere.json"}"##,
    ])
    let path = folder.path("orders 1/1.json")
    let review = SchemaOnDisk.review(try folder.bytes("orders 1/1.json"), path: path)
    #expect(review.mistakes.isEmpty && review.schema?.tapeReason?.description.contains("uniqueItems") == true)
    let warning = "\(path):1:49: /requried: this is no keyword, so that it says nothing; is 'required' meant?"
    #expect(review.warnings.map(\.description) == [warning])
    let checked = try Program.run("schema", "check", path)
    #expect(checked.status == 0 && checked.output.contains("on a tape of the event, because of #: uniqueItems"))
    #expect(checked.errors == "warning: \(warning)\n", "\(checked)")
    let lost = SchemaOnDisk.review(try folder.bytes("lost.json"), path: folder.path("lost.json")).mistakes
    #expect(lost.count == 1 && lost[0].description.hasSuffix("nowhere.json"))
    #expect(SchemaOnDisk.path(of: SchemaOnDisk.uri(of: "/a b/%/é#?.json")) == "/a b/%/é#?.json")
    for uri in ["http://a/b", "file://host/a", "file:///a%00b", "file:///a%zz", "file:///a%f"] {
      #expect(SchemaOnDisk.path(of: uri) == nil)
    }
  }
}
