internal import Bytes
internal import Formats

/// Why a schema is checked on the tape.
public struct TapeReason: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where in the schema, as a JSON Pointer.
  public let location: String
  /// What needs the tape.
  public let description: String
}

/// Makes a program for checking while scanning of one for the tape, where that can be done.
///
/// A state stands for a set of schemas that hold for the same value: references and `allOf` just join the set. What a
/// member must fit is worked out for every known name, so that nothing is asked twice.
struct StreamCompiler {
  private let program: Program
  private let patterns: [Pattern]
  private let locations: [String]
  private var states: [StreamState] = []
  private var strings: [StringRule] = []
  private var numbers: [NumberRule] = []
  private var constants: [StreamConstants] = []
  private var objects: [StreamObject] = []
  private var arrays: [StreamArray] = []
  private var requirements: [Requirement] = []
  private var lists: [Int32] = []
  private var names: [NameTable.Entry] = []
  private var letters: [UInt8] = []
  private var countsMembers = false
  /// States by the nodes they were made of.
  private var known: [[Int32]: Int32] = [:]

  /// More states than this are left to the tape: sets of schemas can be many.
  static var statesMax: Int { 20_000 }
  /// So are schemas that lead to each other in a longer row: a thread's stack has an end.
  static var rowMax: Int { 500 }
  /// How many states are being made, each within the other.
  private var depth = 0

  /// - Parameters:
  ///   - program: the program for the tape.
  ///   - patterns: its patterns.
  ///   - locations: where each of its nodes stands.
  init(_ program: Program, patterns: [Pattern], locations: [String]) {
    (self.program, self.patterns, self.locations) = (program, patterns, locations)
  }

  /// The program for scanning.
  ///
  /// Throws: what needs the tape.
  mutating func compile() throws(TapeReason) -> StreamProgram {
    let root = try state(of: [program.root])
    var stream = StreamProgram(
      states: Table(states),
      strings: Table(strings),
      numbers: Table(numbers),
      constants: Table(constants),
      objects: Table(objects),
      arrays: Table(arrays),
      requirements: Table(requirements),
      lists: Table(lists),
      names: Table(names),
      letters: Table(letters),
      root: root,
      countsMembers: countsMembers
    )
    var direct = DirectCompiler(stream, matchers: program.patterns)
    stream.direct = direct.compile()
    return stream
  }

  private mutating func list(_ elements: [Int32]) -> Run {
    lists += elements
    return Run(start: Int32(lists.count - elements.count), count: Int32(elements.count))
  }
  private func reason(_ text: String, _ node: Int32) -> TapeReason {
    TapeReason(location: locations[Int(node)], description: text)
  }

  // MARK: States

  /// The state of a value that must fit all of these; -1 where nothing is asked.
  private mutating func state(of nodes: [Int32]) throws(TapeReason) -> Int32 {
    var (all, shallow) = (Set<Int32>(), [Int32]())
    for node in nodes { try gather(node, into: &all, &shallow) }
    let set = all.sorted()
    if let state = known[set] { return state }
    guard states.count < Self.statesMax else { throw reason("too many combinations of schemas", program.root) }
    guard depth < Self.rowMax else { throw reason("schemas lead to each other in too long a row", program.root) }
    depth += 1
    defer { depth -= 1 }
    var state = StreamState()
    for index in set { state.kinds.formIntersection(program.nodes[index].kinds) }
    let index = Int32(states.count)
    known[set] = index
    states.append(state)
    state.strings = strings.append(set.flatMap { program.nodes[$0].strings.indices.map { program.strings[$0] } })
    state.numbers = numbers.append(set.flatMap { program.nodes[$0].numbers.indices.map { program.numbers[$0] } })
    state.constants = try constants(of: set)
    state.shallow = list(shallow)
    state.nodes = list(set)
    if state.kinds.contains(.object) { state.object = try object(of: set) }
    if state.kinds.contains(.array) { state.array = try array(of: set) }
    states[Int(index)] = state
    guard isFree(state) else { return index }
    known[set] = -1
    return -1
  }
  private func isFree(_ state: StreamState) -> Bool {
    state.kinds == .all && state.strings.isEmpty && state.numbers.isEmpty && state.constants.isEmpty
      && state.shallow.isEmpty && state.object < 0 && state.array < 0
  }

