internal import Formats

/// The schemas that events were written with: all of them held at once.
///
/// Everything that it says about events is true of each of them, and may leave out what it can't put in few words.
struct SchemaWriting {
  /// None lets everything in.
  let sites: [SchemaSite]
  /// What tells it from others.
  let identity: String

  /// The schemas, of which those that stand twice count once.
  init(_ sites: [SchemaSite]) {
    var seen: Set<String> = []
    self.sites = sites.filter { seen.insert("\($0.document.number)\($0.identity)").inserted }
    identity = self.sites.map { "\($0.document.number)\($0.identity)" }.sorted().joined(separator: "\n")
  }
  /// A schema with all that holds with it.
  init(_ site: SchemaSite) { self.init(site.document.conjuncts(of: site)) }

  /// What is left when one of them says less, and others hold too.
  func replacing(_ index: Int, by less: SchemaSite, adding others: [SchemaSite]) -> SchemaWriting {
    var sites = sites
    sites[index] = less
    return SchemaWriting(sites + others)
  }
  /// What holds together with another schema.
  func and(_ site: SchemaSite) -> SchemaWriting { SchemaWriting(sites + site.document.conjuncts(of: site)) }

  /// What messages call it.
  var name: String { sites.first?.document.name ?? "the writer's schema" }
  /// Whether there can be no event.
  var isNever: Bool { sites.contains(where: \.isNever) || types.isEmpty }

  /// The types that events can have.
  var types: ValueTypes {
    var types = sites.reduce(ValueTypes.all) { $0.intersection($1.types) }
    if let values { types.formIntersection(values.reduce(ValueTypes()) { $0.union(ValueTypes(of: $1)) }) }
    return types
  }
  /// The only values that there can be, where they are listed.
  var values: [JSONValue]? {
    var values: [JSONValue]?
    for listed in sites.compactMap(\.values) {
      values = values.map { $0.filter { value in listed.contains { $0.isSame(as: value) } } } ?? listed
    }
    if values != nil { return values }
    let types = sites.reduce(ValueTypes.all) { $0.intersection($1.types) }
    guard types.isSubset(of: [.null, .boolean]) else { return nil }
    return (types.contains(.null) ? [JSONValue(.null)] : [])
      + (types.contains(.boolean) ? [JSONValue(.bool(false)), JSONValue(.bool(true))] : [])
  }

  /// The tightest of a keyword's upper bounds.
  func least(_ keyword: String) -> ExactDecimal? {
    sites.compactMap { $0.number(keyword) }.min { $0.compared(to: $1) < 0 }
  }
  /// The tightest of a keyword's lower bounds.
  func greatest(_ keyword: String) -> ExactDecimal? {
    sites.compactMap { $0.number(keyword) }.max { $0.compared(to: $1) < 0 }
  }
  /// The largest number that there can be.
  var upperBound: NumberBound? {
    let inclusive = least("maximum").map { NumberBound(value: $0, isExclusive: false) }
    let exclusive = least("exclusiveMaximum").map { NumberBound(value: $0, isExclusive: true) }
    guard let inclusive, let exclusive else { return inclusive ?? exclusive }
    return inclusive.isAtLeast(exclusive) ? exclusive : inclusive
  }
  /// The least number that there can be.
  var lowerBound: NumberBound? {
    let inclusive = greatest("minimum").map { NumberBound(value: $0, isExclusive: false) }
    let exclusive = greatest("exclusiveMinimum").map { NumberBound(value: $0, isExclusive: true) }
    guard let inclusive, let exclusive else { return inclusive ?? exclusive }
    return inclusive.isAtMost(exclusive) ? exclusive : inclusive
  }
  /// The texts that a keyword has.
  func texts(_ keyword: String) -> [String] { sites.compactMap { $0[keyword]?.string } }

  /// The members that every object has.
  var required: Set<JSONName> {
    Set(sites.flatMap { ($0["required"]?.array ?? []).compactMap { $0.string.map { JSONName($0) } } })
  }
  /// The content models, of which an object follows all.
  var members: WrittenMembers { WrittenMembers(self) }
  /// The item models, of which an array follows all.
  var items: [ItemModel] { sites.map { ItemModel(of: $0, writtenWith: sites) } }

  /// The ways in which schemas say that one of several holds: which of `sites`, and by which keyword.
  var groups: [(index: Int, keyword: String)] {
    sites.indices.flatMap { index in
      ["oneOf", "anyOf"].filter { !sites[index].list($0).isEmpty }.map { (index, $0) }
    }
  }
}

/// What a writer's schemas say about one member or element.
struct Covering {
  /// Its schemas; none when it can be anything.
  let writing: SchemaWriting
  /// Whether a schema is for it by name or place.
  let isNamed: Bool
  /// Whether it can be anything.
  var isOpen: Bool { writing.sites.isEmpty }
  /// Whether it can't be there.
  var isClosed: Bool { writing.sites.contains(where: \.isNever) }

  /// Puts together what several schemas say.
  init(_ sites: [SchemaSite], isNamed: Bool) {
    writing = SchemaWriting(sites.flatMap { $0.document.conjuncts(of: $0) })
    self.isNamed = isNamed
  }
  /// What is said about the member of a name.
  init(ofMember name: String, in members: WrittenMembers, _ test: PatternTest) {
    var (sites, isNamed): ([SchemaSite], Bool) = ([], false)
    for model in members.models {
      if let property = model.property(name) {
        sites.append(property)
        isNamed = true
      }
      for pattern in model.patterns where test(pattern.name, name) == true { sites.append(pattern.site) }
      if let rest = model.rest, model.hasInRest(name, test) == true { sites.append(rest) }
    }
    self.init(sites, isNamed: isNamed)
  }
  /// What is said about the element at a place.
  init(ofElement index: Int, in items: [ItemModel]) {
    let sites = items.compactMap { index < $0.first.count ? $0.first[index] : $0.rest }
    self.init(sites, isNamed: items.contains { index < $0.first.count })
  }
}
