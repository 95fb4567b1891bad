/// Writes a tree in PCRE2's syntax, with the meaning that ECMA-262 gives it.
///
/// Every character is written by number and every class by its members, so that nothing depends on PCRE2's own idea of
/// them. Only groups that are referred to capture. What PCRE2 would do differently is refused:
///
/// - a lookbehind whose length varies: PCRE2 10.42 steps back by a fixed count;
/// - a reference to a group that a repetition may pass by: ECMA-262 forgets what it held at each round, PCRE2 does not.
///
/// PCRE2's native code counts against its match limit, anew for each place where it starts, the ends of runs and each
/// step back into one, but not the rounds of a run. So a search starts once, and passes over what stands before the
/// match by a run of its own; and within a lookahead, which forgets its runs without stepping back into them, each
/// round holds one more run, of nothing; a run with an upper bound makes the limit smaller instead. Then the limit
/// bounds the work of the whole search.
struct PatternTranslator {
  /// What PCRE2 reads, with the options UTF, DOTALL and MATCH_UNSET_BACKREF.
  private(set) var output: [UInt8] = []

  private let tree: PatternTree
  private let survey: GroupSurvey
  private let width = PatternWidth()
  private var lookaheads = 0
  /// Runs as short need not be counted.
  private static let shortRun = 16
  private static let runOfNothing = "[^\\x{0}-\\x{10ffff}]?+"
  private static let repeatMax = 65_535

  static func translate(_ tree: PatternTree) throws(PatternFault) -> [UInt8] {
    var translator = PatternTranslator(tree)
    for index in tree.references.indices { try translator.survey.check(index) }
    let isAnchored = PatternTranslator.isAnchored(tree.root)
    translator.write(isAnchored ? "(?:" : "\\A.*?(?:")
    try translator.write(tree.root)
    translator.write(")")
    return translator.output
  }

  private init(_ tree: PatternTree) {
    self.tree = tree
    survey = GroupSurvey(tree)
  }

  /// Whether a match can only begin at the start of the text.
  private static func isAnchored(_ node: PatternNode) -> Bool {
    switch node {
    case .start: true
    case .sequence(let parts): isAnchored(parts[0])
    case .choice(let choices): choices.allSatisfy(isAnchored)
    case .group(let inner, _): isAnchored(inner)
    default: false
    }
  }

  private mutating func write(_ text: String) { output += text.utf8 }

  private mutating func write(_ node: PatternNode) throws(PatternFault) {
    switch node {
    case .empty: break
    case .scalar(let value):
      // A surrogate by itself is in no text.
      if let scalar = Unicode.Scalar(value) { write(scalar) } else { write("(?!)") }
    case .oneOf(let members): write(members)
    case .sequence(let parts):
      for part in parts { try write(part) }
    case .choice(let choices):
      write("(?:")
      try write(choices: choices)
      write(")")
    case .group(let inner, let number):
      write(survey.captures(number) ? "(" : "(?:")
      try write(inner)
      write(")")
    case .repeat(let inner, let repetition): try write(inner, repetition)
    case .start: write("\\A")
    case .end: write("\\z")
    case .wordBoundary(let isNegated): write(isNegated ? "\\B" : "\\b")
    case .look(let inner, let look): try write(inner, look)
    case .reference(let index):
      let group = tree.references[index].group
      // Where the group cannot have matched, the reference matches the empty text.
      if survey.isVisible(index) { write("\\g{\(survey.rank(of: group))}") } else { write("(?:)") }
    }
  }

