internal import Formats

/// Types of JSON values, as schemas tell them apart: whole numbers are integers, and numbers too.
struct ValueTypes: OptionSet {
  let rawValue: UInt8
  static let null = ValueTypes(rawValue: 1)
  static let boolean = ValueTypes(rawValue: 2)
  static let integer = ValueTypes(rawValue: 4)
  /// Numbers that are no integers.
  static let fraction = ValueTypes(rawValue: 8)
  static let string = ValueTypes(rawValue: 16)
  static let array = ValueTypes(rawValue: 32)
  static let object = ValueTypes(rawValue: 64)
  static let number: ValueTypes = [.integer, .fraction]
  static let all = ValueTypes(rawValue: 127)

  init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The type of a name; none when there is no such type.
  init(name: String) {
    switch name {
    case "null": self = .null
    case "boolean": self = .boolean
    case "integer": self = .integer
    case "number": self = .number
    case "string": self = .string
    case "array": self = .array
    case "object": self = .object
    default: self = []
    }
  }
  /// The type of a value.
  init(of value: JSONValue) {
    switch value.content {
    case .null: self = .null
    case .bool: self = .boolean
    case .number(let text): self = ExactDecimal(text).isInteger ? .integer : .fraction
    case .string: self = .string
    case .array: self = .array
    case .object: self = .object
    }
  }

  /// For messages.
  var text: String {
    if self == .all { return "values of any type" }
    var names: [String] = []
    if contains(.null) { names.append("null") }
    if contains(.boolean) { names.append("boolean") }
    if contains(.number) { names.append("number") } else if contains(.integer) { names.append("integer") }
    if contains(.fraction), !contains(.integer) { names.append("number with a fraction") }
    if contains(.string) { names.append("string") }
    if contains(.array) { names.append("array") }
    if contains(.object) { names.append("object") }
    return names.isEmpty ? "nothing" : names.joined(separator: " or ")
  }
}

extension SchemaSite {
  /// What `type` lets in; everything without it.
  var types: ValueTypes {
    switch self["type"]?.content {
    case .string(let name): ValueTypes(name: name)
    case .array(let names): names.reduce(ValueTypes()) { $0.union(ValueTypes(name: $1.string ?? "")) }
    default: .all
    }
  }
  /// The only values that `enum` and `const` let in; `nil` without them.
  var values: [JSONValue]? {
    switch (self["enum"]?.array, self["const"]) {
    case (let listed?, let only?): listed.filter { $0.isSame(as: only) }
    case (let listed?, nil): listed
    case (nil, let only?): [only]
    case (nil, nil): nil
    }
  }
}
