public import Bytes

/// What takes the place of parts of a text: the text itself stays as it is, and whoever writes it elsewhere writes it
/// with the parts exchanged.
///
///     original   ····[part]·····[part]··
///     written    ····new·····longer new··
///
/// All memory is allocated at the start; one belongs to one thread.
public struct Splices: ~Copyable {
  /// One part, and what stands for it.
  public struct Splice: BitwiseCopyable, Sendable {
    /// Where the part starts.
    public internal(set) var start: UInt32
    /// Behind its last byte.
    public internal(set) var end: UInt32
    /// Where what stands for it starts among the new texts.
    public internal(set) var newStart: UInt32
    /// Behind the last byte of that.
    public internal(set) var newEnd: UInt32
    /// What its user wants to remember of it.
    public var note: UInt32
    /// The part's place.
    public var range: Range<Int> { Int(start)..<Int(end) }
  }
  private var items: Slots<Splice>
  /// How many there are.
  public private(set) var count = 0
  /// What stands for the parts, one after another.
  public var text: Region
  /// How many bytes less or more the written text has.
  public private(set) var growth = 0

  /// Room for some parts, and for so many bytes that stand for them.
  public init(countMax: Int, textBytesMax: Int) {
    items = Slots(zeroed: countMax)
    text = Region(id: RegionID(rawValue: 0), byteCount: textBytesMax)
  }

  /// Whether nothing is exchanged.
  @inlinable @inline(__always) public var isEmpty: Bool { count == 0 }
  /// One of them, in the order of the text.
  public subscript(index: Int) -> Splice {
    require(index < count, "a splice is there")
    return items[index]
  }

  /// Exchanges nothing.
  @inline(__always) public mutating func removeAll() {
    (count, growth, text.count) = (0, 0, 0)
  }
  /// Takes back all but the first so many.
  public mutating func removeAll(after kept: Int) {
    require(kept >= 0 && kept <= count, "splices are taken back that are there")
    while count > kept {
      count -= 1
      growth -= Self.growth(items[count])
      text.count = Int(items[count].newStart)
    }
  }

  /// Exchanges a part, behind those before it, for what has been appended to `text` since it had `newStart` bytes.
  ///
  /// - Parameters:
  ///   - range: the part.
  ///   - newStart: where what stands for it starts in `text`.
  ///   - note: what is to be remembered of it.
  /// - Returns: whether there is room for one more.
  public mutating func append(_ range: Range<Int>, newStart: Int, note: UInt32) -> Bool {
    require(count == 0 || range.lowerBound >= Int(items[count - 1].end), "splices follow one another")
    require(newStart <= text.count && range.upperBound <= Int(UInt32.max), "what stands for a part has been written")
    guard count < items.count else { return false }
    items[count] = Splice(
      start: UInt32(truncatingIfNeeded: range.lowerBound),
      end: UInt32(truncatingIfNeeded: range.upperBound),
      newStart: UInt32(truncatingIfNeeded: newStart),
      newEnd: UInt32(truncatingIfNeeded: text.count),
      note: note
    )
    growth += Self.growth(items[count])
    count += 1
    return true
  }
  private static func growth(_ splice: Splice) -> Int {
    Int(splice.newEnd) - Int(splice.newStart) - Int(splice.end) + Int(splice.start)
  }
}

extension Writer {
  /// Writes a text with parts of it exchanged: `growth` bytes more than it has.
  ///
  /// Cost: one copy.
  @_lifetime(self: copy self)
  public mutating func append(_ original: RawSpan, with splices: borrowing Splices) {
    var place = 0
    for index in 0..<splices.count {
      let splice = splices[index]
      append(original.extracting(place..<Int(splice.start)))
      append(splices.text.bytes.extracting(Int(splice.newStart)..<Int(splice.newEnd)))
      place = Int(splice.end)
    }
    append(original.extracting(place..<original.byteCount))
  }
}
