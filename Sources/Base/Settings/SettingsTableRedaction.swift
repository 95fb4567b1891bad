internal import Detection
internal import Redaction

/// The keys of redaction: those of the node, and those of a topic.
extension NodeSettings {
  static let redactionRows: [SettingsRow<NodeSettings>] = [
    .init(
      "redaction.keys.file",
      \.redactionKeys.file,
      SettingsForm.path.or("none"),
      isLive: true,
      "The file of the keys that operators use; `keys: FILE` is short for it."
    ),
    .init(
      "redaction.keys.command",
      \.redactionKeys.command,
      listOf: .argument,
      or: "none",
      countMax: 64,
      mayRepeat: true,
      isLive: true,
      "The program that prints such a file, and its arguments."
    ),
    .init(
      "redaction.keys.refresh",
      \.redactionKeys.refreshNs,
      .duration(1_000_000_000...86_400_000_000_000),
      isLive: true,
      "After which time the program is run again."
    ),
    .init(
      "redaction.keys.stale",
      \.redactionKeys.staleNs,
      .duration(2_000_000_000...30 * 86_400_000_000_000),
      isLive: true,
      "After which time the keys it printed are no longer used, and events that need them are refused."
    ),
    .init(
      "redaction.keys.timeout",
      \.redactionKeys.timeoutNs,
      .duration(100_000_000...300_000_000_000),
      isLive: true,
      "How long the program may run."
    ),
  ]

  static let topicRedactionRows: [SettingsRow<TopicSettings>] = [
    .init("redact.detect", kinds: \.redaction.detected, "The kinds of personal data that are looked for everywhere."),
    .init(
      "redact.confidence",
      \.redaction.confidence,
      .count(1...100),
      isLive: true,
      "How sure a detector must be, in percent."
    ),
    .init(
      "redact.found",
      \.redaction.found,
      .operation,
      isLive: true,
      "What is done with what is found."
    ),
    .init(
      "redact.kinds",
      \.redaction.kinds,
      listOf: .kind,
      or: "none",
      countMax: PersonalType.allCases.count,
      isLive: true,
      "What is done with some kinds instead."
    ),
    .init(
      "redact.fields",
      \.redaction.fields,
      listOf: .field,
      or: "none",
      countMax: 256,
      isLive: true,
      "Fields that are redacted whatever they hold: a JSON Pointer, an operator, and what the field holds."
    ),
    .init(
      "redact.annotations",
      \.redaction.annotations,
      .word(),
      isLive: true,
      "Whether `x-pii` in the topic's schema names fields, too."
    ),
    .init(
      "redact.keys",
      \.redaction.keys,
      SettingsForm.operation.or("same"),
      isLive: true,
      "What is done with what is found in record keys and metadata; `same`: what is done elsewhere."
    ),
    .init(
      "redact.mode",
      \.redaction.mode,
      .word(),
      isLive: true,
      "Whether the plan redacts, or is only tried and counted."
    ),
  ]
}

extension SettingsRow {
  /// A key that lists kinds of personal data.
  fileprivate init(_ path: String, kinds place: any WritableKeyPath<Root, [PersonalType]> & Sendable, _ summary: String)
  {
    let form = SettingsForm<PersonalType>.kindName
    (self.path, self.summary, isLive, isRequired) = (path, summary, true, false)
    type = "list of kinds, `all` or `none`"
    bound = form.bound
    read = { text, root throws(ValueMistake) in
      if text == "none" { return root[keyPath: place] = [] }
      if text == "all" { return root[keyPath: place] = PersonalType.allCases }
      root[keyPath: place] = [try form.read(text)]
    }
    write = { root in
      let kinds = root[keyPath: place]
      if kinds.isEmpty { return "none" }
      return kinds.count == PersonalType.allCases.count
        ? "all" : "[" + kinds.map(form.write).joined(separator: ", ") + "]"
    }
    copy = { source, root in root[keyPath: place] = source[keyPath: place] }
    items = Items(
      countMax: PersonalType.allCases.count,
      clear: { root in root[keyPath: place] = [] },
      append: { text, root throws(ValueMistake) in
        let kind = try form.read(text)
        guard !root[keyPath: place].contains(kind) else { throw ValueMistake(expected: "each item once") }
        root[keyPath: place].append(kind)
      }
    )
  }
}

extension SettingsForm<String> {
  /// A word of a command line, as it is.
  fileprivate static var argument: Self {
    Self(
      type: "argument",
      bound: "1 to 4095 bytes",
      read: { text throws(ValueMistake) in
        guard !text.isEmpty, text.utf8.count <= 4095, !text.utf8.contains(0) else {
          throw ValueMistake(expected: "a word of 1 to 4095 bytes")
        }
        return text
      },
      write: { $0 }
    )
  }
}

