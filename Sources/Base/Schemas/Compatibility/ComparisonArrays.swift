internal import Formats

/// What is said about elements of arrays.
extension SchemaComparison {
  /// Everything about them.
  mutating func arrayDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp) -> [SchemaDifference] {
    let model = ItemModel(of: reader, writtenWith: nil)
    let items = writing.items
    var found = try firstDifferences(model, writing, items)
    found += try removedDifferences(reader, model, writing, items)
    found += try restDifferences(model, writing, items)
    let kinds = (
      Incompatibility.Kind.maxItemsAdded, Incompatibility.Kind.maxItemsDecreased,
      Incompatibility.Kind.minItemsAdded, Incompatibility.Kind.minItemsIncreased
    )
    found += countDifferences(reader, "Items", kinds, writing)
    if reader["uniqueItems"]?.bool == true, !writing.sites.contains(where: { $0["uniqueItems"]?.bool == true }) {
      let detail = "elements must differ in \(reader.document.name), but may be equal in \(writing.name)"
      found.append(difference(reader, "uniqueItems", .uniqueItemsAdded, detail))
    }
    return found + (try containsDifferences(reader, writing))
  }

  /// Elements that the reader has a schema for by place.
  private mutating func firstDifferences(_ model: ItemModel, _ writing: SchemaWriting, _ items: [ItemModel])
    throws(GaveUp) -> [SchemaDifference]
  {
    var found: [SchemaDifference] = []
    for (index, site) in model.first.enumerated() {
      let covering = Covering(ofElement: index, in: items)
      if covering.isClosed { continue }
      if covering.isNamed {
        found += try compare(site, covering.writing)
      } else if covering.isOpen || items.contains(where: \.isList) {
        // Registries take a list for open where it becomes a tuple, whatever its elements are.
        if try takesAnything(site) { continue }
        let detail = "element \(index) has a schema of its own in \(site.document.name), but none in \(writing.name)"
        found.append(SchemaDifference(path: site.pointer, kind: .itemAddedToOpenContentModel, detail: detail))
      } else if let first = try compare(site, covering.writing).first {
        let detail = "element \(index) can be more by the additional items of \(writing.name): \(first.detail)"
        found.append(SchemaDifference(path: site.pointer, kind: .itemAddedNotCovered, detail: detail))
      }
    }
    return found
  }

  /// Elements that the writer has a schema for by place, and the reader none.
  private mutating func removedDifferences(
    _ reader: SchemaSite,
    _ model: ItemModel,
    _ writing: SchemaWriting,
    _ items: [ItemModel]
  ) throws(GaveUp) -> [SchemaDifference] {
    guard let rest = model.rest else { return [] }
    let count = items.map(\.first.count).max() ?? 0
    var found: [SchemaDifference] = []
    for index in model.first.count..<max(count, model.first.count) {
      let covering = Covering(ofElement: index, in: items)
      guard let first = try compare(rest, covering.writing).first else { continue }
      let kind: Incompatibility.Kind = rest.isNever ? .itemRemovedFromClosedContentModel : .itemRemovedNotCovered
      let detail =
        rest.isNever
        ? "element \(index) of \(writing.name) can't be there in \(reader.document.name)"
        : "element \(index) of \(writing.name) can be more than \(reader.document.name) takes: \(first.detail)"
      found.append(SchemaDifference(path: "\(rest.pointer)", kind: kind, detail: detail))
    }
    return found
  }

  /// The elements that follow.
  private mutating func restDifferences(_ model: ItemModel, _ writing: SchemaWriting, _ items: [ItemModel])
    throws(GaveUp) -> [SchemaDifference]
  {
    guard let site = model.rest else { return [] }
    let rest = Covering(items.compactMap(\.rest), isNamed: false)
    if rest.isClosed { return [] }
    let among = try compare(site, rest.writing)
    guard let first = among.first else { return [] }
    if site.isNever {
      let detail = "\(site.document.name) takes no further elements, which \(writing.name) lets be there"
      return [SchemaDifference(path: site.pointer, kind: .additionalItemsRemoved, detail: detail)]
    }
    guard rest.isOpen else { return among }
    let detail = "elements can be anything in \(writing.name): \(first.detail)"
    return [
      SchemaDifference(path: site.pointer, kind: model.isList ? .schemaAdded : .additionalItemsNarrowed, detail: detail)
    ]
  }

  /// `contains` with its bounds.
  private mutating func containsDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    guard let site = reader.child("contains") else { return [] }
    let one = ExactDecimal("1")
    let least = reader.number("minContains") ?? one
    let most = reader.number("maxContains")
    var isKnown = false
    for part in writing.sites {
      guard let other = part.child("contains") else { continue }
      isKnown = true
      // At least as many match a wider schema, at most as many a narrower one.
      let hasEnough = (part.number("minContains") ?? one).compared(to: least) >= 0
      if least != ExactDecimal("0") {
        guard hasEnough, try takes(site, SchemaWriting(other)) else { continue }
      }
      guard let most else { return [] }
      if let limit = part.number("maxContains"), limit.compared(to: most) <= 0,
        try takes(other, SchemaWriting(site))
      {
        return []
      }
    }
    if least == ExactDecimal("0"), most == nil { return [] }
    let detail = "\(reader.document.name) counts elements of a kind, which \(writing.name) does not do so"
    return [difference(reader, "contains", isKnown ? .containsChanged : .containsAdded, detail)]
  }
}
