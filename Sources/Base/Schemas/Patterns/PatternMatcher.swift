internal import Bytes
internal import Formats

/// How a pattern is searched for: pointers into a `Pattern`, valid for as long as that lives.
///
/// For tables that hold many; it costs nothing to copy.
@safe @frozen public struct PatternMatcher: BitwiseCopyable, @unchecked Sendable {
  // SAFETY: the type is Sendable since what the pointers lead to is never changed after the pattern's `init`, and
  // PCRE2's compiled code may be used by any number of threads at once.

  /// The ways to search, quickest first.
  @usableFromInline @frozen enum Kind: UInt8, BitwiseCopyable {
    /// Bytes at fixed places from the start.
    case places
    /// Runs of classes from the start.
    case steps
    /// One text at the end, or one byte anywhere.
    case literal
    /// A table of states.
    case automaton
    /// PCRE2.
    case code
  }

  @usableFromInline let kind: Kind
  /// Whether the end of the text must be reached; for PCRE2, whether its code is native.
  @usableFromInline let endsAtEnd: Bool
  /// Places, steps, bytes of the literal, or columns of the automaton; for PCRE2, the row.
  @usableFromInline let count: Int32
  /// Where the automaton starts, or PCRE2's match limit.
  @usableFromInline let initial: Int32
  /// Classes by byte, or the literal, or PCRE2's code.
  @usableFromInline let table: UnsafeRawPointer
  /// Places, steps or the automaton's rows.
  @usableFromInline let rest: UnsafeRawPointer

  /// A step of `steps`: `room` is how many bytes it takes beyond `minimum`.
  struct Step: BitwiseCopyable {
    let mask: UInt32
    let minimum: UInt32
    let room: UInt32
  }

  init(
    _ kind: Kind,
    endsAtEnd: Bool = false,
    count: Int = 0,
    initial: Int = 0,
    table: UnsafeRawPointer,
    rest: UnsafeRawPointer
  ) {
    self.kind = kind
    self.endsAtEnd = endsAtEnd
    self.count = Int32(count)
    self.initial = Int32(initial)
    unsafe self.table = table
    unsafe self.rest = rest
  }

  /// Whether the search needs no PCRE2: then it is never given up.
  @inlinable public var isSimple: Bool { kind != .code }

  /// Whether the pattern is found anywhere in a text, which is UTF-8.
  ///
  /// The pattern whose matcher this is lives for the call.
  /// Cost: in proportion to the text where `isSimple`, else bounded by `PatternMemory`'s limits.
  @inlinable @inline(__always)
  public func isFound(in text: RawSpan, using memory: inout PatternMemory) -> PatternOutcome {
    switch kind {
    case .places: return places(text) ? .found : .notFound
    case .steps: return steps(text) ? .found : .notFound
    default: return search(text, &memory)
    }
  }

  @usableFromInline @inline(never)
  func places(_ text: RawSpan) -> Bool {
    let places = Int(count)
    guard endsAtEnd ? text.byteCount == places : text.byteCount >= places else { return false }
    return unsafe text.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return true }
      // SAFETY: the guard above proves that the text has `places` bytes; as many masks follow a table of 256 words.
      let byte = unsafe start.assumingMemoryBound(to: UInt8.self)
      let lacking = unsafe table.assumingMemoryBound(to: UInt32.self)
      let mask = unsafe rest.assumingMemoryBound(to: UInt32.self)
      var missing: UInt32 = 0
      var at = 0
      while at < places {
        unsafe missing |= lacking[Int(byte[at])] & mask[at]
        at &+= 1
      }
      return missing == 0
    }
  }

  @usableFromInline @inline(never)
  func steps(_ text: RawSpan) -> Bool {
    unsafe text.withUnsafeBytes { bytes in
      // SAFETY: every access to the text lies before `end`, which is no further than its count; `count` steps lie at
      // `rest`, and the table has a word for each value of a byte. An empty text is never read.
      let byte = unsafe (bytes.baseAddress ?? table).assumingMemoryBound(to: UInt8.self)
      let lacking = unsafe table.assumingMemoryBound(to: UInt32.self)
      var step = unsafe rest.assumingMemoryBound(to: Step.self)
      let last = unsafe step + Int(count)
      var at = 0
      while unsafe step < last {
        let mask = unsafe step.pointee.mask
        var end = unsafe at &+ Int(step.pointee.minimum)
        guard end <= bytes.count else { return false }
        var missing: UInt32 = 0
        while at < end {
          unsafe missing |= lacking[Int(byte[at])]
          at &+= 1
        }
        guard missing & mask == 0 else { return false }
        end = unsafe at &+ min(Int(step.pointee.room), bytes.count &- at)
        while at < end, unsafe lacking[Int(byte[at])] & mask == 0 { at &+= 1 }
        unsafe step += 1
      }
      return !endsAtEnd || at == bytes.count
    }
  }

  // MARK: As the scanner searches

  /// The same pattern for short strings, where it is no more than runs of a few classes from the start.
  var plain: JSONPattern? {
    guard let steps else { return nil }
    var masks: [UInt32] = []
    for step in steps where !masks.contains(step.mask) { masks.append(step.mask) }
    let classes = masks.map { mask in
      // SAFETY: steps and places have a table with a word for each value of a byte.
      (UInt8.min...UInt8.max).filter { unsafe table.assumingMemoryBound(to: UInt32.self)[Int($0)] & mask == 0 }
    }
    let runs = steps.map { step in
      JSONPattern.Run(
        kind: masks.firstIndex(of: step.mask)!,
        minimum: Int(step.minimum),
        maximum: Int(step.minimum) + Int(step.room)
      )
    }
    return JSONPattern(classes: classes, runs: runs, endsAtEnd: endsAtEnd)
  }
  /// Its steps from the start of a text; places that follow one another and want the same are one step.
  private var steps: [Step]? {
    // SAFETY: `count` steps or masks lie at `rest`.
    switch kind {
    case .steps: return (0..<Int(count)).map { unsafe rest.assumingMemoryBound(to: Step.self)[$0] }
    case .places:
      var steps: [Step] = []
      for mask in (0..<Int(count)).map({ unsafe rest.assumingMemoryBound(to: UInt32.self)[$0] }) {
        let before = steps.last?.mask == mask ? steps.removeLast().minimum : 0
        steps.append(Step(mask: mask, minimum: before + 1, room: 0))
      }
      return steps
    default: return nil
    }
  }
}
