import Formats
import Testing

@testable import Schemas

/// Events and schemas that mean harm, or are broken: each is answered, on both tiers, at a bounded cost.
@Suite struct HostileInputTests {
  /// What both tiers make of an event.
  private func judge(_ event: [UInt8], _ schema: String = "true", _ limits: JSONLimits = JSONLimits()) throws -> String
  {
    let schema = try Judgement.compile(schema)
    var validator = Validator(bytesMax: max(event.count, 1), limits: limits, seed: 3)
    let scanned = "\(validator.check(event.span.bytes, against: schema))"
    let taped = "\(validator.checkOnTape(event.span.bytes, against: schema))"
    #expect(scanned == taped)
    return taped
  }
  private func fault(_ event: [UInt8], _ limits: JSONLimits = JSONLimits()) throws -> JSONFault.Reason? {
    let schema = try Judgement.compile("true")
    var validator = Validator(bytesMax: max(event.count, 1), limits: limits, seed: 3)
    guard case .malformed(let scanned) = validator.check(event.span.bytes, against: schema),
      case .malformed(let taped) = validator.checkOnTape(event.span.bytes, against: schema)
    else { return nil }
    #expect(scanned == taped)
    return taped.reason
  }

  @Test func `nesting ends at its limit`() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let bomb = { (depth: Int) in
        Array((String(repeating: open, count: depth) + "0" + String(repeating: close, count: depth)).utf8)
      }
      #expect(try judge(bomb(64)) == "valid")
      #expect(try fault(bomb(65)) == .tooDeep)
      #expect(try fault(Array(String(repeating: open, count: 200_000).utf8)) == .tooDeep)
    }
  }

  @Test func `a value that is nested as deep as any may be is judged by a schema that follows it`() throws {
    var limits = JSONLimits()
    limits.depthMax = 300
    let event = Array((String(repeating: "[", count: 300) + String(repeating: "]", count: 300)).utf8)
    #expect(try judge(event, ##"{"items":{"$ref":"#"},"maxItems":1}"##, limits) == "valid")
    #expect(
      try judge(event, ##"{"items":{"$ref":"#"},"uniqueItems":true,"unevaluatedItems":false}"##, limits) == "valid"
    )
  }

  @Test func `a string has a mebibyte at the most`() throws {
    let string = { (count: Int) in Array("\"\(String(repeating: "x", count: count))\"".utf8) }
    #expect(try judge(string(1 << 20), ##"{"minLength":1048576,"pattern":"^x+$"}"##) == "valid")
    #expect(try judge(string(1 << 20), ##"{"maxLength":1048575}"##) == "invalid")
    #expect(try fault(string(1 << 20 + 1)) == .longString)
  }

  @Test func `a number of ten thousand digits is refused, or judged to its last one`() throws {
    let digits = String(repeating: "7", count: 9999)
    #expect(try fault(Array("\(digits)7".utf8)) == .longNumber)
    #expect(try fault(Array("0.\(digits)".utf8)) == .longNumber)
    var limits = JSONLimits()
    limits.numberBytesMax = 10_000
    #expect(try judge(Array("\(digits)7".utf8), ##"{"type":"integer","minimum":7e9999}"##, limits) == "valid")
    #expect(try judge(Array("\(digits)7".utf8), ##"{"multipleOf":7}"##, limits) == "valid")
    #expect(try judge(Array("\(digits)8".utf8), ##"{"multipleOf":7}"##, limits) == "invalid")
    #expect(throws: SchemaMistake.self) { try Judgement.compile("{\"minimum\":\(digits)7}") }
  }

  @Test func `half of a surrogate pair is refused, or taken for what it is`() throws {
    var limits = JSONLimits()
    limits.allowsLoneSurrogates = true
    for text in [##""\ud800""##, ##""\udc00""##, ##""\ud800\ud800""##, ##""\udc00\ud800""##, ##"{"\ud800":1}"##] {
      #expect(try fault(Array(text.utf8)) == .loneSurrogate)
      #expect(try judge(Array(text.utf8), "true", limits) == "valid")
    }
    #expect(
      try judge(Array(##""\ud800""##.utf8), ##"{"minLength":1,"maxLength":1,"pattern":"^.$"}"##, limits) == "valid"
    )
    #expect(try judge(Array(##""\ud800""##.utf8), ##"{"format":"hostname"}"##, limits) == "invalid")
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]]
  )
  func `what is no UTF-8 is refused`(bytes: [UInt8]) throws {
    let quote = UInt8(ascii: "\"")
    #expect(try fault([quote] + bytes + [quote]) == .encoding)
    #expect(try fault(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == .encoding)
  }

  @Test func `NUL is refused as it is and taken as an escape`() throws {
    #expect(try fault([0x22, 0, 0x22]) == .control)
    #expect(try fault([0]) != nil)
    #expect(try fault(Array("1".utf8) + [0]) != nil)
    #expect(try judge(Array(##""\u0000""##.utf8), ##"{"maxLength":1,"const":"\u0000"}"##) == "valid")
  }

  @Test func `a name that occurs twice is refused, known or not, however it is written`() throws {
    for text in [
      ##"{"a":1,"a":1}"##, ##"{"a":1,"b":{"c":0,"\u0063":0}}"##, ##"{"x":1,"y":2,"x":3}"##, ##"{"":1,"":2}"##,
    ] {
      #expect(try fault(Array(text.utf8)) == .duplicateName)
      let schema = try Judgement.compile(##"{"properties":{"a":true,"b":{"required":["c"]}}}"##)
      var validator = Validator(bytesMax: 64, seed: 3)
      let event = Array(text.utf8)
      guard case .malformed(let fault) = validator.check(event.span.bytes, against: schema) else {
        Issue.record("\(text) has a name twice")
        continue
      }
      #expect(fault.reason == .duplicateName)
    }
  }

  @Test(arguments: [
    // Every branch asks two, forty times over.
    "{\"$ref\":\"#/$defs/d0\",\"$defs\":{"
      + (0..<40).map { "\"d\($0)\":{\"anyOf\":[{\"$ref\":\"#/$defs/d\($0 + 1)\"},{\"$ref\":\"#/$defs/d\($0 + 1)\"}]}" }
      .joined(separator: ",") + ",\"d40\":{\"maxProperties\":1}}}",
    // The same, and what is left afterwards.
    "{\"$ref\":\"#/$defs/d0\",\"unevaluatedProperties\":false,\"$defs\":{"
      + (0..<40).map { "\"d\($0)\":{\"oneOf\":[{\"$ref\":\"#/$defs/d\($0 + 1)\"},{\"$ref\":\"#/$defs/d\($0 + 1)\"}]}" }
      .joined(separator: ",") + ",\"d40\":{\"maxProperties\":1}}}",
    // A schema that asks itself about the same value by way of a dynamic reference, which only shows when it is asked.
    ##"{"$id":"https://a.example/a","$dynamicAnchor":"n","$ref":"b","##
      + ##""$defs":{"b":{"$id":"b","$dynamicRef":"#n","$defs":{"x":{"$dynamicAnchor":"n"}}}}}"##,
  ])
  func `what would take too much work is given up`(schema: String) throws {
    let members = (0..<2000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
    #expect(try judge(Array("{\(members)}".utf8), schema) == "exhausted")
  }

  @Test(arguments: [
    ("{\"$ref\":\"#\"}", "refers to itself without end"),
    (##"{"not":{"$ref":"#/$defs/a"},"$defs":{"a":{"if":{"$ref":"#"}}}}"##, "refers to itself without end"),
    (##"{"dependentSchemas":{"a":{"$ref":"#"}}}"##, "refers to itself without end"),
    (
      ##"{"properties":{"a":{"$ref":"https://a.example/nowhere"}}}"##,
      "/properties/a/$ref: there is no schema https://a.example/nowhere"
    ),
    (##"{"pattern":"(?<=a+)b"}"##, "/pattern: this is no pattern: "),
    (##"{"pattern":"(?"}"##, "/pattern: this is no pattern: "),
    (
      ##"{"properties":{"a":{"minimum":null}}}"##, "1.json:1:31: /properties/a/minimum: a number was expected, not null"
    ),
    (##"{"a":"\ud800"}"##, "half of a surrogate pair"), ("{\"a\":\"\u{0}\"}", "a control character"),
    (##"{"type":"string","type":"null"}"##, "1.json:1:18: this name occurs twice in its object"),
    ("\u{FEFF}{}", "1.json:1:1: "), ("", "1.json:1:1: "),
  ])
  func `a schema that can't be used says what is wrong and where`(text: String, expected: String) {
    do throws(SchemaMistake) {
      _ = try Judgement.compile(text)
      Issue.record("\(text) was taken")
    } catch { #expect("\(error)".contains(expected), "\(error)") }
  }

  @Test func `schemas nested too deep are refused as text and as schemas`() {
    for (open, close) in [("{\"not\":", "}"), ("{\"allOf\":[", "]}"), ("{\"x\":[", "]}")] {
      for depth in [100, 127, 128, 129, 256, 257, 5000, 100_000] {
        let text = String(repeating: open, count: depth) + "true" + String(repeating: close, count: depth)
        let isTaken = (try? Judgement.compile(text)) != nil
        #expect(isTaken == (depth * (open.last == "[" ? 2 : 1) <= 256), "\(open) \(depth)")
      }
    }
  }
  @Test func `of schemas there may be so many and no more`() throws {
    let members = (0..<99).map { "\"m\($0)\":{}" }.joined(separator: ",")
    var library = SchemaLibrary()
    try library.add(Array("{\"properties\":{\(members)}}".utf8), uri: "a", file: "a")
    var options = SchemaOptions()
    options.nodesMax = 100
    _ = try Schema("a", in: library, options: options)
    options.nodesMax = 99
    #expect(throws: SchemaMistake.self) { try Schema("a", in: library, options: options) }
  }
}
