internal import Bytes
internal import Detection

/// Writes a constant, or `<TYPE>` where none is given.
enum Replace: Operator {
  static var word: StaticString { "replace" }
  static var purpose: KeyPurpose? { nil }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  // A constant may hold anything.
  static var isPlain: Bool { false }
  static var options: [StaticString] { ["with"] }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation {
    guard let with = options.with else { return .replace }
    guard let operation = Operation.replace(with: with) else {
      throw OperatorMistake("with", expected: "1 to \(ShortText.bytesMax) bytes of text")
    }
    return operation
  }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int { ShortText.bytesMax }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    let text = operation.text
    if text.count > 0 { out.append(text.bytes) } else { writeLabel(subject.type, into: &out) }
    return .written
  }

  /// Bytes of the longest label.
  static var labelBytesMax: Int { 32 }
  /// Writes `<TYPE>`, or `<REDACTED>` where nobody says what it was.
  static func writeLabel(_ type: PersonalType?, into out: inout Region) {
    let label = type?.label ?? "REDACTED"
    out.write(atMost: labelBytesMax) {
      $0.append(UInt8(ascii: "<"))
      $0.append(label)
      $0.append(UInt8(ascii: ">"))
    }
  }
}

extension Operation {
  /// Writes `<TYPE>`.
  public static var replace: Operation { Operation(Replace.self) }
  /// Writes a constant; `nil` when it is empty or has more than 48 bytes.
  public static func replace(with constant: String) -> Operation? {
    guard !constant.isEmpty, let text = ShortText(constant) else { return nil }
    var operation = Operation(Replace.self)
    operation.text = text
    return operation
  }
}
