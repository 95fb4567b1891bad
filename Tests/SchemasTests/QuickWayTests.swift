import Bytes
import Testing

@testable import Formats
@testable import Schemas

/// The quick way over members says what the long way says, and where.
@Suite struct QuickWayTests {
  /// Draws schemas of objects and events that nearly fit them.
  private struct Source {
    var state: UInt64
    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    mutating func one(_ choices: [String]) -> String { choices[below(choices.count)] }

    /// Of all lengths that the table of names treats in its own way, some of which differ in their middle alone.
    static let names = [
      "", "a", "bc", "seven77", "eight888", "nine99999", "sixteen_letters_", "seventeen_letters",
      "twenty_four_letters_A_in", "twenty_four_letters_B_in", "é", "device_id",
    ]
    static let rules = [
      #"{"type":"string","pattern":"^[0-9a-f]{4}-[0-9a-f]{2}$"}"#, #"{"pattern":"^\\d+\\.\\d+$"}"#,
      #"{"type":"string","pattern":"^[a-z]+"}"#, #"{"minLength":2,"maxLength":3}"#, #"{"format":"date"}"#,
      #"{"enum":["ios","android","twenty_four_letters_A_in",""]}"#, #"{"enum":["on",1,null]}"#,
      #"{"type":["string","null"],"maxLength":5}"#, #"{"type":"boolean"}"#, #"{"type":"integer"}"#,
      #"{"minimum":-1.5,"maximum":2.25}"#, #"{"exclusiveMinimum":0,"exclusiveMaximum":1e2}"#,
      #"{"type":"number","minimum":1e-9,"maximum":1e30}"#, #"{"type":"integer","minimum":-127,"maximum":0}"#,
      #"{"multipleOf":0.5}"#, "true", "false", #"{"anyOf":[{"type":"null"},{"type":"string"}]}"#,
    ]
    static let values = [
      #""12ab-cd""#, #""12ab-cg""#, #""1.25""#, #""1.""#, #""abc""#, #""ab\u0063""#, #""é😀""#, #""""#, #""ios""#,
      #""twenty_four_letters_B_in""#, #""twenty_four_letters_A_in""#, #""2026-02-28""#, #""2026-02-30""#,
      "true", "false", "null", "tru", "fals", "nul", "0", "-0", "1", "-1", "-1.5", "-1.51", "2.25", "2.250001", "0.0",
      "100", "99.99999999", "1e2", "1.0", "-127", "-128", "12345678901234", "0.123456789", "01", "1.", "-", "-.5", "1x",
      "[1]", "[]", "{}", #"{"a":1}"#, #"{"é":"x","b":[{}]}"#,
    ]
    mutating func schema(_ depth: Int) -> String {
      let known = Self.names.filter { _ in below(3) == 0 }
      let properties = known.map { name in
        "\"\(name)\":\(depth > 0 && below(3) == 0 ? schema(depth - 1) : one(Self.rules))"
      }
      var members = [#""type":"object""#, "\"properties\":{\(properties.joined(separator: ","))}"]
      if below(2) == 0 {
        members.append("\"required\":[\(known.prefix(2).map { "\"\($0)\"" }.joined(separator: ","))]")
      }
      if below(2) == 0 { members.append(#""additionalProperties":false"#) }
      if below(6) == 0 { members.append("\"maxProperties\":\(1 + below(3))") }
      if below(6) == 0 { members.append(#""propertyNames":{"maxLength":9}"#) }
      return "{\(members.joined(separator: ","))}"
    }
    mutating func event(_ depth: Int) -> String {
      let blank = below(8) == 0 ? " " : ""
      let members = (0..<below(6)).map { _ in
        let name = below(9) == 0 ? #"d\u0065vice_id"# : one(Self.names)
        return "\"\(name)\":\(blank)\(depth > 0 && below(3) == 0 ? event(depth - 1) : one(Self.values))"
      }
      return "{\(members.joined(separator: ",\(blank)"))}"
    }
  }

  /// Numbers that may have no more bytes are never read the quick way.
  private var longWay: JSONLimits {
    var limits = JSONLimits()
    limits.numberBytesMax = JSONTokens.plainBytesMin
    return limits
  }
  private func answer(_ validator: inout Validator, _ event: [UInt8], _ schema: Schema) -> String {
    let outcome = validator.check(event.span.bytes, against: schema)
    guard case .invalid = outcome else { return "\(outcome)" }
    return "\(outcome) \(validator.failure(0))"
  }

  @Test func `it agrees with the long way on whatever schemas and events a seed draws`() throws {
    var source = Source(state: 20_261_121)
    var quick = Validator(bytesMax: 4096, seed: 7)
    var long = Validator(bytesMax: 4096, limits: longWay, seed: 7)
    var answers: [String: Int] = [:]
    for _ in 0..<400 {
      let text = source.schema(2)
      let schema = try Judgement.compile(text)
      try #require(schema.tapeReason == nil)
      for _ in 0..<40 {
        let event = Array(source.event(2).utf8)
        let found = answer(&quick, event, schema)
        #expect(found == answer(&long, event, schema), "\(text) \(String(decoding: event, as: UTF8.self))")
        answers[String(found.prefix { $0.isLetter }), default: 0] += 1
      }
    }
    #expect(answers["valid", default: 0] > 500 && answers["invalid", default: 0] > 5000, "\(answers)")
  }

  @Test func `an event that is cut anywhere is no event, either way`() throws {
    let schema = try Judgement.compile(
      #"{"properties":{"device_id":{"pattern":"^[a-z]+$"},"a":{"properties":{"bc":{"maximum":2}}},"#
        + #""on":{"type":"boolean"}}}"#
    )
    var quick = Validator(bytesMax: 4096, seed: 7)
    var long = Validator(bytesMax: 4096, limits: longWay, seed: 7)
    let event = Array(#"{"device_id":"abcdefgh","a":{"bc":-1.25,"x":1},"on":false,"é":"\n"}"#.utf8)
    #expect(answer(&quick, event, schema) == "valid")
    for count in 0..<event.count {
      let part = Array(event.prefix(count))
      let found = answer(&quick, part, schema)
      #expect(found.hasPrefix("malformed") && found == answer(&long, part, schema), "\(count)")
    }
  }

  @Test func `what a name must fit is asked again behind an object in it`() throws {
    let schema = try Judgement.compile(
      #"{"propertyNames":{"maxLength":3},"properties":{"a":{"properties":{"b":{"type":"integer"}}},"long":true}}"#
    )
    var validator = Validator(bytesMax: 4096, seed: 7)
    let events = [(#"{"a":{"b":1},"abc":true}   "#, true), (#"{"a":{"b":1},"long":true}   "#, false)]
    for (event, fits) in events {
      let found = answer(&validator, Array(event.utf8), schema)
      #expect(found.hasPrefix(fits ? "valid" : "invalid"), "\(event) \(found)")
    }
  }

  @Test func `a bound holds at it and not one digit beyond it, however it is written`() throws {
    for (rule, bound, isUpper, isExclusive) in [
      ("maximum", "2.25", true, false), ("minimum", "-1.5", false, false), ("exclusiveMaximum", "1e2", true, true),
      ("exclusiveMinimum", "-0.001", false, true), ("maximum", "-12e-3", true, false), ("minimum", "0", false, false),
    ] {
      let schema = try Judgement.compile("{\"properties\":{\"number\":{\"\(rule)\":\(bound)}}}")
      var validator = Validator(bytesMax: 4096, seed: 7)
      let exact = Int((Double(bound)! * 1e6).rounded())
      for distance in -2...2 {
        let value = exact + distance
        let digits = String(value.magnitude + 10_000_000_000).suffix(10)
        let text = "\(value < 0 ? "-" : "")\(Int(digits.prefix(4))!).\(digits.suffix(6))"
        let fits = isUpper ? distance < (isExclusive ? 0 : 1) : distance > (isExclusive ? 0 : -1)
        let found = answer(&validator, Array("{\"number\":\(text)}  ".utf8), schema)
        #expect(found.hasPrefix(fits ? "valid" : "invalid"), "\(text) \(rule) \(bound)")
      }
    }
  }
}
