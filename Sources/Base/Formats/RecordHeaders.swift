public import Bytes

/// Headers of a record besides the stamp, as they stand in a batch: key, value, key, value, each behind its length.
extension Region {
  /// Appends a header, or nothing when it does not fit; whether it did.
  public mutating func append(header key: RawSpan, value: RawSpan) -> Bool {
    let count =
      varintBytes(Int64(key.byteCount)) + key.byteCount + varintBytes(Int64(value.byteCount)) + value.byteCount
    guard count <= room else { return false }
    write(atMost: count) {
      $0.append(varint: Int64(key.byteCount))
      $0.append(key)
      $0.append(varint: Int64(value.byteCount))
      $0.append(value)
    }
    return true
  }
}

extension Record {
  /// Headers a record may have besides the stamp: their number with it stays a varint of one byte.
  @inlinable public static var moreHeadersMax: Int { 62 }
}

extension Writer {
  /// Writes a record with the stamp and further headers behind it.
  ///
  /// Key, value, `headers` and `Record.overheadBytesMax` must fit; that is checked once.
  ///
  /// - Parameters:
  ///   - deltas: of the record.
  ///   - key: its key.
  ///   - hasKey: whether it has one.
  ///   - value: its value.
  ///   - stamp: its first header.
  ///   - headers: the further ones, as they stand in a batch.
  ///   - headerCount: how many those are, 62 at the most.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(
    record deltas: RecordDeltas,
    key: RawSpan,
    hasKey: Bool,
    value: RawSpan,
    stamp: StampHeader,
    headers: RawSpan,
    headerCount: Int
  ) {
    let parts = Parts(key: key, hasKey: hasKey, valueBytes: value.byteCount, stamp: stamp, headers: headers)
    appendStart(deltas, parts)
    append(value)
    appendEnd(parts, headerCount)
  }
  /// The same of a value of which parts are exchanged.
  ///
  /// Cost: one copy of what is written.
  @_lifetime(self: copy self)
  @inline(never)
  public mutating func append(
    record deltas: RecordDeltas,
    key: RawSpan,
    hasKey: Bool,
    value: RawSpan,
    with splices: borrowing Splices,
    stamp: StampHeader,
    headers: RawSpan,
    headerCount: Int
  ) {
    let valueBytes = value.byteCount + splices.growth
    let parts = Parts(key: key, hasKey: hasKey, valueBytes: valueBytes, stamp: stamp, headers: headers)
    appendStart(deltas, parts)
    append(value, with: splices)
    appendEnd(parts, headerCount)
  }

  /// What a record has besides its value.
  private struct Parts: ~Escapable {
    let key: RawSpan
    let hasKey: Bool
    let valueBytes: Int
    let stamp: StampHeader
    let headers: RawSpan
    @_lifetime(copy key, copy headers)
    init(key: RawSpan, hasKey: Bool, valueBytes: Int, stamp: StampHeader, headers: RawSpan) {
      (self.key, self.hasKey, self.valueBytes) = (key, hasKey, valueBytes)
      (self.stamp, self.headers) = (stamp, headers)
    }
  }

  /// Writes all that stands before the value.
  @_lifetime(self: copy self)
  private mutating func appendStart(_ deltas: RecordDeltas, _ parts: borrowing Parts) {
    let valueLength = Int64(parts.valueBytes)
    require(
      room >= parts.key.byteCount &+ parts.valueBytes &+ parts.headers.byteCount &+ Record.overheadBytesMax,
      "a record fits"
    )
    let keyLength = parts.hasKey ? Int64(parts.key.byteCount) : -1
    let count =
      deltas.byteCount + varintBytes(keyLength) + parts.key.byteCount + varintBytes(valueLength) + parts.valueBytes
      + parts.stamp.byteCount + parts.headers.byteCount
    append(varint: Int64(count))
    var rest = deltas.word
    for _ in 0..<deltas.byteCount {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    append(varint: keyLength)
    append(parts.key)
    append(varint: valueLength)
  }
  /// Writes all that stands behind the value.
  @_lifetime(self: copy self)
  private mutating func appendEnd(_ parts: borrowing Parts, _ headerCount: Int) {
    require(headerCount >= 0 && headerCount <= Record.moreHeadersMax, "the number of headers has one byte")
    let more = UInt64(2 * headerCount)
    // SAFETY: the promise that the record fits covers the longest stamp and the bytes that its last store may spoil.
    // The number of headers is the lowest byte of its first word, zigzagged; more of them don't carry.
    unsafe storeUnchecked(parts.stamp, at: 0)
    unsafe storeUnchecked(StampHeader.constant &+ more, at: 0)
    unsafe advanceUnchecked(by: parts.stamp.byteCount)
    append(parts.headers)
  }
}
