internal import Formats

/// What is said about members that ask for others.
extension SchemaComparison {
  /// `dependentRequired`, `dependentSchemas`, and `dependencies`, which was both.
  mutating func dependencyDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    var found: [SchemaDifference] = []
    for keyword in ["dependentRequired", "dependencies"] {
      for (name, place) in reader.map(keyword) {
        guard let asked = place.value.array?.compactMap(\.string) else { continue }
        found += listDifferences(place, name, asked, writing)
      }
    }
    for keyword in ["dependentSchemas", "dependencies"] {
      for (name, site) in reader.map(keyword) where site.value.array == nil {
        found += try schemaDifferences(site, name, writing)
      }
    }
    return found
  }

  private func listDifferences(_ place: SchemaSite, _ name: String, _ asked: [String], _ writing: SchemaWriting)
    -> [SchemaDifference]
  {
    let lists = ["dependentRequired", "dependencies"].flatMap { keyword in
      writing.sites.compactMap { $0[keyword]?.object?[name]?.array?.compactMap(\.string) }
    }
    let known = Set(lists.joined().map { JSONName($0) }).union(writing.required)
    guard asked.contains(where: { !known.contains(JSONName($0)) }) else { return [] }
    let wanted = Set(asked.map { JSONName($0) })
    let isExtended = lists.contains { list in list.allSatisfy { wanted.contains(JSONName($0)) } }
    let kind: Incompatibility.Kind =
      lists.isEmpty ? .dependencyArrayAdded : isExtended ? .dependencyArrayExtended : .dependencyArrayChanged
    let detail = "where '\(name)' is, \(place.document.name) asks for members that \(writing.name) does not ask for"
    return [SchemaDifference(path: place.pointer, kind: kind, detail: detail)]
  }

  private mutating func schemaDifferences(_ site: SchemaSite, _ name: String, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    let known = ["dependentSchemas", "dependencies"].flatMap { keyword in
      writing.sites.flatMap { $0.map(keyword) }.filter { $0.name == name && $0.site.value.array == nil }.map(\.site)
    }
    let among = try compare(site, known.reduce(writing) { $0.and($1) })
    guard known.isEmpty, let first = among.first else { return among }
    let detail = "where '\(name)' is, \(site.document.name) asks for more: \(first.detail)"
    return [SchemaDifference(path: site.pointer, kind: .dependencySchemaAdded, detail: detail)]
  }
}
