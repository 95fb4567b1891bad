internal import Formats

/// A compiled schema: flat tables, of which nothing changes.
struct Program: BitwiseCopyable, Sendable {
  var nodes: Table<Node>
  var numbers: Table<NumberRule>
  var strings: Table<StringRule>
  var constants: Table<ConstantRule>
  var objects: Table<ObjectRule>
  var arrays: Table<ArrayRule>
  var branches: Table<Branch>
  var requirements: Table<Requirement>
  var patternRules: Table<PatternRule>
  /// Lists of nodes that others have parts of.
  var lists: Table<Int32>
  var names: Table<NameTable.Entry>
  var anchors: Table<DynamicAnchor>
  var patterns: Table<PatternMatcher>
  /// Texts of names, bounds and constants.
  var letters: Table<UInt8>
  /// The constants as a tape over the letters, and where each starts.
  var constantTape: Table<TapeValue>
  /// The schema that events must fit.
  var root: Int32
  /// Whether a schema asks for the keywords `unevaluated…`, so that what was evaluated is marked.
  var marks: Bool

  func free() {
    nodes.free()
    numbers.free()
    strings.free()
    constants.free()
    objects.free()
    arrays.free()
    branches.free()
    requirements.free()
    patternRules.free()
    lists.free()
    names.free()
    anchors.free()
    patterns.free()
    letters.free()
    constantTape.free()
  }
}
