internal import Bytes
public import Detection
internal import Formats
public import Redaction

/// What is redacted of a topic's events, and how.
///
/// Made by the control thread from settings and schemas; a shard only reads it. Never changes.
public final class RedactionPlan: Sendable {
  /// What becomes of a value, and what it is taken for.
  public struct Rule: Sendable {
    /// What is done with it.
    public let operation: Operation
    /// What it is, so that equal values of one kind become equal; `nil` where nobody says.
    public let type: PersonalType?
    /// The operator's place in the catalogue.
    let number: UInt8
    /// Whether it takes an object or array as a whole; else it is for what is within.
    let takesWhole: Bool
    /// A rule.
    public init(_ operation: Operation, type: PersonalType? = nil) {
      (self.operation, self.type) = (operation, type)
      let word = "\(operation.word)"
      number = UInt8(OperatorCatalogue.words.firstIndex(of: word) ?? 0)
      // What else there is keeps something of a value's form, which only a leaf has.
      takesWhole = ["drop", "replace", "hash", "encrypt"].contains(word)
    }
  }
  /// The fields that are redacted whatever they hold.
  public let paths: FieldPaths
  /// What becomes of each of them, by the path's place.
  public let fields: [Rule]
  /// The rule for a place in events, which may be a pattern as the plan's own paths are; `nil` where there is none.
  ///
  /// Of a pattern, what would be asked for a member of a name that no path knows.
  public func rule(at path: String) -> Rule? {
    var state = paths.root
    var found = paths.path(at: state)
    for segment in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
      let name = FieldPaths.name(of: segment)
      if name == nil, segment.elementsEqual("**".utf8) { continue }
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let bytes = name ?? [0]
      state = unsafe paths.member(JSONString(range: 0..<bytes.count), of: bytes.span.bytes, from: state)
      // A rule for what holds a value holds for the value.
      if paths.path(at: state) >= 0 { found = paths.path(at: state) }
    }
    return found >= 0 ? fields[found] : nil
  }
  /// What is looked for everywhere else.
  public let profile: DetectionProfile
  /// What becomes of what is found, by the kind's number.
  public let found: [Rule]
  /// The same in record keys, names of members, and all that is said of an event besides its payload.
  public let foundInKeys: [Rule]
  /// What stands for the topic where values are bound to it.
  public let topic: TopicMark
  /// Tells plans apart: quarantine records say which one their payload went through.
  public let version: UInt32
  /// Whether it is only tried: what it would change is counted, and nothing is changed.
  public let isShadow: Bool
  /// Whether anything is looked for.
  let detects: Bool

  /// A plan.
  ///
  /// - Parameters:
  ///   - topic: whose.
  ///   - paths: fields that are redacted whatever they hold.
  ///   - fields: what becomes of them, in the same order.
  ///   - profile: what is looked for elsewhere.
  ///   - found: what becomes of that, by the kind's number.
  ///   - foundInKeys: the same in keys and metadata; all of it deterministic.
  ///   - version: what tells it from others.
  ///   - isShadow: whether it is only tried.
  public init(
    topic: TopicMark,
    paths: FieldPaths,
    fields: [Rule],
    profile: DetectionProfile,
    found: [Operation],
    foundInKeys: [Operation],
    version: UInt32,
    isShadow: Bool = false
  ) {
    let kinds = PersonalType.allCases
    precondition(paths.count == fields.count, "every path has its rule")
    precondition(found.count == kinds.count && foundInKeys.count == kinds.count, "every kind has its operation")
    precondition(foundInKeys.allSatisfy { $0.isDeterministic && !$0.isDrop }, "keys stay, and stay equal")
    (self.topic, self.paths, self.fields, self.profile) = (topic, paths, fields, profile)
    self.found = zip(found, kinds).map { Rule($0, type: $1) }
    self.foundInKeys = zip(foundInKeys, kinds).map { Rule($0, type: $1) }
    (self.version, self.isShadow) = (version, isShadow)
    detects = !profile.types.isEmpty
  }
}
