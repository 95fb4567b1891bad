internal import Bytes

/// Writes the key's id and 256 bits of a keyed hash: `pseudonym.3:9f86…`, 64 hexadecimal digits.
///
/// Equal values of one type become equal while the key is the same, in all topics. Nobody gets them back; who has the
/// key can try values. Source: RFC 2104 with SHA-256.
enum Hash: Operator {
  static var word: StaticString { "hash" }
  static var purpose: KeyPurpose? { .pseudonym }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  static var isPlain: Bool { true }
  static var options: [StaticString] { [] }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation { Operation(Hash.self) }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int { KeyID.bytesMax + 1 + 64 }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    guard let place = tools.place(operation.key, .pseudonym) else { return .keyUnavailable }
    let tag = tools.tag(of: subject, for: .hash, place)
    let id = tools.id(place)
    out.write(atMost: KeyID.bytesMax + 1 + 64) {
      $0.append(id.bytes)
      $0.append(UInt8(ascii: ":"))
      $0.append(hexadecimal: tag.high)
      $0.append(hexadecimal: tag.low)
    }
    return .written
  }
}

extension Operation {
  /// Writes a keyed hash.
  public static func hash(key: KeyName = .standard(.pseudonym)) -> Operation {
    var operation = Operation(Hash.self)
    operation.key = key
    return operation
  }
}
