internal import Bytes
internal import Formats

/// Members, elements, and what is left of them.
extension TapeEvaluator {
  @inline(__always) private var goesOn: Bool { quiet == 0 && failureCount < failuresMax && !isExhausted }

  mutating func evaluateMembers(_ index: Int, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    let rule = context.program.objects[index]
    let present = reserve(Int(rule.names.count))
    guard present >= 0, spend(Int(tape[value].count)) else { return false }
    var fits = true
    var (place, ordinal) = (value + 1, 0)
    let end = Int(tape[value].next)
    while place < end {
      let name = tape[place]
      let member = place + 1
      place = Int(tape[member].next)
      guard !name.isOverruled else { continue }
      defer { ordinal += 1 }
      var isEvaluated = false
      if !evaluateMember(name, member, rule, present, &isEvaluated, context) {
        fits = false
        guard goesOn else { return false }
      }
      if isEvaluated, set >= 0 { mark(ordinal, in: set) }
    }
    return checkCounts(rule, value, present, context) && fits
  }

  private mutating func evaluateMember(
    _ name: TapeValue,
    _ member: Int,
    _ rule: ObjectRule,
    _ present: Int,
    _ isEvaluated: inout Bool,
    _ context: borrowing Context
  ) -> Bool {
    var fits = true
    let known = strings.index(of: name.string, in: rule.names, context)
    if known >= 0 {
      mark(known, in: present)
      let node = context.program.lists[Int(rule.members.start) + known]
      if node >= 0 {
        isEvaluated = true
        fits = evaluate(node, member, -1, context)
      }
    }
    for index in rule.patterns.indices where fits || goesOn {
      let rule = context.program.patternRules[index]
      let outcome = strings.find(Int(rule.pattern), in: name.string, context)
      if outcome == .gaveUp { isExhausted = true }
      guard outcome == .holds else { continue }
      isEvaluated = true
      fits = evaluate(rule.node, member, -1, context) && fits
    }
    if !isEvaluated, rule.additional >= 0, fits || goesOn {
      isEvaluated = true
      fits = evaluate(rule.additional, member, -1, context) && fits
    }
    if rule.propertyNames >= 0, fits || goesOn {
      quiet += 1
      let isName = evaluate(rule.propertyNames, member - 1, -1, context)
      quiet -= 1
      if !isName { fits = fail(rule.propertyNamesAssertion, member) }
    }
    return fits
  }

  private mutating func checkCounts(
    _ rule: ObjectRule,
    _ value: Int,
    _ present: Int,
    _ context: borrowing Context
  ) -> Bool {
    var fits = true
    for index in rule.required.indices {
      let needed = context.program.requirements[index]
      if !isMarked(Int(needed.name), in: present), fits || goesOn { fits = fail(needed.assertion, value) }
    }
    for index in rule.dependencies.indices {
      let needed = context.program.requirements[index]
      let isAsked = isMarked(Int(needed.when), in: present)
      if isAsked, !isMarked(Int(needed.name), in: present), fits || goesOn { fits = fail(needed.assertion, value) }
    }
    let count = Int64(tape[value].count)
    if count < rule.minCount, fits || goesOn { fits = fail(rule.minAssertion, value) }
    if count > rule.maxCount, fits || goesOn { fits = fail(rule.maxAssertion, value) }
    return fits
  }

  mutating func evaluateElements(_ rule: ArrayRule, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    guard spend(Int(tape[value].count)) else { return false }
    var fits = true
    var contained: Int64 = 0
    var (place, ordinal) = (value + 1, 0)
    let end = Int(tape[value].next)
    while place < end {
      let isFirst = ordinal < Int(rule.prefix.count)
      let node = isFirst ? context.program.lists[Int(rule.prefix.start) + ordinal] : rule.items
      if node >= 0 {
        if !evaluate(node, place, -1, context) {
          fits = false
          guard goesOn else { return false }
        }
        if set >= 0 { mark(ordinal, in: set) }
      }
      if rule.contains >= 0 {
        quiet += 1
        let isContained = evaluate(rule.contains, place, -1, context)
        quiet -= 1
        if isContained { contained += 1 }
        if isContained, set >= 0, rule.marksContained { mark(ordinal, in: set) }
      }
      place = Int(tape[place].next)
      ordinal += 1
    }
    let count = Int64(tape[value].count)
    if count < rule.minCount, fits || goesOn { fits = fail(rule.minAssertion, value) }
    if count > rule.maxCount, fits || goesOn { fits = fail(rule.maxAssertion, value) }
    if rule.contains >= 0, contained < rule.minContains, fits || goesOn {
      fits = fail(rule.minContainsAssertion, value)
    }
    if rule.contains >= 0, contained > rule.maxContains, fits || goesOn {
      fits = fail(rule.maxContainsAssertion, value)
    }
    guard rule.uniqueAssertion >= 0, fits || goesOn, hasTwice(value, context) else { return fits }
    return fail(rule.uniqueAssertion, value)
  }

  /// Asks `unevaluatedProperties` and `unevaluatedItems` about what nobody has evaluated, and marks it.
  mutating func evaluateRest(
    _ node: Node,
    _ entry: TapeValue,
    _ value: Int,
    _ set: Int,
    _ context: borrowing Context
  ) -> Bool {
    let isObject = entry.kind == .object
    let rest = isObject ? node.unevaluatedProperties : node.unevaluatedItems
    guard rest >= 0 else { return true }
    guard spend(Int(entry.count)) else { return false }
    var fits = true
    var (place, ordinal) = (value + 1, 0)
    while place < Int(entry.next) {
      let isOverruled = isObject && tape[place].isOverruled
      let inner = isObject ? place + 1 : place
      place = Int(tape[inner].next)
      guard !isOverruled else { continue }
      defer { ordinal += 1 }
      guard !isMarked(ordinal, in: set) else { continue }
      mark(ordinal, in: set)
      if !evaluate(rest, inner, -1, context) {
        fits = false
        guard goesOn else { return false }
      }
    }
    return fits
  }
}
