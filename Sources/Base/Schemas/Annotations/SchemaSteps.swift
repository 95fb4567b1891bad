internal import Formats

/// The ways that lead from a schema to others: those asked about the same value, and those asked about its parts.
///
/// What is wrong on a way is kept, and the way is not gone. Source: JSON Schema Core 2020-12 §8 and §10.
struct SchemaSteps {
  typealias Place = SchemaLibrary.Place
  /// A schema and the resources that were entered on the way to it, the outermost first.
  struct Stop {
    let place: Place
    let scope: [String]
    /// Tells it from others.
    var key: JSONName { JSONName("\(place.document)#\(place.pointer)") }
  }
  /// Schemas that are asked about the same value.
  struct Companions {
    /// All of them must hold.
    var always: [Stop] = []
    /// Of each list at least one must hold.
    var choices: [[Stop]] = []
    /// They hold under conditions, or must not.
    var sometimes: [Stop] = []
    /// Every one of them.
    var all: [Stop] { always + choices.flatMap { $0 } + sometimes }
  }
  /// Which parts of a value a schema is asked about.
  enum Part {
    case member(String)
    /// Members whose name has a pattern.
    case members(String)
    /// Members that neither have a schema of their own nor a pattern's.
    case otherMembers
    case element(Int)
    /// Elements from that one on.
    case elements(from: Int)
    /// Parts that can't be told by their name or number.
    case some
  }

  let library: SchemaLibrary
  /// What is wrong, each once; no more than somebody would read.
  private(set) var mistakes: [SchemaMistake] = []
  private var noted: Set<JSONName> = []
  private static let mistakesMax = 100

  init(_ library: SchemaLibrary) { self.library = library }

  /// Keeps what is wrong with a schema.
  mutating func note(_ reason: String, at value: JSONValue, in place: Place, _ keyword: String? = nil) {
    let key = JSONName("\(place.document)#\(place.pointer) \(keyword ?? "")")
    guard mistakes.count < Self.mistakesMax, noted.insert(key).inserted else { return }
    mistakes.append(library.mistake(reason, at: value, in: place, keyword))
  }
  private mutating func note(_ mistake: SchemaMistake) {
    if mistakes.count < Self.mistakesMax, !mistakes.contains(mistake) { mistakes.append(mistake) }
  }

  // MARK: Going

  /// The schema that a document is.
  func start(_ root: Place) -> Stop { Stop(place: root, scope: ["\(root.base)"]) }
  /// The keywords that a schema has; none where it is true or false.
  func keywords(of stop: Stop) -> JSONObject? {
    guard let object = stop.place.value.object else { return nil }
    // Before 2019-09 a reference stands alone.
    guard stop.place.dialect == .draft7, let reference = object["$ref"] else { return object }
    return JSONObject([JSONObject.Member("$ref", reference)])
  }
  /// A schema that another one holds.
  private mutating func inner(_ stop: Stop, _ value: JSONValue, _ parts: String...) -> [Stop] {
    let pointer = parts.reduce(stop.place.pointer) { $0.appending($1) }
    do throws(SchemaMistake) {
      return [try going(to: library.entering(stop.place.with(pointer, value)), from: stop)]
    } catch {
      note(error)
      return []
    }
  }
  private func going(to place: Place, from stop: Stop) throws(SchemaMistake) -> Stop {
    let base = "\(place.base)"
    return Stop(place: try library.settled(place), scope: stop.scope.last == base ? stop.scope : stop.scope + [base])
  }
  /// The schemas of a keyword that holds a list of them.
  private mutating func list(_ keyword: String, _ object: JSONObject, of stop: Stop) -> [Stop] {
    var found: [Stop] = []
    for (index, value) in (object[keyword]?.array ?? []).enumerated() {
      found += inner(stop, value, keyword, "\(index)")
    }
    return found
  }
  private mutating func single(_ keyword: String, _ object: JSONObject, of stop: Stop) -> [Stop] {
    object[keyword].map { inner(stop, $0, keyword) } ?? []
  }

  // MARK: The same value

