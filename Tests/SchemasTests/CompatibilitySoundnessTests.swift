import Formats
import Testing

@testable import Schemas

/// What is called compatible is tried with values: a schema that reads takes what the other one let be written.
@Suite struct CompatibilitySoundnessTests {
  @Test(arguments: 0..<10)
  func `no value that could be written is refused by a schema that is called compatible`(seed: UInt64) throws {
    var dice = SchemaDice(seed: seed)
    var compatible = 0
    for _ in 0..<300 {
      let written = dice.schema(depth: 3)
      let read = dice.percent(70) ? dice.changed(written, depth: 3) : dice.schema(depth: 3)
      let (old, new) = (try JSONValue(Array(written.text.utf8)), try JSONValue(Array(read.text.utf8)))
      // Registries have ideas of their own about whole schemas that are booleans.
      guard old.bool == nil, new.bool == nil else { continue }
      guard try CompatibilityCheck.incompatibilities(of: new, with: [("1", old)], mode: .backward).isEmpty else {
        continue
      }
      compatible += 1
      for _ in 0..<40 {
        let value = dice.value(depth: 3)
        guard SchemaOracle.takes(old, value), !SchemaOracle.takes(new, value) else { continue }
        Issue.record("\(read.text) refuses \(value.text), which \(written.text) takes")
        return
      }
    }
    #expect(compatible > 20)
  }
}

/// A JSON value that can be changed and written.
indirect enum SchemaTree {
  case word(String)
  case list([SchemaTree])
  case map([(String, SchemaTree)])
  var text: String {
    switch self {
    case .word(let text): text
    case .list(let parts): "[\(parts.map(\.text).joined(separator: ","))]"
    case .map(let members): "{\(members.map { "\"\($0)\":\($1.text)" }.joined(separator: ","))}"
    }
  }
}

/// Draws schemas and values from few words, so that they meet.
struct SchemaDice {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func roll(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % count
  }
  mutating func percent(_ share: Int) -> Bool { roll(100) < share }

  private static let names = ["a", "b", "ab"]
  private static let patterns = ["a", "^a$", "b"]

  mutating func schema(depth: Int) -> SchemaTree {
    if depth == 0 || percent(5) { return .word(["true", "false", "{}"][roll(10) < 2 ? 1 : roll(2) * 2]) }
    var members: [(String, SchemaTree)] = []
    for _ in 0..<(1 + roll(3)) {
      let (keyword, value) = word(depth)
      if !members.contains(where: { $0.0 == keyword }) { members.append((keyword, value)) }
    }
    return .map(members)
  }
  private mutating func number() -> SchemaTree { .word(String(roll(4))) }
  private mutating func type() -> SchemaTree {
    .word(["\"integer\"", "\"number\"", "\"string\"", "\"object\"", "\"array\"", "\"null\"", "\"boolean\""][roll(7)])
  }
  private mutating func schemas(_ depth: Int) -> SchemaTree {
    .list((0..<(1 + roll(3))).map { _ in schema(depth: depth - 1) })
  }
  private mutating func named(_ names: [String], _ depth: Int) -> SchemaTree {
    var members: [(String, SchemaTree)] = []
    for name in names where percent(50) { members.append((name, schema(depth: depth - 1))) }
    return .map(members)
  }
  private mutating func nameList() -> SchemaTree {
    .list(SchemaDice.names.filter { _ in percent(40) }.map { .word("\"\($0)\"") })
  }

  private mutating func word(_ depth: Int) -> (String, SchemaTree) {
    switch roll(32) {
    case 0...3: return ("type", type())
    case 4: return ("type", .list([type(), type()]))
    case 5:
      return ("enum", .list((0..<(1 + roll(3))).map { _ in .word(["1", "0", "\"a\"", "null", "[]", "{}"][roll(6)]) }))
    case 6: return ("const", .word(["1", "\"a\"", "{\"a\":1}"][roll(3)]))
    case 7: return (["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"][roll(4)], number())
    case 8: return ("multipleOf", .word(["1", "2", "0.5"][roll(3)]))
    case 9: return (["minLength", "maxLength"][roll(2)], number())
    case 10: return (["minItems", "maxItems", "minProperties", "maxProperties"][roll(4)], number())
    case 11...13: return ("properties", named(SchemaDice.names, depth))
    case 14: return ("patternProperties", named(SchemaDice.patterns, depth))
    case 15, 16: return ("additionalProperties", schema(depth: depth - 1))
    case 17: return ("unevaluatedProperties", schema(depth: depth - 1))
    case 18: return ("required", nameList())
    case 19: return ("dependentRequired", .map([("a", nameList())]))
    case 20: return ("dependentSchemas", named(["a"], depth))
    case 21: return ("propertyNames", .map([("maxLength", number())]))
    case 22: return ("items", schema(depth: depth - 1))
    case 23: return ("prefixItems", schemas(depth))
    case 24: return ("unevaluatedItems", schema(depth: depth - 1))
    case 25: return ("contains", schema(depth: depth - 1))
    case 26: return (["minContains", "maxContains"][roll(2)], number())
    case 27: return ("not", schema(depth: depth - 1))
    case 28: return (["if", "then", "else"][roll(3)], schema(depth: depth - 1))
    case 29: return ("anyOf", schemas(depth))
    case 30: return ("allOf", schemas(depth))
    default: return ("anyOf", schemas(depth))
    }
  }

  /// A schema like another one.
  mutating func changed(_ tree: SchemaTree, depth: Int) -> SchemaTree {
    guard case .map(var members) = tree, depth > 0 else { return percent(50) ? tree : schema(depth: depth) }
    switch roll(4) {
    case 0 where !members.isEmpty: members.remove(at: roll(members.count))
    case 1:
      let (keyword, value) = word(depth)
      members.removeAll { $0.0 == keyword }
      members.append((keyword, value))
    case 2: return .map([(["anyOf", "allOf"][roll(2)], .list([tree, schema(depth: depth - 1)]))])
    default:
      for index in members.indices {
        if case .map = members[index].1 { members[index].1 = changed(members[index].1, depth: depth - 1) }
        guard case .list(var parts) = members[index].1, let last = parts.last else { continue }
        if case .map = last { parts[parts.count - 1] = changed(last, depth: depth - 1) }
        members[index].1 = .list(parts)
      }
    }
    return .map(members)
  }

  mutating func value(depth: Int) -> EventValue {
    switch roll(depth == 0 ? 5 : 9) {
    case 0: return .null
    case 1: return .flag(percent(50))
    case 2: return .number(roll(5) - 1)
    case 3: return .half
    case 4: return .text(["", "a", "ab", "abc"][roll(4)])
    case 5: return .list((0..<roll(4)).map { _ in value(depth: depth - 1) })
    default:
      return .map(
        Dictionary(
          uniqueKeysWithValues: SchemaDice.names.filter { _ in percent(50) }.map { ($0, value(depth: depth - 1)) }
        )
      )
    }
  }
}
