internal import Formats

/// Writes JSON for people.
enum JSONText {
  /// A value in lines that are indented by two blanks a level; arrays of plain values stay on one line.
  static func indented(_ value: JSONValue, depth: Int = 0) -> String {
    let (inner, outer) = (blanks(depth + 1), blanks(depth))
    switch value.content {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let text): return text
    case .string(let text): return quoted(text)
    case .array(let elements):
      guard elements.contains(where: { $0.array != nil || $0.object != nil }) else {
        return "[\(elements.map { indented($0) }.joined(separator: ", "))]"
      }
      return "[\n" + elements.map { inner + indented($0, depth: depth + 1) }.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let object):
      guard !object.members.isEmpty else { return "{}" }
      let lines = object.members.map { "\(inner)\(quoted($0.name)): \(indented($0.value, depth: depth + 1))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }
  private static func blanks(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  /// A text in quotes.
  static func quoted(_ text: String) -> String {
    var written = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": written += "\\\""
      case "\\": written += "\\\\"
      case "\n": written += "\\n"
      case "\r": written += "\\r"
      case "\t": written += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        written += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: written.unicodeScalars.append(scalar)
      }
    }
    return written + "\""
  }
}
