internal import Bytes

/// Checks JSON texts in two passes.
///
/// The first marks where tokens begin, 64 bytes at a time; the second goes from mark to mark and checks the grammar.
///
/// All memory is allocated at the start; a scanner belongs to one thread. Source: RFC 8259.
public struct JSONScanner: ~Copyable {
  private var marks: JSONMarks
  private var levels: Slots<Level>
  private var names: JSONNames

  /// An object or array that has begun and not ended.
  struct Level: BitwiseCopyable {
    var isObject = false
    /// Tells its names from those of other objects.
    var object: UInt32 = 0
    var members = 0
  }

  /// The longest text.
  public var bytesMax: Int { marks.bytesMax }
  /// What is taken, beyond the grammar.
  public var limits: JSONLimits { marks.limits }

  /// One for texts of so many bytes.
  ///
  /// Allocates about seven bytes for each.
  public init(bytesMax: Int, limits: JSONLimits = JSONLimits()) {
    marks = JSONMarks(bytesMax: bytesMax, limits: limits)
    levels = Slots(limits.depthMax) { _ in Level() }
    names = JSONNames(textBytesMax: bytesMax)
  }

  /// Checks that a text is one JSON value and nothing else but blanks.
  ///
  /// Throws: what is wrong first, and where. Cost: two passes, no allocation.
  public mutating func check(_ bytes: RawSpan) throws(JSONFault) {
    var reader = try marks.reader(of: bytes)
    names.begin(textBytes: bytes.byteCount)
    var depth = 0
    while true {
      switch reader.byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < levels.count else { throw JSONFault(.tooDeep, at: reader.offset) }
        let isObject = reader.byte == UInt8(ascii: "{")
        levels[depth] = Level(isObject: isObject, object: isObject ? names.nextObject() : 0, members: 0)
        depth += 1
        reader.step()
        if reader.byte != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          if isObject { try readName(&reader, of: levels[depth - 1].object) }
          continue
        }
        reader.step()
        depth -= 1
      case UInt8(ascii: "\""): _ = try reader.readString()
      default: try reader.readScalar()
      }
      if try isOver(&reader, &depth) { return }
    }
  }

  /// Goes on behind a value; whether it was the last.
  private mutating func isOver(_ reader: inout JSONReader, _ depth: inout Int) throws(JSONFault) -> Bool {
    while depth > 0 {
      levels[depth - 1].members += 1
      guard levels[depth - 1].members <= limits.membersMax else { throw JSONFault(.tooMany, at: reader.offset) }
      let isObject = levels[depth - 1].isObject
      switch reader.byte {
      case UInt8(ascii: ","):
        reader.step()
        if isObject { try readName(&reader, of: levels[depth - 1].object) }
        return false
      case isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"):
        reader.step()
        depth -= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): throw JSONFault(.mismatched, at: reader.offset)
      default: throw reader.fault(.noComma)
      }
    }
    guard reader.isAtEnd else { throw JSONFault(.trailing, at: reader.offset) }
    return true
  }

  /// Reads a member's name and the colon behind it.
  private mutating func readName(_ reader: inout JSONReader, of object: UInt32) throws(JSONFault) {
    guard reader.byte == UInt8(ascii: "\"") else { throw reader.fault(.noName) }
    let name = try reader.readString()
    if !limits.allowsDuplicateNames, names.note(name, of: object, in: reader.bytes) != nil {
      throw JSONFault(.duplicateName, at: name.range.lowerBound - 1)
    }
    guard reader.byte == UInt8(ascii: ":") else { throw reader.fault(.noColon) }
    reader.step()
  }
}
