import Testing

@testable import Schemas

/// What replacements violate in a schema.
@Suite struct ConflictTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let schema: String
    let path: String
    let replacement: Replacement
    /// The keywords that are violated, as they are found.
    let keywords: [String]
    init(_ schema: String, _ path: String, _ replacement: Replacement, _ keywords: String...) {
      (self.schema, self.path, self.replacement, self.keywords) = (schema, path, replacement, keywords)
    }
    var testDescription: String { "\(replacement) at '\(path)' of \(schema)" }
  }
  private func conflicts(_ schema: String, _ path: String, _ replacement: Replacement) throws -> [SchemaConflict] {
    var library = SchemaLibrary()
    try library.add(Array(schema.utf8), uri: "file:///1.json", file: "1.json")
    return SchemaFields(of: "file:///1.json", in: library).conflicts(at: path, with: replacement)
  }
  private func hold(_ it: Case) throws {
    #expect(try conflicts(it.schema, it.path, it.replacement).map(\.pointer) == it.keywords)
  }

  @Test(arguments: [
    Case(##"{"type":"string"}"##, "", .text()), Case(##"{"type":"integer"}"##, "", .text(), "/type"),
    Case(##"{"type":["null","string"]}"##, "", .constant("a")), Case("{}", "", .text()),
    Case(##"{"type":["null","boolean"]}"##, "", .constant("a"), "/type"),
    Case(##"{"type":"number"}"##, "", .sameForm), Case(##"{"type":"object"}"##, "", .sameForm, "/type"),
    Case(##"{"type":"integer"}"##, "", .constant("0")), Case(##"{"type":"integer"}"##, "", .constant("0.5"), "/type"),
    Case(##"{"type":"object"}"##, "", .constant("{}"), "/type"),
    Case(##"{"type":"integer","enum":[0,1]}"##, "", .constant("2"), "/enum"),
    Case(##"{"type":"integer","enum":[0,1]}"##, "", .constant("1")),
    Case(##"{"enum":["a","b"]}"##, "", .constant("b")), Case(##"{"enum":["a","b"]}"##, "", .constant("c"), "/enum"),
    Case(##"{"const":"a"}"##, "", .sameForm, "/const"), Case(##"{"const":"a"}"##, "", .constant("a")),
    Case(##"{"enum":["a"],"const":"a"}"##, "", .text(), "/const", "/enum"),
  ])
  func `a value of another type, or none of those listed, is a conflict`(_ it: Case) throws { try hold(it) }

  @Test(arguments: [
    Case(##"{"maxLength":10}"##, "", .text(lengthMin: 10)),
    Case(##"{"maxLength":10}"##, "", .text(lengthMin: 11), "/maxLength"),
    Case(##"{"maxLength":2}"##, "", .constant("éé")), Case(##"{"maxLength":1}"##, "", .constant("éé"), "/maxLength"),
    Case(##"{"minLength":3,"maxLength":3}"##, "", .constant("ab"), "/minLength"),
    Case(##"{"maxLength":1}"##, "", .sameForm), Case(##"{"pattern":"^[a-z]+$"}"##, "", .constant("abc")),
    Case(##"{"pattern":"^[a-z]+$"}"##, "", .constant("<EMAIL>"), "/pattern"),
    Case(##"{"pattern":"^[a-z]+$"}"##, "", .text()),
    // A constant that a number may be put for is no text then.
    Case(##"{"pattern":"a"}"##, "", .constant("0")),
    Case(##"{"type":"string","pattern":"a"}"##, "", .constant("0"), "/pattern"),
    Case(##"{"format":"email"}"##, "", .text(), "/format"), Case(##"{"format":"email"}"##, "", .sameForm),
    Case(##"{"format":"date"}"##, "", .sameForm, "/format"), Case(##"{"format":"regex"}"##, "", .text()),
    Case(##"{"format":"email"}"##, "", .constant("nobody@example.org")),
    Case(##"{"format":"email"}"##, "", .constant("nobody"), "/format"), Case(##"{"format":"own"}"##, "", .text()),
  ])
  func `a text of another length, pattern or format is a conflict`(_ it: Case) throws { try hold(it) }

  @Test(arguments: [
    Case(##"{"required":["a"]}"##, "/a", .removed, "/required"), Case(##"{"required":["a"]}"##, "/b", .removed),
    Case(##"{"required":["a"]}"##, "/a/b", .removed), Case(##"{"required":["*"]}"##, "/~2", .removed, "/required"),
    Case(##"{"required":["*"]}"##, "/*", .removed), Case(##"{"required":["a"]}"##, "/a", .text()),
    Case(##"{"items":{"required":["a"]}}"##, "/*/a", .removed, "/items/required"),
    Case(
      ##"{"properties":{"n":{"$ref":"#"}},"required":["x"]}"##,
      "/n/x",
      .removed,
      "/required"
    ),
    Case(##"{"items":{"$ref":"#"},"required":["x"]}"##, "/**/x", .removed, "/required"),
  ])
  func `a required member that is taken out is a conflict`(_ it: Case) throws { try hold(it) }

  private static let number = ##"{"type":"number"}"##
  @Test(arguments: [
    Case(##"{"properties":{"a":\##(number)}}"##, "/a", .text(), "/properties/a/type"),
    Case(##"{"properties":{"a":\##(number)}}"##, "/b", .text()),
    Case(##"{"properties":{"a":true},"additionalProperties":\##(number)}"##, "/a", .text()),
    Case(
      ##"{"properties":{"a":true},"additionalProperties":\##(number)}"##,
      "/b",
      .text(),
      "/additionalProperties/type"
    ),
    Case(
      ##"{"patternProperties":{"^a":\##(number)},"additionalProperties":false}"##,
      "/ab",
      .text(),
      "/patternProperties/^a/type"
    ),
    Case(##"{"patternProperties":{"^a":true},"additionalProperties":\##(number)}"##, "/ab", .text()),
    Case(##"{"additionalProperties":\##(number)}"##, "/*", .text(), "/additionalProperties/type"),
    Case(##"{"prefixItems":[true],"items":\##(number)}"##, "/0", .text()),
    Case(##"{"prefixItems":[true],"items":\##(number)}"##, "/1", .text(), "/items/type"),
    Case(##"{"prefixItems":[\##(number)]}"##, "/0", .text(), "/prefixItems/0/type"),
    // What is not said of every element.
    Case(##"{"contains":\##(number)}"##, "/*", .text()), Case(##"{"unevaluatedItems":\##(number)}"##, "/*", .text()),
  ])
  func `what is said of a part of the event is looked at`(_ it: Case) throws { try hold(it) }

  @Test(arguments: [
    Case(##"{"allOf":[{"$ref":"#/$defs/a"},true],"$defs":{"a":\##(number)}}"##, "", .text(), "/$defs/a/type"),
    Case(##"{"anyOf":[\##(number),{"type":"string"}]}"##, "", .text()),
    Case(##"{"anyOf":[\##(number),{"type":"null"}]}"##, "", .text(), "/anyOf/0/type", "/anyOf/1/type"),
    Case(##"{"oneOf":[\##(number),false]}"##, "", .text(), "/oneOf/0/type"),
    Case(##"{"not":{"type":"string"},"if":true,"then":\##(number)}"##, "", .text()),
    // All alternatives of an object ask for the member; or one does not.
    Case(
      ##"{"oneOf":[{"required":["a"]},{"required":["a","b"]}]}"##,
      "/a",
      .removed,
      "/oneOf/0/required",
      "/oneOf/1/required"
    ),
    Case(##"{"oneOf":[{"required":["a"]},{"required":["b"]}]}"##, "/a", .removed),
    Case(##"{"oneOf":[{"properties":{"k":{"const":"x"}}},{"properties":{"j":true}}]}"##, "/k", .text()),
    // An alternative that lets no such member in is none.
    Case(
      ##"{"oneOf":[{"properties":{"k":{"const":"x"}}},{"properties":{"k":false}}]}"##,
      "/k",
      .text(),
      "/oneOf/0/properties/k/const"
    ),
    Case(##"{"allOf":[{"$ref":"#"}],"type":"number"}"##, "", .text(), "/type"),
  ])
  func `alternatives conflict when all of them do, and conditions never`(_ it: Case) throws { try hold(it) }

  @Test func `formats that are only said are not violated`() throws {
    var (library, options) = (SchemaLibrary(), SchemaOptions())
    options.assertsFormats = false
    try library.add(Array(##"{"format":"email"}"##.utf8), uri: "a:b", file: "1.json")
    #expect(SchemaFields(of: "a:b", in: library, options: options).conflicts(at: "", with: .text()).isEmpty)
  }

  @Test func `a conflict says where it is and why`() throws {
    let schema = "{\"properties\":{\n \"age\": {\"type\": \"integer\"}},\n \"required\": [\"age\"]}"
    #expect(
      try conflicts(schema, "/age", .text()).map(\.description) == [
        "1.json:2:18: /properties/age/type: a string is put for what must be of type integer (/age)"
      ]
    )
    #expect(
      try conflicts(schema, "/age", .removed).map(\.description) == [
        "1.json:3:14: /required: the member \"age\" is taken out, which is required (/age)"
      ]
    )
  }

  /// What is put is judged by the validator: an event with the replacement in it must not fit where a conflict is told.
  @Test(arguments: [
    (##"{"properties":{"a":{"type":"integer"}}}"##, ##"{"a":1}"##, ##"{"a":"x"}"##),
    (##"{"properties":{"a":{"enum":["b","c"]}}}"##, ##"{"a":"b"}"##, ##"{"a":"x"}"##),
    (##"{"properties":{"a":{"pattern":"^b"}}}"##, ##"{"a":"b"}"##, ##"{"a":"x"}"##),
    (##"{"properties":{"a":{"minLength":2}}}"##, ##"{"a":"bb"}"##, ##"{"a":"x"}"##),
    (##"{"properties":{"a":{"format":"ipv4"}}}"##, ##"{"a":"192.0.2.1"}"##, ##"{"a":"x"}"##),
    (##"{"additionalProperties":{"oneOf":[{"type":"null"},{"const":"b"}]}}"##, ##"{"a":"b"}"##, ##"{"a":"x"}"##),
  ])
  func `where a conflict is told the validator refuses the result`(schema: String, before: String, after: String) throws
  {
    #expect(try !conflicts(schema, "/a", .constant("x")).isEmpty)
    try Judgement(schema, valid: [before], invalid: [after]).hold()
  }
}
