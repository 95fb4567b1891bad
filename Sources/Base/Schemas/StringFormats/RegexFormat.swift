internal import Bytes

extension StringFormat {
  /// Whether a text is a regular expression of ECMA-262.
  ///
  /// It relies on the parser that `pattern` and `patternProperties` use, whose place is here: without it every text is
  /// accepted.
  static func acceptsRegex(_ text: RawSpan) -> Bool { true }
}