extension SettingsForm<PersonalType> {
  /// A kind of personal data.
  fileprivate static var kindName: Self {
    let words = PersonalType.allCases.map { "\($0.word)" }
    return Self(
      type: "kind",
      bound: "words of the [list of kinds](redaction.md#kinds)",
      read: { text throws(ValueMistake) in
        guard let index = words.firstIndex(of: text) else {
          throw ValueMistake(
            expected: "a kind of personal data, such as 'email'",
            suggestion: nearest(to: text, among: words + ["all", "none"])
          )
        }
        return PersonalType.allCases[index]
      },
      write: { "\($0.word)" }
    )
  }
}

extension SettingsForm<OperationSettings> {
  /// An operator and its options.
  fileprivate static var operation: Self {
    Self(
      type: "operator",
      bound: "an [operator](redaction.md#operators) and its options, as `mask last=4`",
      read: { text throws(ValueMistake) in try OperationSettings(reading: text.split(separator: " ").map(String.init))
      },
      write: { $0.text }
    )
  }
}

extension SettingsForm<TopicRedactionSettings.Kind> {
  /// A kind and what is done with it.
  fileprivate static var kind: Self {
    Self(
      type: "kind with operator",
      bound: "a kind and an operator, as `phone mask last=2`",
      read: { text throws(ValueMistake) in
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first, words.count > 1 else {
          throw ValueMistake(expected: "a kind and an operator, as 'phone mask last=2'")
        }
        let type = try SettingsForm<PersonalType>.kindName.read(first)
        return .init(type: type, operation: try OperationSettings(reading: Array(words.dropFirst())))
      },
      write: { "\($0.type.word) \($0.operation.text)" }
    )
  }
}

extension SettingsForm<TopicRedactionSettings.Field> {
  /// A path, an operator, and what the field holds.
  fileprivate static var field: Self {
    let example = "a JSON Pointer and an operator, as '/user/email pseudonym email'"
    return Self(
      type: "field with operator",
      bound: "a JSON Pointer and an operator, as `/user/email pseudonym email`",
      read: { text throws(ValueMistake) in
        // A pointer may have blanks: it ends where an operator's name begins.
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let place = words.dropFirst().firstIndex(where: { OperatorCatalogue.words.contains($0) }) else {
          throw ValueMistake(expected: "\(example); operators are \(OperatorCatalogue.words.joined(separator: ", "))")
        }
        let pointer = words[..<place].joined(separator: " ")
        guard pointer.isEmpty || pointer.hasPrefix("/"), isEscaped(pointer) else {
          throw ValueMistake(expected: "\(example); a pointer begins with '/', and '~' is followed by 0, 1 or 2")
        }
        let kinds = PersonalType.allCases
        let rest = words[place...].filter { !$0.isEmpty }
        let type = kinds.first { kind in rest.dropFirst().contains("\(kind.word)") }
        let operation = rest.filter { word in type.map { word != "\($0.word)" } ?? true }
        return .init(pointer: pointer, operation: try OperationSettings(reading: operation), type: type)
      },
      write: { "\($0.pointer) \($0.operation.text)" + ($0.type.map { " \($0.word)" } ?? "") }
    )
  }
  private static func isEscaped(_ pointer: String) -> Bool {
    pointer.split(separator: "~", omittingEmptySubsequences: false).dropFirst().allSatisfy {
      $0.first.map { "012".contains($0) } ?? false
    }
  }
}

extension OperationSettings {
  /// Reads an operator and its options, a word each.
  init(reading words: [String]) throws(ValueMistake) {
    var options = OperatorOptions()
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw ValueMistake(expected: "options as 'last=4' behind the operator, not \(quoted(word))")
      }
      try options.set(parts[0], parts[1])
    }
    let name = words.first ?? ""
    do throws(OperatorMistake) { operation = try OperatorCatalogue.operation(name, options) } catch {
      let near = error.option == "operator" ? nearest(to: name, among: OperatorCatalogue.words) : nil
      let wanted = error.option == "operator" ? error.expected : "\(error.expected) for '\(error.option)'"
      throw ValueMistake(expected: wanted, suggestion: near)
    }
    text = words.joined(separator: " ")
  }
}

extension OperatorOptions {
  fileprivate mutating func set(_ name: String, _ value: String) throws(ValueMistake) {
    switch name {
    case "key":
      guard let key = KeyName(value) else { throw ValueMistake(expected: "the name of a key for 'key'") }
      self.key = key
    case "with": with = value
    case "first": first = try Self.count(name, value)
    case "last": last = try Self.count(name, value)
    case "decimals": decimals = try Self.count(name, value)
    case "bucket": bucket = try Self.count(name, value)
    case "character": character = value
    case "separators":
      guard ["keep", "mask"].contains(value) else { throw ValueMistake(expected: "'keep' or 'mask' for 'separators'") }
      separators = value == "keep"
    case "to": to = value
    default:
      let names = ["key", "with", "first", "last", "decimals", "bucket", "character", "separators", "to"]
      throw ValueMistake(
        expected: "an option that is known, not '\(name)'",
        suggestion: nearest(to: name, among: names)
      )
    }
  }
  private static func count(_ name: String, _ value: String) throws(ValueMistake) -> Int {
    guard let count = Int(value), count >= 0 else { throw ValueMistake(expected: "a count for '\(name)'") }
    return count
  }
}
