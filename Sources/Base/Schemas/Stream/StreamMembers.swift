internal import Bytes
internal import Formats

/// The quick way over the members of an object and of the objects in it, for as long as each is as most are.
///
/// It only passes over what it finds right. What it can't tell of it leaves as it is, for the long way to read: that
/// finds out what is wrong, if anything is.
extension StreamEvaluator {
  /// Passes over members from a name on.
  ///
  /// What comes next: a member that the long way must read, or what follows a value.
  @inline(never)
  mutating func passMembers(_ reader: inout JSONReader, _ tape: inout TapeEvaluator, _ context: borrowing Context)
    -> Next
  {
    guard level.rule >= 0, isQuick(reader.bytes), level.count <= limits.membersMax &- 64 else { return .member }
    let direct = context.stream.direct!
    // SAFETY: the rules of levels and states were worked out when the tables were made.
    var names = unsafe direct.names.place(of: level.rule)
    guard unsafe names.pointee.isDirect else { return .member }
    // SAFETY: the reader outlives this call.
    var tokens = unsafe JSONTokens(reader)
    var seen = level.seen
    // Members whose names are not known.
    var others = level.count &- Int64(seen.nonzeroBitCount)
    while let name = unsafe Self.passName(tokens, names), unsafe seen & name.pointee.bit == 0 {
      let passed: Int
      switch tokens.byte(3) {
      case UInt8(ascii: "\""): passed = unsafe Self.passString(tokens, name, direct, &tape, context)
      case 0...UInt8(ascii: "9"): passed = unsafe Self.passNumber(tokens, name, direct)
      case UInt8(ascii: "{"):
        guard unsafe name.pointee.state.object >= 0, depth < levels.count, tokens.byte(4) == UInt8(ascii: "\"") else {
          return leave(seen, others, tokens, &reader)
        }
        unsafe open(name, seen, others, at: tokens.offset(3))
        unsafe names = direct.names.place(of: level.rule)
        (seen, others) = (0, 0)
        tokens.step(over: 4)
        continue
      default: passed = unsafe Self.passWord(tokens, name)
      }
      guard passed > 0 else { break }
      unsafe seen |= name.pointee.bit
      tokens.step(over: passed)
      while !tokens.has(1) || tokens.byte(0) != UInt8(ascii: ",") {
        guard tokens.has(1), tokens.byte(0) == UInt8(ascii: "}"), unsafe names.pointee.isPlain,
          unsafe names.pointee.required & ~seen == 0
        else {
          _ = leave(seen, others &- 1, tokens, &reader)
          return .follower
        }
        tokens.step()
        guard close(direct) else {
          reader.step(over: reader.tokensLeft &- tokens.count)
          return .follower
        }
        unsafe names = direct.names.place(of: level.rule)
        seen = level.seen
        others = level.count &- Int64(seen.nonzeroBitCount) &+ 1
      }
      tokens.step()
    }
    return leave(seen, others, tokens, &reader)
  }
  /// Begins an object that a member has.
  @inline(__always)
  private mutating func open(_ name: UnsafePointer<DirectName>, _ seen: UInt64, _ others: Int64, at start: Int) {
    // Not copied from where it was just written, which would have to wait for that.
    levels[depth] = unsafe Level(
      rule: level.rule,
      isObject: true,
      object: level.object,
      count: others &+ Int64(seen.nonzeroBitCount),
      seen: seen | name.pointee.bit,
      start: level.start
    )
    depth &+= 1
    level = unsafe Level(rule: name.pointee.state.object, isObject: true, start: start)
  }
  /// Ends one; whether the quick way goes on with what it is in.
  @inline(__always) private mutating func close(_ direct: DirectProgram) -> Bool {
    depth &-= 1
    level = levels[depth]
    guard level.rule >= 0, level.isObject, level.count < limits.membersMax &- 64 else { return false }
    // SAFETY: the rules of levels were worked out when the tables were made.
    return unsafe direct.names.place(of: level.rule).pointee.isDirect
  }
  /// Leaves the next member to the long way.
  private mutating func leave(_ seen: UInt64, _ others: Int64, _ tokens: JSONTokens, _ reader: inout JSONReader) -> Next
  {
    (level.seen, level.count) = (seen, others &+ Int64(seen.nonzeroBitCount))
    reader.step(over: reader.tokensLeft &- tokens.count)
    return .member
  }

  /// Whether a text is so long that numbers can be read at once, and so short that no limit but that of its members
  /// needs a look.
  @inline(__always) private func isQuick(_ text: RawSpan) -> Bool {
    text.byteCount >= JSONTokens.plainBytesMin && text.byteCount <= limits.stringBytesMax
      && limits.numberBytesMax > JSONTokens.plainBytesMin
  }

  /// The place of the name that comes next, when it is known and a colon and more than a value follow it.
  @inline(__always)
  private static func passName(_ tokens: JSONTokens, _ names: UnsafePointer<DirectNames>) -> UnsafePointer<DirectName>?
  {
    guard tokens.has(5), tokens.byte(0) == UInt8(ascii: "\""), tokens.byte(2) == UInt8(ascii: ":") else { return nil }
    return unsafe find(tokens.offset(0) &+ 1, tokens.offset(1), tokens, names)
  }

