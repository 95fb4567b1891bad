internal import Bytes
internal import CKernels

/// Reads JSON text in two passes: the first marks where tokens begin, 64 bytes at a time; the second goes from mark to
/// mark and checks the grammar.
///
/// All memory is allocated at the start; a scanner belongs to one thread. Source: RFC 8259.
@safe public struct JSONScanner: ~Copyable {
  /// Where tokens begin, in ascending order, and behind the last the text's length.
  private let marks: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  /// The longest text.
  public let bytesMax: Int
  /// What is taken, beyond the grammar.
  public let limits: JSONLimits
  private var levels: Slots<Level>
  private var names: JSONNames

  /// An object or array that has begun and not ended.
  struct Level: BitwiseCopyable {
    var isObject = false
    /// Tells its names from those of other objects.
    var object: UInt32 = 0
    var members = 0
  }
  /// What the first pass left.
  private struct Marked {
    let count: Int
    let hasEscapes: Bool
  }

  /// One for texts of so many bytes.
  ///
  /// Allocates about seven bytes for each.
  public init(bytesMax: Int, limits: JSONLimits = JSONLimits()) {
    require(bytesMax > 0 && bytesMax < Int(Int32.max), "a text has a length that a mark can hold")
    (self.bytesMax, self.limits) = (bytesMax, limits)
    // A mark for each byte at the most; the kernel wants room for a block.
    capacity = bytesMax + 64
    unsafe marks = .allocate(capacity: capacity + 1)
    levels = Slots(limits.depthMax) { _ in Level() }
    names = JSONNames(textBytesMax: bytesMax)
  }
  deinit { unsafe marks.deallocate() }

  /// Checks that a text is one JSON value and nothing else but blanks.
  ///
  /// Throws: what is wrong first, and where. Cost: two passes, no allocation.
  public mutating func check(_ bytes: RawSpan) throws(JSONFault) {
    let marked = try mark(bytes)
    var reader = unsafe JSONReader(bytes, marks, marked.count, hasEscapes: marked.hasEscapes, limits)
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
    if !limits.allowsDuplicateNames, !names.insert(name, of: object, in: reader.bytes) {
      throw JSONFault(.duplicateName, at: name.range.lowerBound - 1)
    }
    guard reader.byte == UInt8(ascii: ":") else { throw reader.fault(.noColon) }
    reader.step()
  }

  /// Marks the tokens of a text.
  private mutating func mark(_ bytes: RawSpan) throws(JSONFault) -> Marked {
    guard bytes.byteCount <= bytesMax else { throw JSONFault(.longText, at: bytesMax) }
    var found = kernel_json_marks()
    // SAFETY: both ranges lie within their owners, and the kernel keeps within them.
    unsafe bytes.withUnsafeBytes { text in
      let start = unsafe text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe kernel_json_mark(start, text.count, marks, capacity, &found)
    }
    let offset = Int(found.fault_at)
    switch found.fault {
    case kernel_json_fault_control: throw JSONFault(.control, at: offset)
    case kernel_json_fault_unclosed: throw JSONFault(.unclosed, at: offset)
    case kernel_json_fault_encoding: throw JSONFault(.encoding, at: offset)
    default: require(found.fault == kernel_json_fault_none, "a text that is short enough has room for its marks")
    }
    unsafe marks[Int(found.count)] = UInt32(bytes.byteCount)
    return Marked(count: Int(found.count), hasEscapes: found.has_escapes)
  }
}