  /// Adds a node and those that it joins with references and `allOf`.
  ///
  /// Throws: what no scan can tell.
  private func gather(_ index: Int32, into set: inout Set<Int32>, _ shallow: inout [Int32], row: Int = 0)
    throws(TapeReason)
  {
    guard set.insert(index).inserted else { return }
    guard row < Self.rowMax else { throw reason("schemas lead to each other in too long a row", index) }
    let node = program.nodes[index]
    if node.hasUnevaluated {
      throw reason("unevaluatedProperties and unevaluatedItems need to know all that was evaluated", index)
    }
    if node.array >= 0 {
      let rule = program.arrays[node.array]
      if rule.uniqueAssertion >= 0 { throw reason("uniqueItems compares elements with each other", index) }
      if rule.contains >= 0 { throw reason("contains tries elements", index) }
    }
    for number in node.branches.indices {
      let branch = program.branches[number]
      switch branch.kind {
      case .all:
        for place in branch.nodes.indices { try gather(program.lists[place], into: &set, &shallow, row: row + 1) }
      case .dynamic:
        guard let only = onlyTarget(branch) else { throw reason("$dynamicRef may mean several schemas", index) }
        try gather(only, into: &set, &shallow, row: row + 1)
      case .any, .one, .none, .condition:
        for place in branch.nodes.indices where program.lists[place] >= 0 {
          if !isShallow(program.lists[place]) { throw reason("a choice between schemas for objects or arrays", index) }
        }
        shallow.append(Int32(number))
      case .dependent: throw reason("dependentSchemas looks back", index)
      }
    }
  }
  /// The node that a dynamic reference means wherever it is met, if that is always the same.
  private func onlyTarget(_ branch: Branch) -> Int32? {
    let bearers = (0..<program.anchors.count).map { program.anchors[$0] }.filter { $0.name == branch.name }
    let first = program.lists[branch.nodes.start]
    return bearers.allSatisfy { $0.node == first } ? first : nil
  }
  /// Whether a schema looks at nothing within objects and arrays.
  private func isShallow(_ index: Int32, depth: Int = 0) -> Bool {
    let node = program.nodes[index]
    guard depth < 32, node.object < 0, node.array < 0, !node.hasUnevaluated else { return false }
    guard node.constants.indices.allSatisfy({ hasScalarsOnly(program.constants[$0]) }) else { return false }
    return node.branches.indices.allSatisfy { place in
      let branch = program.branches[place]
      guard branch.kind != .dependent, branch.kind != .dynamic else { return false }
      return branch.nodes.indices.allSatisfy { program.lists[$0] < 0 || isShallow(program.lists[$0], depth: depth + 1) }
    }
  }
  private func hasScalarsOnly(_ rule: ConstantRule) -> Bool {
    rule.values.indices.allSatisfy { place in
      let kind = program.constantTape[program.lists[place]].kind
      return kind != .array && kind != .object
    }
  }

  private mutating func constants(of set: [Int32]) throws(TapeReason) -> Run {
    var found: [StreamConstants] = []
    for index in set {
      for rule in program.nodes[index].constants.indices.map({ program.constants[$0] }) {
        guard hasScalarsOnly(rule) else { throw reason("constants that are objects or arrays", index) }
        found.append(constants(rule))
      }
    }
    return constants.append(found)
  }
  private mutating func constants(_ rule: ConstantRule) -> StreamConstants {
    var found = StreamConstants(assertion: rule.assertion)
    var (texts, numbers) = ([[UInt8]](), [Int32]())
    for place in rule.values.indices.map({ program.lists[$0] }) {
      let value = program.constantTape[place]
      switch value.kind {
      case .null: found.words.insert(.null)
      case .true: found.hasTrue = true
      case .false: found.hasFalse = true
      case .number: numbers.append(place)
      case .string:
        let text = (Int(value.start)..<Int(value.end)).map { program.letters[$0] }
        if !texts.contains(text) { texts.append(text) }
      case .array, .object: broken("constants were found to be scalars")
      }
    }
    found.strings = NameTable(texts, places: &names, letters: &letters)
    found.numbers = list(numbers)
    return found
  }

  // MARK: Members

  private mutating func object(of set: [Int32]) throws(TapeReason) -> Int32 {
    let rules = set.filter { program.nodes[$0].object >= 0 }.map { program.objects[program.nodes[$0].object] }
    guard !rules.isEmpty else { return -1 }
    var object = StreamObject()
    var (known, places) = ([[UInt8]](), [[UInt8]: Int]())
    for rule in rules {
      for name in texts(of: rule) where places[name] == nil {
        places[name] = known.count
        known.append(name)
      }
    }
    guard known.count <= 64 else { throw reason("an object of more than 64 known members", set[0]) }
    var members: [Int32] = []
    for name in known { members.append(try state(of: try nodes(for: name, rules, set))) }
    object.members = list(members)
    object.names = NameTable(known, places: &names, letters: &letters)
    try readRequirements(of: rules, places, into: &object)
    try readOthers(of: rules, set, into: &object)
    object.nameNodes = list(
      rules.filter { $0.propertyNames >= 0 }.flatMap { [$0.propertyNames, $0.propertyNamesAssertion] }
    )
    for rule in rules {
      if rule.minCount > object.minCount { (object.minCount, object.minAssertion) = (rule.minCount, rule.minAssertion) }
      if rule.maxCount < object.maxCount { (object.maxCount, object.maxAssertion) = (rule.maxCount, rule.maxAssertion) }
    }
    if object.minCount > 0 { countsMembers = true }
    objects.append(object)
    return Int32(objects.count - 1)
  }

