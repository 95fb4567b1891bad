import Inspect
import Schemas
import Testing

/// What a topic is told about its schemas.
@Suite struct TopicSchemasTests {
  @Test func `a topic refuses what does not fit unless it says otherwise`() throws {
    var library = SchemaLibrary()
    try library.add(Array("true".utf8), uri: "registry:///t/1.json", file: "1.json")
    let version = TopicSchemas.Version(number: 1, schema: try Schema("registry:///t/1.json", in: library))
    let topic = TopicSchemas(versions: [version], required: 0)
    #expect(topic.consequence == .refuse)
    #expect(topic.naming == .attribute)
    #expect(topic.shadow == nil)
  }
}
