/// Writes a tree in PCRE2's syntax, with the meaning that ECMA-262 gives it.
///
/// Every character is written by number and every class by its members, so that nothing depends on PCRE2's own idea of
/// them. Only groups that are referred to capture. What PCRE2 would do differently is refused:
///
/// - a lookbehind whose length varies: PCRE2 10.42 steps back by a fixed count;
/// - a reference to a group that a repetition may pass by: ECMA-262 forgets what it held at each round, PCRE2 does not.
struct PatternTranslator {
  /// What PCRE2 reads. Options it needs: UTF, DOTALL, MATCH_UNSET_BACKREF.
  private(set) var output: [UInt8] = []

  private let tree: PatternTree
  private let survey: GroupSurvey
  private let width = PatternWidth()
  private static let repeatMax = 65_535

  static func translate(_ tree: PatternTree) throws(PatternFault) -> [UInt8] {
    var translator = PatternTranslator(tree)
    for index in tree.references.indices { try translator.survey.check(index) }
    try translator.write(tree.root)
    return translator.output
  }

  private init(_ tree: PatternTree) {
    self.tree = tree
    survey = GroupSurvey(tree)
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
    write("(?:")
    try write(inner)
    write(")")
    switch (repetition.minimum, repetition.maximum) {
    case (0, Int.max): write("*")
    case (1, Int.max): write("+")
    case (0, 1): write("?")
    case (let minimum, Int.max): write("{\(minimum),}")
    case (let minimum, let maximum): write("{\(minimum),\(maximum)}")
    }
    if repetition.isLazy { write("?") }
  }

  private mutating func write(_ inner: PatternNode, _ look: PatternNode.Look) throws(PatternFault) {
    if look.isBehind {
      guard width.isFixedForLookbehind(inner) else {
        throw PatternFault(
          at: look.offset,
          "a lookbehind that can be matched here has one length in each of its outermost choices"
        )
      }
    }
    write(look.isBehind ? "(?<" : "(?")
    write(look.isNegated ? "!" : "=")
    // PCRE2 lets only the outermost choices of a lookbehind differ in length.
    if case .choice(let choices) = inner { try write(choices: choices) } else { try write(inner) }
    write(")")
  }
}

/// How many code points a node matches, where that is one number.
struct PatternWidth {
  /// Beyond this PCRE2 refuses a lookbehind.
  private static let widthMax = 65_535

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
}
