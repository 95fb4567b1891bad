internal import Glibc

/// A reader over bytes somebody else owns.
///
/// Every read either advances past what it returned or leaves the position alone.
public struct Cursor: ~Escapable {
  /// What is read.
  public let bytes: RawSpan
  @usableFromInline var offset = 0

  /// Starts at the first byte.
  @_lifetime(copy bytes)
  @inlinable public init(_ bytes: RawSpan) { self.bytes = bytes }

  /// Bytes consumed so far.
  @inlinable public var position: Int {
    get { offset }
    set {
      require(newValue >= 0 && newValue <= bytes.byteCount, "a cursor stays within its bytes")
      offset = newValue
    }
  }
  /// How many bytes are left to read.
  @inlinable public var remaining: Int { bytes.byteCount &- offset }

  /// Reads a big-endian integer, or `nil` when fewer bytes than its size are left.
  @_lifetime(self: copy self)
  @inlinable public mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T? {
    guard remaining >= MemoryLayout<T>.size else { return nil }
    // SAFETY: the guard above proves offset + size <= byteCount.
    let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self)
    offset &+= MemoryLayout<T>.size
    return T(bigEndian: value)
  }

  /// Reads a zigzag LEB128 number, or `nil` when it is cut or has more than ten bytes.
  ///
  /// Source: Kafka protocol guide, "Protocol Primitive Types" (VARINT, VARLONG).
  @_lifetime(self: copy self)
  @inlinable public mutating func varint() -> Int64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var place = offset
    while place < bytes.byteCount, shift < 70 {
      let byte = bytes.byte(place)
      place &+= 1
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        offset = place
        return Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
      }
      shift &+= 7
    }
    return nil
  }

  /// Takes the next `count` bytes without copying, or `nil` when fewer are left.
  @_lifetime(copy self)
  @inlinable public mutating func take(_ count: Int) -> RawSpan? {
    require(count >= 0, "a count of bytes is not negative")
    guard remaining >= count else { return nil }
    defer { offset &+= count }
    return bytes.extracting(offset..<(offset &+ count))
  }
}

extension RawSpan {
  /// One byte.
  @inlinable @inline(__always) public func byte(_ offset: Int) -> UInt8 {
    require(offset >= 0 && offset < byteCount, "a byte is read within its span")
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// A big-endian integer.
  @inlinable @inline(__always) public func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int)
    -> T
  {
    require(offset >= 0 && offset &+ MemoryLayout<T>.size <= byteCount, "an integer is read within its span")
    return T(bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: T.self))
  }

  /// Where `byte` first is at or after `offset`.
  ///
  /// Cost: the C library's vectors.
  public func first(_ byte: UInt8, from offset: Int = 0) -> Int? {
    require(offset >= 0 && offset <= byteCount, "a search starts within its span")
    return unsafe withUnsafeBytes { bytes in
      guard offset < bytes.count, let start = bytes.baseAddress,
        let found = unsafe memchr(start + offset, Int32(byte), bytes.count - offset)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - start
    }
  }

  /// Whether both hold the same bytes.
  ///
  /// Cost: stops at the first difference; not for secrets.
  public func equals(_ other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    guard byteCount > 0 else { return true }
    return unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in unsafe memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0 }
    }
  }

  /// Whether it is ASCII `text`, whose letters are lower case, in any case.
  @inlinable public func equals(lowercase text: StaticString) -> Bool {
    byteCount == text.utf8CodeUnitCount && starts(withLowercase: text)
  }

  /// Whether it starts with ASCII `text`, whose letters are lower case, in any case.
  @inlinable public func starts(withLowercase text: StaticString) -> Bool {
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    for offset in 0..<text.utf8CodeUnitCount {
      let byte = byte(offset)
      let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      guard unsafe lower == text.utf8Start[offset] else { return false }
    }
    return true
  }
}
