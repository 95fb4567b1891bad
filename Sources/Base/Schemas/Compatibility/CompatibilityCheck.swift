public import Formats

/// Finds out whether a schema goes together with other versions of it, by the rules that Confluent-compatible
/// registries have for JSON Schema.
///
/// Two schemas are compared by what they say, never by trying events.
/// `Docs/Operations/schema-compatibility.md` has the rules.
public enum CompatibilityCheck {
  /// There are so many alternatives to match that nobody can say in reasonable time.
  public struct GaveUp: Error, Equatable, Sendable {
    /// The other version.
    public let version: String
    /// After how many comparisons of two schemas.
    public let comparisons: Int
  }

  /// So many comparisons of two schemas are made for a pair of versions, unless told otherwise.
  ///
  /// A schema of 1,000 properties needs a few thousand.
  public static let comparisonsMax = 50_000

  /// Every reason why `new` is not compatible with the versions before it.
  ///
  /// - Parameters:
  ///   - new: the schema that is to be the next version.
  ///   - old: the versions before it, the oldest first; without a transitive mode only the last one counts.
  ///   - mode: what is asked of it.
  ///   - comparisonsMax: how much work may go into each pair of versions.
  /// - Returns: nothing when it is compatible.
  /// - Throws: that the work was more than is allowed, which leaves it open.
  public static func incompatibilities(
    of new: JSONValue,
    with old: [(name: String, schema: JSONValue)],
    mode: CompatibilityMode,
    comparisonsMax: Int = CompatibilityCheck.comparisonsMax
  ) throws(GaveUp) -> [Incompatibility] {
    let answers = PatternAnswers()
    var found: [Incompatibility] = []
    for version in mode.isTransitive ? old[...] : old.suffix(1) {
      let written = SchemaDocument(version.schema, name: "version \(version.name)", number: 0)
      let fresh = SchemaDocument(new, name: "the new schema", number: 1)
      let isRead = [(Incompatibility.Direction.backward, mode.readsOthers), (.forward, mode.isReadByOthers)]
      for (direction, isAsked) in isRead where isAsked {
        let (reader, writer) = direction == .backward ? (fresh, written) : (written, fresh)
        var comparison = SchemaComparison(comparisonsMax: comparisonsMax, test: answers.matches)
        let differences: [SchemaDifference]
        do throws(SchemaComparison.GaveUp) {
          differences = try comparison.differences(reader, from: writer)
        } catch {
          throw GaveUp(version: version.name, comparisons: comparisonsMax)
        }
        found += differences.map {
          Incompatibility(
            path: $0.path,
            kind: $0.kind,
            detail: $0.detail,
            version: version.name,
            direction: direction
          )
        }
      }
    }
    return found
  }
}
