internal import Formats

/// One thing that a reader refuses and a writer may have written.
struct SchemaDifference {
  /// Where, as a JSON Pointer into the reader.
  let path: String
  let kind: Incompatibility.Kind
  let detail: String
}

/// Compares a schema that reads with the schemas that events were written with.
///
/// What it lets pass is sure, the registries' rules on defaults aside: each step shows of one schema of the reader that
/// it takes whatever holds for all of the writer's. Alternatives make that exponential, so the work is counted.
/// References make schemas endless: a pair that is met while it is being compared is taken to be right, which it is if
/// nothing else speaks against it.
struct SchemaComparison {
  /// The work was more than was allowed.
  struct GaveUp: Error {}

  let test: PatternTest
  private var comparisonsLeft: Int
  private var depth = 0
  /// What is being compared, by how deep it stands.
  private var underWay: [String: Int] = [:]
  /// What was compared before, unless it rests on what is still being compared.
  private var known: [String: [SchemaDifference]] = [:]
  /// How deep the outermost pair stands that was taken to be right.
  private var assumed = Int.max

  /// Pairs may stand in one another so deep: the stack has room for more.
  private static let depthMax = 300

  init(comparisonsMax: Int, test: @escaping PatternTest) {
    comparisonsLeft = comparisonsMax
    self.test = test
  }

  /// Everything that keeps a schema from reading what another one lets be written.
  mutating func differences(_ reader: SchemaDocument, from writer: SchemaDocument) throws(GaveUp) -> [SchemaDifference]
  {
    if let found = wholeBooleans(reader.root, writer.root) { return found }
    return unique(try compare(reader.root, SchemaWriting(writer.root)))
  }

  /// Registries take a whole schema `true` for that of any object, and `false` for one that goes with booleans only.
  ///
  /// Within schemas both are what the standard says.
  private func wholeBooleans(_ reader: SchemaSite, _ writer: SchemaSite) -> [SchemaDifference]? {
    let difference = { (text: String) in [SchemaDifference(path: "#", kind: .typeChanged, detail: text)] }
    switch (reader.value.bool, writer.value.bool) {
    case (true?, _?), (false?, false?): return []
    case (false?, _): return difference("\(reader.document.name) takes nothing at all")
    case (true?, nil):
      let isEmpty = writer.value.object?.members.isEmpty == true
      let types = SchemaWriting(writer).types
      if isEmpty || types == .object { return [] }
      return difference("'true' as a whole schema stands for objects; \(writer.document.name) has \(types.text)")
    case (nil, false?):
      return difference("\(writer.document.name) is 'false' as a whole, which goes with no other schema")
    case (nil, true?), (nil, nil): return nil
    }
  }

