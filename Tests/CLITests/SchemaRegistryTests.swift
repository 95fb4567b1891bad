import Foundation
import Inspect
import Schemas
import Settings
import Testing

@testable import CLI

/// What a registry is made of, and what it makes of what is wrong.
@Suite struct SchemaRegistryTests {
  private let number = #"{"type": "number"}"#

  /// The mistakes of a folder, without its path.
  private func mistakes(_ files: TemporarySchemas, _ settings: NodeSettings) -> [String] {
    do throws(SchemaRegistryMistakes) {
      _ = try SchemaRegistry(settings)
      return []
    } catch { return error.all.map { $0.replacing(files.path, with: "S") } }
  }
  private func numbers(_ topic: TopicSchemas?) -> [UInt32] { topic?.versions.map(\.number) ?? [] }

  // MARK: what is good

  @Test func `the latest version is the highest number, not the last name`() throws {
    let files = try TemporarySchemas(["a/9.json": number, "a/10.json": number, "a/1.json": number])
    let registry = try SchemaRegistry(files.settings("name: a, schema: latest"))
    #expect(numbers(registry.topics["a"]) == [10] && registry.topics["a"]?.required == 0)
    #expect(registry.numbers(of: "a") == [1, 9, 10] && registry.count == 3 && registry.warnings.isEmpty)
  }

  @Test(arguments: [
    ("none", [3], 0), ("all", [1, 2, 3], 2), ("1", [1, 3], 1), ("[4, 1]", [1, 3, 4], 1), ("[3]", [3], 0),
  ])
  func `accepted are the versions that the topic says`(accept: String, taken: [UInt32], place: Int) throws {
    let files = try TemporarySchemas(Dictionary(uniqueKeysWithValues: (1...4).map { ("a/\($0).json", "true") }))
    let registry = try SchemaRegistry(files.settings("name: a, schema: {require: 3, accept: \(accept)}"))
    #expect(numbers(registry.topics["a"]) == taken && registry.topics["a"]?.required == place)
  }

  @Test func `a topic's settings reach those who check its events`() throws {
    let files = try TemporarySchemas([
      "a/1.json": "true", "a/2.json": "true", "ids.json": #"{"a": {"1": 7, "2": 4294967295}}"#,
    ])
    let settings = try files.settings(
      "name: a, quality: {fields: [x, y]}, schema: {require: 1, version_from: wire, invalid: quarantine, "
        + "shadow: {version: 2, share: 2.5%}}",
      "name: b"
    )
    let topic = try #require(try SchemaRegistry(settings).topics["a"])
    #expect(topic.naming == .wireFormat && topic.consequence == .quarantine && topic.qualityFields == ["x", "y"])
    #expect(topic.versions[0].wireID == 7 && topic.shadow?.version.number == 2 && topic.shadow?.share == 250)
    #expect(topic.shadow?.version.wireID == 4_294_967_295 && topic.summary == "1, tries 2 on 2.5%")
  }

  @Test func `schemas refer to what they share by its path or by its own URI`() throws {
    let files = try TemporarySchemas([
      "a/1.json": #"{"properties": {"a": {"$ref": "../common/address.json"}, "b": {"$ref": "https://x.example/b"}}}"#,
      "common/address.json": #"{"$ref": "parts/street%20name.json#/$defs/street"}"#,
      "common/parts/street name.json": #"{"$defs": {"street": {"type": "string"}}}"#,
      "common/b.json": #"{"$id": "https://x.example/b", "$ref": "c"}"#,
      "common/c.json": #"{"$id": "https://x.example/c"}"#,
    ])
    let registry = try SchemaRegistry(files.settings("name: a, schema: 1"))
    #expect(numbers(registry.topics["a"]) == [1])
  }

  @Test func `versions with one URI and the same anchors do not see each other`() throws {
    let files = try TemporarySchemas([
      "a/1.json": ##"{"$id": "https://x.example/a", "$ref": "#old", "$defs": {"a": {"$anchor": "old"}}}"##,
      "a/2.json": ##"{"$id": "https://x.example/a", "$ref": "#new", "$defs": {"b": {"$anchor": "new"}}}"##,
    ])
    #expect(
      numbers(try SchemaRegistry(files.settings("name: a, schema: {require: 2, accept: 1}")).topics["a"]) == [1, 2]
    )
    try files.write(##"{"$id": "https://x.example/a", "$ref": "#old"}"##, to: "a/2.json")
    let found = mistakes(files, try files.settings("name: a, schema: 2"))
    #expect(found.count == 1 && found[0].hasPrefix("S/a/2.json:1:"), "\(found)")
  }

