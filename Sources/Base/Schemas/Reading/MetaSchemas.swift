/// The meta-schemas of 2020-12, for schemas that refer to them.
///
/// Source: JSON Schema Core 2020-12 §8.2, Validation 2020-12 §2; what they say only to readers is left out.
enum MetaSchemas {
  private static let root = "https://json-schema.org/draft/2020-12/"

  /// Each with its URI.
  static let all: [(uri: String, text: String)] = [
    schema, core, applicator, unevaluated, validation, metadata, annotation, assertion, content,
  ]

  /// One of the vocabularies, with its members behind the head that all have.
  private static func vocabulary(_ name: String, _ members: String) -> (uri: String, text: String) {
    let head = """
      "$schema": "\(root)schema", "$id": "\(root)meta/\(name)", "$dynamicAnchor": "meta", \
      "$vocabulary": {"\(root)vocab/\(name)": true}, "type": ["object", "boolean"]
      """
    return ("\(root)meta/\(name)", "{\(head), \(members)}")
  }

  private static let schema = (
    uri: "\(root)schema",
    text: """
    {"$schema": "\(root)schema", "$id": "\(root)schema", "$dynamicAnchor": "meta",
    "$vocabulary": {
      "\(root)vocab/core": true, "\(root)vocab/applicator": true, "\(root)vocab/unevaluated": true,
      "\(root)vocab/validation": true, "\(root)vocab/meta-data": true,
      "\(root)vocab/format-annotation": true, "\(root)vocab/content": true},
    "type": ["object", "boolean"],
    "allOf": [
      {"$ref": "meta/core"}, {"$ref": "meta/applicator"}, {"$ref": "meta/unevaluated"}, {"$ref": "meta/validation"},
      {"$ref": "meta/meta-data"}, {"$ref": "meta/format-annotation"}, {"$ref": "meta/content"}],
    "properties": {
      "definitions": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
      "dependencies": {"type": "object", "default": {}, "additionalProperties":
        {"anyOf": [{"$dynamicRef": "#meta"}, {"$ref": "meta/validation#/$defs/stringArray"}]}},
      "$recursiveAnchor": {"$ref": "meta/core#/$defs/anchorString"},
      "$recursiveRef": {"$ref": "meta/core#/$defs/uriReferenceString"}}}
    """
  )
  private static let core = vocabulary(
    "core",
    """
    "properties": {
      "$id": {"$ref": "#/$defs/uriReferenceString", "pattern": "^[^#]*#?$"},
      "$schema": {"$ref": "#/$defs/uriString"},
      "$ref": {"$ref": "#/$defs/uriReferenceString"},
      "$anchor": {"$ref": "#/$defs/anchorString"},
      "$dynamicRef": {"$ref": "#/$defs/uriReferenceString"},
      "$dynamicAnchor": {"$ref": "#/$defs/anchorString"},
      "$vocabulary": {"type": "object", "propertyNames": {"$ref": "#/$defs/uriString"},
        "additionalProperties": {"type": "boolean"}},
      "$comment": {"type": "string"},
      "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}},
    "$defs": {
      "anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
      "uriString": {"type": "string", "format": "uri"},
      "uriReferenceString": {"type": "string", "format": "uri-reference"}}
    """
  )
  private static let applicator = vocabulary(
    "applicator",
    """
    "properties": {
      "prefixItems": {"$ref": "#/$defs/schemaArray"},
      "items": {"$dynamicRef": "#meta"},
      "contains": {"$dynamicRef": "#meta"},
      "additionalProperties": {"$dynamicRef": "#meta"},
      "properties": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
      "patternProperties": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"},
        "propertyNames": {"format": "regex"}, "default": {}},
      "dependentSchemas": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
      "propertyNames": {"$dynamicRef": "#meta"},
      "if": {"$dynamicRef": "#meta"}, "then": {"$dynamicRef": "#meta"}, "else": {"$dynamicRef": "#meta"},
      "allOf": {"$ref": "#/$defs/schemaArray"},
      "anyOf": {"$ref": "#/$defs/schemaArray"},
      "oneOf": {"$ref": "#/$defs/schemaArray"},
      "not": {"$dynamicRef": "#meta"}},
    "$defs": {"schemaArray": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}}}
    """
  )
  private static let unevaluated = vocabulary(
    "unevaluated",
    """
    "properties": {
      "unevaluatedItems": {"$dynamicRef": "#meta"},
      "unevaluatedProperties": {"$dynamicRef": "#meta"}}
    """
  )
  private static let validation = vocabulary(
    "validation",
    """
    "properties": {
      "type": {"anyOf": [{"$ref": "#/$defs/simpleTypes"},
        {"type": "array", "items": {"$ref": "#/$defs/simpleTypes"}, "minItems": 1, "uniqueItems": true}]},
      "const": true,
      "enum": {"type": "array", "items": true},
      "multipleOf": {"type": "number", "exclusiveMinimum": 0},
      "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
      "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
      "maxLength": {"$ref": "#/$defs/nonNegativeInteger"},
      "minLength": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "pattern": {"type": "string", "format": "regex"},
      "maxItems": {"$ref": "#/$defs/nonNegativeInteger"},
      "minItems": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "uniqueItems": {"type": "boolean", "default": false},
      "maxContains": {"$ref": "#/$defs/nonNegativeInteger"},
      "minContains": {"$ref": "#/$defs/nonNegativeInteger", "default": 1},
      "maxProperties": {"$ref": "#/$defs/nonNegativeInteger"},
      "minProperties": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "required": {"$ref": "#/$defs/stringArray"},
      "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/stringArray"}}},
    "$defs": {
      "nonNegativeInteger": {"type": "integer", "minimum": 0},
      "nonNegativeIntegerDefault0": {"$ref": "#/$defs/nonNegativeInteger", "default": 0},
      "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
      "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true, "default": []}}
    """
  )
  private static let metadata = vocabulary(
    "meta-data",
    """
    "properties": {
      "title": {"type": "string"}, "description": {"type": "string"}, "default": true,
      "deprecated": {"type": "boolean", "default": false}, "readOnly": {"type": "boolean", "default": false},
      "writeOnly": {"type": "boolean", "default": false}, "examples": {"type": "array", "items": true}}
    """
  )
  private static let annotation = vocabulary("format-annotation", #""properties": {"format": {"type": "string"}}"#)
  private static let assertion = vocabulary("format-assertion", #""properties": {"format": {"type": "string"}}"#)
  private static let content = vocabulary(
    "content",
    """
    "properties": {
      "contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"},
      "contentSchema": {"$dynamicRef": "#meta"}}
    """
  )
}
