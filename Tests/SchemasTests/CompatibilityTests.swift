import Formats
import Testing

@testable import Schemas

/// What goes together and what does not.
@Suite struct CompatibilityTests {
  private func schema(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }
  /// What keeps `new` from reading what `old` wrote: path and kind.
  private func found(_ new: String, _ old: String) throws -> [String] {
    try CompatibilityCheck.incompatibilities(
      of: schema(new),
      with: [("1", schema(old))],
      mode: .backward
    ).map { "\($0.path) \($0.kind.rawValue)" }
  }

  @Test(
    arguments: CompatibilityCase.read(
      ##"""
      new    {"type":"object","properties":{"a":{"type":"string"}}}
      old    {"type":"object"}
      finds  #/properties/a PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL

      new    {"type":"object","additionalProperties":false}
      old    {"type":"object","properties":{"a/b":{}},"additionalProperties":false}
      finds  #/properties/a~1b PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL

      new    {"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"integer"}}
      old    {"type":"object","additionalProperties":{"type":"string"}}
      finds  #/properties/a PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL
      finds  #/additionalProperties/type TYPE_CHANGED

      new    {"type":"object","additionalProperties":{"type":"integer"}}
      old    {"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"integer"}}
      finds  #/properties/a PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL

      new    {"properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}
      old    {"additionalProperties":false}
      finds  #/required/0 REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL

      new    {"properties":{"a":{"type":"integer"}},"required":["a"]}
      old    {"properties":{"a":{"type":"integer"}}}
      finds  #/required/0 REQUIRED_ATTRIBUTE_ADDED

      new    {"properties":{"a":{"type":"integer","default":1}},"required":["a"]}
      old    {"properties":{"a":{"type":"integer"}}}

      new    {"type":"integer"}
      old    {"type":"number"}
      finds  #/type TYPE_NARROWED

      new    {"type":"integer"}
      old    {"type":"string"}
      finds  #/type TYPE_CHANGED

      new    {"type":"integer"}
      old    {"enum":[1,2.0,3e2]}

      new    {"type":["boolean","null"]}
      old    {"enum":[true,null]}

      new    {"enum":[null,true,false,1]}
      old    {"type":["boolean","null"]}

      new    {"enum":["a"]}
      old    {"enum":["a","b"]}
      finds  #/enum ENUM_ARRAY_NARROWED

      new    {"enum":["a","c"]}
      old    {"enum":["a","b"]}
      finds  #/enum ENUM_ARRAY_CHANGED

      new    {"const":{"a":1,"b":[2]}}
      old    {"const":{"b":[2.0],"a":10e-1}}

      new    {"const":"\u00e9"}
      old    {"const":"e\u0301"}
      finds  #/const ENUM_ARRAY_CHANGED
      """##
    )
  )
  func `what is incompatible is named as registries name it`(one: CompatibilityCase) throws {
    #expect(try found(one.new, one.old) == one.found, "\(one.new)")
  }

  @Test(
    arguments: CompatibilityCase.read(
      ##"""
      new    {"maximum":9007199254740993}
      old    {"maximum":9007199254740993}

      new    {"maximum":9007199254740992}
      old    {"maximum":9007199254740993}
      finds  #/maximum MAXIMUM_DECREASED

      new    {"maximum":0.1}
      old    {"maximum":1e-1}

      new    {"maximum":13}
      old    {"exclusiveMaximum":13}

      new    {"exclusiveMaximum":13}
      old    {"maximum":13}
      finds  #/exclusiveMaximum EXCLUSIVE_MAXIMUM_DECREASED

      new    {"exclusiveMinimum":-0.5}
      old    {"minimum":-0.49}

      new    {"minimum":0}
      old    {"minimum":-0.0}

      new    {"minimum":0}
      old    {"minimum":-1}
      finds  #/minimum MINIMUM_INCREASED

      new    {"minimum":1}
      old    {}
      finds  #/minimum MINIMUM_ADDED

      new    {"multipleOf":0.01}
      old    {"multipleOf":0.1}

      new    {"multipleOf":10}
      old    {"multipleOf":5}
      finds  #/multipleOf MULTIPLE_OF_EXPANDED

      new    {"multipleOf":3}
      old    {"multipleOf":5}
      finds  #/multipleOf MULTIPLE_OF_CHANGED

      new    {"multipleOf":0.5}
      old    {"type":"integer"}

      new    {"minLength":0}
      old    {"type":"string"}

      new    {"maxLength":4}
      old    {"type":"integer"}

      new    {"maxLength":4.0}
      old    {"type":"string","maxLength":4}

      new    {"format":"uuid"}
      old    {"type":"string"}
      finds  #/format FORMAT_ADDED

      new    {"format":"uuid"}
      old    {"format":"uri"}
      finds  #/format FORMAT_CHANGED
      """##
    )
  )
  func `bounds are compared exactly`(one: CompatibilityCase) throws {
    #expect(try found(one.new, one.old) == one.found, "\(one.new)")
  }

  @Test(
    arguments: CompatibilityCase.read(
      ##"""
      new    {"prefixItems":[{"type":"integer"}],"items":false}
      old    {"prefixItems":[{"type":"integer"}]}
      finds  #/items ADDITIONAL_ITEMS_REMOVED

      new    {"prefixItems":[{"type":"integer"}]}
      old    {"items":[{"type":"integer"}],"additionalItems":false}

      new    {"prefixItems":[{"type":"integer"},{"type":"string"}]}
      old    {"prefixItems":[{"type":"integer"}],"items":{"type":"string"}}

      new    {"prefixItems":[{},{"type":"string"}]}
      old    {"prefixItems":[{}],"items":{"type":"integer"}}
      finds  #/prefixItems/1 ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL

      new    {"prefixItems":[{"type":"string"}]}
      old    {"type":"array"}
      finds  #/prefixItems/0 ITEM_ADDED_TO_OPEN_CONTENT_MODEL

      new    {"prefixItems":[{"type":"string"}],"items":false}
      old    {"prefixItems":[{"type":"string"},{}],"items":false}
      finds  #/items ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL

      new    {"uniqueItems":true}
      old    {"type":"array"}
      finds  #/uniqueItems UNIQUE_ITEMS_ADDED

      new    {"contains":{"type":"number"}}
      old    {"contains":{"type":"integer"},"minContains":2}

      new    {"contains":{"type":"integer"}}
      old    {"contains":{"type":"number"}}
      finds  #/contains CONTAINS_CHANGED

      new    {"contains":true,"maxContains":3}
      old    {"type":"array"}
      finds  #/contains CONTAINS_ADDED

      new    {"contains":{"type":"integer"},"minContains":0,"maxContains":3}
      old    {"contains":{"type":"number"},"maxContains":2}

      new    {"contains":{"type":"integer"},"minContains":0}
      old    {"type":"array"}

      new    {"dependentRequired":{"a":["b"]}}
      old    {"dependencies":{"a":["b","c"]}}

      new    {"dependentRequired":{"a":["b","c"]}}
      old    {"dependentRequired":{"a":["b"]}}
      finds  #/dependentRequired/a DEPENDENCY_ARRAY_EXTENDED

      new    {"dependentRequired":{"a":["b"]}}
      old    {"required":["b"]}

      new    {"dependentRequired":{"a":["b"]}}
      old    {}
      finds  #/dependentRequired/a DEPENDENCY_ARRAY_ADDED

      new    {"dependentSchemas":{"a":{"required":["b"]}}}
      old    {"dependencies":{"a":{"required":["b","c"]}}}

      new    {"dependentSchemas":{"a":{"required":["b"]}}}
      old    {}
      finds  #/dependentSchemas/a DEPENDENCY_SCHEMA_ADDED

      new    {"unevaluatedProperties":false,"allOf":[{"properties":{"a":{}}}]}
      old    {"properties":{"a":{}},"additionalProperties":false}

      new    {"properties":{"a":{}},"additionalProperties":false}
      old    {"unevaluatedProperties":false,"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}
      finds  #/properties/b PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL

      new    {"unevaluatedItems":false,"prefixItems":[{}]}
      old    {"prefixItems":[{}],"items":false}

      new    {"prefixItems":[{}],"items":false}
      old    {"unevaluatedItems":false,"allOf":[{"prefixItems":[{}]}]}

      new    {"if":{"required":["a"]},"then":{"required":["b"]}}
      old    {"if":{"required":["a"]},"then":{"required":["b","c"]}}

      new    {"if":{"required":["a"]},"then":{"required":["b"]}}
      old    {}
      finds  #/if CONDITION_ADDED

      new    {"if":{"required":["a"]},"then":{"required":["b"]}}
      old    {"if":{"required":["c"]},"then":{"required":["b"]}}
      finds  #/if CONDITION_CHANGED

      new    {"propertyNames":{"maxLength":3}}
      old    {"type":"object","propertyNames":{"maxLength":2}}

      new    {"propertyNames":{"maxLength":3}}
      old    {"type":"object"}
      finds  #/propertyNames SCHEMA_ADDED

      new    {"propertyNames":{"maxLength":3}}
      old    {"properties":{"abcd":{}},"additionalProperties":false}
      finds  #/propertyNames SCHEMA_ADDED

      new    {"propertyNames":{"maxLength":3}}
      old    {"properties":{"abc":{}},"additionalProperties":false}
      """##
    )
  )
  func `the words of 2020-12 are understood`(one: CompatibilityCase) throws {
    #expect(try found(one.new, one.old) == one.found, "\(one.new)")
  }

  @Test(
    arguments: CompatibilityCase.read(
      ##"""
      new    {"type":"string","maxLength":9}
      old    {"allOf":[{"type":"string"},{"maxLength":9}]}

      new    {"allOf":[{"type":"string"},{"maxLength":9}]}
      old    {"type":"string","maxLength":8}

      new    {"allOf":[{"type":"string"},{"maxLength":9}]}
      old    {"type":"string"}
      finds  #/allOf/1/maxLength MAX_LENGTH_ADDED

      new    {"anyOf":[{"type":"integer"},{"type":"string"}]}
      old    {"type":["string","integer"]}

      new    {"anyOf":[{"const":1},{"type":"string"}]}
      old    {"enum":["a",1]}

      new    {"type":["string","integer"]}
      old    {"oneOf":[{"type":"integer"},{"type":"string"}]}

      new    {"oneOf":[{"type":"integer"},{"type":"string"}]}
      old    {"oneOf":[{"type":"string"},{"type":"integer"}]}

      new    {"oneOf":[{"type":"string"}]}
      old    {"oneOf":[{"type":"string"},{"type":"null"}]}
      finds  #/oneOf SUM_TYPE_NARROWED

      new    {"oneOf":[{"type":"string"},{"type":"array"}]}
      old    {"oneOf":[{"type":"string"},{"type":"null"}]}
      finds  #/oneOf COMBINED_TYPE_SUBSCHEMAS_CHANGED

      new    {"oneOf":[{"type":"string"},{"type":"null"}]}
      old    {"anyOf":[{"type":"string"},{"type":"null"}]}
      finds  #/oneOf COMBINED_TYPE_CHANGED

      new    {"anyOf":[{"type":"string"},{"type":"null"}]}
      old    {"oneOf":[{"type":"string"},{"type":"null"}]}

      new    {"anyOf":[{"maximum":5},{"minLength":2}]}
      old    {"type":"boolean"}

      new    {"not":{"type":"integer"}}
      old    {"not":{"type":"number"}}

      new    {"not":{"type":"number"}}
      old    {"not":{"type":"integer"}}
      finds  #/not NOT_TYPE_EXTENDED

      new    {"not":{"type":"number"}}
      old    {"type":"string"}

      new    {"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}
      old    {"oneOf":[{"type":"object","required":["a"]},{"type":"object","required":["b"]}]}

      new    {"unevaluatedProperties":{"type":"string"},"anyOf":[{"properties":{"a":{}}}]}
      old    {"anyOf":[{"properties":{"a":{}}}],"unevaluatedProperties":{"type":"string"}}
      """##
    )
  )
  func `combined schemas are matched with one another`(one: CompatibilityCase) throws {
    #expect(try found(one.new, one.old) == one.found, "\(one.new)")
  }

  @Test(
    arguments: CompatibilityCase.read(
      ##"""
      new    {"$ref":"#/$defs/a","$defs":{"a":{"$anchor":"x","properties":{"n":{"$ref":"#x"}},"type":"object"
             }}}
      old    {"type":"object","properties":{"n":{"$ref":"#"}}}

      new    {"$defs":{"t":{"type":"object","properties":{"v":{"type":"string"},"l":{"$ref":"#/$defs/t"}}}},
             "$ref":"#/$defs/t"}
      old    {"type":"object","properties":{"v":{"type":"integer"},"l":{"$ref":"#"}}}
      finds  #/$defs/t/properties/v/type TYPE_CHANGED

      new    {"$ref":"#"}
      old    {"$ref":"#"}

      new    {"allOf":[{"$ref":"#"}]}
      old    {"type":"string"}

      new    {"anyOf":[{"$ref":"#"}]}
      old    {"anyOf":[{"$ref":"#"}]}

      new    {"not":{"$ref":"#"}}
      old    {"type":"string"}
      finds  #/not NOT_TYPE_EXTENDED

      new    {"$ref":"other.json"}
      old    {"$ref":"other.json"}

      new    {"$ref":"other.json"}
      old    {"type":"string"}
      finds  #/$ref REFERENCE_UNRESOLVED

      new    {"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"string"}}}
      old    {"type":"string"}

      new    {"$id":"http://h/a/root.json","$ref":"item.json","$defs":{"i":{"$id":"item.json","$ref":"#t",
             "$defs":{"t":{"$anchor":"t","type":"integer"}}}}}
      old    {"type":"integer"}

      new    {"$dynamicRef":"#m","$defs":{"m":{"$dynamicAnchor":"m","type":"string"}}}
      old    {"type":"string"}

      new    {"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/s","maxLength":1,
             "definitions":{"s":{"type":"string"}}}
      old    {"type":"string"}

      new    {"$ref":"#/$defs/s","maxLength":1,"$defs":{"s":{"type":"string"}}}
      old    {"type":"string"}
      finds  #/maxLength MAX_LENGTH_ADDED

      new    {"enum":[{"$id":"http://h/x","$anchor":"y"}]}
      old    {"const":{"$anchor":"y","$id":"http://h/x"}}
      """##
    )
  )
  func `references are followed and may go round in circles`(one: CompatibilityCase) throws {
    #expect(try found(one.new, one.old) == one.found, "\(one.new)")
  }
}

/// Two schemas and what keeps the first from reading what the second wrote.
struct CompatibilityCase: CustomTestStringConvertible {
  let new: String
  let old: String
  /// Each with its path and its kind.
  let found: [String]
  var testDescription: String { "\(new) reading \(old)" }

  /// Cases with an empty line between them; a line that begins with blanks goes on with the one before.
  static func read(_ text: String) -> [CompatibilityCase] {
    text.split(separator: "\n\n").map { lines in
      var parts: [(word: Substring, text: String)] = []
      for line in lines.split(separator: "\n") {
        let rest = String(line.dropFirst(7))
        if line.hasPrefix(" ") { parts[parts.count - 1].text += rest } else { parts.append((line.prefix(3), rest)) }
      }
      func texts(_ word: Substring) -> [String] { parts.filter { $0.word == word }.map(\.text) }
      return CompatibilityCase(new: texts("new")[0], old: texts("old")[0], found: texts("fin"))
    }
  }
}
