public import Bytes

/// Where a string stands in its text, without its quotes.
///
/// Its escapes have been checked.
@frozen public struct JSONString: BitwiseCopyable, Sendable {
  /// Where its first byte is, behind the quote.
  public let start: Int
  /// Where the quote behind it is.
  public let end: Int
  /// Whether it differs from what it means.
  public let hasEscapes: Bool
  /// The bytes between its quotes.
  @inlinable @inline(__always) public var range: Range<Int> { start..<end }

  /// A string that stands there.
  @inlinable @inline(__always) public init(range: Range<Int>, hasEscapes: Bool = false) {
    (start, end, self.hasEscapes) = (range.lowerBound, range.upperBound, hasEscapes)
  }

  /// The UTF-16 unit that a `\u` escape at `place` names; `nil` when it is none.
  static func unit(at place: Int, before end: Int, in bytes: RawSpan) -> UInt16? {
    guard place + 6 <= end, bytes.byte(place) == UInt8(ascii: "\\"), bytes.byte(place + 1) == UInt8(ascii: "u") else {
      return nil
    }
    var unit: UInt16 = 0
    for digit in place + 2..<place + 6 {
      let byte = bytes.byte(digit)
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        unit = unit << 4 | UInt16((byte | 0x20) - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return unit
  }
  /// The second of a surrogate pair whose first is at `place`; `nil` when that is no pair.
  static func second(of first: UInt16, at place: Int, before end: Int, in bytes: RawSpan) -> UInt16? {
    guard first & 0xFC00 == 0xD800, let second = unit(at: place + 6, before: end, in: bytes) else { return nil }
    return second & 0xFC00 == 0xDC00 ? second : nil
  }

  /// A hash of what it means: equal for equal strings.
  public func hash(in bytes: RawSpan) -> UInt32 {
    var hash = Hash()
    if hasEscapes {
      var reader = Meaning(self)
      var (word, count) = (UInt64(0), UInt64(0))
      while let byte = reader.next(in: bytes) {
        word |= UInt64(byte) << (count % 8 * 8)
        count += 1
        if count % 8 == 0 { hash.add(word) }
        if count % 8 == 0 { word = 0 }
      }
      if count % 8 != 0 { hash.add(word) }
      return hash.value
    }
    var place = range.lowerBound
    while range.upperBound - place >= 8 {
      hash.add(bytes.integer(UInt64.self, at: place).byteSwapped)
      place += 8
    }
    let rest = range.upperBound - place
    if rest > 0 { hash.add(lastWord(place, rest, in: bytes)) }
    return hash.value
  }
  /// Up to seven bytes, the first one lowest.
  @inline(__always) private func lastWord(_ place: Int, _ count: Int, in bytes: RawSpan) -> UInt64 {
    if place + 8 <= bytes.byteCount {
      return bytes.integer(UInt64.self, at: place).byteSwapped & (1 << UInt64(count * 8) &- 1)
    }
    var word: UInt64 = 0
    for distance in 0..<count { word |= UInt64(bytes.byte(place + distance)) << UInt64(distance * 8) }
    return word
  }
  /// Whether another one means the same.
  public func isSame(as other: JSONString, in bytes: RawSpan) -> Bool {
    guard hasEscapes || other.hasEscapes else {
      return bytes.extracting(range).equals(bytes.extracting(other.range))
    }
    var (left, right) = (Meaning(self), Meaning(other))
    while true {
      let byte = left.next(in: bytes)
      guard byte == right.next(in: bytes) else { return false }
      if byte == nil { return true }
    }
  }

  /// Whether it means this ASCII text.
  public func isSame(as text: StaticString, in bytes: RawSpan) -> Bool {
    guard hasEscapes else { return bytes.extracting(range).equals(text) }
    var meaning = Meaning(self)
    for place in 0..<text.utf8CodeUnitCount {
      // SAFETY: the loop keeps within the text, which lives as long as the process.
      guard unsafe meaning.next(in: bytes) == text.utf8Start[place] else { return false }
    }
    return meaning.next(in: bytes) == nil
  }
  /// Writes the bytes that it means behind what `region` holds; `false`, with less written, when there is no room.
  ///
  /// Half a surrogate pair becomes three bytes that are no UTF-8.
  public func write(into region: inout Region, from bytes: RawSpan) -> Bool {
    guard hasEscapes else {
      guard range.count <= region.room else { return false }
      region.append(bytes.extracting(range))
      return true
    }
    var meaning = Meaning(self)
    while let byte = meaning.next(in: bytes) {
      guard region.room > 0 else { return false }
      region.append(byte)
    }
    return true
  }

  /// Where some of the bytes that it means are written, with all of the escapes that they belong to.
  ///
  /// Cost: a walk from its start where it has escapes.
  public func written(_ meant: Range<Int>, in bytes: RawSpan) -> Range<Int> {
    guard hasEscapes else { return start + meant.lowerBound..<start + meant.upperBound }
    var meaning = Meaning(self)
    var (count, first) = (0, start)
    while count <= meant.lowerBound {
      if meaning.isBetween { first = meaning.place }
      guard count < meant.upperBound, meaning.next(in: bytes) != nil else { break }
      count += 1
    }
    while count < meant.upperBound || !meaning.isBetween, meaning.next(in: bytes) != nil { count += 1 }
    return first..<max(meaning.place, first)
  }

  /// A hash of words, the last one filled up with zeros.
  private struct Hash {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var value: UInt32 { UInt32(truncatingIfNeeded: state >> 32) }
    @inline(__always) mutating func add(_ word: UInt64) {
      state = (state ^ word) &* 0xD6E8_FEB8_6659_FD93
      state ^= state >> 32
    }
  }

  /// The bytes that a string means, one after the other; half a surrogate pair becomes three bytes of its own.
  public struct Meaning {
    fileprivate private(set) var place: Int
    private let end: Int
    /// Whether all bytes of a character have been given that was escaped.
    fileprivate var isBetween: Bool { pendingCount == 0 }
    /// Bytes of a character that was escaped, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    /// Those of a string.
    public init(_ string: JSONString) { (place, end) = (string.range.lowerBound, string.range.upperBound) }

    /// The next one; `nil` at the end.
    public mutating func next(in bytes: RawSpan) -> UInt8? {
      if pendingCount > 0 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount -= 1
        return byte
      }
      guard place < end else { return nil }
      let byte = bytes.byte(place)
      guard byte == UInt8(ascii: "\\") else {
        place += 1
        return byte
      }
      let escape = bytes.byte(place + 1)
      guard escape == UInt8(ascii: "u"), let unit = JSONString.unit(at: place, before: end, in: bytes) else {
        place += 2
        return Self.character(escape)
      }
      if let second = JSONString.second(of: unit, at: place, before: end, in: bytes) {
        place += 12
        return put(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(second & 0x3FF)))
      }
      place += 6
      return put(UInt32(unit))
    }

    /// What a backslash and a letter mean.
    private static func character(_ escape: UInt8) -> UInt8 {
      switch escape {
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0C
      case UInt8(ascii: "n"): 0x0A
      case UInt8(ascii: "r"): 0x0D
      case UInt8(ascii: "t"): 0x09
      default: escape
      }
    }
    /// The first byte of a code point in UTF-8; the others are pending.
    ///
    /// Source: RFC 3629 §3.
    private mutating func put(_ point: UInt32) -> UInt8 {
      let tail = { (shift: UInt32) in 0x80 | (point >> shift & 0x3F) }
      switch point {
      case 0..<0x80: return UInt8(point)
      case 0x80..<0x800:
        (pending, pendingCount) = (tail(0), 1)
        return UInt8(0xC0 | point >> 6)
      case 0x800..<0x10000:
        (pending, pendingCount) = (tail(6) | tail(0) << 8, 2)
        return UInt8(0xE0 | point >> 12)
      default:
        (pending, pendingCount) = (tail(12) | tail(6) << 8 | tail(0) << 16, 3)
        return UInt8(0xF0 | point >> 18)
      }
    }
  }
}
