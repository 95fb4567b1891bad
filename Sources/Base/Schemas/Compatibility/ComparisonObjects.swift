internal import Formats

/// What is said about members of objects.
extension SchemaComparison {
  /// Everything about them.
  mutating func objectDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> [SchemaDifference] {
    let model = ContentModel(of: reader, writtenWith: nil)
    let members = writing.members
    var found = requiredDifferences(reader, model, writing, members)
    found += try addedDifferences(model, writing, members)
    found += try removedDifferences(reader, model, writing, members)
    found += try patternDifferences(model, writing, members)
    found += try restDifferences(model, writing, members)
    found += try nameDifferences(reader, writing, members)
    let kinds = (
      Incompatibility.Kind.maxPropertiesAdded, Incompatibility.Kind.maxPropertiesDecreased,
      Incompatibility.Kind.minPropertiesAdded, Incompatibility.Kind.minPropertiesIncreased
    )
    found += countDifferences(reader, "Properties", kinds, writing)
    return found + (try dependencyDifferences(reader, writing))
  }

  /// `required`: what has a default is filled in by whoever reads.
  private func requiredDifferences(
    _ reader: SchemaSite,
    _ model: ContentModel,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    let known = writing.required
    for place in reader.list("required") {
      guard let name = place.value.string, !known.contains(JSONName(name)) else { continue }
      let property = model.property(name)
      let parts = property.map { $0.document.conjuncts(of: $0) } ?? []
      if ([property].compactMap { $0 } + parts).contains(where: { $0["default"] != nil }) { continue }
      let covering = Covering(ofMember: name, in: members, test)
      let isUnopen = !covering.isNamed && !covering.isOpen
      let kind = isUnopen ? Incompatibility.Kind.requiredPropertyAddedToUnopenContentModel : .requiredAttributeAdded
      let detail = "'\(name)' must be there in \(reader.document.name), but need not in \(writing.name)"
      found.append(SchemaDifference(path: place.pointer, kind: kind, detail: detail))
    }
    return found
  }

