import Formats
import Testing

@testable import Schemas

/// Where a schema says that events have members and elements, and what is said of them.
@Suite struct AnnotationTests {
  private static let uri = "https://schemas.example/t/1.json"

  private func fields(_ schema: String, _ others: [String: String] = [:]) throws -> SchemaFields {
    var library = SchemaLibrary()
    for (uri, text) in others.sorted(by: { $0.key < $1.key }) { library.offer(Array(text.utf8), uri: uri, file: uri) }
    try library.add(Array(schema.utf8), uri: Self.uri, file: "1.json")
    return SchemaFields(of: Self.uri, in: library)
  }
  /// Each path, with the annotation behind it.
  private func paths(_ schema: String, _ others: [String: String] = [:]) throws -> [String] {
    try fields(schema, others).fields.map { field in field.path + (field.annotation.map { " \($0)" } ?? "") }
  }

  @Test(arguments: [
    ("true", []), ("{}", []), (##"{"type":"string","format":"email"}"##, []),
    // The whole event is a place only where something is said of it.
    (##"{"x-pii":"email"}"##, [" email"]),
    (##"{"properties":{"a":{"x-pii":"email"},"b":true,"c":false}}"##, ["/a email", "/b"]),
    (
      ##"{"properties":{"a":{"properties":{"b":{"x-pii":"phone"}}},"":{"x-pii":"none"}}}"##,
      ["/a", "/a/b phone", "/ none"]
    ),
    // Names are escaped, and a star that is meant as such.
    (##"{"properties":{"a/b":{},"c~d":{},"*":{},"**":{},"é":{}}}"##, ["/a~1b", "/c~0d", "/~2", "/~2~2", "/é"]),
    // A member that must be there is one, whatever it is.
    (##"{"required":["a","b"],"properties":{"b":{"x-pii":"name"}}}"##, ["/b name", "/a"]),
    (##"{"additionalProperties":{"x-pii":"name"}}"##, ["/* name"]),
    (##"{"additionalProperties":true,"items":true,"unevaluatedItems":false}"##, []),
    (##"{"patternProperties":{"^a":{"properties":{"b":{}}},"^c":{"x-pii":"name"}}}"##, ["/* name", "/*/b"]),
    (##"{"unevaluatedProperties":{"properties":{"a":{}}},"unevaluatedItems":{}}"##, ["/*", "/*/a"]),
    (##"{"items":{"items":{"x-pii":"email"}}}"##, ["/*", "/*/* email"]),
    (##"{"prefixItems":[{"x-pii":"name"},{}],"items":{"x-pii":"email"}}"##, ["/0 name", "/1", "/* email"]),
    (##"{"contains":{"x-pii":"email"}}"##, ["/* email"]),
    // What says something of the event without being about a part of it.
    (##"{"propertyNames":{"x-pii":"email"},"contentSchema":{"properties":{"a":{}}},"default":{"x-pii":"b"}}"##, []),
    (##"{"$defs":{"a":{"properties":{"b":{"x-pii":"email"}}}}}"##, []),
  ])
  func `members and elements are found where the schema has them`(schema: String, expected: [String]) throws {
    #expect(try paths(schema) == expected)
    #expect(try fields(schema).mistakes.isEmpty)
  }

  @Test(arguments: [
    (##"{"allOf":[{"properties":{"a":{}}},{"properties":{"a":{"x-pii":"email"}}}]}"##, ["/a email"]),
    (##"{"anyOf":[{"properties":{"a":{}}},true,{"properties":{"b":{"x-pii":"name"}}}]}"##, ["/a", "/b name"]),
    (##"{"oneOf":[{"allOf":[{"anyOf":[{"properties":{"a":{"x-pii":"ip"}}}]}]}]}"##, ["/a ip"]),
    (
      ##"{"if":{"properties":{"a":{}}},"then":{"properties":{"b":{}}},"else":{"properties":{"c":{}}}}"##,
      ["/a", "/b", "/c"]
    ),
    (##"{"then":{"properties":{"b":{}}}}"##, []),
    (##"{"not":{"properties":{"a":{}}},"dependentSchemas":{"b":{"properties":{"c":{}}}}}"##, ["/a", "/c"]),
    // What stands at the member itself counts before what it refers to.
    (
      ##"{"properties":{"a":{"$ref":"#/$defs/m"},"b":{"$ref":"#/$defs/m","x-pii":"name"}},"##
        + ##""$defs":{"m":{"anyOf":[{"x-pii":"email"},true]}}}"##,
      ["/a email", "/b name"]
    ),
    (##"{"properties":{"a":{"$anchor":"m","x-pii":"email"},"b":{"$ref":"#m"}}}"##, ["/a email", "/b email"]),
  ])
  func `schemas of the same value make one field of a path`(schema: String, expected: [String]) throws {
    #expect(try paths(schema) == expected)
  }

  @Test(arguments: [
    // 2019-09 and draft 7 have lists of elements under another name, and draft 7 hides what stands beside a reference.
    (
      ##"{"$schema":"https://json-schema.org/draft/2019-09/schema","items":[{"x-pii":"name"}],"additionalItems":{}}"##,
      ["/0 name", "/*"]
    ),
    (
      ##"{"$schema":"http://json-schema.org/draft-07/schema#","##
        + ##""properties":{"a":{"$ref":"#/definitions/b","x-pii":"c"}},"##
        + ##""dependencies":{"e":{"properties":{"f":{}}},"g":["h"]},"definitions":{"b":{"x-pii":"d"}}}"##,
      ["/a d", "/f"]
    ),
    (
      ##"{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"##
        + ##""properties":{"a":{"$recursiveRef":"#"}}}"##,
      ["/a", "/**/a"]
    ),
    (##"{"items":[{"x-pii":"name"}],"additionalItems":{"x-pii":"name"}}"##, []),
  ])
  func `older drafts are read by their own words`(schema: String, expected: [String]) throws {
    #expect(try paths(schema) == expected)
  }

  @Test(arguments: [
    (
      ##"{"properties":{"name":{"x-pii":"name"},"children":{"items":{"$ref":"#"}}}}"##,
      ["/name name", "/children", "/children/*", "/**/name name", "/**/children", "/**/children/*"]
    ),
    // It begins where it was entered first, and what else is said there does not come again.
    (
      ##"{"properties":{"tree":{"$ref":"#/$defs/t","properties":{"only":{}}}},"##
        + ##""$defs":{"t":{"properties":{"next":{"$ref":"#/$defs/t"},"x":{"x-pii":"ip"}}}}}"##,
      ["/tree", "/tree/only", "/tree/next", "/tree/x ip", "/tree/**/next", "/tree/**/x ip"]
    ),
    // Two that refer to each other, of which only the first comes again within itself.
    (
      ##"{"$ref":"#/$defs/a","$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/b"}}},"##
        + ##""b":{"properties":{"a":{"$ref":"#/$defs/a"}}}}}"##,
      ["/b", "/b/a", "/**/b", "/**/b/a"]
    ),
    // One within the other.
    (
      ##"{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#/$defs/b"}},"##
        + ##""$defs":{"b":{"properties":{"c":{"$ref":"#/$defs/b"}}}}}"##,
      ["/a", "/b", "/b/c", "/b/**/c", "/**/a", "/**/b", "/**/b/c", "/**/b/**/c"]
    ),
    // The annotation of a schema that comes again is that of the place where it does.
    (
      ##"{"properties":{"p":{"$ref":"#/$defs/p"}},"##
        + ##""$defs":{"p":{"x-pii":"name","properties":{"q":{"$ref":"#/$defs/p"}}}}}"##,
      ["/p name", "/p/q name", "/p/**/q name"]
    ),
    // Dynamic references mean the outermost bearer of their anchor.
    (
      ##"{"$dynamicAnchor":"node","$ref":"tree.json","properties":{"mine":{}}}"##,
      ["/mine", "/kid", "/**/mine", "/**/kid"]
    ),
  ])
  func `what contains itself is told for any number of levels`(schema: String, expected: [String]) throws {
    let tree = ##"{"$id":"tree.json","$dynamicAnchor":"node","properties":{"kid":{"$dynamicRef":"#node"}}}"##
    #expect(try paths(schema, ["https://schemas.example/t/tree.json": tree]) == expected)
    #expect(try fields(schema, ["https://schemas.example/t/tree.json": tree]).isComplete)
  }

  @Test func `references into other documents are followed, and fields say where they stand`() throws {
    let people = "https://schemas.example/people.json"
    let schema = "{\n  \"properties\": {\n    \"é\": {\"$ref\": \"../people.json#/$defs/person\"}, \"b\": {}}}"
    let other =
      "{\"$defs\": {\"person\": {\n  \"properties\": {\"mail\": {\"format\": \"email\", \"x-pii\": \"email\"}}}}}"
    let found = try fields(schema, [people: other]).fields
    #expect(found.map(\.path) == ["/é", "/é/mail", "/b"])
    #expect(found.map(\.file) == ["1.json", people, "1.json"])
    #expect(found.map(\.pointer) == ["/properties/é", "/$defs/person/properties/mail", "/properties/b"])
    #expect(found.map(\.position.line) == [3, 2, 3])
    #expect(found.map(\.position.column) == [10, 26, 57])
    #expect(found.map(\.name) == ["é", "mail", "b"] && found[1].format == "email")
  }

  @Test(arguments: [
    ("true", "any"), (##"{"type":"string"}"##, "text scalar"), (##"{"type":["integer","null"]}"##, "number scalar"),
    (##"{"type":"object"}"##, ""), (##"{"enum":["a",null]}"##, "text scalar"), (##"{"const":[]}"##, ""),
    (##"{"anyOf":[{"type":"string"},{"type":"null"}]}"##, "text scalar"),
    (##"{"type":["string","object"],"allOf":[{"$ref":"#/$defs/s"}]}"##, "text scalar"),
    (##"{"oneOf":[{"type":"string"},true]}"##, "any"), (##"{"not":{"type":"string"}}"##, "any"),
  ])
  func `a field says what it may be`(schema: String, expected: String) throws {
    let text = ##"{"properties":{"a":\##(schema)},"$defs":{"s":{"type":["string","array"]}}}"##
    let field = try #require(try fields(text).fields.first)
    let words = [(field.mayBeText, "text"), (field.mayBeNumber, "number"), (field.isScalar, "scalar")]
    let found = words.filter(\.0).map(\.1).joined(separator: " ")
    #expect(found == (expected == "any" ? "text number" : expected))
  }

  @Test func `elements and members of any name may each be what only the other may not`() throws {
    let schema = ##"{"items":{"type":"string"},"additionalProperties":{"type":"integer"}}"##
    let field = try #require(try fields(schema).fields.first)
    #expect(field.path == "/*" && field.mayBeText && field.mayBeNumber && field.isScalar)
  }

  @Test func `elements have no name, nor have members of any name`() throws {
    let found = try fields(##"{"properties":{"a":{"items":{}}},"additionalProperties":{}}"##).fields
    #expect(found.map(\.path) == ["/a", "/a/*", "/*"])
    #expect(found.map(\.name) == ["a", nil, nil])
  }

  @Test func `an annotation that is no text is a mistake, told once`() throws {
    let schema = ##"{"properties":{"a":{"$ref":"#/$defs/m"},"b":{"$ref":"#/$defs/m"}},"$defs":{"m":{"x-pii":true}}}"##
    let found = try fields(schema)
    #expect(found.mistakes.map(\.description) == ["1.json:1:89: /$defs/m/x-pii: a text was expected, not a boolean"])
    #expect(found.fields.map(\.path) == ["/a", "/b"] && found.fields.allSatisfy { $0.annotation == nil })
  }

  @Test func `a reference to nothing is a mistake, and the rest is looked at`() throws {
    let found = try fields(##"{"properties":{"a":{"$ref":"#/nowhere"},"b":{}}}"##)
    #expect(found.fields.map(\.path) == ["/a", "/b"])
    #expect(found.mistakes.first?.description.contains("/properties/a/$ref: there is no schema") == true)
  }

  @Test func `another keyword may be the annotation`() throws {
    var library = SchemaLibrary()
    try library.add(
      Array(##"{"properties":{"a":{"x-private":"email","x-pii":"b"}}}"##.utf8),
      uri: "a:b",
      file: "1.json"
    )
    #expect(SchemaFields(of: "a:b", in: library, annotation: "x-private").fields.map(\.annotation) == ["email"])
  }

  // MARK: Bounds

  @Test(arguments: [SchemaFields.countMax - 1, SchemaFields.countMax, SchemaFields.countMax + 1])
  func `so many fields are told and no more`(count: Int) throws {
    let members = (0..<count).map { ##""m\##($0)":true"## }.joined(separator: ",")
    let found = try fields("{\"properties\":{\(members)}}")
    let isMore = count > SchemaFields.countMax
    #expect(found.fields.count == min(count, SchemaFields.countMax) && found.isComplete == !isMore)
    #expect(found.mistakes.map(\.reason).contains { $0.contains("too large to look for all") } == isMore)
  }

  @Test func `what doubles at each step, or has no end, is given up or done at once`() throws {
    // The same value forty times doubled is one value; members doubled are twice as many.
    for (inner, isComplete) in [
      (##"{"allOf":[{"$ref":"#/$defs/N"},{"$ref":"#/$defs/N"}]}"##, true),
      (##"{"properties":{"a":{"$ref":"#/$defs/N"},"b":{"$ref":"#/$defs/N"}}}"##, false),
    ] {
      let steps = (0..<40).map { "\"\($0)\":\(inner.replacing("N", with: "\($0 + 1)"))" }.joined(separator: ",")
      let text = ##"{"$ref":"#/$defs/0","$defs":{\##(steps),"40":{"properties":{"end":{}}}}}"##
      let found = try fields(text)
      #expect(found.isComplete == isComplete)
      if isComplete { #expect(found.fields.map(\.path) == ["/end"]) }
      #expect(found.conflicts(at: "/end", with: .removed).isEmpty)
    }
    let rows = (0..<5000).map { ##""d\##($0)":{"properties":{"a":{"$ref":"#/$defs/d\##($0 + 1)"}}}"## }
    let deep = try fields(##"{"$ref":"#/$defs/d0","$defs":{\##(rows.joined(separator: ",")),"d5000":true}}"##)
    #expect(!deep.isComplete && deep.fields.count > 200)
    #expect(try paths(##"{"$ref":"#","allOf":[{"$ref":"#"}],"properties":{"a":{}}}"##) == ["/a"])
  }
}
