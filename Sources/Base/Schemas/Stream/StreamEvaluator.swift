internal import Bytes
internal import Formats

/// Checks events while they are scanned, with no tree of them: the first tier.
///
/// One state holds for each value; names lead to the states of members. All memory is allocated at the start.
struct StreamEvaluator: ~Copyable {
  /// An object or array that has begun and not ended.
  struct Level: BitwiseCopyable {
    /// What is asked of it: a place among the rules of its kind, or -1.
    var rule: Int32 = -1
    var isObject = false
    /// Tells its unknown names from those of other objects; 0 before there was one.
    var object: UInt32 = 0
    var count: Int64 = 0
    /// A bit for each known name that was met.
    var seen: UInt64 = 0
    /// Where it starts.
    var start = 0
  }
  enum Outcome {
    case valid, invalid
    /// Only the tape can tell: a name occurs again that may.
    case unknown
  }

  private var levels: Slots<Level>
  private var names: JSONNames
  /// The first thing that does not hold.
  private(set) var failure = Failure()
  /// Whether a pattern gave up, or a choice was too much work.
  private(set) var isExhausted = false

  init(bytesMax: Int, depthMax: Int) {
    levels = Slots(depthMax) { _ in Level() }
    names = JSONNames(textBytesMax: bytesMax)
  }

