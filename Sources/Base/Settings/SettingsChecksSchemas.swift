/// What must hold between the keys of schemas.
extension SettingsReader {
  mutating func checkSchemas(_ settings: NodeSettings) {
    for (index, topic) in settings.topics.enumerated() {
      let path = "topics[\(index)]"
      guard given[path] != nil else { continue }
      guard topic.schema.isOn else {
        checkIdleSchema(path)
        continue
      }
      guard let position = place("\(path).schema.require") else { continue }
      if settings.schemas.directory == nil {
        let wanted = "'schemas: {directory: …}' in the settings"
        note("'schema' without 'schemas.directory'", at: position, expected: wanted)
      }
      if topic.name == NodeSettings.sharedSchemaFolder {
        note(
          "topic \(quoted(topic.name)) can't have schemas: what schemas share lies in a folder of that name",
          at: position
        )
      }
      checkShadow(topic.schema, "\(path).schema")
    }
    let isAsked = settings.topics.indices.contains { given["topics[\($0)].schema"] != nil }
    if settings.schemas.directory != nil, !isAsked, let position = place("schemas.directory") {
      note(
        "'schemas.directory' is never used: no topic has a 'schema'",
        at: position,
        expected: "a topic with 'schema: latest'"
      )
    }
  }

  /// A topic whose events are not checked says nothing about how.
  private mutating func checkIdleSchema(_ path: String) {
    // `none` in so many words switches off what stays written.
    guard given["\(path).schema.require"] == nil else { return }
    let keys = ["accept", "version_from", "invalid", "compatibility", "shadow.version", "shadow.share"]
    for key in keys.map({ "schema.\($0)" }) + ["quality.fields", "quality.time"] {
      guard let position = given["\(path).\(key)"] else { continue }
      note("'\(key)' has no effect without 'schema.require'", at: position, expected: "'schema: {require: latest}'")
    }
  }

  private mutating func checkShadow(_ schema: TopicSchemaSettings, _ path: String) {
    if schema.shadow == nil, let position = given["\(path).shadow.share"] {
      note("'shadow.share' without 'shadow.version'", at: position, expected: "the version to try, as 'version: 2'")
    }
    guard let shadow = schema.shadow, let position = place("\(path).shadow.version") else { return }
    if schema.required == .latest {
      note(
        "'shadow' with 'require: latest', which requires a version as soon as it is there",
        at: position,
        expected: "the number of the version in force, as 'require: 3'"
      )
    }
    if schema.required == .version(shadow) {
      note("version \(shadow) in the shadow is the required one", at: position, expected: "another version to try")
    }
    if case .versions(let numbers) = schema.accepted, numbers.contains(shadow) {
      note(
        "version \(shadow) in the shadow is accepted already",
        at: position,
        expected: "a version that is not in 'accept'"
      )
    }
  }
}
