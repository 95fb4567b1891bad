/// A compiled pattern of JSON Schema: an ECMA-262 regular expression with the flag `u`.
///
/// It never changes, and any number of threads may search with it.
///
///     source ─ parser ─ tree ─┬─ simple steps: ^, classes, runs, $
///                             ├─ automaton: alternatives, groups, everything in proportion to the text
///                             └─ PCRE2: properties, looks, word boundaries, references; bounded, may give up
///
/// Source: JSON Schema Core (2020-12) §6.4; ECMA-262 §21.2.
@safe public final class Pattern: Sendable {
  /// As the schema has it.
  public let source: String
  /// How it is searched for, valid for as long as this pattern lives.
  public let matcher: PatternMatcher

  /// Which ways to search may be taken; the tests hold them against each other.
  enum Engine {
    case best, automaton, code
  }

  /// Compiles a pattern.
  ///
  /// Throws: `PatternFault` where the source is no pattern, or one that can't be matched here.
  public convenience init(_ source: String) throws(PatternFault) { try self.init(source, engine: .best) }

  init(_ source: String, engine: Engine) throws(PatternFault) {
    let tree = try PatternParser.parse(source)
    self.source = source
    if engine == .best, let simple = SimplePattern(tree), let matcher = PatternMatcher(simple) {
      self.matcher = matcher
    } else if engine != .code, let automaton = PatternNetwork(tree).flatMap(PatternAutomaton.init) {
      matcher = PatternMatcher(automaton)
    } else {
      matcher = PatternMatcher(try CompiledCode(tree))
    }
  }

  deinit { matcher.deallocate() }

  /// Whether no search is ever given up: PCRE2 isn't needed.
  public var isSimple: Bool { matcher.isSimple }

  /// Whether it is found anywhere in a text, which is UTF-8; as ECMA's `test` does.
  @inlinable public func isFound(in text: RawSpan, using memory: inout PatternMemory) -> PatternOutcome {
    matcher.isFound(in: text, using: &memory)
  }

  /// Whether a text is a pattern (format `regex`): whether it has the grammar, not whether it can be matched here.
  ///
  /// Cost: in proportion to the text, which is bounded; allocates.
  public static func isPattern(_ text: RawSpan) -> Bool {
    guard text.byteCount <= PatternParser.lengthMax else { return false }
    let source = unsafe text.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    guard let source else { return false }
    do throws(PatternFault) {
      _ = try PatternParser.parse(source)
      return true
    } catch {
      return false
    }
  }
}
