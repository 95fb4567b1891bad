/// A pattern as states over the bytes of UTF-8, several of which may be held at once.
///
/// Built from the end: each part is given the state that follows it. Without references, looks, word boundaries and
/// properties; bounded in states and in visits.
struct PatternNetwork {
  /// One state.
  enum State {
    /// Goes on with a byte.
    case bytes([Edge])
    /// Goes on with any of these.
    case any([Int])
    /// Goes on at the start of the text.
    case start(Int)
    /// Goes on at the end of the text.
    case end(Int)
    case accept
  }
  /// A range of bytes and where it leads.
  struct Edge: Hashable {
    let bytes: ClosedRange<UInt8>
    let next: Int
  }

  private(set) var states: [State] = [.accept]
  private(set) var root = 0
  private var shared: [Edge: Int] = [:]
  private var visitsLeft = 20_000

  static let statesMax = 4_000

  /// `nil` where the pattern needs more than that.
  init?(_ tree: PatternTree) {
    guard tree.references.isEmpty, let root = add(tree.root, before: 0) else { return nil }
    self.root = root
  }

  private mutating func add(_ state: State) -> Int? {
    guard states.count < PatternNetwork.statesMax else { return nil }
    states.append(state)
    return states.count - 1
  }

  private mutating func add(_ node: PatternNode, before next: Int) -> Int? {
    visitsLeft -= 1
    guard visitsLeft > 0 else { return nil }
    switch node {
    case .empty: return next
    case .scalar, .oneOf: return node.plainSet.flatMap { add($0, before: next) }
    case .sequence(let parts):
      var state = next
      for part in parts.reversed() {
        guard let before = add(part, before: state) else { return nil }
        state = before
      }
      return state
    case .choice(let choices):
      var starts: [Int] = []
      for choice in choices {
        guard let start = add(choice, before: next) else { return nil }
        starts.append(start)
      }
      return add(.any(starts))
    case .group(let inner, _): return add(inner, before: next)
    case .repeat(let inner, let repetition): return add(inner, repetition, before: next)
    case .start: return add(.start(next))
    case .end: return add(.end(next))
    case .wordBoundary, .look, .reference: return nil
    }
  }

  private mutating func add(_ inner: PatternNode, _ repetition: PatternNode.Repetition, before next: Int) -> Int? {
    var state = next
    if repetition.maximum == Int.max {
      guard let loop = add(.any([])), let start = add(inner, before: loop) else { return nil }
      states[loop] = .any([start, next])
      state = loop
    } else {
      for _ in 0..<(repetition.maximum - repetition.minimum) {
        guard let start = add(inner, before: state), let either = add(.any([start, next])) else { return nil }
        state = either
      }
    }
    for _ in 0..<repetition.minimum {
      guard let start = add(inner, before: state) else { return nil }
      state = start
    }
    return state
  }

  // MARK: Characters

  private mutating func add(_ set: ScalarSet, before next: Int) -> Int? {
    var edges: [Edge] = []
    for range in set.codePoints {
      for (index, last) in ([0x7F, 0x7FF, 0xFFFF, 0x10FFFF] as [UInt32]).enumerated() {
        let first: UInt32 = [0, 0x80, 0x800, 0x10000][index]
        guard range.lowerBound <= last, range.upperBound >= first else { continue }
        let part = max(range.lowerBound, first)...min(range.upperBound, last)
        guard add(part, byteCount: index + 1, before: next, to: &edges) else { return nil }
      }
    }
    return add(.bytes(edges))
  }

  /// Adds the sequences of byte ranges for code points of one length.
  private mutating func add(
    _ range: ClosedRange<UInt32>,
    byteCount: Int,
    before next: Int,
    to edges: inout [Edge]
  ) -> Bool {
    visitsLeft -= 1
    guard visitsLeft > 0 else { return false }
    let (low, high) = (range.lowerBound, range.upperBound)
    // Both ends share what stands before their last bytes, or those bytes take all their values.
    for tail in 1..<max(byteCount, 1) {
      let mask: UInt32 = 1 << UInt32(6 * tail) - 1
      guard low & ~mask != high & ~mask else { continue }
      if low & mask != 0 {
        return add(low...(low | mask), byteCount: byteCount, before: next, to: &edges)
          && add((low | mask) + 1...high, byteCount: byteCount, before: next, to: &edges)
      }
      if high & mask != mask {
        return add(low...(high & ~mask) - 1, byteCount: byteCount, before: next, to: &edges)
          && add((high & ~mask)...high, byteCount: byteCount, before: next, to: &edges)
      }
    }
    let (first, last) = (PatternNetwork.utf8(low, byteCount), PatternNetwork.utf8(high, byteCount))
    var state = next
    for index in (1..<max(byteCount, 1)).reversed() {
      let edge = Edge(bytes: first[index]...last[index], next: state)
      if let known = shared[edge] {
        state = known
      } else {
        guard let before = add(.bytes([edge])) else { return false }
        shared[edge] = before
        state = before
      }
    }
    edges.append(Edge(bytes: first[0]...last[0], next: state))
    return true
  }

  /// The encoding in `count` bytes; the ends of a range that spans the surrogates need no scalar.
  private static func utf8(_ value: UInt32, _ count: Int) -> [UInt8] {
    guard count > 1 else { return [UInt8(value)] }
    var bytes: [UInt8] = []
    for index in 0..<count {
      let bits = value >> UInt32(6 * (count - 1 - index))
      bytes.append(index > 0 ? UInt8(0x80 | bits & 0x3F) : UInt8([0, 0, 0xC0, 0xE0, 0xF0][count] | bits))
    }
    return bytes
  }
}
