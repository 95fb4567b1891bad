internal import Formats

/// Which keywords a schema's author may mean.
enum Dialect: Comparable, Sendable {
  case draft7
  case draft2019
  case draft2020

  /// The dialect whose meta-schema has this URI.
  init?(metaSchema uri: String) {
    switch uri {
    case "https://json-schema.org/draft/2020-12/schema": self = .draft2020
    case "https://json-schema.org/draft/2019-09/schema": self = .draft2019
    // Draft 6 has a part of draft 7. Many write these with `https`.
    case "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema": self = .draft7
    case "https://json-schema.org/draft-07/schema", "https://json-schema.org/draft-06/schema": self = .draft7
    default: return nil
    }
  }
  /// As people call it.
  var name: String {
    switch self {
    case .draft7: "draft 7"
    case .draft2019: "2019-09"
    case .draft2020: "2020-12"
    }
  }
  /// What its own meta-schema switches on.
  var vocabularies: Vocabularies { self == .draft7 ? Vocabularies.standard.subtracting(.unevaluated) : .standard }
}

/// The groups of keywords that a meta-schema switches on.
///
/// Source: JSON Schema Core 2020-12 §8.1.2.
struct Vocabularies: OptionSet, Sendable {
  let rawValue: UInt8
  static let applicator = Vocabularies(rawValue: 1)
  static let unevaluated = Vocabularies(rawValue: 2)
  static let validation = Vocabularies(rawValue: 4)
  static let formatAssertion = Vocabularies(rawValue: 8)
  /// `format` as something that is said, and checked where that is asked for.
  static let formatAnnotation = Vocabularies(rawValue: 16)
  /// Those that say nothing about validity.
  static let annotation = Vocabularies(rawValue: 32)
  /// Those of the standard meta-schema.
  static let standard: Vocabularies = [.applicator, .unevaluated, .validation, .formatAnnotation, .annotation]

  /// The one that a URI names; `nil` when we know none.
  static func named(_ uri: String, isRequired: Bool) -> Vocabularies? {
    for draft in ["https://json-schema.org/draft/2020-12/vocab/", "https://json-schema.org/draft/2019-09/vocab/"]
    where uri.hasPrefix(draft) {
      switch uri.dropFirst(draft.count) {
      // 2019-09 has the keywords of `unevaluated` among the applicators.
      case "applicator": return draft.contains("2019") ? [.applicator, .unevaluated] : .applicator
      case "unevaluated": return .unevaluated
      case "validation": return .validation
      case "format-assertion": return .formatAssertion
      case "format-annotation": return .formatAnnotation
      // Source: JSON Schema Validation 2019-09 §7.2.
      case "format": return isRequired ? .formatAssertion : .formatAnnotation
      case "core", "meta-data", "content": return .annotation
      default: return nil
      }
    }
    return nil
  }
}

/// Where the keywords of a schema hold other schemas.
enum SubschemaPlaces {
  /// Keywords whose value is a schema.
  static let single: Set<String> = [
    "additionalProperties", "propertyNames", "unevaluatedProperties", "items", "additionalItems", "unevaluatedItems",
    "contains", "not", "if", "then", "else", "contentSchema",
  ]
  /// Keywords whose value is an array of schemas; `items` was one before 2020-12.
  static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
  /// Keywords whose value is an object of schemas; a dependency may be a list of names too.
  static let maps: Set<String> = [
    "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "dependencies",
  ]

  /// What stands where a pointer leads.
  enum Role { case schema, schemas, other }
  /// What the value of a keyword is.
  static func role(of keyword: String, _ value: JSONValue) -> Role {
    switch value.content {
    case .object where maps.contains(keyword), .array where lists.contains(keyword): .schemas
    case .object where single.contains(keyword), .bool where single.contains(keyword): .schema
    default: .other
    }
  }

  /// Every schema right within one, with its pointer.
  static func of(_ schema: JSONObject, at pointer: JSONPointer) -> [(pointer: JSONPointer, value: JSONValue)] {
    var found: [(pointer: JSONPointer, value: JSONValue)] = []
    for member in schema.members {
      let place = pointer.appending(member.name)
      switch member.value.content {
      case .object(let object) where maps.contains(member.name):
        for inner in object.members { found.append((place.appending(inner.name), inner.value)) }
      case .array(let elements) where lists.contains(member.name):
        for (index, element) in elements.enumerated() { found.append((place.appending(index), element)) }
      case .object, .bool:
        if single.contains(member.name) { found.append((place, member.value)) }
      default: continue
      }
    }
    return found
  }
}
