internal import Bytes
internal import Detection

/// Seals the value: `enc:`, its type, the id of the key that wraps, the wrapped data key, and nonce, sealed bytes and
/// tag in base64url.
///
/// Each bench draws a data key for each topic and key, so nonces only have to count. Bound to the topic, the type and
/// the path: what is moved elsewhere does not open. The same value never looks the same. Source: AES-256-GCM of NIST SP
/// 800-38D, wrapped as in RFC 3394.
enum Encrypt: Operator {
  static var word: StaticString { "encrypt" }
  static var purpose: KeyPurpose? { .encrypt }
  static var isDeterministic: Bool { false }
  static var isReversible: Bool { true }
  static var isPlain: Bool { true }
  static var options: [StaticString] { [] }
  /// What stands before every sealed value.
  static var mark: StaticString { "enc:" }
  /// What is added besides a third of the value.
  static var overheadBytesMax: Int { 4 + Pseudonym.typeBytesMax + DataKey.headerBytesMax + (12 + 16) * 4 / 3 + 12 }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation { Operation(Encrypt.self) }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int {
    valueBytes + valueBytes / 3 + overheadBytesMax
  }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    guard let place = tools.place(operation.key, .encrypt) else { return .keyUnavailable }
    tools.seal(subject, place, into: &out)
    return .written
  }
}

extension Operation {
  /// Writes the value sealed.
  public static func encrypt(key: KeyName = .standard(.encrypt)) -> Operation {
    var operation = Operation(Encrypt.self)
    operation.key = key
    return operation
  }
}
