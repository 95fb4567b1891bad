/// Why a text is no JSON, or none that is taken.
public struct JSONFault: Error, Equatable, Sendable {
  /// Where, in bytes from the start of the text.
  public let offset: Int
  /// What is wrong there.
  public let reason: Reason

  /// What is wrong, and where.
  public init(_ reason: Reason, at offset: Int) { (self.reason, self.offset) = (reason, offset) }

  /// What can be wrong with a text.
  public enum Reason: UInt8, Equatable, Sendable, CaseIterable {
    /// The text ends before its value does.
    case ended
    /// Something stands where a value must.
    case noValue
    /// Something stands where a name in quotes must.
    case noName
    /// A name is not followed by a colon.
    case noColon
    /// A value is followed neither by a comma nor by the end of what it is in.
    case noComma
    /// A bracket closes what another kind has opened.
    case mismatched
    /// Something follows the value.
    case trailing
    /// A word that is not true, false or null.
    case badWord
    /// Digits that make no number: leading zeros or a plus, a point or an exponent without digits.
    case badNumber
    /// A backslash in a string is not followed by one of `"\/bfnrtu`, or `\u` not by four hexadecimal digits.
    case badEscape
    /// A `\u` escape is half of a surrogate pair.
    case loneSurrogate
    /// A byte below 0x20 stands in a string.
    case control
    /// A string has no end.
    case unclosed
    /// Bytes are no UTF-8.
    case encoding
    /// Values are nested too deep.
    case tooDeep
    /// An object has too many members, or an array too many elements.
    case tooMany
    /// A string is too long.
    case longString
    /// A number has too many digits.
    case longNumber
    /// The text is too long.
    case longText
    /// A name occurs twice in one object.
    case duplicateName
  }
}

/// What of JSON is taken, beyond its grammar.
public struct JSONLimits: Equatable, Sendable {
  /// How deep values may be nested: 1 allows no object and no array.
  public var depthMax = 64
  /// How many members an object and elements an array may have.
  public var membersMax = 10_000
  /// How many bytes a string may have, as it is written.
  public var stringBytesMax = 1 << 20
  /// How many bytes a number may have, as it is written.
  public var numberBytesMax = 1024
  /// Whether a name may occur twice in an object.
  public var allowsDuplicateNames = false
  /// Whether `\u` escapes may be halves of surrogate pairs.
  public var allowsLoneSurrogates = false
  /// The defaults.
  public init() {}
}
