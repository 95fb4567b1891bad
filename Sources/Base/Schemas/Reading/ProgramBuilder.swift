internal import Formats

/// Turns schemas into a program, each place of a document once.
///
/// The work of a control thread: nothing here is bounded by more than the schema's own size.
struct ProgramBuilder {
  typealias Place = SchemaLibrary.Place
  let library: SchemaLibrary
  let options: SchemaOptions
  /// The document that is compiled: places in it are told without a URI.
  let document: Int

  var nodes: [Node] = []
  var numbers: [NumberRule] = []
  var strings: [StringRule] = []
  var constants: [ConstantRule] = []
  var objects: [ObjectRule] = []
  var arrays: [ArrayRule] = []
  var branches: [Branch] = []
  var requirements: [Requirement] = []
  var patternRules: [PatternRule] = []
  var lists: [Int32] = []
  var names: [NameTable.Entry] = []
  var patterns: [Pattern] = []
  var letters: [UInt8] = []
  var constantTape: [TapeValue] = []
  var assertions: [Assertion] = []
  var marks = false

  /// Nodes by where they stand.
  private var known: [JSONName: Int32] = [:]
  /// Where each node stands.
  private(set) var places: [Place] = []
  private var resources: [String: Int32] = [:]
  /// How many schemas are being read, each within the other.
  private var depth = 0
  private static let depthMax = 300
  /// Names of dynamic anchors, and where each is in each resource that was met.
  private var anchorNames: [String] = []
  private(set) var anchors: [DynamicAnchor] = []
  /// Patterns by their text.
  private var patternPlaces: [JSONName: Int32] = [:]

  init(_ library: SchemaLibrary, document: Int, options: SchemaOptions) {
    (self.library, self.document, self.options) = (library, document, options)
  }

  /// The program of a schema, with all that it refers to.
  mutating func compile(_ root: Place) throws(SchemaMistake) -> Program {
    let first = try node(root, as: nil)
    try resolveDynamicAnchors()
    try refuseEndless()
    return Program(
      nodes: Table(nodes),
      numbers: Table(numbers),
      strings: Table(strings),
      constants: Table(constants),
      objects: Table(objects),
      arrays: Table(arrays),
      branches: Table(branches),
      requirements: Table(requirements),
      patternRules: Table(patternRules),
      lists: Table(lists),
      names: Table(names),
      anchors: Table(anchors),
      patterns: Table(patterns.map(\.matcher)),
      letters: Table(letters),
      constantTape: Table(constantTape),
      root: first,
      marks: marks
    )
  }

  /// The node of a schema; `keyword` is what leads to it, and says what is wrong where it is `false`.
  mutating func node(_ found: Place, as keyword: (Keyword, sentence: String)?) throws(SchemaMistake) -> Int32 {
    let place = try library.settled(found)
    let key = JSONName("\(place.document)#\(place.pointer)")
    if let index = known[key] { return index }
    guard depth < Self.depthMax else {
      throw library.mistake(
        "schemas are nested too deep, or refer to each other in too long a row",
        at: place.value,
        in: place
      )
    }
    depth += 1
    defer { depth -= 1 }
    let index = Int32(nodes.count)
    guard nodes.count < options.nodesMax else {
      throw library.mistake("this is more than \(options.nodesMax) schemas", at: place.value, in: place)
    }
    known[key] = index
    nodes.append(Node())
    places.append(place)
    switch place.value.content {
    case .bool(let isAlways):
      nodes[Int(index)].isNever = !isAlways
      if !isAlways {
        nodes[Int(index)].kinds = []
        let what = keyword ?? (.never, sentence: "is never allowed")
        nodes[Int(index)].typeAssertion = assert(what.0, place, what.sentence)
      }
    case .object(let object):
      var node = Node()
      node.resource = resource("\(place.base)")
      try read(object, at: place, into: &node)
      nodes[Int(index)] = node
    default:
      throw library.mistake("a schema is an object, true or false, not \(place.value.kind)", at: place.value, in: place)
    }
    return index
  }

