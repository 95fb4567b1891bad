import Testing

@testable import Schemas

/// What references mean, and what has a name.
///
/// Source: JSON Schema Core 2020-12 §8.2, §9; RFC 3986; RFC 6901.
@Suite struct ReferenceTests {
  @Test(arguments: [
    // Every character that a pointer or a fragment writes otherwise.
    Judgement(
      ##"{"$defs":{"a/b":{"type":"null"},"c~d":{"type":"null"},"e%f":{"type":"null"},"g h":{"type":"null"},"##
        + ##""":{"type":"null"}},"##
        + ##""properties":{"1":{"$ref":"#/$defs/a~1b"},"2":{"$ref":"#/$defs/c~0d"},"3":{"$ref":"#/$defs/e%25f"},"##
        + ##""4":{"$ref":"#/$defs/g%20h"},"5":{"$ref":"#/$defs/"}}}"##,
      valid: [##"{"1":null,"2":null,"3":null,"4":null,"5":null}"##],
      invalid: [##"{"1":1}"##, ##"{"2":1}"##, ##"{"3":1}"##, ##"{"4":1}"##, ##"{"5":1}"##]
    ),
    Judgement(##"{"$defs":{"~1":{"type":"null"}},"$ref":"#/$defs/~01"}"##, valid: ["null"], invalid: ["1"]),
    // A name of combining marks alone, and one beyond ASCII, as written and in percent signs.
    Judgement(
      "{\"$defs\":{\"\\u0301\":{\"type\":\"null\"},\"é\":{\"type\":\"boolean\"}},"
        + "\"properties\":{\"a\":{\"$ref\":\"#/$defs/\\u0301\"},\"b\":{\"$ref\":\"#/$defs/%C3%A9\"}}}",
      valid: [##"{"a":null,"b":true}"##],
      invalid: [##"{"a":1}"##, ##"{"b":1}"##]
    ),
    // Elements of lists, by their number.
    Judgement(
      ##"{"allOf":[true,{"type":"array"}],"items":{"$ref":"#/allOf/1"}}"##,
      valid: ["[[]]"],
      invalid: ["[1]"]
    ),
    // What no keyword holds is a schema once it is referred to.
    Judgement(
      ##"{"x-kinds":{"one":[{"type":"string"}]},"$ref":"#/x-kinds/one/0"}"##,
      valid: [##""""##],
      invalid: ["1"]
    ),
    Judgement(##"{"examples":[{"type":"string"}],"$ref":"#/examples/0"}"##, valid: [##""""##], invalid: ["1"]),
    // Members that are called as keywords are.
    Judgement(
      ##"{"properties":{"$id":{"type":"string"},"$schema":{"type":"string"},"$ref":{"$ref":"#/properties/$id"},"##
        + ##""$anchor":{"type":"string"}}}"##,
      valid: [##"{"$id":"a","$schema":"b","$ref":"c","$anchor":"d"}"##],
      invalid: [##"{"$id":1}"##, ##"{"$schema":1}"##, ##"{"$ref":1}"##, ##"{"$anchor":1}"##]
    ),
    // What stands beside a reference holds too.
    Judgement(
      ##"{"$ref":"#/$defs/a","maxLength":2,"$defs":{"a":{"type":"string"}}}"##,
      valid: [##""ab""##],
      invalid: [##""abc""##, "1"]
    ),
    // References to true and false, and through other references.
    Judgement(
      ##"{"properties":{"a":{"$ref":"#/$defs/b"},"c":{"$ref":"#/$defs/no"}},"##
        + ##""$defs":{"b":{"$ref":"#/$defs/yes"},"yes":true,"no":false}}"##,
      valid: [##"{"a":1}"##, "{}"],
      invalid: [##"{"c":1}"##]
    ),
    Judgement(
      ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
      valid: [##"{"next":{"next":{}}}"##],
      invalid: [##"{"next":{"next":{"other":1}}}"##, ##"{"next":1}"##]
    ),
  ])
  func `a pointer finds its schema, however it is written`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    "#/$defs/01", "#/allOf/00", "#/allOf/-", "#/allOf/2", "#/allOf/+1", "#/$defs/%zz", "#/$defs/%+1", "#/$defs/a~2b",
    "#/$defs/a~", "#nowhere", "other.json", "#/$defs/a/type/0",
  ])
  func `a pointer to nothing, or of no such form, is refused`(reference: String) {
    let text = ##"{"allOf":[true,true],"$defs":{"a":{"type":"null"}},"properties":{"x":{"$ref":"\##(reference)"}}}"##
    #expect(throws: SchemaMistake.self) { try Judgement.compile(text) }
  }

  @Test(arguments: [
    // Relative to the innermost `$id`, over several of them.
    Judgement(
      ##"{"$id":"https://a.example/one/root.json","$ref":"two/b.json","##
        + ##""$defs":{"b":{"$id":"two/","$defs":{"c":{"$id":"b.json","items":{"$ref":"../c.json"}},"##
        + ##""d":{"$id":"../c.json","type":"null"}}}}}"##,
      valid: ["[null]"],
      invalid: ["[1]"]
    ),
    // A path from the root, another authority, and a whole URI.
    Judgement(
      ##"{"$id":"https://a.example/x/y.json","properties":{"p":{"$ref":"/z.json"},"q":{"$ref":"//b.example/z.json"},"##
        + ##""r":{"$ref":"https://a.example/x/../x/./z.json"}},"$defs":{"1":{"$id":"/z.json","type":"null"},"##
        + ##""2":{"$id":"//b.example/z.json","type":"boolean"},"3":{"$id":"z.json","type":"string"}}}"##,
      valid: [##"{"p":null,"q":true,"r":"a"}"##],
      invalid: [##"{"p":true}"##, ##"{"q":null}"##, ##"{"r":null}"##]
    ),
    // Names without a path.
    Judgement(
      ##"{"$id":"urn:uuid:0bdf6f1c-8e2a-4d8f-9f0a-3a5d3f5f0a01","##
        + ##""properties":{"a":{"$ref":"#/$defs/t"},"b":{"$ref":"URN:uuid:0bdf6f1c-8e2a-4d8f-9f0a-3a5d3f5f0a01#t"},"##
        + ##""c":{"$ref":"urn:example:other?=version=2"}},"##
        + ##""$defs":{"t":{"$anchor":"t","type":"null"},"o":{"$id":"urn:example:other?=version=2","##
        + ##""type":"boolean"}}}"##,
      valid: [##"{"a":null,"b":null,"c":true}"##],
      invalid: [##"{"a":1}"##, ##"{"b":1}"##, ##"{"c":1}"##]
    ),
    Judgement(
      ##"{"$id":"file:///schemas/one.json","$ref":"two.json","$defs":{"a":{"$id":"file:///schemas/two.json","##
        + ##""type":"null"}}}"##,
      valid: ["null"],
      invalid: ["1"]
    ),
    // Empty fragments say nothing, and a query tells resources apart.
    Judgement(
      ##"{"$id":"https://a.example/s#","items":{"$ref":"https://a.example/s#/$defs/t"},"contains":{"$ref":"s?v=2"},"##
        + ##""$defs":{"t":{"type":"integer"},"u":{"$id":"s?v=2","minimum":5}}}"##,
      valid: ["[1,5]"],
      invalid: ["[1,4]", ##"["a"]"##]
    ),
    // Where the document was found names it as well as its own `$id` does.
    Judgement(
      ##"{"$id":"https://a.example/own","items":{"$ref":"https://schemas.example/t/1.json#/$defs/t"},"##
        + ##""$defs":{"t":{"type":"null"}}}"##,
      valid: ["[null]"],
      invalid: ["[1]"]
    ),
    // A pointer crosses into a resource of its own, whose base then holds.
    Judgement(
      ##"{"$id":"https://a.example/root","$ref":"#/$defs/a/$defs/b","##
        + ##""$defs":{"a":{"$id":"deep/a","$defs":{"b":{"$ref":"c"},"c":{"$id":"c","type":"null"}}},"##
        + ##""c":{"$id":"c","type":"string"}}}"##,
      valid: ["null"],
      invalid: [##""""##]
    ),
    // Other documents, relative to this one and to themselves.
    Judgement(
      ##"{"items":{"$ref":"more/two.json"}}"##,
      valid: ["[null]"],
      invalid: ["[1]"],
      others: [
        "https://schemas.example/t/more/two.json": ##"{"$ref":"three.json#three"}"##,
        "https://schemas.example/t/more/three.json": ##"{"$defs":{"x":{"$anchor":"three","type":"null"}}}"##,
      ]
    ),
  ])
  func `a URI is read in the resource that it stands in`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    // In constants, and where no keyword holds a schema.
    ##"{"$defs":{"a":{"enum":[{"$id":"https://a.example/x","type":"null"}]},"b":{"$id":"https://a.example/x","##
      + ##""type":"string"},"c":{"const":{"$id":"https://a.example/x","type":"null"}},"##
      + ##""d":{"x-list":[{"$id":"https://a.example/x","type":"null"}]},"##
      + ##""e":{"default":{"$id":"https://a.example/x"}}},"$ref":"https://a.example/x"}"##,
    ##"{"$defs":{"a":{"enum":[{"$anchor":"x","type":"null"}]},"b":{"$anchor":"x","type":"string"},"##
      + ##""c":{"const":{"$anchor":"x","type":"null"}},"d":{"not":{"x-list":{"y":{"$anchor":"x","##
      + ##""type":"null"}}}},"e":{"examples":[{"$anchor":"x"}]}},"$ref":"#x"}"##,
    ##"{"$defs":{"a":{"enum":[{"$dynamicAnchor":"x","type":"null"}]},"b":{"$dynamicAnchor":"x","type":"string"}},"##
      + ##""$dynamicRef":"#x"}"##,
    // The same anchor means another schema in each resource.
    ##"{"$id":"https://a.example/1","$defs":{"a":{"$id":"2","$anchor":"x","type":"null"},"b":{"$anchor":"x","##
      + ##""type":"string"}},"$ref":"#x"}"##,
    ##"{"$id":"https://a.example/1","$defs":{"a":{"$id":"2","$defs":{"z":{"$anchor":"x","type":"string"}}},"##
      + ##""b":{"$anchor":"x","type":"null"}},"$ref":"2#x"}"##,
  ])
  func `only schemas have names`(schema: String) throws {
    try Judgement(schema, valid: [##""a""##], invalid: ["null", "1"]).hold()
  }

  @Test(arguments: [
    (
      ##"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"##,
      "/$defs/b/$anchor: another schema has this anchor: /$defs/a"
    ),
    (##"{"$defs":{"a":{"$anchor":"x"},"b":{"$dynamicAnchor":"x"}}}"##, "another schema has this anchor"),
    (
      ##"{"$defs":{"a":{"$id":"x"},"b":{"$id":"./x"}}}"##,
      "/$defs/b/$id: another schema has this URI: /$defs/a"
    ),
    (##"{"$id":"x","$defs":{"a":{"$id":"y","items":{"$id":"x"}}}}"##, "another schema has this URI: the whole"),
    (##"{"$defs":{"a":{"$anchor":"é"}}}"##, "an anchor is a name of letters"),
  ])
  func `a name that two schemas give themselves is refused`(schema: String, expected: String) {
    do throws(SchemaMistake) {
      _ = try Judgement.compile(schema)
      Issue.record("\(schema) was taken")
    } catch { #expect("\(error)".contains(expected), "\(error)") }
  }

  @Test(arguments: [
    // The outermost resource with the anchor is meant, however it was reached.
    Judgement(
      ##"{"$id":"https://a.example/list","$ref":"of","$defs":{"mine":{"$dynamicAnchor":"element","type":"string"},"##
        + ##""of":{"$id":"of","items":{"$dynamicRef":"#element"},"$defs":{"any":{"$dynamicAnchor":"element"}}}}}"##,
      valid: [##"["a"]"##],
      invalid: ["[1]"]
    ),
    // Used by itself, it means its own.
    Judgement(
      ##"{"$id":"https://a.example/of","items":{"$dynamicRef":"#element"},"##
        + ##""$defs":{"any":{"$dynamicAnchor":"element","type":"null"}}}"##,
      valid: ["[null]"],
      invalid: ["[1]"]
    ),
    // Where it begins at no dynamic anchor, it is a reference like any other.
    Judgement(
      ##"{"$id":"https://a.example/list","$ref":"of","$defs":{"mine":{"$dynamicAnchor":"element","type":"string"},"##
        + ##""of":{"$id":"of","items":{"$dynamicRef":"#element"},"$defs":{"any":{"$anchor":"element","##
        + ##""type":"null"}}}}}"##,
      valid: ["[null]"],
      invalid: [##"["a"]"##]
    ),
    Judgement(
      ##"{"$id":"https://a.example/list","$ref":"of","$defs":{"mine":{"$dynamicAnchor":"element","type":"string"},"##
        + ##""of":{"$id":"of","items":{"$dynamicRef":"#/$defs/any"},"$defs":{"any":{"$dynamicAnchor":"element","##
        + ##""type":"null"}}}}}"##,
      valid: ["[null]"],
      invalid: [##"["a"]"##]
    ),
    // A static reference to a dynamic anchor stays where it leads.
    Judgement(
      ##"{"$id":"https://a.example/list","$ref":"of","$defs":{"mine":{"$dynamicAnchor":"element","type":"string"},"##
        + ##""of":{"$id":"of","items":{"$ref":"#element"},"$defs":{"any":{"$dynamicAnchor":"element","##
        + ##""type":"null"}}}}}"##,
      valid: ["[null]"],
      invalid: [##"["a"]"##]
    ),
    // A resource that only stands around another one is not entered on the way.
    Judgement(
      ##"{"$id":"https://a.example/main","properties":{"p":{"$ref":"around#/$defs/inner"}},"##
        + ##""$defs":{"around":{"$id":"around","##
        + ##""$defs":{"inner":{"$id":"inner","properties":{"q":{"$dynamicRef":"#t"}},"##
        + ##""$defs":{"d":{"$dynamicAnchor":"t","type":"integer"}}},"##
        + ##""own":{"$dynamicAnchor":"t","type":"string"}}}}}"##,
      valid: [##"{"p":{"q":1}}"##],
      invalid: [##"{"p":{"q":"a"}}"##]
    ),
    // Resources are left again: a sibling does not change what another one means.
    Judgement(
      ##"{"$id":"https://a.example/main","properties":{"a":{"$ref":"strings"},"b":{"$ref":"tree"}},"##
        + ##""$defs":{"strings":{"$id":"strings","$ref":"tree","$defs":{"t":{"$dynamicAnchor":"leaf","##
        + ##""type":"string"}}},"##
        + ##""tree":{"$id":"tree","additionalProperties":{"$dynamicRef":"#leaf"},"##
        + ##""$defs":{"t":{"$dynamicAnchor":"leaf","type":"integer"}}}}}"##,
      valid: [##"{"a":{"x":"s"},"b":{"x":1}}"##],
      invalid: [##"{"a":{"x":1}}"##, ##"{"b":{"x":"s"}}"##]
    ),
    // Through conditions and other documents.
    Judgement(
      ##"{"$id":"https://a.example/strict","$dynamicAnchor":"node","$ref":"https://b.example/tree","##
        + ##""unevaluatedProperties":false}"##,
      valid: [##"{"data":1,"children":[{"data":2}]}"##],
      invalid: [##"{"children":[{"daat":2}]}"##, ##"{"more":1}"##],
      others: [
        "https://b.example/tree":
          ##"{"$id":"https://b.example/tree","$dynamicAnchor":"node","type":"object","properties":{"data":true,"##
          + ##""children":{"type":"array","items":{"$dynamicRef":"#node"}}}}"##
      ]
    ),
  ])
  func `a dynamic reference means the outermost of its name`(_ judgement: Judgement) throws { try judgement.hold() }
}
