internal import Bytes
internal import Detection

/// Writes the value less precisely: an address as its network of 24 or 48 bits, a coordinate with fewer decimals, a
/// time by the hour, a number by its bucket.
///
/// What it does follows from the value's form: an address of the Internet, a time of RFC 3339, or
/// numbers. What is none of these does not suit it.
enum Generalise: Operator {
  static var word: StaticString { "generalise" }
  static var purpose: KeyPurpose? { nil }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  static var isPlain: Bool { true }
  static var options: [StaticString] { ["to", "decimals", "bucket"] }
  /// Bits of an address that stay.
  static let version4Bits = 24
  static let version6Bits = 48
  /// Decimals of a coordinate that stay at the most.
  static let decimalsMax = 9

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation {
    let unit = options.to.map { TimeText.Unit(word: $0) } ?? .hour
    guard let unit else { throw OperatorMistake("to", expected: "'hour', 'day', 'month' or 'year'") }
    guard options.decimals == nil || options.bucket == nil else {
      throw OperatorMistake("bucket", expected: "either 'decimals' or 'bucket'")
    }
    guard (0...decimalsMax).contains(options.decimals ?? 0) else {
      throw OperatorMistake("decimals", expected: "0 to \(decimalsMax)")
    }
    guard (1...Int(Int32.max)).contains(options.bucket ?? 1) else {
      throw OperatorMistake("bucket", expected: "1 to \(Int32.max)")
    }
    return .generalise(to: unit, .init(decimals: options.decimals, bucket: options.bucket))
  }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int {
    max(valueBytes + 21, IPAddress.bytesMax + 3)
  }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    let text = NormalForm.trimmed(subject.text)
    let start = out.count
    if var address = IPAddress(text) {
      let kept = address.isVersion6 ? version6Bits : version4Bits
      address.keep(kept)
      out.write(atMost: IPAddress.bytesMax + 3) {
        address.write(to: &$0)
        $0.append(UInt8(ascii: "/"))
        $0.append(decimal: UInt64(kept))
      }
      return .written
    }
    if let time = TimeText(text), let unit = TimeText.Unit(rawValue: operation.first & 0xFF) {
      time.write(to: unit, into: &out)
      return .written
    }
    guard let numbers = DecimalNumbers(text) else { return .replaced }
    if operation.second >= 0 {
      numbers.write(decimals: Int(operation.second), into: &out)
    } else if !numbers.write(bucket: UInt64(operation.second.magnitude), into: &out) {
      out.count = start
      return .replaced
    }
    return .written
  }
}

extension Operation {
  /// How precise numbers stay.
  struct Precision {
    /// Decimals, or minus the width of a bucket.
    let code: Int32
    init(decimals: Int?, bucket: Int?) { code = bucket.map { -Int32($0) } ?? Int32(decimals ?? 2) }
  }
  static func generalise(to unit: TimeText.Unit, _ precision: Precision) -> Operation {
    var operation = Operation(Generalise.self)
    operation.first = unit.rawValue
    operation.second = precision.code
    return operation
  }
  /// Addresses to /24 and /48, times to the hour, numbers with two decimals.
  public static var generalise: Operation { generalise(to: .hour, Precision(decimals: nil, bucket: nil)) }
}
