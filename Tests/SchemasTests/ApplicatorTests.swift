import Testing

@testable import Schemas

/// Keywords that ask other schemas.
///
/// Source: JSON Schema Core 2020-12 §10, §11.
@Suite struct ApplicatorTests {
  @Test(arguments: [
    // What was evaluated: by its own members, by every branch that holds, and by nothing else.
    Judgement(
      ##"{"properties":{"a":true},"patternProperties":{"^x":true},"unevaluatedProperties":false}"##,
      valid: [##"{"a":1,"x1":2}"##, "{}", "[1]"],
      invalid: [##"{"b":1}"##]
    ),
    Judgement(##"{"additionalProperties":true,"unevaluatedProperties":false}"##, valid: [##"{"b":1}"##]),
    Judgement(
      ##"{"allOf":[{"properties":{"a":true}}],"$ref":"#/$defs/b","unevaluatedProperties":false,"##
        + ##""$defs":{"b":{"properties":{"b":true}}}}"##,
      valid: [##"{"a":1,"b":1}"##],
      invalid: [##"{"c":1}"##]
    ),
    Judgement(
      ##"{"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":1}},"##
        + ##""required":["b"]},true],"unevaluatedProperties":false}"##,
      valid: [##"{"a":1,"b":1}"##, "{}"],
      invalid: [##"{"a":1,"b":2}"##, ##"{"a":2}"##]
    ),
    Judgement(
      ##"{"oneOf":[{"properties":{"a":true},"required":["a"]},{"properties":{"b":true},"required":["b"]}],"##
        + ##""unevaluatedProperties":false}"##,
      valid: [##"{"a":1}"##, ##"{"b":1}"##],
      invalid: [##"{"a":1,"b":1}"##, ##"{"a":1,"c":1}"##]
    ),
    // `if` counts when it holds, `then` and `else` with it; `not` never does.
    Judgement(
      ##"{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"t":true}},"##
        + ##""else":{"properties":{"e":true}},"unevaluatedProperties":false}"##,
      valid: [##"{"k":1,"t":1}"##, ##"{"e":1}"##, ##"{"k":1}"##],
      invalid: [##"{"k":1,"e":1}"##, ##"{"t":1}"##, ##"{"k":2,"e":1}"##]
    ),
    Judgement(
      ##"{"if":{"properties":{"k":true},"required":["k"]},"unevaluatedProperties":false}"##,
      valid: [##"{"k":1}"##],
      invalid: [##"{"l":1}"##]
    ),
    Judgement(
      ##"{"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false}"##,
      valid: ["{}"],
      invalid: [##"{"a":1}"##]
    ),
    Judgement(
      ##"{"dependentSchemas":{"a":{"properties":{"b":true}}},"properties":{"a":true},"unevaluatedProperties":false}"##,
      valid: [##"{"a":1,"b":1}"##],
      invalid: [##"{"b":1}"##]
    ),
    // Cousins do not see each other; what is inside is seen from outside.
    Judgement(
      ##"{"allOf":[{"properties":{"a":true}},{"unevaluatedProperties":false}]}"##,
      valid: ["{}"],
      invalid: [##"{"a":1}"##]
    ),
    Judgement(
      ##"{"allOf":[{"unevaluatedProperties":true}],"unevaluatedProperties":false}"##,
      valid: [##"{"a":1}"##]
    ),
    Judgement(
      ##"{"allOf":[{"properties":{"a":true},"unevaluatedProperties":{"type":"null"}}],"unevaluatedProperties":false}"##,
      valid: [##"{"a":1,"b":null}"##],
      invalid: [##"{"b":1}"##]
    ),
    // Members of members are another object's affair.
    Judgement(
      ##"{"properties":{"a":{"properties":{"b":true},"unevaluatedProperties":false}},"unevaluatedProperties":false}"##,
      valid: [##"{"a":{"b":1}}"##],
      invalid: [##"{"a":{"c":1}}"##, ##"{"b":1}"##]
    ),
    Judgement(
      ##"{"unevaluatedProperties":{"type":"string"}}"##,
      valid: [##"{"a":""}"##, "1"],
      invalid: [##"{"a":1}"##]
    ),
    // More members than a word has bits.
    Judgement(
      "{\"properties\":{\((0..<100).map { "\"m\($0)\":true" }.joined(separator: ","))},"
        + "\"unevaluatedProperties\":false}",
      valid: ["{\((0..<100).map { "\"m\($0)\":0" }.joined(separator: ","))}"],
      invalid: ["{\((0...100).map { "\"m\($0)\":0" }.joined(separator: ","))}"]
    ),
  ])
  func `unevaluatedProperties asks about what is left`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    Judgement(
      ##"{"prefixItems":[{"type":"string"}],"unevaluatedItems":false}"##,
      valid: ["[]", ##"["a"]"##, ##"{"a":1}"##],
      invalid: [##"["a",1]"##, "[1]"]
    ),
    Judgement(##"{"items":{"type":"integer"},"unevaluatedItems":false}"##, valid: ["[1,2]"], invalid: [##"["a"]"##]),
    Judgement(
      ##"{"prefixItems":[true],"anyOf":[{"prefixItems":[true,{"const":1}]},{"prefixItems":[true,true,"##
        + ##"{"const":2}]}],"unevaluatedItems":false}"##,
      valid: ["[0]", "[0,1]", "[0,3,2]"],
      invalid: ["[0,1,3]", "[0,1,2,3]"]
    ),
    Judgement(
      ##"{"allOf":[{"contains":{"multipleOf":2}},{"contains":{"multipleOf":3}}],"unevaluatedItems":{"multipleOf":5}}"##,
      valid: ["[2,3,4,5,6]", "[6]"],
      invalid: ["[2,3,7]", "[2,4]"]
    ),
    // `contains` that need not be met evaluates what it meets all the same.
    Judgement(
      ##"{"contains":{"type":"string"},"minContains":0,"unevaluatedItems":false}"##,
      valid: ["[]", ##"["a","b"]"##],
      invalid: [##"["a",1]"##]
    ),
    Judgement(
      ##"{"if":{"contains":{"const":1}},"then":{"unevaluatedItems":false},"unevaluatedItems":{"type":"integer"}}"##,
      valid: ["[2,3]"],
      invalid: ["[1]", "[1,2]", ##"["a"]"##]
    ),
    Judgement(##"{"not":{"prefixItems":[false]},"unevaluatedItems":false}"##, invalid: ["[1]", "[]"]),
    Judgement(
      ##"{"$ref":"#/$defs/two","items":{"type":"null"},"unevaluatedItems":false,"##
        + ##""$defs":{"two":{"prefixItems":[true,true]}}}"##,
      valid: ["[null,null,null]"],
      invalid: ["[1]"]
    ),
  ])
  func `unevaluatedItems asks about what is left`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    Judgement(##"{"contains":{"type":"null"}}"##, valid: ["[null]", "[1,null]", "{}"], invalid: ["[]", "[1]"]),
    Judgement(##"{"contains":false}"##, valid: ["1"], invalid: ["[]", "[1]"]),
    Judgement(##"{"contains":true}"##, valid: ["[1]"], invalid: ["[]"]),
    Judgement(##"{"contains":{"type":"null"},"minContains":0}"##, valid: ["[]", "[1]"]),
    Judgement(
      ##"{"contains":{"type":"null"},"minContains":2.0,"maxContains":3e0}"##,
      valid: ["[null,1,null]", "[null,null,null]"],
      invalid: ["[null]", "[null,null,null,null]"]
    ),
    Judgement(##"{"contains":{"type":"null"},"minContains":0,"maxContains":0}"##, valid: ["[1]"], invalid: ["[null]"]),
    Judgement(
      ##"{"contains":{"type":"null"},"minContains":3,"maxContains":1}"##,
      invalid: ["[null]", "[null,null,null]"]
    ),
    Judgement(##"{"minContains":2,"maxContains":1}"##, valid: ["[]", "[null,null,null]"]),
    // Counts may be written as numbers like any other.
    Judgement(##"{"minLength":2.0,"maxLength":20e-1}"##, valid: [##""ab""##], invalid: [##""a""##, ##""abc""##]),
    Judgement(##"{"minItems":1.0,"maxItems":2.0}"##, valid: ["[1]"], invalid: ["[]", "[1,2,3]"]),
    Judgement(
      ##"{"minProperties":1.0,"maxProperties":1e0}"##,
      valid: [##"{"a":1}"##],
      invalid: ["{}", ##"{"a":1,"b":1}"##]
    ),
    Judgement(##"{"maxItems":1e40,"minLength":0}"##, valid: ["[1]", ##""""##]),
    Judgement(##"{"minLength":1e40}"##, valid: ["1"], invalid: [##""a""##]),
  ])
  func `contains and counts have their bounds`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    // Only members that stand beside it are known to `additionalProperties`.
    Judgement(
      ##"{"properties":{"a":true},"additionalProperties":false,"allOf":[{"properties":{"b":true}}]}"##,
      valid: [##"{"a":1}"##],
      invalid: [##"{"a":1,"b":1}"##]
    ),
    Judgement(
      ##"{"properties":{"ab":{"type":"string"}},"patternProperties":{"^a":{"minLength":2},"b$":{"maxLength":3}},"##
        + ##""additionalProperties":{"type":"null"}}"##,
      valid: [##"{"ab":"xyz","ac":"xy","cb":1,"q":null}"##],
      invalid: [##"{"ab":"x"}"##, ##"{"ab":"wxyz"}"##, ##"{"ab":1}"##, ##"{"ac":"x"}"##, ##"{"q":1}"##]
    ),
    Judgement(##"{"required":["a"],"additionalProperties":false}"##, valid: ["1"], invalid: ["{}", ##"{"a":1}"##]),
    Judgement(##"{"propertyNames":false}"##, valid: ["{}", "1"], invalid: [##"{"a":1}"##]),
    Judgement(##"{"propertyNames":true}"##, valid: [##"{"a":1}"##]),
    Judgement(
      ##"{"propertyNames":{"maxLength":2,"pattern":"^[a-z]","enum":["a","ab","abc","é"]}}"##,
      valid: [##"{"a":1,"\u0061b":1}"##],
      invalid: [##"{"abc":1}"##, ##"{"é":1}"##, ##"{"b":1}"##]
    ),
    Judgement(
      ##"{"properties":{"a":false},"patternProperties":{"^b":false}}"##,
      valid: [##"{"c":1}"##],
      invalid: [##"{"a":1}"##, ##"{"b1":1}"##]
    ),
    Judgement(
      ##"{"dependentRequired":{"a":["b","c"],"d":[]}}"##,
      valid: [##"{"a":1,"b":1,"c":1}"##, ##"{"d":1}"##, "[]"],
      invalid: [##"{"a":1,"b":1}"##]
    ),
    Judgement(
      ##"{"dependentSchemas":{"a":false,"b":true,"c":{"maxProperties":1}}}"##,
      valid: [##"{"b":1}"##, ##"{"c":1}"##],
      invalid: [##"{"a":1}"##, ##"{"c":1,"d":1}"##]
    ),
    Judgement(
      ##"{"dependentSchemas":{"a\tb":false,"é":false}}"##,
      valid: [##"{"a":1}"##],
      invalid: [##"{"a\tb":1}"##, ##"{"\u00e9":1}"##]
    ),
  ])
  func `members are asked by their names`(_ judgement: Judgement) throws { try judgement.hold() }

  @Test(arguments: [
    Judgement("true", valid: ["1", "null", "{}"]), Judgement("false", invalid: ["1", "null", "{}"]),
    Judgement("{}", valid: ["1", "null", "{}"]),
    Judgement(##"{"not":{}}"##, invalid: ["1", "{}"]), Judgement(##"{"not":false}"##, valid: ["1"]),
    Judgement(##"{"allOf":[true,false]}"##, invalid: ["1"]), Judgement(##"{"anyOf":[true,false]}"##, valid: ["1"]),
    Judgement(##"{"oneOf":[true,false]}"##, valid: ["1"]), Judgement(##"{"oneOf":[true,true]}"##, invalid: ["1"]),
    Judgement(##"{"oneOf":[false,false]}"##, invalid: ["1"]),
    Judgement(##"{"if":false,"then":false,"else":{"type":"null"}}"##, valid: ["null"], invalid: ["1"]),
    Judgement(##"{"if":true,"then":{"type":"null"},"else":false}"##, valid: ["null"], invalid: ["1"]),
    Judgement(##"{"then":false,"else":false}"##, valid: ["1"]), Judgement(##"{"if":false}"##, valid: ["1"]),
    Judgement(##"{"items":false}"##, valid: ["[]"], invalid: ["[1]"]),
    Judgement(##"{"prefixItems":[true,false]}"##, valid: ["[]", "[1]"], invalid: ["[1,2]"]),
    Judgement(
      ##"{"prefixItems":[{"type":"null"}],"items":{"type":"string"}}"##,
      valid: ["[]", ##"[null,"a"]"##],
      invalid: [##"["a"]"##, "[null,1]"]
    ),
    Judgement(
      ##"{"oneOf":[{"type":"object","required":["a"]},{"type":"object","required":["b"]}]}"##,
      valid: [##"{"a":1}"##, ##"{"b":1}"##],
      invalid: [##"{"a":1,"b":1}"##, "{}", "1"]
    ),
    Judgement(
      ##"{"anyOf":[{"oneOf":[{"type":"integer"},{"minimum":2}]},{"not":{"type":["number","string"]}}]}"##,
      valid: ["1", "2.5", "null"],
      invalid: ["3", "1.5"]
    ),
  ])
  func `branches and the two words are asked`(_ judgement: Judgement) throws { try judgement.hold() }
}
