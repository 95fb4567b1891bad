public import Bytes
public import CKernels

/// The next tokens of a text that was marked, for one who looks at several of them at once.
///
/// A copy of what a reader has, small enough to be kept in registers. Both quotes of a string count as tokens, and its
/// bytes don't.
@safe @frozen public struct JSONTokens: BitwiseCopyable {
  // SAFETY: who makes one keeps it no longer than the reader that it is made of, whose text and marks outlive it.
  /// The text.
  @usableFromInline let text: UnsafePointer<UInt8>
  /// How many bytes it has.
  public let textCount: Int
  /// The next token's mark.
  @usableFromInline var next: UnsafePointer<UInt32>
  /// Behind the last one: there the text's length stands `JSONMarks.beyond` times.
  @usableFromInline let last: UnsafePointer<UInt32>
  /// Whether a backslash is anywhere in the text.
  public let hasEscapes: Bool
  /// Whether every byte of the text is below 0x80.
  public let isASCII: Bool

  /// Those that a reader comes to, of a text that has bytes.
  @unsafe @inlinable @inline(__always) public init(_ reader: borrowing JSONReader) {
    require(reader.bytes.byteCount > 0, "a text without bytes has no tokens")
    unsafe text = reader.bytes.withUnsafeBytes { unsafe $0.baseAddress!.assumingMemoryBound(to: UInt8.self) }
    unsafe (next, last) = (reader.marks + reader.place, reader.marks + reader.count)
    textCount = reader.bytes.byteCount
    (hasEscapes, isASCII) = (reader.hasEscapes, reader.isASCII)
  }

  /// How many are left.
  @inlinable @inline(__always) public var count: Int { unsafe last - next }
  /// Whether so many are left, seven at the most.
  @inlinable @inline(__always) public func has(_ distance: Int) -> Bool { unsafe next + distance <= last }
  /// Where one of the next tokens begins, up to the seventh behind the next; the text's end when fewer are left.
  @inlinable @inline(__always) public func offset(_ distance: Int) -> Int {
    // SAFETY: `next` never goes beyond `last`, and `JSONMarks.beyond` marks follow that.
    unsafe Int(next[distance & 7])
  }
  /// The first byte of one of the next tokens, which is there.
  @inlinable @inline(__always) public func byte(_ distance: Int) -> UInt8 {
    require(has(distance &+ 1), "a token is there whose byte is read")
    // SAFETY: marks of tokens lie within the text.
    return unsafe text[offset(distance)]
  }
  /// Goes on by so many tokens, of which all are there.
  @inlinable @inline(__always) public mutating func step(over distance: Int = 1) {
    require(has(distance), "tokens are left to step over")
    unsafe next += distance
  }

  /// Four bytes of the text, the first one lowest.
  @inlinable @inline(__always) public func four(at start: Int) -> UInt32 {
    require(start >= 0 && start &+ 4 <= textCount, "four bytes are read within their text")
    return unsafe UInt32(littleEndian: UnsafeRawPointer(text + start).loadUnaligned(as: UInt32.self))
  }
  /// Eight bytes of the text, the first one lowest.
  @inlinable @inline(__always) public func eight(at start: Int) -> UInt64 {
    require(start >= 0 && start &+ 8 <= textCount, "eight bytes are read within their text")
    return unsafe UInt64(littleEndian: UnsafeRawPointer(text + start).loadUnaligned(as: UInt64.self))
  }

  /// The fewest bytes of texts whose numbers can be read at once.
  @inlinable public static var plainBytesMin: Int { 16 }
  /// Reads a number of up to 16 bytes at once, from the digit at `start` up to the next token.
  ///
  /// That begins where the number ends; `nil` when it is another kind of number, or none. The text has `plainBytesMin`
  /// bytes.
  @inlinable @inline(__always) public func plainNumber(at start: Int, before next: Int) -> JSONPlain? {
    require(textCount >= JSONTokens.plainBytesMin && start < textCount, "a number is read within its text")
    // SAFETY: the line above is what the kernel asks for.
    let found = unsafe kernel_json_plain(text, textCount, start)
    guard found.count > 0, start &+ Int(found.count) == next else { return nil }
    return JSONPlain(digits: found.digits, scale: Int(found.fraction))
  }
  /// Whether a string of at most `JSONPattern.stringBytesMax` bytes has a pattern; its escapes are not looked at.
  ///
  /// The text has `plainBytesMin` bytes.
  @inlinable @inline(__always)
  public func has(_ pattern: UnsafePointer<JSONPattern>, from start: Int, count: Int) -> Bool {
    require(
      textCount >= JSONTokens.plainBytesMin && start >= 0 && count >= 0 && count <= 63 && start &+ count <= textCount,
      "a string that has a bit for each byte is read within its text"
    )
    // SAFETY: the lines above are what the kernel asks for, and a pattern is nothing but the kernel's.
    return unsafe pattern.withMemoryRebound(to: kernel_json_pattern.self, capacity: 1) {
      unsafe kernel_json_pattern_holds($0, text, textCount, start, count)
    }
  }
  /// Whether a backslash is in a part of the text.
  @inline(never) public func hasBackslash(_ range: Range<Int>) -> Bool {
    require(range.lowerBound >= 0 && range.upperBound <= textCount, "a string is read within its text")
    for place in range where unsafe text[place] == UInt8(ascii: "\\") { return true }
    return false
  }
}

/// A number without sign and exponent: its digits, and how many of them stand behind its point.
@frozen public struct JSONPlain: BitwiseCopyable, Sendable {
  /// All of its digits.
  public let digits: UInt64
  /// How many stand behind the point.
  public let scale: Int
  /// That of so many digits.
  @inlinable @inline(__always) init(digits: UInt64, scale: Int) { (self.digits, self.scale) = (digits, scale) }
}
