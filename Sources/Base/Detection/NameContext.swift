internal import Bytes

/// What the name of a member tells of its value.
@frozen public struct NameContext: BitwiseCopyable, Sendable {
  /// The detectors that have a word in it, one bit for each; the two highest bits are for what else it tells.
  @usableFromInline var bits: UInt64 = 0
  @usableFromInline init() {}
  /// How many detectors there may be.
  static var detectorsMax: Int { 62 }
  /// That of a value without a name, or of a name without a known word.
  @inlinable @inline(__always) public static var none: NameContext { NameContext() }
  /// The detectors that have a word in it.
  @usableFromInline @inline(__always) var detectors: UInt64 { bits & 0x3FFF_FFFF_FFFF_FFFF }
  /// Whether a detector has a word in it.
  @inlinable @inline(__always) public var isTelling: Bool { detectors != 0 }
  /// Whether it says in the end that the value is nobody's, as `order_number` does.
  var isOrdinary: Bool {
    get { bits &>> 62 & 1 != 0 }
    set { bits = bits & ~(1 &<< 62) | (newValue ? 1 &<< 62 : 0) }
  }
  /// Whether something may be found in the name itself: names that programs give have no digits to speak of.
  @inlinable @inline(__always) public var mayBeData: Bool {
    get { bits &>> 63 != 0 }
    set { bits = bits & ~(1 &<< 63) | (newValue ? 1 &<< 63 : 0) }
  }
}

/// What names tell, looked up once for each: a table with a place for some hundred, where later names replace earlier.
struct NameCache: ~Copyable {
  /// A name of at most 32 bytes, and what it tells.
  struct Entry: BitwiseCopyable {
    /// Its first eight bytes, its last eight, and for one of more than 16 those that are next to these.
    var outer = (UInt64(0), UInt64(0))
    var inner = (UInt64(0), UInt64(0))
    /// -1 while there is none.
    var count = -1
    var context = NameContext.none
  }
  private var entries: Slots<Entry>
  private var run = WordRun()
  private static var size: Int { 512 }
  private static var nameBytesMax: Int { 32 }

  init() { entries = Slots(Self.size) { _ in Entry() } }

  /// What a name tells.
  ///
  /// Cost: a hash and a compare for a name that was seen lately.
  @inline(__always) mutating func context(of name: RawSpan, _ words: borrowing WordTable) -> NameContext {
    let count = name.byteCount
    let outer = Self.ends(of: name)
    // Names that differ within alone share a place.
    let mixed = (outer.0 ^ outer.1 &* 3 ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
    let place = Int(truncatingIfNeeded: mixed &>> 55)
    if entries[place].count == count, entries[place].outer == outer {
      if count <= 16 || entries[place].inner == Self.within(name) { return entries[place].context }
    }
    return learn(name, at: place, words)
  }
  @inline(never) private mutating func learn(_ name: RawSpan, at place: Int, _ words: borrowing WordTable)
    -> NameContext
  {
    let context = meaning(of: name, words)
    guard name.byteCount <= Self.nameBytesMax else { return context }
    let inner = name.byteCount > 16 ? Self.within(name) : (0, 0)
    entries[place] = Entry(outer: Self.ends(of: name), inner: inner, count: name.byteCount, context: context)
    return context
  }

  /// All bytes of a name of at most 16, some of them twice: names of one length that have the same ones are the same.
  @inline(__always) private static func ends(of name: RawSpan) -> (UInt64, UInt64) {
    let count = name.byteCount
    if count >= 8 { return (name.integer(UInt64.self, at: 0), name.integer(UInt64.self, at: count &- 8)) }
    if count >= 4 {
      return (UInt64(name.integer(UInt32.self, at: 0)), UInt64(name.integer(UInt32.self, at: count &- 4)))
    }
    guard count > 0 else { return (0, 0) }
    return (UInt64(name.byte(0)) &<< 8 | UInt64(name.byte(count &>> 1)), UInt64(name.byte(count &- 1)))
  }
  /// The others of a name of 17 to 32 bytes.
  @inline(__always) private static func within(_ name: RawSpan) -> (UInt64, UInt64) {
    (name.integer(UInt64.self, at: 8), name.integer(UInt64.self, at: name.byteCount &- 16))
  }

  private mutating func meaning(of name: RawSpan, _ words: borrowing WordTable) -> NameContext {
    run.removeAll()
    run.add(name, 0..<name.byteCount)
    var context = NameContext.none
    var isLast = true
    for index in 0..<run.count {
      let (meaning, _) = words.meaning(of: run, at: index)
      guard meaning.isKnown else { continue }
      context.bits |= meaning.detectors
      if isLast { context.isOrdinary = meaning.isOrdinary && meaning.detectors == 0 }
      isLast = false
    }
    context.mayBeData = Self.mayBeData(name)
    return context
  }
  private static func mayBeData(_ name: RawSpan) -> Bool {
    guard name.byteCount <= 24 else { return true }
    var digits = 0
    for place in 0..<name.byteCount {
      switch name.byte(place) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "%"): return true
      default: break
      }
    }
    return digits > 3
  }
}
