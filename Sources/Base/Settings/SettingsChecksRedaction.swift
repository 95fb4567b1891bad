internal import Redaction

/// What must hold between the keys of redaction.
extension SettingsReader {
  mutating func checkRedaction(_ settings: NodeSettings) {
    checkKeySource(settings.redactionKeys)
    for (index, topic) in settings.topics.enumerated() {
      let path = "topics[\(index)]"
      guard given[path] != nil else { continue }
      checkKeys(topic.redaction, settings.redactionKeys.isOn, path)
      checkRecordKeys(topic.redaction, path)
      checkIdleRedaction(topic, path)
    }
  }

  /// Keys come from one place, and are asked for again before they are too old.
  private mutating func checkKeySource(_ keys: RedactionKeySettings) {
    let path = "redaction.keys"
    if keys.file != nil, !keys.command.isEmpty, let position = place("\(path).command") {
      note("'command' beside a file of keys", at: position, expected: "one of both")
    }
    if keys.staleNs <= keys.refreshNs, let position = place("\(path).stale", "\(path).refresh") {
      note(
        "keys that are too old before they are asked for again",
        at: position,
        expected: "'stale' beyond 'refresh', by several times, so that a service may fail for a while"
      )
    }
    guard keys.command.isEmpty else { return }
    for key in ["refresh", "stale", "timeout"] {
      guard let position = given["\(path).\(key)"] else { continue }
      note("'\(key)' has no effect without 'redaction.keys.command'", at: position, expected: "a 'command' beside it")
    }
  }

  /// An operator that needs a key finds keys.
  private mutating func checkKeys(_ redaction: TopicRedactionSettings, _ hasKeys: Bool, _ path: String) {
    guard !hasKeys else { return }
    let used: [(key: String, operations: [OperationSettings])] = [
      ("redact.found", [redaction.found]), ("redact.kinds", redaction.kinds.map(\.operation)),
      ("redact.fields", redaction.fields.map(\.operation)), ("redact.keys", redaction.keys.map { [$0] } ?? []),
    ]
    for (key, operations) in used {
      guard let operation = operations.first(where: { $0.operation.purpose != nil }),
        let position = place("\(path).\(key)")
      else { continue }
      note(
        "'\(operation.operation.word)' without 'redaction.keys'",
        at: position,
        expected: "'redaction: {keys: FILE}'; `sluice keys redaction make` makes one"
      )
    }
  }

  /// What stands for a record's key is the same every time.
  private mutating func checkRecordKeys(_ redaction: TopicRedactionSettings, _ path: String) {
    if let keys = redaction.keys, !keys.operation.isDeterministic || keys.operation.isDrop {
      guard let position = place("\(path).redact.keys") else { return }
      note(
        "'\(keys.operation.word)' for record keys",
        at: position,
        expected: "an operator that makes the same of the same value, such as 'pseudonym'"
      )
    }
    guard redaction.keys == nil else { return }
    for type in redaction.detected {
      let operation = redaction.keyOperation(for: type).operation
      guard !operation.isDeterministic else { continue }
      guard let position = place("\(path).redact.kinds") ?? place("\(path).redact.found") else { return }
      note(
        "'\(operation.word)' makes something else of the same value every time, which record keys can't have",
        at: position,
        expected: "'redact: {keys: pseudonym}' beside it"
      )
      return
    }
  }

  /// What has no effect is a slip.
  private mutating func checkIdleRedaction(_ topic: TopicSettings, _ path: String) {
    guard topic.redaction.detected.isEmpty else { return }
    for key in ["redact.confidence", "redact.kinds", "redact.keys"] {
      guard let position = given["\(path).\(key)"] else { continue }
      note("'\(key)' has no effect without 'redact.detect'", at: position, expected: "'redact: {detect: all}'")
    }
  }
}
