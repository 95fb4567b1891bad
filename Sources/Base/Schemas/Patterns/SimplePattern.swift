/// A pattern that one walk over the bytes decides, without going back.
///
///     ^ \d{1,} - [a-z]{0,3} $      each step: a class of bytes, how many at least, how many at most
///
/// Right where a step that may take more or fewer bytes shares none with what may follow it: then the longest run is
/// the only one that can lead on. Steps count bytes, so a class lies within ASCII; one that holds everything beyond
/// ASCII as well may be repeated without an upper bound, since such a run ends at the same place counted either way.
struct SimplePattern {
  /// A class and how often it comes.
  struct Step: Equatable {
    var bytes: ByteSet
    var minimum: Int
    /// `Int.max` where there is none.
    var maximum: Int
  }

  private(set) var steps: [Step] = []
  private(set) var startsAtStart = false
  private(set) var endsAtEnd = false

  static let stepsMax = 256
  static let bytesMax = 4_096
  /// Repetitions of nothing take no step, so visits are counted too.
  private var visitsLeft = 10_000

  /// `nil` where the pattern needs more than that.
  init?(_ tree: PatternTree) {
    guard tree.references.isEmpty, append(tree.root) else { return nil }
    guard startsAtStart else {
      // Found anywhere: one text at the end, or one byte. For more the automaton takes less time than going back.
      guard let literal, endsAtEnd || literal.count <= 1 else { return nil }
      return
    }
    if !endsAtEnd { dropRests() }
    guard steps.indices.allSatisfy(leadsOn) else { return nil }
  }

  /// The bytes, where there is but one text.
  var literal: [UInt8]? {
    var bytes: [UInt8] = []
    for step in steps {
      guard step.minimum == step.maximum, let only = step.bytes.only else { return nil }
      bytes += Array(repeating: only, count: step.minimum)
    }
    return bytes
  }

  /// The length of every text, where there is but one.
  var fixedCount: Int? {
    steps.allSatisfy { $0.minimum == $0.maximum } ? steps.reduce(0) { $0 + $1.minimum } : nil
  }

  /// The distinct classes.
  var classes: [ByteSet] {
    var found: [ByteSet] = []
    for step in steps where !found.contains(step.bytes) { found.append(step.bytes) }
    return found
  }

  // MARK: From the tree

  private mutating func append(_ node: PatternNode) -> Bool {
    visitsLeft -= 1
    guard visitsLeft > 0 else { return false }
    switch node {
    case .empty: return true
    case .scalar(let value):
      guard let scalar = Unicode.Scalar(value) else { return false }
      for byte in UTF8.encode(scalar)! {
        guard append(Step(bytes: ByteSet([byte]), minimum: 1, maximum: 1)) else { return false }
      }
      return true
    case .oneOf:
      guard let set = node.plainSet, set.isASCII else { return false }
      return append(Step(bytes: ByteSet(set.asciiBytes), minimum: 1, maximum: 1))
    case .sequence(let parts): return parts.allSatisfy { append($0) }
    case .group(let inner, _): return append(inner)
    case .repeat(let inner, let repetition): return append(inner, repetition)
    case .start:
      guard steps.isEmpty else { return false }
      startsAtStart = true
      return true
    case .end:
      endsAtEnd = true
      return true
    case .choice, .wordBoundary, .look, .reference: return false
    }
  }

  private mutating func append(_ inner: PatternNode, _ repetition: PatternNode.Repetition) -> Bool {
    if let set = inner.plainSet {
      var bytes = ByteSet(set.asciiBytes)
      if set.hasAllBeyondASCII, repetition.minimum <= 1, repetition.maximum == Int.max {
        bytes.insert(0x80...0xFF)
      } else if !set.isASCII {
        return appendCopies(of: inner, repetition)
      }
      return append(Step(bytes: bytes, minimum: repetition.minimum, maximum: repetition.maximum))
    }
    return appendCopies(of: inner, repetition)
  }
  private mutating func appendCopies(of inner: PatternNode, _ repetition: PatternNode.Repetition) -> Bool {
    guard repetition.minimum == repetition.maximum, repetition.minimum <= SimplePattern.stepsMax else { return false }
    for _ in 0..<repetition.minimum {
      guard append(inner) else { return false }
    }
    return true
  }

  private mutating func append(_ step: Step) -> Bool {
    if step.maximum == 0 { return true }
    guard !endsAtEnd, steps.count < SimplePattern.stepsMax, step.minimum <= SimplePattern.bytesMax else { return false }
    if let last = steps.last, last.bytes == step.bytes, last.minimum == last.maximum, step.minimum == step.maximum,
      last.minimum + step.minimum <= SimplePattern.bytesMax
    {
      steps[steps.count - 1].minimum += step.minimum
      steps[steps.count - 1].maximum += step.minimum
    } else {
      steps.append(step)
    }
    return true
  }

  // MARK: Greed

  /// Where anything may follow the last step, only what it needs matters.
  private mutating func dropRests() {
    while let last = steps.last, last.minimum != last.maximum {
      steps.removeLast()
      if last.minimum > 0 { steps.append(Step(bytes: last.bytes, minimum: last.minimum, maximum: last.minimum)) }
    }
  }

  /// Whether the longest run of a step is the only one that can lead on.
  private func leadsOn(_ index: Int) -> Bool {
    guard steps[index].minimum != steps[index].maximum else { return true }
    for next in steps[(index + 1)...] {
      if steps[index].bytes.intersects(next.bytes) { return false }
      if next.minimum > 0 { return true }
    }
    return true
  }
}

/// A set of byte values.
struct ByteSet: Hashable, Sendable {
  private(set) var words: [4 of UInt64] = [0, 0, 0, 0]

  init(_ bytes: [UInt8]) { for byte in bytes { insert(byte...byte) } }

  mutating func insert(_ range: ClosedRange<UInt8>) {
    for byte in range { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
  }
  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  /// The one member, where there is but one.
  var only: UInt8? {
    guard (0..<4).reduce(0, { $0 + words[$1].nonzeroBitCount }) == 1 else { return nil }
    return (UInt8.min...UInt8.max).first(where: contains)
  }
  func intersects(_ other: ByteSet) -> Bool { (0..<4).contains { words[$0] & other.words[$0] != 0 } }

  static func == (one: ByteSet, other: ByteSet) -> Bool { (0..<4).allSatisfy { one.words[$0] == other.words[$0] } }
  func hash(into hasher: inout Hasher) { for index in 0..<4 { hasher.combine(words[index]) } }
}
