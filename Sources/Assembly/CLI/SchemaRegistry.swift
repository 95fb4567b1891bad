internal import Formats
internal import Inspect
internal import Schemas
internal import Settings

/// Everything wrong with a registry, a line each, as compilers print it.
struct SchemaRegistryMistakes: Error, Equatable {
  /// Bound: 100.
  let all: [String]
  /// What is right but unwise.
  var warnings: [String] = []
  /// More are told by nobody.
  static let countMax = 100
}

/// The schemas of all topics, compiled.
struct SchemaRegistry {
  /// What events of each topic must fit, by the topic's name.
  private(set) var topics: [String: TopicSchemas] = [:]
  /// The fields that their schemas say are personal, in all versions that are taken.
  private(set) var annotated: [String: [RedactionPlanning.Annotated]] = [:]
  /// What is right but unwise, a sentence each.
  private(set) var warnings: [String] = []
  private var documents = SchemaDocuments()
  /// The versions that there are of each topic that has some, in order.
  private var versions: [String: [SchemaDocuments.Version]] = [:]
  /// What versions of each topic were held to.
  private var modes: [String: TopicSchemaSettings.Compatibility] = [:]
  private var formats = SchemaFolderSettings.Formats.assert
  /// By the document's URI.
  private var compiled: [String: Schema] = [:]

  /// One without any schema.
  init() {}

  /// Reads and compiles all schemas of the topics that have some.
  ///
  /// - Parameters:
  ///   - settings: what topics require.
  ///   - source: where documents come from; `nil` for the folder that the settings name.
  ///   - former: what was read before: what is still the same is not compiled again.
  ///   - compatibility: says why a version does not go together with those before it.
  /// - Throws: every mistake, in the order of files and topics.
  ///
  /// Cost: milliseconds a schema.
  init(
    _ settings: NodeSettings,
    from source: (any SchemaSource)? = nil,
    keeping former: SchemaRegistry = SchemaRegistry(),
    compatibility: CompatibilityTest = SchemaRegistry.incompatibilities
  ) throws(SchemaRegistryMistakes) {
    guard let source = source ?? settings.schemas.directory.map({ SchemaFolder($0) }) else { return }
    var work = SchemaRegistryWork(source.read(), settings, under: source.name)
    if !work.documents.isVanished {
      work.compile(keeping: former.isAlike(work.documents, settings) ? former.compiled : [:], former.documents)
      work.judge(compatibility) { topic, versions in
        former.modes[topic.name] == topic.schema.compatibility && former.versions[topic.name] == versions
      }
      work.choose()
      work.annotate()
    }
    guard work.mistakes.isEmpty else {
      throw SchemaRegistryMistakes(
        all: Array(work.mistakes.prefix(SchemaRegistryMistakes.countMax)),
        warnings: work.warnings
      )
    }
    (topics, warnings, compiled) = (work.topics, work.warnings, work.compiled)
    annotated = work.annotated
    (documents, versions, formats) = (work.documents, work.versions, settings.schemas.formats)
    modes = Dictionary(settings.topics.map { ($0.name, $0.schema.compatibility) }) { first, _ in first }
  }

  /// Whether what was compiled here would be compiled alike there, as far as its own document is the same.
  private func isAlike(_ other: SchemaDocuments, _ settings: NodeSettings) -> Bool {
    formats == settings.schemas.formats && documents.shared == other.shared
  }

  /// What the schemas of a topic say of fields, version by version, of those that are taken.
  ///
  /// Cost: milliseconds a schema.
  func schemaFields(of topic: String) -> [SchemaFields] {
    let taken = topics[topic]?.versions.map(\.number) ?? []
    var library = SchemaLibrary()
    for document in documents.shared {
      if let text = document.text { library.offer(text, uri: document.uri, file: document.file) }
    }
    return (versions[topic] ?? []).compactMap { version in
      guard taken.contains(version.number), let text = version.document.text else { return nil }
      var own = library
      own.offer(text, uri: version.document.uri, file: version.document.file)
      return SchemaFields(of: version.document.uri, in: own)
    }
  }

  /// The versions that there are of a topic, in order.
  func numbers(of topic: String) -> [UInt32] { (versions[topic] ?? []).map(\.number) }
  /// How many versions there are of all topics.
  var count: Int { documents.versions.count }
  /// The files whose contents differ from those of an earlier reading, apart from those that came or went.
  func changedFiles(since former: SchemaRegistry) -> [String] {
    let before = former.documents.versions.map(\.document) + former.documents.shared
    let texts = Dictionary(before.map { ($0.uri, $0.text) }) { first, _ in first }
    let present = documents.versions.map(\.document) + documents.shared
    return present.filter { texts[$0.uri].map { [text = $0.text] in $0 != text } ?? false }.map(\.file)
  }
}

