/// Tells whether patterns match names, and remembers: the same names meet the same patterns again and again.
final class PatternAnswers {
  private var patterns: [String: Pattern?] = [:]
  private var known: [String: [String: Bool?]] = [:]
  private var memory = PatternMemory()

  /// Whether a pattern is found in a name; `nil` when it is no pattern, or the search was given up.
  func matches(_ pattern: String, _ name: String) -> Bool? {
    if let answer = known[pattern]?[name] { return answer }
    let answer = search(pattern, name)
    known[pattern, default: [:]][name] = .some(answer)
    return answer
  }
  private func search(_ source: String, _ name: String) -> Bool? {
    guard let pattern = compiled(source) else { return nil }
    let bytes = Array(name.utf8)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    switch unsafe pattern.isFound(in: bytes.span.bytes, using: &memory) {
    case .found: return true
    case .notFound: return false
    case .gaveUp: return nil
    }
  }
  private func compiled(_ source: String) -> Pattern? {
    if let pattern = patterns[source] { return pattern }
    let pattern: Pattern?
    do throws(PatternFault) { pattern = try Pattern(source) } catch { pattern = nil }
    patterns[source] = .some(pattern)
    return pattern
  }
}
