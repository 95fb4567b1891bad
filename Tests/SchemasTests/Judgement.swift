import Formats
import Testing

@testable import Schemas

/// A schema with events that fit it and events that do not, each judged on both tiers.
struct Judgement: CustomTestStringConvertible, Sendable {
  var schema: String
  var valid: [String]
  var invalid: [String]
  /// What the schema may refer to, by URI.
  var others: [String: String] = [:]
  var testDescription: String { schema }

  init(_ schema: String, valid: [String] = [], invalid: [String] = [], others: [String: String] = [:]) {
    (self.schema, self.valid, self.invalid, self.others) = (schema, valid, invalid, others)
  }

  static let uri = "https://schemas.example/t/1.json"

  /// The schema, compiled.
  static func compile(_ schema: String, others: [String: String] = [:], assertsFormats: Bool = true)
    throws(SchemaMistake) -> Schema
  {
    var library = SchemaLibrary()
    for (uri, text) in others.sorted(by: { $0.key < $1.key }) {
      library.offer(Array(text.utf8), uri: uri, file: uri)
    }
    try library.add(Array(schema.utf8), uri: uri, file: "1.json")
    var options = SchemaOptions()
    options.assertsFormats = assertsFormats
    return try Schema(uri, in: library, options: options)
  }

  /// Sees whether every event is judged so, while it is scanned and on the tape.
  func hold(assertsFormats: Bool = true, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let schema = try Self.compile(self.schema, others: others, assertsFormats: assertsFormats)
    var limits = JSONLimits()
    limits.numberBytesMax = 20_000
    var validator = Validator(bytesMax: 1 << 16, limits: limits, seed: 11)
    for (events, expected) in [(valid, "valid"), (invalid, "invalid")] {
      for event in events {
        let bytes = Array(event.utf8)
        let judged = "\(validator.check(bytes.span.bytes, against: schema))"
        let taped = "\(validator.checkOnTape(bytes.span.bytes, against: schema))"
        #expect(judged == expected, "\(event) against \(self.schema)", sourceLocation: sourceLocation)
        #expect(taped == expected, "\(event) on the tape against \(self.schema)", sourceLocation: sourceLocation)
      }
    }
  }
}
