public import Bytes

/// A length as a varint in one word, so that it is written by one store.
///
/// Bound: lengths below 2^34.
@frozen public struct PackedVarint: Sendable {
  /// The bytes, the first one lowest.
  public var word: UInt64
  /// How many there are: 1 to 5.
  public var byteCount: Int

  /// The zigzag LEB128 of a length, which isn't negative.
  @inlinable @inline(__always) public init(length: Int) {
    let zigzag = UInt64(truncatingIfNeeded: length) &<< 1
    if zigzag &- 1 << 7 < 1 << 14 - 1 << 7 {
      // Two bytes, as most have. The upper seven bits move up by one place, which is to add them once more; the lower
      // ones go on: 0x80.
      (word, byteCount) = (zigzag &+ (zigzag & ~0x7F) &+ 0x80, 2)
    } else if zigzag < 1 << 7 {
      (word, byteCount) = (zigzag, 1)
    } else {
      self = PackedVarint(longZigzag: zigzag)
    }
  }
  /// The LEB128 of a word that has been zigzagged.
  @usableFromInline @inline(never) init(longZigzag zigzag: UInt64) {
    require(zigzag < 1 << 56, "a packed varint fits a word")
    (word, byteCount) = (0, 0)
    var rest = zigzag
    while rest >= 0x80 {
      word |= (rest & 0x7F | 0x80) << UInt64(8 * byteCount)
      byteCount += 1
      rest >>= 7
    }
    word |= rest << UInt64(8 * byteCount)
    byteCount += 1
  }
}

/// A record's attributes and deltas in one word.
///
///     attributes = 0 | varint of the timestamp's delta | varint of the offset's delta
@frozen public struct RecordDeltas: Sendable {
  /// The bytes, the first one lowest.
  ///
  /// What is above them is of no account.
  public var word: UInt64
  /// How many there are: 3 to 8.
  public var byteCount: Int

  /// The deltas of one record, or `nil` when they don't fit a word: beyond 2^27 ms (37 hours) or 2^20 records.
  public init?(timestampDelta: Int64, offsetDelta: Int) {
    guard timestampDelta >= -1 << 27, timestampDelta < 1 << 27, offsetDelta >= 0, offsetDelta < 1 << 20 else {
      return nil
    }
    let time = PackedVarint(longZigzag: UInt64(bitPattern: timestampDelta &<< 1 ^ timestampDelta &>> 63))
    let offset = PackedVarint(longZigzag: UInt64(offsetDelta) << 1)
    word = time.word << 8 | offset.word << UInt64(8 * (1 + time.byteCount))
    byteCount = 1 + time.byteCount + offset.byteCount
  }
  @inlinable @inline(__always) init(word: UInt64, byteCount: Int) { (self.word, self.byteCount) = (word, byteCount) }
}

extension Record {
  /// What a stamped record takes beyond its key and value at most: 5 of length, 8 of deltas, 10 of key and value
  /// lengths, the stamp, and 8 that a store may spoil.
  @inlinable public static var overheadBytesMax: Int { 31 &+ StampHeader.byteCountMax }
}

extension Writer {
  /// Writes a record that has no key, or returns `false` when it doesn't fit.
  @_lifetime(self: copy self)
  @inlinable @inline(__always)
  public mutating func append(_ head: RecordHead, value: RawSpan, stamp: StampHeader) -> Bool {
    if head.repeats(value, stamp) {
      guard room >= head.recordBytes &+ RecordHead.spoiltBytes else { return false }
      append(record: head, value: value, stamp: stamp)
    } else {
      guard room >= value.byteCount &+ Record.overheadBytesMax else { return false }
      append(record: head.deltas, key: value.extracting(0..<0), hasKey: false, value: value, stamp: stamp)
    }
    return true
  }

