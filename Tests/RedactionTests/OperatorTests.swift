import Bytes
import Detection
import Testing

@testable import Redaction

@Suite struct OperatorTests {
  private var every: [Operation] {
    get throws { try OperatorCatalogue.words.map { (word) in try OperatorCatalogue.operation(word) } }
  }

  @Test func `every operator is found by its name and says what it is`() throws {
    #expect(
      OperatorCatalogue.words
        == ["drop", "replace", "mask", "hash", "pseudonym", "tokenize", "encrypt", "generalise"]
    )
    let every = try every
    #expect(every.filter { !$0.isDeterministic }.map { "\($0.word)" } == ["encrypt"])
    #expect(every.filter(\.isReversible).map { "\($0.word)" } == ["tokenize", "encrypt"])
    #expect(every.filter(\.isDrop) == [.drop])
    #expect(every.map(\.purpose) == [nil, nil, nil, .pseudonym, .pseudonym, .tokenize, .encrypt, nil])
    #expect(try OperatorCatalogue.operation("hash").key == .standard(.pseudonym))
    #expect(throws: OperatorMistake.self) { try OperatorCatalogue.operation("hide") }
  }
  @Test func `an option that an operator does not know, or that makes no sense, is a mistake by name`() {
    func mistake(_ word: String, _ change: (inout OperatorOptions) -> Void) -> String? {
      var options = OperatorOptions()
      change(&options)
      do throws(OperatorMistake) {
        _ = try OperatorCatalogue.operation(word, options)
        return nil
      } catch { return error.option }
    }
    #expect(mistake("mask") { $0.first = 64 } == nil && mistake("mask") { $0.first = 65 } == "first")
    #expect(mistake("mask") { $0.last = -1 } == "last" && mistake("mask") { $0.character = "ab" } == "character")
    #expect(mistake("mask") { $0.character = "•" } == nil && mistake("mask") { $0.key = KeyName("a") } == "key")
    #expect(mistake("replace") { $0.with = "" } == "with")
    #expect(mistake("replace") { $0.with = String(repeating: "x", count: 48) } == nil)
    #expect(mistake("replace") { $0.with = String(repeating: "x", count: 49) } == "with")
    #expect(mistake("drop") { $0.first = 1 } == "first" && mistake("hash") { $0.key = KeyName("mail") } == nil)
    #expect(mistake("generalise") { $0.to = "minute" } == "to" && mistake("generalise") { $0.bucket = 0 } == "bucket")
    #expect(mistake("generalise") { ($0.decimals, $0.bucket) = (1, 1) } == "bucket")
    #expect(mistake("generalise") { $0.decimals = 10 } == "decimals")
  }
  @Test func `operations are equal when they do the same`() {
    #expect(Operation.replace == .replace && Operation.replace != .replace(with: "x")! && Operation.drop != .replace)
    #expect(Operation.replace(with: "x") == .replace(with: "x") && Operation.replace(with: "x") != .replace(with: "y"))
    #expect(Set([Operation.mask(first: 1), .mask(first: 1), .mask(last: 1), .mask(first: 1, last: 1)]).count == 3)
    #expect(Operation.hash(key: KeyName("a")!) != .hash(key: KeyName("b")!))
  }

  @Test func `a replacement is the constant or the name of the type`() {
    var bench = Bench()
    #expect(bench.apply(.replace, "a@x.org", .emailAddress) == (.written, "<EMAIL_ADDRESS>"))
    #expect(bench.text(.replace, "x") == "<REDACTED>" && bench.text(.replace, "", .person) == "<PERSON>")
    #expect(bench.text(.replace(with: "wég \"")!, "x", .iban) == "wég \"")
    for type in PersonalType.allCases { #expect(bench.text(.replace, "", type) == "<\(type.label)>") }
    #expect(bench.apply(.drop, "x") == (.dropped, ""))
  }

  @Test(
    arguments: [
      ("4111 1111 1111 1111", 0, 4, "**** **** **** 1111"), ("a@x.org", 1, 0, "a@*.***"), ("", 0, 0, ""),
      ("", 2, 2, ""), ("ab", 1, 1, "**"), ("abc", 1, 1, "a*c"), ("ab", 0, 2, "**"), ("ab", 3, 0, "**"),
      ("žluťoučký", 2, 2, "žl*****ký"), ("日本語", 1, 0, "日**"), ("😀😀😀", 0, 1, "**😀"), ("--", 0, 0, "--"),
      ("\u{1F600}", 1, 0, "*"),
    ]
  )
  func `a mask keeps whole characters at both ends and never all of them`(
    text: String,
    first: Int,
    last: Int,
    expected: String
  ) {
    var bench = Bench()
    #expect(bench.apply(.mask(first: first, last: last)!, text) == (.written, expected))
  }
  @Test func `a mask may be any character, and cover what stands between`() {
    var bench = Bench()
    #expect(bench.text(.mask(last: 2, character: "•")!, "ab-cd") == "••-cd")
    #expect(bench.text(.mask(last: 2, character: "•", keepsSeparators: false)!, "ab-cd") == "•••cd")
    #expect(Operation.mask(character: "") == nil && Operation.mask(first: 65) == nil && Operation.mask(last: -1) == nil)
    let long = String(repeating: "x", count: 1000)
    #expect(bench.text(.mask(first: 64, last: 64, character: "𝄪")!, long).unicodeScalars.count == 1000)
  }

  @Test(
    arguments: [
      ("192.0.2.77", "192.0.2.0/24"), ("0.0.0.0", "0.0.0.0/24"), ("2001:DB8:a:b::1", "2001:db8:a::/48"),
      ("::ffff:192.0.2.77", "192.0.2.0/24"), ("::1", "::/48"), ("48.137154", "48.13"), ("-0.1", "-0.1"),
      ("48.137154, 11.576124", "48.13, 11.57"), ("7", "7"), ("2026-01-31T12:34:56Z", "2026-01-31T12:00:00Z"),
      ("2026-01-31T12:34:56.123+05:30", "2026-01-31T12:00:00+05:30"), ("2026-01-31", "2026-01-31"),
      (" 7.125 ", "7.12"),
    ]
  )
  func `values become less precise by what they are`(text: String, expected: String) {
    var bench = Bench()
    #expect(bench.apply(.generalise, text) == (.written, expected))
  }
  @Test(arguments: [
    "", "x", "1.2.3", "1.2.3.256", "01.2.3.4", "1e9", "1,", ",1", "--1", "1.", ".5", "2026-13-01",
    "2026-01-31T25:00:00Z",
    "2026-01-31T12:34", "2026-01-31T12:34:56", "2026-01-31T12:34:56+0530", "1::2::3", "1:2:3:4:5:6:7", "::12345", ":1",
  ])
  func `what is no address, time or number is replaced`(text: String) {
    var bench = Bench()
    #expect(bench.apply(.generalise, text, .ipAddress) == (.replaced, "<IP_ADDRESS>"))
  }
  @Test func `times keep what they are told to, and numbers go to their buckets`() throws {
    var bench = Bench()
    func operation(_ change: (inout OperatorOptions) -> Void) -> Operation {
      var options = OperatorOptions()
      change(&options)
      return try! OperatorCatalogue.operation("generalise", options)
    }
    let time = "2026-07-31t12:34:56z"
    #expect(bench.text(operation { $0.to = "day" }, time) == "2026-07-31t00:00:00z")
    #expect(bench.text(operation { $0.to = "month" }, time) == "2026-07-01t00:00:00z")
    #expect(bench.text(operation { $0.to = "year" }, "1985-04-12") == "1985-01-01")
    let tens = operation { $0.bucket = 10 }
    for (number, bound) in [
      ("37", "30"), ("40", "40"), ("0", "0"), ("-1", "-10"), ("-10", "-10"), ("-10.5", "-20"), ("9.99", "0"),
      ("+12", "10"), ("-0", "0"),
    ] { #expect(bench.text(tens, number) == bound, "\(number)") }
    #expect(bench.apply(tens, "1, 2").outcome == .replaced)
    #expect(bench.apply(tens, String(repeating: "9", count: 19)).outcome == .replaced)
    #expect(bench.text(operation { $0.bucket = .init(Int32.max) }, "-1") == "-2147483647")
    #expect(bench.text(operation { $0.decimals = 0 }, "48.9") == "48")
  }
}
