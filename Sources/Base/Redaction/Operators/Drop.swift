internal import Bytes

/// Takes the whole member away, name and all; an element of an array likewise.
///
/// It only says so: whoever writes the event leaves the member out.
enum Drop: Operator {
  static var word: StaticString { "drop" }
  static var purpose: KeyPurpose? { nil }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  static var isPlain: Bool { true }
  static var options: [StaticString] { [] }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation { .drop }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int { 0 }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome { .dropped }
}

extension Operation {
  /// Takes the member away.
  public static var drop: Operation { Operation(Drop.self) }
}