  /// Writes a record that has no key and the lengths its head was made for.
  ///
  /// `head.recordBytes` and `RecordHead.spoiltBytes` must fit; that is checked once. Cost: some 25 instructions and the
  /// copy.
  @_lifetime(self: copy self)
  @inlinable @inline(__always)
  public mutating func append(record head: RecordHead, value: RawSpan, stamp: StampHeader) {
    require(room >= head.recordBytes &+ RecordHead.spoiltBytes, "a record fits")
    require(head.repeats(value, stamp), "a record has the lengths its head says")
    // SAFETY: the promises above: the head's 16 bytes lie within the shortest record, stamp included, which is stored
    // behind them and reaches at most `spoiltBytes` beyond; last comes the value, between the two.
    unsafe storeUnchecked(head.low, at: 0)
    unsafe storeUnchecked(head.high, at: 8)
    unsafe storeUnchecked(stamp, at: head.byteCount &+ value.byteCount)
    unsafe copyUnchecked(value, at: head.byteCount)
    unsafe advanceUnchecked(by: head.recordBytes)
  }

  /// Writes a record whose only header is the stamp.
  ///
  /// Key, value and `Record.overheadBytesMax` must fit; that is checked
  /// once. Cost: some 40 instructions and the copies.
  @_lifetime(self: copy self)
  @inlinable @inline(__always)
  public mutating func append(
    record deltas: RecordDeltas,
    key: RawSpan,
    hasKey: Bool,
    value: RawSpan,
    stamp: StampHeader
  ) {
    require(room >= key.byteCount &+ value.byteCount &+ Record.overheadBytesMax, "a record fits")
    let valueLength = PackedVarint(length: value.byteCount)
    let rest = deltas.byteCount &+ valueLength.byteCount &+ value.byteCount &+ stamp.byteCount
    var place: Int
    // SAFETY: the promise above covers the longest form of every part and the eight bytes of the last store. A word
    // may spoil what follows it, so all words are stored in order, then the stamp, and last the value between them.
    if hasKey {
      let keyLength = PackedVarint(length: key.byteCount)
      let length = PackedVarint(length: rest &+ keyLength.byteCount &+ key.byteCount)
      unsafe storeUnchecked(length.word, at: 0)
      unsafe storeUnchecked(deltas.word, at: length.byteCount)
      place = length.byteCount &+ deltas.byteCount
      unsafe storeUnchecked(keyLength.word, at: place)
      place &+= keyLength.byteCount
      unsafe copyUnchecked(key, at: place)
      place &+= key.byteCount
      unsafe storeUnchecked(valueLength.word, at: place)
      place &+= valueLength.byteCount
    } else {
      let length = PackedVarint(length: rest &+ 1)
      unsafe storeUnchecked(length.word, at: 0)
      unsafe storeUnchecked(deltas.word, at: length.byteCount)
      place = length.byteCount &+ deltas.byteCount
      // No key: -1, whose varint is 1.
      unsafe storeUnchecked(valueLength.word &<< 8 | 1, at: place)
      place &+= valueLength.byteCount &+ 1
    }
    unsafe storeUnchecked(stamp, at: place &+ value.byteCount)
    unsafe copyUnchecked(value, at: place)
    unsafe advanceUnchecked(by: place &+ value.byteCount &+ stamp.byteCount)
  }
}

extension Region {
  /// Appends a record of any kind, its headers as they stand in another batch, their number first.
  ///
  /// Returns: whether there was room; else nothing was written.
  public mutating func append(
    record timestampDelta: Int64,
    offsetDelta: Int32,
    key: RawSpan,
    hasKey: Bool,
    value: RawSpan,
    hasValue: Bool,
    headers: RawSpan
  ) -> Bool {
    let keyLength: Int64 = hasKey ? Int64(key.byteCount) : -1
    let valueLength: Int64 = hasValue ? Int64(value.byteCount) : -1
    let count =
      1 + varintBytes(timestampDelta) + varintBytes(Int64(offsetDelta)) + varintBytes(keyLength) + key.byteCount
      + varintBytes(valueLength) + value.byteCount + headers.byteCount
    return write(atMost: varintBytes(Int64(count)) + count, leaving: 0) {
      $0.append(varint: Int64(count))
      $0.append(UInt8(0))
      $0.append(varint: timestampDelta)
      $0.append(varint: Int64(offsetDelta))
      $0.append(varint: keyLength)
      $0.append(key)
      $0.append(varint: valueLength)
      $0.append(value)
      $0.append(headers)
    }
  }
}
