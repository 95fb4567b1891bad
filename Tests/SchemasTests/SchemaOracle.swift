import Formats

@testable import Schemas

/// A value of an event.
enum EventValue: Equatable {
  case null
  case flag(Bool)
  case number(Int)
  case half
  case text(String)
  case list([EventValue])
  case map([String: EventValue])

  var text: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .number(let number): "\(number)"
    case .half: "0.5"
    case .text(let text): "\"\(text)\""
    case .list(let elements): "[\(elements.map(\.text).joined(separator: ","))]"
    case .map(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1.text)" }.joined(separator: ","))}"
    }
  }
}

/// Says what a schema takes, straight from the specification; all alternatives are `anyOf`.
enum SchemaOracle {
  static func takes(_ schema: JSONValue, _ value: EventValue) -> Bool { check(schema, value) != nil }

  /// The names and the count of first elements that were evaluated; `nil` when the value is not taken.
  private struct Seen {
    var names: Set<String> = []
    var items: Set<Int> = []
    mutating func add(_ other: Seen) {
      names.formUnion(other.names)
      items.formUnion(other.items)
    }
  }

  private static func check(_ schema: JSONValue, _ value: EventValue) -> Seen? {
    if let answer = schema.bool { return answer ? Seen() : nil }
    guard let object = schema.object else { return nil }
    var seen = Seen()
    guard isPlainly(object, value), combine(object, value, &seen) else { return nil }
    if case .map(let members) = value { guard holds(object, members, &seen) else { return nil } }
    if case .list(let elements) = value { guard holds(object, elements, &seen) else { return nil } }
    return seen
  }

  private static func isPlainly(_ object: JSONObject, _ value: EventValue) -> Bool {
    if let type = object["type"] {
      let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      guard names.contains(where: { isOf($0, value) }) else { return false }
    }
    if let list = object["enum"]?.array, !list.contains(where: { self.value($0) == value }) { return false }
    if let only = object["const"], self.value(only) != value { return false }
    func limit(_ keyword: String) -> Double? { object[keyword]?.number.flatMap { Double($0) } }
    var number: Double?
    if case .number(let whole) = value { number = Double(whole) }
    if case .half = value { number = 0.5 }
    if let number {
      if let limit = limit("minimum"), number < limit { return false }
      if let limit = limit("maximum"), number > limit { return false }
      if let limit = limit("exclusiveMinimum"), number <= limit { return false }
      if let limit = limit("exclusiveMaximum"), number >= limit { return false }
      if let limit = limit("multipleOf"), (number / limit).rounded() != number / limit { return false }
    }
    let (count, what): (Int, String) =
      switch value {
      case .text(let text): (text.count, "Length")
      case .list(let elements): (elements.count, "Items")
      case .map(let members): (members.count, "Properties")
      default: (0, "")
      }
    if let limit = limit("min\(what)"), Double(count) < limit { return false }
    if let limit = limit("max\(what)"), Double(count) > limit { return false }
    return true
  }
  private static func isOf(_ type: String, _ value: EventValue) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .flag), ("integer", .number), ("number", .number), ("number", .half): true
    case ("string", .text), ("array", .list), ("object", .map): true
    default: false
    }
  }
  private static func value(_ tree: JSONValue) -> EventValue {
    switch tree.content {
    case .null: .null
    case .bool(let flag): .flag(flag)
    case .number(let text): .number(Int(text) ?? 0)
    case .string(let text): .text(text)
    case .array(let elements): .list(elements.map { value($0) })
    case .object(let object): .map(Dictionary(uniqueKeysWithValues: object.members.map { ($0.name, value($0.value)) }))
    }
  }

  private static func combine(_ object: JSONObject, _ value: EventValue, _ seen: inout Seen) -> Bool {
    for part in object["allOf"]?.array ?? [] {
      guard let other = check(part, value) else { return false }
      seen.add(other)
    }
    if let parts = object["anyOf"]?.array {
      let others = parts.compactMap { check($0, value) }
      guard !others.isEmpty else { return false }
      for other in others { seen.add(other) }
    }
    if let part = object["not"], check(part, value) != nil { return false }
    if let condition = object["if"] {
      let met = check(condition, value)
      if let met { seen.add(met) }
      if let branch = object[met == nil ? "else" : "then"] {
        guard let other = check(branch, value) else { return false }
        seen.add(other)
      }
    }
    return true
  }

  private static func holds(_ object: JSONObject, _ members: [String: EventValue], _ seen: inout Seen) -> Bool {
    func names(_ list: JSONValue?) -> [String] { (list?.array ?? []).compactMap(\.string) }
    guard names(object["required"]).allSatisfy({ members[$0] != nil }) else { return false }
    for (name, list) in (object["dependentRequired"]?.object?.members ?? []).map({ ($0.name, $0.value) })
    where members[name] != nil {
      guard names(list).allSatisfy({ members[$0] != nil }) else { return false }
    }
    for member in object["dependentSchemas"]?.object?.members ?? [] where members[member.name] != nil {
      guard let other = check(member.value, .map(members)) else { return false }
      seen.add(other)
    }
    if let schema = object["propertyNames"] {
      guard members.keys.allSatisfy({ check(schema, .text($0)) != nil }) else { return false }
    }
    var own: Set<String> = []
    let patterns = PatternAnswers()
    for (name, value) in members {
      var schemas = (object["patternProperties"]?.object?.members ?? []).filter {
        patterns.matches($0.name, name) == true
      }.map(\.value)
      if let schema = object["properties"]?.object?[name] { schemas.append(schema) }
      if !schemas.isEmpty {
        own.insert(name)
      } else if let schema = object["additionalProperties"] {
        schemas.append(schema)
        own.insert(name)
      }
      guard schemas.allSatisfy({ check($0, value) != nil }) else { return false }
    }
    seen.names.formUnion(own)
    guard let rest = object["unevaluatedProperties"] else { return true }
    guard members.allSatisfy({ seen.names.contains($0) || check(rest, $1) != nil }) else { return false }
    seen.names.formUnion(members.keys)
    return true
  }

  private static func holds(_ object: JSONObject, _ elements: [EventValue], _ seen: inout Seen) -> Bool {
    let first = object["prefixItems"]?.array ?? []
    for (index, element) in elements.enumerated() {
      guard let schema = index < first.count ? first[index] : object["items"] else { continue }
      guard check(schema, element) != nil else { return false }
      seen.items.insert(index)
    }
    if let schema = object["contains"] {
      let matching = elements.indices.filter { check(schema, elements[$0]) != nil }
      let least = object["minContains"]?.number.flatMap { Int($0) } ?? 1
      let most = object["maxContains"]?.number.flatMap { Int($0) } ?? .max
      guard matching.count >= least, matching.count <= most else { return false }
      seen.items.formUnion(matching)
    }
    guard let rest = object["unevaluatedItems"] else { return true }
    guard elements.indices.allSatisfy({ seen.items.contains($0) || check(rest, elements[$0]) != nil }) else {
      return false
    }
    seen.items.formUnion(elements.indices)
    return true
  }
}
