import Testing

@testable import Schemas

/// A search with memory of its own.
func outcome(_ pattern: Pattern, _ text: String) -> PatternOutcome {
  var memory = PatternMemory()
  return outcome(pattern, Array(text.utf8), &memory)
}
func outcome(_ pattern: Pattern, _ bytes: [UInt8], _ memory: inout PatternMemory) -> PatternOutcome {
  pattern.isFound(in: bytes.span.bytes, using: &memory)
}

/// What each construct means, by every way to search that it allows.
@Suite struct PatternTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let pattern: String
    let found: [String]
    let notFound: [String]
    var testDescription: String { pattern }

    init(_ pattern: String, _ found: [String], not notFound: [String]) {
      self.pattern = pattern
      self.found = found
      self.notFound = notFound
    }
  }

  static let literals = [
    Row("", ["", "a"], not: []),
    Row("abc", ["abc", "xabcx", "ababc"], not: ["", "ab", "aBc", "a\nbc"]),
    Row("a", ["a", "xa", "ax"], not: ["", "x"]),
    Row("^abc", ["abc", "abcd"], not: ["", "xabc", "\nabc"]),
    Row("abc$", ["abc", "xabc"], not: ["abcx", "abc\n", "ab"]),
    Row("^abc$", ["abc"], not: ["abc\n", "\nabc", "abcabc", ""]),
    Row("^$", [""], not: ["a", "\n"]),
    Row("$^", [""], not: ["a", "\n"]),
    Row("^^a$$", ["a"], not: ["aa", ""]),
    Row("a^b", [], not: ["ab", "a\nb"]),
    Row("é", ["é", "café"], not: ["e", "e\u{301}"]),
    Row("^é{2}$", ["éé"], not: ["é", "ééé"]),
    Row("^🐲*$", ["", "🐲", "🐲🐲"], not: ["🐉", "🐲🐉"]),
    Row("^\\uD83D\\uDC32+$", ["🐲🐲"], not: ["", "🐉"]),
    Row("^\\u{1F432}\\u0041\\x42$", ["🐲AB"], not: ["AB"]),
    Row("\\uD83D", [], not: ["🐲", ""]),
    Row("\\uD83D\\u{DC32}", [], not: ["🐲"]),
    Row("^\\t\\n\\v\\f\\r\\0$", ["\t\n\u{B}\u{C}\r\0"], not: ["tnvfr0"]),
    Row("^\\cA\\ci\\cZ$", ["\u{1}\t\u{1A}"], not: ["AiZ"]),
    Row("^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$", ["^$\\.*+?()[]{}|/"], not: [""]),
    Row("^#x # y$", ["#x # y"], not: ["#x"]),
  ]
  static let classes = [
    Row("^\\d+$", ["0", "0123456789"], not: ["", "a", "١", "1a"]),
    Row("^\\D$", ["a", "١", "🐲"], not: ["", "1", "ab"]),
    Row("^\\w+$", ["aZ_09"], not: ["", "é", "a-b", "ſ", "\u{212A}"]),
    Row("^\\W$", ["é", "-", "🐲"], not: ["a", "_"]),
    Row(
      "^\\s+$",
      [" \t\n\u{B}\u{C}\r\u{A0}\u{FEFF}\u{2028}\u{2029}\u{2003}\u{3000}\u{1680}\u{202F}\u{205F}"],
      not: ["", "x"]
    ),
    Row("^\\s$", [], not: ["\u{85}", "\u{200B}", "\u{180E}", "\u{1C}"]),
    Row("^\\S$", ["\u{85}", "\u{180E}", "é"], not: ["\u{2009}", " "]),
    Row("^.$", ["a", "é", "🐲", "\u{85}", "\u{B}"], not: ["", "\n", "\r", "\u{2028}", "\u{2029}", "ab"]),
    Row("^[abc]$", ["a", "c"], not: ["d", "", "ab"]),
    Row("^[^abc]$", ["d", "é", "🐲", "\n"], not: ["a", "", "de"]),
    Row("^[a-c\\-x]$", ["b", "-", "x"], not: ["y"]),
    Row("^[-a]$", ["-", "a"], not: ["b"]),
    Row("^[a-]$", ["-", "a"], not: ["b"]),
    Row("^[\\d-]$", ["-", "5"], not: ["d"]),
    Row("^[--/]$", ["-", ".", "/"], not: ["0"]),
    Row("^[\\b]$", ["\u{8}"], not: ["b"]),
    Row("^[\\]\\\\^]$", ["]", "\\", "^"], not: ["["]),
    Row("^[[{(|$.*]$", ["[", "{", "(", "|", "$", ".", "*"], not: ["\\"]),
    Row("[]", [], not: ["", "a"]),
    Row("^a[]*$", ["a"], not: ["", "ab"]),
    Row("^[^]$", ["a", "\n", "🐲"], not: ["", "ab"]),
    Row("^[^]*x", ["a\nx", "x"], not: ["", "ab"]),
    Row("^[\\w.]+$", ["a.b"], not: ["a b"]),
    Row("^[^\\W\\d]$", ["a", "_"], not: ["1", "-", "é"]),
    Row("^[\\s\\S]$", ["\n", "x", "🐲"], not: [""]),
    Row("^[🐲🐉]$", ["🐲", "🐉"], not: ["🐍", "🐲🐲"]),
    Row("^[\\uD83D\\uDC32]$", ["🐲"], not: ["🐉"]),
    Row("^[\\u{1F400}-\\u{1F4FF}]$", ["🐲"], not: ["a", "\u{1F500}"]),
    Row("^[\\uD800-\\uDFFF]$", [], not: ["a", "🐲"]),
    Row("^[^\\uD800-\\uDFFF]$", ["a", "🐲", "\u{D7FF}", "\u{E000}"], not: [""]),
    Row("^[\\u{D7FF}-\\u{E000}]$", ["\u{D7FF}", "\u{E000}"], not: ["\u{D7FE}", "\u{E001}"]),
    Row("^[\\uD83D-\\u{10FFFF}]$", ["\u{E000}", "\u{10FFFF}"], not: ["\u{D7FF}"]),
    Row("^[^/]+$", ["abc", "é🐲"], not: ["", "a/b", "/"]),
    Row("^[^/]+/[^/]*$", ["é/", "a/🐲"], not: ["/a", "a/b/c"]),
    Row("^[^/]{2}$", ["ab", "é🐲"], not: ["é", "a/", "abc"]),
    Row("^[^@]+@", ["é@", "a@b"], not: ["@", "a"]),
  ]
  static let structure = [
    Row("^a*b$", ["b", "aaab"], not: ["", "a", "ba"]),
    Row("^a+b?$", ["a", "aab"], not: ["", "b", "abb"]),
    Row("^a{2,3}$", ["aa", "aaa"], not: ["a", "aaaa"]),
    Row("^a{2,}$", ["aa", "aaaaa"], not: ["a"]),
    Row("^a{2}", ["aa", "aaa"], not: ["a", "ba"]),
    Row("^a{0}$", [""], not: ["a"]),
    Row("^a{0,0}b", ["b"], not: ["ab"]),
    Row("^a*a$", ["a", "aaa"], not: ["", "b"]),
    Row("^\\d*5$", ["5", "155"], not: ["", "15x"]),
    Row("^a*?b+?c??$", ["b", "aabbc"], not: ["a", "abcc"]),
    Row("^(?:ab)+$", ["ab", "abab"], not: ["", "aba"]),
    Row("^(a|bc|)d$", ["ad", "bcd", "d"], not: ["abcd", "bd"]),
    Row("a|^b|c$", ["xa", "bx", "xc"], not: ["xbx", "cx"]),
    Row("^(?:foo|foobar)$", ["foo", "foobar"], not: ["foob", ""]),
    Row("^(?<year>\\d{4})-(?<month>\\d\\d)$", ["2024-05"], not: ["2024-5"]),
    Row("^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$", ["00:1a:2b:3c:4d:5e"], not: ["00:1a:2b:3c:4d", "00-1a-2b-3c-4d-5e"]),
    Row("(^|,)x(,|$)", ["x", "a,x", "x,b", "a,x,b"], not: ["ax", "xa", ""]),
    Row("^(?:a?){3}b$", ["b", "aaab"], not: ["aaaab"]),
    Row("^(a*)*$", ["", "aaa"], not: ["b"]),
    Row("^.{1,3}$", ["a", "🐲🐲🐲"], not: ["", "abcd", "a\nb"]),
    Row("^(?:a|ab)(?:c|bcd)$", ["ac", "abc", "abcd"], not: ["abbcdd", "ab"]),
    Row("^((((a))))$", ["a"], not: [""]),
    Row("x*", ["", "y"], not: []),
    Row("[a-z]\\d{2}", ["--a12--"], not: ["a1", "12"]),
  ]
  static let looks = [
    Row("\\bfoo\\b", ["foo", "a foo b", "-foo-", "éfoo"], not: ["foox", "xfoo"]),
    Row("^\\B.$", ["-"], not: ["a"]),
    Row("o\\B", ["oo"], not: ["o", "o "]),
    Row("^(?=.*\\d)(?=.*[a-z]).{4,}$", ["abc1", "1234a"], not: ["abcd", "1234", "a1"]),
    Row("^(?!foo)\\w+$", ["bar", "fo"], not: ["foo", "foobar"]),
    Row("(?<=\\$)\\d", ["$1"], not: ["1", "€1"]),
    Row("(?<!a|bc)d$", ["d", "cd", "bd"], not: ["ad", "bcd"]),
    Row("(?<=^|,)x", ["x", "a,x"], not: ["ax"]),
    Row("(?<=é)a", ["éa"], not: ["ea"]),
    Row("(?<=(?:ab){2})c", ["ababc"], not: ["abc"]),
    Row("(?=a)(?=ab)", ["ab"], not: ["a", "b"]),
    Row("(?!)", [], not: ["", "a"]),
    Row("(?=)", ["", "a"], not: []),
    Row("^(?=.{3,2000}$)(?=[^]{2,}z)", ["aaz", "aaaaz"], not: ["az", "aaa"]),
    Row("^(?=(?:ab)*c)(?=(?:ab){0,20}c$)", ["c", "ababc"], not: ["abab", "ac"]),
    Row("\\b.{1,2000}?!", ["a!", "!a!"], not: ["!", "a"]),
  ]
  static let references = [
    Row("^(a|b)\\1$", ["aa", "bb"], not: ["ab", "a"]),
    Row("^(?<q>['\"]).*\\k<q>$", ["'a'", "\"\""], not: ["'a\"", "'"]),
    Row("^(?:(a)|b)\\1c$", ["aac", "bc"], not: ["ac", "bac"]),
    Row("^\\1(a)$", ["a"], not: ["aa"]),
    Row("^(a\\1)$", ["a"], not: ["aa"]),
    Row("^\\k<x>(?<x>a)\\k<x>$", ["aa"], not: ["a", "aaa"]),
    Row("^(?:(\\w)\\1)+$", ["aabb"], not: ["aab", "abab"]),
    Row("^(a)*\\1$", ["", "aa", "aaa"], not: ["a", "ab"]),
    Row("^(?!(a)b)\\1a", ["ac", "aa"], not: ["ab"]),
    Row("^(?!(a)\\1)a", ["ab", "a"], not: ["aa"]),
    Row("^(?=(a+))\\1b", ["aab"], not: ["aa"]),
    Row("^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)\\10\\1$", ["abcdefghijja"], not: ["abcdefghija0"]),
    Row("^(🐲)\\1$", ["🐲🐲"], not: ["🐲"]),
  ]
  static let properties = [
    Row("^\\p{Letter}+$", ["é", "aЖ漢"], not: ["", "1", "a1"]),
    Row("^\\p{L}\\p{Lu}\\p{Ll}$", ["ŽŽž"], not: ["žžž"]),
    Row("^\\p{LC}\\p{Cased_Letter}$", ["aB"], not: ["漢漢"]),
    Row("^\\P{L}$", ["1", "🐲"], not: ["a"]),
    Row("^[\\p{L}\\d]+$", ["a1é"], not: ["-"]),
    Row("^[^\\p{L}\\d]+$", ["-🐲"], not: ["a", "1"]),
    Row("^[\\P{L}a]$", ["1", "a"], not: ["b"]),
    Row("^[^\\P{L}a]$", ["b"], not: ["1", "a"]),
    Row("^\\p{digit}+$", ["1", "১২"], not: ["a"]),
    Row("^\\p{gc=Nd}\\p{General_Category=Decimal_Number}$", ["১1"], not: ["aa"]),
    Row("^\\p{Script=Greek}+$", ["αβγ"], not: ["abc"]),
    Row("^\\p{sc=Grek}\\p{scx=Grek}\\p{Script_Extensions=Greek}$", ["ααα"], not: ["aaa"]),
    Row("^\\P{sc=Latin}$", ["α"], not: ["a"]),
    Row("^\\p{scx=Deva}$", ["\u{964}", "क"], not: ["a"]),
    Row("^\\p{sc=Deva}$", ["क"], not: ["\u{964}"]),
    Row("^\\p{Alphabetic}\\p{White_Space}\\p{Emoji_Presentation}$", ["a 🐲"], not: ["1 🐲"]),
    Row("^\\p{Any}\\p{ASCII}\\p{AHex}$", ["🐲aF"], not: ["🐲éF", "aag"]),
    Row("^\\P{Any}$", [], not: ["a"]),
    Row("^\\p{Assigned}$", ["a"], not: ["\u{378}"]),
    Row("^\\P{Assigned}$", ["\u{378}"], not: ["a"]),
    Row("^\\p{Changes_When_NFKC_Casefolded}$", ["A"], not: ["a"]),
    Row("^\\p{Cs}$", [], not: ["a", "🐲"]),
  ]

  @Test(arguments: literals + classes + structure + looks + references + properties)
  func `a construct means what ECMA-262 says`(row: Row) throws {
    var memory = PatternMemory()
    for engine in [Pattern.Engine.best, .automaton, .code] {
      let pattern = try Pattern(row.pattern, engine: engine)
      for text in row.found {
        #expect(outcome(pattern, Array(text.utf8), &memory) == .found, "\(engine): \(text.debugDescription)")
      }
      for text in row.notFound {
        #expect(outcome(pattern, Array(text.utf8), &memory) == .notFound, "\(engine): \(text.debugDescription)")
      }
    }
  }

  @Test(arguments: literals + classes + structure)
  func `what has no references, looks and properties needs no PCRE2`(row: Row) throws {
    #expect(try Pattern(row.pattern).isSimple)
  }

  @Test(arguments: [
    ("^[0-9a-f]{8}-[0-9a-f]{4}$", PatternMatcher.Kind.places), ("^\\d+\\.\\d+$", .steps), ("^x-", .places),
    ("^[^/]+$", .steps), ("^a.b", .automaton), ("^(?:a|b)$", .automaton), ("\\.json$", .literal), ("-", .literal),
    ("ab", .automaton), ("\\bab", .code), ("^\\d*5$", .automaton), ("^[a-z]+$", .steps), ("^[a-z]+", .places),
  ])
  func `a pattern is searched for in the quickest way`(source: String, kind: PatternMatcher.Kind) throws {
    #expect(try Pattern(source).matcher.kind == kind)
  }

  @Test func `steps are taken up to their limits, and beyond them the automaton`() throws {
    let distinct = Array("abcdefghijklmnopqrstuvwxyz0123456789").map(String.init)
    #expect(try Pattern("^" + distinct.prefix(32).joined() + "$").matcher.kind == .places)
    #expect(try Pattern("^" + distinct.prefix(33).joined() + "$").matcher.kind == .automaton)

    let alternating = String(repeating: "ab", count: SimplePattern.stepsMax / 2)
    #expect(try Pattern("^\(alternating)").matcher.kind == .places)
    #expect(try Pattern("^\(alternating)a").matcher.kind == .automaton)

    let long = try Pattern("^a{\(SimplePattern.bytesMax)}$")
    #expect(long.matcher.kind == .places)
    let text = String(repeating: "a", count: SimplePattern.bytesMax)
    #expect(outcome(long, text) == .found && outcome(long, text + "a") == .notFound)
    let longer = try Pattern("^a{\(SimplePattern.bytesMax + 1)}$", engine: .best)
    #expect(longer.matcher.kind == .code)
    #expect(outcome(longer, text) == .notFound && outcome(longer, text + "a") == .found)
  }

  @Test func `a matcher searches as its pattern does`() throws {
    let pattern = try Pattern("^(a|b)+$")
    var memory = PatternMemory()
    let bytes = Array("abba".utf8)
    withExtendedLifetime(pattern) {
      let matcher = pattern.matcher
      let found = matcher.isFound(in: bytes.span.bytes, using: &memory)
      #expect(found == .found)
    }
  }

  @Test func `every name of a property in the tables is one that PCRE2 knows`() throws {
    for table in [UnicodeProperty.categories, UnicodeProperty.binaries] {
      for name in table.keys { #expect(throws: Never.self) { try Pattern("\\p{\(name)}", engine: .code) } }
    }
    for name in UnicodeProperty.scripts.keys {
      #expect(throws: Never.self) { try Pattern("\\p{sc=\(name)}\\p{scx=\(name)}", engine: .code) }
    }
    #expect(UnicodeProperty.categories.count == 80)
    #expect(Set(UnicodeProperty.scripts.values).count == 162)
  }
}
