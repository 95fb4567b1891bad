public import Schemas

/// What a search for a pattern takes.
public struct PatternFigure: Sendable {
  /// The pattern, and what it is searched for in.
  public let name: String
  /// What the search came to.
  public let outcome: PatternOutcome
  /// How often it was done.
  public let count: Int
  /// How long that took, in nanoseconds.
  public let ns: UInt64
}

/// Measures searches, each so often as `rounds` or as takes about 50 ms.
public func measurePatterns(rounds: Int) -> [PatternFigure] {
  let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
  let letters = String(repeating: "a", count: 30) + "!"
  let long = String(repeating: "a", count: 16_000)
  let rows: [(String, String)] = [
    (uuid, "01234567-89ab-cdef-0123-456789abcdef"), ("^\\d+\\.\\d+\\.\\d+$", "1.2.33"),
    ("^(?:add|remove|view)_[a-z]+$", "remove_item"), ("^.{1,64}$", "a name with a space and some length"),
    ("^\\p{L}+$", "abcdefghijkl"), ("\\bfoo\\b", "this is some text with foo"),
    ("^(?=.*\\d)(?=.*[a-z]).{4,}$", "password1"), ("(a+)+$", letters), ("\\b(a+)+$", letters),
    ("\\b(a|aa)+$", letters + letters), ("(\\p{L}+)+$", letters), ("\\p{L}*\\d", long), ("(?=\\p{L}*)\\d", long),
    ("\\p{L}{1000}\\d", long), ("(?<=\\p{L}{200})\\d", long), ("^(?:\\p{L}+,?)*$", long),
  ]
  return rows.map { pattern, text in measure(pattern, text, rounds) }
}

private func measure(_ source: String, _ text: String, _ rounds: Int) -> PatternFigure {
  guard let pattern = try? Pattern(source) else {
    return PatternFigure(name: "refused: \(source)", outcome: .gaveUp, count: 0, ns: 0)
  }
  var memory = PatternMemory()
  let bytes = Array(text.utf8)
  // SAFETY: the bytes outlive the span.
  let span = unsafe bytes.span.bytes
  var outcome = PatternOutcome.notFound
  var count = 0
  let start = clockNs()
  // The clock is read so rarely that it costs nothing.
  repeat {
    for _ in 0..<min(rounds, 1_000) { outcome = pattern.isFound(in: span, using: &memory) }
    count += min(rounds, 1_000)
  } while count < rounds && clockNs() - start < 50_000_000
  return PatternFigure(name: "\(source) in \(bytes.count) bytes", outcome: outcome, count: count, ns: clockNs() - start)
}
