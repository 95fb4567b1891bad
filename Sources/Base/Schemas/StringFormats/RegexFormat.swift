internal import Bytes

extension StringFormat {
  /// Whether a text is a regular expression of ECMA-262: what `pattern` takes.
  static func acceptsRegex(_ text: RawSpan) -> Bool { Pattern.isPattern(text) }
}
