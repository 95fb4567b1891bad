import Testing

@testable import Schemas

/// What is no pattern is refused, with the place; nothing traps.
@Suite struct PatternFaultTests {
  struct Refused: CustomTestStringConvertible, Sendable {
    let pattern: String
    let offset: Int
    let part: String
    var testDescription: String { pattern }
    init(_ pattern: String, _ offset: Int, _ part: String) {
      self.pattern = pattern
      self.offset = offset
      self.part = part
    }
  }

  static let notPatterns = [
    Refused("^(abc]", 5, "stands alone"), Refused("(abc", 0, "not closed"), Refused("abc)", 3, "closes no group"),
    Refused("é(é", 1, "not closed"), Refused("[abc", 0, "not closed"), Refused("x[", 1, "not closed"),
    Refused("[^", 0, "not closed"), Refused("[a-", 0, "not closed"), Refused("a]", 1, "stands alone"),
    Refused("a}", 1, "stands alone"), Refused("{1}", 0, "stands alone"), Refused("a{", 1, "starts `{n}`"),
    Refused("a{,3}", 1, "starts `{n}`"), Refused("a{1", 1, "starts `{n}`"), Refused("a{1,2", 1, "starts `{n}`"),
    Refused("a{2,1}", 1, "out of order"), Refused("*a", 0, "nothing to repeat"), Refused("a**", 2, "nothing to repeat"),
    Refused("a++", 2, "nothing to repeat"), Refused("a*+", 2, "nothing to repeat"), Refused("a???", 3, "nothing to"),
    Refused("^*", 1, "nothing to repeat"), Refused("$+", 1, "nothing to repeat"), Refused("\\b?", 2, "nothing to"),
    Refused("(?=a)*", 5, "nothing to repeat"), Refused("(?<=a)+", 6, "nothing to repeat"),
    Refused("a|*", 2, "nothing to repeat"), Refused("(*VERB)", 1, "nothing to repeat"),
    Refused("(?i)a", 2, "a group starts with"), Refused("(?i:a)", 2, "a group starts with"),
    Refused("(?>a)", 2, "a group starts with"), Refused("(?P<n>a)", 2, "a group starts with"),
    Refused("(?#x)", 2, "a group starts with"), Refused("(?", 2, "a group starts with"),
    Refused("(?|a)", 2, "a group starts with"), Refused("(?R)", 2, "a group starts with"),
    Refused("^\\S(|(.|\\n)*\\S)\\Z", 15, "write `$`"), Refused("\\Aa", 0, "write `^`"), Refused("a\\z", 1, "write `$`"),
    Refused("\\a", 0, "write `\\x07`"), Refused("\\e", 0, "write `\\x1B`"), Refused("\\-", 0, "write `-`"),
    Refused("\\_", 0, "write `_`"), Refused("\\é", 0, "write `é`"), Refused("[\\q]", 1, "no escape"),
    Refused("[\\B]", 1, "no escape"), Refused("\\", 0, "ends in"), Refused("[\\", 1, "ends in"),
    Refused("\\x1", 0, "two hexadecimal"), Refused("\\xg0", 0, "two hexadecimal"),
    Refused("\\u12", 0, "four hexadecimal"),
    Refused("\\u{}", 0, "hexadecimal digits and"), Refused("\\u{110000}", 0, "at most 10FFFF"),
    Refused("\\u{1F432", 0, "hexadecimal digits and"), Refused("\\c", 0, "followed by a letter"),
    Refused("\\c1", 0, "followed by a letter"), Refused("\\00", 0, "no digit"), Refused("\\1", 0, "no group 1"),
    Refused("(a)\\2", 3, "no group 2"), Refused("\\99999999999999999999(a)", 0, "no group"),
    Refused("[\\1]", 1, "no escape"), Refused("\\k", 2, "followed by `<name>`"),
    Refused("\\k<n>", 0, "no group \"n\""), Refused("(?<n>a)\\k<m>", 7, "no group \"m\""),
    Refused("(?<n>a)(?<n>b)", 7, "used twice"), Refused("(?<>a)", 3, "not empty"), Refused("(?<1>a)", 3, "group name"),
    Refused("(?<a b>a)", 4, "group name"), Refused("(?<a", 4, "ends with `>`"),
    Refused("[b-a]", 1, "out of order"), Refused("[\\d-z]", 1, "between two characters"),
    Refused("[a-\\d]", 1, "between two characters"), Refused("[\\u{1F432}-\\u{1F400}]", 1, "out of order"),
    Refused("\\pL", 0, "written `\\p{…}`"), Refused("\\p{L", 0, "ends with `}`"), Refused("\\p{}", 0, "no property"),
    Refused("\\p{letter}", 0, "no property"), Refused("\\p{Greek}", 0, "no property"),
    Refused("\\p{Script=greek}", 0, "no property"), Refused("\\p{Script}", 0, "no property"),
    Refused("\\p{IsGreek}", 0, "no property"), Refused("\\p{L}\\p{sc=}", 5, "no property"),
    Refused("\\p{ L}", 0, "no property"), Refused("\\p{^L}", 0, "no property"), Refused("\\p{L=L}", 0, "no property"),
    Refused("\\h", 0, "write"), Refused("\\Qa\\E", 0, "no escape"), Refused("\\G", 0, "no escape"),
  ]