  /// The place of a string among names; `nil` when it is none of them, is empty, has escapes, or stands too near to the
  /// end.
  @inline(__always)
  private static func find(_ start: Int, _ end: Int, _ tokens: JSONTokens, _ names: UnsafePointer<DirectNames>)
    -> UnsafePointer<DirectName>?
  {
    guard start &+ 8 <= tokens.textCount, !tokens.hasEscapes || !tokens.hasBackslash(start..<end) else { return nil }
    let count = UInt32(truncatingIfNeeded: end &- start)
    // Eight bytes from the start and eight up to the end, the same ones when it is shorter: what is behind it is
    // shifted out. No branch asks which, for names of all lengths come in any order.
    let lacking = max(8 &- (end &- start), 0)
    let unused = UInt64(truncatingIfNeeded: lacking &* 8)
    let head = tokens.eight(at: start) &<< unused
    let tail = tokens.eight(at: end &- 8 &+ lacking) &<< unused
    var place = unsafe Int(truncatingIfNeeded: DirectNames.hash(head, tail, names.pointee.seed) &>> names.pointee.shift)
    while true {
      // SAFETY: the shift leaves no more bits than the mask has, and there are so many places.
      let found = unsafe names.pointee.places + place
      if unsafe found.pointee.head == head, unsafe found.pointee.tail == tail, unsafe found.pointee.count == count {
        return unsafe count <= 16 || isSame(start, tokens, found, names) ? found : nil
      }
      guard unsafe found.pointee.bit != 0 else { return nil }
      unsafe place = (place &+ 1) & Int(names.pointee.mask)
    }
  }
  /// Whether what lies between the ends of a long name is that name's too.
  @inline(never)
  private static func isSame(
    _ start: Int,
    _ tokens: JSONTokens,
    _ name: UnsafePointer<DirectName>,
    _ names: UnsafePointer<DirectNames>
  ) -> Bool {
    let (count, letters) = unsafe (Int(name.pointee.count), Int(name.pointee.letters))
    var place = 8
    while place < count - 8 {
      place = min(place, count - 16)
      let word = tokens.eight(at: start + place)
      for byte in 0..<8
      where unsafe UInt8(truncatingIfNeeded: word >> UInt64(byte * 8)) != names.pointee.letters[letters + place + byte]
      {
        return false
      }
      place += 8
    }
    return true
  }

  // MARK: Values

  /// How many tokens a member has whose value is a string that is right; else 0.
  @inline(__always)
  private static func passString(
    _ tokens: JSONTokens,
    _ name: UnsafePointer<DirectName>,
    _ direct: DirectProgram,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Int {
    let (start, end) = (tokens.offset(3) &+ 1, tokens.offset(4))
    let count = end &- start
    // Four bytes make a code point at the least, and one at the most.
    let least = tokens.isASCII ? count : count &>> 2
    guard unsafe count <= Int(name.pointee.state.maxLength), unsafe least >= Int(name.pointee.state.minLength),
      !tokens.hasEscapes || !tokens.hasBackslash(start..<end)
    else { return 0 }
    switch unsafe name.pointee.state.strings {
    case .long: return 5
    case .rule:
      if unsafe name.pointee.state.pattern >= 0, count <= JSONPattern.stringBytesMax {
        // SAFETY: where patterns are was worked out when the tables were made.
        let pattern = unsafe direct.patterns.place(of: name.pointee.state.pattern)
        return unsafe has(pattern, tokens, start, count) ? 5 : 0
      }
      return unsafe holds(name.pointee.state.string, start, end, &tape, context) ? 5 : 0
    case .constant:
      // SAFETY: where the names of constants are was worked out when the tables were made.
      return unsafe find(start, end, tokens, direct.names.place(of: name.pointee.state.string)) != nil ? 5 : 0
    }
  }
  // Calls, for what they do is long, and the loop around them is to be kept in registers.
  @inline(never)
  private static func has(_ pattern: UnsafePointer<JSONPattern>, _ tokens: JSONTokens, _ start: Int, _ count: Int)
    -> Bool
  { unsafe tokens.has(pattern, from: start, count: count) }
  @inline(never)
  private static func holds(
    _ rule: Int32,
    _ start: Int,
    _ end: Int,
    _ tape: inout TapeEvaluator,
    _ context: borrowing Context
  ) -> Bool { tape.strings.check(JSONString(range: start..<end), context.stream.strings[rule], context) == .holds }

  /// How many tokens a member has whose value is a number that is right; else 0.
  @inline(__always)
  private static func passNumber(_ tokens: JSONTokens, _ name: UnsafePointer<DirectName>, _ direct: DirectProgram)
    -> Int
  {
    let isNegative = tokens.byte(3) == UInt8(ascii: "-")
    let start = tokens.offset(3) &+ (isNegative ? 1 : 0)
    guard let number = tokens.plainNumber(at: start, before: tokens.offset(4)), number.scale < DirectProgram.scales
    else {
      return 0
    }
    let mantissa = Int64(bitPattern: isNegative ? 0 &- number.digits : number.digits)
    // SAFETY: every state has two bounds for each scale below that.
    let bounds = unsafe direct.bounds.place(of: name.pointee.state.bounds) + 2 &* number.scale
    return unsafe mantissa >= bounds[0] && mantissa <= bounds[1] ? 4 : 0
  }

  /// How many tokens a member has whose value is a word that is right; else 0.
  @inline(__always)
  private static func passWord(_ tokens: JSONTokens, _ name: UnsafePointer<DirectName>) -> Int {
    let (start, next) = (tokens.offset(3), tokens.offset(4))
    guard start &+ 4 <= tokens.textCount else { return 0 }
    let word: DirectState.Words
    switch tokens.four(at: start) {
    case 0x6575_7274: word = .true
    case 0x736C_6166: word = .false
    case 0x6C6C_756E: word = .null
    default: return 0
    }
    guard unsafe name.pointee.state.words.contains(word) else { return 0 }
    guard word == .false else { return next == start &+ 4 ? 4 : 0 }
    return next == start &+ 5 && tokens.four(at: start &+ 1) == 0x6573_6C61 ? 4 : 0
  }
}
