internal import Detection
internal import Formats
internal import Schemas
internal import Settings

/// The fields that a schema says are personal, by `x-pii`.
struct PersonalFields {
  /// Those of a kind, or of no kind that is said.
  private(set) var fields: [RedactionPlanning.Annotated] = []
  /// What is wrong, a line each, as compilers print it.
  private(set) var mistakes: [String]

  /// The keyword.
  static let keyword = "x-pii"
  /// Words of it that name no kind: that a field is personal, and that it is not although it looks so.
  static let anyKind = "personal"
  static let noKind = "none"

  init(_ schema: SchemaFields) {
    mistakes = schema.mistakes.map { "\($0)" }
    for field in schema.fields {
      guard let word = field.annotation, word != Self.noKind else { continue }
      let type = PersonalType.allCases.first { "\($0.word)" == word }
      if type == nil, word != Self.anyKind {
        let words = PersonalType.allCases.map { "\($0.word)" } + [Self.anyKind, Self.noKind]
        let near = nearest(to: word, among: words).map { "; did you mean '\($0)'?" } ?? ""
        mistakes.append(
          "\(field.file):\(field.position.line):\(field.position.column): \(field.pointer)/\(Self.keyword): "
            + "'\(word)' is no kind of personal data\(near)"
        )
        continue
      }
      fields.append(RedactionPlanning.Annotated(path: field.path, type: type))
    }
  }

  /// Whether a text has the keyword anywhere.
  static func isMentioned(in text: [UInt8]) -> Bool {
    let wanted = Array("\"\(keyword)\"".utf8)
    guard text.count >= wanted.count else { return false }
    return text.indices.dropLast(wanted.count - 1).contains {
      text[$0] == wanted[0] && text[$0...].starts(with: wanted)
    }
  }
}