  /// The names that a rule knows, by their index.
  private func texts(of rule: ObjectRule) -> [[UInt8]] {
    var texts = [[UInt8]](repeating: [], count: Int(rule.names.count))
    for entry in rule.names.entries(in: program.names) {
      texts[Int(entry.index)] = (Int(entry.start)..<Int(entry.start + entry.count)).map { program.letters[$0] }
    }
    return texts
  }
  /// What a member of that name must fit.
  private func nodes(for name: [UInt8], _ rules: [ObjectRule], _ set: [Int32]) throws(TapeReason) -> [Int32] {
    var nodes: [Int32] = []
    var memory = PatternMemory()
    for rule in rules {
      let before = nodes.count
      if let index = texts(of: rule).firstIndex(of: name) {
        let node = program.lists[Int(rule.members.start) + index]
        if node >= 0 { nodes.append(node) }
      }
      for pattern in rule.patterns.indices.map({ program.patternRules[$0] }) {
        // SAFETY: a UInt8 has no padding that its bytes could show.
        switch unsafe patterns[Int(pattern.pattern)].isFound(in: name.span.bytes, using: &memory) {
        case .found: nodes.append(pattern.node)
        case .notFound: continue
        case .gaveUp: throw reason("a pattern that is too much work for a known name", set[0])
        }
      }
      if nodes.count == before, rule.additional >= 0 { nodes.append(rule.additional) }
    }
    return nodes
  }
  private mutating func readRequirements(
    of rules: [ObjectRule],
    _ places: [[UInt8]: Int],
    into object: inout StreamObject
  ) throws(TapeReason) {
    var (required, dependent) = ([Requirement](), [Requirement]())
    for rule in rules {
      let texts = texts(of: rule)
      let place = { (name: Int32) in Int32(places[texts[Int(name)]]!) }
      for needed in rule.required.indices.map({ program.requirements[$0] }) {
        required.append(Requirement(name: place(needed.name), assertion: needed.assertion))
        object.required |= 1 << UInt64(place(needed.name))
      }
      for needed in rule.dependencies.indices.map({ program.requirements[$0] }) {
        let (name, when) = (place(needed.name), place(needed.when))
        dependent.append(Requirement(name: name, when: when, assertion: needed.assertion))
      }
    }
    object.requirements = requirements.append(required)
    object.dependencies = requirements.append(dependent)
  }

  /// What members must fit whose name is not known: it depends on which patterns match.
  private mutating func readOthers(of rules: [ObjectRule], _ set: [Int32], into object: inout StreamObject)
    throws(TapeReason)
  {
    var patterns: [Int32] = []
    for rule in rules {
      for index in rule.patterns.indices {
        let pattern = program.patternRules[index].pattern
        if !patterns.contains(pattern) { patterns.append(pattern) }
      }
    }
    guard patterns.count <= 4 else { throw reason("more than four patterns of members", set[0]) }
    var others: [Int32] = []
    for matching in 0..<1 << patterns.count {
      var nodes: [Int32] = []
      for rule in rules {
        let before = nodes.count
        for pattern in rule.patterns.indices.map({ program.patternRules[$0] })
        where matching >> patterns.firstIndex(of: pattern.pattern)! & 1 != 0 {
          nodes.append(pattern.node)
        }
        if nodes.count == before, rule.additional >= 0 { nodes.append(rule.additional) }
      }
      others.append(try state(of: nodes))
    }
    object.patterns = list(patterns)
    object.others = list(others)
  }

  // MARK: Elements

  private mutating func array(of set: [Int32]) throws(TapeReason) -> Int32 {
    let rules = set.filter { program.nodes[$0].array >= 0 }.map { program.arrays[program.nodes[$0].array] }
    guard !rules.isEmpty else { return -1 }
    var array = StreamArray()
    let longest = rules.map { Int($0.prefix.count) }.max() ?? 0
    var prefix: [Int32] = []
    for ordinal in 0..<longest {
      let nodes = rules.map {
        ordinal < Int($0.prefix.count) ? program.lists[Int($0.prefix.start) + ordinal] : $0.items
      }
      prefix.append(try state(of: nodes.filter { $0 >= 0 }))
    }
    array.prefix = list(prefix)
    array.items = try state(of: rules.map(\.items).filter { $0 >= 0 })
    for rule in rules {
      if rule.minCount > array.minCount { (array.minCount, array.minAssertion) = (rule.minCount, rule.minAssertion) }
      if rule.maxCount < array.maxCount { (array.maxCount, array.maxAssertion) = (rule.maxCount, rule.maxAssertion) }
    }
    arrays.append(array)
    return Int32(arrays.count - 1)
  }
}

extension Array {
  /// Puts elements behind the others; where they are.
  fileprivate mutating func append(_ elements: [Element]) -> Run {
    append(contentsOf: elements)
    return Run(start: Int32(count - elements.count), count: Int32(elements.count))
  }
}
