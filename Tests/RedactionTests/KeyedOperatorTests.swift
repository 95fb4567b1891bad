import Bytes
import Detection
import Testing

@testable import Redaction

/// Operators that need keys.
@Suite struct KeyedOperatorTests {
  @Test(
    arguments: [
      (.emailAddress, "A@x.org", " a@X.ORG "), (.phoneNumber, "+49 (0)30 123-456", "004930123456"),
      (.iban, "de89 3704 0044 0532 0130 00", "DE89370400440532013000"), (.creditCard, "4111-1111", "4111 1111"),
      (.ipAddress, "2001:db8:0:0:0:0:0:1", "2001:DB8::1"), (.ipAddress, "::ffff:192.0.2.1", "192.0.2.1"),
      (.macAddress, "00-1A-2b-3c-4d-5e", "001a.2b3c.4d5e"), (.ukNINO, "qq 12 34 56 c", "QQ123456C"),
      (.person, "Ada  Lovelace", "ada lovelace"),
    ] as [(PersonalType, String, String)]
  )
  func `values that mean the same become the same`(type: PersonalType, one: String, other: String) {
    var bench = Bench()
    for operation in [Operation.pseudonym(), .hash()] {
      let first = bench.text(operation, one, type)
      #expect(first == bench.text(operation, other, type) && first == bench.text(operation, one, type, topic: "b"))
      #expect(first != bench.text(operation, one + "7", type) && first != bench.text(operation, one))
    }
  }
  @Test func `what is not the same stays apart`() {
    var bench = Bench()
    var seen: Set<String> = []
    let texts = ["", " ", "a", "A", "a ", "é", "É", "1", "01", String(repeating: "a", count: 5000)]
    for text in texts { seen.insert(bench.text(.pseudonym(), text)) }
    #expect(seen.count == texts.count)
    let secrets = Set(["Ab", "aB", "ab"].map { bench.text(.pseudonym(), $0, .secret) })
    #expect(secrets.count == 3)
    let types = Set((PersonalType.allCases.map { bench.text(.hash(), "1", $0) }) + [bench.text(.hash(), "1")])
    #expect(types.count == PersonalType.allCases.count + 1)
  }
  @Test func `a pseudonym and a hash say which key made them`() {
    var bench = Bench()
    let pseudonym = bench.text(.pseudonym(), "a@x.org", .emailAddress)
    #expect(pseudonym.hasPrefix("email:pseudonym.1:") && pseudonym.utf8.count == 18 + 22)
    let hash = bench.text(.hash(), "a@x.org", .emailAddress)
    #expect(hash.hasPrefix("pseudonym.1:") && hash.utf8.count == 12 + 64)
    #expect(bench.text(.pseudonym(), "x").hasPrefix("value:pseudonym.1:"))
    var other = Bench(keyFile(2).keys)
    #expect(other.text(.pseudonym(), "a@x.org", .emailAddress) != pseudonym)
  }
  @Test func `a rotation makes other pseudonyms, under the next id`() throws {
    var edit = keyFile()
    var bench = Bench(edit.keys)
    let before = bench.text(.pseudonym(), "a", .person)
    var random = Lehmer(state: 9)
    _ = try edit.rotate(.standard(.pseudonym), made: made, using: &random)
    bench.bench.take(edit.keys)
    let after = bench.text(.pseudonym(), "a", .person)
    #expect(after.hasPrefix("person:pseudonym.2:") && after.suffix(22) != before.suffix(22))
  }

  @Test(arguments: [
    "4111-1111-1111-1111", "123456", "AB12 cd", "DE89 3704 0044 0532 0130 00", "a1b2", "X-9-Y-8-Z", "žluť 1234567",
    "(555) 010-9999",
  ])
  func `a token has the form of its value and comes back`(text: String) throws {
    let keys = keyFile().keys
    var bench = Bench(keys)
    let (outcome, token) = bench.apply(.tokenize(), text, .creditCard)
    #expect(outcome == .written && token != text && token.utf8.count == text.utf8.count)
    for (old, new) in zip(text.utf8, token.utf8) {
      #expect(old.isAlphanumeric == new.isAlphanumeric && (old.isAlphanumeric || old == new))
    }
    #expect(text.contains { $0.isASCII && $0.isLowercase } == token.contains { $0.isASCII && $0.isLowercase })
    #expect(text.contains { $0.isASCII && $0.isUppercase } == token.contains { $0.isASCII && $0.isUppercase })
    #expect(bench.text(.tokenize(), text, .creditCard) == token)
    #expect(bench.text(.tokenize(), text, .iban) != token)
    #expect(bench.text(.tokenize(), text, .creditCard, topic: "b") != token)
    let back = try Revealer(keys).detokenise(
      Array(token.utf8).span.bytes,
      key: KeyID("tokenize.1")!,
      type: .creditCard,
      topic: TopicMark("orders")
    )
    #expect(back.value == Array(text.utf8))
  }
  @Test func `tokens are told apart, and every word of a small alphabet has one`() {
    var bench = Bench()
    var seen: Set<String> = []
    for number in 0..<2000 { seen.insert(bench.text(.tokenize(), "\(100_000 + number)")) }
    #expect(seen.count == 2000 && seen.allSatisfy { $0.utf8.count == 6 && $0.utf8.allSatisfy(\.isDigit) })
    seen = []
    for number in 0..<500 { seen.insert(bench.text(.tokenize(), "a" + String(4096 + number, radix: 16).suffix(3))) }
    #expect(seen.count == 500)
  }
  @Test(
    arguments: [
      ("", false), ("-", false), ("1", false), ("12345", false), ("123456", true), ("abc", false), ("abcd", true),
      ("aB1", false), ("aB12", true), (String(repeating: "1", count: 76), true),
      (String(repeating: "1", count: 77), false), (String(repeating: "a", count: 48), true),
      (String(repeating: "a", count: 49), false), (String(repeating: "aB", count: 21), true),
      (String(repeating: "aB", count: 21) + "a", false),
    ]
  )
  func `too short or too long a value gets the name of its type instead of a token`(text: String, isTaken: Bool) {
    var bench = Bench()
    let (outcome, token) = bench.apply(.tokenize(), text, .iban)
    #expect(outcome == (isTaken ? .written : .replaced) && (token == "<IBAN_CODE>") == !isTaken)
  }

