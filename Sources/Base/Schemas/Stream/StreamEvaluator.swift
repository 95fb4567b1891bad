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
    var isObject: Bool { kind != 0 }
    /// As wide as its neighbours, or copies that were just written would have to wait.
    private var kind: UInt32 = 0
    /// Tells its unknown names from those of other objects; 0 before there was one.
    var object: UInt32 = 0
    var count: Int64 = 0
    /// A bit for each known name that was met.
    var seen: UInt64 = 0
    /// Where it starts.
    var start = 0

    /// What holds before anything has begun.
    init() {}
    init(rule: Int32, isObject: Bool, object: UInt32 = 0, count: Int64 = 0, seen: UInt64 = 0, start: Int) {
      (self.rule, kind, self.object) = (rule, isObject ? 1 : 0, object)
      (self.count, self.seen, self.start) = (count, seen, start)
    }
  }
  enum Outcome {
    case valid, invalid
    /// Only the tape can tell: a name occurs again that may.
    case unknown
  }

  /// What comes next.
  enum Next {
    case value, member, element
    /// What follows a value.
    case follower
    case end, invalid, unknown
  }

  let limits: JSONLimits
  /// The objects and arrays under way, but for the innermost.
  var levels: Slots<Level>
  var level = Level()
  var depth = 0
  private var names: JSONNames
  /// The first thing that does not hold.
  private(set) var failure = Failure()
  /// Whether a pattern gave up, or a choice was too much work.
  private(set) var isExhausted = false

  init(bytesMax: Int, limits: JSONLimits) {
    self.limits = limits
    levels = Slots(limits.depthMax) { _ in Level() }
    names = JSONNames(textBytesMax: bytesMax)
  }

  /// Checks the text of a reader that stands at its start.
  ///
  /// Throws: what makes it no JSON, when that shows before anything else does.
  mutating func run(
    _ reader: inout JSONReader,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Outcome {
    names.begin(textBytes: reader.bytes.byteCount)
    isExhausted = false
    depth = 0
    level = Level()
    var state = context.stream.root
    var next = Next.value
    while true {
      switch next {
      case .value: next = try value(&reader, state, &tape, context)
      case .member:
        next = passMembers(&reader, &tape, context)
        if next == .follower { continue }
        state = try member(&reader, &tape, context)
        next = state > Self.refused ? .value : state == Self.refused ? .invalid : .unknown
      case .element:
        state = element(level, context)
        next = .value
      case .follower: next = try follower(&reader, context)
      case .end:
        guard reader.isAtEnd else { throw JSONFault(.trailing, at: reader.offset) }
        return .valid
      case .invalid: return .invalid
      case .unknown: return .unknown
      }
    }
  }

  /// Reads a value, or begins one.
  private mutating func value(
    _ reader: inout JSONReader,
    _ state: Int32,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Next {
    let isObject = reader.byte == UInt8(ascii: "{")
    guard isObject || reader.byte == UInt8(ascii: "[") else {
      return try checkScalar(&reader, state, &tape, context) ? .follower : .invalid
    }
    guard depth < levels.count else { throw JSONFault(.tooDeep, at: reader.offset) }
    let rule = state < 0 ? -1 : enter(isObject, state, reader.offset, &tape, context)
    guard rule != Self.refused else { return .invalid }
    // What holds the first one says nothing.
    if depth > 0 { levels[depth] = level }
    depth += 1
    level = Level(rule: rule, isObject: isObject, start: reader.offset)
    reader.step()
    if reader.byte != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { return isObject ? .member : .element }
    guard leave(level, context) else { return .invalid }
    reader.step()
    depth -= 1
    level = levels[depth]
    return .follower
  }

  /// Goes on behind a value.
  private mutating func follower(_ reader: inout JSONReader, _ context: borrowing Context) throws(JSONFault) -> Next {
    guard depth > 0 else { return .end }
    level.count &+= 1
    guard level.count <= limits.membersMax else { throw JSONFault(.tooMany, at: reader.offset) }
    switch reader.byte {
    case UInt8(ascii: ","):
      reader.step()
      return level.isObject ? .member : .element
    case level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"):
      guard leave(level, context) else { return .invalid }
      reader.step()
      depth &-= 1
      level = levels[depth]
      return .follower
    case UInt8(ascii: "}"), UInt8(ascii: "]"): throw JSONFault(.mismatched, at: reader.offset)
    default: throw reader.fault(.noComma)
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
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Int32 {
    let name = try reader.readName()
    guard level.rule >= 0 else {
      return try isFirst(name, context) ? -1 : Self.unknown
    }
    let index = tape.strings.index(of: name, inStream: context.stream.objects[level.rule].names, context)
    guard index >= 0, context.stream.objects[level.rule].nameNodes.isEmpty else {
      return try otherMember(name, index, &tape, context)
    }
    let bit = 1 as UInt64 &<< UInt64(truncatingIfNeeded: index)
    guard level.seen & bit == 0 else {
      guard limits.allowsDuplicateNames else { throw JSONFault(.duplicateName, at: name.start &- 1) }
      return Self.unknown
    }
    level.seen |= bit
    return context.stream.lists[Int(context.stream.objects[level.rule].members.start) &+ index]
  }

  /// A member whose name is not known, or must fit a schema itself.
  @inline(never)
  private mutating func otherMember(
    _ name: JSONString,
    _ index: Int,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Int32 {
    let rule = context.stream.objects[level.rule]
    guard try isFirst(name, context) else { return Self.unknown }
    var place = Int(rule.nameNodes.start)
    while place < Int(rule.nameNodes.start + rule.nameNodes.count) {
      var value = TapeValue(start: UInt32(name.start), end: UInt32(name.end), next: 1, kind: .string)
      value.hasEscapes = name.hasEscapes
      if !tape.fits(value, context.stream.lists[place], context) {
        isExhausted = tape.isExhausted
        _ = fail(context.stream.lists[place + 1], name.start - 1)
        return Self.refused
      }
      place += 2
    }
    if index >= 0 {
      level.seen |= 1 << UInt64(index)
      return context.stream.lists[Int(rule.members.start) + index]
    }
    var matching = 0
    for (ordinal, place) in rule.patterns.indices.enumerated() {
      switch tape.strings.find(Int(context.stream.lists[place]), in: name, context) {
      case .holds: matching |= 1 << ordinal
      case .fails: continue
      case .gaveUp:
        isExhausted = true
        return Self.refused
      }
    }
    return context.stream.lists[Int(rule.others.start) + matching]
  }
  /// Whether a name that is not known is met for the first time in its object.
  @inline(__always)
  private mutating func isFirst(
    _ name: JSONString,
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
  @inline(__always) private func element(_ level: Level, _ context: borrowing Context) -> Int32 {
    guard level.rule >= 0 else { return -1 }
    let rule = context.stream.arrays[level.rule]
    guard level.count < Int64(rule.prefix.count) else { return rule.items }
    return context.stream.lists[Int(rule.prefix.start) &+ Int(level.count)]
  }

  /// Begins an object or array; its rule.
  @inline(__always)
  private mutating func enter(
    _ isObject: Bool,
    _ state: Int32,
    _ offset: Int,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Int32 {
    guard context.stream.states[state].kinds.contains(isObject ? .object : .array) else {
      _ = failKind(state, offset, isObject ? .object : .array, context)
      return Self.refused
    }
    if context.stream.states[state].hasMore {
      if !context.stream.states[state].constants.isEmpty {
        _ = fail(context.stream.constants[Int(context.stream.states[state].constants.start)].assertion, offset)
        return Self.refused
      }
      let value = TapeValue(start: UInt32(offset), end: UInt32(offset), next: 1, kind: isObject ? .object : .array)
      guard choose(value, state, &tape, context) else { return Self.refused }
    }
    return isObject ? context.stream.states[state].object : context.stream.states[state].array
  }
  /// Notes that a value is of another kind than a state's nodes want.
  @inline(never)
  private mutating func failKind(
    _ state: Int32,
    _ offset: Int,
    _ kind: Kinds,
    _ context: borrowing Context
  ) -> Bool {
    for place in context.stream.states[state].nodes.indices {
      let node = context.program.nodes[context.stream.lists[place]]
      // A number that is none of the integers that a node wants.
      let isOther = kind == .number ? !node.kinds.contains(.number) : node.kinds.isDisjoint(with: kind)
      if isOther { return fail(node.typeAssertion, offset) }
    }
    broken("a state has no more kinds than its nodes")
  }

  /// Ends an object or array: what it must have had.
  @inline(__always) private mutating func leave(_ level: Level, _ context: borrowing Context) -> Bool {
    guard level.rule >= 0 else { return true }
    if level.isObject {
      let rule = context.stream.objects[level.rule]
      guard rule.required & ~level.seen == 0, rule.dependencies.isEmpty, level.count >= rule.minCount,
        level.count <= rule.maxCount
      else { return leave(rule, level, context) }
      return true
    }
    let rule = context.stream.arrays[level.rule]
    if level.count < rule.minCount { return fail(rule.minAssertion, level.start) }
    if level.count > rule.maxCount { return fail(rule.maxAssertion, level.start) }
    return true
  }
  @inline(never)
  private mutating func leave(_ rule: StreamObject, _ level: Level, _ context: borrowing Context) -> Bool {
    for place in rule.requirements.indices {
      let needed = context.stream.requirements[place]
      if level.seen >> UInt64(needed.name) & 1 == 0 { return fail(needed.assertion, level.start) }
    }
    for place in rule.dependencies.indices {
      let needed = context.stream.requirements[place]
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
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) throws(JSONFault) -> Bool {
    switch reader.byte {
    case UInt8(ascii: "\""):
      let string = try reader.readString()
      return state < 0 ? true : check(string, state, &tape, context)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let number = try reader.readNumber()
      return state < 0 ? true : check(number, state, &tape, context)
    default:
      let start = reader.offset
      let word = try reader.readWord()
      return state < 0 ? true : check(word, start, state, &tape, context)
    }
  }

  @inline(__always)
  private mutating func check(
    _ string: JSONString,
    _ state: Int32,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let offset = string.start &- 1
    guard context.stream.states[state].kinds.contains(.string) else {
      return failKind(state, offset, .string, context)
    }
    for place in context.stream.states[state].constants.indices {
      let index = tape.strings.index(of: string, inStream: context.stream.constants[place].strings, context)
      guard index >= 0 else { return fail(context.stream.constants[place].assertion, offset) }
    }
    for place in context.stream.states[state].strings.indices {
      switch tape.strings.check(string, context.stream.strings[place], context) {
      case .holds: continue
      case .gaveUp: isExhausted = true
      case .fails: break
      }
      return fail(context.stream.strings[place].assertion, offset)
    }
    guard !context.stream.states[state].shallow.isEmpty else { return true }
    var value = TapeValue(start: UInt32(string.start), end: UInt32(string.end), next: 1, kind: .string)
    value.hasEscapes = string.hasEscapes
    return choose(value, state, &tape, context)
  }

  @inline(__always)
  private mutating func check(
    _ number: JSONNumber,
    _ state: Int32,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let kinds = context.stream.states[state].kinds
    if !kinds.contains(.number) {
      guard kinds.contains(.integer), number.isInteger(in: context.text) else {
        return failKind(state, Int(number.start), .number, context)
      }
    }
    for place in context.stream.states[state].numbers.indices
    where !context.stream.numbers[place].holds(for: number, context) {
      return fail(context.stream.numbers[place].assertion, Int(number.start))
    }
    guard context.stream.states[state].hasMore else { return true }
    return checkMore(number, state, &tape, context)
  }
  @inline(never)
  private mutating func checkMore(
    _ number: JSONNumber,
    _ state: Int32,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    for place in context.stream.states[state].constants.indices
    where !isAny(context.stream.constants[place], number, context) {
      return fail(context.stream.constants[place].assertion, Int(number.start))
    }
    return choose(
      TapeValue(start: number.start, end: number.end, next: 1, kind: .number),
      state,
      &tape,
      context
    )
  }
  @inline(never)
  private func isAny(
    _ rule: StreamConstants,
    _ number: JSONNumber,
    _ context: borrowing Context
  ) -> Bool {
    for place in rule.numbers.indices {
      let entry = context.program.constantTape[context.stream.lists[place]]
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
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    let kind: Kinds = word == .null ? .null : .boolean
    guard context.stream.states[state].kinds.contains(kind) else { return failKind(state, offset, kind, context) }
    guard context.stream.states[state].hasMore else { return true }
    for place in context.stream.states[state].constants.indices {
      let rule = context.stream.constants[place]
      let isMet = word == .null ? rule.words.contains(.null) : word == .true ? rule.hasTrue : rule.hasFalse
      guard isMet else { return fail(rule.assertion, offset) }
    }
    let entry: TapeValue.Kind = word == .null ? .null : word == .true ? .true : .false
    return choose(
      TapeValue(start: UInt32(offset), end: UInt32(offset), next: 1, kind: entry),
      state,
      &tape,
      context
    )
  }

  /// Asks choices that look at nothing within a value.
  @inline(never)
  private mutating func choose(
    _ value: TapeValue,
    _ state: Int32,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool {
    for place in context.stream.states[state].shallow.indices {
      let branch = context.program.branches[Int(context.stream.lists[place])]
      guard tape.fits(value, branch, context) else {
        isExhausted = tape.isExhausted
        failure = tape.failures[0]
        return false
      }
    }
    return true
  }
}
