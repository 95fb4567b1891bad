public import Bytes
public import Detection

/// What came of a value.
public enum Outcome: UInt8, Sendable {
  /// What stands for it has been written.
  case written
  /// The operator does not suit the value: `<TYPE>` has been written instead.
  case replaced
  /// The whole member is to be taken away; nothing has been written.
  case dropped
  /// There is no key to use: nothing has been written, and the value may not be kept; later there may be one.
  case keyUnavailable
}

/// A value and what is known of it.
public struct Subject: ~Escapable {
  /// Its text as a reader sees it, without JSON's escapes.
  public let text: RawSpan
  /// What it is, where somebody says.
  public let type: PersonalType?
  /// Where its event goes.
  public let topic: TopicMark
  /// The JSON Pointer of its place.
  public let path: RawSpan

  /// A value.
  @_lifetime(copy text, copy path)
  public init(_ text: RawSpan, type: PersonalType?, topic: TopicMark, path: RawSpan) {
    (self.text, self.type, self.topic, self.path) = (text, type, topic, path)
  }
}

/// Turns a value into what may be kept: one file each in `Operators`, and one line in the catalogue.
///
/// A call goes through one table of functions; nothing is allocated or counted.
public protocol Operator: Sendable {
  /// Its name in settings.
  static var word: StaticString { get }
  /// What its key is for; `nil` when it needs none.
  static var purpose: KeyPurpose? { get }
  /// Whether equal values become equal.
  static var isDeterministic: Bool { get }
  /// Whether somebody with the key gets the value back.
  static var isReversible: Bool { get }
  /// Whether what it writes is ASCII without quotes, backslashes and control characters.
  static var isPlain: Bool { get }
  /// The options that it knows, by their names in settings.
  static var options: [StaticString] { get }
  /// An operation of it.
  ///
  /// Throws: what is wrong with the options.
  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation
  /// How many bytes it writes at the most.
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int
  /// Writes what stands for a value.
  ///
  /// `replaced` says that the value does not suit it; then it has written nothing, and the caller writes `<TYPE>`.
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome
}
