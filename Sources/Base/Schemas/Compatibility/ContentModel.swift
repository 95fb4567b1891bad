internal import Formats

/// Whether a text matches a pattern; `nil` when the pattern is none, or nobody can tell in reasonable time.
typealias PatternTest = (_ pattern: String, _ text: String) -> Bool?

/// Which members an object may have by one schema, apart from those that it must have.
///
/// It is open when whatever is not named may be there, closed when nothing else may, partially open when the rest has
/// patterns or a schema.
struct ContentModel {
  let properties: [(name: String, site: SchemaSite)]
  let patterns: [(name: String, site: SchemaSite)]
  /// The schema of what has no name and no pattern; `nil` when that may be anything.
  private(set) var rest: SchemaSite?
  private let places: [JSONName: Int]
  /// What other schemas at the same place name, where they keep it from the rest.
  private var spared = Evaluated()
  /// The names that are kept from the rest besides those of `properties`.
  var sparedNames: Set<JSONName> { spared.names }
  /// The patterns that are kept from it besides those of `patterns`.
  var sparedPatterns: [String] { spared.patterns }

  /// The model of a schema.
  ///
  /// `unevaluatedProperties` counts as the schema of the rest, where nothing else is one. What is evaluated depends on
  /// the event, so a reader counts only what always is, and a writer all that can be by all that it says.
  init(of site: SchemaSite, writtenWith others: [SchemaSite]?) {
    properties = site.map("properties")
    patterns = site.map("patternProperties")
    places = Dictionary(properties.enumerated().map { (JSONName($1.name), $0) }, uniquingKeysWith: { $1 })
    rest = site.child("additionalProperties")
    if rest == nil, let unevaluated = site.child("unevaluatedProperties") {
      let parts = others ?? site.document.conjuncts(of: site.document.wholeSite(site))
      spared.gather(parts, besides: site, withAlternatives: others != nil)
      rest = spared.hasRest ? nil : unevaluated
    }
    if rest?.value.bool == true { rest = nil }
  }

  /// The schema of a name that stands there.
  func property(_ name: String) -> SchemaSite? { places[JSONName(name)].map { properties[$0].site } }

  /// Whether the schema of the rest is that of a name; `nil` when a pattern leaves it open.
  func hasInRest(_ name: String, _ test: PatternTest) -> Bool? {
    if property(name) != nil || spared.names.contains(JSONName(name)) { return false }
    var isCertain = true
    for pattern in patterns.map(\.name) + spared.patterns {
      switch test(pattern, name) {
      case true?: return false
      case nil: isCertain = false
      case false?: continue
      }
    }
    return isCertain ? true : nil
  }

  /// Names and patterns that schemas at one place have.
  private struct Evaluated {
    var names: Set<JSONName> = []
    var patterns: [String] = []
    /// Whether there is a schema for every other name.
    var hasRest = false

    mutating func gather(_ parts: [SchemaSite], besides own: SchemaSite, withAlternatives: Bool) {
      var visited: Set<String> = []
      var waiting = parts[...]
      while let part = waiting.popFirst() {
        guard visited.insert("\(part.document.number)\(part.identity)").inserted else { continue }
        names.formUnion(part.map("properties").map { JSONName($0.name) })
        patterns += part.map("patternProperties").map(\.name)
        let isOwn = part.pointer == own.pointer && part.document === own.document
        if part["additionalProperties"] != nil || (!isOwn && part["unevaluatedProperties"] != nil) { hasRest = true }
        guard withAlternatives else { continue }
        let branches =
          ["anyOf", "oneOf"].flatMap { part.list($0) } + ["if", "then", "else"].compactMap { part.child($0) }
        for branch in branches + part.map("dependentSchemas").map(\.site) {
          waiting += branch.document.conjuncts(of: branch)
        }
      }
    }
  }
}

/// The content models of all schemas that a writer follows.
struct WrittenMembers {
  let models: [ContentModel]
  /// Every name that a schema is for, or that one keeps from the rest.
  let names: [String]
  let patterns: [(name: String, site: SchemaSite)]
  /// What is said about members without a name and a pattern.
  let rest: Covering

  init(_ writing: SchemaWriting) {
    models = writing.sites.map { ContentModel(of: $0, writtenWith: writing.sites) }
    var seen: Set<JSONName> = []
    let named = models.flatMap(\.properties).map { JSONName($0.name) } + models.flatMap(\.sparedNames)
    names = named.filter { seen.insert($0).inserted }.map(\.text)
    patterns = models.flatMap(\.patterns)
    let known = Set(patterns.map { JSONName($0.name) })
    // What only some alternative has a pattern for can be anything.
    let isKnown = models.flatMap(\.sparedPatterns).allSatisfy { known.contains(JSONName($0)) }
    rest = Covering(isKnown ? models.compactMap(\.rest) : [], isNamed: false)
  }
  /// Whether there can be no members but those with names.
  var isClosed: Bool { rest.isClosed && patterns.isEmpty }
}

/// Which elements an array may have by one schema.
///
/// Source: JSON Schema Core 2020-12 §10.3.1; draft 7 Validation §6.4.
struct ItemModel {
  /// The schemas of the first elements.
  let first: [SchemaSite]
  /// The schema of those that follow; `nil` when they may be anything.
  let rest: SchemaSite?
  /// The keyword of the rest.
  let restKeyword: String
  /// Whether it is one schema for all elements.
  var isList: Bool { first.isEmpty && rest != nil && restKeyword == "items" }

  /// The model of a schema; `unevaluatedItems` counts as the schema of the rest, where nothing else can be one.
  init(of site: SchemaSite, writtenWith sites: [SchemaSite]?) {
    let isTuple = site["items"]?.array != nil
    var first = isTuple ? site.list("items") : site.list("prefixItems")
    var keyword = isTuple ? "additionalItems" : "items"
    var rest = site.child(keyword)
    if rest == nil, site["unevaluatedItems"] != nil {
      keyword = "unevaluatedItems"
      let parts = sites ?? site.document.conjuncts(of: site.document.wholeSite(site))
      let others = parts.filter { $0.pointer != site.pointer || $0.document !== site.document }
      let words = ["anyOf", "oneOf", "if", "contains", "dependentSchemas"]
      let isUncertain = sites != nil && parts.contains { part in words.contains { part[$0] != nil } }
      let hasRest = others.contains { part in
        ["items", "additionalItems", "unevaluatedItems"].contains { part[$0] != nil }
      }
      if !hasRest, !isUncertain {
        rest = site.child(keyword)
        // What others have schemas for is not unevaluated; what they say about it they say themselves.
        let longest = others.map { $0.list("prefixItems").count }.max() ?? 0
        while first.count < longest {
          first.append(site.anything)
        }
      }
    }
    if rest?.value.bool == true { rest = nil }
    (self.first, self.rest, restKeyword) = (first, rest, keyword)
  }
}

extension SchemaDocument {
  /// A place with all that it says.
  func wholeSite(_ site: SchemaSite) -> SchemaSite {
    SchemaSite(document: site.document, pointer: site.pointer, base: site.base, value: site.whole)
  }
}
