import Settings
import Testing

/// The keys of schemas.
@Suite struct SchemaTests {
  private let folder = "schemas: {directory: s}\n"

  private func topic(_ schema: String) -> String { "topics: [{name: a, \(schema)}]" }
  private func read(_ schema: String) throws -> TopicSettings { try settings(folder + topic(schema)).topics[0] }
  private func found(_ schema: String) -> [String] { mistakes(folder + topic(schema)) }

  @Test func `a word is enough`() throws {
    let topic = try read("schema: latest")
    #expect(topic.schema.required == .latest && topic.schema.isOn && topic.schema.accepted == .none)
    #expect(topic.schema.versionSource == .attribute && topic.schema.invalid == .refuse)
    #expect(topic.schema.compatibility == .none && topic.schema.shadow == nil && topic.qualityFields.isEmpty)
    #expect(try read("schema: 4").schema.required == .version(4))
    #expect(try settings("topics: [{name: a, schema: none}]").topics[0].schema.isOn == false)
  }

  @Test(arguments: [
    ("all", TopicSchemaSettings.Acceptance.all), ("none", .none), ("2", .versions([2])), ("[2]", .versions([2])),
    ("[1, 2]", .versions([1, 2])), ("[4294967295]", .versions([4_294_967_295])),
  ])
  func `older versions are accepted as asked`(text: String, accepted: TopicSchemaSettings.Acceptance) throws {
    #expect(try read("schema: {require: 3, accept: \(text)}").schema.accepted == accepted)
  }

  @Test func `sixty-four versions are accepted and no more`() throws {
    let many = (1...65).map { "\($0)" }.joined(separator: ", ")
    _ = try read("schema: {require: 3, accept: [\(many.dropLast(4))]}")
    #expect(found("schema: {require: 3, accept: [\(many)]}") == ["2:49: 65 items in 'accept'; expected 64 at most"])
  }

  @Test(arguments: [
    ("0.01%", 1), ("0.1%", 10), ("1%", 100), ("2.5%", 250), ("2.50%", 250), ("99.99%", 9999), ("100%", 10_000),
    ("100.00%", 10_000),
  ])
  func `a share is a percentage with two places at most`(text: String, share: Int) throws {
    #expect(try read("schema: {require: 3, shadow: {version: 4, share: \(text)}}").schema.shadowShare == share)
  }

  @Test(arguments: ["0%", "0.001%", "100.01%", "101%", "%", "1.%", ".5%", "1,5%", "-1%", "1 %", "1e1%", "half"])
  func `what is no share is refused`(text: String) {
    let found = found("schema: {require: 3, shadow: {version: 4, share: '\(text)'}}")
    #expect(found.count == 1 && found[0].contains("for 'share'; expected a share from 0.01% to 100%"), "\(found)")
  }

  @Test(arguments: [
    ("attribute", TopicSchemaSettings.VersionSource.attribute), ("wire", .wire), ("member v", .member("v")),
    ("member  two words", .member("two words")), ("\"member é\"", .member("é")),
  ])
  func `events name their version as the topic says`(text: String, source: TopicSchemaSettings.VersionSource) throws {
    #expect(try read("schema: {require: 1, version_from: \(text)}").schema.versionSource == source)
  }

  @Test func `a version in the shadow may be written as a number`() throws {
    let schema = try read("schema: {require: 3, shadow: 4}").schema
    #expect(schema.shadow == 4 && schema.shadowShare == 100)
  }

  @Test(arguments: [
    (
      "schema: newest",
      "2:28: 'newest' for 'schema'; expected 'latest', 'none' or a whole number from 1 to 4294967295"
    ),
    (
      "schema: latst",
      "2:28: 'latst' for 'schema'; expected 'latest', 'none' or a whole number from 1 to 4294967295"
        + "; did you mean 'latest'?"
    ),
    ("schema: 0", "2:28: '0' for 'schema'; expected 'latest', 'none' or a whole number from 1 to 4294967295"),
    (
      "schema: {require: 4294967296}",
      "2:38: '4294967296' for 'require'; expected 'latest', 'none' or a whole number from 1 to 4294967295"
    ),
    ("schema: {requires: 1}", "2:29: unknown key 'requires' in 'schema'; did you mean 'require'?"),
    (
      "schema: {require: 1, accept: al}",
      "2:49: 'al' for 'accept'; expected 'all', 'none' or a list, each a whole number from 1 to 4294967295"
        + "; did you mean 'all'?"
    ),
    ("schema: {require: 3, accept: [1, 1]}", "2:53: '1' in 'accept'; expected each item once"),
    ("schema: {require: 3, accept: [x]}", "2:50: 'x' in 'accept'; expected a whole number from 1 to 4294967295"),
    (
      "schema: {require: 1, version_from: atribute}",
      "2:55: 'atribute' for 'version_from'; expected 'attribute', 'wire', or 'member' and its name, as "
        + "'member schema_version'; did you mean 'attribute'?"
    ),
    (
      "schema: {require: 1, version_from: member}",
      "2:55: 'member' for 'version_from'; expected 'attribute', 'wire', or 'member' and its name, as "
        + "'member schema_version'"
    ),
    (
      "schema: {require: 1, invalid: quarantin}",
      "2:50: 'quarantin' for 'invalid'; expected one of 'refuse', 'quarantine'; did you mean 'quarantine'?"
    ),
    (
      "schema: {require: 1, compatibility: backwards}",
      "2:56: 'backwards' for 'compatibility'; expected one of 'none', 'backward', 'forward', 'full', "
        + "'backward-transitive', 'forward-transitive', 'full-transitive'; did you mean 'backward'?"
    ),
    (
      "schema: {require: 3, shadow: {version: 4, share: 5}}",
      "2:69: '5' for 'share'; expected a share from 0.01% to 100%, such as '1%'; did you mean '5%'?"
    ),
    (
      "schema: 1, quality: {fields: ''}",
      "2:49: '' for 'fields'; expected 'none' or a list, each a member's name of 1 to 255 bytes"
    ),
    ("schema: 1, quality: {time: ''}", "2:47: '' for 'time'; expected 'none' or a member's name of 1 to 255 bytes"),
    ("schema: 1, quality: {fields: [a, a]}", "2:53: 'a' in 'fields'; expected each item once"),
  ])
  func `a value that is wrong is named with its place`(schema: String, headline: String) {
    #expect(found(schema) == [headline])
  }

