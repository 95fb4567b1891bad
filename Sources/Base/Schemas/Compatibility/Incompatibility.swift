/// One reason why a schema does not go together with another version of it.
public struct Incompatibility: Sendable, Equatable {
  /// Who reads and who wrote.
  public enum Direction: String, Sendable {
    /// The new schema reads what the version wrote.
    case backward
    /// The version reads what the new schema wrote.
    case forward
  }
  /// Where, as a JSON Pointer into the schema that reads: `#/properties/a`.
  ///
  /// What that schema has no more is named by where it stood.
  public let path: String
  /// What changed there.
  public let kind: Kind
  /// The same as a sentence.
  public let detail: String
  /// The other version's name, where it has one.
  public let version: String?
  /// Which of both reads.
  public let direction: Direction

  /// A reason, and where it stands.
  public init(path: String, kind: Kind, detail: String, version: String?, direction: Direction = .backward) {
    (self.path, self.kind, self.detail, self.version) = (path, kind, detail, version)
    self.direction = direction
  }

  /// What can be incompatible, by the names that registries have for it.
  ///
  /// What is below the last group has no name there: registries let it pass, but events would be refused.
  public enum Kind: String, Sendable, CaseIterable {
    case typeChanged = "TYPE_CHANGED"
    case typeNarrowed = "TYPE_NARROWED"
    case enumArrayNarrowed = "ENUM_ARRAY_NARROWED"
    case enumArrayChanged = "ENUM_ARRAY_CHANGED"
    case combinedTypeChanged = "COMBINED_TYPE_CHANGED"
    case combinedTypeSubschemasChanged = "COMBINED_TYPE_SUBSCHEMAS_CHANGED"
    case sumTypeNarrowed = "SUM_TYPE_NARROWED"
    case notTypeExtended = "NOT_TYPE_EXTENDED"
    case schemaAdded = "SCHEMA_ADDED"

    case maxLengthAdded = "MAX_LENGTH_ADDED"
    case maxLengthDecreased = "MAX_LENGTH_DECREASED"
    case minLengthAdded = "MIN_LENGTH_ADDED"
    case minLengthIncreased = "MIN_LENGTH_INCREASED"
    case patternAdded = "PATTERN_ADDED"
    case patternChanged = "PATTERN_CHANGED"

    case maximumAdded = "MAXIMUM_ADDED"
    case maximumDecreased = "MAXIMUM_DECREASED"
    case minimumAdded = "MINIMUM_ADDED"
    case minimumIncreased = "MINIMUM_INCREASED"
    case exclusiveMaximumAdded = "EXCLUSIVE_MAXIMUM_ADDED"
    case exclusiveMaximumDecreased = "EXCLUSIVE_MAXIMUM_DECREASED"
    case exclusiveMinimumAdded = "EXCLUSIVE_MINIMUM_ADDED"
    case exclusiveMinimumIncreased = "EXCLUSIVE_MINIMUM_INCREASED"
    case multipleOfAdded = "MULTIPLE_OF_ADDED"
    case multipleOfExpanded = "MULTIPLE_OF_EXPANDED"
    case multipleOfChanged = "MULTIPLE_OF_CHANGED"

    case requiredAttributeAdded = "REQUIRED_ATTRIBUTE_ADDED"
    case requiredPropertyAddedToUnopenContentModel = "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"
    case maxPropertiesAdded = "MAX_PROPERTIES_ADDED"
    case maxPropertiesDecreased = "MAX_PROPERTIES_DECREASED"
    case minPropertiesAdded = "MIN_PROPERTIES_ADDED"
    case minPropertiesIncreased = "MIN_PROPERTIES_INCREASED"
    case additionalPropertiesRemoved = "ADDITIONAL_PROPERTIES_REMOVED"
    case additionalPropertiesNarrowed = "ADDITIONAL_PROPERTIES_NARROWED"
    case dependencyArrayAdded = "DEPENDENCY_ARRAY_ADDED"
    case dependencyArrayExtended = "DEPENDENCY_ARRAY_EXTENDED"
    case dependencyArrayChanged = "DEPENDENCY_ARRAY_CHANGED"
    case dependencySchemaAdded = "DEPENDENCY_SCHEMA_ADDED"
    case propertyAddedToOpenContentModel = "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
    case propertyRemovedFromClosedContentModel = "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    case propertyAddedNotCovered = "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    case propertyRemovedNotCovered = "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"

    case maxItemsAdded = "MAX_ITEMS_ADDED"
    case maxItemsDecreased = "MAX_ITEMS_DECREASED"
    case minItemsAdded = "MIN_ITEMS_ADDED"
    case minItemsIncreased = "MIN_ITEMS_INCREASED"
    case uniqueItemsAdded = "UNIQUE_ITEMS_ADDED"
    case additionalItemsRemoved = "ADDITIONAL_ITEMS_REMOVED"
    case additionalItemsNarrowed = "ADDITIONAL_ITEMS_NARROWED"
    case itemAddedToOpenContentModel = "ITEM_ADDED_TO_OPEN_CONTENT_MODEL"
    case itemRemovedFromClosedContentModel = "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    case itemAddedNotCovered = "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    case itemRemovedNotCovered = "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"

    case formatAdded = "FORMAT_ADDED"
    case formatChanged = "FORMAT_CHANGED"
    case containsAdded = "CONTAINS_ADDED"
    case containsChanged = "CONTAINS_CHANGED"
    case conditionAdded = "CONDITION_ADDED"
    case conditionChanged = "CONDITION_CHANGED"
    case referenceUnresolved = "REFERENCE_UNRESOLVED"
  }
}
