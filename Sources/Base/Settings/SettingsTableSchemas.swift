/// The keys of schemas: those of the node, and those of a topic.
extension NodeSettings {
  /// What schemas share lies in this folder of theirs, so no topic's can.
  public static let sharedSchemaFolder = "common"

  static let schemaRows: [SettingsRow<NodeSettings>] = [
    .init(
      "schemas.directory",
      \.schemas.directory,
      SettingsForm.path.or("none"),
      isLive: true,
      "The folder of the schemas that topics require."
    ),
    .init(
      "schemas.formats",
      \.schemas.formats,
      .word(),
      isLive: true,
      "Whether events have to keep to `format`, or it only says what is meant."
    ),
    .init("schemas.depth", \.schemas.depth, .count(2...128), "How deep values of an event may be nested."),
    .init(
      "schemas.members",
      \.schemas.members,
      .count(16...1_000_000),
      "Members of an object, and elements of an array."
    ),
    .init("schemas.string_bytes", \.schemas.stringBytes, .bytes(256...(8 << 20)), "A string, as it is written."),
    .init("schemas.number_bytes", \.schemas.numberBytes, .bytes(32...(64 << 10)), "A number, as it is written."),
    .init(
      "schemas.duplicate_names",
      \.schemas.duplicateNames,
      .word(),
      "Whether an object in which a name stands twice is refused, or the last one counts."
    ),
  ]

  static let topicSchemaRows: [SettingsRow<TopicSettings>] = [
    .init(
      "schema.require",
      \.schema.required,
      .requirement,
      isLive: true,
      "The version that events are held to which name none; `schema: latest` is short for it."
    ),
    .init(
      "schema.accept",
      versions: \.schema.accepted,
      countMax: 64,
      isLive: true,
      "Other versions that an event may name; `all`: those with lower numbers."
    ),
    .init(
      "schema.version_from",
      \.schema.versionSource,
      .versionSource,
      isLive: true,
      "How an event names its version."
    ),
    .init("schema.invalid", \.schema.invalid, .word(), isLive: true, "What becomes of an event that does not fit."),
    .init(
      "schema.compatibility",
      \.schema.compatibility,
      .word(),
      isLive: true,
      "What each version must be able to do with the events of the one before it, or of all before it."
    ),
    .init(
      "schema.shadow.version",
      \.schema.shadow,
      SettingsForm.count(1...Int(UInt32.max)).or("none"),
      isLive: true,
      "A version that is tried beside the others; `shadow: 4` is short for it."
    ),
    .init("schema.shadow.share", \.schema.shadowShare, .share, isLive: true, "How many of the events it is shown."),
    .init(
      "quality.fields",
      \.qualityFields,
      listOf: .memberName,
      or: "none",
      countMax: 16,
      isLive: true,
      "Members of the event itself of which is counted how often they are null or missing."
    ),
    .init(
      "quality.time",
      \.qualityTime,
      SettingsForm.memberName.or("none"),
      isLive: true,
      "The member of the event itself that says when it happened: RFC 3339, or milliseconds since 1970."
    ),
  ]
}

extension SettingsRow {
  /// A key whose value is `none`, `all`, or a list of versions; a single version is a list of one.
  fileprivate init(
    _ path: String,
    versions place: any WritableKeyPath<Root, TopicSchemaSettings.Acceptance> & Sendable,
    countMax: Int,
    isLive: Bool,
    _ summary: String
  ) {
    let form = SettingsForm<Int>.count(1...Int(UInt32.max))
    (self.path, self.summary, self.isLive, isRequired) = (path, summary, isLive, false)
    type = "list of versions, `all` or `none`"
    bound = "\(countMax) at most, each \(form.bound)"
    read = { text, root throws(ValueMistake) in
      if text == "none" { return root[keyPath: place] = .none }
      if text == "all" { return root[keyPath: place] = .all }
      do throws(ValueMistake) { root[keyPath: place] = .versions([try form.read(text)]) } catch {
        throw ValueMistake(
          expected: "'all', 'none' or a list, each \(error.expected)",
          suggestion: nearest(to: text, among: ["all", "none"])
        )
      }
    }
    write = { root in
      switch root[keyPath: place] {
      case .none: "none"
      case .all: "all"
      case .versions(let numbers): "[" + numbers.map { "\($0)" }.joined(separator: ", ") + "]"
      }
    }
    copy = { source, root in root[keyPath: place] = source[keyPath: place] }
    items = Items(
      countMax: countMax,
      clear: { root in root[keyPath: place] = .none },
      append: { text, root throws(ValueMistake) in
        var numbers: [Int] = []
        if case .versions(let before) = root[keyPath: place] { numbers = before }
        let number = try form.read(text)
        guard !numbers.contains(number) else { throw ValueMistake(expected: "each item once") }
        root[keyPath: place] = .versions(numbers + [number])
      }
    )
  }
}

