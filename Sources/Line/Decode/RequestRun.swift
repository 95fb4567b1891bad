internal import Bytes
internal import CKernels
public import Events

/// Requests that follow one another, repeat one head and have an event each for a body.
@frozen @usableFromInline struct RequestRun: EventRun, ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline let head: KnownHead
  @usableFromInline let eventBytesMax: Int
  /// The event of the request that starts the bytes.
  @usableFromInline let first: Range<Int>

  /// The requests at the start of `bytes`, if there is one.
  @_lifetime(copy bytes)
  @inline(__always) init?(_ bytes: RawSpan, of head: KnownHead, eventBytesMax: Int) {
    guard let first = RequestRun.payload(of: head, at: 0, in: bytes, atMost: eventBytesMax) else { return nil }
    (self.bytes, self.head, self.eventBytesMax, self.first) = (bytes, head, eventBytesMax, first)
  }

  @usableFromInline func payload(at offset: Int) -> Range<Int>? {
    guard offset > 0 else { return first }
    return RequestRun.payload(of: head, at: offset, in: bytes, atMost: eventBytesMax)
  }

  @inline(__always)
  private static func payload(of head: KnownHead, at offset: Int, in bytes: RawSpan, atMost limit: Int) -> Range<Int>? {
    guard let count = head.contentLength(bytes, at: offset), count > 0, count <= limit else { return nil }
    let start = offset &+ head.byteCount
    guard bytes.byteCount &- start >= count else { return nil }
    // An array is many events, and what begins with a blank may be one: those are looked at more closely.
    // SAFETY: the guards above prove that at least one byte stands at `start`.
    guard unsafe bytes.unsafeLoad(fromUncheckedByteOffset: start, as: UInt8.self) == 0x7B else { return nil }
    return start..<start &+ count
  }
}

/// A head that was read before.
///
/// Good for as long as nothing new is remembered.
@safe @frozen @usableFromInline struct KnownHead {
  // SAFETY: made by `HeadMemos` alone, which keeps `comparedBytes` bytes at each of the two, aligned to 64.
  @usableFromInline let bytes: UnsafePointer<UInt8>
  /// Ones where a byte matters: not in the length's digits, nor behind the head.
  @usableFromInline let mask: UnsafePointer<UInt8>
  /// Bytes to compare, a multiple of 16; 0 when nothing is known.
  @usableFromInline let comparedBytes: Int
  /// How many bytes the head has.
  @usableFromInline let byteCount: Int
  /// Where the length's digits start and end.
  @usableFromInline let lengthStart: Int
  @usableFromInline let lengthEnd: Int

  /// The length of the body behind the head at `offset`, when that is this one.
  @inline(__always) func contentLength(_ text: RawSpan, at offset: Int) -> Int? {
    guard comparedBytes > 0, offset >= 0, comparedBytes <= text.byteCount &- offset else { return nil }
    return unsafe text.withUnsafeBytes { memory in
      // SAFETY: the guard above keeps all reads within `text`: the digits are among the bytes compared, of which the
      // head has as many and as much mask.
      let start = unsafe memory.baseAddress!.assumingMemoryBound(to: UInt8.self) + offset
      guard unsafe kernel_head_matches(start, bytes, mask, comparedBytes) else { return nil }
      var value = 0
      var place = lengthStart
      while place < lengthEnd {
        let digit = unsafe start[place] &- 0x30
        guard digit < 10 else { return nil }
        value = value &* 10 &+ Int(digit)
        place &+= 1
      }
      return value
    }
  }
}