  private mutating func write(choices: [PatternNode]) throws(PatternFault) {
    for (index, choice) in choices.enumerated() {
      if index > 0 { write("|") }
      try write(choice)
    }
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": output.append(UInt8(scalar.value))
    default: write("\\x{\(String(scalar.value, radix: 16))}")
    }
  }

  private mutating func write(_ members: ScalarClass) {
    guard members.isPlain else {
      write(members.isNegated ? "[^" : "[")
      write(members.set)
      for property in members.properties {
        // `\p{^Cn}` is PCRE2's own way to say `\P{Cn}`.
        write("\\\(property.isNegated ? "P" : "p"){\(property.name)}")
      }
      write("]")
      return
    }
    if members.set == .all {
      write(".")
    } else if members.set == .none {
      write("(?!)")
    } else if members.set.hasAllBeyondASCII {
      write("[^")
      write(members.set.complement)
      write("]")
    } else {
      write("[")
      write(members.set)
      write("]")
    }
  }
  private mutating func write(_ set: ScalarSet) {
    for range in set.codePoints {
      write("\\x{\(String(range.lowerBound, radix: 16))}")
      if range.count > 1 { write("-\\x{\(String(range.upperBound, radix: 16))}") }
    }
  }

  private mutating func write(_ inner: PatternNode, _ repetition: PatternNode.Repetition) throws(PatternFault) {
    guard repetition.minimum <= Self.repeatMax, repetition.maximum == Int.max || repetition.maximum <= Self.repeatMax
    else {
      throw PatternFault(at: repetition.offset, "a repetition is bounded by at most \(Self.repeatMax)")
    }
    if inner.isOneCharacter, lookaheads == 0 || repetition.maximum < Int.max {
      try write(inner)
    } else if inner.isOneCharacter, repetition.minimum > 1 {
      try write(inner)
      write("{\(repetition.minimum)}")
      return try write(inner, PatternNode.Repetition(0, Int.max, isLazy: repetition.isLazy, at: repetition.offset))
    } else {
      write("(?:")
      try write(inner)
      if lookaheads > 0, repetition.maximum > Self.shortRun { write(Self.runOfNothing) }
      write(")")
    }
    write(countsOf: repetition)
    if repetition.isLazy { write("?") }
  }

  private mutating func write(countsOf repetition: PatternNode.Repetition) {
    switch (repetition.minimum, repetition.maximum) {
    case (0, Int.max): write("*")
    case (1, Int.max): write("+")
    case (0, 1): write("?")
    case (let minimum, Int.max): write("{\(minimum),}")
    case (let minimum, let maximum): write("{\(minimum),\(maximum)}")
    }
  }

  private mutating func write(_ inner: PatternNode, _ look: PatternNode.Look) throws(PatternFault) {
    if look.isBehind {
      guard width.isFixedForLookbehind(inner) else {
        throw PatternFault(
          at: look.offset,
          "a lookbehind has one length, up to 255, in each of its outermost choices to be matched here"
        )
      }
    }
    if !look.isBehind { lookaheads += 1 }
    defer { if !look.isBehind { lookaheads -= 1 } }
    write(look.isBehind ? "(?<" : "(?")
    write(look.isNegated ? "!" : "=")
    // PCRE2 lets only the outermost choices of a lookbehind differ in length.
    if case .choice(let choices) = inner { try write(choices: choices) } else { try write(inner) }
    write(")")
  }
}

/// How many code points a node matches, where that is one number.
struct PatternWidth {
  /// Beyond this a lookbehind is refused: it is stepped through at each place.
  private static let widthMax = 255

  func isFixedForLookbehind(_ node: PatternNode) -> Bool {
    if case .choice(let choices) = node { return choices.allSatisfy { of($0) != nil } }
    return of(node) != nil
  }

  /// The width, or `nil` where it varies, is unknown or is too large.
  func of(_ node: PatternNode) -> Int? {
    switch node {
    case .empty, .start, .end, .wordBoundary, .look: return 0
    case .scalar, .oneOf: return 1
    case .sequence(let parts):
      var total = 0
      for part in parts {
        guard let width = of(part), total + width <= Self.widthMax else { return nil }
        total += width
      }
      return total
    case .choice(let choices):
      let widths = choices.map(of)
      return widths.allSatisfy { $0 == widths[0] } ? widths[0] : nil
    case .group(let inner, _): return of(inner)
    case .repeat(let inner, let repetition):
      guard repetition.minimum == repetition.maximum, let width = of(inner) else { return nil }
      let (total, overflowed) = width.multipliedReportingOverflow(by: repetition.minimum)
      return overflowed || total > Self.widthMax ? nil : total
    case .reference: return nil
    }
  }

  /// At most how many code points are passed over in a row before PCRE2 counts; no more than `Int32.max` is told.
  ///
  /// A run counts as far as it must go; within a lookahead, where nothing steps back into it, as far as it may.
  func ofRow(_ node: PatternNode, inLookahead: Bool = false) -> Int {
    let most = Int(Int32.max)
    switch node {
    case .empty, .start, .end, .wordBoundary, .reference: return 0
    case .scalar, .oneOf: return 1
    case .sequence(let parts), .choice(let parts):
      return parts.reduce(0) { min($0 + ofRow($1, inLookahead: inLookahead), most) }
    case .group(let inner, _): return ofRow(inner, inLookahead: inLookahead)
    case .look(let inner, let look): return ofRow(inner, inLookahead: inLookahead || !look.isBehind)
    case .repeat(let inner, let repetition):
      let isCounted = repetition.maximum == Int.max || !inLookahead
      let rounds = isCounted ? max(repetition.minimum, 1) : repetition.maximum
      return min(ofRow(inner, inLookahead: inLookahead) * min(rounds, most), most)
    }
  }
}
