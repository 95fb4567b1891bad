public import Bytes
public import Events

/// The events that follow one another and are like the first.
@frozen @usableFromInline struct FrameRun: EventRun, ~Escapable {
  @usableFromInline let bytes: RawSpan
  /// Kind, parts and alias in one word: what all frames of the run share.
  @usableFromInline let shared: UInt32
  @usableFromInline let eventBytesMax: Int

  @_lifetime(copy bytes)
  @inline(__always) init(_ bytes: RawSpan, like start: Int, eventBytesMax: Int) {
    (self.bytes, self.eventBytesMax) = (bytes, eventBytesMax)
    shared = bytes.integer(UInt32.self, at: start &+ 4)
  }

  @inlinable @inline(__always) func payload(at offset: Int) -> Range<Int>? {
    guard bytes.byteCount &- offset >= FramedFront.headBytes else { return nil }
    let word = bytes.integer(UInt64.self, at: offset)
    let payload = offset &+ FramedFront.headBytes
    let count = Int(word &>> 32) &- FramedFront.countedHeadBytes
    guard UInt32(truncatingIfNeeded: word) == shared, count > 0, count <= eventBytesMax,
      bytes.byteCount &- payload >= count
    else { return nil }
    return payload..<payload &+ count
  }
}