  @Test func `sixteen fields are counted and no more`() throws {
    let many = (1...17).map { "f\($0)" }.joined(separator: ", ")
    #expect(try read("schema: 1, quality: {fields: [\(many.dropLast(5))]}").qualityFields.count == 16)
    #expect(found("schema: 1, quality: {fields: [\(many)]}") == ["2:49: 17 items in 'fields'; expected 16 at most"])
  }

  @Test(arguments: [
    (
      "topics: [{name: a, schema: latest}]",
      "1:20: 'schema' without 'schemas.directory'; expected 'schemas: {directory: …}' in the settings"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: a}]",
      "1:11: 'schemas.directory' is never used: no topic has a 'schema'; expected a topic with 'schema: latest'"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: common, schema: 1}]",
      "2:25: topic 'common' can't have schemas: what schemas share lies in a folder of that name"
    ),
    (
      "topics: [{name: a, schema: {invalid: quarantine}}]",
      "1:29: 'schema.invalid' has no effect without 'schema.require'; expected 'schema: {require: latest}'"
    ),
    (
      "topics: [{name: a, quality: {fields: b}}]",
      "1:30: 'quality.fields' has no effect without 'schema.require'; expected 'schema: {require: latest}'"
    ),
    (
      "topics: [{name: a, quality: {time: b}}]",
      "1:30: 'quality.time' has no effect without 'schema.require'; expected 'schema: {require: latest}'"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: a, schema: {require: 3, shadow: {share: 1%}}}]",
      "2:50: 'shadow.share' without 'shadow.version'; expected the version to try, as 'version: 2'"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: a, schema: {require: 3, shadow: 3}}]",
      "2:41: version 3 in the shadow is the required one; expected another version to try"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: a, schema: {require: 3, accept: 2, shadow: 2}}]",
      "2:52: version 2 in the shadow is accepted already; expected a version that is not in 'accept'"
    ),
    (
      "schemas: {directory: s}\ntopics: [{name: a, schema: {require: latest, shadow: 2}}]",
      "2:46: 'shadow' with 'require: latest', which requires a version as soon as it is there; expected the number of "
        + "the version in force, as 'require: 3'"
    ),
  ])
  func `keys that do not go together are named with their place`(text: String, headline: String) {
    #expect(mistakes(text) == [headline])
  }

  @Test func `what a topic's keys write they also read`() throws {
    let before = try settings(everyKey)
    let lines = before.lines.filter { $0.hasPrefix("topics[orders].schema.") }
    #expect(lines.count == 7 && lines.contains("topics[orders].schema.shadow.share: 2.5%"))
    #expect(lines.contains("topics[orders].schema.accept: [1, 2]"))
    #expect(lines.contains("topics[orders].schema.version_from: member schema version"))
    for line in lines {
      let parts = line.dropFirst("topics[orders].schema.".count).split(separator: ": ", maxSplits: 1)
      let (key, value) = (parts[0].split(separator: "."), parts[1])
      let own = key.count == 1 ? "\(key[0]): \(value)" : "shadow: {\(key[1]): \(value)}"
      #expect(!found("schema: {\(own)}").contains { $0.contains("for '\(key.last!)'") }, "\(line)")
    }
  }

  @Test func `everything about schemas but the limits changes live`() throws {
    let (old, wanted) = (try settings(Self.plain), try settings(everyKey))
    let adopted = old.adopting(liveChangesOf: wanted)
    #expect(adopted.topics[0].schema == wanted.topics[0].schema && adopted.topics[0].qualityFields.count == 2)
    #expect(adopted.topics[0].qualityTime == "measured at")
    #expect(adopted.schemas.directory == wanted.schemas.directory && adopted.schemas.formats == .annotate)
    #expect(adopted.schemas.depth == 64 && adopted.schemas.duplicateNames == .refuse)
  }
  private static let plain = "topics: [{name: orders}, {name: plain}]"
}
