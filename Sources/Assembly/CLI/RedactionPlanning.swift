internal import Detection
internal import Formats
internal import Inspect
internal import Redaction
internal import Settings

/// Settings, and what schemas say of their fields, turned into what shards redact by.
struct RedactionPlanning {
  /// A field that a schema says is personal.
  struct Annotated: Equatable {
    /// Where it is: a JSON Pointer as the plan's paths are.
    let path: String
    /// What it holds; `nil` where the schema says only that it is personal.
    let type: PersonalType?
  }
  /// The plan; `nil` where nothing is redacted.
  let plan: RedactionPlan?
  /// What is wrong, a sentence each.
  let mistakes: [String]

  /// The plan of a topic.
  ///
  /// - Parameters:
  ///   - topic: what the settings say.
  ///   - annotated: what its schemas say, all versions that are taken.
  init(_ topic: TopicSettings, annotated: [Annotated] = []) {
    let settings = topic.redaction
    let annotated = settings.annotations == .follow ? annotated : []
    guard settings.isOn || !annotated.isEmpty else {
      (plan, mistakes) = (nil, [])
      return
    }
    let kinds = PersonalType.allCases
    var paths = settings.fields.map(\.pointer)
    var rules = settings.fields.map { RedactionPlan.Rule($0.operation.operation, type: $0.type) }
    for field in annotated where !paths.contains(field.path) {
      paths.append(field.path)
      let operation = field.type.map { settings.operation(for: $0) } ?? settings.found
      rules.append(RedactionPlan.Rule(operation.operation, type: field.type))
    }
    var types = PersonalTypes()
    for type in settings.detected { types.insert(PersonalTypes(type)) }
    do throws(FieldPathMistake) {
      plan = RedactionPlan(
        topic: TopicMark(topic.name),
        paths: try FieldPaths(paths),
        fields: rules,
        profile: DetectionProfile(types: types, minimum: UInt8(settings.confidence)),
        found: kinds.map { settings.operation(for: $0).operation },
        foundInKeys: kinds.map { Self.keyOperation(settings, $0) },
        version: Self.version(of: topic, annotated),
        isShadow: settings.mode == .shadow
      )
      mistakes = []
    } catch {
      plan = nil
      mistakes = [Self.text(error, paths, topic.name)]
    }
  }

  /// What is done with what is found in keys: what is not looked for may have any operation, so it has one that is
  /// allowed.
  private static func keyOperation(_ settings: TopicRedactionSettings, _ type: PersonalType) -> Operation {
    let operation = settings.keyOperation(for: type).operation
    return operation.isDeterministic ? operation : OperationSettings.standard.operation
  }

  /// Tells plans apart: the beginning of a digest of all that a plan says, never 0.
  private static func version(of topic: TopicSettings, _ annotated: [Annotated]) -> UInt32 {
    let settings = topic.redaction
    var lines = ["confidence \(settings.confidence)", "found \(settings.found.text)"]
    lines += settings.detected.map { "detect \($0.word)" }
    lines += settings.kinds.map { "kind \($0.type.word) \($0.operation.text)" }
    lines += settings.fields.map { "field \($0.pointer) \($0.operation.text) \($0.type.map { "\($0.word)" } ?? "")" }
    lines += annotated.map { "annotated \($0.path) \($0.type.map { "\($0.word)" } ?? "")" }
    if let keys = settings.keys { lines.append("keys \(keys.text)") }
    // A plan that is only tried leaves keys and headers as they are.
    if settings.mode == .shadow { lines.append("shadow") }
    let text = Array(lines.joined(separator: "\n").utf8)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let digest = unsafe ContentDigest(of: text.span.bytes).description
    return max(UInt32(digest.prefix(8), radix: 16) ?? 1, 1)
  }

  private static func text(_ mistake: FieldPathMistake, _ paths: [String], _ topic: String) -> String {
    switch mistake {
    case .malformed(let index, let reason):
      "topic '\(topic)': path '\(index < paths.count ? paths[index] : "")' of 'redact.fields': \(reason)"
    case .tooMany:
      "topic '\(topic)': the paths of 'redact.fields' and of the schemas ask for more than "
        + "\(FieldPaths.statesMax) states; use fewer that have '**' in them"
    }
  }
}
