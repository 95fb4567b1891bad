internal import Bytes
internal import Formats

/// Every place where events have a member or an element, as far as their schema tells.
///
/// The work of a control thread.
public struct SchemaFields: Sendable {
  /// How many are told at the most.
  public static let countMax = 10_000

  /// In the order in which the schema leads to them, each path once.
  public let fields: [SchemaField]
  /// Annotations that are no text, and what keeps parts of the schema from being looked at.
  public let mistakes: [SchemaMistake]
  /// Whether the walk came to its end: there are not more than can be told, and none too deep.
  public let isComplete: Bool
  private let library: SchemaLibrary
  private let root: SchemaLibrary.Place
  private let options: SchemaOptions

  /// The fields of the schema of that URI, with what the keyword says of each.
  ///
  /// Where several schemas speak of a path they make one field, and what is said nearest to it counts. A schema that
  /// comes again within itself gives its fields once more, at any depth below where it came first.
  public init(
    of uri: String,
    in library: SchemaLibrary,
    annotation keyword: String = "x-pii",
    options: SchemaOptions = SchemaOptions()
  ) {
    guard let root = library.root(uri) else { broken("fields are asked of a schema that is in its library: \(uri)") }
    var walk = FieldWalk(library, keyword: keyword)
    walk.run(from: root)
    (fields, mistakes, isComplete) = (walk.fields, walk.steps.mistakes, walk.isComplete)
    (self.library, self.root, self.options) = (library, root, options)
  }

  /// What a replacement at a path would violate for sure, or but for luck, with the event otherwise as it was.
  ///
  /// What only may be violated is not told; nor is what depends on other parts of the event, unless all alternatives
  /// agree. A number in the path, and `*`, are taken for elements as well as for members; of a path with `**`, the
  /// outermost place is looked at.
  public func conflicts(at path: String, with replacement: Replacement) -> [SchemaConflict] {
    var search = ConflictSearch(library, options, path: path, replacement: replacement)
    return search.run(from: root)
  }
}
