import Bytes
import Testing

@testable import Formats
@testable import Schemas

/// What senders are told.
@Suite struct VerdictTests {
  private static let schema = ##"""
    {"type": "object", "required": ["ts", "id"], "additionalProperties": false,
     "properties": {
       "ts": {"type": "string", "format": "date-time"}, "id": {"type": "string", "pattern": "^[a-z]+$"},
       "age": {"type": "integer", "minimum": 0, "maximum": 150}, "kind": {"enum": ["a", "b", 1, null]},
       "tags": {"type": "array", "maxItems": 2, "items": {"type": "string", "minLength": 1}},
       "at": {"$ref": "#/$defs/point"}},
     "patternProperties": {"^x-": {"type": "boolean"}},
     "$defs": {"point": {"type": "object", "properties": {"a/b": {"type": "number", "multipleOf": 0.5}}}}}
    """##

  private func compiled(_ text: String = schema) throws(SchemaMistake) -> Schema {
    var library = SchemaLibrary()
    try library.add(Array(text.utf8), uri: "registry:///t/1.json", file: "1.json")
    return try Schema("registry:///t/1.json", in: library)
  }
  private func verdict(_ event: String, all: Bool = false) throws -> String {
    let schema = try compiled()
    var validator = Validator(bytesMax: 4096, seed: 1)
    var text = Region(id: RegionID(rawValue: 0), byteCount: 8192)
    let bytes = Array(event.utf8)
    switch validator.check(bytes.span.bytes, against: schema) {
    case .invalid:
      if all {
        validator.writeVerdicts(on: bytes.span.bytes, of: schema, atMost: 8, into: &text)
      } else {
        validator.writeVerdict(on: bytes.span.bytes, of: schema, into: &text)
      }
    case .malformed(let fault): Validator.writeVerdict(on: fault, into: &text)
    case .valid, .exhausted: return "valid"
    }
    return String(decoding: (0..<text.count).map { text.bytes.byte($0) }, as: UTF8.self)
  }

  @Test(arguments: [
    (
      #"{"ts":"x"}"#,
      #""instance":"/ts","keyword":"format","schema":"/properties/ts/format","#
        + #""message":"must be a date and time with its offset, such as 2026-11-20T18:30:00Z""#
    ),
    (
      #"{"ts":"2026-11-20T18:30:00Z"}"#,
      #""instance":"","keyword":"required","schema":"/required","message":"lacks the member \"id\"""#
    ),
    (
      #"{"age":151}"#,
      #""instance":"/age","keyword":"maximum","schema":"/properties/age/maximum","message":"must be at most 150""#
    ),
    (
      #"{"age":"x"}"#,
      #""instance":"/age","keyword":"type","schema":"/properties/age/type","#
        + #""message":"must be an integer, not a string""#
    ),
    (
      #"{"age":1.5}"#,
      #""instance":"/age","keyword":"type","schema":"/properties/age/type","#
        + #""message":"must be an integer, not this number""#
    ),
    (
      #"{"kind":"c"}"#,
      #""instance":"/kind","keyword":"enum","schema":"/properties/kind/enum","#
        + #""message":"must be \"a\", \"b\", 1 or null""#
    ),
    (
      #"{"tags":["a",""]}"#,
      #""instance":"/tags/1","keyword":"minLength","schema":"/properties/tags/items/minLength","#
        + #""message":"must have at least 1 character""#
    ),
    (
      #"{"tags":["a","b","c"]}"#,
      #""instance":"/tags","keyword":"maxItems","schema":"/properties/tags/maxItems","#
        + #""message":"must have at most 2 elements""#
    ),
    (
      #"{"at":{"a/b":0.3}}"#,
      #""instance":"/at/(a member)","keyword":"multipleOf","schema":"/$defs/point/properties/a~1b/multipleOf","#
        + #""message":"must be a multiple of 0.5""#
    ),
    (
      #"{"surprise":1}"#,
      #""instance":"/surprise","keyword":"additionalProperties","schema":"/additionalProperties","#
        + #""message":"is not among the known members""#
    ),
    (
      #"{"jane@example.org":1}"#,
      #""instance":"/(a member)","keyword":"additionalProperties","schema":"/additionalProperties","#
        + #""message":"is not among the known members""#
    ),
    (
      #"{"x-a":{"b":[1]}}"#,
      #""instance":"/x-a","keyword":"type","schema":"/patternProperties/^x-/type","#
        + #""message":"must be true or false, not an object""#
    ),
    (#"{"age" 1}"#, #""offset":7,"message":"the event is no JSON that is taken: a colon was expected""#),
    (#"[1]"#, #""instance":"","keyword":"type","schema":"/type","message":"must be an object, not an array""#),
  ])
  func `a verdict says where, what and why`(event: String, expected: String) throws {
    #expect(try verdict(event) == expected)
  }

  @Test func `all failures are told on request, as many as were asked for`() throws {
    let text = try verdict(#"{"ts":1,"age":-1,"tags":["","","",""],"x-a":1}"#, all: true)
    let tree = try JSONValue(Array("{\(text)}".utf8))
    let failures = try #require(tree.object?["failures"]?.array)
    let keywords = failures.compactMap { $0.object?["keyword"]?.string }
    #expect(keywords == ["type", "minimum", "minLength", "minLength", "minLength", "minLength", "maxItems", "type"])
  }

  @Test(arguments: [#"{"age":-1,"ts":}"#, #"{"age":-1"#, #"{"age":-1,"age":2}"#])
  func `of an event that is no JSON behind its first failure that one is told, whatever was asked for`(
    event: String
  ) throws {
    let expected =
      #""instance":"/age","keyword":"minimum","schema":"/properties/age/minimum","message":"must be at least 0""#
    #expect(try verdict(event) == expected)
    #expect(try verdict(event, all: true) == expected)
  }

  @Test func `a long path is cut, and a deep one is no danger`() throws {
    let schema = try compiled(##"{"additionalProperties":{"$ref":"#"},"type":"object"}"##)
    var validator = Validator(bytesMax: 4096, seed: 1)
    var text = Region(id: RegionID(rawValue: 0), byteCount: Validator.verdictBytesMax)
    let event = Array(
      (String(repeating: #"{"a_long_name":"#, count: 60) + "1" + String(repeating: "}", count: 60)).utf8
    )
    guard case .invalid = validator.check(event.span.bytes, against: schema) else {
      Issue.record("it fits")
      return
    }
    validator.writeVerdict(on: event.span.bytes, of: schema, into: &text)
    let verdict = String(decoding: (0..<text.count).map { text.bytes.byte($0) }, as: UTF8.self)
    #expect(verdict.contains(#"/a_long_name/...","keyword":"type""#))
    #expect(text.count < 400)
  }
}
