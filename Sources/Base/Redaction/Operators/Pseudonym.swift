internal import Bytes
internal import Detection

/// Writes the type, the key's id and 128 bits of a keyed hash: `email:pseudonym.3:` and 22 characters of base64url.
///
/// Equal values of one type become equal while the key is the same, in all topics; 2⁶⁴ values of a type before two are
/// likely to meet. Nobody gets them back; who has the key can try values. Source: RFC 2104 with SHA-256.
enum Pseudonym: Operator {
  static var word: StaticString { "pseudonym" }
  static var purpose: KeyPurpose? { .pseudonym }
  static var isDeterministic: Bool { true }
  static var isReversible: Bool { false }
  static var isPlain: Bool { true }
  static var options: [StaticString] { [] }
  /// Bytes of the longest name of a type.
  static var typeBytesMax: Int { 24 }

  static func operation(_ options: OperatorOptions) throws(OperatorMistake) -> Operation {
    Operation(Pseudonym.self)
  }
  static func bytesMax(for valueBytes: Int, _ operation: Operation) -> Int {
    typeBytesMax + 1 + KeyID.bytesMax + 1 + 24
  }
  static func apply(
    _ operation: Operation,
    to subject: borrowing Subject,
    with tools: inout KeyedTools,
    into out: inout Region
  ) -> Outcome {
    guard let place = tools.place(operation.key, .pseudonym) else { return .keyUnavailable }
    let tag = tools.tag(of: subject, for: .pseudonym, place)
    let id = tools.id(place)
    let word = subject.type?.word ?? "value"
    out.write(atMost: typeBytesMax + 1 + KeyID.bytesMax + 1 + 24) {
      $0.append(word)
      $0.append(UInt8(ascii: ":"))
      $0.append(id.bytes)
      $0.append(UInt8(ascii: ":"))
      $0.append(base64URL: tag.high)
    }
    return .written
  }
}

extension Operation {
  /// Writes a pseudonym.
  public static func pseudonym(key: KeyName = .standard(.pseudonym)) -> Operation {
    var operation = Operation(Pseudonym.self)
    operation.key = key
    return operation
  }
}
