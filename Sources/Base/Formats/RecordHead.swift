/// Everything in front of a record's value, ready to be stored, for events that repeat one shape.
///
///     length | attributes = 0 | timestamp delta | offset delta | key length = -1 | value length
///            ╰───────────── RecordDeltas ──────────────────────╯
///
/// From record to record of one topic and time only the offset's delta changes, and of its varint only the lowest
/// seven bits, for 64 records at a stretch: one addition. The lengths stay for as long as events have no key, the same
/// size and the same kind of stamp, as telemetry often has; where they don't, the deltas are taken out and used alone.
@frozen public struct RecordHead: Sendable {
  /// The first eight bytes, the first one lowest.
  public var low: UInt64
  /// The rest.
  public var high: UInt64
  @usableFromInline var stepLow: UInt64
  @usableFromInline var stepHigh: UInt64
  /// How many bytes there are: at most 16.
  public var byteCount: Int
  /// The length of the value it is made for, or -1 when it is for none and holds nothing but the deltas.
  public var valueBytes: Int
  /// The length of the stamp it is made for.
  public var stampBytes: Int
  /// The length of the whole record.
  public var recordBytes: Int
  @usableFromInline var deltasAt: UInt64
  @usableFromInline var deltasBytes: Int
  /// How many records may be written with it, by one `advance` after each.
  public var left: Int

  /// A head for records like one.
  ///
  /// - Parameters:
  ///   - timestampDelta: in milliseconds, to the batch's base.
  ///   - offsetDelta: to the batch's base.
  ///   - valueBytes: the length of the value of a record without a key; `nil` for one with a key.
  ///   - stampBytes: the length of the stamp.
  /// Is `nil` when the deltas don't fit a word: beyond 2^27 ms (37 hours) or 2^20 records.
  public init?(timestampDelta: Int64, offsetDelta: Int, valueBytes: Int?, stampBytes: Int) {
    guard let deltas = RecordDeltas(timestampDelta: timestampDelta, offsetDelta: offsetDelta),
      let first = RecordDeltas(timestampDelta: timestampDelta, offsetDelta: 0)
    else { return nil }
    var bits = UInt128(deltas.word)
    var shift = 0
    (byteCount, self.valueBytes, self.stampBytes, recordBytes) = (deltas.byteCount, -1, stampBytes, 0)
    // Beyond 2^18 bytes the varints might take more than 16 bytes together; nobody would feel the difference there.
    if let valueBytes, valueBytes < 1 << 18 {
      let value = PackedVarint(length: valueBytes)
      let body = deltas.byteCount + 1 + value.byteCount + valueBytes + stampBytes
      let length = PackedVarint(length: body)
      shift = length.byteCount
      bits = UInt128(length.word) | bits << (8 * shift)
      // No key: -1, whose varint is 1.
      bits |= UInt128(value.word << 8 | 1) << (8 * (shift + deltas.byteCount))
      byteCount = length.byteCount + deltas.byteCount + 1 + value.byteCount
      self.valueBytes = valueBytes
      recordBytes = length.byteCount + body
    }
    // The offset's varint is the last one of the deltas; that of 0 has one byte.
    let step = UInt128(2) << (8 * (shift + first.byteCount - 1))
    (low, high) = (UInt64(truncatingIfNeeded: bits), UInt64(truncatingIfNeeded: bits >> 64))
    (stepLow, stepHigh) = (UInt64(truncatingIfNeeded: step), UInt64(truncatingIfNeeded: step >> 64))
    (deltasAt, deltasBytes) = (UInt64(8 * shift), deltas.byteCount)
    left = 64 - offsetDelta & 63
  }
  /// The head of no record.
  @inlinable public static var none: RecordHead { RecordHead() }
  @inlinable init() {
    (low, high, stepLow, stepHigh, byteCount, valueBytes) = (0, 0, 0, 0, 0, -1)
    (stampBytes, recordBytes, deltasAt, deltasBytes, left) = (0, 0, 0, 0, 0)
  }

  /// What a record's last stores may spoil behind it.
  @inlinable public static var spoiltBytes: Int { 8 }

  /// Whether a record without a key of this value and stamp has the lengths it is made for.
  @inlinable @inline(__always) public func repeats(_ value: RawSpan, _ stamp: StampHeader) -> Bool {
    value.byteCount == valueBytes && stamp.byteCount == stampBytes
  }
  /// The deltas alone.
  @inlinable @inline(__always) public var deltas: RecordDeltas {
    let bits = UInt128(high) &<< 64 | UInt128(low)
    return RecordDeltas(word: UInt64(truncatingIfNeeded: bits &>> UInt128(deltasAt)), byteCount: deltasBytes)
  }
  /// Goes on to the next record of the same time.
  @inlinable @inline(__always) public mutating func advance() {
    // The lowest seven bits of a varint don't run over, so nothing is ever carried from one word to the other.
    low &+= stepLow
    high &+= stepHigh
    left &-= 1
  }
}