  /// What a schema refuses of what was written.
  mutating func compare(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> [SchemaDifference] {
    let pair = "\(reader.document.number)\(reader.identity)\n\(writing.identity)"
    if let found = known[pair] { return found }
    if let place = underWay[pair] {
      assumed = min(assumed, place)
      return []
    }
    comparisonsLeft -= 1
    guard comparisonsLeft >= 0, depth < SchemaComparison.depthMax else { throw GaveUp() }
    (underWay[pair], depth) = (depth, depth + 1)
    defer {
      depth -= 1
      underWay[pair] = nil
    }
    let outer = assumed
    assumed = .max
    var found: [SchemaDifference] = []
    if !writing.isNever {
      for part in reader.document.conjuncts(of: reader) { found += try compare(part: part, writing) }
    }
    // What was assumed can only have hidden differences, so those that were found are sure.
    if !found.isEmpty || assumed >= depth - 1 { known[pair] = unique(found) }
    assumed = min(outer, assumed >= depth - 1 ? .max : assumed)
    return found
  }
  /// Whether a schema takes everything that was written.
  mutating func takes(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> Bool {
    try compare(reader, writing).isEmpty
  }
  /// Whether a schema takes everything.
  mutating func takesAnything(_ reader: SchemaSite) throws(GaveUp) -> Bool { try takes(reader, SchemaWriting([])) }

  /// One of the schemas that the reader has at one place.
  private mutating func compare(part: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> [SchemaDifference] {
    if part.value.bool == true { return [] }
    if part.isNever {
      return [
        SchemaDifference(path: part.pointer, kind: .typeChanged, detail: "\(part.document.name) takes nothing here")
      ]
    }
    var found = try compare(base: part.without(["oneOf", "anyOf"]), writing)
    for keyword in ["oneOf", "anyOf"] where part[keyword] != nil {
      found += try alternativeDifferences(part, keyword, writing)
    }
    if found.isEmpty { return [] }
    return isSame(part, in: writing) ? [] : found
  }

  /// Whether the writer says the same in the same words: that is the same also where it can't be shown piece by piece.
  private func isSame(_ part: SchemaSite, in writing: SchemaWriting) -> Bool {
    if !part.whole.hasReferences, writing.sites.contains(where: { $0.whole.isSame(as: part.whole) }) { return true }
    // What is unevaluated depends on all that stands beside it.
    if part["unevaluatedProperties"] != nil || part["unevaluatedItems"] != nil { return false }
    return !part.value.hasReferences && writing.sites.contains { $0.value.isSame(as: part.value) }
  }

  /// What a schema says besides its alternatives.
  private mutating func compare(base: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> [SchemaDifference] {
    let found = try baseDifferences(base, writing)
    guard !found.isEmpty else { return [] }
    // It may be that each of the writer's alternatives is taken, though that can't be said of what they share.
    var best = found
    for group in writing.groups {
      let site = writing.sites[group.index]
      var among: [SchemaDifference] = []
      for branch in site.list(group.keyword) {
        let narrower = writing.replacing(
          group.index,
          by: site.without([group.keyword]),
          adding: branch.document.conjuncts(of: branch)
        )
        guard !narrower.isNever else { continue }
        comparisonsLeft -= 1
        guard comparisonsLeft >= 0, depth < SchemaComparison.depthMax else { throw GaveUp() }
        depth += 1
        defer { depth -= 1 }
        among += try compare(base: base, narrower)
      }
      if among.isEmpty { return [] }
      if best.count == found.count { best = among }
    }
    return best
  }

  private mutating func baseDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    let types = writing.types
    let common = types.intersection(reader.types)
    if common.isEmpty, !types.isEmpty {
      return [
        difference(
          reader,
          "type",
          .typeChanged,
          "\(reader.document.name) reads \(reader.types.text), while \(writing.name) has \(types.text)"
        )
      ]
    }
    var found: [SchemaDifference] = []
    if common != types {
      found.append(
        difference(
          reader,
          "type",
          .typeNarrowed,
          "\(reader.document.name) reads \(reader.types.text), while \(writing.name) has \(types.text)"
        )
      )
    }
    found += valueDifferences(reader, writing)
    if !types.isDisjoint(with: .number) { found += numberDifferences(reader, writing) }
    if types.contains(.string) { found += stringDifferences(reader, writing) }
    if types.contains(.array) { found += try arrayDifferences(reader, writing) }
    if types.contains(.object) { found += try objectDifferences(reader, writing) }
    found += try negationDifferences(reader, writing)
    found += try conditionDifferences(reader, writing)
    for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
      // What is left of references could not be followed.
      guard let target = reader[keyword]?.string, !writing.texts(keyword).contains(target) else { continue }
      found.append(
        difference(
          reader,
          keyword,
          .referenceUnresolved,
          "'\(target)' is not in \(reader.document.name), so what it takes can't be told"
        )
      )
    }
    return found
  }

  /// A difference at a keyword.
  func difference(_ site: SchemaSite, _ keyword: String, _ kind: Incompatibility.Kind, _ detail: String)
    -> SchemaDifference
  {
    SchemaDifference(
      path: site.whole.object?[keyword] == nil ? site.pointer : site.pointer(to: keyword),
      kind: kind,
      detail: detail
    )
  }

  /// Each of them once.
  private func unique(_ differences: [SchemaDifference]) -> [SchemaDifference] {
    var seen: Set<String> = []
    return differences.filter { seen.insert("\($0.path) \($0.kind)").inserted }
  }
}
