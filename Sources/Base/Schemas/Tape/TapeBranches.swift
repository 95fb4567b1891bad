internal import Bytes
internal import Formats

/// Schemas that are asked about the same value.
extension TapeEvaluator {
  mutating func evaluate(_ branch: Branch, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    switch branch.kind {
    case .all: return evaluateAll(branch, value, set, context)
    case .any: return evaluateSome(branch, atMost: Int.max, value, set, context)
    case .one: return evaluateSome(branch, atMost: 1, value, set, context)
    case .none:
      return isFitting(context.program.lists[branch.nodes.start], value, -1, context)
        ? fail(branch.assertion, value) : true
    case .condition: return evaluateCondition(branch, value, set, context)
    case .dependent:
      guard spend(Int(tape[value].count)) else { return false }
      guard has(branch.name, value, context) else { return true }
      return evaluate(context.program.lists[branch.nodes.start], value, set, context)
    case .dynamic: return evaluate(outermost(branch, context), value, set, context)
    }
  }

  private mutating func evaluateAll(_ branch: Branch, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    var fits = true
    for index in branch.nodes.indices where fits || quiet == 0 && failureCount < failuresMax && !isExhausted {
      fits = evaluate(context.program.lists[index], value, set, context) && fits
    }
    return fits
  }

  /// Whether a value fits, without a word about where it does not; what is evaluated is marked only if it does.
  private mutating func isFitting(_ node: Int32, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    let wordsBefore = wordsUsed
    defer { wordsUsed = wordsBefore }
    let count = Int(tape[value].count)
    let mine = set >= 0 ? reserve(count) : -1
    quiet += 1
    let fits = evaluate(node, value, mine, context)
    quiet -= 1
    if fits, mine >= 0 { merge(mine, into: set, count) }
    return fits && !isExhausted
  }

  /// At least one of several, and at most so many.
  private mutating func evaluateSome(
    _ branch: Branch,
    atMost limit: Int,
    _ value: Int,
    _ set: Int,
    _ context: borrowing Context
  ) -> Bool {
    var count = 0
    for index in branch.nodes.indices {
      if isFitting(context.program.lists[index], value, set, context) { count += 1 }
      guard count <= limit else { break }
      // Only who asks what was evaluated needs the others.
      if count > 0, limit > 1, set < 0 { break }
    }
    return count > 0 && count <= limit ? true : fail(branch.assertion, value)
  }

  private mutating func evaluateCondition(_ branch: Branch, _ value: Int, _ set: Int, _ context: borrowing Context)
    -> Bool
  {
    let start = Int(branch.nodes.start)
    let holds = isFitting(context.program.lists[start], value, set, context)
    let next = context.program.lists[holds ? start + 1 : start + 2]
    return next < 0 ? true : evaluate(next, value, set, context)
  }

  /// Whether a value is an object with a member of that name.
  private func has(_ name: Int32, _ value: Int, _ context: borrowing Context) -> Bool {
    guard tape[value].kind == .object else { return false }
    let wanted = context.program.constantTape[name]
    var place = value + 1
    while place < Int(tape[value].next) {
      if !tape[place].isOverruled, isSame(tape[place].string, wanted.string, isConstant: true, context) { return true }
      place = Int(tape[place + 1].next)
    }
    return false
  }

  /// The node that a dynamic reference means.
  private func outermost(_ branch: Branch, _ context: borrowing Context) -> Int32 {
    for entered in 0..<scopeCount {
      for index in 0..<context.program.anchors.count {
        let anchor = context.program.anchors[index]
        if anchor.resource == scope[entered], anchor.name == branch.name { return anchor.node }
      }
    }
    return context.program.lists[branch.nodes.start]
  }
}
