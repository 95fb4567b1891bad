internal import Bytes
internal import Formats

/// One value of a tape, or the name of a member.
struct TapeValue: BitwiseCopyable, Sendable {
  enum Kind: UInt8, BitwiseCopyable { case null, `false`, `true`, number, string, array, object }
  /// Where it stands in its text: a string without its quotes.
  var start: UInt32 = 0
  var end: UInt32 = 0
  /// The index behind it and everything in it.
  var next: UInt32 = 0
  /// Elements, or members.
  var count: UInt32 = 0
  var kind = Kind.null
  /// Whether it is a string with escapes.
  var hasEscapes = false
  /// Whether it is a name that occurs again: the last one holds.
  var isOverruled = false

  var string: JSONString { JSONString(range: Int(start)..<Int(end), hasEscapes: hasEscapes) }
}

/// An event in the order of its text, with a way past every value: what branches walk more than once.
///
/// All memory is allocated at the start.
struct Tape: ~Copyable {
  private(set) var values: Slots<TapeValue>
  private(set) var count = 0
  private var levels: Slots<Level>
  private var names: JSONNames

  /// An object or array that has begun and not ended.
  struct Level: BitwiseCopyable {
    var index: Int32 = 0
    var object: UInt32 = 0
    var isObject = false
  }

  /// One for texts of so many bytes.
  init(bytesMax: Int, depthMax: Int) {
    // A value for every byte at the most: `[1,1` has two for four.
    values = Slots(zeroed: bytesMax + 1)
    levels = Slots(depthMax) { _ in Level() }
    names = JSONNames(textBytesMax: bytesMax)
  }

  @inline(__always) subscript(index: Int) -> TapeValue { values[index] }

  /// Reads a text that was marked.
  ///
  /// Throws: what makes it no JSON, or more than limits allow.
  mutating func fill(_ reader: inout JSONReader, _ limits: JSONLimits) throws(JSONFault) {
    names.begin(textBytes: reader.bytes.byteCount)
    count = 0
    var depth = 0
    while true {
      switch reader.byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < levels.count else { throw JSONFault(.tooDeep, at: reader.offset) }
        let isObject = reader.byte == UInt8(ascii: "{")
        levels[depth] = Level(index: Int32(count), object: isObject ? names.nextObject() : 0, isObject: isObject)
        depth += 1
        put(isObject ? .object : .array, reader.offset, 0)
        reader.step()
        if reader.byte != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          if isObject { try putName(&reader, limits, levels[depth - 1]) }
          continue
        }
        close(&reader, &depth)
      case UInt8(ascii: "\""):
        let string = try reader.readString()
        put(.string, string.start, string.end)
        values[count - 1].hasEscapes = string.hasEscapes
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let number = try reader.readNumber()
        put(.number, Int(number.start), Int(number.end))
      default:
        let start = reader.offset
        let word = try reader.readWord()
        put(word == .null ? .null : word == .true ? .true : .false, start, start)
      }
      if try isOver(&reader, limits, &depth) { return }
    }
  }

  /// Holds one value and nothing else.
  mutating func put(alone value: TapeValue) {
    values[0] = value
    count = 1
  }
  private mutating func put(_ kind: TapeValue.Kind, _ start: Int, _ end: Int) {
    values[count] = TapeValue(start: UInt32(start), end: UInt32(end), next: UInt32(count + 1), kind: kind)
    count += 1
  }
  /// Ends the innermost object or array, whose bracket comes next.
  private mutating func close(_ reader: inout JSONReader, _ depth: inout Int) {
    depth -= 1
    let index = Int(levels[depth].index)
    values[index].next = UInt32(count)
    values[index].end = UInt32(reader.offset + 1)
    reader.step()
  }
  private mutating func putName(_ reader: inout JSONReader, _ limits: JSONLimits, _ level: Level) throws(JSONFault) {
    let (object, index) = (level.object, Int(level.index))
    guard reader.byte == UInt8(ascii: "\"") else { throw reader.fault(.noName) }
    let name = try reader.readName()
    if let former = names.note(name, of: object, in: reader.bytes) {
      guard limits.allowsDuplicateNames else { throw JSONFault(.duplicateName, at: name.start - 1) }
      overrule(former, in: index)
    }
    put(.string, name.start, name.end)
    values[count - 1].hasEscapes = name.hasEscapes
  }
  /// Marks the name that starts at `start`: it occurs again in its object, whose place is `index`.
  private mutating func overrule(_ start: Int, in index: Int) {
    var (low, high) = (index, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(values[middle].start) <= start { low = middle } else { high = middle }
    }
    require(Int(values[low].start) == start, "a name that occurs again is on the tape")
    values[low].isOverruled = true
    values[index].count -= 1
  }

  /// Goes on behind a value; whether it was the last.
  private mutating func isOver(_ reader: inout JSONReader, _ limits: JSONLimits, _ depth: inout Int) throws(JSONFault)
    -> Bool
  {
    while depth > 0 {
      let level = levels[depth - 1]
      let members = values[Int(level.index)].count + 1
      values[Int(level.index)].count = members
      guard members <= limits.membersMax else { throw JSONFault(.tooMany, at: reader.offset) }
      switch reader.byte {
      case UInt8(ascii: ","):
        reader.step()
        if level.isObject { try putName(&reader, limits, level) }
        return false
      case level.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"): close(&reader, &depth)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): throw JSONFault(.mismatched, at: reader.offset)
      default: throw reader.fault(.noComma)
      }
    }
    guard reader.isAtEnd else { throw JSONFault(.trailing, at: reader.offset) }
    return true
  }
}
