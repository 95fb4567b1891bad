internal import Bytes
internal import Formats

/// The documents that schemas may refer to, each by its URI: no other is ever fetched.
public struct SchemaLibrary: Sendable {
  /// A text and where it came from.
  struct Document: Sendable {
    let uri: String
    let file: String
    let text: [UInt8]
    let root: JSONValue
  }
  /// A schema in a document.
  struct Place: Sendable {
    let document: Int
    let pointer: JSONPointer
    let value: JSONValue
    /// The URI of the resource that it belongs to, without a fragment.
    let base: URIReference
    /// What its keywords mean.
    let meaning: Meaning
    var dialect: Dialect { meaning.dialect }
    var vocabularies: Vocabularies { meaning.vocabularies }

    /// A schema within this one, or the same one seen otherwise.
    func with(_ pointer: JSONPointer, _ value: JSONValue, base: URIReference? = nil, meaning: Meaning? = nil) -> Place {
      Place(
        document: document,
        pointer: pointer,
        value: value,
        base: base ?? self.base,
        meaning: meaning ?? self.meaning
      )
    }
  }
  /// What the keywords of a schema mean.
  struct Meaning: Sendable {
    var dialect = Dialect.draft2020
    var vocabularies = Vocabularies.standard
    /// The meta-schema that says so, where no such document was known when it was asked for.
    var pending: JSONValue?
  }
  private(set) var documents: [Document] = []
  /// What a document without `$schema` is read as.
  var standardDialect = Dialect.draft2020
  /// Resources by their URI.
  private var resources: [String: Place] = [:]
  /// Anchors by the URI that names them.
  private var anchors: [String: Place] = [:]
  /// Those of them that dynamic references look for; the anchor's name is empty for `$recursiveAnchor`.
  private var dynamicAnchors: [String: Place] = [:]
  /// Documents whose meta-schema is not known, and the names under which they were added.
  private var pending: [(document: Int, uri: String)] = []
  /// Documents that were offered and are no schemas: what is wrong with them, by their URI.
  private var unreadable: [String: SchemaMistake] = [:]

  /// One that knows the meta-schemas of 2020-12.
  public init() {
    for (uri, text) in MetaSchemas.all {
      do throws(SchemaMistake) { try add(Array(text.utf8), uri: uri, file: uri) } catch { broken("\(error)") }
    }
  }

