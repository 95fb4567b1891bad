import Testing

@testable import Schemas

/// Steps, the automaton and PCRE2 give the same answers, and every search ends.
@Suite struct PatternAgreementTests {
  static let characters = ["a", "b", "0", "5", "-", ".", "_", "/", "é", "€", "🐲", "\n", "\u{2028}"]
  static let classes = [
    "\\d", "\\w", "[ab]", "[a-z]", "[0-9a-f]", "[^/]", "[^a]", "\\D", "\\S", ".", "[é€]", "[^é]", "[^]", "[]", "[-.]",
    "\\W",
  ]
  static let quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "{0}"]

  private func atom(_ random: inout Seeded) -> String {
    if Bool.random(using: &random) { return Self.classes.randomElement(using: &random)! }
    let character = Self.characters.randomElement(using: &random)!
    return [".", "/"].contains(character) ? "\\\(character)" : character
  }
  private func flat(_ random: inout Seeded) -> String {
    var pattern = Bool.random(using: &random) ? "^" : ""
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      pattern += atom(&random) + Self.quantifiers.randomElement(using: &random)!
    }
    return pattern + (Bool.random(using: &random) ? "$" : "")
  }
  private func nested(_ depth: Int, _ random: inout Seeded) -> String {
    var choices: [String] = []
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      var sequence = Int.random(in: 0..<8, using: &random) == 0 ? "^" : ""
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let isGroup = depth > 0 && Int.random(in: 0..<3, using: &random) == 0
        let part = isGroup ? "(\(nested(depth - 1, &random)))" : atom(&random)
        sequence += part + Self.quantifiers.randomElement(using: &random)!
      }
      choices.append(sequence + (Int.random(in: 0..<8, using: &random) == 0 ? "$" : ""))
    }
    return choices.joined(separator: "|")
  }
  private func text(_ random: inout Seeded) -> String {
    (0..<Int.random(in: 0...7, using: &random)).map { _ in Self.characters.randomElement(using: &random)! }.joined()
  }

  private func compare(_ source: String, _ random: inout Seeded, _ memory: inout PatternMemory, seen: inout Set<UInt8>)
  {
    guard let best = try? Pattern(source), let table = try? Pattern(source, engine: .automaton),
      let code = try? Pattern(source, engine: .code)
    else {
      Issue.record("\(source) is no pattern")
      return
    }
    seen.insert(best.matcher.kind.rawValue)
    for _ in 0..<12 {
      let text = Array(text(&random).utf8)
      let expected = outcome(code, text, &memory)
      let quick = outcome(best, text, &memory)
      let tabled = outcome(table, text, &memory)
      let shown = "\(source.debugDescription) on \(String(decoding: text, as: UTF8.self).debugDescription)"
      // PCRE2 may give up on some that stand repetitions in repetitions; the others may not.
      let agreed = expected == .gaveUp ? tabled : expected
      #expect(agreed != .gaveUp, "\(shown)")
      #expect(quick == agreed, "\(best.matcher.kind): \(shown)")
      #expect(tabled == agreed, "\(table.matcher.kind): \(shown)")
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `flat patterns mean the same in every way to search`(seed: UInt64) {
    var random = Seeded(seed)
    var memory = PatternMemory()
    var seen: Set<UInt8> = []
    for _ in 0..<1_000 { compare(flat(&random), &random, &memory, seen: &seen) }
    #expect(seen.isSuperset(of: [0, 1, 2, 3]), "every quick way was taken")
  }

  @Test(arguments: [UInt64(4), 5])
  func `nested patterns mean the same to the automaton and to PCRE2`(seed: UInt64) {
    var random = Seeded(seed)
    var memory = PatternMemory()
    var seen: Set<UInt8> = []
    for _ in 0..<500 { compare(nested(3, &random), &random, &memory, seen: &seen) }
  }

  @Test func `each code point is in a class or not, whoever decides`() throws {
    var memory = PatternMemory()
    let near: [UInt32] = [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x3_FFFF, 0x10_FFFF]
    for source in ["^[^/]$", "^[\\u{80}-\\u{7FF}]$", "^[\\u{7F}-\\u{10000}]$", "^[\\u{12345}-\\u{10FFFE}]$", "^\\S$"] {
      let table = try Pattern(source, engine: .automaton)
      let code = try Pattern(source, engine: .code)
      #expect(table.isSimple && !code.isSimple)
      for place in near {
        for value in (place &- min(place, 70))...(place + 70) {
          guard let scalar = Unicode.Scalar(value) else { continue }
          let bytes = Array(String(Character(scalar)).utf8)
          let byTable = outcome(table, bytes, &memory)
          let byCode = outcome(code, bytes, &memory)
          #expect(byTable == byCode, "\(source): \(String(value, radix: 16))")
        }
      }
    }
  }

  @Test(arguments: [
    "\\b(a+)+$", "\\b(a|aa)+$", "(\\p{L}+)+$", "^(\\p{L}+\\s?)*$", "^(?=(?:a+)+$)", "(?=\\p{L}*)\\d", "\\p{L}*\\d",
    "^(?:(?=\\p{L}*)a)*$", "^(.*)\\1\\1\\d", "^(.*)(.*)(.*)\\1\\2\\3$", "(?<=\\p{L}{200})\\d", "(?!(?:a*)*b)\\d",
  ])
  func `a catastrophic pattern gives up, and the next search is not the worse for it`(source: String) throws {
    let pattern = try Pattern(source)
    #expect(!pattern.isSimple)
    var memory = PatternMemory()
    let text = Array((String(repeating: "a", count: 20_000) + "!").utf8)
    let long = outcome(pattern, text, &memory)
    #expect(long == .gaveUp)
    let next = outcome(try Pattern("^\\p{L}+$"), Array("abc".utf8), &memory)
    #expect(next == .found)
  }

  @Test func `what the automaton decides is never given up`() throws {
    let text = String(repeating: "a", count: 1 << 20) + "!"
    for source in ["(a+)+$", "^(a|aa)+$", "(a*)*b", "(?:a?){30}a{30}$", "[^x]*x"] {
      let pattern = try Pattern(source)
      #expect(pattern.isSimple && outcome(pattern, text) == .notFound, "\(source)")
    }
  }

  @Test func `threads share a pattern`() async throws {
    let pattern = try Pattern("^(?=.*\\d)\\p{L}+\\d$")
    let found = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var memory = PatternMemory()
          let text = Array("password1".utf8)
          return (0..<1_000).count { _ in outcome(pattern, text, &memory) == .found }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(found == 4_000)
  }
}
