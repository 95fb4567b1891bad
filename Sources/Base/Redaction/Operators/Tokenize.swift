internal import Bytes

/// Exchanges letters for letters and digits for digits, so that the value keeps its form: `4111-1111-1111-1111` becomes
/// as many digits with the dashes where they were.
///
/// Letters and digits together are one word of an alphabet: digits; digits and upper case; digits and lower case; or
/// all
/// 62. A token is of the same alphabet as its value (`TokenWord`), so it can be turned back without being told.
/// Bound to the topic and the type. Too short a value, or too long a one, does not suit it. Source: FF1 of NIST SP
/// 800-38G; at least a million words, as its revision 1 asks.
enum Tokenize: Operator {
  static var word: StaticString { "tokenize" }
  static var purpose: KeyPurpose? { .tokenize }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { true }
  // What stands between letters and digits stays, whatever it is.
  static var isPlain: Bool { false }
  static var options: [StaticString] { [] }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation { Operation(Tokenize.self) }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int { valueBytes }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    guard let place = tools.place(operation.key, .tokenize) else { return .keyUnavailable }
    guard var word = TokenWord(subject.text), tools.exchange(&word, subject, place) else { return .replaced }
    word.write(over: subject.text, into: &out)
    return .written
  }
}

extension Operation {
  /// Writes a token of the same form.
  public static func tokenize(key: KeyName = .standard(.tokenize)) -> Operation {
    var operation = Operation(Tokenize.self)
    operation.key = key
    return operation
  }
}
