internal import Bytes
internal import Detection
internal import Redaction

/// Measures each operator that has a key on a value of a usual kind, for about so long.
public func measureOperators(ms: Int) -> [RedactionFigures] {
  let values: [(word: String, type: PersonalType, value: (Int) -> String)] = [
    ("pseudonym", .emailAddress, { "user\($0)@mail.example.org" }),
    ("tokenize", .creditCard, { "\(4_000_000_000_000_000 + $0 * 7919)" }),
    ("encrypt", .emailAddress, { "user\($0)@mail.example.org" }),
  ]
  var bench = OperatorBench(keys: madeKeys(), valueBytesMax: 1 << 10)
  var out = Region(id: RegionID(rawValue: 0), byteCount: OperatorBench.bytesMax(for: 1 << 10))
  let topic = TopicMark("measured")
  return values.map { word, type, value in
    do throws(OperatorMistake) {
      let operation = try OperatorCatalogue.operation(word)
      let texts = (0..<1000).map { Array(value($0).utf8) }
      return measure(word, texts, ms: ms) { measuredApply(operation, $0, type, topic, &bench, &out) }
    } catch { broken("an operator of a benchmark is one: \(error.option) is \(error.expected)") }
  }
}

/// 1 when something else stands for the value.
@inline(never)
private func measuredApply(
  _ operation: Operation,
  _ value: [UInt8],
  _ type: PersonalType,
  _ topic: TopicMark,
  _ bench: inout OperatorBench,
  _ out: inout Region
) -> Int {
  out.count = 0
  // SAFETY: a view of an array that lives until the end of this scope.
  let text = unsafe value.span.bytes
  let path = text.extracting(0..<min(4, text.byteCount))
  let outcome = bench.apply(operation, to: text, type: type, topic: topic, path: path, into: &out)
  precondition(outcome == .written, "a value of a benchmark suits its operator")
  return 1
}

/// A key for each purpose, made for this run.
private func madeKeys() -> RedactionKeys {
  var random = SystemRandomNumberGenerator()
  do {
    var edit = try RedactionKeyEdit([], file: "measured")
    for purpose in KeyPurpose.allCases {
      _ = try edit.make(.standard(purpose), purpose, made: "2026-01-31T12:00:00Z", using: &random)
    }
    // SAFETY: a view of an array that lives until the end of this scope.
    return unsafe edit.file.keys(edit.text.span.bytes)
  } catch { broken("keys are made: \(error)") }
}
