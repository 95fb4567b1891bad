internal import Formats
internal import Schemas

/// A schema in a file, and what can be said of it by itself.
struct SchemaFile {
  /// How events are checked against a schema.
  struct Tier {
    /// What makes it need a tape of the event; `nil` where none is needed.
    let reason: TapeReason?
    var name: String { reason == nil ? "scan" : "tape" }
    var text: String {
      guard let reason else { return "while an event is scanned" }
      return "on a tape of the event, because of #\(reason.location): \(reason.description)"
    }
  }
  let path: String
  /// Its text as a tree, unless it is no JSON.
  private(set) var schema: JSONValue?
  /// What is wrong with it.
  private(set) var mistakes: [SchemaMistake] = []
  /// What is odd.
  private(set) var warnings: [String] = []
  /// How events are checked against it, if it was compiled.
  private(set) var tier: Tier?

  /// Schemas are made by people and programs that mean no harm, but some are large.
  private static var limits: JSONLimits {
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax) = (256, 1_000_000)
    return limits
  }

  /// Reads a file's text; one that is to be used is compiled too.
  init(_ bytes: [UInt8], path: String, isToBeUsed: Bool) {
    self.path = path
    do throws(JSONFault) {
      let schema = try JSONValue(bytes, limits: SchemaFile.limits)
      self.schema = schema
      guard schema.object != nil || schema.bool != nil else {
        let reason = "a schema is an object, true or false, not \(schema.kind)"
        mistakes.append(SchemaMistake(reason, at: schema.offset, in: bytes, file: path))
        return
      }
      if isToBeUsed { add(SchemaOnDisk.review(bytes, path: path)) }
    } catch { mistakes.append(SchemaMistake(error.reason.text, at: error.offset, in: bytes, file: path)) }
  }
  private mutating func add(_ review: SchemaReview) {
    tier = review.schema.map { Tier(reason: $0.tapeReason) }
    // Registries hold schemas of draft 7 that don't say so: their versions can be compared all the same.
    if review.isOfDraft7 { warnings = review.mistakes.map(\.description) } else { mistakes = review.mistakes }
    warnings += review.warnings.map(\.description)
  }
}