  /// The number of a resource.
  private mutating func resource(_ uri: String) -> Int32 {
    if let number = resources[uri] { return number }
    resources[uri] = Int32(resources.count)
    return resources[uri]!
  }
  /// The number of a dynamic anchor's name.
  mutating func anchorName(_ name: String) -> Int32 {
    if let number = anchorNames.firstIndex(of: name) { return Int32(number) }
    anchorNames.append(name)
    return Int32(anchorNames.count - 1)
  }

  /// Compiles every schema that a dynamic reference may come to mean, until no more turn up.
  private mutating func resolveDynamicAnchors() throws(SchemaMistake) {
    var done: Set<String> = []
    var isComplete = false
    while !isComplete {
      isComplete = true
      for (number, name) in anchorNames.enumerated() {
        for (uri, place) in library.resources(withDynamicAnchor: name)
        where resources[uri] != nil && done.insert("\(uri)#\(name)").inserted {
          isComplete = false
          let node = try node(place, as: nil)
          anchors.append(DynamicAnchor(resource: resources[uri]!, name: Int32(number), node: node))
        }
      }
    }
  }

  /// Refuses schemas that ask themselves about the same value, which would never end.
  private func refuseEndless() throws(SchemaMistake) {
    enum State { case unseen, open, done }
    var states = [State](repeating: .unseen, count: nodes.count)
    for start in nodes.indices where states[start] == .unseen {
      // Depth first, with a stack of its own: schemas may be nested deeper than this thread's.
      var path: [(node: Int, rest: [Int32])] = [(start, inPlace(start))]
      states[start] = .open
      while var (node, rest) = path.popLast() {
        guard let next = rest.popLast() else {
          states[node] = .done
          continue
        }
        path.append((node, rest))
        switch states[Int(next)] {
        case .done: continue
        case .open:
          let place = places[Int(next)]
          throw library.mistake("this schema refers to itself without end", at: place.value, in: place)
        case .unseen:
          node = Int(next)
          states[node] = .open
          path.append((node, inPlace(node)))
        }
      }
    }
  }
  /// The nodes that a node asks about its own value.
  private func inPlace(_ node: Int) -> [Int32] {
    nodes[node].branches.indices.flatMap { index in
      branches[index].nodes.indices.map { lists[$0] }.filter { $0 >= 0 }
    }
  }

  // MARK: Parts

  /// Notes what is said when something does not hold.
  mutating func assert(_ keyword: Keyword, _ place: Place, _ sentence: String, at part: String? = nil) -> Int32 {
    var location = "\(part.map { place.pointer.appending($0) } ?? place.pointer)"
    if place.document != document { location = "\(library.documents[place.document].uri)#\(location)" }
    assertions.append(Assertion(keyword: keyword, location: location, sentence: sentence))
    return Int32(assertions.count - 1)
  }
  /// Keeps nodes as a list.
  mutating func list(_ nodes: [Int32]) -> Run {
    let run = Run(start: Int32(lists.count), count: Int32(nodes.count))
    lists += nodes
    return run
  }
  /// A schema within another one.
  func inner(_ place: Place, _ value: JSONValue, _ parts: String...) throws(SchemaMistake) -> Place {
    var pointer = place.pointer
    for part in parts { pointer = pointer.appending(part) }
    return try library.entering(place.with(pointer, value))
  }
  /// The index of a pattern.
  mutating func pattern(_ text: String, at value: JSONValue, in place: Place, _ keyword: String) throws(SchemaMistake)
    -> Int32
  {
    if let index = patternPlaces[JSONName(text)] { return index }
    do throws(PatternFault) { patterns.append(try Pattern(text)) } catch {
      throw library.mistake("this is no pattern: \(error)", at: value, in: place, keyword)
    }
    patternPlaces[JSONName(text)] = Int32(patterns.count - 1)
    return Int32(patterns.count - 1)
  }
  /// Keeps a text of numbers or constants; where it starts.
  mutating func keep(_ text: some Collection<UInt8>) -> Int {
    letters += text
    return letters.count - text.count
  }
}
