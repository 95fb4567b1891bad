internal import Bytes

/// What the name of a member tells of its value.
@frozen public struct NameContext: BitwiseCopyable, Sendable {
  /// The detectors that have a word in it, one bit for each.
  @usableFromInline var detectors: UInt64
  /// Whether it says in the end that the value is nobody's, as `order_number` does.
  @usableFromInline var isOrdinary: Bool
  /// That of a value without a name, or of a name without a known word.
  @inlinable public static var none: NameContext { NameContext(detectors: 0, isOrdinary: false) }
  @usableFromInline init(detectors: UInt64, isOrdinary: Bool) {
    (self.detectors, self.isOrdinary) = (detectors, isOrdinary)
  }
  /// Whether a detector has a word in it.
  @inlinable public var isTelling: Bool { detectors != 0 }
}

/// What names tell, looked up once for each: a table with a place for some hundred, where later names replace earlier.
struct NameCache: ~Copyable {
  /// A name of at most 32 bytes, and what it tells.
  struct Entry: BitwiseCopyable {
    var bytes = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
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
  mutating func context(of name: RawSpan, _ words: borrowing WordTable) -> NameContext {
    guard name.byteCount <= Self.nameBytesMax else { return meaning(of: name, words) }
    let bytes = Self.ends(of: name)
    let mixed = (bytes.0 ^ bytes.1 &* 3 ^ bytes.2 &* 5 ^ bytes.3 &* 7) &* 0x9E37_79B9_7F4A_7C15
    let place = Int(truncatingIfNeeded: mixed &>> 55)
    if entries[place].bytes == bytes, entries[place].count == name.byteCount { return entries[place].context }
    let context = meaning(of: name, words)
    entries[place] = Entry(bytes: bytes, count: name.byteCount, context: context)
    return context
  }

  /// All bytes of a name, some of them twice: names of one length that have the same ones are the same.
  @inline(__always) private static func ends(of name: RawSpan) -> (UInt64, UInt64, UInt64, UInt64) {
    let count = name.byteCount
    if count >= 8 {
      let (first, last) = (name.integer(UInt64.self, at: 0), name.integer(UInt64.self, at: count &- 8))
      guard count > 16 else { return (first, last, 0, 0) }
      return (first, last, name.integer(UInt64.self, at: 8), name.integer(UInt64.self, at: count &- 16))
    }
    if count >= 4 {
      return (UInt64(name.integer(UInt32.self, at: 0)), UInt64(name.integer(UInt32.self, at: count &- 4)), 0, 0)
    }
    guard count > 0 else { return (0, 0, 0, 0) }
    return (UInt64(name.byte(0)), UInt64(name.byte(count &- 1)), UInt64(name.byte(count / 2)), 0)
  }

  private mutating func meaning(of name: RawSpan, _ words: borrowing WordTable) -> NameContext {
    run.removeAll()
    run.add(name, 0..<name.byteCount)
    var context = NameContext.none
    var isLast = true
    for index in 0..<run.count {
      let (meaning, _) = words.meaning(of: run, at: index)
      guard meaning.isKnown else { continue }
      context.detectors |= meaning.detectors
      if isLast { context.isOrdinary = meaning.isOrdinary && meaning.detectors == 0 }
      isLast = false
    }
    return context
  }
}
