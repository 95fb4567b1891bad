public import Formats

/// A place where events have a member or an element, as a schema tells it.
///
///     /orders/*/card/number
///     /tree/**/children/*/name
public struct SchemaField: Sendable {
  /// Where: a JSON Pointer in which `*` is any member or element and `**` any number of levels.
  ///
  /// Elements that `prefixItems` tells apart have their numbers. A `*` that a name has is written `~2`; the whole event
  /// is "". Source: RFC 6901.
  public let path: String
  /// The member's name; `nil` for elements and for members of any name.
  public let name: String?
  /// What the annotation says of it; `nil` where it has none.
  public let annotation: String?
  /// The `format` that is said of it.
  public let format: String?
  /// The file of the schema that tells it.
  public let file: String
  /// Where it is in that file's document, as a JSON Pointer.
  public let pointer: String
  let types: ValueTypes
  let offset: Int
  let text: [UInt8]

  /// Where it stands in its file.
  ///
  /// Cost: in proportion to the file.
  public var position: TextPosition { TextPosition(of: offset, in: text) }
  /// Whether it may be a string, as far as the schema says.
  public var mayBeText: Bool { types.contains(.string) }
  /// Whether it may be a number, as far as the schema says.
  public var mayBeNumber: Bool { !types.isDisjoint(with: .number) }
  /// Whether the schema says that it is neither an object nor an array.
  public var isScalar: Bool { types.isDisjoint(with: [.object, .array]) }
}

/// The parts of a field's path.
enum FieldPath {
  static let any = "/*"
  static let levels = "/**"

  /// A name as paths have it, with the stroke before it.
  static func part(_ name: String) -> String {
    var text = "/"
    for point in name.unicodeScalars {
      switch point {
      case "~": text += "~0"
      case "/": text += "~1"
      case "*": text += "~2"
      default: text.unicodeScalars.append(point)
      }
    }
    return text
  }
  /// The parts of a path: a name, or `nil` for any; `**` may be no level, and is left out.
  static func parts(of path: String) -> [String?] {
    var parts: [String?] = []
    for part in path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      switch String(part) {
      case "**": continue
      case "*": parts.append(nil)
      case let text: parts.append(plain(text))
      }
    }
    return parts
  }
  private static func plain(_ part: String) -> String {
    var text = String.UnicodeScalarView()
    var rest = part.unicodeScalars.makeIterator()
    while let point = rest.next() {
      guard point == "~" else {
        text.append(point)
        continue
      }
      switch rest.next() {
      case "0": text.append("~")
      case "1": text.append("/")
      case "2": text.append("*")
      case let other: text.append(contentsOf: ["~", other].compactMap { $0 })
      }
    }
    return String(text)
  }
}
