internal import Formats

/// What kinds of values there are; a number without a fraction is an integer too.
struct Kinds: OptionSet, BitwiseCopyable, Sendable {
  let rawValue: UInt8
  static let null = Kinds(rawValue: 1)
  static let boolean = Kinds(rawValue: 2)
  static let object = Kinds(rawValue: 4)
  static let array = Kinds(rawValue: 8)
  static let string = Kinds(rawValue: 16)
  /// Numbers that need not be integers.
  static let number = Kinds(rawValue: 32)
  static let integer = Kinds(rawValue: 64)
  static let all: Kinds = [.null, .boolean, .object, .array, .string, .number, .integer]

  /// The kinds that a word of `type` means; `nil` when it is none.
  init?(named name: String) {
    switch name {
    case "null": self = .null
    case "boolean": self = .boolean
    case "object": self = .object
    case "array": self = .array
    case "string": self = .string
    case "number": self = [.number, .integer]
    case "integer": self = .integer
    default: return nil
    }
  }
  init(rawValue: UInt8) { self.rawValue = rawValue }
  /// For sentences.
  var words: [String] {
    var words: [String] = []
    if contains(.string) { words.append("a string") }
    if contains(.number) { words.append("a number") } else if contains(.integer) { words.append("an integer") }
    if contains(.boolean) { words.append("true or false") }
    if contains(.object) { words.append("an object") }
    if contains(.array) { words.append("an array") }
    if contains(.null) { words.append("null") }
    return words
  }
}

/// One schema object, or one of the two that are words.
///
/// Indices are -1 where there is nothing; `assertion` is the index of what is said when something does not hold.
struct Node: BitwiseCopyable, Sendable {
  var kinds = Kinds.all
  /// Whether it is the schema `false`.
  var isNever = false
  /// Whether it has `unevaluatedProperties` or `unevaluatedItems`.
  var hasUnevaluated = false
  var typeAssertion: Int32 = -1
  /// Parts of the tables of their names.
  var numbers = Run.none
  var strings = Run.none
  var constants = Run.none
  var branches = Run.none
  var object: Int32 = -1
  var array: Int32 = -1
  var unevaluatedProperties: Int32 = -1
  var unevaluatedItems: Int32 = -1
  /// The resource that it belongs to, which a dynamic reference may look for.
  var resource: Int32 = 0
}

/// A bound or divisor of numbers.
struct NumberRule: BitwiseCopyable, Sendable {
  enum Kind: UInt8, BitwiseCopyable { case minimum, maximum, exclusiveMinimum, exclusiveMaximum, multiple }
  var kind: Kind
  var assertion: Int32
  /// The bound, whose text is among the program's letters.
  var bound: JSONNumber
  var divisor: JSONDivisor?
}

/// Something a string must be.
struct StringRule: BitwiseCopyable, Sendable {
  enum Kind: UInt8, BitwiseCopyable { case minLength, maxLength, pattern, format }
  var kind: Kind
  var format: UInt8 = 0
  var assertion: Int32
  /// Code points, or which pattern.
  var value: Int
}

/// Values of which one must be met: `enum`, or `const`.
struct ConstantRule: BitwiseCopyable, Sendable {
  var assertion: Int32
  /// Which values of the constants' tape.
  var values: Run
}

/// What a schema says of objects.
struct ObjectRule: BitwiseCopyable, Sendable {
  var names: NameTable
  /// By the names' index: the schema of the member, or -1.
  var members: Run
  /// Names that must be there: an index of a name and an assertion each.
  var required: Run
  /// Names that ask for others: runs of `Dependency`.
  var dependencies: Run
  var patterns: Run
  var additional: Int32 = -1
  var propertyNames: Int32 = -1
  var propertyNamesAssertion: Int32 = -1
  var minCount: Int64 = 0
  var maxCount = Int64.max
  var minAssertion: Int32 = -1
  var maxAssertion: Int32 = -1
}
/// A name that must be there, by its index in the object's names; so must it only if `when` is, unless that is -1.
struct Requirement: BitwiseCopyable, Sendable {
  var name: Int32
  var when: Int32 = -1
  var assertion: Int32
}
/// Members whose name has a pattern.
struct PatternRule: BitwiseCopyable, Sendable {
  var pattern: Int32
  var node: Int32
}

/// What a schema says of arrays.
struct ArrayRule: BitwiseCopyable, Sendable {
  /// Nodes of the first elements.
  var prefix = Run.none
  /// Of the others.
  var items: Int32 = -1
  var contains: Int32 = -1
  var minContains: Int64 = 1
  var maxContains = Int64.max
  var minCount: Int64 = 0
  var maxCount = Int64.max
  var minAssertion: Int32 = -1
  var maxAssertion: Int32 = -1
  var uniqueAssertion: Int32 = -1
  var minContainsAssertion: Int32 = -1
  var maxContainsAssertion: Int32 = -1
  /// Whether elements that `contains` holds for count as evaluated, as they do since 2020-12.
  var marksContained = true
}

/// Schemas that are asked about the same value.
struct Branch: BitwiseCopyable, Sendable {
  enum Kind: UInt8, BitwiseCopyable {
    case all, any, one, none
    /// Of three nodes the first decides about the others, which may be -1.
    case condition
    /// A node and the name that it depends on, in `name`.
    case dependent
    /// A node to begin with, and in `name` the dynamic anchor whose outermost bearer is meant.
    case dynamic
  }
  var kind: Kind
  var assertion: Int32 = -1
  /// Parts of the list of nodes.
  var nodes: Run
  var name: Int32 = -1
}

/// Where a dynamic anchor is in a resource.
struct DynamicAnchor: BitwiseCopyable, Sendable {
  var resource: Int32
  var name: Int32
  var node: Int32
}

/// What is said when something does not hold.
struct Assertion: Sendable {
  let keyword: Keyword
  /// Where the keyword stands: a JSON Pointer into the schema, behind the URI of any other document.
  let location: String
  /// What a value must be, in the words of the schema: "must be at least 0".
  let sentence: String
}
