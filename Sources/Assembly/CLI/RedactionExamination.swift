internal import Detection
internal import Formats
internal import Glibc
internal import Host
internal import Inspect
internal import Redaction
internal import Schemas
internal import Settings

/// What `sluice check` finds out about redaction: that plans can be made, that their keys are there, that they go with
/// their schemas, and which fields look personal and are redacted by nobody.
struct RedactionExamination {
  /// What keeps the gateway from starting.
  private(set) var mistakes: [String] = []
  private(set) var warnings: [String] = []

  init(_ settings: NodeSettings, _ registry: SchemaRegistry?) {
    var plans: [String: RedactionPlan] = [:]
    for topic in settings.topics {
      let planning = RedactionPlanning(topic, annotated: registry?.annotated[topic.name] ?? [])
      mistakes += planning.mistakes
      plans[topic.name] = planning.plan
      if let registry { look(at: topic, planning.plan, registry) }
    }
    examineKeys(settings, plans)
  }

  private mutating func examineKeys(_ settings: NodeSettings, _ plans: [String: RedactionPlan]) {
    if let program = settings.redactionKeys.command.first { examine(program) }
    guard let path = settings.redactionKeys.file else { return }
    do throws(HostFailure) {
      let missing = NodeRedaction.missingKeys(of: plans, in: try RedactionKeysOnDisk.read(path))
      if !missing.isEmpty { mistakes.append("\(path): no active key \(missing.joined(separator: ", "))") }
    } catch { mistakes.append(error.cause) }
  }

  /// The program that prints keys is not run: it may ask for more than a look at settings should.
  private mutating func examine(_ program: String) {
    guard program.contains("/"), unsafe access(program, X_OK) != 0 else { return }
    note("redaction.keys.command: cannot run \(program): \(errorText(errno))")
  }

  /// Holds a plan against the schemas of its topic.
  private mutating func look(at topic: TopicSettings, _ plan: RedactionPlan?, _ registry: SchemaRegistry) {
    for schema in registry.schemaFields(of: topic.name) {
      if let plan { lookForConflicts(topic, plan, schema) }
      lookForUncovered(topic, plan, schema)
    }
  }

  /// What would be stored, and would not fit the schema any more.
  private mutating func lookForConflicts(_ topic: TopicSettings, _ plan: RedactionPlan, _ schema: SchemaFields) {
    for field in schema.fields {
      guard let rule = plan.rule(at: field.path), let replacement = Self.replacement(rule) else { continue }
      for conflict in schema.conflicts(at: field.path, with: replacement) {
        note("topic '\(topic.name)': what '\(rule.operation.word)' makes of \(field.path) does not fit: \(conflict)")
      }
    }
  }
  private static func replacement(_ rule: RedactionPlan.Rule) -> Replacement? {
    switch "\(rule.operation.word)" {
    case "drop": .removed
    case "mask", "tokenize": .sameForm
    case "hash", "pseudonym", "encrypt": .text(lengthMin: 24)
    case "replace": .text()
    default: nil
    }
  }

  /// Fields that look personal, where neither a path nor an annotation nor detectors see to them.
  private mutating func lookForUncovered(_ topic: TopicSettings, _ plan: RedactionPlan?, _ schema: SchemaFields) {
    guard topic.redaction.detected.isEmpty else { return }
    var scanner = TextScanner(textBytesMax: 256)
    for field in schema.fields where field.annotation == nil && field.isScalar && field.mayBeText {
      guard let name = field.name, name.utf8.count <= 256, plan?.rule(at: field.path) == nil else { continue }
      let bytes = Array(name.utf8)
      // SAFETY: a view of plain bytes that live until the end of this scope.
      guard unsafe scanner.context(ofName: bytes.span.bytes).isTelling || field.format == "email" else { continue }
      note(
        "\(field.file):\(field.position.line):\(field.position.column): "
          + "\(field.path) looks personal, and nothing in topic '\(topic.name)' redacts it; "
          + "give the topic 'redact', or the property '\"\(PersonalFields.keyword)\": …' "
          + "('none' where it is not)"
      )
    }
  }

  private mutating func note(_ warning: String) {
    if warnings.count < 100, !warnings.contains(warning) { warnings.append(warning) }
  }
}
