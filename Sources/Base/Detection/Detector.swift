/// A run of letters and digits in a text: ASCII letters, digits, and bytes from 0x80 on.
///
/// All else, `_` included, stands between tokens.
@frozen public struct Token: BitwiseCopyable, Sendable {
  /// Where its first byte is.
  public let start: Int
  /// Behind its last byte.
  public let end: Int
  /// How many of its bytes are digits.
  public let digits: Int
  /// A run that stands there.
  @inlinable @inline(__always) public init(start: Int, end: Int, digits: Int) {
    (self.start, self.end, self.digits) = (start, end, digits)
  }
  /// How many bytes it has.
  @inlinable @inline(__always) public var count: Int { end &- start }
}

/// What a detector found: where, and how sure it is.
///
/// Confidence is in percent. `alone` is what the text itself tells (form, checksum, ranges that are in use);
/// `inContext`
/// is what it is worth when a word of the detector stands near it or in the name of the member that holds it. A form
/// that much else has too (nine digits) has a low `alone`; a checksum of one digit is worth little, one of mod 97 much.
@frozen public struct Match: BitwiseCopyable, Sendable {
  /// Where it starts; it may be before the token's start.
  public let start: Int
  /// Behind its last byte; it may be behind the token's end.
  public let end: Int
  /// What the text itself tells.
  public let alone: UInt8
  /// What that is worth beside a word of the detector.
  public let inContext: UInt8
  /// A match that stands there.
  @inlinable @inline(__always) public init(_ range: Range<Int>, alone: UInt8, inContext: UInt8) {
    (start, end, self.alone, self.inContext) = (range.lowerBound, range.upperBound, alone, inContext)
  }
  /// Its place in the text.
  @inlinable @inline(__always) public var range: Range<Int> { start..<end }
}

/// Where a detector wants to be asked.
public enum Trigger: Sendable {
  /// At a token of so many digits and nothing else.
  case digits(ClosedRange<Int>)
  /// At a token of so many bytes without digits.
  case letters(ClosedRange<Int>)
  /// At a token of so many bytes with digits and others.
  case mixed(ClosedRange<Int>)
  /// At a token of so many bytes with digits and bytes beyond ASCII, such as a number with blanks of no width.
  case wide(ClosedRange<Int>)
  /// At a token of so many digits and nothing else, when it and the groups of digits behind it, each parted by one
  /// byte, have so many digits together at least.
  ///
  /// What is written in groups is asked for in this way: most short numbers stand alone.
  case groups(ClosedRange<Int>, digits: Int)
  /// As another, at tokens that start with one of these bytes.
  indirect case starting(with: StaticString, Trigger)
  /// As another, at tokens behind one of these bytes.
  indirect case preceded(by: StaticString, Trigger)
  /// As another, at tokens that one of these bytes follows.
  ///
  /// Of the bytes that a detector names here, as with the others, each holds for all its triggers that name any.
  indirect case followed(by: StaticString, Trigger)
  /// At each such byte that is in no token, such as `@`. The token that is handed over is empty and stands at it.
  case byte(UInt8)
  /// At the whole of a value, when a word of the detector is in the name of the member that holds it. The token that is
  /// handed over spans the value; the match counts as in context.
  case value
}

/// Finds one kind of personal data in texts.
///
/// It is asked where its triggers say, parses exactly from there, and checks what can be checked. It sees the text as
/// its reader would, without JSON's escapes. It does not care for context: the scanner looks for words nearby.
public protocol Detector: Sendable {
  /// What it finds.
  static var type: PersonalType { get }
  /// Where it wants to be asked.
  static var triggers: [Trigger] { get }
  /// Words that, near a match or in the name of the member that holds it, make it more likely: in lower case, without
  /// accents, each a token or several with a blank between them (`national insurance`).
  ///
  /// `deviceIP`, `device_ip` and `device-ip` are the words `device` and `ip`.
  static var words: [StaticString] { get }
  /// What it finds at a token; `nil` when it is nothing.
  static func match(_ text: RawSpan, at token: Token) -> Match?
}