  /// Adds a document, whose own `$id` names it too.
  ///
  /// Throws: what makes it no JSON, or no schema that can be indexed.
  public mutating func add(_ text: [UInt8], uri: String, file: String) throws(SchemaMistake) {
    let root: JSONValue
    do throws(JSONFault) { root = try JSONValue(text, limits: Self.limits) } catch {
      let position = TextPosition(of: error.offset, in: text)
      throw SchemaMistake(file: file, position: position, pointer: "", reason: error.reason.text)
    }
    try add(root, text: text, uri: uri, file: file)
  }
  /// Adds a document that may be referred to; what is wrong with it is told when it is.
  public mutating func offer(_ text: [UInt8], uri: String, file: String) {
    var trial = self
    do throws(SchemaMistake) {
      try trial.add(text, uri: uri, file: file)
      self = trial
    } catch { unreadable["\(URIReference(uri).withoutFragment)"] = error }
  }
  /// Adds a document that was read.
  mutating func add(_ root: JSONValue, text: [UInt8], uri: String, file: String) throws(SchemaMistake) {
    documents.append(Document(uri: uri, file: file, text: text, root: root))
    let document = documents.count - 1
    if !(try index(document, under: uri)) { pending.append((document, uri)) }
    // What it is a meta-schema for may be there already.
    var left: [(document: Int, uri: String)] = []
    for (document, uri) in pending where !(try index(document, under: uri)) { left.append((document, uri)) }
    pending = left
  }
  /// Notes what a document holds; false when its meta-schema is not known, so that nobody can tell.
  private mutating func index(_ document: Int, under uri: String) throws(SchemaMistake) -> Bool {
    let place = Place(
      document: document,
      pointer: JSONPointer(),
      value: documents[document].root,
      base: URIReference(uri).withoutFragment,
      meaning: Meaning(dialect: standardDialect, vocabularies: standardDialect.vocabularies)
    )
    let found = try index(place)
    resources["\(place.base)"] = found
    return found.meaning.pending == nil
  }
  static var limits: JSONLimits {
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax) = (256, 1_000_000)
    return limits
  }

  /// Notes every resource and anchor in a schema; returns it as it is seen from within.
  private mutating func index(_ outer: Place) throws(SchemaMistake) -> Place {
    guard let object = outer.value.object else { return outer }
    let place = try entering(outer)
    guard place.meaning.pending == nil else { return place }
    // Before 2019-09 a reference stands alone.
    if place.dialect == .draft7, object["$ref"] != nil { return place }
    if place.base != outer.base || place.pointer.isRoot {
      if let other = resources["\(place.base)"], other.document == place.document, other.pointer != place.pointer {
        let pointer = other.pointer.isRoot ? "the whole" : "\(other.pointer)"
        throw mistake("another schema has this URI: \(pointer)", at: object["$id"] ?? outer.value, in: place, "$id")
      }
      resources["\(place.base)"] = place
    }
    for (keyword, since, isDynamic) in [("$anchor", Dialect.draft2019, false), ("$dynamicAnchor", .draft2020, true)] {
      guard let value = object[keyword], place.dialect >= since else { continue }
      guard let name = value.string, Self.isAnchor(name, place.dialect) else {
        throw mistake("an anchor is a name of letters, digits and `-._`", at: value, in: place, keyword)
      }
      let uri = "\(place.base)#\(name)"
      if let other = anchors[uri], other.pointer != place.pointer || other.document != place.document {
        throw mistake("another schema has this anchor: \(other.pointer)", at: value, in: place, keyword)
      }
      anchors[uri] = place
      if isDynamic { dynamicAnchors[uri] = place }
    }
    if place.dialect == .draft2019, object["$recursiveAnchor"]?.bool == true {
      dynamicAnchors["\(place.base)#"] = place
    }
    if place.dialect == .draft7, let id = object["$id"]?.string, id.hasPrefix("#") {
      anchors["\(place.base)\(id)"] = place
    }
    for (pointer, value) in SubschemaPlaces.of(object, at: place.pointer) {
      _ = try index(place.with(pointer, value))
    }
    return place
  }
  private static func isAnchor(_ name: String, _ dialect: Dialect) -> Bool {
    guard let first = name.utf8.first else { return false }
    let marks = dialect == .draft2019 ? "-_.:" : "-_."
    return ((0x61...0x7A).contains(first | 0x20) || first == UInt8(ascii: "_"))
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || marks.utf8.contains($0)
      }
  }

  /// A schema with the base, dialect and vocabularies that it gives itself.
  func entering(_ outer: Place) throws(SchemaMistake) -> Place {
    guard let object = outer.value.object else { return outer }
    var (base, meaning) = (outer.base, outer.meaning)
    if let value = object["$schema"], object["$id"] != nil || outer.pointer.isRoot {
      guard value.string != nil else { throw mistake("a URI was expected", at: value, in: outer, "$schema") }
      meaning.pending = value
      meaning = try settled(meaning, in: outer)
    }
    if let value = object["$id"], meaning.dialect != .draft7 || object["$ref"] == nil {
      guard let id = value.string else { throw mistake("a URI was expected", at: value, in: outer, "$id") }
      let resolved = base.resolving(URIReference(id))
      if meaning.dialect != .draft7, meaning.pending == nil, let fragment = resolved.fragment, !fragment.isEmpty {
        throw mistake("a schema's URI has no fragment; see $anchor", at: value, in: outer, "$id")
      }
      if !id.hasPrefix("#") { base = resolved.withoutFragment }
    }
    return outer.with(outer.pointer, outer.value, base: base, meaning: meaning)
  }

  /// The same schema with its meta-schema looked up.
  ///
  /// Throws: that there is none.
  func settled(_ place: Place) throws(SchemaMistake) -> Place {
    guard place.meaning.pending != nil else { return place }
    let meaning = try settled(place.meaning, in: place)
    guard let value = meaning.pending else { return place.with(place.pointer, place.value, meaning: meaning) }
    let known = "https://json-schema.org/draft/2020-12/schema"
    throw mistake("no meta-schema is known by this URI; \(known) is", at: value, in: place, "$schema")
  }
  /// What a meta-schema says that its schemas mean, if it is known.
  private func settled(_ meaning: Meaning, in place: Place) throws(SchemaMistake) -> Meaning {
    guard let value = meaning.pending, let uri = value.string else { return meaning }
    let plain = "\(URIReference(uri).withoutFragment)"
    if let dialect = Dialect(metaSchema: plain) { return Meaning(dialect: dialect, vocabularies: dialect.vocabularies) }
    guard let meta = resources[plain] else { return meaning }
    guard let names = meta.value.object?["$vocabulary"]?.object else {
      return Meaning(dialect: meta.dialect, vocabularies: meta.dialect.vocabularies)
    }
    var vocabularies: Vocabularies = []
    for member in names.members {
      if let known = Vocabularies.named(member.name, isRequired: member.value.bool == true) {
        vocabularies.insert(known)
      } else if member.value.bool == true {
        throw mistake("it requires the vocabulary \(member.name), which is not known", at: value, in: place, "$schema")
      }
    }
    return Meaning(dialect: meta.dialect, vocabularies: vocabularies)
  }

  /// What is wrong with a value of a schema.
  func mistake(_ reason: String, at value: JSONValue, in place: Place, _ keyword: String? = nil) -> SchemaMistake {
    let document = documents[place.document]
    return SchemaMistake(
      file: document.file,
      position: TextPosition(of: value.offset, in: document.text),
      pointer: "\(keyword.map { place.pointer.appending($0) } ?? place.pointer)",
      reason: reason
    )
  }

  // MARK: Looking up

  /// The schema that a document is, by its URI.
  func root(_ uri: String) -> Place? { resources["\(URIReference(uri).withoutFragment)"] }

  /// The schema that a reference means; `nil` when there is none.
  ///
  /// Throws: what is wrong with a schema on the way to it.
  func target(of reference: String, in place: Place) throws(SchemaMistake) -> Place? {
    let uri = place.base.resolving(URIReference(reference))
    guard let fragment = uri.decodedFragment else { return nil }
    if let mistake = unreadable["\(uri.withoutFragment)"] { throw mistake }
    if fragment.isEmpty { return resources["\(uri.withoutFragment)"] }
    guard fragment.hasPrefix("/") else { return anchors["\(uri.withoutFragment)#\(fragment)"] }
    guard let pointer = JSONPointer(fragment), let resource = resources["\(uri.withoutFragment)"] else { return nil }
    return try follow(pointer, from: resource)
  }
  /// Every resource that has a dynamic anchor of that name.
  func resources(withDynamicAnchor anchor: String) -> [(uri: String, place: Place)] {
    dynamicAnchors.filter {
      $0.key.hasSuffix("#\(anchor)") && $0.key.dropLast(anchor.utf8.count + 1) == "\($0.value.base)"
    }
    .map { (uri: "\($0.value.base)", place: $0.value) }.sorted { $0.uri < $1.uri }
  }

  /// The URIs of documents that one refers to and that are not there.
  func outwards(of document: Int) -> [String] {
    var found: [String] = []
    var left = resources.values.filter { $0.document == document && $0.pointer.isRoot }.prefix(1).map { $0 }
    while let outer = left.popLast() {
      guard let object = outer.value.object else { continue }
      let place: Place
      // What is wrong with it is told when it is compiled.
      do throws(SchemaMistake) { place = try entering(outer) } catch { continue }
      for keyword in ["$ref", "$dynamicRef", "$schema"] {
        guard let text = object[keyword]?.string else { continue }
        let uri = "\(place.base.resolving(URIReference(text)).withoutFragment)"
        if resources[uri] == nil { found.append(uri) }
      }
      left += SubschemaPlaces.of(object, at: place.pointer).map { place.with($0.pointer, $0.value) }
    }
    return found
  }

  /// Goes along a pointer; schemas on the way may name resources of their own.
  ///
  /// Where no keyword holds a schema, `$id` is data like any other.
  private func follow(_ pointer: JSONPointer, from start: Place) throws(SchemaMistake) -> Place? {
    var (place, role) = (start, SubschemaPlaces.Role.schema)
    for part in pointer.parts {
      let next: JSONValue?
      switch place.value.content {
      case .object(let object): next = object[part]
      case .array(let elements):
        next = Int(part).flatMap { $0 >= 0 && $0 < elements.count && String($0) == part ? elements[$0] : nil }
      default: next = nil
      }
      guard let next else { return nil }
      switch role {
      case .schema: role = SubschemaPlaces.role(of: part, next)
      case .schemas: role = .schema
      case .other: break
      }
      place = place.with(place.pointer.appending(part), next)
      if role == .schema { place = try entering(place) }
    }
    return place
  }
}
