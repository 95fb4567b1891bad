/// Where the groups of a pattern stand that references mean.
///
/// A round of a repetition forgets, in ECMA-262, what the groups in it held; PCRE2 keeps it. Both are one where each
/// round must set the group anew: between the group and the outermost repetition around it lies no choice and nothing
/// that may be left out, and no round is empty.
struct GroupSurvey {
  /// A construct on the way from the root to a group or a reference.
  private struct Step: Equatable {
    enum Kind {
      case group, optional, choice, repetition, negativeLook, look, lookbehind
    }
    let kind: Kind
    /// The construct's number in order of appearance.
    let place: Int
    var mayBeEmpty = false
    var mayBeLeftOut = false
  }

  private var groups: [Int: [Step]] = [:]
  private var references: [Int: [Step]] = [:]
  private var wanted: Set<Int>
  private let ranks: [Int: Int]
  private let order: [PatternTree.Reference]
  private var places = 0

  init(_ tree: PatternTree) {
    wanted = Set(tree.references.map(\.group))
    ranks = Dictionary(uniqueKeysWithValues: wanted.sorted().enumerated().map { ($0.element, $0.offset + 1) })
    order = tree.references
    // Without references there is nothing to know.
    if !wanted.isEmpty { visit(tree.root, []) }
  }

  /// Whether the group is referred to.
  func captures(_ group: Int) -> Bool { wanted.contains(group) }

  /// The group's number among those that capture.
  func rank(of group: Int) -> Int { ranks[group] ?? 0 }

  /// Whether the reference can see what its group held: a negative look around the group alone hides it.
  func isVisible(_ reference: Int) -> Bool {
    let around = references[reference] ?? []
    return (groups[order[reference].group] ?? []).allSatisfy { $0.kind != .negativeLook || around.contains($0) }
  }

  /// Refuses a reference that PCRE2 would take for something else.
  func check(_ index: Int) throws(PatternFault) {
    let reference = order[index]
    let path = groups[reference.group] ?? []
    if let outermost = path.firstIndex(where: { $0.kind == .repetition }) {
      let isAlwaysSet = path[outermost...].indices.allSatisfy { place in
        let step = path[place]
        switch step.kind {
        case .group, .look: return true
        case .repetition: return !step.mayBeEmpty && (place == outermost || !step.mayBeLeftOut)
        default: return false
        }
      }
      guard isAlwaysSet else {
        throw PatternFault(
          at: reference.offset,
          "a reference to a group that a round of a repetition may leave out or empty cannot be matched here"
        )
      }
    }
    guard !path.contains(where: { $0.kind == .lookbehind }),
      !(references[index] ?? []).contains(where: { $0.kind == .lookbehind })
    else { throw PatternFault(at: reference.offset, "a reference in or into a lookbehind cannot be matched here") }
  }

  private mutating func step(_ kind: Step.Kind) -> Step {
    places += 1
    return Step(kind: kind, place: places)
  }

  private mutating func visit(_ node: PatternNode, _ path: [Step]) {
    switch node {
    case .empty, .scalar, .oneOf, .start, .end, .wordBoundary: break
    case .sequence(let parts): for part in parts { visit(part, path) }
    case .choice(let choices):
      for choice in choices { visit(choice, path + [step(.choice)]) }
    case .group(let inner, let number):
      if wanted.contains(number) { groups[number] = path }
      visit(inner, path + [step(.group)])
    case .repeat(let inner, let repetition):
      guard repetition.maximum > 1 || repetition.minimum == 0 else { return visit(inner, path) }
      var round = step(repetition.maximum > 1 ? .repetition : .optional)
      round.mayBeEmpty = GroupSurvey.mayBeEmpty(inner)
      round.mayBeLeftOut = repetition.minimum == 0
      visit(inner, path + [round])
    case .look(let inner, let look):
      visit(inner, path + [step(look.isBehind ? .lookbehind : look.isNegated ? .negativeLook : .look)])
    case .reference(let index): references[index] = path
    }
  }

  private static func mayBeEmpty(_ node: PatternNode) -> Bool {
    switch node {
    case .empty, .start, .end, .wordBoundary, .look, .reference: true
    case .scalar, .oneOf: false
    case .sequence(let parts): parts.allSatisfy(mayBeEmpty)
    case .choice(let choices): choices.contains(where: mayBeEmpty)
    case .group(let inner, _): mayBeEmpty(inner)
    case .repeat(let inner, let repetition): repetition.minimum == 0 || mayBeEmpty(inner)
    }
  }
}
