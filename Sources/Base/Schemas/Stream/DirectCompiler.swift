internal import Formats

/// Makes the tables for the quick way of those for scanning.
struct DirectCompiler {
  private let program: StreamProgram
  private var places: [DirectName] = []
  private var bounds: [Int64] = []
  private var patterns: [JSONPattern] = []
  private let matchers: Table<PatternMatcher>
  /// Where the places of names start, and a seed and the number of bits for each.
  private var spreads: [(start: Int, seed: UInt64, bits: Int)] = []

  init(_ program: StreamProgram, matchers: Table<PatternMatcher>) {
    (self.program, self.matchers) = (program, matchers)
  }

  mutating func compile() -> DirectProgram {
    let program = program
    let states = (0..<program.states.count).map { state(program.states[$0]) }
    let free = state(StreamState())
    for index in 0..<program.objects.count {
      let object = program.objects[index]
      spread(object.names) { ordinal in
        let state = program.lists[Int(object.members.start) + ordinal]
        return state < 0 ? free : states[Int(state)]
      }
    }
    for index in 0..<program.constants.count { spread(program.constants[index].strings) { _ in free } }
    let places = Table(places)
    let names = spreads.enumerated().map { index, spread in
      // SAFETY: each has its places among these, and the letters are kept for as long.
      var names = unsafe DirectNames(places: places.place(of: Int32(spread.start)), letters: program.letters.base)
      (names.seed, names.shift, names.mask) = (spread.seed, UInt64(64 - spread.bits), Int32(1 << spread.bits) - 1)
      guard index < program.objects.count else { return names }
      let object = program.objects[index]
      names.required = object.required
      names.isDirect = isDirect(object)
      names.isPlain = object.dependencies.isEmpty && object.minCount <= 0 && object.maxCount == .max
      return names
    }
    return DirectProgram(names: Table(names), places: places, bounds: Table(bounds), patterns: Table(patterns))
  }

  // MARK: Names

  private func isDirect(_ object: StreamObject) -> Bool {
    object.names.count > 0 && object.nameNodes.isEmpty
      && object.names.entries(in: program.names).allSatisfy { $0.count > 0 }
  }

  private mutating func spread(_ names: NameTable, state: (Int) -> DirectState) {
    let made = names.entries(in: program.names).map { entry -> DirectName in
      let letters = (Int(entry.start)..<Int(entry.start + entry.count)).map { program.letters[$0] }
      // Constants may be more than there are bits: theirs only tell places that are taken.
      var name = DirectName(letters, letters: entry.start, bit: 1 << UInt64(entry.index % 64))
      name.state = state(Int(entry.index))
      return name
    }
    var bits = 1
    while 1 << bits < made.count * 2 { bits += 1 }
    let seed = Self.seed(made, &bits)
    var mine = [DirectName](repeating: DirectName(), count: 1 << bits)
    for name in made {
      var place = Self.place(name, seed, bits)
      while mine[place].bit != 0 { place = (place + 1) & (mine.count - 1) }
      mine[place] = name
    }
    spreads.append((places.count, seed, bits))
    places += mine
  }

  private static func place(_ name: DirectName, _ seed: UInt64, _ bits: Int) -> Int {
    Int(DirectNames.hash(name.head, name.tail, seed) >> UInt64(64 - bits))
  }
  /// A multiplier with which all names have places of their own, in up to four times as many; else the last one tried.
  private static func seed(_ names: [DirectName], _ bits: inout Int) -> UInt64 {
    var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
    for extra in 0..<3 {
      for _ in 0..<64 {
        seed = (seed &* 0xD134_2543_DE82_EF95 &+ 1) | 1
        var taken = Set<Int>()
        if names.allSatisfy({ taken.insert(place($0, seed, bits + extra)).inserted }) {
          bits += extra
          return seed
        }
      }
    }
    bits += 2
    return seed
  }

  // MARK: States

