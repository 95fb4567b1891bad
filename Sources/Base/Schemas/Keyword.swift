/// The keywords that an event can fail at.
///
/// Source: JSON Schema Core and Validation, draft 2020-12.
public enum Keyword: UInt8, CaseIterable, Sendable {
  /// The schema `false`.
  case never
  case type, `enum`, const
  case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
  case minLength, maxLength, pattern, format
  case required, properties, additionalProperties, patternProperties, propertyNames
  case minProperties, maxProperties, dependentRequired, dependentSchemas, dependencies, unevaluatedProperties
  case items, prefixItems, additionalItems, minItems, maxItems, uniqueItems, contains, minContains, maxContains
  case unevaluatedItems
  case allOf, anyOf, oneOf, not, `if`, then, `else`
  case ref, dynamicRef, recursiveRef

  /// As schemas write it, and as metrics label it.
  public var name: String {
    switch self {
    case .never: "false"
    case .ref, .dynamicRef, .recursiveRef: "$\(self)"
    default: "\(self)"
    }
  }
}

extension Keyword {
  /// The keyword that schemas write so.
  init?(_ name: String) {
    guard let keyword = Keyword.allCases.first(where: { $0.name == name }) else { return nil }
    self = keyword
  }
}
