internal import Formats
internal import Schemas
internal import Settings

/// Says why a version of a schema does not go together with those before it, the oldest first: a sentence each with its
/// path, and nothing when it does.
typealias CompatibilityTest = (
  _ new: JSONValue, _ old: [(name: String, schema: JSONValue)], _ mode: TopicSchemaSettings.Compatibility
) -> [String]

extension SchemaRegistry {
  /// Why a version does not go together with those before it.
  static func incompatibilities(
    of new: JSONValue,
    with old: [(name: String, schema: JSONValue)],
    mode: TopicSchemaSettings.Compatibility
  ) -> [String] {
    []
  }
}