  private mutating func state(_ state: StreamState) -> DirectState {
    var found = DirectState()
    readStrings(state, into: &found)
    readBounds(state, into: &found)
    if !state.hasMore {
      if state.kinds.contains(.boolean) { found.words.formUnion([.true, .false]) }
      if state.kinds.contains(.null) { found.words.insert(.null) }
      if state.kinds.contains(.object), state.object >= 0, isDirect(program.objects[state.object]) {
        found.object = state.object
      }
    }
    return found
  }

  private mutating func readStrings(_ state: StreamState, into found: inout DirectState) {
    guard state.kinds.contains(.string), state.shallow.isEmpty else { return }
    var (least, most) = (0, Int(UInt32.max))
    var others: [Int] = []
    for place in state.strings.indices {
      let rule = program.strings[place]
      switch rule.kind {
      case .minLength: least = max(least, rule.value)
      case .maxLength: most = min(most, rule.value)
      case .pattern, .format: others.append(place)
      }
    }
    guard others.count + Int(state.constants.count) <= 1, least <= most else { return }
    (found.minLength, found.maxLength) = (UInt32(least), UInt32(max(most, 0)))
    if let rule = others.first {
      (found.strings, found.string) = (.rule, Int32(rule))
      if program.strings[rule].kind == .pattern, let pattern = matchers[program.strings[rule].value].plain {
        found.pattern = Int32(patterns.count)
        patterns.append(pattern)
      }
    }
    guard !state.constants.isEmpty else { return }
    (found.strings, found.string) = (.constant, Int32(program.objects.count) + state.constants.start)
  }

  private mutating func readBounds(_ state: StreamState, into found: inout DirectState) {
    found.bounds = Int32(bounds.count)
    for scale in 0..<DirectProgram.scales {
      let fits = state.kinds.contains(.number) || scale == 0 && state.kinds.contains(.integer)
      let range = fits && !state.hasMore ? range(of: state.numbers, scale) : nil
      bounds += range.map { [$0.0, $0.1] } ?? [1, 0]
    }
  }
  /// Which mantissas hold, for so many digits behind the point; `nil` where they alone don't tell.
  private func range(of rules: Run, _ scale: Int) -> (Int64, Int64)? {
    var (least, most) = (-Self.huge, Self.huge)
    for place in rules.indices {
      let rule = program.numbers[place]
      guard !rule.bound.isWide, rule.kind != .multiple else { return nil }
      let (below, above) = Self.neighbours(of: rule.bound, scale)
      switch rule.kind {
      case .minimum: least = max(least, above)
      case .exclusiveMinimum: least = max(least, below + 1)
      case .maximum: most = min(most, below)
      case .exclusiveMaximum: most = min(most, above - 1)
      case .multiple: return nil
      }
    }
    return (least, most)
  }
  /// More than any number of 16 digits.
  private static let huge: Int64 = 1 << 60

  /// The greatest integer that is no more than a number with its point moved, and the least that is no less.
  private static func neighbours(of bound: JSONNumber, _ scale: Int) -> (Int64, Int64) {
    var (below, above) = (bound.mantissa, bound.mantissa)
    var exponent = Int(bound.exponent) + scale
    while exponent > 0, below != 0, below.magnitude < huge.magnitude {
      below = max(
        -huge,
        min(huge, below.multipliedReportingOverflow(by: 10).overflow ? below.signum() * huge : below * 10)
      )
      exponent -= 1
    }
    if exponent >= 0 {
      below = max(-huge, min(huge, below))
      return (below, below)
    }
    // A rest once seen stays: 19 steps leave nothing of any mantissa.
    var hasRest = false
    var quotient = below
    for _ in 0..<min(-exponent, 19) {
      hasRest = hasRest || quotient % 10 != 0
      quotient /= 10
    }
    below = hasRest && bound.mantissa < 0 ? quotient - 1 : quotient
    above = hasRest && bound.mantissa > 0 ? quotient + 1 : quotient
    return (max(-huge, min(huge, below)), max(-huge, min(huge, above)))
  }
}