  @Test func `links are followed, and hidden files and notes are nobody's business`() throws {
    let files = try TemporarySchemas(["..data/a/1.json": number, ".git/config": "x", "README.md": "x", "b/.keep": ""])
    try FileManager.default.createSymbolicLink(atPath: "\(files.path)/a", withDestinationPath: "..data/a")
    let registry = try SchemaRegistry(files.settings("name: a, schema: latest", "name: b"))
    #expect(numbers(registry.topics["a"]) == [1])
    #expect(
      registry.warnings.count == 1
        && registry.warnings[0].hasSuffix("/b is not used: topic 'b' has no 'schema' in the settings")
    )
  }

  @Test func `what belongs to nobody is warned of`() throws {
    let files = try TemporarySchemas([
      "orders/1.json": number, "orders/1.json.bak": "", "orders/draft.json": "{", "orders/old/1.json": "",
      "order/1.json": "{",
      "notes.txt": "", "common/notes.txt": "", "no topic/1.json": "", "ids.json": #"{"order": {}, "x": {"1": 1}}"#,
    ])
    let registry = try SchemaRegistry(files.settings("name: orders, schema: latest"))
    let found = registry.warnings.map { $0.replacing(files.path, with: "S") }
    let wanted = [
      "S/common/notes.txt is no file of JSON, and is not read",
      "S/ids.json names topic 'x', which has no folder",
      "S/no topic belongs to no topic, and is not read",
      "S/notes.txt belongs to no topic, and is not read",
      "S/order is not used: the settings have no topic 'order'; did you mean 'orders'?",
      "S/orders/1.json.bak is no version of a schema, and is not read",
      "S/orders/draft.json is no version of a schema, and is not read; one is named as 3.json is",
      "S/orders/old is no version of a schema, and is not read",
    ]
    #expect(found.sorted() == wanted, "\(found)")
  }

  // MARK: what is wrong

  @Test func `everything wrong is told at once, with file, line and column`() throws {
    let files = try TemporarySchemas([
      "a/1.json": "{\n  \"type\": \"nubmer\"\n}", "a/2.json": "{\n  \"type\": \"number\",\n}", "a/3.json": "",
      "a/03.json": number,
      "a/0.json": number, "a/4294967296.json": number, "b/1.json": ##"{"$ref": "../common/none.json"}"##,
      "b/2.json": ##"{"$ref": "#"}"##, "b/3.json": "[]", "common/bad.json": "{\"a\" 1}",
      "c/1.json": #"{"$ref": "../common/bad.json"}"#,
      "ids.json": "[]",
    ])
    let found = mistakes(
      files,
      try files.settings("name: a, schema: 9", "name: b, schema: latest", "name: c, schema: 1", "name: d, schema: 1")
    )
    let wanted = [
      "S/a/0.json: a version is a number from 1 without leading zeros",
      "S/a/03.json: a version is a number from 1 without leading zeros",
      "S/a/4294967296.json: a version is a number from 1 without leading zeros",
      "S/ids.json:1:1: an object of topics was expected, as {\"orders\": {\"2\": 17}}, not an array",
      "S/common/bad.json:1:6: a colon was expected",
      "S/a/1.json:2:11: /type: ",
      "S/a/2.json:3:1: a name in quotes was expected",
      "S/a/3.json:1:1: ",
      "S/b/1.json:1:10: /$ref: ",
      "S/b/2.json:1:1: this schema refers to itself without end",
      "S/b/3.json:1:1: a schema is an object, true or false, not an array",
      "S/a: topic 'a' requires version 9, which is not there; there are 1, 2, 3",
      "S/d: topic 'd' requires a version, and there is none; expected S/d/1.json",
    ]
    #expect(
      found.count == wanted.count && zip(found, wanted).allSatisfy { $0.hasPrefix($1) },
      "\(found.joined(separator: "\n"))"
    )
  }

  @Test func `a version that the topic names and that is not there is a mistake`() throws {
    let files = try TemporarySchemas(["a/1.json": "true", "a/3.json": "true"])
    #expect(
      mistakes(files, try files.settings("name: a, schema: {require: 2, accept: [1, 4], shadow: 5}")) == [
        "S/a: topic 'a' requires version 2, which is not there; there are 1, 3",
        "S/a: topic 'a' accepts version 4, which is not there; there are 1, 3",
        "S/a: topic 'a' tries version 5, which is not there; there are 1, 3",
      ]
    )
    #expect(
      mistakes(files, try files.settings("name: a, schema: {require: 3, accept: all, shadow: 1}"))
        == ["S/a: version 1 is tried in the shadow and is accepted already"]
    )
  }

  @Test func `a folder that is not there, or is a file, is named`() throws {
    let files = try TemporarySchemas()
    let settings = try files.settings("name: a, schema: 1")
    try FileManager.default.removeItem(atPath: files.path)
    #expect(mistakes(files, settings) == ["Cannot list S: No such file or directory (ENOENT)"])
    try Data().write(to: URL(fileURLWithPath: files.path))
    let found = mistakes(files, settings)
    #expect(found.count == 1 && found[0].hasPrefix("Cannot list S: Not a directory"), "\(found)")
  }

  @Test func `a version that can't be read is told once`() throws {
    let files = try TemporarySchemas()
    try FileManager.default.createDirectory(atPath: "\(files.path)/a", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: "\(files.path)/a/2.json", withDestinationPath: "nowhere")
    try files.write(String(repeating: " ", count: SchemaFolder.fileBytesMax + 1), to: "a/1.json")
    #expect(
      mistakes(files, try files.settings("name: a, schema: 1")) == [
        "S/a/1.json: a file of 1048577 B; expected 1 MiB at most",
        "S/a/2.json: can't be looked at: No such file or directory (ENOENT)",
      ]
    )
    try files.remove("a/2.json")
    try files.write(
      number + String(repeating: " ", count: SchemaFolder.fileBytesMax - number.utf8.count),
      to: "a/1.json"
    )
    #expect(mistakes(files, try files.settings("name: a, schema: 1")) == [])
  }

  @Test func `a pipe is not opened`() throws {
    let files = try TemporarySchemas(["a/1.json": number])
    #expect(mkfifo("\(files.path)/a/2.json", 0o600) == 0)
    let registry = try SchemaRegistry(files.settings("name: a, schema: latest"))
    #expect(registry.numbers(of: "a") == [1] && registry.warnings.count == 1)
  }

  @Test func `versions and folders are bounded`() throws {
    let files = try TemporarySchemas(Dictionary(uniqueKeysWithValues: (1...64).map { ("a/\($0).json", "true") }))
    let settings = try files.settings("name: a, schema: latest")
    #expect(mistakes(files, settings) == [])
    try files.write("true", to: "a/65.json")
    #expect(mistakes(files, settings) == ["S/a: 65 versions; expected 64 at most"])
    try files.remove("a/65.json")
    let deep = (1..<SchemaFolder.depthMax).map { "d\($0)" }.joined(separator: "/")
    try files.write("true", to: "common/\(deep)/x.json")
    #expect(mistakes(files, settings) == [])
    try files.write("true", to: "common/\(deep)/e/x.json")
    #expect(mistakes(files, settings) == ["S/common/\(deep)/e: folders are nested deeper than 8"])
  }

  @Test func `files are bounded, alone and together`() throws {
    let files = try TemporarySchemas([
      "a/1.json": "true", "common/1.json": "{}", "common/2.json": "{}", "ids.json": "{}",
    ])
    func mistakes(_ filesMax: Int, _ bytesMax: Int) -> [String] {
      let source = SchemaFolder(files.path + "/", filesMax: filesMax, bytesMax: bytesMax)
      return source.read().mistakes.map { $0.replacing(files.path, with: "S") }
    }
    #expect(mistakes(4, 10) == [])
    #expect(mistakes(3, 10) == ["S: more than 3 files"])
    #expect(mistakes(2, 10) == ["S: more than 2 files"])
    #expect(mistakes(4, 9) == ["S: more than 9 B in all files together"])
    #expect(mistakes(4, 4) == ["S: more than 4 B in all files together"])
  }

  @Test func `a hundred mistakes are enough`() throws {
    let files = try TemporarySchemas(Dictionary(uniqueKeysWithValues: (1...150).map { ("common/\($0).json", "{") }))
    try files.write("true", to: "a/1.json")
    #expect(mistakes(files, try files.settings("name: a, schema: latest")).count == 100)
  }

  @Test func `what schemas share is wrong once, and has a URI of its own`() throws {
    let files = try TemporarySchemas([
      "common/x.json": #"{"$defs": {"x": {"minimum": "1"}}}"#,
      "a/1.json": ##"{"$ref": "../common/x.json#/$defs/x"}"##, "b/1.json": ##"{"$ref": "../common/x.json#/$defs/x"}"##,
    ])
    let settings = try files.settings("name: a, schema: 1", "name: b, schema: 1")
    let found = mistakes(files, settings)
    #expect(found.count == 1 && found[0].hasPrefix("S/common/x.json:1:29: /$defs/x/minimum: "), "\(found)")
    try files.write(#"{"$id": "urn:x"}"#, to: "common/x.json")
    try files.write("{\n\"$id\": \"urn:x\"}", to: "common/y.json")
    let twice = mistakes(files, try files.settings("name: a, schema: 1"))
    #expect(twice.first?.hasPrefix("S/common/y.json:2:8: /$id: ") == true, "\(twice)")
    #expect(twice.first?.hasSuffix("/common/x.json has this URI already") == true)
  }

  // MARK: ids

  @Test(arguments: [
    ("{", "S/ids.json:1:2: the text ends before its value does"),
    (#"{"a": [1]}"#, "S/ids.json:1:7: /a: an object of versions was expected, not an array"),
    (#"{"a": {"01": 1}}"#, "S/ids.json:1:14: /a/01: a version was expected, a number from 1 without leading zeros"),
    (#"{"a": {"1": -1}}"#, "S/ids.json:1:13: /a/1: an id was expected, a whole number from 0 to 4294967295"),
    (#"{"a": {"1": 4294967296}}"#, "S/ids.json:1:13: /a/1: an id was expected, a whole number from 0 to 4294967295"),
    (#"{"a": {"1": "1"}}"#, "S/ids.json:1:13: /a/1: an id was expected, a whole number from 0 to 4294967295"),
    (#"{"a": {"1": 5, "2": 5}}"#, "S/ids.json:1:21: /a/2: version 1 has the id 5 already"),
    (#"{"b": {"1": 5}}"#, "S/ids.json: topic 'a' has 'version_from: wire', and none of its versions has an id"),
  ])
  func `ids that name nothing are mistakes`(ids: String, mistake: String) throws {
    let files = try TemporarySchemas(["a/1.json": "true", "b/1.json": "true", "ids.json": ids])
    let found = mistakes(files, try files.settings("name: a, schema: {require: 1, version_from: wire}", "name: b"))
    #expect(found.first == mistake, "\(found)")
  }

  @Test func `a version that no event can name is warned of`() throws {
    let files = try TemporarySchemas(["a/1.json": "true", "a/2.json": "true", "ids.json": #"{"a": {"2": 5}}"#])
    let registry = try SchemaRegistry(files.settings("name: a, schema: {require: 2, accept: all, version_from: wire}"))
    #expect(
      registry.warnings.map { $0.replacing(files.path, with: "S") } == [
        "S/ids.json gives no id to version 1 of topic 'a', so no event can name it"
      ]
    )
  }

  // MARK: compatibility

  @Test func `each version is held against those before it, if the topic says so`() throws {
    let files = try TemporarySchemas(["a/1.json": "true", "a/2.json": "{}", "a/10.json": "false"])
    var asked: [String] = []
    let test: CompatibilityTest = { new, old, mode in
      asked.append("\(new.kind) \(old.map(\.name)) \(mode.rawValue)")
      return new.bool == false ? ["#/properties/x: gone", "#: more"] : []
    }
    _ = try SchemaRegistry(files.settings("name: a, schema: latest"), compatibility: test)
    #expect(asked.isEmpty)
    do throws(SchemaRegistryMistakes) {
      let settings = try! files.settings("name: a, schema: {require: 1, compatibility: full-transitive}")
      _ = try SchemaRegistry(settings, compatibility: test)
      Issue.record("an incompatible version is refused")
    } catch {
      #expect(
        error.all.map { $0.replacing(files.path, with: "S") } == [
          "S/a/10.json: not full-transitive compatible: #/properties/x: gone",
          "S/a/10.json: not full-transitive compatible: #: more",
        ]
      )
    }
    #expect(asked == [#"an object ["1"] full-transitive"#, #"a boolean ["1", "2"] full-transitive"#])
  }

  @Test func `what was compatible is not compared again`() throws {
    let files = try TemporarySchemas(["a/1.json": "true", "a/2.json": "{}"])
    var count = 0
    let test: CompatibilityTest = { _, _, _ in
      count += 1
      return []
    }
    let settings = try files.settings("name: a, schema: {require: 1, compatibility: full}")
    let first = try SchemaRegistry(settings, compatibility: test)
    let second = try SchemaRegistry(settings, keeping: first, compatibility: test)
    #expect(count == 1)
    try files.write("true", to: "a/3.json")
    let third = try SchemaRegistry(settings, keeping: second, compatibility: test)
    #expect(count == 3)
    let other = try files.settings("name: a, schema: {require: 1, compatibility: backward}")
    _ = try SchemaRegistry(other, keeping: third, compatibility: test)
    #expect(count == 5)
  }
}