extension SettingsForm<TopicSchemaSettings.Requirement> {
  /// A version, the latest one, or none.
  fileprivate static var requirement: Self {
    let number = SettingsForm<Int>.count(1...Int(UInt32.max))
    return Self(
      type: "count, `latest` or `none`",
      bound: number.bound,
      read: { text throws(ValueMistake) in
        if text == "none" { return .none }
        if text == "latest" { return .latest }
        do throws(ValueMistake) { return .version(try number.read(text)) } catch {
          throw ValueMistake(
            expected: "'latest', 'none' or \(error.expected)",
            suggestion: nearest(to: text, among: ["latest", "none"])
          )
        }
      },
      write: { value in
        switch value {
        case .none: "none"
        case .latest: "latest"
        case .version(let number): "\(number)"
        }
      }
    )
  }
}

extension SettingsForm<TopicSchemaSettings.VersionSource> {
  /// A word, and of a member its name.
  fileprivate static var versionSource: Self {
    let words = ["attribute", "wire", "member"]
    return Self(
      type: "word",
      bound: "`attribute`, `wire`, or `member` and its name",
      read: { text throws(ValueMistake) in
        switch text {
        case "attribute": return .attribute
        case "wire": return .wire
        default:
          let parts = text.split(separator: " ", maxSplits: 1)
          if parts.count == 2, parts[0] == "member" {
            return .member(try SettingsForm<String>.memberName.read(String(parts[1].drop { $0 == " " })))
          }
          let isBare = parts.count == 1 && text.hasPrefix("member")
          throw ValueMistake(
            expected: "'attribute', 'wire', or 'member' and its name, as 'member schema_version'",
            suggestion: isBare ? nil : nearest(to: String(parts.first ?? ""), among: words)
          )
        }
      },
      write: { value in
        switch value {
        case .attribute: "attribute"
        case .wire: "wire"
        case .member(let name): "member \(name)"
        }
      }
    )
  }
}

extension SettingsForm<String> {
  /// The name of a member of an object.
  fileprivate static var memberName: Self {
    Self(
      type: "name",
      bound: "1 to 255 bytes",
      read: { text throws(ValueMistake) in
        guard (1...255).contains(text.utf8.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
          throw ValueMistake(expected: "a member's name of 1 to 255 bytes")
        }
        return text
      },
      write: { $0 }
    )
  }
}

extension SettingsForm<Int> {
  /// A share of the events, in 10,000ths: whole or with two places, and `%`.
  fileprivate static var share: Self {
    let expected = "a share from 0.01% to 100%, such as '1%'"
    return Self(
      type: "share",
      bound: "0.01% to 100%",
      read: { text throws(ValueMistake) in
        if let value = tenThousandths(text) { return value }
        let meant = tenThousandths(text + "%") == nil ? nil : text + "%"
        throw ValueMistake(expected: expected, suggestion: meant)
      },
      write: { value in
        let (tenths, hundredths) = (value / 10 % 10, value % 10)
        let places = hundredths > 0 ? ".\(tenths)\(hundredths)" : tenths > 0 ? ".\(tenths)" : ""
        return "\(value / 100)\(places)%"
      }
    )
  }
}

/// A percentage with at most two places as 10,000ths; `nil` when it is none, or not from 0.01% to 100%.
private func tenThousandths(_ text: String) -> Int? {
  guard text.last == "%", text.utf8.count <= 7 else { return nil }
  let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
  let places = parts.count == 2 ? parts[1] : ""
  guard (1...2).contains(parts.count), parts.count == 1 || (1...2).contains(places.utf8.count), !parts[0].isEmpty,
    parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
    let value = Int(parts[0] + places + String(repeating: "0", count: 2 - places.utf8.count))
  else { return nil }
  return (1...10_000).contains(value) ? value : nil
}