  @Test(arguments: notPatterns)
  func `what is no pattern is refused where it goes wrong`(row: Refused) {
    let fault = #expect(throws: PatternFault.self) { try Pattern(row.pattern) }
    #expect(fault?.offset == row.offset, "\(fault?.description ?? "")")
    #expect(fault?.message.contains(row.part) == true, "\(fault?.description ?? "")")
    #expect(!isPattern(Array(row.pattern.utf8)))
  }

  @Test(arguments: [
    Refused("(?<=a+)b", 0, "one length"), Refused("x(?<!a|(?:b|cd))", 1, "one length"),
    Refused("(?<=a{256})b", 0, "up to 255"), Refused("(?:(a)|b)*\\1", 10, "a round of a repetition"),
    Refused("(a*)*\\1", 5, "a round of a repetition"), Refused("(?:(a)*b)+\\1", 10, "a round of a repetition"),
    Refused("(?<=(a)\\1)b", 7, "in or into a lookbehind"), Refused("\\ba{65536}", 3, "at most 65535"),
    Refused("\\b(?:(?:abc){1000}){1000}", 0, "too large"),

  ])
  func `a pattern that cannot be matched here is refused, yet is a pattern`(row: Refused) {
    let fault = #expect(throws: PatternFault.self) { try Pattern(row.pattern) }
    #expect(fault?.offset == row.offset, "\(fault?.description ?? "")")
    #expect(fault?.message.contains(row.part) == true, "\(fault?.description ?? "")")
    #expect(isPattern(Array(row.pattern.utf8)))
  }

  @Test func `length and nesting are taken to their limits and no further`() throws {
    let length = PatternParser.lengthMax
    #expect(isPattern(Array(repeating: 0x61, count: length)))
    #expect(!isPattern(Array(repeating: 0x61, count: length + 1)))
    #expect(throws: PatternFault.self) { try Pattern(String(repeating: "a", count: length + 1)) }

    // The pattern itself is the first level.
    func nested(_ depth: Int, _ open: String) -> String {
      String(repeating: open, count: depth - 1) + "a" + String(repeating: ")", count: depth - 1)
    }
    for open in ["(", "(?:", "(?=", "(?!", "(?<="] {
      let deepest = nested(PatternParser.depthMax, open)
      #expect(throws: Never.self) { try Pattern(deepest, engine: .code) }
      let fault = #expect(throws: PatternFault.self) { try Pattern(nested(PatternParser.depthMax + 1, open)) }
      #expect(fault?.message.contains("deeper") == true)
    }
    let repeated = String(repeating: "(?:", count: 99) + "a" + String(repeating: ")*|b", count: 99)
    #expect(throws: Never.self) { try Pattern(repeated, engine: .code) }
    #expect(throws: Never.self) { try Pattern(repeated) }
  }

  @Test func `repetitions of nothing and of much are bounded in work`() throws {
    for inner in ["", "a", "^", "[^a]"] {
      var pattern = inner
      for _ in 0..<98 { pattern = "(?:\(pattern)){65535}" }
      _ = try? Pattern(pattern)
      #expect(isPattern(Array(pattern.utf8)))
    }
    let blowUp = try Pattern("^.*a.{200}$")
    #expect(outcome(blowUp, String(repeating: "a", count: 201)) == .found)
  }

  @Test func `a pattern cut anywhere is a pattern or is refused`() {
    let rows = PatternTests.literals + PatternTests.classes + PatternTests.structure + PatternTests.looks
    for row in rows + PatternTests.references + PatternTests.properties {
      let scalars = Array(row.pattern.unicodeScalars)
      for count in 0...scalars.count {
        var cut = ""
        cut.unicodeScalars.append(contentsOf: scalars.prefix(count))
        let isMatchable = (try? Pattern(cut)) != nil
        if isMatchable { #expect(isPattern(Array(cut.utf8)), "\(cut)") }
      }
      let bytes = Array(row.pattern.utf8)
      for count in 0...bytes.count { _ = isPattern(Array(bytes.prefix(count))) }
    }
  }

  @Test func `any bytes are a pattern or are not`() {
    var random = Seeded(7)
    let alphabet = Array("ab01(){}[]\\^$.*+?|-,:=!<>pPukxcdDwWsSbB/é".utf8)
    for round in 0..<20_000 {
      let count = Int.random(in: 0..<24, using: &random)
      let bytes = (0..<count).map { _ in
        round % 4 == 0 ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random)!
      }
      let known = isPattern(bytes)
      if let text = String(validating: bytes, as: UTF8.self) {
        if (try? Pattern(text)) != nil { #expect(known, "\(text)") }
      } else {
        #expect(!known)
      }
    }
  }

  @Test func `a text that is not UTF-8 is no pattern`() {
    #expect(!isPattern([0x61, 0xFF]))
    #expect(!isPattern([0xED, 0xA0, 0x80]))
  }

  private func isPattern(_ bytes: [UInt8]) -> Bool { Pattern.isPattern(bytes.span.bytes) }
}

/// A generator of numbers that a seed decides (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
