internal import Formats

/// What is said about values that have no parts.
extension SchemaComparison {
  /// `enum` and `const`.
  func valueDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) -> [SchemaDifference] {
    guard let taken = reader.values else { return [] }
    let keyword = reader["enum"] == nil ? "const" : "enum"
    guard let written = writing.values else {
      let detail = "\(reader.document.name) takes certain values only, which \(writing.name) does not"
      return [difference(reader, keyword, .enumArrayNarrowed, detail)]
    }
    let missing = written.count { value in !taken.contains { $0.isSame(as: value) } }
    guard missing > 0 else { return [] }
    let isNarrower = taken.allSatisfy { value in written.contains { $0.isSame(as: value) } }
    let detail = "\(reader.document.name) lacks \(missing) of the \(written.count) values of \(writing.name)"
    return [difference(reader, keyword, isNarrower ? .enumArrayNarrowed : .enumArrayChanged, detail)]
  }

  /// Bounds of numbers and what they are multiples of.
  func numberDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    for (keyword, isExclusive, added, decreased) in [
      ("maximum", false, Incompatibility.Kind.maximumAdded, Incompatibility.Kind.maximumDecreased),
      ("exclusiveMaximum", true, .exclusiveMaximumAdded, .exclusiveMaximumDecreased),
    ] {
      guard let value = reader.number(keyword) else { continue }
      let bound = NumberBound(value: value, isExclusive: isExclusive)
      if let known = writing.upperBound, bound.isAtLeast(known) { continue }
      found.append(bounded(reader, keyword, writing.upperBound == nil ? added : decreased, writing))
    }
    for (keyword, isExclusive, added, increased) in [
      ("minimum", false, Incompatibility.Kind.minimumAdded, Incompatibility.Kind.minimumIncreased),
      ("exclusiveMinimum", true, .exclusiveMinimumAdded, .exclusiveMinimumIncreased),
    ] {
      guard let value = reader.number(keyword) else { continue }
      let bound = NumberBound(value: value, isExclusive: isExclusive)
      if let known = writing.lowerBound, bound.isAtMost(known) { continue }
      found.append(bounded(reader, keyword, writing.lowerBound == nil ? added : increased, writing))
    }
    guard let divisor = reader.number("multipleOf") else { return found }
    let others = writing.sites.compactMap { $0.number("multipleOf") }
    let isWhole = !writing.types.contains(.fraction) && ExactDecimal("1").isMultiple(of: divisor) == true
    guard !isWhole, !others.contains(where: { $0.isMultiple(of: divisor) == true }) else { return found }
    let isExpanded = others.contains { divisor.isMultiple(of: $0) == true }
    let kind: Incompatibility.Kind =
      others.isEmpty ? .multipleOfAdded : isExpanded ? .multipleOfExpanded : .multipleOfChanged
    found.append(bounded(reader, "multipleOf", kind, writing))
    return found
  }

  /// Lengths, patterns and formats.
  func stringDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    found += countDifferences(
      reader,
      "Length",
      (.maxLengthAdded, .maxLengthDecreased, .minLengthAdded, .minLengthIncreased),
      writing
    )
    if let pattern = reader["pattern"]?.string, !writing.texts("pattern").contains(pattern) {
      let kind: Incompatibility.Kind = writing.texts("pattern").isEmpty ? .patternAdded : .patternChanged
      found.append(bounded(reader, "pattern", kind, writing))
    }
    if let format = reader["format"]?.string, !writing.texts("format").contains(format) {
      let kind: Incompatibility.Kind = writing.texts("format").isEmpty ? .formatAdded : .formatChanged
      found.append(bounded(reader, "format", kind, writing))
    }
    return found
  }

  /// How many characters, members or elements there may be.
  func countDifferences(
    _ reader: SchemaSite,
    _ what: String,
    _ kinds: (
      maxAdded: Incompatibility.Kind, maxDecreased: Incompatibility.Kind,
      minAdded: Incompatibility.Kind, minIncreased: Incompatibility.Kind
    ),
    _ writing: SchemaWriting
  ) -> [SchemaDifference] {
    var found: [SchemaDifference] = []
    if let most = reader.number("max\(what)") {
      let known = writing.least("max\(what)")
      if known.map({ $0.compared(to: most) > 0 }) ?? true {
        found.append(bounded(reader, "max\(what)", known == nil ? kinds.maxAdded : kinds.maxDecreased, writing))
      }
    }
    if let least = reader.number("min\(what)"), least.compared(to: ExactDecimal("0")) > 0 {
      let known = writing.greatest("min\(what)")
      if known.map({ $0.compared(to: least) < 0 }) ?? true {
        found.append(bounded(reader, "min\(what)", known == nil ? kinds.minAdded : kinds.minIncreased, writing))
      }
    }
    return found
  }

  /// The difference of a keyword that limits more than the writer's.
  func bounded(
    _ reader: SchemaSite,
    _ keyword: String,
    _ kind: Incompatibility.Kind,
    _ writing: SchemaWriting
  ) -> SchemaDifference {
    let values = writing.sites.compactMap { $0[keyword] }
    let written = values.first.map { "has \($0.shown)" } ?? "has no such limit"
    let taken = reader[keyword]?.shown ?? "a limit"
    return difference(
      reader,
      keyword,
      kind,
      "'\(keyword)' is \(taken) in \(reader.document.name); \(writing.name) \(written)"
    )
  }
}

extension JSONValue {
  /// A keyword's value for a message.
  var shown: String {
    switch content {
    case .number(let text): text.count > 40 ? "\(text.prefix(37))..." : text
    case .string(let text): text.count > 40 ? "'\(text.prefix(37))...'" : "'\(text)'"
    case .bool(let value): value ? "true" : "false"
    case .null: "null"
    case .array, .object: kind
    }
  }
}
