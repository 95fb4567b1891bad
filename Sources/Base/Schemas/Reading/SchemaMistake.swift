public import Formats

/// What is wrong with a schema, and where.
///
///     schemas/telemetry/3.json:12:17: /properties/age/minimum: a number was expected, not a string
public struct SchemaMistake: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as it was named to us.
  public let file: String
  /// The line and column of what is wrong.
  public let position: TextPosition
  /// What is wrong there as a JSON Pointer; empty for the whole schema.
  public let pointer: String
  /// The reason, in a sentence.
  public let reason: String

  /// What is wrong at an offset of a file's text.
  public init(_ reason: String, at offset: Int, in text: [UInt8], file: String) {
    self.init(file: file, position: TextPosition(of: offset, in: text), pointer: "", reason: reason)
  }
  init(file: String, position: TextPosition, pointer: String, reason: String) {
    (self.file, self.position, self.pointer, self.reason) = (file, position, pointer, reason)
  }
  /// The same with more behind its reason.
  func adding(_ words: String) -> SchemaMistake {
    SchemaMistake(file: file, position: position, pointer: pointer, reason: reason + words)
  }

  /// All of it, as compilers print it.
  public var description: String {
    "\(file):\(position.line):\(position.column): \(pointer.isEmpty ? "" : pointer + ": ")\(reason)"
  }
}

extension JSONFault.Reason {
  /// What is wrong, for people.
  public var text: String {
    switch self {
    case .ended: "the text ends before its value does"
    case .noValue: "a value was expected"
    case .noName: "a name in quotes was expected"
    case .noColon: "a colon was expected"
    case .noComma: "a comma or the end was expected"
    case .mismatched: "this bracket closes another kind"
    case .trailing: "something follows the value"
    case .badWord: "this is none of true, false and null"
    case .badNumber: "this is no number"
    case .badEscape: "this is no escape"
    case .loneSurrogate: "this is half of a surrogate pair"
    case .control: "a control character stands in a string"
    case .unclosed: "a string has no end"
    case .encoding: "this is no UTF-8"
    case .tooDeep: "values are nested too deep"
    case .tooMany: "there are too many members or elements"
    case .longString: "a string is too long"
    case .longNumber: "a number has too many digits"
    case .longText: "the text is too long"
    case .duplicateName: "this name occurs twice in its object"
    }
  }
}
