internal import Formats

/// What is said by alternatives, conditions and negations.
extension SchemaComparison {
  /// `oneOf` and `anyOf`.
  ///
  /// It is enough that one alternative takes everything. Else each of the writer's alternatives needs one of its own
  /// that takes it, as registries ask: that is a matching in a bipartite graph.
  mutating func alternativeDifferences(_ reader: SchemaSite, _ keyword: String, _ writing: SchemaWriting)
    throws(GaveUp) -> [SchemaDifference]
  {
    let branches = reader.list(keyword)
    guard !branches.isEmpty else { return [] }
    var nearest: [SchemaDifference] = []
    for branch in branches {
      nearest = try compare(branch, writing)
      if nearest.isEmpty { return [] }
    }
    var kind = Incompatibility.Kind.typeChanged
    for group in writing.groups {
      let site = writing.sites[group.index]
      let others = site.list(group.keyword)
      if keyword == "oneOf", group.keyword == "anyOf", others.count > 1, branches.count > 1 {
        // What matched several alternatives would match more than one.
        kind = .combinedTypeChanged
        continue
      }
      let rest = site.without([group.keyword])
      var edges: [[Bool]] = []
      for other in others {
        let narrower = writing.replacing(group.index, by: rest, adding: other.document.conjuncts(of: other))
        var row: [Bool] = []
        for branch in branches { row.append(try takes(branch, narrower)) }
        edges.append(row)
      }
      let matched = PairMatching.count(edges, others: branches.count)
      if matched == others.count { return [] }
      kind = others.count > branches.count ? .sumTypeNarrowed : .combinedTypeSubschemasChanged
    }
    if try takesEach(ofParts: writing, branches) { return [] }
    if branches.count == 1, kind == .typeChanged { return nearest }
    let detail = "no alternative of \(reader.document.name) takes all that \(writing.name) lets be written"
    return [difference(reader, keyword, kind, detail)]
  }

  /// Whether each of several types or values that the writer lists is taken by some alternative.
  private mutating func takesEach(ofParts writing: SchemaWriting, _ branches: [SchemaSite]) throws(GaveUp) -> Bool {
    guard let site = writing.sites.first else { return false }
    var parts: [SchemaSite] = []
    if let values = writing.values {
      parts = values.enumerated().map { site.saying("const", $1, "\($0)") }
    } else if let list = writing.sites.first(where: { $0["type"]?.array != nil }) {
      parts = (list["type"]?.array ?? []).map { list.saying("type", $0, $0.string ?? "") }
    }
    guard parts.count > 1 else { return false }
    for part in parts {
      var isTaken = false
      for branch in branches where !isTaken { isTaken = try takes(branch, writing.and(part)) }
      if !isTaken { return false }
    }
    return true
  }

  /// `not`: what the reader excludes, the writer must exclude too.
  mutating func negationDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    guard let site = reader.child("not") else { return [] }
    let excluded = SchemaWriting(site)
    if excluded.isNever || excluded.types.isDisjoint(with: writing.types) { return [] }
    for other in writing.sites.compactMap({ $0.child("not") }) where try takes(other, excluded) { return [] }
    let detail = "\(reader.document.name) excludes what \(writing.name) does not"
    return [difference(reader, "not", .notTypeExtended, detail)]
  }

  /// `if`, `then` and `else`.
  mutating func conditionDifferences(_ reader: SchemaSite, _ writing: SchemaWriting) throws(GaveUp)
    -> [SchemaDifference]
  {
    guard let condition = reader.child("if") else { return [] }
    var isKnown = false
    for part in writing.sites {
      guard let other = part.child("if") else { continue }
      isKnown = true
      guard try takes(condition, SchemaWriting(other)), try takes(other, SchemaWriting(condition)) else { continue }
      var isTaken = true
      for keyword in ["then", "else"] {
        guard let branch = reader.child(keyword) else { continue }
        let holding = part.child(keyword).map { writing.and($0) } ?? writing
        if !(try takes(branch, holding)) { isTaken = false }
      }
      if isTaken { return [] }
    }
    var (keywords, isTaken) = (["then", "else"].filter { reader[$0] != nil }, true)
    // Where the condition always holds, nothing else is asked for.
    if keywords.contains("else"), try takes(condition, writing) { keywords.removeAll { $0 == "else" } }
    for keyword in keywords {
      guard let branch = reader.child(keyword) else { continue }
      let holding = keyword == "then" ? writing.and(condition) : writing
      if !(try takes(branch, holding)) { isTaken = false }
    }
    if isTaken { return [] }
    let detail = "\(reader.document.name) asks for more under a condition, which \(writing.name) does not"
    return [difference(reader, "if", isKnown ? .conditionChanged : .conditionAdded, detail)]
  }
}

/// The largest number of pairs in a bipartite graph.
///
/// Source: Kuhn, The Hungarian Method, 1955: augmenting paths.
enum PairMatching {
  /// How many of those in rows can each have a partner of their own.
  static func count(_ edges: [[Bool]], others: Int) -> Int {
    var partners = [Int?](repeating: nil, count: others)
    var matched = 0
    for row in edges.indices {
      var visited = [Bool](repeating: false, count: others)
      if augment(row, edges, &partners, &visited) { matched += 1 }
    }
    return matched
  }
  private static func augment(_ row: Int, _ edges: [[Bool]], _ partners: inout [Int?], _ visited: inout [Bool]) -> Bool
  {
    for column in edges[row].indices where edges[row][column] && !visited[column] {
      visited[column] = true
      if partners[column].map({ augment($0, edges, &partners, &visited) }) ?? true {
        partners[column] = row
        return true
      }
    }
    return false
  }
}