  /// The schemas that are asked about the same value as this one.
  mutating func companions(of stop: Stop) -> Companions {
    var found = Companions()
    guard let object = keywords(of: stop) else { return found }
    found.always = references(object, of: stop)
    guard stop.place.vocabularies.contains(.applicator) else { return found }
    found.always += list("allOf", object, of: stop)
    for keyword in ["anyOf", "oneOf"] where object[keyword] != nil {
      found.choices.append(list(keyword, object, of: stop))
    }
    found.sometimes = single("not", object, of: stop)
    if object["if"] != nil {
      for keyword in ["if", "then", "else"] { found.sometimes += single(keyword, object, of: stop) }
    }
    for keyword in ["dependentSchemas", "dependencies"]
    where keyword == "dependencies" || stop.place.dialect >= .draft2019 {
      for member in object[keyword]?.object?.members ?? [] where member.value.array == nil {
        found.sometimes += inner(stop, member.value, keyword, member.name)
      }
    }
    return found
  }

  private mutating func references(_ object: JSONObject, of stop: Stop) -> [Stop] {
    var found: [Stop] = []
    for (keyword, dialect, anchor) in [
      ("$ref", nil, nil), ("$dynamicRef", Dialect.draft2020, "$dynamicAnchor"),
      ("$recursiveRef", .draft2019, "$recursiveAnchor"),
    ] as [(String, Dialect?, String?)] {
      guard let value = object[keyword], let text = value.string, dialect == nil || dialect == stop.place.dialect
      else { continue }
      do throws(SchemaMistake) {
        if let target = try library.target(of: text, in: stop.place) {
          let name = keyword == "$dynamicRef" ? URIReference(text).decodedFragment ?? "" : ""
          let meant = anchor.map { outermost(target, $0, name, stop.scope) } ?? target
          found.append(try going(to: meant, from: stop))
        } else {
          let uri = stop.place.base.resolving(URIReference(text))
          note("there is no schema \(uri)", at: value, in: stop.place, keyword)
        }
      } catch { note(error) }
    }
    return found
  }
  /// What a dynamic reference means: the outermost bearer of its anchor, if its target bears it too.
  ///
  /// Source: JSON Schema Core 2020-12 §8.2.3.2; 2019-09 §8.2.4.2.
  private func outermost(_ target: Place, _ keyword: String, _ name: String, _ scope: [String]) -> Place {
    let declared = target.value.object?[keyword]
    guard name.isEmpty ? declared?.bool == true : declared?.string == name else { return target }
    let bearers = library.resources(withDynamicAnchor: name)
    for base in scope {
      if let bearer = bearers.first(where: { $0.uri == base }) { return bearer.place }
    }
    return target
  }

  // MARK: Its parts

  /// The schemas that are asked about members and elements.
  mutating func parts(of stop: Stop) -> [(part: Part, stop: Stop)] {
    guard let object = keywords(of: stop) else { return [] }
    var found: [(part: Part, stop: Stop)] = []
    if stop.place.vocabularies.contains(.applicator) {
      for member in object["properties"]?.object?.members ?? [] {
        found += inner(stop, member.value, "properties", member.name).map { (.member(member.name), $0) }
      }
      for member in object["patternProperties"]?.object?.members ?? [] {
        found += inner(stop, member.value, "patternProperties", member.name).map { (.members(member.name), $0) }
      }
      found += single("additionalProperties", object, of: stop).map { (.otherMembers, $0) }
      found += elements(object, of: stop)
      found += single("contains", object, of: stop).map { (.some, $0) }
    }
    if stop.place.vocabularies.contains(.unevaluated) {
      for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
        found += single(keyword, object, of: stop).map { (.some, $0) }
      }
    }
    return found
  }
  private mutating func elements(_ object: JSONObject, of stop: Stop) -> [(part: Part, stop: Stop)] {
    let isOld = stop.place.dialect != .draft2020
    let isList = object["items"]?.array != nil
    let first = isOld ? (isList ? list("items", object, of: stop) : []) : list("prefixItems", object, of: stop)
    let rest = isOld && isList ? "additionalItems" : "items"
    return first.enumerated().map { (.element($0.offset), $0.element) }
      + (isList && !isOld ? [] : single(rest, object, of: stop)).map { (.elements(from: first.count), $0) }
  }
  /// The members that a schema asks for, each as a schema that says nothing more of it.
  func required(of stop: Stop) -> [(name: String, stop: Stop)] {
    guard stop.place.vocabularies.contains(.validation), let object = keywords(of: stop) else { return [] }
    return (object["required"]?.array ?? []).enumerated().compactMap { index, value in
      guard let name = value.string else { return nil }
      let pointer = stop.place.pointer.appending("required").appending(index)
      let place = stop.place.with(pointer, JSONValue(.bool(true), at: value.offset, to: value.end))
      return (name, Stop(place: place, scope: stop.scope))
    }
  }
}
