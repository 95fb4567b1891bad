internal import Bytes
internal import Formats

/// Everything that can be said of a schema before events are held to it.
///
/// A mistake keeps it from being compiled; what is probably not meant, such as a word that is no keyword, is a warning.
public struct SchemaReview: Sendable {
  /// The compiled schema, unless there are mistakes in draft 7 too: its `tapeReason` says which tier checks events.
  public private(set) var schema: Schema?
  /// What keeps it from being compiled.
  public private(set) var mistakes: [SchemaMistake] = []
  /// What is no mistake for sure, in the order of the text; 100 at most.
  public private(set) var warnings: [SchemaMistake] = []

  /// Whether it has mistakes only because, without `$schema`, it is not read as draft 7.
  public private(set) var isOfDraft7 = false

  private var library: SchemaLibrary
  private let nearest: @Sendable (String, [String]) -> String?

  /// Reviews a text.
  ///
  /// - Parameters:
  ///   - text: the schema.
  ///   - file: what mistakes call it.
  ///   - uri: what relative references start from.
  ///   - library: what it may refer to.
  ///   - options: how it is read.
  ///   - fetch: the text that belongs to a URI which the library lacks, if there is one.
  ///   - nearest: the word that may be meant by another one, of those that there are.
  public init(
    _ text: [UInt8],
    file: String,
    uri: String,
    library: SchemaLibrary = SchemaLibrary(),
    options: SchemaOptions = SchemaOptions(),
    fetch: (String) -> [UInt8]? = { _ in nil },
    nearest: @escaping @Sendable (String, [String]) -> String? = { _, _ in nil }
  ) {
    (self.library, self.nearest) = (library, nearest)
    do throws(SchemaMistake) {
      try self.library.add(text, uri: uri, file: file)
      complete(from: self.library.documents.count - 1, fetch)
      guard let root = self.library.root(uri) else { broken("a document that was added is there") }
      schema = try Schema(uri, in: self.library, options: options)
      try look(at: root)
      warnings += MetaSchemaCheck.warnings(of: root, in: self.library)
    } catch {
      schema = ofDraft7(text, uri: uri, options)
      isOfDraft7 = schema != nil
      let hint = "\"$schema\":\"http://json-schema.org/draft-07/schema#\""
      mistakes.append(isOfDraft7 ? error.adding("; it is a schema of draft 7 only: say so with \(hint)") : error)
    }
    warnings.sort { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) }
    warnings = Array(warnings.prefix(Self.warningsMax))
  }
  private static var warningsMax: Int { 100 }
  private static var documentsMax: Int { 1000 }

  /// A text that says nothing of its dialect, compiled in the one that most registries take it for.
  private func ofDraft7(_ text: [UInt8], uri: String, _ options: SchemaOptions) -> Schema? {
    // Its own document is added anew, as another one, so that what it refers to stays known.
    var library = library
    library.standardDialect = .draft7
    do throws(SchemaMistake) {
      try library.add(text, uri: uri, file: "")
      guard let root = library.root(uri), root.value.object?["$schema"] == nil else { return nil }
      return try Schema(uri, in: library, options: options)
    } catch { return nil }
  }

  // MARK: What it refers to

  /// Adds what documents refer to, as far as somebody has it.
  private mutating func complete(from first: Int, _ fetch: (String) -> [UInt8]?) {
    var (document, asked) = (first, Set<String>())
    while document < library.documents.count, library.documents.count < Self.documentsMax {
      for uri in library.outwards(of: document) where asked.insert(uri).inserted {
        if let text = fetch(uri) { library.offer(text, uri: uri, file: uri) }
      }
      document += 1
    }
  }

  // MARK: Words

  /// Looks at every word of a schema and of those within.
  private mutating func look(at outer: SchemaLibrary.Place) throws(SchemaMistake) {
    guard let object = outer.value.object else { return }
    let place = try library.settled(try library.entering(outer))
    for member in object.members { look(at: member, of: object, in: place) }
    for (pointer, value) in SubschemaPlaces.of(object, at: place.pointer) { try look(at: place.with(pointer, value)) }
  }
  private mutating func look(at member: JSONObject.Member, of object: JSONObject, in place: SchemaLibrary.Place) {
    let name = member.name
    switch name {
    case "format":
      guard let format = member.value.string, StringFormat(named: format) == nil else { return }
      let hint = nearest(format, StringFormat.allCases.map(\.name)).map { "; is '\($0)' meant?" } ?? ""
      warn("no format is called '\(format)', so that every text has it\(hint)", at: member, in: place)
    case "then" where object["if"] == nil, "else" where object["if"] == nil:
      warn("it says nothing without 'if'", at: member, in: place)
    case "minContains" where object["contains"] == nil, "maxContains" where object["contains"] == nil:
      warn("it says nothing without 'contains'", at: member, in: place)
    case "additionalItems" where place.dialect == .draft2020:
      warn("it says nothing since 2020-12; see 'items' and 'prefixItems'", at: member, in: place)
    default:
      guard !SchemaWords.all.contains(name), !name.utf8.starts(with: "x-".utf8) else { return }
      let hint = nearest(name, SchemaWords.all.sorted()).map { "; is '\($0)' meant?" } ?? ""
      warn("this is no keyword, so that it says nothing\(hint)", at: member, in: place)
    }
  }
  private mutating func warn(_ reason: String, at member: JSONObject.Member, in place: SchemaLibrary.Place) {
    guard warnings.count < Self.warningsMax else { return }
    warnings.append(library.mistake(reason, at: member.value, in: place, member.name))
  }
}

/// Every word that a schema may use.
enum SchemaWords {
  /// Those that events can fail at, those that lead to others, and those that only say something.
  static let all: Set<String> = Set(Keyword.allCases.filter { $0 != .never }.map(\.name)).union([
    "$schema", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$comment", "$defs",
    "definitions", "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
    "contentEncoding", "contentMediaType", "contentSchema",
  ])
}
