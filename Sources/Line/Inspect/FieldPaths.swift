internal import Bytes
internal import Formats

/// What is wrong with the paths of a plan.
public enum FieldPathMistake: Error, Equatable, Sendable {
  /// A path that is no JSON Pointer: where in the list it stands, and why.
  case malformed(path: Int, reason: String)
  /// Together they ask for more states than there may be.
  case tooMany
}

/// Which values of an event are redacted whatever they hold: JSON Pointers in which `*` is any member or element and
/// `**` any number of levels, none included.
///
/// An automaton over the names on the way to a value: all paths are followed at once, a step costs a look at the few
/// names that matter at that place, and below a place from where no path leads on there is nothing to do. Never
/// changes, so threads may share it. Source: RFC 6901; `~2` is a `*` that is meant as such.
public final class FieldPaths: Sendable {
  /// A place on the way: 0 is where no path leads on.
  public typealias State = Int32

  struct Node: BitwiseCopyable {
    /// Its edges: those of names that matter here.
    var firstEdge: Int32 = 0
    var edgeCount: Int32 = 0
    /// Where every other name leads.
    var other: State = 0
    /// The path that ends here, or -1.
    var path: Int32 = -1
    /// Whether any element's number matters.
    var hasNumbers = false
  }
  struct Edge: BitwiseCopyable {
    let hash: UInt32
    let firstLetter: Int32
    let letterCount: Int32
    let target: State
  }

  private let nodes: [Node]
  private let edges: [Edge]
  private let letters: [UInt8]

  /// States that paths may ask for together.
  public static var statesMax: Int { 4096 }
  /// Where an event begins.
  public let root: State
  /// How many paths there are.
  public let count: Int

  /// An automaton of some paths; where several end at one value, the first of them counts.
  ///
  /// Throws: which of them is no path, or that they are too many. Cost: a millisecond for hundreds.
  public init(_ paths: [String]) throws(FieldPathMistake) {
    var work = FieldPathWork()
    for (index, path) in paths.enumerated() { try work.add(path, index) }
    count = paths.count
    root = paths.isEmpty ? 0 : try work.build()
    (nodes, edges, letters) = (work.nodes, work.edges, work.letters)
  }

  /// The name that a segment of a path means; `nil` for stars.
  static func name(of segment: Substring.UTF8View.SubSequence) -> [UInt8]? {
    if segment.elementsEqual("*".utf8) || segment.elementsEqual("**".utf8) { return nil }
    let text = String(Substring(segment))
    return Array(text.replacing("~2", with: "*").replacing("~1", with: "/").replacing("~0", with: "~").utf8)
  }

  /// The path that ends at a place; -1 for none.
  @inline(__always) func path(at state: State) -> Int { Int(nodes[Int(state)].path) }

  /// Where a member leads.
  ///
  /// Cost: nothing where no path leads on; else a hash of its name, and a comparison where it matters.
  @inline(__always) func member(_ name: JSONString, of bytes: RawSpan, from state: State) -> State {
    state == 0 ? 0 : follow(name, of: bytes, from: state)
  }
  @inline(never) private func follow(_ name: JSONString, of bytes: RawSpan, from state: State) -> State {
    let node = nodes[Int(state)]
    guard node.edgeCount > 0 else { return node.other }
    let hash = name.hash(in: bytes)
    for index in Int(node.firstEdge)..<Int(node.firstEdge + node.edgeCount) where edges[index].hash == hash {
      if isSame(name, of: bytes, as: edges[index]) { return edges[index].target }
    }
    return node.other
  }
  private func isSame(_ name: JSONString, of bytes: RawSpan, as edge: Edge) -> Bool {
    var meaning = JSONString.Meaning(name)
    for place in Int(edge.firstLetter)..<Int(edge.firstLetter + edge.letterCount) {
      guard meaning.next(in: bytes) == letters[place] else { return false }
    }
    return meaning.next(in: bytes) == nil
  }

  /// Where an element leads.
  @inline(__always) func element(_ index: Int, from state: State) -> State {
    guard state != 0 else { return 0 }
    return nodes[Int(state)].hasNumbers ? follow(index, from: state) : nodes[Int(state)].other
  }
  @inline(never) private func follow(_ index: Int, from state: State) -> State {
    let node = nodes[Int(state)]
    for place in Int(node.firstEdge)..<Int(node.firstEdge + node.edgeCount) where isNumber(index, edges[place]) {
      return edges[place].target
    }
    return node.other
  }
  /// Whether a name is a number, which is compared from its last digit on.
  private func isNumber(_ index: Int, _ edge: Edge) -> Bool {
    let first = Int(edge.firstLetter)
    var (rest, end) = (index, first + Int(edge.letterCount))
    repeat {
      guard end > first, letters[end - 1] == UInt8(ascii: "0") + UInt8(rest % 10) else { return false }
      (rest, end) = (rest / 10, end - 1)
    } while rest > 0
    return end == first
  }
}

