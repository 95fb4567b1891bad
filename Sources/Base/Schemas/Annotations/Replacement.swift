public import Formats

/// What stands for a value that may not be kept.
public enum Replacement: Equatable, Sendable {
  /// A string of which only the least length is known, in code points: a pseudonym or a cipher's text.
  case text(lengthMin: Int = 0)
  /// A value as long, with a digit for each digit and a letter for each letter; of a number, most often a number.
  case sameForm
  /// Always the same string; for a number, a number where that is what it says.
  case constant(String)
  /// Nothing: the member is taken out.
  case removed
}

/// What a replacement violates in a schema.
///
///     schemas/orders/2.json:7:31: /properties/age/type: a string is put for it, which must be an integer (/age)
public struct SchemaConflict: Sendable, Equatable, CustomStringConvertible {
  /// The path in events.
  public let path: String
  /// The file of the schema.
  public let file: String
  /// Where it stands in that file.
  public let position: TextPosition
  /// The keyword that is violated, as a JSON Pointer in the schema's document.
  public let pointer: String
  /// The reason, in words.
  public let reason: String

  init(_ mistake: SchemaMistake, path: String) {
    self.path = path
    (file, position, pointer, reason) = (mistake.file, mistake.position, mistake.pointer, mistake.reason)
  }
  /// All of it, as compilers print it.
  public var description: String {
    "\(file):\(position.line):\(position.column): \(pointer): \(reason)\(path.isEmpty ? "" : " (\(path))")"
  }
}

extension StringFormat {
  /// Whether next to no text has it that was not made for it.
  var isNarrow: Bool {
    switch self {
    case .dateTime, .date, .time, .duration, .email, .idnEmail, .ipv4, .ipv6, .uuid: true
    default: false
    }
  }
  /// Whether next to no text has it of those that only look like one that has it: `2024-01-31` and `8307-95-64`.
  var isNarrowerThanItsForm: Bool {
    switch self {
    case .dateTime, .date, .time, .duration, .ipv6, .uuid: true
    default: false
    }
  }
}
