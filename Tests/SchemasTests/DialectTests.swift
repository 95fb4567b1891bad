import Testing

@testable import Schemas

/// What keywords mean under another meta-schema.
///
/// Source: JSON Schema Core 2020-12 §8.1; Core 2019-09; draft 7.
@Suite struct DialectTests {
  private static let draft7 = ##""$schema":"http://json-schema.org/draft-07/schema#""##
  private static let draft2019 = ##""$schema":"https://json-schema.org/draft/2019-09/schema""##
  private static let vocabulary = "https://json-schema.org/draft/2020-12/vocab/"

  @Test(arguments: [
    // Elements before 2020-12: a list in `items`, the rest in `additionalItems`, no `prefixItems`.
    Judgement(
      "{\(draft2019)," + ##""items":[{"type":"string"}],"additionalItems":{"type":"null"},"prefixItems":[false]}"##,
      valid: ["[]", ##"["a",null]"##],
      invalid: ["[1]", ##"["a",1]"##]
    ),
    Judgement(
      "{\(draft2019)," + ##""items":{"type":"null"},"additionalItems":false}"##,
      valid: ["[null]"],
      invalid: ["[1]"]
    ),
    Judgement(##"{"items":{"type":"null"},"additionalItems":false}"##, valid: ["[null,null]"], invalid: ["[1]"]),
    Judgement(##"{"additionalItems":false}"##, valid: ["[1]"]),
    // In 2019-09 what `contains` finds is not evaluated.
    Judgement(
      "{\(draft2019)," + ##""contains":{"type":"null"},"unevaluatedItems":false}"##,
      valid: ["{}"],
      invalid: ["[null]"]
    ),
    Judgement(
      ##"{"contains":{"type":"null"},"unevaluatedItems":false}"##,
      valid: ["[null]"],
      invalid: ["[null,1]", "[]"]
    ),
    Judgement(
      "{\(draft2019)," + ##""items":[true],"unevaluatedItems":{"type":"null"}}"##,
      valid: ["[1,null]"],
      invalid: ["[1,1]"]
    ),
    // A recursive reference begins at the root and looks outwards from there.
    Judgement(
      "{\(draft2019),"
        + ##""$id":"https://a.example/strict","$recursiveAnchor":true,"$ref":"tree","unevaluatedProperties":false,"##
        + ##""$defs":{"tree":{"$id":"tree","$recursiveAnchor":true,"properties":{"data":true,"##
        + ##""child":{"$recursiveRef":"#"}}}}}"##,
      valid: [##"{"data":1,"child":{"data":2}}"##],
      invalid: [##"{"child":{"daat":2}}"##]
    ),
    Judgement(
      "{\(draft2019),"
        + ##""$id":"https://a.example/strict","$ref":"tree","unevaluatedProperties":false,"$recursiveAnchor":true,"##
        + ##""$defs":{"tree":{"$id":"tree","properties":{"data":true,"child":{"$recursiveRef":"#"}}}}}"##,
      valid: [##"{"child":{"daat":2}}"##],
      invalid: [##"{"other":2}"##]
    ),
    // What 2020-12 added says nothing there, and what it dropped nothing here.
    Judgement("{\(draft2019)," + ##""$dynamicRef":"#nowhere","$dynamicAnchor":"1 2"}"##, valid: ["1"]),
    Judgement(##"{"$recursiveRef":"#","$recursiveAnchor":true}"##, valid: ["1"]),
    // Draft 7: a reference stands alone.
    Judgement(
      "{\(draft7)," + ##""properties":{"a":{"$ref":"#/definitions/t","maxLength":1,"$id":"https://b.example/"}},"##
        + ##""definitions":{"t":{"type":"string"}}}"##,
      valid: [##"{"a":"abc"}"##],
      invalid: [##"{"a":1}"##]
    ),
    Judgement(
      "{\(draft7)," + ##""allOf":[{"$ref":"#name"}],"definitions":{"t":{"$id":"#name","type":"string"}}}"##,
      valid: [##""a""##],
      invalid: ["1"]
    ),
    Judgement(
      "{\(draft7)," + ##""dependencies":{"a":["b"],"c":{"required":["d"]},"e":false}}"##,
      valid: [##"{"a":1,"b":1}"##, ##"{"c":1,"d":1}"##],
      invalid: [##"{"a":1}"##, ##"{"c":1}"##, ##"{"e":1}"##]
    ),
    // Keywords that are younger say nothing.
    Judgement(
      "{\(draft7)," + ##""contains":{"type":"null"},"minContains":2,"maxContains":0,"unevaluatedItems":false,"##
        + ##""unevaluatedProperties":false,"dependentRequired":{"a":["b"]},"dependentSchemas":{"a":false},"##
        + ##""$anchor":"1"}"##,
      valid: ["[null]", ##"{"a":1}"##],
      invalid: ["[1]"]
    ),
    Judgement(
      "{\(draft7)," + ##""if":{"type":"string"},"then":{"maxLength":1},"else":{"type":"null"}}"##,
      valid: [##""a""##, "null"],
      invalid: [##""ab""##, "1"]
    ),
    // `dependencies` goes on meaning what it meant.
    Judgement(
      ##"{"dependencies":{"a":["b"],"c":{"required":["d"]},"e":false,"f":[]}}"##,
      valid: [##"{"a":1,"b":1}"##, ##"{"c":1,"d":1}"##, "[]", ##"{"f":1}"##],
      invalid: [##"{"a":1}"##, ##"{"c":1}"##, ##"{"e":1}"##]
    ),
    Judgement(##"{"definitions":{"t":{"type":"null"}},"$ref":"#/definitions/t"}"##, valid: ["null"], invalid: ["1"]),
  ])
  func `a schema is read as its meta-schema says`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    // Each document and each resource in it follows its own.
    Judgement(
      ##"{"properties":{"a":{"$ref":"https://b.example/2019"},"b":{"$ref":"https://b.example/7"}},"##
        + ##""prefixItems":[{"type":"null"}]}"##,
      valid: [##"{"a":["x",null],"b":"long"}"##, "[null,1]"],
      invalid: [##"{"a":[1]}"##, ##"{"a":["x",1]}"##, ##"{"b":1}"##, "[1]"],
      others: [
        "https://b.example/2019":
          "{\(draft2019),"
          + ##""items":[{"type":"string"}],"additionalItems":{"type":"null"},"prefixItems":[{"type":"boolean"}]}"##,
        "https://b.example/7":
          "{\(draft7),"
          + ##""allOf":[{"$ref":"#/definitions/s","maxLength":1}],"definitions":{"s":{"type":"string"}}}"##,
      ]
    ),
    Judgement(
      ##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://a.example/","items":{"$ref":"old"},"##
        + ##""$defs":{"old":{"$id":"old",\##(draft2019),"items":[{"type":"string"}]}}}"##,
      valid: [##"[["a",1]]"##],
      invalid: ["[[1]]"]
    ),
    // Without `$schema` it is 2020-12.
    Judgement(##"{"prefixItems":[{"type":"null"}],"items":false}"##, valid: ["[null]"], invalid: ["[1]", "[null,1]"]),
    // A schema may describe schemas.
    Judgement(
      ##"{"$ref":"https://json-schema.org/draft/2020-12/schema"}"##,
      valid: ["true", ##"{"type":"string","minLength":2.0}"##, ##"{"$defs":{"a":{"items":false}}}"##],
      invalid: ["1", ##"{"minLength":-1}"##, ##"{"$defs":{"a":{"type":"strin"}}}"##, ##"{"properties":{"a":[]}}"##]
    ),
  ])
  func `dialects meet`(_ judgement: Judgement) throws { try judgement.hold() }

  private func metaSchema(_ vocabularies: String) -> [String: String] {
    [
      "https://m.example/meta":
        ##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://m.example/meta","##
        + ##""$vocabulary":{\##(vocabularies)}}"##
    ]
  }
  private func judge(_ vocabularies: String, _ members: String, valid: [String] = [], invalid: [String] = []) throws {
    for assertsFormats in [true, false] {
      try Judgement(
        ##"{"$schema":"https://m.example/meta",\##(members)}"##,
        valid: valid,
        invalid: invalid,
        others: metaSchema(vocabularies)
      ).hold(assertsFormats: assertsFormats)
    }
  }

  @Test func `a meta-schema's vocabularies say which keywords hold`() throws {
    let core = "\"\(Self.vocabulary)core\":true"
    let applicator = "\"\(Self.vocabulary)applicator\":true"
    let validation = "\"\(Self.vocabulary)validation\":true"
    try judge(
      "\(core),\(applicator)",
      ##""properties":{"a":{"minimum":5},"b":false}"##,
      valid: [##"{"a":1}"##],
      invalid: [##"{"b":1}"##]
    )
    try judge(
      "\(core),\(validation)",
      ##""properties":{"a":false},"required":["b"]"##,
      valid: [##"{"a":1,"b":1}"##],
      invalid: ["{}"]
    )
    try judge("\(core),\(applicator),\(validation)", ##""unevaluatedProperties":false"##, valid: [##"{"a":1}"##])
    // A vocabulary that is known holds whether it is required or not.
    try judge("\(core),\"\(Self.vocabulary)validation\":false", ##""minimum":5"##, valid: ["5"], invalid: ["4"])
    // References are of the core.
    try judge(core, ##""$ref":"#/$defs/a","$defs":{"a":{"minimum":5}},"minimum":9"##, valid: ["1"])
  }

  @Test func `formats are asserted where the vocabulary says so, required or not`() throws {
    for required in [true, false] {
      let vocabularies = "\"\(Self.vocabulary)core\":true,\"\(Self.vocabulary)format-assertion\":\(required)"
      try judge(vocabularies, ##""format":"ipv4""##, valid: [##""127.0.0.1""##, "1"], invalid: [##""localhost""##])
    }
    // Where a meta-schema knows no formats, nobody asks for them.
    try judge("\"\(Self.vocabulary)core\":true", ##""format":"ipv4""##, valid: [##""localhost""##])
  }

  @Test func `a vocabulary that nobody knows is refused when it is required`() throws {
    let text = ##"{"$schema":"https://m.example/meta","minimum":5}"##
    let unknown = "\"https://m.example/vocab\""
    let core = "\"\(Self.vocabulary)core\":true,\"\(Self.vocabulary)validation\":true"
    try judge("\(core),\(unknown):false", ##""minimum":5"##, valid: ["5"], invalid: ["4"])
    do throws(SchemaMistake) {
      _ = try Judgement.compile(text, others: metaSchema("\(core),\(unknown):true"))
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains("1.json:1:12: /$schema: it requires the vocabulary https://m.example/vocab"))
    }
  }

  @Test(arguments: ["http://json-schema.org/draft-04/schema#", "https://m.example/nowhere"])
  func `a meta-schema that nobody knows is refused`(uri: String) {
    #expect(throws: SchemaMistake.self) { try Judgement.compile("{\"$schema\":\"\(uri)\"}") }
  }

  @Test func `formats are said or checked, as an option has it`() throws {
    let schema = ##"{"format":"date"}"##
    try Judgement(schema, valid: [##""2026-11-20""##, "1", "null", "[]"], invalid: [##""2026-13-20""##]).hold()
    try Judgement(schema, valid: [##""2026-13-20""##]).hold(assertsFormats: false)
    try Judgement(##"{"format":"no-such-format"}"##, valid: [##""""##, "1"]).hold()
    try Judgement(##"{"format":"Date"}"##, valid: [##""""##]).hold()
  }

  @Test func `what content is said to be is never checked`() throws {
    let schema =
      ##"{"contentEncoding":"base64","contentMediaType":"application/json","contentSchema":{"type":"object","##
      + ##""required":["a"]}}"##
    try Judgement(schema, valid: [##""e30=""##, ##""{:}""##, ##""%""##, "1"]).hold()
    try Judgement(
      ##"{"title":"a","description":"b","default":1,"deprecated":true,"examples":[1],"x-more":{"type":5}}"##,
      valid: ["{}"]
    ).hold()
  }
}
