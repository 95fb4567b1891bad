internal import Settings

/// What `sluice check` and `sluice doctor` find in the registry of schemas; nothing is changed.
struct SchemaExamination {
  /// Where it is.
  let directory: String
  /// What keeps a gateway from starting, a line each.
  let mistakes: [String]
  /// What does not.
  let warnings: [String]
  /// Versions of schemas there are.
  private(set) var versions = 0
  /// What was read; `nil` where anything is wrong.
  private(set) var registry: SchemaRegistry?
  /// Topics whose events are checked.
  let topics: Int

  /// Looks at the registry; `nil` when there is none.
  init?(_ settings: NodeSettings) {
    guard let directory = settings.schemas.directory else { return nil }
    self.directory = directory
    topics = settings.topics.count { $0.schema.isOn }
    do throws(SchemaRegistryMistakes) {
      let registry = try SchemaRegistry(settings)
      (mistakes, warnings, versions) = ([], registry.warnings, registry.count)
      self.registry = registry
    } catch { (mistakes, warnings) = (error.all, error.warnings) }
  }

  /// Adds a line for everything wrong, or one that says how many schemas there are.
  func add(to diagnosis: inout Diagnosis) {
    for mistake in mistakes {
      diagnosis.fail("schemas", mistake, remedy: "mend it: neither a start nor a reload takes the folder as it is")
    }
    for warning in warnings {
      diagnosis.warn("schemas", warning, remedy: "see Docs/Operations/schemas.md for what belongs into the folder")
    }
    if mistakes.isEmpty {
      diagnosis.ok("schemas", "\(directory): \(counted(versions, "version")) for \(counted(topics, "topic"))")
    }
  }
}
