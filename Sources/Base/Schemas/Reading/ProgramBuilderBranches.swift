internal import Formats

/// Schemas that are asked about the same value: combinations, conditions and references.
extension ProgramBuilder {
  mutating func readBranches(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Run {
    var found = try references(object, at: place)
    if place.vocabularies.contains(.applicator) {
      for (name, kind, keyword, sentence) in Self.combinations {
        guard let value = object[name] else { continue }
        guard let elements = value.array, !elements.isEmpty else {
          throw library.mistake("a list of schemas was expected", at: value, in: place, name)
        }
        var nodes: [Int32] = []
        for (index, element) in elements.enumerated() {
          nodes.append(try node(try inner(place, element, name, "\(index)"), as: nil))
        }
        let assertion = assert(keyword, place, sentence, at: name)
        found.append(Branch(kind: kind, assertion: assertion, nodes: list(nodes)))
      }
      if object["not"] != nil {
        let inner = try single("not", of: object, at: place, "is never allowed")
        let assertion = assert(.not, place, "must not be what it is", at: "not")
        found.append(Branch(kind: .none, assertion: assertion, nodes: list([inner])))
      }
      found += try condition(object, at: place)
      found += try dependents(object, at: place)
    }
    return keep(found)
  }
  private static let combinations: [(String, Branch.Kind, Keyword, String)] = [
    ("allOf", .all, .allOf, "must fit all of several schemas"),
    ("anyOf", .any, .anyOf, "fits none of the allowed alternatives"),
    ("oneOf", .one, .oneOf, "must fit exactly one of the allowed alternatives"),
  ]
  private mutating func keep(_ found: [Branch]) -> Run {
    branches += found
    return Run(start: Int32(branches.count - found.count), count: Int32(found.count))
  }

  private mutating func condition(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> [Branch] {
    guard object["if"] != nil else { return [] }
    let nodes = [
      try single("if", of: object, at: place, "is never allowed"),
      try single("then", of: object, at: place, "is not allowed here"),
      try single("else", of: object, at: place, "is not allowed here"),
    ]
    return [Branch(kind: .condition, nodes: list(nodes))]
  }

  /// Schemas that hold where a member is there.
  private mutating func dependents(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> [Branch] {
    var found: [Branch] = []
    for (keyword, name) in [(Keyword.dependentSchemas, "dependentSchemas"), (.dependencies, "dependencies")] {
      guard let value = object[name], keyword == .dependencies || place.dialect >= .draft2019 else { continue }
      guard let members = value.object?.members else {
        throw library.mistake("an object was expected, not \(value.kind)", at: value, in: place, name)
      }
      for member in members {
        if keyword == .dependencies, member.value.array != nil { continue }
        let inner = try inner(place, member.value, name, member.name)
        let node = try node(inner, as: (keyword, sentence: "can't have the member \"\(member.name)\""))
        found.append(Branch(kind: .dependent, nodes: list([node]), name: constantName(member.name)))
      }
    }
    return found
  }
  /// A name on the constants' tape, where strings are compared with it.
  private mutating func constantName(_ name: String) -> Int32 {
    var entry = TapeValue()
    entry.kind = .string
    entry.start = UInt32(keep(name.utf8))
    entry.end = UInt32(letters.count)
    constantTape.append(entry)
    constantTape[constantTape.count - 1].next = UInt32(constantTape.count)
    return Int32(constantTape.count - 1)
  }

  // MARK: References

  mutating func readReferences(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Run {
    keep(try references(object, at: place))
  }
  private mutating func references(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> [Branch] {
    var found: [Branch] = []
    if let value = object["$ref"] {
      let target = try target(value, "$ref", in: place)
      found.append(Branch(kind: .all, nodes: list([try node(target.place, as: nil)])))
    }
    if place.dialect == .draft2020, let value = object["$dynamicRef"] {
      let target = try target(value, "$dynamicRef", in: place)
      found.append(try dynamic(target.place, anchor: target.fragment, "$dynamicAnchor"))
    }
    if place.dialect == .draft2019, let value = object["$recursiveRef"] {
      let target = try target(value, "$recursiveRef", in: place)
      found.append(try dynamic(target.place, anchor: "", "$recursiveAnchor"))
    }
    return found
  }
  private func target(_ value: JSONValue, _ keyword: String, in place: Place)
    throws(SchemaMistake) -> (place: Place, fragment: String)
  {
    guard let text = value.string else {
      throw library.mistake("a URI was expected, not \(value.kind)", at: value, in: place, keyword)
    }
    guard let target = try library.target(of: text, in: place) else {
      let uri = place.base.resolving(URIReference(text))
      throw library.mistake("there is no schema \(uri)", at: value, in: place, keyword)
    }
    return (target, URIReference(text).decodedFragment ?? "")
  }
  /// A reference that means the outermost bearer of its anchor, if its target bears it too.
  ///
  /// Source: JSON Schema Core 2020-12 §8.2.3.2.
  private mutating func dynamic(_ target: Place, anchor: String, _ keyword: String) throws(SchemaMistake) -> Branch {
    let node = try node(target, as: nil)
    let declared = target.value.object?[keyword]
    let isDynamic = anchor.isEmpty ? declared?.bool == true : declared?.string == anchor
    guard isDynamic else { return Branch(kind: .all, nodes: list([node])) }
    return Branch(kind: .dynamic, nodes: list([node]), name: anchorName(anchor))
  }
}