  /// Checks the text of a reader that stands at its start.
  ///
  /// Throws: what makes it no JSON, when that shows before anything else does.
  mutating func run(
    _ reader: inout JSONReader,
    _ limits: JSONLimits,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Outcome {
    names.begin(textBytes: reader.bytes.byteCount)
    isExhausted = false
    var (state, depth) = (program.root, 0)
    var level = Level()
    while true {
      switch reader.byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isObject = reader.byte == UInt8(ascii: "{")
        guard depth < levels.count else { throw JSONFault(.tooDeep, at: reader.offset) }
        let rule = state < 0 ? -1 : enter(isObject, state, reader.offset, program, &tape, context)
        guard rule != Self.refused else { return .invalid }
        levels[depth] = level
        depth += 1
        level = Level(rule: rule, isObject: isObject, start: reader.offset)
        reader.step()
        if reader.byte != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          state = isObject ? try member(&reader, &level, limits, program, &tape, context) : element(level, program)
          guard state > Self.refused else { return state == Self.refused ? .invalid : .unknown }
          continue
        }
        guard leave(level, program) else { return .invalid }
        reader.step()
        depth -= 1
        level = levels[depth]
      default: guard try checkScalar(&reader, state, program, &tape, context) else { return .invalid }
      }
      // What follows a value.
      var isNext = false
      while depth > 0, !isNext {
        level.count &+= 1
        guard level.count <= limits.membersMax else { throw JSONFault(.tooMany, at: reader.offset) }
        let close = level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        switch reader.byte {
        case UInt8(ascii: ","):
          reader.step()
          state =
            level.isObject ? try member(&reader, &level, limits, program, &tape, context) : element(level, program)
          guard state > Self.refused else { return state == Self.refused ? .invalid : .unknown }
          isNext = true
        case close:
          guard leave(level, program) else { return .invalid }
          reader.step()
          depth &-= 1
          level = levels[depth]
        case UInt8(ascii: "}"), UInt8(ascii: "]"): throw JSONFault(.mismatched, at: reader.offset)
        default: throw reader.fault(.noComma)
        }
      }
      if isNext { continue }
      guard reader.isAtEnd else { throw JSONFault(.trailing, at: reader.offset) }
      return .valid
    }
  }
  /// In place of a state or rule: something does not hold, or the tape must be asked.
  private static var refused: Int32 { -2 }
  private static var unknown: Int32 { -3 }

  @inline(never) private mutating func fail(_ assertion: Int32, _ offset: Int) -> Bool {
    failure = Failure(assertion: assertion, offset: Int32(offset))
    return false
  }

  // MARK: Members and elements

  /// Reads a member's name; the state of its value.
  @inline(__always)
  private mutating func member(
    _ reader: inout JSONReader,
    _ level: inout Level,
    _ limits: JSONLimits,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Int32 {
    let name = try reader.readName()
    guard level.rule >= 0 else {
      return try isFirst(name, &level, limits, context) ? -1 : Self.unknown
    }
    let index = tape.strings.index(of: name, in: program.objects[level.rule].names, program, context)
    guard index >= 0, program.objects[level.rule].nameNodes.isEmpty else {
      return try otherMember(name, index, &level, limits, program, &tape, context)
    }
    let bit = 1 as UInt64 &<< UInt64(truncatingIfNeeded: index)
    guard level.seen & bit == 0 else {
      guard limits.allowsDuplicateNames else { throw JSONFault(.duplicateName, at: name.start &- 1) }
      return Self.unknown
    }
    level.seen |= bit
    return program.lists[Int(program.objects[level.rule].members.start) &+ index]
  }

  /// A member whose name is not known, or must fit a schema itself.
  @inline(never)
  private mutating func otherMember(
    _ name: JSONString,
    _ index: Int,
    _ level: inout Level,
    _ limits: JSONLimits,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Int32 {
    let rule = program.objects[level.rule]
    guard try isFirst(name, &level, limits, context) else { return Self.unknown }
    var place = Int(rule.nameNodes.start)
    while place < Int(rule.nameNodes.start + rule.nameNodes.count) {
      var value = TapeValue(start: UInt32(name.start), end: UInt32(name.end), next: 1, kind: .string)
      value.hasEscapes = name.hasEscapes
      if !tape.fits(value, program.lists[place], context) {
        isExhausted = tape.isExhausted
        _ = fail(program.lists[place + 1], name.start - 1)
        return Self.refused
      }
      place += 2
    }
    if index >= 0 {
      level.seen |= 1 << UInt64(index)
      return program.lists[Int(rule.members.start) + index]
    }
    var matching = 0
    for (ordinal, place) in rule.patterns.indices.enumerated() {
      switch tape.strings.find(Int(program.lists[place]), in: name, context) {
      case .holds: matching |= 1 << ordinal
      case .fails: continue
      case .gaveUp:
        isExhausted = true
        return Self.refused
      }
    }
    return program.lists[Int(rule.others.start) + matching]
  }
  /// Whether a name that is not known is met for the first time in its object.
  @inline(__always)
  private mutating func isFirst(
    _ name: JSONString,
    _ level: inout Level,
    _ limits: JSONLimits,
    _ context: borrowing Context
  )
    throws(JSONFault) -> Bool
  {
    if level.object == 0 { level.object = names.nextObject() }
    guard names.note(name, of: level.object, in: context.text) != nil else { return true }
    guard limits.allowsDuplicateNames else { throw JSONFault(.duplicateName, at: name.start - 1) }
    return false
  }

  /// The state of an array's next element.
  @inline(__always) private func element(_ level: Level, _ program: borrowing StreamProgram) -> Int32 {
    guard level.rule >= 0 else { return -1 }
    let rule = program.arrays[level.rule]
    guard level.count < Int64(rule.prefix.count) else { return rule.items }
    return program.lists[Int(rule.prefix.start) &+ Int(level.count)]
  }

  /// Begins an object or array; its rule.
  @inline(__always)
  private mutating func enter(
    _ isObject: Bool,
    _ state: Int32,
    _ offset: Int,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Int32 {
    guard program.states[state].kinds.contains(isObject ? .object : .array) else {
      _ = failKind(state, offset, isObject ? .object : .array, program, context)
      return Self.refused
    }
    if program.states[state].hasMore {
      if !program.states[state].constants.isEmpty {
        _ = fail(program.constants[Int(program.states[state].constants.start)].assertion, offset)
        return Self.refused
      }
      let value = TapeValue(start: UInt32(offset), end: UInt32(offset), next: 1, kind: isObject ? .object : .array)
      guard choose(value, state, program, &tape, context) else { return Self.refused }
    }
    return isObject ? program.states[state].object : program.states[state].array
  }
  /// Notes that a value is of another kind than a state's nodes want.
  @inline(never)
  private mutating func failKind(
    _ state: Int32,
    _ offset: Int,
    _ kind: Kinds,
    _ program: borrowing StreamProgram,
    _ context: borrowing Context
  ) -> Bool {
    for place in program.states[state].nodes.indices {
      let node = context.program.nodes[program.lists[place]]
      // A number that is none of the integers that a node wants.
      let isOther = kind == .number ? !node.kinds.contains(.number) : node.kinds.isDisjoint(with: kind)
      if isOther { return fail(node.typeAssertion, offset) }
    }
    broken("a state has no more kinds than its nodes")
  }

  /// Ends an object or array: what it must have had.
  @inline(__always) private mutating func leave(_ level: Level, _ program: borrowing StreamProgram) -> Bool {
    guard level.rule >= 0 else { return true }
    if level.isObject {
      let rule = program.objects[level.rule]
      guard rule.required & ~level.seen == 0, rule.dependencies.isEmpty, level.count >= rule.minCount,
        level.count <= rule.maxCount
      else { return leave(rule, level, program) }
      return true
    }
    let rule = program.arrays[level.rule]
    if level.count < rule.minCount { return fail(rule.minAssertion, level.start) }
    if level.count > rule.maxCount { return fail(rule.maxAssertion, level.start) }
    return true
  }
  @inline(never)
  private mutating func leave(_ rule: StreamObject, _ level: Level, _ program: borrowing StreamProgram) -> Bool {
    for place in rule.requirements.indices {
      let needed = program.requirements[place]
      if level.seen >> UInt64(needed.name) & 1 == 0 { return fail(needed.assertion, level.start) }
    }
    for place in rule.dependencies.indices {
      let needed = program.requirements[place]
      let isAsked = level.seen >> UInt64(needed.when) & 1 != 0
      if isAsked, level.seen >> UInt64(needed.name) & 1 == 0 { return fail(needed.assertion, level.start) }
    }
    if level.count < rule.minCount { return fail(rule.minAssertion, level.start) }
    if level.count > rule.maxCount { return fail(rule.maxAssertion, level.start) }
    return true
  }

  // MARK: Scalars

  @inline(__always)
  private mutating func checkScalar(
    _ reader: inout JSONReader,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Bool {
    switch reader.byte {
    case UInt8(ascii: "\""):
      let string = try reader.readString()
      return state < 0 ? true : check(string, state, program, &tape, context)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let number = try reader.readNumber()
      return state < 0 ? true : check(number, state, program, &tape, context)
    default:
      let start = reader.offset
      let word = try reader.readWord()
      return state < 0 ? true : check(word, start, state, program, &tape, context)
    }
  }

  @inline(__always)
  private mutating func check(
    _ string: JSONString,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let offset = string.start &- 1
    guard program.states[state].kinds.contains(.string) else {
      return failKind(state, offset, .string, program, context)
    }
    for place in program.states[state].constants.indices {
      let index = tape.strings.index(of: string, in: program.constants[place].strings, program, context)
      guard index >= 0 else { return fail(program.constants[place].assertion, offset) }
    }
    for place in program.states[state].strings.indices {
      switch tape.strings.check(string, program.strings[place], context) {
      case .holds: continue
      case .gaveUp: isExhausted = true
      case .fails: break
      }
      return fail(program.strings[place].assertion, offset)
    }
    guard !program.states[state].shallow.isEmpty else { return true }
    var value = TapeValue(start: UInt32(string.start), end: UInt32(string.end), next: 1, kind: .string)
    value.hasEscapes = string.hasEscapes
    return choose(value, state, program, &tape, context)
  }

  @inline(__always)
  private mutating func check(
    _ number: JSONNumber,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let kinds = program.states[state].kinds
    if !kinds.contains(.number) {
      guard kinds.contains(.integer), number.isInteger(in: context.text) else {
        return failKind(state, Int(number.start), .number, program, context)
      }
    }
    for place in program.states[state].numbers.indices where !program.numbers[place].holds(for: number, context) {
      return fail(program.numbers[place].assertion, Int(number.start))
    }
    guard program.states[state].hasMore else { return true }
    return checkMore(number, state, program, &tape, context)
  }
  @inline(never)
  private mutating func checkMore(
    _ number: JSONNumber,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    for place in program.states[state].constants.indices
    where !isAny(program.constants[place], number, program, context) {
      return fail(program.constants[place].assertion, Int(number.start))
    }
    return choose(
      TapeValue(start: number.start, end: number.end, next: 1, kind: .number),
      state,
      program,
      &tape,
      context
    )
  }
  @inline(never)
  private func isAny(
    _ rule: StreamConstants,
    _ number: JSONNumber,
    _ program: borrowing StreamProgram,
    _ context: borrowing Context
  ) -> Bool {
    for place in rule.numbers.indices {
      let entry = context.program.constantTape[program.lists[place]]
      let constant = JSONNumber(checked: Int(entry.start)..<Int(entry.end), of: context.letters)
      if JSONNumber.compare(number, in: context.text, to: constant, in: context.letters) == 0 { return true }
    }
    return false
  }

  @inline(__always)
  private mutating func check(
    _ word: JSONWord,
    _ offset: Int,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let kind: Kinds = word == .null ? .null : .boolean
    guard program.states[state].kinds.contains(kind) else { return failKind(state, offset, kind, program, context) }
    guard program.states[state].hasMore else { return true }
    for place in program.states[state].constants.indices {
      let rule = program.constants[place]
      let isMet = word == .null ? rule.words.contains(.null) : word == .true ? rule.hasTrue : rule.hasFalse
      guard isMet else { return fail(rule.assertion, offset) }
    }
    let entry: TapeValue.Kind = word == .null ? .null : word == .true ? .true : .false
    return choose(
      TapeValue(start: UInt32(offset), end: UInt32(offset), next: 1, kind: entry),
      state,
      program,
      &tape,
      context
    )
  }

  /// Asks choices that look at nothing within a value.
  @inline(never)
  private mutating func choose(
    _ value: TapeValue,
    _ state: Int32,
    _ program: borrowing StreamProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    for place in program.states[state].shallow.indices {
      let branch = context.program.branches[Int(program.lists[place])]
      guard tape.fits(value, branch, context) else {
        isExhausted = tape.isExhausted
        failure = tape.failures[0]
        return false
      }
    }
    return true
  }
}
