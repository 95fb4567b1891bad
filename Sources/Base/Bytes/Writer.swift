internal import Glibc

/// Writes bytes one after another into memory that somebody else owns; made by `Region.write`.
///
/// Every call checks that what it writes fits, by one comparison.
@safe public struct Writer: ~Copyable, ~Escapable {
  @usableFromInline var position: UnsafeMutableRawPointer
  @usableFromInline let end: UnsafeMutableRawPointer

  // SAFETY: `Region.write` passes a range of its own memory and keeps it alive and unshared while the writer lives.
  @_lifetime(immortal)
  @inlinable @inline(__always) init(from start: UnsafeMutableRawPointer, to end: UnsafeMutableRawPointer) {
    unsafe (position, self.end) = unsafe (start, end)
  }

  /// How many bytes may still be written.
  @inlinable @inline(__always) public var room: Int { unsafe end - position }

  /// Writes an integer, big-endian.
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    require(room >= MemoryLayout<T>.size, "an integer fits")
    unsafe position.storeBytes(of: value.bigEndian, as: T.self)
    unsafe position += MemoryLayout<T>.size
  }
  /// Writes bytes.
  ///
  /// They can't overlap what is written: whoever lends them can't own this memory at the same time.
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append(_ bytes: RawSpan) {
    let count = bytes.byteCount
    require(room >= count, "bytes fit")
    guard count > 0 else { return }
    unsafe bytes.withUnsafeBytes { unsafe position.copyMemory(from: $0.baseAddress!, byteCount: count) }
    unsafe position += count
  }
  /// Stores the eight bytes of a word, the lowest first, `offset` bytes ahead, and stays where it is.
  ///
  /// Where fewer than eight are meant, what follows is spoilt until it is written. Cost: one store and no check; the
  /// caller has proved that eight bytes are free there.
  @unsafe @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func storeUnchecked(_ word: UInt64, at offset: Int) {
    unsafe position.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
  }
  /// Copies bytes to `offset` bytes ahead and stays where it is.
  ///
  /// Cost: no check; the caller has proved that they fit there.
  @unsafe @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func copyUnchecked(_ bytes: RawSpan, at offset: Int) {
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (position + offset).copyMemory(from: start, byteCount: source.count)
    }
  }
  /// Goes on behind bytes that have been stored ahead.
  ///
  /// Cost: no check; the caller has proved that they fit.
  @unsafe @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func advanceUnchecked(by count: Int) {
    unsafe position += count
  }
  /// Writes ASCII text.
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append(_ text: StaticString) {
    let count = text.utf8CodeUnitCount
    require(room >= count, "text fits")
    unsafe position.copyMemory(from: text.utf8Start, byteCount: count)
    unsafe position += count
  }
  /// Writes an unsigned number in decimal.
  ///
  /// Bound: 20 digits. Cost: no loop below 10⁸.
  @_lifetime(self: copy self)
  @inlinable public mutating func append(decimal value: UInt64) {
    guard value > 9 else { return append(0x30 | UInt8(truncatingIfNeeded: value)) }
    guard value < 100_000_000 else {
      append(decimal: value / 100_000_000)
      append(eightDigits: UInt32(truncatingIfNeeded: value % 100_000_000))
      return
    }
    let digits = eightDigits(UInt32(truncatingIfNeeded: value))
    let blanks = min(digits.trailingZeroBitCount / 8, 7)
    let count = 8 &- blanks
    require(room >= count, "a number fits")
    let text = (digits | 0x3030_3030_3030_3030) &>> UInt64(truncatingIfNeeded: blanks &* 8)
    if room >= 8 {
      unsafe position.storeBytes(of: text.littleEndian, as: UInt64.self)
    } else {
      unsafe withUnsafeBytes(of: text.littleEndian) {
        unsafe position.copyMemory(from: $0.baseAddress!, byteCount: count)
      }
    }
    unsafe position += count
  }
  /// Writes a number below 10⁸ with all of its eight digits.
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append(eightDigits value: UInt32) {
    require(room >= 8 && value < 100_000_000, "eight digits fit")
    let text = eightDigits(value) | 0x3030_3030_3030_3030
    unsafe position.storeBytes(of: text.littleEndian, as: UInt64.self)
    unsafe position += 8
  }
  /// Writes a zigzag LEB128 number, as Kafka's records want them.
  ///
  /// Bound: 10 bytes. Source: Kafka protocol guide, "Protocol Primitive Types" (VARINT, VARLONG).
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append(varint value: Int64) {
    var rest = UInt64(bitPattern: value &<< 1 ^ value &>> 63)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

/// The eight digits of a number below 10⁸, one a byte, the first in the lowest byte: halves, then quarters, then
/// digits, each step one multiplication for all parts at once.
@inlinable @inline(__always) func eightDigits(_ value: UInt32) -> UInt64 {
  let halves = UInt64(value / 10_000) | UInt64(value % 10_000) &<< 32
  let hundreds = (halves &* 10_486) &>> 20 & 0x7F_0000_007F
  let pairs = hundreds | (halves &- hundreds &* 100) &<< 16
  let tens = (pairs &* 103) &>> 10 & 0x0F_000F_000F_000F
  return tens | (pairs &- tens &* 10) &<< 8
}

/// How many bytes a zigzag LEB128 number takes: 1 to 10.
@inlinable @inline(__always) public func varintBytes(_ value: Int64) -> Int {
  let bits = 64 &- (UInt64(bitPattern: value &<< 1 ^ value &>> 63) | 1).leadingZeroBitCount
  return (bits &+ 6) / 7
}
