internal import Bytes
internal import Formats

/// What a validation reads: the program and its texts.
@safe struct Context: ~Escapable {
  private let tables: Stored<Program>
  private let streamTables: Stored<StreamProgram>?
  /// The event.
  let text: RawSpan
  /// The program's names, bounds and constants.
  let letters: RawSpan

  @_lifetime(copy text)
  init(_ tables: Stored<Program>, _ streamTables: Stored<StreamProgram>?, _ text: RawSpan) {
    (self.tables, self.streamTables, self.text) = (tables, streamTables, text)
    let bytes = tables.value.letters
    // SAFETY: the letters live as long as the program, which its user keeps for longer than the event's text.
    letters = unsafe _overrideLifetime(
      RawSpan(_unsafeStart: bytes.base, byteCount: bytes.count),
      copying: text
    )
  }
  /// The program for the tape, which the other one refers to.
  @inline(__always) var program: Program { _read { yield tables.value } }
  /// The program for scanning; only where there is one.
  @inline(__always) var stream: StreamProgram { _read { yield streamTables!.value } }
}

/// Where an event does not fit.
struct Failure: BitwiseCopyable, Sendable {
  /// What does not hold.
  var assertion: Int32 = -1
  /// Where the value is that it does not hold for.
  var offset: Int32 = 0
}

/// Asks a program about an event on a tape: every keyword there is.
///
/// What members and elements have been evaluated is marked in sets of bits, one for each object or array under way
/// that a schema asks for. All memory is allocated at the start, and the work for one event is bounded.
struct TapeEvaluator: ~Copyable {
  var tape: Tape
  var strings: StringChecks
  /// Words for sets of bits and tables of hashes, used as a stack.
  var words: Slots<UInt64>
  var wordsUsed = 0
  /// Resources entered, the outermost first.
  var scope: Slots<Int32>
  var scopeCount = 0
  var depth = 0
  /// Steps that are left for this event.
  var budget = 0
  /// Whether the answer is none: the budget was used up, or a pattern gave up.
  var isExhausted = false
  /// While it is not 0, failures are a branch's own affair.
  var quiet = 0
  /// How many failures are wanted.
  var failuresMax = 1
  var failures: Slots<Failure>
  var failureCount = 0
  /// Spreads hashes, so that nobody can choose values that collide.
  let seed: UInt64

  /// Schemas that ask each other in a row: what a thread's stack of 8 MiB has room for, in debug builds too.
  static var depthMax: Int { 1000 }
  static var failuresLimit: Int { 64 }
  /// As many bytes of a string are looked at for one step.
  static var bytesPerStep: Int { 64 }

  init(bytesMax: Int, depthMax: Int, seed: UInt64) {
    tape = Tape(bytesMax: bytesMax, depthMax: depthMax)
    strings = StringChecks(bytesMax: bytesMax)
    words = Slots(zeroed: 4096 + 4 * bytesMax)
    scope = Slots(Self.depthMax + 1) { _ in -1 }
    failures = Slots(Self.failuresLimit) { _ in Failure() }
    self.seed = seed
  }

  /// Whether the event on the tape fits the program.
  mutating func run(_ context: borrowing Context, failuresMax: Int) -> Bool {
    reset(failuresMax: min(failuresMax, Self.failuresLimit), budget: 50_000 + 100 * context.text.byteCount)
    let fits = evaluate(context.program.root, 0, -1, context)
    return fits && !isExhausted
  }

  private mutating func reset(failuresMax: Int, budget: Int) {
    (wordsUsed, scopeCount, depth, quiet, failureCount) = (0, 0, 0, 0, 0)
    isExhausted = false
    (self.failuresMax, self.budget) = (failuresMax, budget)
  }

  /// Whether more of a value is to be looked at after something does not hold.
  @inline(__always) private var goesOn: Bool { quiet == 0 && failureCount < failuresMax && !isExhausted }

  /// Notes that something does not hold; always false.
  mutating func fail(_ assertion: Int32, _ value: Int) -> Bool {
    guard quiet == 0, failureCount < failuresMax else { return false }
    let entry = tape[value]
    // A string's own place is that of its quote.
    let offset = entry.kind == .string ? Int32(entry.start) - 1 : Int32(entry.start)
    failures[failureCount] = Failure(assertion: assertion, offset: offset)
    failureCount += 1
    return false
  }
  /// Takes steps from the budget; false when none are left.
  mutating func spend(_ steps: Int) -> Bool {
    budget -= steps
    if budget < 0 { isExhausted = true }
    return !isExhausted
  }

  /// Whether a value fits a node; `set` is where marks go of what was evaluated of it, or -1.
  mutating func evaluate(_ index: Int32, _ value: Int, _ set: Int, _ context: borrowing Context) -> Bool {
    guard depth < Self.depthMax else {
      isExhausted = true
      return false
    }
    guard spend(1) else { return false }
    let node = context.program.nodes[index]
    let entry = tape[value]
    depth += 1
    let isEntered = scopeCount == 0 || scope[scopeCount - 1] != node.resource
    if isEntered {
      scope[scopeCount] = node.resource
      scopeCount += 1
    }
    let wordsBefore = wordsUsed
    defer {
      depth -= 1
      if isEntered { scopeCount -= 1 }
      wordsUsed = wordsBefore
    }
    guard isKind(entry, node.kinds, context) else { return fail(node.typeAssertion, value) }
    guard node.hasUnevaluated, entry.kind == .object || entry.kind == .array else {
      return evaluate(node, entry, value, set, context)
    }
    // What others have evaluated of the value is not this schema's to know.
    let mine = reserve(Int(entry.count))
    guard mine >= 0, evaluate(node, entry, value, mine, context) else { return false }
    guard evaluateRest(node, entry, value, mine, context) else { return false }
    if set >= 0 { merge(mine, into: set, Int(entry.count)) }
    return true
  }

