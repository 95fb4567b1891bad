internal import Bytes
internal import Formats

/// Where a value is in an event, as a JSON Pointer; found by reading the event again, which only refused ones are.
///
/// Names are quoted only if they look like names: what else stands there may be somebody's address. All memory is
/// allocated at the start. Source: RFC 6901.
struct EventPath: ~Copyable {
  /// An object or array on the way.
  struct Level: BitwiseCopyable {
    var isObject = false
    /// The element's index.
    var index = 0
    /// The member's name.
    var start = 0
    var end = 0
  }
  private var levels: Slots<Level>

  /// The longest pointer that is written; a longer one ends with `/...`.
  static var bytesMax: Int { 160 }

  init(depthMax: Int) { levels = Slots(depthMax + 1) { _ in Level() } }

  /// Writes the pointer of the value that starts at an offset; nothing for the event itself.
  ///
  /// The text is read up to that offset, where it is known to be JSON. `marks` are used.
  mutating func write(_ offset: Int, of event: RawSpan, _ marks: inout JSONMarks, into text: inout Region) {
    guard let depth = find(offset, in: event, &marks) else { return }
    let end = text.count + Self.bytesMax
    for place in 0..<depth {
      let level = levels[place]
      guard text.count + level.end - level.start + 32 < end else {
        text.append("/...")
        return
      }
      text.append("/")
      if !level.isObject {
        text.write(atMost: 20) { $0.append(decimal: UInt64(level.index)) }
      } else if Self.isName(event.extracting(level.start..<level.end)) {
        text.append(event.extracting(level.start..<level.end))
      } else {
        text.append("(a member)")
      }
    }
  }

  /// How deep a value is; the way to it is in the levels.
  private mutating func find(_ offset: Int, in event: RawSpan, _ marks: inout JSONMarks) -> Int? {
    do throws(JSONFault) {
      var reader = try marks.reader(of: event)
      var depth = 0
      while !reader.isAtEnd, reader.offset < offset {
        switch reader.byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          levels[depth] = Level(isObject: reader.byte == UInt8(ascii: "{"))
          depth += 1
          reader.step()
          try name(&reader, depth)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          reader.step()
        case UInt8(ascii: ","):
          if depth > 0 { levels[depth - 1].index += 1 }
          reader.step()
          try name(&reader, depth)
        case UInt8(ascii: "\""): _ = try reader.readString()
        default: reader.step()
        }
      }
      return depth
    } catch {
      // What stops the reader is the fault itself, which its verdict names with an offset of its own.
      return nil
    }
  }
  private mutating func name(_ reader: inout JSONReader, _ depth: Int) throws(JSONFault) {
    guard depth > 0, levels[depth - 1].isObject, reader.byte == UInt8(ascii: "\"") else { return }
    let name = try reader.readName()
    (levels[depth - 1].start, levels[depth - 1].end) = (name.start, name.end)
  }

  /// Whether a text looks like a name that a programmer gave: letters, digits and `_-.$`, not many digits.
  private static func isName(_ text: RawSpan) -> Bool {
    guard text.byteCount > 0, text.byteCount <= 64 else { return false }
    var digits = 0
    for place in 0..<text.byteCount {
      switch text.byte(place) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "$"):
        continue
      default: return false
      }
    }
    return digits <= 4
  }
}
