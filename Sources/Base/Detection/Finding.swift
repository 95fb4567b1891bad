/// Personal data in a text: where, of what kind, and how sure.
@frozen public struct Finding: BitwiseCopyable, Hashable, Sendable {
  /// Where its first byte is in the text.
  public let start: Int
  /// Behind its last byte.
  public let end: Int
  /// What it is.
  public let type: PersonalType
  /// How sure that is, in percent.
  public let confidence: UInt8
  /// One, from all of that.
  @inlinable public init(start: Int, end: Int, type: PersonalType, confidence: UInt8) {
    (self.start, self.end, self.type, self.confidence) = (start, end, type, confidence)
  }
  /// Its place in the text.
  @inlinable public var range: Range<Int> { start..<end }
}

/// What a scan looks for, and how sure it must be: one for each topic.
public struct DetectionProfile: Sendable {
  /// The kinds that are looked for.
  public var types: PersonalTypes
  private var minimums: InlineArray<64, UInt8>

  /// The confidence that is asked for unless something else is said: a form that much else has too needs context.
  public static var usualMinimum: UInt8 { 50 }

  /// Looks for these kinds, each with the same least confidence.
  public init(types: PersonalTypes = .all, minimum: UInt8 = usualMinimum) {
    self.types = types
    minimums = InlineArray(repeating: minimum)
  }
  /// The least confidence in percent with which something of a kind counts.
  @inlinable public subscript(type: PersonalType) -> UInt8 {
    @inline(__always) get { minimum(of: Int(type.rawValue)) }
    set { setMinimum(of: Int(type.rawValue), newValue) }
  }
  @usableFromInline func minimum(of index: Int) -> UInt8 { minimums[index] }
  @usableFromInline mutating func setMinimum(of index: Int, _ value: UInt8) { minimums[index] = value }
}
