import Bytes
import Detection

@testable import Redaction

/// A generator whose numbers a test can repeat.
struct Lehmer: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

let made = "2026-01-31T12:00:00Z"

/// A file with a key for each purpose.
func keyFile(_ seed: UInt64 = 1) -> RedactionKeyEdit {
  var random = Lehmer(state: seed)
  do {
    var edit = try RedactionKeyEdit([], file: "f")
    for purpose in KeyPurpose.allCases { _ = try edit.make(.standard(purpose), purpose, made: made, using: &random) }
    return edit
  } catch { fatalError("\(error)") }
}
extension RedactionKeyEdit {
  var keys: RedactionKeys { file.keys(text.span.bytes) }
}

/// What a writer wrote.
func written(_ body: (inout Writer) -> Void) -> String {
  var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
  region.write(atMost: 4096, body)
  return region.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

/// A bench as tests use it.
struct Bench: ~Copyable {
  var bench: OperatorBench
  init(_ keys: RedactionKeys = keyFile().keys) { bench = OperatorBench(keys: keys, valueBytesMax: 1 << 16) }

  mutating func apply(
    _ operation: Operation,
    _ text: String,
    _ type: PersonalType? = nil,
    topic: String = "orders",
    path: String = "/a"
  ) -> (outcome: Outcome, text: String) {
    let (value, path) = (Array(text.utf8), Array(path.utf8))
    let room = operation.bytesMax(for: value.count)
    precondition(room <= OperatorBench.bytesMax(for: value.count))
    var out = Region(id: RegionID(rawValue: 0), byteCount: max(room, 1))
    let outcome = bench.apply(
      operation,
      to: value.span.bytes,
      type: type,
      topic: TopicMark(topic),
      path: path.span.bytes,
      into: &out
    )
    return (outcome, out.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
  }
  mutating func text(_ operation: Operation, _ text: String, _ type: PersonalType? = nil, topic: String = "orders")
    -> String
  { apply(operation, text, type, topic: topic).text }
}
