import Events
import Foundation
import Inspect
import Schemas
import Settings
import Telemetry
import Testing

@testable import CLI

/// The schemas of a running gateway, and what `sluice check` and `sluice doctor` say of them.
@Suite struct NodeSchemasTests {
  private let number = #"{"type": "number"}"#

  // MARK: a running gateway's registry

  @Test func `what is still the same is not compiled again`() throws {
    let files = try TemporarySchemas([
      "a/1.json": number, "a/2.json": #"{"$ref": "../common/x.json"}"#, "common/x.json": number,
    ])
    let settings = try files.settings("name: a, schema: {require: 2, accept: 1}")
    let first = try SchemaRegistry(settings)
    let second = try SchemaRegistry(settings, keeping: first)
    func schemas(_ registry: SchemaRegistry) -> [ObjectIdentifier] {
      registry.topics["a"]!.versions.map { ObjectIdentifier($0.schema) }
    }
    #expect(schemas(first) == schemas(second))
    try files.write("true", to: "a/2.json")
    let third = try SchemaRegistry(settings, keeping: second)
    #expect(schemas(third)[0] == schemas(first)[0] && schemas(third)[1] != schemas(first)[1])
    #expect(third.changedFiles(since: second) == ["\(files.path)/a/2.json"])
    try files.write("true", to: "common/x.json")
    let fourth = try SchemaRegistry(settings, keeping: third)
    #expect(schemas(fourth)[0] != schemas(third)[0])
    let annotated = try files.settings("name: a, schema: {require: 2, accept: 1}", more: ", formats: annotate")
    #expect(schemas(try SchemaRegistry(annotated, keeping: fourth))[0] != schemas(fourth)[0])
  }

  @Test func `a reload takes what is good, and keeps what holds where something is wrong`() throws {
    let files = try TemporarySchemas(["a/1.json": number, "b/1.json": number])
    let settings = try files.settings("name: a, schema: latest", "name: b, schema: latest", "name: c")
    let log = Log(form: .logfmt, level: .error, descriptor: -1)
    var schemas = try NodeSchemas(settings, log: log)
    let topics = ["x", "b", "a"].enumerated().map { Topic(id: TopicID(rawValue: UInt16($0)), name: $1) }
    func held() -> [UInt32?] { schemas.byNumber(topics).map { $0.map { $0.versions[$0.required].number } } }
    #expect(held() == [nil, 1, 1] && schemas.figures.taken == 1)
    try files.write(number, to: "a/2.json")
    schemas.reload(settings, nowNs: 0)
    #expect(held() == [nil, 1, 2] && schemas.figures.taken == 2 && schemas.figures.refused == 0)
    #expect(schemas.figures.required.map(\.version) == [2, 1])
    try files.write("{", to: "a/3.json")
    try files.write(number, to: "b/2.json")
    schemas.reload(settings, nowNs: 0)
    #expect(held() == [nil, 1, 2] && schemas.figures.refused == 1)
    try FileManager.default.removeItem(atPath: files.path)
    schemas.reload(settings, nowNs: 0)
    #expect(held() == [nil, 1, 2] && schemas.figures.refused == 2)
    try files.write(number, to: "a/1.json")
    try files.write(number, to: "b/3.json")
    schemas.reload(settings, nowNs: 0)
    #expect(held() == [nil, 3, 1] && schemas.figures.taken == 3)
  }

  @Test func `a topic's schema comes and goes with the settings`() throws {
    let files = try TemporarySchemas(["a/1.json": number])
    let log = Log(form: .logfmt, level: .error, descriptor: -1)
    var schemas = try NodeSchemas(NodeSettings.read("topics: [{name: a}]", file: "f"), log: log)
    let topics = [Topic(id: TopicID(rawValue: 0), name: "a")]
    #expect(schemas.byNumber(topics).isEmpty && schemas.figures.taken == 0)
    schemas.reload(try files.settings("name: a, schema: 1"), nowNs: 0)
    #expect(schemas.byNumber(topics).count == 1)
    schemas.reload(try NodeSettings.read("topics: [{name: a}]", file: "f"), nowNs: 0)
    #expect(schemas.byNumber(topics).isEmpty)
  }

  @Test func `a schema is freed when nobody holds it any more, and not before`() throws {
    let files = try TemporarySchemas(["a/1.json": number])
    let settings = try files.settings("name: a, schema: latest")
    var schemas = try NodeSchemas(settings, log: Log(form: .logfmt, level: .error, descriptor: -1))
    let topics = [Topic(id: TopicID(rawValue: 0), name: "a")]
    var shards = [schemas.byNumber(topics), schemas.byNumber(topics)]
    weak let first = shards[0][0]!.versions[0].schema
    try files.write("true", to: "a/1.json")
    schemas.reload(settings, nowNs: 0)
    schemas.release(nowNs: 1_000_000_000)
    shards[0] = schemas.byNumber(topics)
    shards[1] = schemas.byNumber(topics)
    #expect(first != nil, "the control thread keeps it for a while, so that no shard has to free it")
    schemas.release(nowNs: 3_000_000_000)
    #expect(first == nil)
    weak let second = shards[0][0]!.versions[0].schema
    try files.write(number, to: "a/1.json")
    schemas.reload(settings, nowNs: 0)
    schemas.release(nowNs: 3_000_000_000)
    shards[0] = schemas.byNumber(topics)
    #expect(second != nil, "a shard that was not told uses it")
    shards[1] = schemas.byNumber(topics)
    #expect(second == nil)
  }

  // MARK: the program

  @Test func `check names every mistake of the folder`() throws {
    let files = try TemporarySchemas(["a/1.json": "{\n \"type\": 5}", "a/2.json": "{", "c/1.json": "true"])
    let config = try files.file("name: a, schema: {require: 3, shadow: 4}", "name: b")
    let wrong = try Program.run("check", "--config", config)
    #expect(wrong.status == 1 && wrong.errors.contains("\(files.path)/a/1.json:2:10: /type: "), "\(wrong.errors)")
    #expect(wrong.errors.contains("\(files.path)/a/2.json:1:2: ") && wrong.errors.contains("requires version 3"))
    #expect(wrong.errors.contains("warning: \(files.path)/c is not used"))
    for number in 1...4 { try files.write(self.number, to: "a/\(number).json") }
    let right = try Program.run("check", "--config", config)
    #expect(
      right.status == 0 && right.output.contains("good, 2 topics, 1 listener, 5 schema versions, 1 warning"),
      "\(right.output)"
    )
  }

  @Test func `doctor says how many schemas there are, and what is wrong with them`() throws {
    let files = try TemporarySchemas(["a/1.json": "true"])
    let config = try files.file("name: a, schema: latest")
    let good = try Program.run("doctor", "--config", config)
    #expect(
      good.lines.contains { $0.hasPrefix("ok    schemas ") && $0.hasSuffix("\(files.path): 1 version for 1 topic") },
      "\(good.output)"
    )
    try files.remove("a/1.json")
    let bad = try Program.run("doctor", "--config", config)
    #expect(
      bad.status == 1 && bad.lines.contains { $0.hasPrefix("fail  schemas ") && $0.contains("there is none") },
      "\(bad.output)"
    )
  }
}
