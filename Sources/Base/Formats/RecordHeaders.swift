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
    require(headerCount >= 0 && headerCount <= Record.moreHeadersMax, "the number of headers has one byte")
    require(
      room >= key.byteCount &+ value.byteCount &+ headers.byteCount &+ Record.overheadBytesMax,
      "a record fits"
    )
    let keyLength = hasKey ? Int64(key.byteCount) : -1
    let count =
      deltas.byteCount + varintBytes(keyLength) + key.byteCount + varintBytes(Int64(value.byteCount)) + value.byteCount
      + stamp.byteCount + headers.byteCount
    append(varint: Int64(count))
    var rest = deltas.word
    for _ in 0..<deltas.byteCount {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    append(varint: keyLength)
    append(key)
    append(varint: Int64(value.byteCount))
    append(value)
    let more = UInt64(2 * headerCount)
    // SAFETY: the promise above covers the longest stamp and the bytes that its last store may spoil. The number of
    // headers is the lowest byte of its first word, zigzagged; more of them don't carry.
    unsafe storeUnchecked(stamp, at: 0)
    unsafe storeUnchecked(StampHeader.constant &+ more, at: 0)
    unsafe advanceUnchecked(by: stamp.byteCount)
    append(headers)
  }
}
