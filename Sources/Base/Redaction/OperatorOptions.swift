/// What settings say of an operation besides its operator.
///
/// Each operator knows some of them; one that it does not know is a mistake.
public struct OperatorOptions: Equatable, Sendable {
  /// `key`: the name of the keys to use; without it, the purpose's, such as `pseudonym`.
  public var key: KeyName?
  /// `with`: the constant that `replace` writes.
  public var with: String?
  /// `first` and `last`: how many characters `mask` keeps at either end.
  public var first: Int?
  /// See `first`.
  public var last: Int?
  /// `character`: what `mask` writes for each other one.
  public var character: String?
  /// `separators`: whether `mask` keeps what is neither a letter nor a digit.
  public var separators: Bool?
  /// `to`: what `generalise` keeps of a time: `hour`, `day`, `month` or `year`.
  public var to: String?
  /// `decimals`: what `generalise` keeps of a coordinate.
  public var decimals: Int?
  /// `bucket`: the width of the buckets in which `generalise` counts numbers.
  public var bucket: Int?
  /// No options.
  public init() {}

  /// The names of those that are given.
  var given: [StaticString] {
    let all: [(StaticString, Bool)] = [
      ("key", key != nil), ("with", with != nil), ("first", first != nil), ("last", last != nil),
      ("character", character != nil), ("separators", separators != nil), ("to", to != nil),
      ("decimals", decimals != nil), ("bucket", bucket != nil),
    ]
    return all.filter(\.1).map(\.0)
  }
}

/// What is wrong with an operation in settings.
public struct OperatorMistake: Error, Equatable, Sendable {
  /// The option that is wrong; `operator` for the operator's own name.
  public let option: String
  /// What would have been right.
  public let expected: String
  /// A mistake.
  public init(_ option: String, expected: String) { (self.option, self.expected) = (option, expected) }
}
