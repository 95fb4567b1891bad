internal import Bytes
internal import COpenSSL

/// The key that seals values of one topic, and what stands in front of them so that they can be opened again.
@safe struct DataKey {
  /// Bytes of `:ID:WRAPPED:` at the most.
  static let headerBytesMax = KeyID.bytesMax + 3 + 54
  /// Bytes of a wrapped key.
  ///
  /// Source: RFC 3394.
  static let wrappedBytes = 40
  /// Values that a key seals at the most.
  ///
  /// Source: NIST SP 800-38D §8.3.
  static let valuesMax: UInt64 = 1 << 32

  /// The key that wraps it, by its place; -1 where there is none yet.
  var place = -1
  var topic: UInt64 = 0
  var sealing = unsafe data_key()
  /// Values that it has sealed: the next one's nonce, of which nobody else has this key.
  var count: UInt64 = 0
  /// `:ID:WRAPPED:`.
  var header: InlineArray<88, UInt8> = InlineArray(repeating: 0)
  var headerBytes = 0
}

/// The data keys of one thread: a place for each topic and wrapping key that is busy.
@safe struct DataKeys: ~Copyable {
  /// Places there are, a power of two; who finds all of his near ones taken gets another's.
  private static let placesMax = 256
  private static let nearby = 8
  private var keys: Slots<DataKey>

  /// None yet.
  init() { keys = Slots(Self.placesMax) { _ in DataKey() } }
  // SAFETY: made by `draw`, and nobody else has them.
  deinit {
    for index in 0..<keys.count { unsafe data_key_free(keys[index].sealing) }
  }

  /// The place of a topic's key, which is drawn when there is none or it has sealed enough.
  ///
  /// Cost: a look; a few microseconds for a fresh key.
  mutating func place(_ wrapping: Int, _ topic: TopicMark, _ id: KeyText, _ cipher: OpaquePointer) -> Int {
    let home = Int(truncatingIfNeeded: topic.bits) &+ wrapping
    for step in 0..<Self.nearby {
      let index = (home &+ step) & (Self.placesMax &- 1)
      if keys[index].place == wrapping, keys[index].topic == topic.bits {
        if keys[index].count < DataKey.valuesMax { return index }
        unsafe draw(index, wrapping, topic, id, cipher)
        return index
      }
      if keys[index].place < 0 {
        unsafe draw(index, wrapping, topic, id, cipher)
        return index
      }
    }
    let index = home & (Self.placesMax &- 1)
    unsafe draw(index, wrapping, topic, id, cipher)
    return index
  }
  private mutating func draw(
    _ index: Int,
    _ wrapping: Int,
    _ topic: TopicMark,
    _ id: KeyText,
    _ cipher: OpaquePointer
  ) {
    var wrapped: InlineArray<40, UInt8> = InlineArray(repeating: 0)
    var span = wrapped.mutableSpan
    // SAFETY: the library writes the 40 bytes of a wrapped key.
    let fresh = unsafe span.withUnsafeMutableBufferPointer { unsafe data_key_draw(cipher, $0.baseAddress) }
    unsafe require(fresh.tables != nil, "the library draws a key")
    unsafe data_key_free(keys[index].sealing)
    var header = Region(id: RegionID(rawValue: 0), byteCount: DataKey.headerBytesMax + 8)
    header.write(atMost: DataKey.headerBytesMax + 8) {
      $0.append(UInt8(ascii: ":"))
      $0.append(id.bytes)
      $0.append(UInt8(ascii: ":"))
      // SAFETY: a UInt8 has no padding that its bytes could show.
      unsafe $0.append(base64URL: wrapped.span.bytes)
      $0.append(UInt8(ascii: ":"))
    }
    var key = DataKey()
    (key.place, key.topic, key.headerBytes) = (wrapping, topic.bits, header.count)
    unsafe key.sealing = fresh
    for place in 0..<header.count { key.header[place] = header.bytes.byte(place) }
    keys[index] = key
  }

  /// Writes `:ID:WRAPPED:` of a key.
  @inline(__always) @_lifetime(writer: copy writer)
  func writeHeader(_ index: Int, to writer: inout Writer) {
    // SAFETY: a UInt8 has no padding that its bytes could show.
    unsafe writer.append(keys[index].header.span.bytes.extracting(0..<keys[index].headerBytes))
  }

  /// Seals a value behind its nonce: 12 bytes, as many as the value has, and 16.
  mutating func seal(_ index: Int, _ subject: borrowing Subject, _ typeMark: UInt64, into target: inout Region) {
    let count = subject.text.byteCount
    let nonce = keys[index].count
    keys[index].count &+= 1
    target.count = 0
    target.write(atMost: 12) {
      $0.append(UInt32(0))
      $0.append(nonce)
    }
    target.count = 12 + count + 16
    var bound = (subject.topic.bits.bigEndian, typeMark.bigEndian)
    let sealing = unsafe keys[index].sealing
    // SAFETY: the region holds nonce, sealed bytes and tag, as the line above has checked; the spans live for the call.
    let isDone = unsafe withUnsafeBytes(of: &bound) { bound in
      unsafe subject.path.withUnsafeBytes { path in
        unsafe subject.text.withUnsafeBytes { text in
          let start = unsafe target.memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
          return unsafe data_key_seal(
            sealing,
            start,
            bound.baseAddress?.assumingMemoryBound(to: UInt8.self),
            bound.count,
            path.baseAddress?.assumingMemoryBound(to: UInt8.self),
            path.count,
            text.baseAddress?.assumingMemoryBound(to: UInt8.self),
            count,
            start + 12
          )
        }
      }
    }
    require(isDone == 1, "the library seals a value")
  }
}