  @Test func `an encrypted value opens in its place and nowhere else`() throws {
    let keys = keyFile().keys
    var bench = Bench(keys)
    let revealer = Revealer(keys)
    for text in ["", "a", "a@x.org", "žluť", String(repeating: "x", count: 5000)] {
      let (outcome, sealed) = bench.apply(.encrypt(), text, .emailAddress, path: "/user/mail")
      #expect(outcome == .written && sealed.hasPrefix("enc:email:encrypt.1:"))
      #expect(sealed != bench.apply(.encrypt(), text, .emailAddress, path: "/user/mail").text)
      #expect(sealed.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
      func open(_ text: String, _ topic: String = "orders", _ path: String = "/user/mail") throws -> [UInt8] {
        let (text, path) = (Array(text.utf8), Array(path.utf8))
        return try revealer.open(text.span.bytes, topic: TopicMark(topic), path: path.span.bytes).value
      }
      #expect(try open(sealed) == Array(text.utf8))
      let refusal = Revealer.Refusal.doesNotOpen(KeyID("encrypt.1")!)
      #expect(throws: refusal) { try open(sealed, "other") }
      #expect(throws: refusal) { try open(sealed, "orders", "/user/mails") }
      #expect(throws: refusal) { try open(sealed.replacing("enc:email", with: "enc:phone")) }
    }
  }
  @Test func `a value that was changed or cut anywhere does not open`() throws {
    let keys = keyFile().keys
    var bench = Bench(keys)
    let (revealer, topic) = (Revealer(keys), TopicMark("orders"))
    let sealed = Array(bench.apply(.encrypt(), "a@x.org", .emailAddress, path: "").text.utf8)
    let empty: [UInt8] = []
    #expect(try revealer.open(sealed.span.bytes, topic: topic, path: empty.span.bytes).value.count == 7)
    for place in sealed.indices {
      var wrong = sealed
      wrong[place] = wrong[place] == UInt8(ascii: "b") ? UInt8(ascii: "c") : UInt8(ascii: "b")
      let cut = Array(sealed[..<place])
      for text in [wrong, cut] {
        #expect(throws: Revealer.Refusal.self) {
          try revealer.open(text.span.bytes, topic: topic, path: empty.span.bytes)
        }
      }
    }
  }
  @Test func `many topics have their keys, also more than there are places`() throws {
    let keys = keyFile().keys
    var bench = Bench(keys)
    let (revealer, empty) = (Revealer(keys), [UInt8]())
    var wrapped: [String: Set<Substring>] = [:]
    for _ in 0..<2 {
      for number in 0..<400 {
        let sealed = bench.apply(.encrypt(), "v\(number)", topic: "t\(number)", path: "").text
        wrapped["t\(number)", default: []].insert(sealed.split(separator: ":")[3])
        let (text, topic) = (Array(sealed.utf8), TopicMark("t\(number)"))
        let back = try revealer.open(text.span.bytes, topic: topic, path: empty.span.bytes)
        #expect(back.value == Array("v\(number)".utf8))
      }
    }
    #expect(Set(wrapped.values.flatMap { $0 }).count == wrapped.values.reduce(0) { $0 + $1.count })
    #expect(wrapped.values.count { $0.count == 1 } > 100)
  }

  @Test func `without its key an operation writes nothing and says so`() {
    var bench = Bench(.none)
    for operation in [Operation.hash(), .pseudonym(), .tokenize(), .encrypt()] {
      #expect(bench.apply(operation, "123456789") == (.keyUnavailable, ""))
    }
    var other = Bench()
    #expect(other.apply(.pseudonym(key: KeyName("mail")!), "x") == (.keyUnavailable, ""))
    #expect(other.apply(.hash(key: .standard(.encrypt)), "x") == (.keyUnavailable, ""))
  }
  @Test func `what an operation calls plain needs no escapes, whatever the value`() {
    var bench = Bench()
    for word in OperatorCatalogue.words {
      let operation = try! OperatorCatalogue.operation(word)
      guard operation.isPlain else { continue }
      for text in ["\"\\\n", "é", "1.5", "2026-01-31T12:34:56Z", "::1"] {
        let out = bench.text(operation, text, .secret)
        #expect(out.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }, "\(word) \(out)")
      }
    }
  }
}
