internal import Bytes

/// A text as somebody downstream reads it: without percent-encoding, without JSON's escapes, with plain blanks, dashes
/// and digits instead of their many kin.
///
///     text      mail%3Da%40x.org
///     decoded   mail=a@x.org
///     origins   0123 4 78 9…
///
/// It knows from where each of its bytes comes.
struct DecodedText: ~Copyable {
  private var region: Region
  private var origins: Slots<UInt32>
  private let bytesMax: Int

  /// For texts of so many bytes.
  init(textBytesMax: Int) {
    bytesMax = textBytesMax
    region = Region(id: RegionID(rawValue: 0), byteCount: 2 * textBytesMax + 8)
    origins = Slots(zeroed: 2 * textBytesMax + 9)
  }

  /// The text without escapes.
  var bytes: RawSpan {
    @_lifetime(borrow self)
    get { region.bytes }
  }
  /// How many bytes it has.
  var count: Int { region.count }
  /// Where a part of it is in the text itself.
  func origin(of part: Range<Int>) -> Range<Int> {
    Int(origins[part.lowerBound])..<Int(origins[part.upperBound])
  }

  /// Whether a byte of a text starts an escape.
  @inline(__always) static func isEscape(_ text: RawSpan, at place: Int) -> Bool {
    let byte = text.byte(place)
    return (byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\")) && escape(text, place) != nil
  }
  /// Whether a text has signs beyond ASCII that stand for ASCII or for blanks, or a script that needs no blanks.
  static func isWorthwhile(_ text: RawSpan) -> Bool {
    for place in 0..<text.byteCount {
      let byte = text.byte(place)
      if byte == 0xC2 || byte == 0xD9 || byte == 0xDB || byte >= 0xE0 { return true }
    }
    return false
  }

  /// Decodes a text.
  mutating func decode(_ text: RawSpan) {
    require(text.byteCount <= bytesMax, "a text is as long as was said at the most")
    region.count = 0
    var place = 0
    var wasWide = false
    while place < text.byteCount {
      let start = place
      let byte = text.byte(place)
      var unit = UInt32(byte)
      if byte >= 0x80 {
        unit = Self.plain(Self.scalar(text, &place))
      } else if let escape = Self.escape(text, place) {
        unit = escape.unit
        place &+= escape.bytes
      } else {
        place &+= 1
      }
      guard unit != 0 else { continue }
      // A script without blanks ends where another begins.
      let isWide = unit >= 0x2E80
      if isWide != wasWide, unit >= 0x80 || Letter.kind(UInt8(unit)) != .none { put(UInt8(ascii: " "), start) }
      wasWide = isWide
      putScalar(unit, start)
    }
    origins[region.count] = UInt32(truncatingIfNeeded: text.byteCount)
  }

  private mutating func putScalar(_ unit: UInt32, _ origin: Int) {
    guard unit >= 0x80 else { return put(UInt8(unit), origin) }
    if unit < 0x800 {
      put(0xC0 | UInt8(unit &>> 6), origin)
    } else {
      put(0xE0 | UInt8(unit &>> 12 & 0x0F), origin)
      put(0x80 | UInt8(unit &>> 6 & 0x3F), origin)
    }
    put(0x80 | UInt8(unit & 0x3F), origin)
  }
  @inline(__always) private mutating func put(_ byte: UInt8, _ origin: Int) {
    require(region.count < origins.count &- 1, "a decoded text is at most twice as long")
    origins[region.count] = UInt32(truncatingIfNeeded: origin)
    region.append(byte)
  }

  /// What the escape at a place stands for, and how long it is; zero for nothing.
  private static func escape(_ text: RawSpan, _ place: Int) -> (unit: UInt32, bytes: Int)? {
    switch text.byte(place) {
    case UInt8(ascii: "%"):
      guard let value = hex(text, place &+ 1, 2) else { return nil }
      // What UTF-8 it may be a part of is a letter, whichever.
      return (value < 0x80 ? max(value, 1) : 0xE9, 3)
    case UInt8(ascii: "\\"):
      guard place &+ 1 < text.byteCount else { return nil }
      switch text.byte(place &+ 1) {
      case UInt8(ascii: "u"):
        guard let value = hex(text, place &+ 2, 4) else { return nil }
        return (plain(value), 6)
      case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return (0x20, 2)
      case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "\\"): return (UInt32(text.byte(place &+ 1)), 2)
      default: return nil
      }
    default: return nil
    }
  }
  private static func hex(_ text: RawSpan, _ place: Int, _ count: Int) -> UInt32? {
    guard place &+ count <= text.byteCount else { return nil }
    var value: UInt32 = 0
    for offset in place..<(place &+ count) {
      let byte = text.byte(offset)
      let digit = Letter.kind(byte) == .digit ? byte &- 0x30 : (byte | 0x20) &- 0x61 &+ 10
      guard Letter.kind(byte) == .digit || digit >= 10 && digit < 16 else { return nil }
      value = value &<< 4 | UInt32(digit)
    }
    return value
  }

  /// Takes a letter beyond ASCII; what is no UTF-8 counts as one.
  private static func scalar(_ text: RawSpan, _ place: inout Int) -> UInt32 {
    let lead = text.byte(place)
    let following = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0
    place &+= 1
    guard following > 0, place &+ following <= text.byteCount else { return 0xE9 }
    var value = UInt32(lead) & (0x3F &>> UInt32(following))
    for _ in 0..<following {
      value = value &<< 6 | UInt32(text.byte(place) & 0x3F)
      place &+= 1
    }
    return value
  }

  /// The ASCII that a scalar beyond it stands for; itself when it is a letter, zero when nobody sees it.
  ///
  /// Source: Unicode's blocks General Punctuation, CJK Symbols and Punctuation, Halfwidth and Fullwidth Forms, and its
  /// decimal digits of Arabic, Devanagari and Bengali.
  private static func plain(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0..<0x80: max(scalar, 1)
    case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF: 0
    case 0xAA, 0xB5, 0xBA: scalar
    case 0x80...0xBF, 0xD7, 0xF7: 0x20
    case 0x660...0x669: scalar - 0x660 + 0x30
    case 0x6F0...0x6F9: scalar - 0x6F0 + 0x30
    case 0x966...0x96F: scalar - 0x966 + 0x30
    case 0x9E6...0x9EF: scalar - 0x9E6 + 0x30
    case 0x2010...0x2015, 0x2212: 0x2D
    case 0x2018, 0x2019: 0x27
    case 0x201C...0x201F: 0x22
    case 0x2000...0x2BFF, 0x3000...0x303F: 0x20
    case 0xFF01...0xFF5E: scalar - 0xFEE0
    case 0x1_0000...: 0x20
    default: scalar
    }
  }
}