  /// Members that the reader has a schema for.
  private mutating func addedDifferences(
    _ model: ContentModel,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) throws(GaveUp) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    for (name, site) in model.properties {
      let covering = Covering(ofMember: name, in: members, test)
      if covering.isClosed { continue }
      if covering.isNamed {
        found += try compare(site, covering.writing)
      } else if covering.isOpen {
        if try takesAnything(site) { continue }
        let detail = "'\(name)' has a schema in \(site.document.name), but can be anything in \(writing.name)"
        found.append(SchemaDifference(path: site.pointer, kind: .propertyAddedToOpenContentModel, detail: detail))
      } else if let first = try compare(site, covering.writing).first {
        let detail =
          "'\(name)' can be more by the patterns and additional properties of \(writing.name): \(first.detail)"
        found.append(SchemaDifference(path: site.pointer, kind: .propertyAddedNotCovered, detail: detail))
      }
    }
    return found
  }

  /// Members that the writer has a schema for by name, and the reader none.
  private mutating func removedDifferences(
    _ reader: SchemaSite,
    _ model: ContentModel,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) throws(GaveUp) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    for name in members.names where model.property(name) == nil {
      let covering = Covering(ofMember: name, in: members, test)
      // Where nobody can say whether a pattern matches, it and the rest both count.
      var schemas = model.patterns.filter { test($0.name, name) != false }.map(\.site)
      if let rest = model.rest, model.hasInRest(name, test) != false { schemas.append(rest) }
      for site in schemas {
        guard let first = try compare(site, covering.writing).first else { continue }
        let place = reader.below("properties", JSONValue(.null)).below(name, JSONValue(.null)).pointer
        let isClosed = site.isNever
        let detail =
          isClosed
          ? "'\(name)' of \(writing.name) can't be there in \(reader.document.name)"
          : "'\(name)' of \(writing.name) can be more than \(reader.document.name) takes: \(first.detail)"
        let kind: Incompatibility.Kind =
          isClosed ? .propertyRemovedFromClosedContentModel : .propertyRemovedNotCovered
        found.append(SchemaDifference(path: place, kind: kind, detail: detail))
        break
      }
    }
    return found
  }

  /// Members that the reader has a schema for by pattern.
  private mutating func patternDifferences(
    _ model: ContentModel,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) throws(GaveUp) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    for (pattern, site) in model.patterns {
      for name in members.names where model.property(name) != nil && test(pattern, name) != false {
        found += try compare(site, Covering(ofMember: name, in: members, test).writing)
      }
      let same = members.patterns.filter { $0.name == pattern }.map(\.site)
      if !same.isEmpty {
        found += try compare(site, Covering(same, isNamed: false).writing)
        continue
      }
      for other in members.patterns {
        guard let first = try compare(site, SchemaWriting(other.site)).first else { continue }
        let detail = "what matches '\(other.name)' in \(writing.name) can match '\(pattern)' too: \(first.detail)"
        found.append(SchemaDifference(path: site.pointer, kind: .propertyAddedNotCovered, detail: detail))
      }
      let rest = members.rest
      guard !rest.isClosed, let first = try compare(site, rest.writing).first else { continue }
      let kind: Incompatibility.Kind = rest.isOpen ? .propertyAddedToOpenContentModel : .propertyAddedNotCovered
      let detail = "what matches '\(pattern)' can be more in \(writing.name): \(first.detail)"
      found.append(SchemaDifference(path: site.pointer, kind: kind, detail: detail))
    }
    return found
  }

  /// Members that have neither a name nor a pattern.
  private mutating func restDifferences(
    _ model: ContentModel,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) throws(GaveUp) -> [SchemaDifference] {
    guard let site = model.rest else { return [] }
    let own = Set(model.patterns.map { JSONName($0.name) })
    let others = members.patterns.filter { !own.contains(JSONName($0.name)) }
    let rest = members.rest
    var among: [SchemaDifference] = []
    if !rest.isClosed { among += try compare(site, rest.writing) }
    for other in others { among += try compare(site, SchemaWriting(other.site)) }
    guard let first = among.first else { return [] }
    if site.isNever {
      let detail = "\(site.document.name) takes no other members, which \(writing.name) lets be there"
      return [SchemaDifference(path: site.pointer, kind: .additionalPropertiesRemoved, detail: detail)]
    }
    guard rest.isOpen else { return among }
    let detail = "other members can be more in \(writing.name): \(first.detail)"
    return [SchemaDifference(path: site.pointer, kind: .additionalPropertiesNarrowed, detail: detail)]
  }

  /// `propertyNames`.
  private mutating func nameDifferences(
    _ reader: SchemaSite,
    _ writing: SchemaWriting,
    _ members: WrittenMembers
  ) throws(GaveUp) -> [SchemaDifference] {
    guard let site = reader.child("propertyNames") else { return [] }
    let known = writing.sites.compactMap { $0.child("propertyNames") }
    let string = site.saying("type", JSONValue(.string("string")), "name")
    let names = SchemaWriting([string] + known.flatMap { $0.document.conjuncts(of: $0) })
    let among = try compare(site, names)
    guard let first = among.first, !accepts(site, anyName: true, "") else { return [] }
    if members.isClosed, members.names.allSatisfy({ accepts(site, anyName: false, $0) }) { return [] }
    guard known.isEmpty else { return among }
    let detail = "\(reader.document.name) says how members may be called: \(first.detail)"
    return [SchemaDifference(path: site.pointer, kind: .schemaAdded, detail: detail)]
  }
  /// Whether a schema surely accepts a name, or any name at all.
  private func accepts(_ site: SchemaSite, anyName: Bool, _ name: String) -> Bool {
    site.document.conjuncts(of: site).allSatisfy { part in
      if let value = part.value.bool { return value }
      for keyword in part.value.object?.names ?? [] {
        switch keyword {
        case "title", "description", "$comment", "examples": continue
        case "type": if part.types.contains(.string) { continue }
        case "pattern":
          let pattern = part["pattern"]?.string ?? ""
          // What matches the empty text wherever it stands matches within every text.
          let isFree = !pattern.contains { "^$\\(".contains($0) }
          if !anyName || isFree, test(pattern, anyName ? "" : name) == true { continue }
        case "minLength", "maxLength":
          let length = ExactDecimal(String(name.unicodeScalars.count))
          let order = part.number(keyword).map { length.compared(to: $0) } ?? 0
          if !anyName, keyword == "minLength" ? order >= 0 : order <= 0 { continue }
        case "enum", "const":
          if !anyName, part.values?.contains(where: { $0.isSame(as: JSONValue(.string(name))) }) == true { continue }
        default: break
        }
        return false
      }
      return true
    }
  }
}
