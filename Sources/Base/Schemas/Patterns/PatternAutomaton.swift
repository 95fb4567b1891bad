/// A pattern as a table: one state, and one look-up for each byte of the text.
///
///     row of a state: next row by class of byte … | whether the text may end here
///     row 0: never any more; row 1: found, whatever follows
///
/// The states are the sets of a network's states that a text can lead to. Searching takes time in proportion to the
/// text, whatever pattern and text are; what is bounded is the table and the work to make it.
struct PatternAutomaton {
  /// A class for each value of a byte.
  private(set) var classes: [UInt8] = []
  /// The rows, which name each other by where they start.
  private(set) var rows: [UInt16] = []
  /// Columns of a row.
  private(set) var stride = 0
  /// Where the row of the first state starts.
  private(set) var initial: UInt16 = 0

  static let cellsMax = 16 << 10
  private static let workMax = 400_000

  private let network: PatternNetwork
  private var rowOf: [[Int32]: UInt16] = [:]
  /// Rows by the one state that an edge led to: by far the most frequent case.
  private var rowOfTarget: [UInt16?]
  private var members: [[Int32]] = []
  private var marks: [UInt32]
  private var mark: UInt32 = 0
  private var work = 0

  /// `nil` where the table or the work would be too large.
  init?(_ network: PatternNetwork) {
    self.network = network
    marks = Array(repeating: 0, count: network.states.count)
    rowOfTarget = Array(repeating: nil, count: network.states.count)
    stride = classify() + 1
    // Two rows that lead to themselves.
    rows = Array(repeating: 0, count: stride) + Array(repeating: UInt16(stride), count: stride)
    rows[stride - 1] = 0
    members = [[], []]
    let start = closure([network.root], atStart: true, atEnd: false)
    guard let first = row(start, isInitial: true) else { return nil }
    initial = first
    guard fill() else { return nil }
  }

  /// Groups the bytes that no edge tells apart, in their order; gives how many groups there are.
  private mutating func classify() -> Int {
    var starts: Set<Int> = [0]
    for case .bytes(let edges) in network.states {
      for edge in edges {
        starts.insert(Int(edge.bytes.lowerBound))
        starts.insert(Int(edge.bytes.upperBound) + 1)
      }
    }
    var number = -1
    classes = (0..<256).map { byte in
      if starts.contains(byte) { number += 1 }
      return UInt8(number)
    }
    return number + 1
  }

  /// Computes the rows of all states that can be reached.
  private mutating func fill() -> Bool {
    var targets: [[Int]] = Array(repeating: [], count: stride - 1)
    var done = 2
    while done < members.count {
      for column in targets.indices { targets[column].removeAll(keepingCapacity: true) }
      for member in members[done] {
        guard case .bytes(let edges) = network.states[Int(member)] else { continue }
        for edge in edges {
          let (first, last) = (Int(classes[Int(edge.bytes.lowerBound)]), Int(classes[Int(edge.bytes.upperBound)]))
          work += last - first + 1
          for column in first...last { targets[column].append(edge.next) }
        }
      }
      for column in targets.indices {
        guard work < PatternAutomaton.workMax, let next = row(after: targets[column]) else { return false }
        rows[done * stride + column] = next
      }
      done += 1
    }
    return true
  }

  /// Where the row starts of the set that `targets` lead to; a search may begin anew at each byte.
  private mutating func row(after targets: [Int]) -> UInt16? {
    let only = targets.count == 1 ? targets[0] : targets.isEmpty ? network.root : nil
    if let only, let known = rowOfTarget[only] { return known }
    let row = row(closure(targets + [network.root], atStart: false, atEnd: false), isInitial: false)
    if let only { rowOfTarget[only] = row }
    return row
  }

  /// Where the row of a set starts.
  private mutating func row(_ set: [Int32], isInitial: Bool) -> UInt16? {
    if set.isEmpty { return 0 }
    if set[0] == 0 { return UInt16(stride) }
    // The first state alone stands at the start of a text, so it is no other's equal.
    if !isInitial, let known = rowOf[set] { return known }
    guard rows.count + stride <= PatternAutomaton.cellsMax else { return nil }
    let start = UInt16(rows.count)
    rows += Array(repeating: 0, count: stride)
    let mayEnd = closure(set.map { Int($0) }, atStart: isInitial, atEnd: true).first == 0
    rows[rows.count - 1] = mayEnd ? 1 : 0
    members.append(set)
    if !isInitial { rowOf[set] = start }
    return start
  }

  /// The states that wait for a byte or an end, sorted; the accepting one is 0.
  private mutating func closure(_ seeds: [Int], atStart: Bool, atEnd: Bool) -> [Int32] {
    mark += 1
    var found: [Int32] = []
    var waiting = seeds
    while let state = waiting.popLast() {
      work += 1
      guard marks[state] != mark else { continue }
      marks[state] = mark
      switch network.states[state] {
      case .accept: found.append(0)
      case .bytes: found.append(Int32(state))
      case .any(let next): waiting += next
      case .start(let next): if atStart { waiting.append(next) }
      case .end(let next):
        found.append(Int32(state))
        if atEnd { waiting.append(next) }
      }
    }
    return found.sorted()
  }
}
