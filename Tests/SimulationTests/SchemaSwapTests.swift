import Gate
import Gateway
import Inspect
import Schemas
import Simulator
import Testing

/// How schemas reach shards, and leave them.
@Suite struct SchemaSwapTests {
  private func rules(_ text: String) throws -> Rules {
    var library = SchemaLibrary()
    try library.add(Array(text.utf8), uri: "registry:///a/1.json", file: "a/1.json")
    let version = TopicSchemas.Version(number: 1, schema: try Schema("registry:///a/1.json", in: library))
    let topics = SimulatedGateway.topics
    var rules = Rules(keys: KeyRing([], topics: topics, seed: 1), directory: TopicDirectory(topics, seed: (1, 2)))
    rules.schemas = [TopicSchemas(versions: [version], required: 0)]
    return rules
  }

  @Test func `a schema lives until the last shard has taken its successor`() throws {
    var first: Rules? = try rules(#"{"type": "number"}"#)
    weak let schema = first?.schemas[0]?.versions[0].schema
    var gateway = try SimulatedGateway(
      seeds: [1, 2],
      disks: [.init(), .init()],
      peers: [[], []],
      faults: Faults(),
      segments: 4
    )
    for index in 0..<2 { gateway.shards[index].adopt(first!) }
    first = nil
    #expect(schema != nil)
    let second = try rules("true")
    gateway.shards[0].adopt(second)
    #expect(schema != nil, "the other shard checks its events against it")
    gateway.shards[1].adopt(second)
    #expect(schema == nil)
  }
}
