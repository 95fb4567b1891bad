internal import Bytes
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
    guard let mode = CompatibilityMode(rawValue: mode.rawValue) else {
      broken("the settings and the comparison have the same modes: \(mode.rawValue)")
    }
    do throws(CompatibilityCheck.GaveUp) {
      return try CompatibilityCheck.incompatibilities(of: new, with: old, mode: mode).map {
        "\($0.path): \($0.detail) (\($0.kind.rawValue)\($0.version.map { ", version \($0)" } ?? ""))"
      }
    } catch {
      return ["comparing it with version \(error.version) takes more than \(error.comparisons) comparisons"]
    }
  }
}
