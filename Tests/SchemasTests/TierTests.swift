import Testing

@testable import Formats
@testable import Schemas

/// Both tiers give the same answer.
@Suite struct TierTests {
  /// Draws schemas and values from a seed.
  private struct Source {
    var state: UInt64
    mutating func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    mutating func one(_ choices: [String]) -> String { choices[below(choices.count)] }

    mutating func schema(_ depth: Int) -> String {
      if below(12) == 0 { return one(["true", "false"]) }
      var members: [String] = []
      for _ in 0...below(3) { members.append(keyword(depth)) }
      var seen: Set<String> = []
      members = members.filter { seen.insert(String($0.prefix { $0 != ":" })).inserted }
      return "{\(members.joined(separator: ","))}"
    }
    private mutating func keyword(_ depth: Int) -> String {
      switch below(depth > 0 ? 16 : 8) {
      case 0:
        return "\"type\":\(one(["\"string\"", "\"integer\"", "\"number\"", "[\"object\",\"null\"]", "\"array\""]))"
      case 1: return "\"minimum\":\(one(["0", "-1.5", "1e1"]))"
      case 2: return "\"maxLength\":\(below(4))"
      case 3: return "\"enum\":[\(one(["1,2.0", "\"a\",\"bb\"", "null,true", "\"a\",1,false"]))]"
      case 4: return "\"required\":[\(one(["\"a\"", "\"a\",\"b\"", "\"c\""]))]"
      case 5: return "\"multipleOf\":\(one(["2", "0.5"]))"
      case 6: return "\"maxProperties\":\(below(3))"
      case 7: return "\"pattern\":\(one(["\"^a\"", "\"b$\"", "\"^[a-c]+$\""]))"
      case 8: return "\"properties\":{\"a\":\(schema(depth - 1)),\"b\":\(schema(depth - 1))}"
      case 9: return "\"additionalProperties\":\(schema(depth - 1))"
      case 10: return "\"items\":\(schema(depth - 1))"
      case 11: return "\"prefixItems\":[\(schema(depth - 1))]"
      case 12: return "\"allOf\":[\(schema(depth - 1)),\(schema(depth - 1))]"
      case 13: return "\"patternProperties\":{\"^a\":\(schema(depth - 1))}"
      case 14: return "\"anyOf\":[\(schema(0)),\(schema(0))]"
      default: return "\"propertyNames\":\(schema(0))"
      }
    }
    mutating func value(_ depth: Int) -> String {
      switch below(depth > 0 ? 8 : 6) {
      case 0: return one(["1", "2", "2.0", "-3", "0.5", "1e1", "10.0", "12345678901234567890"])
      case 1: return one(["\"a\"", "\"bb\"", "\"abc\"", "\"\"", "\"\\u0061\"", "\"é😀\""])
      case 2: return one(["true", "false"])
      case 3: return "null"
      case 4: return "\"a\""
      case 5: return "2"
      case 6: return "[\((0..<below(4)).map { _ in value(depth - 1) }.joined(separator: ","))]"
      default:
        let names = ["\"a\"", "\"b\"", "\"c\"", "\"\\u0061b\""].filter { _ in below(2) == 0 }
        return "{\(names.map { "\($0):\(value(depth - 1))" }.joined(separator: ","))}"
      }
    }
  }

  private func outcome(_ outcome: SchemaOutcome) -> String { "\(outcome)" }

  @Test func `both tiers agree on whatever schemas and values a seed draws`() throws {
    var source = Source(state: 20_261_120)
    var validator = Validator(bytesMax: 4096, seed: 7)
    var (streamed, valid, invalid) = (0, 0, 0)
    for _ in 0..<3000 {
      let text = source.schema(3)
      var library = SchemaLibrary()
      try library.add(Array(text.utf8), uri: "registry:///t/1.json", file: "1.json")
      let schema = try Schema("registry:///t/1.json", in: library)
      guard schema.tapeReason == nil else { continue }
      streamed += 1
      for _ in 0..<10 {
        let event = Array(source.value(3).utf8)
        let scanned = validator.check(event.span.bytes, against: schema)
        let taped = validator.checkOnTape(event.span.bytes, against: schema)
        #expect("\(scanned)" == "\(taped)", "\(text) \(String(decoding: event, as: UTF8.self))")
        if case .valid = scanned { valid += 1 } else { invalid += 1 }
      }
    }
    // Neither answer is rare, and most schemas of these keywords are checked while they are scanned.
    #expect(streamed > 1500)
    #expect(min(valid, invalid) > 3000)
  }

  @Test(arguments: [
    (##"{"type":"object","properties":{"a":{"$ref":"#"}}}"##, nil),
    (##"{"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"minLength":2}}}]}"##, nil),
    (##"{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}"##, nil),
    (##"{"anyOf":[{"required":["a"]},{"required":["b"]}]}"##, "a choice between schemas for objects or arrays"),
    (##"{"properties":{"a":{"uniqueItems":true}}}"##, "uniqueItems compares elements with each other"),
    (
      ##"{"unevaluatedProperties":false}"##,
      "unevaluatedProperties and unevaluatedItems need to know all that was evaluated"
    ),
    (##"{"contains":{"type":"string"}}"##, "contains tries elements"),
    (##"{"const":{"a":1}}"##, "constants that are objects or arrays"),
    (##"{"dependentSchemas":{"a":{"required":["b"]}}}"##, "dependentSchemas looks back"),
  ])
  func `a schema says why it needs the tape`(text: String, reason: String?) throws {
    var library = SchemaLibrary()
    try library.add(Array(text.utf8), uri: "registry:///t/1.json", file: "1.json")
    let schema = try Schema("registry:///t/1.json", in: library)
    #expect(schema.tapeReason?.description == reason)
  }

  @Test func `schemas that lead to each other in a long row are left to the tape`() throws {
    // Listed from the last to the first, so that each is known before another one refers to it.
    let count = 5000
    for inner in [##""properties":{"x":{"$ref":"#/$defs/NEXT"}}"##, ##""$ref":"#/$defs/NEXT""##] {
      let definitions = (0..<count).map { "\"d\($0)\":{\(inner.replacing("NEXT", with: "d\($0 + 1)"))}" }
      let references = (0...count).reversed().map { "\"n\($0)\":{\"$ref\":\"#/$defs/d\($0)\"}" }
      let text =
        ##"{"properties":{"a":true,"b":{"properties":{\##(references.joined(separator: ","))}}},"##
        + ##""patternProperties":{"^a":{"$ref":"#/$defs/d0"}},"##
        + ##""$defs":{\##(definitions.joined(separator: ",")),"d\##(count)":true}}"##
      let schema = try Judgement.compile(text)
      #expect(schema.tapeReason?.description == "schemas lead to each other in too long a row")
      var validator = Validator(bytesMax: 64, seed: 1)
      let event = Array(##"{"a":{"x":{"x":1}}}"##.utf8)
      let answer = "\(validator.check(event.span.bytes, against: schema))"
      #expect(answer == (inner.hasPrefix("\"p") ? "valid" : "exhausted"))
    }
  }

  @Test func `the last one of a name that occurs twice holds where that is allowed`() throws {
    var library = SchemaLibrary()
    let text = ##"{"properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"string"},"maxProperties":2}"##
    try library.add(Array(text.utf8), uri: "registry:///t/1.json", file: "1.json")
    let schema = try Schema("registry:///t/1.json", in: library)
    var limits = JSONLimits()
    limits.allowsDuplicateNames = true
    var lenient = Validator(bytesMax: 4096, limits: limits, seed: 7)
    var strict = Validator(bytesMax: 4096, seed: 7)
    let cases = [
      (##"{"a":"x","a":1}"##, true), (##"{"a":1,"\u0061":"x"}"##, false), (##"{"b":1,"b":"x"}"##, true),
      (##"{"b":"x","b":1}"##, false), (##"{"a":1,"a":2,"b":"x","b":"y","b":"z"}"##, true),
      (##"{"a":1,"b":"","c":""}"##, false),
    ]
    for (event, isValid) in cases {
      let bytes = Array(event.utf8)
      let answer = lenient.check(bytes.span.bytes, against: schema)
      if isValid { #expect("\(answer)" == "valid", "\(event)") } else { #expect("\(answer)" == "invalid", "\(event)") }
      guard event.contains("c") == false else { continue }
      guard case .malformed(let fault) = strict.checkOnTape(bytes.span.bytes, against: schema) else {
        Issue.record("\(event) has a name twice")
        continue
      }
      #expect(fault.reason == .duplicateName)
    }
  }
}
