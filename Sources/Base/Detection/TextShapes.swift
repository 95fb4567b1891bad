internal import Bytes

/// What telemetry is full of, recognised as a whole from the masks of its bytes.
///
/// None of it is personal data, and none hides any: a shape counts only where nothing goes on behind it.
enum TextShape {
  case none, uuid, date, version

  /// How long the UUID is that starts with a token; zero where none does.
  ///
  /// Source: RFC 9562 §4.
  @inline(__always) static func uuid(_ text: RawSpan, at place: Int, _ window: TextWindow) -> Int {
    let groups: UInt64 = 0xF_FF7B_DEFF
    let bytes = window.tokens & 0x1F_FFFF_FFFF
    guard bytes == groups, window.hex & groups == groups else { return 0 }
    let dash = UInt8(ascii: "-")
    guard text.byte(place &+ 8) == dash, text.byte(place &+ 13) == dash, text.byte(place &+ 18) == dash,
      text.byte(place &+ 23) == dash
    else { return 0 }
    return 36
  }

  /// How long the date, with a time or without, is that starts with a token of four digits; zero where none does.
  ///
  /// Source: RFC 3339 §5.6; the blank instead of the `T` is allowed by its note.
  @inline(__always) static func date(_ text: RawSpan, at place: Int, _ window: TextWindow) -> Int {
    let day: UInt64 = 0b11_0110_1111
    guard window.digits & 0x3FF == day, text.byte(place &+ 4) == UInt8(ascii: "-"),
      text.byte(place &+ 7) == UInt8(ascii: "-"), isDay(text, place)
    else { return 0 }
    guard window.tokens &>> 10 & 1 != 0 else { return isTime(text, place, window) ? timeEnd(text, place) &- place : 10 }
    return isTime(text, place, window) ? timeEnd(text, place) &- place : 0
  }

  private static func isDay(_ text: RawSpan, _ place: Int) -> Bool {
    let century = pair(text, place)
    let month = pair(text, place &+ 5)
    let day = pair(text, place &+ 8)
    return (century == 19 || century == 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31
  }
  private static func isTime(_ text: RawSpan, _ place: Int, _ window: TextWindow) -> Bool {
    let time: UInt64 = 0b110_1101_1000_0000_0000
    guard window.digits & 0x7_F800 == time, text.byte(place &+ 13) == UInt8(ascii: ":"),
      text.byte(place &+ 16) == UInt8(ascii: ":"), pair(text, place &+ 11) < 24, pair(text, place &+ 14) < 60
    else { return false }
    let between = text.byte(place &+ 10)
    return between | 0x20 == UInt8(ascii: "t") || between == UInt8(ascii: " ")
  }
  /// Behind the fraction and the zone of a time.
  private static func timeEnd(_ text: RawSpan, _ place: Int) -> Int {
    var end = place &+ 19
    if end < text.byteCount, text.byte(end) == UInt8(ascii: ".") || text.byte(end) == UInt8(ascii: ",") {
      end &+= 1
      while end < text.byteCount, Letter.kind(text.byte(end)) == .digit { end &+= 1 }
    }
    if end < text.byteCount, text.byte(end) | 0x20 == UInt8(ascii: "z") { end &+= 1 }
    return end
  }
  private static func pair(_ text: RawSpan, _ place: Int) -> Int {
    Int(text.byte(place) &- 0x30) &* 10 &+ Int(text.byte(place &+ 1) &- 0x30)
  }

  /// Whether a text of 63 bytes at the most is three numbers with points between them, of less than nine digits.
  @inline(__always) static func isVersion(_ text: RawSpan, _ window: TextWindow) -> Bool {
    let all = 1 &<< UInt64(truncatingIfNeeded: text.byteCount) &- 1
    let points = all & ~window.digits
    // Neither first nor last, nor side by side.
    guard points.nonzeroBitCount == 2, text.byteCount <= 10,
      points & (points &<< 1 | 1 | 1 &<< UInt64(truncatingIfNeeded: text.byteCount &- 1)) == 0
    else { return false }
    let last = 63 &- points.leadingZeroBitCount
    return text.byte(points.trailingZeroBitCount) == UInt8(ascii: ".") && text.byte(last) == UInt8(ascii: ".")
  }

  /// Whether a token is a digest in hexadecimal digits, of 128 bits or more.
  @inline(__always) static func isDigest(_ count: Int, _ window: TextWindow) -> Bool {
    let hexDigits = (~window.hex).trailingZeroBitCount
    return count == 32 || count == 40 || count == 64 ? hexDigits >= count : false
  }
}
