internal import Bytes
internal import Formats

/// What strings are asked: their length, their pattern, their format, and which name they are.
///
/// Strings with escapes are written out first, into memory that is allocated at the start.
struct StringChecks: ~Copyable {
  enum Outcome { case holds, fails, gaveUp }
  private var scratch: Region
  private var memory = PatternMemory()

  /// For strings of so many bytes.
  init(bytesMax: Int) { scratch = Region(id: RegionID(rawValue: 0), byteCount: bytesMax + 3) }

  /// Whether a rule holds for a string.
  @inline(__always)
  mutating func check(_ string: JSONString, _ rule: StringRule, _ context: borrowing Context) -> Outcome {
    guard string.hasEscapes else {
      return Self.check(context.text.extracting(string.range), rule, context.program, &memory)
    }
    return checkEscaped(string, rule, context)
  }
  @inline(never)
  private mutating func checkEscaped(_ string: JSONString, _ rule: StringRule, _ context: borrowing Context) -> Outcome
  {
    write(string, of: context.text)
    return Self.check(scratch, rule, context.program, &memory)
  }
  private static func check(
    _ region: borrowing Region,
    _ rule: StringRule,
    _ program: Program,
    _ memory: inout PatternMemory
  )
    -> Outcome
  {
    check(region.bytes, rule, program, &memory)
  }
  @inline(__always)
  private static func check(
    _ text: RawSpan,
    _ rule: StringRule,
    _ program: borrowing Program,
    _ memory: inout PatternMemory
  )
    -> Outcome
  {
    switch rule.kind {
    case .minLength: return isLong(text, rule.value) ? .holds : .fails
    case .maxLength: return isShort(text, rule.value) ? .holds : .fails
    case .pattern: return find(program.patterns[rule.value], in: text, &memory)
    case .format: return StringFormat(rawValue: rule.format)!.accepts(text) ? .holds : .fails
    }
  }

  /// Whether it has so many code points at least: four bytes make one at the least.
  @inline(__always) private static func isLong(_ text: RawSpan, _ count: Int) -> Bool {
    text.byteCount >= count && (text.byteCount / 4 >= count || points(text) >= count)
  }
  /// Whether it has so many code points at the most.
  @inline(__always) private static func isShort(_ text: RawSpan, _ count: Int) -> Bool {
    text.byteCount <= count || text.byteCount / 4 <= count && points(text) <= count
  }
  @inline(never) private static func points(_ text: RawSpan) -> Int {
    var count = 0
    for place in 0..<text.byteCount where text.byte(place) & 0xC0 != 0x80 { count += 1 }
    return count
  }

  /// Whether a pattern is found in a string.
  mutating func find(_ pattern: Int, in string: JSONString, _ context: borrowing Context) -> Outcome {
    guard string.hasEscapes else {
      return Self.find(context.program.patterns[pattern], in: context.text.extracting(string.range), &memory)
    }
    write(string, of: context.text)
    return Self.find(context.program.patterns[pattern], in: scratch, &memory)
  }
  private static func find(_ pattern: PatternMatcher, in region: borrowing Region, _ memory: inout PatternMemory)
    -> Outcome
  {
    find(pattern, in: region.bytes, &memory)
  }
  @inline(__always)
  private static func find(_ pattern: PatternMatcher, in text: RawSpan, _ memory: inout PatternMemory) -> Outcome {
    switch pattern.isFound(in: text, using: &memory) {
    case .found: .holds
    case .notFound: .fails
    case .gaveUp: .gaveUp
    }
  }

  /// The index of a name in a table; -1 when it is not there.
  @inline(__always)
  mutating func index(of name: JSONString, in table: NameTable, _ context: borrowing Context) -> Int {
    let (places, letters) = (context.program.names, context.program.letters)
    guard name.hasEscapes else {
      return table.index(of: context.text, name.start, name.end &- name.start, places: places, letters: letters)
    }
    return indexEscaped(name, table, places, letters, context)
  }
  /// The index of a name in a table of a program for scanning; -1 when it is not there.
  @inline(__always)
  mutating func index(
    of name: JSONString,
    inStream table: NameTable,
    _ context: borrowing Context
  ) -> Int {
    let (places, letters) = (context.stream.names, context.stream.letters)
    guard name.hasEscapes else {
      return table.index(of: context.text, name.start, name.end &- name.start, places: places, letters: letters)
    }
    return indexEscaped(name, table, places, letters, context)
  }
  @inline(never)
  private mutating func indexEscaped(
    _ name: JSONString,
    _ table: NameTable,
    _ places: Table<NameTable.Entry>,
    _ letters: Table<UInt8>,
    _ context: borrowing Context
  ) -> Int {
    write(name, of: context.text)
    return Self.index(scratch, table, places, letters)
  }
  private static func index(
    _ region: borrowing Region,
    _ table: NameTable,
    _ places: Table<NameTable.Entry>,
    _ letters: Table<UInt8>
  ) -> Int {
    table.index(of: region.bytes, 0, region.count, places: places, letters: letters)
  }

  /// Writes out what a string means; half a surrogate pair, where limits allow it, as U+FFFD: patterns rely on UTF-8.
  private mutating func write(_ string: JSONString, of text: RawSpan) {
    scratch.count = 0
    var meaning = JSONString.Meaning(string)
    while let byte = meaning.next(in: text) {
      scratch.append(byte)
      // U+D800 to U+DFFF are the only ones that begin with ED A0 to ED BF.
      let count = scratch.count
      guard count >= 3, scratch.bytes.byte(count - 3) == 0xED, scratch.bytes.byte(count - 2) >= 0xA0 else { continue }
      scratch.store(UInt8(0xEF), at: count - 3)
      scratch.store(UInt8(0xBF), at: count - 2)
      scratch.store(UInt8(0xBD), at: count - 1)
    }
  }
}
