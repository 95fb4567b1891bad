import Formats
import Foundation
import Schemas
import Testing

/// What is proposed for which events.
@Suite struct InferenceTests {
  /// The proposal for events, without blanks and without `$schema`.
  private func proposal(
    _ events: [String],
    _ options: SchemaInference.Options = SchemaInference.Options(),
    format: @escaping (String) -> String? = TextFormat.name
  ) throws -> String {
    var inference = SchemaInference(options: options, format: format)
    for event in events { inference.add(try JSONValue(Array(event.utf8))) }
    #expect(inference.eventCount == events.count)
    let text = inference.schemaText()
    #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    let dialect = #"{"$schema":"https://json-schema.org/draft/2020-12/schema""#
    let packed = text.filter { !$0.isWhitespace }
    #expect(packed.hasPrefix(dialect))
    let rest = packed.dropFirst(dialect.count)
    return "{" + (rest.hasPrefix(",") ? rest.dropFirst() : rest)
  }

  @Test func `what is in every event is required, in the order of its first appearance`() throws {
    #expect(
      try proposal([#"{"b":1,"a":"x","c":null}"#, #"{"a":"y","b":2}"#]) == """
        {"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"},"c":{"type":"null"}},\
        "required":["b","a"]}
        """
    )
  }

  @Test(arguments: [
    (["1", "2"], #"{"type":"integer"}"#), (["1", "2.5"], #"{"type":"number"}"#), (["1", "2e1"], #"{"type":"number"}"#),
    (["1", "null"], #"{"type":["integer","null"]}"#), (["true", "\"x\""], #"{"type":["string","boolean"]}"#),
    ([], "{}"), (["[]"], #"{"type":"array"}"#),
    (["[1]", "[2.5,\"a\"]"], #"{"type":"array","items":{"type":["string","number"]}}"#),
    (["{}"], #"{"type":"object"}"#),
    (
      [#"[{"a":1},{"b":1}]"#],
      #"{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}}"#
    ),
    (
      [#"{"a\"\n\u0001/~":1}"#],
      #"{"type":"object","properties":{"a\"\n\u0001/~":{"type":"integer"}},"required":["a\"\n\u0001/~"]}"#
    ),
  ])
  func `types are those that were seen`(events: [String], expected: String) throws {
    #expect(try proposal(events) == expected)
  }

  @Test func `few words that come again and again are an enumeration, one more is not`() throws {
    var options = SchemaInference.Options()
    (options.enumValuesMax, options.enumRepeatsMin) = (3, 2)
    func events(_ words: [String]) -> [String] { words.map { "\"\($0)\"" } }
    #expect(try proposal(events(["b", "a", "b", "a"]), options) == #"{"type":"string","enum":["b","a"]}"#)
    #expect(try proposal(events(["b", "a", "b"]), options) == #"{"type":"string"}"#)
    #expect(
      try proposal(events(["a", "b", "c", "a", "b", "c"]), options) == #"{"type":"string","enum":["a","b","c"]}"#
    )
    #expect(try proposal(events(["a", "b", "c", "d", "a", "b", "c", "d"]), options) == #"{"type":"string"}"#)
    #expect(try proposal(events(["a", "a"]) + ["null"], options) == #"{"type":["string","null"],"enum":["a",null]}"#)
    #expect(try proposal(events(["a", "a"]) + ["1"], options) == #"{"type":["string","integer"]}"#)
    let long = String(repeating: "x", count: 64)
    #expect(try proposal(events([long, long]), options) == #"{"type":"string","enum":["\#(long)"]}"#)
    #expect(try proposal(events([long + "x", long + "x"]), options) == #"{"type":"string"}"#)
  }

  @Test(
    arguments: [
      ("2026-01-31T12:00:00Z", "date-time"), ("2016-12-31T18:59:60.123-05:00", "date-time"), ("2026-01-31", "date"),
      ("123e4567-e89b-12d3-a456-426614174000", "uuid"), ("192.168.0.1", "ipv4"), ("a.b+c@example.org", "email"),
      ("https://example.org/a?b=c#d", "uri"), ("2026-13-31", nil), ("2026-01-31T24:00:00Z", nil),
      ("2026-01-31T12:00:00", nil),
      ("2026-01-31T12:00:00.Z", nil), ("256.1.1.1", nil), ("1.1.1.01", nil), ("a@b", nil), ("a@b@c.d", nil),
      ("a..b@c.de", nil), ("http://a b", nil),
      ("note: this", nil), ("123e4567-e89b-12d3-a456-42661417400g", nil), ("", nil), ("plain text", nil),
    ] as [(String, String?)]
  )
  func `formats are recognised`(text: String, format: String?) throws {
    #expect(TextFormat.name(of: text) == format)
    let expected = format.map { #","format":"\#($0)""# } ?? ""
    #expect(try proposal(["\"\(text)\""]) == #"{"type":"string"\#(expected)}"#)
  }

  @Test func `one text without the format takes the format away, and others may say what formats there are`() throws {
    #expect(try proposal([#""10.0.0.1""#, #""10.0.0.2""#]) == #"{"type":"string","format":"ipv4"}"#)
    #expect(try proposal([#""10.0.0.1""#, #""x""#]) == #"{"type":"string"}"#)
    #expect(try proposal([#""x""#, #""10.0.0.1""#]) == #"{"type":"string"}"#)
    #expect(try proposal([#""x""#]) { _ in "colour" } == #"{"type":"string","format":"colour"}"#)
  }

  @Test func `limits are proposed on request`() throws {
    var options = SchemaInference.Options()
    let events = [#"{"n":-3,"t":"ab","l":[1]}"#, #"{"n":9007199254740993,"t":"éé€","l":[]}"#]
    #expect(!(try proposal(events, options)).contains("m" + "in"))
    options.hasBounds = true
    let text = try proposal(events, options)
    #expect(text.contains(#""n":{"type":"integer","minimum":-3,"maximum":9007199254740993}"#))
    #expect(text.contains(#""t":{"type":"string","minLength":2,"maxLength":3}"#))
    #expect(
      text.contains(
        #""l":{"type":"array","minItems":0,"maxItems":1,"items":{"type":"integer","minimum":1,"maximum":1}}"#
      )
    )
  }

  @Test func `objects whose names keep changing are maps`() throws {
    let events = (0..<50).map { #"{"id":1,"k\#($0)":{"v":\#($0),"w\#($0 % 2)":true}}"# }
    #expect(
      try proposal(events) == """
        {"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":\
        {"type":"object","properties":{"v":{"type":"integer"},"w0":{"type":"boolean"},"w1":{"type":"boolean"}},\
        "required":["v"]}}
        """
    )
  }

  @Test func `an object has as many names as are allowed, and one more makes it a map`() throws {
    var options = SchemaInference.Options()
    options.propertiesMax = 3
    #expect(try proposal([#"{"a":1,"b":2,"c":3}"#], options).contains(#""required":["a","b","c"]}"#))
    #expect(
      try proposal([#"{"a":1,"b":2,"c":3,"d":"x"}"#], options)
        == #"{"type":"object","additionalProperties":{"type":["string","integer"]}}"#
    )
    #expect(
      try proposal([#"{"a":1,"b":2}"#, #"{"a":1,"c":2}"#, #"{"a":1,"d":2.5}"#], options)
        == #"{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"#
        + #""additionalProperties":{"type":"number"}}"#
    )
  }

  @Test func `nesting is looked at as deep as allowed`() throws {
    var options = SchemaInference.Options()
    options.depthMax = 3
    #expect(
      try proposal([#"{"a":{"b":{"c":1}}}"#], options) == """
        {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"object"}},"required":["b"]}},\
        "required":["a"]}
        """
    )
  }

  @Test func `memory is bounded whatever the events hold`() throws {
    var options = SchemaInference.Options()
    options.shapesMax = 4
    #expect(
      try proposal([#"{"a":{"b":1},"c":[1]}"#], options) == """
        {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]},\
        "c":{"type":"array"}},"required":["a","c"]}
        """
    )
    options.shapesMax = 3
    #expect(
      try proposal([#"{"a":{"b":1},"c":[1]}"#], options) == """
        {"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]},\
        "c":{}},"required":["a","c"]}
        """
    )
  }

  @Test(arguments: 0..<60)
  func `a proposal takes all events that it was made from`(seed: UInt64) throws {
    var dice = SchemaDice(seed: seed)
    for _ in 0..<40 {
      var options = SchemaInference.Options()
      options.propertiesMax = 1 + dice.roll(4)
      options.shapesMax = 1 + dice.roll(12)
      options.depthMax = 1 + dice.roll(5)
      (options.enumRepeatsMin, options.hasBounds) = (1 + dice.roll(3), dice.percent(50))
      var inference = SchemaInference(options: options)
      let events = (0..<dice.roll(12)).map { _ in dice.value(depth: 4) }
      for event in events { inference.add(try JSONValue(Array(event.text.utf8))) }
      let text = inference.schemaText()
      let schema = try JSONValue(Array(text.utf8))
      for event in events { #expect(SchemaOracle.takes(schema, event), "\(text) refuses \(event.text)") }
    }
  }

  @Test func `a proposal reads as people write schemas, and comes out the same again`() throws {
    var inference = SchemaInference()
    inference.add(try JSONValue(Array(#"{"tags":["a"],"at":{"x":1.5}}"#.utf8)))
    let text = inference.schemaText()
    #expect(
      text == """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          "properties": {
            "tags": {
              "type": "array",
              "items": {
                "type": "string"
              }
            },
            "at": {
              "type": "object",
              "properties": {
                "x": {
                  "type": "number"
                }
              },
              "required": ["x"]
            }
          },
          "required": ["tags", "at"]
        }

        """
    )
    #expect(inference.schemaText() == text)
  }
}
