/// Every operator there is: a new one is a file beside the others in `Operators` and a line here.
private let operators: [any Operator.Type] = [
  Drop.self,
  Replace.self,
  Mask.self,
  Hash.self,
  Pseudonym.self,
  Tokenize.self,
  Encrypt.self,
  Generalise.self,
]

/// The operators by their names.
public enum OperatorCatalogue {
  /// The names, in the order of the documentation.
  public static var words: [String] { operators.map { "\($0.word)" } }

  /// The operation that settings describe.
  ///
  /// Throws: an operator that is none, an option that it does not know, a value that makes no sense.
  public static func operation(_ word: String, _ options: OperatorOptions = OperatorOptions()) throws(OperatorMistake)
    -> Operation
  {
    guard let form = operators.first(where: { "\($0.word)" == word }) else {
      throw OperatorMistake("operator", expected: "one of " + words.map { "'\($0)'" }.joined(separator: ", "))
    }
    let known = form.options.map { "\($0)" } + (form.purpose == nil ? [] : ["key"])
    for option in options.given where !known.contains("\(option)") {
      let names = known.isEmpty ? "no option" : "only " + known.map { "'\($0)'" }.joined(separator: ", ")
      throw OperatorMistake("\(option)", expected: "\(names) with '\(word)'")
    }
    var operation = try form.operation(options)
    if let purpose = form.purpose { operation.key = options.key ?? .standard(purpose) }
    return operation
  }
}