/// The way from documents to what a shard is told.
private struct SchemaRegistryWork {
  let documents: SchemaDocuments
  private let settings: NodeSettings
  private let name: String
  /// In the order of their numbers.
  let versions: [String: [SchemaDocuments.Version]]
  private(set) var topics: [String: TopicSchemas] = [:]
  private(set) var compiled: [String: Schema] = [:]
  private(set) var annotated: [String: [RedactionPlanning.Annotated]] = [:]
  private(set) var mistakes: [String]
  private(set) var warnings: [String]
  /// Topics that have a schema in the settings.
  private let wanted: [TopicSettings]

  init(_ documents: SchemaDocuments, _ settings: NodeSettings, under name: String) {
    (self.documents, self.settings, self.name) = (documents, settings, name)
    (mistakes, warnings) = (documents.mistakes, documents.warnings)
    versions = Dictionary(grouping: documents.versions, by: \.topic)
    wanted = settings.topics.filter(\.schema.isOn)
    let (used, known) = (Set(wanted.map(\.name)), Set(settings.topics.map(\.name)))
    for topic in documents.topics where !used.contains(topic) {
      if known.contains(topic) {
        warnings.append("\(name)/\(topic) is not used: topic '\(topic)' has no 'schema' in the settings")
      } else {
        let near = nearest(to: topic, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
        warnings.append("\(name)/\(topic) is not used: the settings have no topic '\(topic)'\(near)")
      }
    }
  }

  private mutating func note(_ mistake: String) {
    // What schemas share is compiled with each of them, and is wrong once.
    guard mistakes.count < SchemaRegistryMistakes.countMax else { return }
    if !mistakes.contains(mistake) { mistakes.append(mistake) }
  }

  // MARK: Compiling

  /// Compiles every version of the topics that want one, used or not: what is wrong is known before it is needed.
  mutating func compile(keeping known: [String: Schema], _ former: SchemaDocuments) {
    let library = sharedLibrary()
    let texts = Dictionary(former.versions.map { ($0.document.uri, $0.document.text) }) { first, _ in first }
    var options = SchemaOptions()
    options.assertsFormats = settings.schemas.formats == .assert
    for topic in wanted {
      for version in versions[topic.name] ?? [] {
        let document = version.document
        guard let text = document.text else { continue }
        if let schema = known[document.uri], texts[document.uri] == text {
          compiled[document.uri] = schema
          continue
        }
        // Versions of one schema have the same `$id` more often than not, so none sees the others.
        var own = library
        do throws(SchemaMistake) {
          try own.add(text, uri: document.uri, file: document.file)
          compiled[document.uri] = try Schema(document.uri, in: own, options: options)
        } catch { note("\(error)") }
      }
    }
  }

  /// What all schemas may refer to.
  private mutating func sharedLibrary() -> SchemaLibrary {
    var library = SchemaLibrary()
    var owners: [String: String] = [:]
    for document in documents.shared {
      guard let text = document.text else { continue }
      do throws(SchemaMistake) { try library.add(text, uri: document.uri, file: document.file) } catch {
        note("\(error)")
        // Whoever refers to it is told why it is no use, instead of that there is none.
        library.offer(text, uri: document.uri, file: document.file)
        continue
      }
      guard let id = absoluteID(text) else { continue }
      if let owner = owners[id.uri] {
        let position = TextPosition(of: id.offset, in: text)
        note("\(document.file):\(position.line):\(position.column): /$id: \(owner) has this URI already")
      }
      owners[id.uri] = document.file
    }
    return library
  }
  /// The URI that a document gives itself, if that does not depend on where it lies.
  private func absoluteID(_ text: [UInt8]) -> (uri: String, offset: Int)? {
    do throws(JSONFault) {
      let value = try JSONValue(text).object?["$id"]
      return value.flatMap { id in id.string.flatMap { $0.contains(":") ? ($0, id.offset) : nil } }
    } catch { return nil }
  }

  // MARK: Compatibility

  /// Holds each version against those before it, unless that was done.
  mutating func judge(
    _ compatibility: CompatibilityTest,
    isDone: (TopicSettings, [SchemaDocuments.Version]) -> Bool
  ) {
    for topic in wanted where topic.schema.compatibility != .none && !isDone(topic, versions[topic.name] ?? []) {
      var before: [(name: String, schema: JSONValue)] = []
      for version in versions[topic.name] ?? [] where compiled[version.document.uri] != nil {
        guard let text = version.document.text, let schema = tree(text) else { continue }
        if !before.isEmpty {
          for reason in compatibility(schema, before, topic.schema.compatibility) {
            note("\(version.document.file): not \(topic.schema.compatibility.rawValue) compatible: \(reason)")
          }
        }
        before.append((name: "\(version.number)", schema: schema))
      }
    }
  }
  private func tree(_ text: [UInt8]) -> JSONValue? {
    var limits = JSONLimits()
    limits.depthMax = 256
    do throws(JSONFault) { return try JSONValue(text, limits: limits) } catch { return nil }
  }

  // MARK: Choosing

  /// Puts together what shards are told of each topic.
  mutating func choose() {
    for topic in wanted {
      let present = versions[topic.name] ?? []
      let schema = topic.schema
      guard let highest = present.last?.number else {
        let example = "\(name)/\(topic.name)/1.json"
        note("\(name)/\(topic.name): topic '\(topic.name)' requires a version, and there is none; expected \(example)")
        continue
      }
      let required = if case .version(let number) = schema.required { UInt32(number) } else { highest }
      require(required, of: topic, "requires", present)
      var taken: Set = [required]
      switch schema.accepted {
      case .none: break
      case .all: taken.formUnion(present.map(\.number).filter { $0 < required })
      case .versions(let numbers):
        for number in numbers { require(UInt32(number), of: topic, "accepts", present) }
        taken.formUnion(numbers.map { UInt32($0) })
      }
      if let shadow = schema.shadow.map({ UInt32($0) }) {
        require(shadow, of: topic, "tries", present)
        if taken.contains(shadow) {
          note("\(name)/\(topic.name): version \(shadow) is tried in the shadow and is accepted already")
        }
      }
      checkIDs(of: topic, present.filter { taken.contains($0.number) }, required)
      let versions = present.filter { taken.contains($0.number) }.compactMap(version)
      guard let place = versions.firstIndex(where: { $0.number == required }) else { continue }
      var chosen = TopicSchemas(versions: versions, required: place)
      chosen.naming = schema.versionSource.naming
      chosen.consequence = schema.invalid == .quarantine ? .quarantine : .refuse
      chosen.qualityFields = topic.qualityFields
      chosen.qualityTime = topic.qualityTime
      if let number = schema.shadow, let tried = present.first(where: { $0.number == number }).flatMap(version) {
        chosen.shadow = TopicSchemas.Shadow(version: tried, share: UInt32(schema.shadowShare))
      }
      topics[topic.name] = chosen
    }
  }

  // MARK: Annotations

  /// Gathers what schemas say of fields that are personal: those of all versions that are taken.
  mutating func annotate() {
    let library = sharedLibrary()
    for topic in wanted {
      let taken = topics[topic.name]?.versions.map(\.number) ?? []
      var fields: [RedactionPlanning.Annotated] = []
      for version in versions[topic.name] ?? [] where taken.contains(version.number) {
        for field in personalFields(of: version.document, library) where !fields.contains(field) {
          fields.append(field)
        }
      }
      if !fields.isEmpty { annotated[topic.name] = fields }
    }
  }
  /// The fields that a schema says are personal; one that is not walked to its end is a mistake, since it might say
  /// more.
  private mutating func personalFields(of document: SchemaDocuments.Document, _ library: SchemaLibrary)
    -> [RedactionPlanning.Annotated]
  {
    guard let text = document.text else { return [] }
    let mentions = ([text] + documents.shared.compactMap(\.text)).contains { PersonalFields.isMentioned(in: $0) }
    guard mentions else { return [] }
    var own = library
    do throws(SchemaMistake) { try own.add(text, uri: document.uri, file: document.file) } catch { return [] }
    let found = PersonalFields(SchemaFields(of: document.uri, in: own))
    for mistake in found.mistakes { note(mistake) }
    return found.fields
  }

  private func version(_ version: SchemaDocuments.Version) -> TopicSchemas.Version? {
    compiled[version.document.uri].map {
      TopicSchemas.Version(number: version.number, wireID: version.wireID, schema: $0)
    }
  }

  private mutating func require(
    _ number: UInt32,
    of topic: TopicSettings,
    _ verb: String,
    _ present: [SchemaDocuments.Version]
  ) {
    guard !present.contains(where: { $0.number == number }) else { return }
    let there = present.map { "\($0.number)" }.joined(separator: ", ")
    note(
      "\(name)/\(topic.name): topic '\(topic.name)' \(verb) version \(number), which is not there; there are \(there)"
    )
  }

  /// A version without an id can't be named where ids name versions, and one id names one version.
  private mutating func checkIDs(of topic: TopicSettings, _ taken: [SchemaDocuments.Version], _ required: UInt32) {
    guard topic.schema.versionSource == .wire else { return }
    let nameless = taken.filter { $0.wireID == nil }.map { "\($0.number)" }
    guard !nameless.isEmpty else { return }
    let file = "\(name)/\(SchemaIDs.fileName)"
    if nameless.count == taken.count {
      note("\(file): topic '\(topic.name)' has 'version_from: wire', and none of its versions has an id")
    } else {
      let numbers = nameless.joined(separator: ", ")
      warnings.append("\(file) gives no id to version \(numbers) of topic '\(topic.name)', so no event can name it")
    }
  }
}

extension TopicSchemaSettings.VersionSource {
  /// The same as the line knows it.
  fileprivate var naming: TopicSchemas.Naming {
    switch self {
    case .attribute: .attribute
    case .wire: .wireFormat
    case .member(let name): .member(name)
    }
  }
}

extension TopicSchemas {
  /// What holds, in a line: `2, accepts 1, tries 3 on 1%`.
  var summary: String {
    var text = "\(versions[required].number)"
    let others = versions.indices.filter { $0 != required }.map { "\(versions[$0].number)" }
    if !others.isEmpty { text += ", accepts \(others.joined(separator: ", "))" }
    if let shadow { text += ", tries \(shadow.version.number) on \(Double(shadow.share) / 100)%" }
    return text
  }
}