  /// Everything but the type and the keywords `unevaluated…`.
  private mutating func evaluate(
    _ node: Node,
    _ entry: TapeValue,
    _ value: Int,
    _ set: Int,
    _ context: borrowing Context
  ) -> Bool {
    var fits = true
    for rule in node.constants.indices where !isAny(context.program.constants[rule], value, context) {
      fits = fail(context.program.constants[rule].assertion, value)
      guard goesOn else { return false }
    }
    switch entry.kind {
    case .string where !node.strings.isEmpty:
      fits = checkString(node.strings, entry, value, context) && fits
    case .number where !node.numbers.isEmpty:
      fits = checkNumber(node.numbers, entry, value, context) && fits
    case .object where node.object >= 0:
      fits = evaluateMembers(Int(node.object), value, set, context) && fits
    case .array where node.array >= 0:
      fits = evaluateElements(context.program.arrays[node.array], value, set, context) && fits
    default: break
    }
    guard fits || goesOn else { return false }
    for branch in node.branches.indices {
      if !evaluate(context.program.branches[branch], value, set, context) {
        fits = false
        guard goesOn else { return false }
      }
    }
    return fits
  }

  private func isKind(_ entry: TapeValue, _ kinds: Kinds, _ context: borrowing Context) -> Bool {
    switch entry.kind {
    case .null: kinds.contains(.null)
    case .false, .true: kinds.contains(.boolean)
    case .string: kinds.contains(.string)
    case .array: kinds.contains(.array)
    case .object: kinds.contains(.object)
    case .number:
      kinds.contains(.number) || kinds.contains(.integer) && number(entry, context).isInteger(in: context.text)
    }
  }
  func number(_ entry: TapeValue, _ context: borrowing Context) -> JSONNumber {
    JSONNumber(checked: Int(entry.start)..<Int(entry.end), of: context.text)
  }

  private mutating func checkString(_ rules: Run, _ entry: TapeValue, _ value: Int, _ context: borrowing Context)
    -> Bool
  {
    // Branches may ask about a long string many times.
    guard spend(Int(entry.end - entry.start) / Self.bytesPerStep * Int(rules.count)) else { return false }
    var fits = true
    for index in rules.indices {
      let rule = context.program.strings[index]
      switch strings.check(entry.string, rule, context) {
      case .holds: continue
      case .gaveUp: isExhausted = true
      case .fails: break
      }
      fits = fail(rule.assertion, value)
      guard goesOn else { return false }
    }
    return fits
  }
  private mutating func checkNumber(_ rules: Run, _ entry: TapeValue, _ value: Int, _ context: borrowing Context)
    -> Bool
  {
    var fits = true
    let number = number(entry, context)
    for index in rules.indices where !context.program.numbers[index].holds(for: number, context) {
      fits = fail(context.program.numbers[index].assertion, value)
      guard goesOn else { return false }
    }
    return fits
  }

  // MARK: Sets of bits

  /// Room for marks of so many members or elements, none of them set; -1 when there is none.
  mutating func reserve(_ count: Int) -> Int {
    let needed = (count + 63) / 64
    guard wordsUsed + needed <= words.count else {
      isExhausted = true
      return -1
    }
    let start = wordsUsed
    for index in start..<start + needed { words[index] = 0 }
    wordsUsed += needed
    return start
  }
  @inline(__always) mutating func mark(_ index: Int, in set: Int) {
    words[set + index / 64] |= 1 << UInt64(index % 64)
  }
  @inline(__always) func isMarked(_ index: Int, in set: Int) -> Bool {
    words[set + index / 64] >> UInt64(index % 64) & 1 != 0
  }
  mutating func merge(_ set: Int, into other: Int, _ count: Int) {
    for index in 0..<(count + 63) / 64 { words[other + index] |= words[set + index] }
  }
}

extension NumberRule {
  /// Whether it holds.
  @inline(__always) func holds(for number: JSONNumber, _ context: borrowing Context) -> Bool {
    if kind == .multiple { return divisor!.divides(number, in: context.text) }
    let order = JSONNumber.compare(number, in: context.text, to: bound, in: context.letters)
    switch kind {
    case .minimum: return order >= 0
    case .maximum: return order <= 0
    case .exclusiveMinimum: return order > 0
    case .exclusiveMaximum, .multiple: return order < 0
    }
  }
}

/// Values that stand alone.
extension TapeEvaluator {
  /// Whether a value fits a schema that looks at nothing within it.
  mutating func fits(_ value: TapeValue, _ node: Int32, _ context: borrowing Context) -> Bool {
    begin(value, context)
    return evaluate(node, 0, -1, context)
  }
  /// Whether a value fits a choice that looks at nothing within it.
  mutating func fits(_ value: TapeValue, _ branch: Branch, _ context: borrowing Context) -> Bool {
    begin(value, context)
    return evaluate(branch, 0, -1, context)
  }
  private mutating func begin(_ value: TapeValue, _ context: borrowing Context) {
    tape.put(alone: value)
    reset(failuresMax: 1, budget: 10_000)
  }
}