/// The way from paths to an automaton: sets of places in paths become its states.
private struct FieldPathWork {
  enum Step: Equatable {
    case name([UInt8])
    case any
    case anyLevels
  }
  /// A place in a path: how many of its steps are behind it.
  struct Place: Hashable {
    let path: Int
    let step: Int
  }
  private var paths: [[Step]] = []
  private(set) var nodes: [FieldPaths.Node] = [FieldPaths.Node()]
  private(set) var edges: [FieldPaths.Edge] = []
  private(set) var letters: [UInt8] = []
  private var known: [Set<Place>: FieldPaths.State] = [[]: 0]
  private var pending: [(places: Set<Place>, state: FieldPaths.State)] = []

  mutating func add(_ text: String, _ index: Int) throws(FieldPathMistake) {
    var steps: [Step] = []
    let bytes = Array(text.utf8)
    guard bytes.isEmpty || bytes[0] == UInt8(ascii: "/") else {
      throw .malformed(path: index, reason: "a path begins with '/'")
    }
    for segment in bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    where !bytes.isEmpty {
      switch Array(segment) {
      case [UInt8(ascii: "*")]: steps.append(.any)
      case [UInt8(ascii: "*"), UInt8(ascii: "*")]: if steps.last != .anyLevels { steps.append(.anyLevels) }
      default: steps.append(.name(try Self.name(segment, index)))
      }
    }
    paths.append(steps)
  }
  private static func name(_ segment: ArraySlice<UInt8>, _ index: Int) throws(FieldPathMistake) -> [UInt8] {
    var name: [UInt8] = []
    var rest = segment
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "~") else {
        name.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "0"): name.append(UInt8(ascii: "~"))
      case UInt8(ascii: "1"): name.append(UInt8(ascii: "/"))
      case UInt8(ascii: "2"): name.append(UInt8(ascii: "*"))
      default: throw .malformed(path: index, reason: "'~' is followed by 0, 1 or 2, for '~', '/' and '*'")
      }
    }
    return name
  }

  mutating func build() throws(FieldPathMistake) -> FieldPaths.State {
    let root = try state(of: Set(paths.indices.map { Place(path: $0, step: 0) }))
    while let (places, state) = pending.popLast() { try fill(state, places) }
    return root
  }

  /// With the places that are reached without a name.
  private func closed(_ places: Set<Place>) -> Set<Place> {
    var all = places
    var open = Array(places)
    while let place = open.popLast() {
      guard place.step < paths[place.path].count, paths[place.path][place.step] == .anyLevels else { continue }
      let next = Place(path: place.path, step: place.step + 1)
      if all.insert(next).inserted { open.append(next) }
    }
    return all
  }
  private mutating func state(of places: Set<Place>) throws(FieldPathMistake) -> FieldPaths.State {
    let places = closed(places)
    if let state = known[places] { return state }
    guard nodes.count < FieldPaths.statesMax else { throw .tooMany }
    let state = FieldPaths.State(nodes.count)
    known[places] = state
    var node = FieldPaths.Node()
    let ended = places.filter { $0.step == paths[$0.path].count }.map(\.path).min()
    node.path = Int32(ended ?? -1)
    nodes.append(node)
    pending.append((places, state))
    return state
  }

  private mutating func fill(_ state: FieldPaths.State, _ places: Set<Place>) throws(FieldPathMistake) {
    var names: Set<[UInt8]> = []
    for place in places {
      if place.step < paths[place.path].count, case .name(let name) = paths[place.path][place.step] {
        names.insert(name)
      }
    }
    let other = try self.state(of: behind(nil, places))
    var own: [FieldPaths.Edge] = []
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let target = try self.state(of: behind(name, places))
      let first = letters.count
      letters += name
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let hash = unsafe JSONString(range: 0..<name.count).hash(in: name.span.bytes)
      own.append(
        FieldPaths.Edge(hash: hash, firstLetter: Int32(first), letterCount: Int32(name.count), target: target)
      )
    }
    let node = Int(state)
    (nodes[node].firstEdge, nodes[node].edgeCount) = (Int32(edges.count), Int32(own.count))
    nodes[node].other = other
    nodes[node].hasNumbers = names.contains { !$0.isEmpty && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
    edges += own
  }
  /// Where one more name leads; `nil` is one that no path knows.
  private func behind(_ name: [UInt8]?, _ places: Set<Place>) -> Set<Place> {
    var next: Set<Place> = []
    for place in places where place.step < paths[place.path].count {
      switch paths[place.path][place.step] {
      case .name(let known): if known == name { next.insert(Place(path: place.path, step: place.step + 1)) }
      case .any: next.insert(Place(path: place.path, step: place.step + 1))
      case .anyLevels: next.insert(place)
      }
    }
    return next
  }
}
