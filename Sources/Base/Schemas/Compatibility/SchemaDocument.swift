internal import Formats

/// A schema's text as those see it who compare: every schema in it has a place, and references lead to places.
///
/// Source: JSON Schema Core 2020-12 §8 and §9; draft 7 §8.
final class SchemaDocument {
  /// What messages call it.
  let name: String
  /// Tells it from the other one of a comparison.
  let number: Int
  private let value: JSONValue
  /// Whether words beside `$ref` mean nothing, as in draft 7 and before.
  private let hidesBesideReference: Bool
  /// Schemas that name themselves, by their URI without a fragment; the whole is also there as "".
  private var resources: [String: SchemaSite] = [:]
  /// Schemas with an anchor, by URI and anchor.
  private var anchors: [String: SchemaSite] = [:]
  /// What was found out about places already.
  private var conjuncts: [String: [SchemaSite]] = [:]

  /// The document that a text is.
  init(_ value: JSONValue, name: String, number: Int) {
    (self.value, self.name, self.number) = (value, name, number)
    let dialect = value.object?["$schema"]?.string ?? ""
    hidesBesideReference = ["draft-07", "draft-06", "draft-04", "draft-03"].contains { dialect.contains($0) }
    let root = SchemaSite(document: self, pointer: "#", base: SchemaDocument.base(of: value, in: ""), value: value)
    resources[""] = root
    gather(root)
  }

  /// The whole of it.
  var root: SchemaSite {
    SchemaSite(document: self, pointer: "#", base: SchemaDocument.base(of: value, in: ""), value: value)
  }

  /// Notes everything below a place that has a name.
  private func gather(_ site: SchemaSite) {
    guard let object = site.value.object else {
      for (index, element) in (site.value.array ?? []).enumerated() {
        gather(site.below(String(index), element))
      }
      return
    }
    if let id = object["$id"]?.string {
      if resources[site.base] == nil { resources[site.base] = site }
      // Before 2019-09 an anchor was an identifier that is only a fragment.
      if let mark = id.firstIndex(of: "#"), mark < id.index(before: id.endIndex) {
        anchors["\(site.base)\(id[mark...])"] = site
      }
    }
    for keyword in ["$anchor", "$dynamicAnchor"] {
      if let anchor = object[keyword]?.string { anchors["\(site.base)#\(anchor)"] = site }
    }
    if object["$recursiveAnchor"]?.bool == true { anchors["\(site.base)#"] = site }
    for member in object.members where !["enum", "const", "default", "examples"].contains(member.name) {
      gather(site.below(member.name, member.value))
    }
  }

  /// The base URI of what `$id` may stand in.
  static func base(of value: JSONValue, in base: String) -> String {
    guard let id = value.object?["$id"]?.string else { return base }
    let uri = id.prefix { $0 != "#" }
    return uri.isEmpty ? base : resolve(String(uri), against: base)
  }

  /// A relative URI seen from a base: paths are joined, without the care for dots that names of schemas don't need.
  ///
  /// Source: RFC 3986 §5.2.
  private static func resolve(_ uri: String, against base: String) -> String {
    if let colon = uri.firstIndex(of: ":"),
      uri[..<colon].allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
    {
      return uri
    }
    let start = base.firstRange(of: "://")
    let path = start.flatMap { base[$0.upperBound...].firstIndex(of: "/") }
    if uri.hasPrefix("/") { return base[..<(path ?? (start == nil ? base.startIndex : base.endIndex))] + uri }
    if let slash = base.lastIndex(of: "/"), start.map({ slash >= $0.upperBound }) ?? true {
      return base[...slash] + uri
    }
    return start == nil ? uri : base + "/" + uri
  }

  /// What a reference leads to; `nil` when that is not in the document.
  func target(of reference: String, from site: SchemaSite) -> SchemaSite? {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let uri = parts.first.map(String.init) ?? ""
    let base = uri.isEmpty ? site.base : SchemaDocument.resolve(uri, against: site.base)
    guard let resource = resources[base] ?? (base == site.base ? resources[""] : nil) else { return nil }
    let fragment = parts.count > 1 ? SchemaDocument.decoded(parts[1]) : ""
    if fragment.isEmpty { return resource }
    guard fragment.hasPrefix("/") else { return anchors["\(base)#\(fragment)"] }
    var place = resource
    for token in fragment.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      let name = String(token.replacing("~1", with: "/").replacing("~0", with: "~"))
      if let value = place.value.object?[name] {
        place = place.below(name, value)
      } else if let elements = place.value.array, let index = Int(name), elements.indices.contains(index) {
        place = place.below(name, elements[index])
      } else {
        return nil
      }
    }
    return place
  }
  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// All schemas that hold at once where this one does: itself, what it refers to, and the parts of its `allOf`.
  func conjuncts(of site: SchemaSite) -> [SchemaSite] {
    if let known = conjuncts[site.identity] { return known }
    var (found, seen): ([SchemaSite], Set<String>) = ([], [])
    gatherConjuncts(of: site, &found, &seen)
    conjuncts[site.identity] = found
    return found
  }
  private func gatherConjuncts(of site: SchemaSite, _ found: inout [SchemaSite], _ seen: inout Set<String>) {
    guard seen.insert(site.identity).inserted else { return }
    guard let object = site.value.object else {
      found.append(site)
      return
    }
    let references = ["$ref", "$dynamicRef", "$recursiveRef"].filter { object[$0]?.string != nil }
    if references.contains("$ref"), hidesBesideReference {
      guard let target = target(of: object["$ref"]?.string ?? "", from: site) else { return found.append(site) }
      return gatherConjuncts(of: target, &found, &seen)
    }
    var taken: Set<String> = ["allOf"]
    var targets: [SchemaSite] = []
    for keyword in references {
      guard let target = target(of: object[keyword]?.string ?? "", from: site) else { continue }
      taken.insert(keyword)
      targets.append(target)
    }
    let rest = site.without(taken)
    if rest.value.object?.members.isEmpty == false || (targets.isEmpty && object["allOf"] == nil) { found.append(rest) }
    for target in targets { gatherConjuncts(of: target, &found, &seen) }
    for part in site.list("allOf") { gatherConjuncts(of: part, &found, &seen) }
  }
}

/// A schema where it stands.
struct SchemaSite {
  let document: SchemaDocument
  /// Where, as a JSON Pointer in a fragment.
  let pointer: String
  /// The URI that references in it start from.
  let base: String
  /// What it says, as far as that is still to be looked at.
  let value: JSONValue
  /// What it says altogether.
  let whole: JSONValue
  /// What tells it from others of its document.
  let identity: String

  /// A schema with all that it says.
  init(document: SchemaDocument, pointer: String, base: String, value: JSONValue) {
    (self.document, self.pointer, self.base) = (document, pointer, base)
    (self.value, whole, identity) = (value, value, pointer)
  }
  private init(_ site: SchemaSite, saying value: JSONValue, whole: JSONValue, _ remark: String) {
    (document, pointer, base) = (site.document, site.pointer, site.base)
    (self.value, self.whole, identity) = (value, whole, site.identity + remark)
  }

  /// The same without some keywords.
  func without(_ keywords: Set<String>) -> SchemaSite {
    guard let object = value.object, object.members.contains(where: { keywords.contains($0.name) }) else { return self }
    let rest = object.members.filter { !keywords.contains($0.name) }
    let remark = keywords.sorted().map { " -\($0)" }.joined()
    return SchemaSite(self, saying: JSONValue(.object(JSONObject(rest))), whole: whole, remark)
  }
  /// A schema that is part of this one's meaning without being written anywhere.
  func saying(_ keyword: String, _ value: JSONValue, _ remark: String) -> SchemaSite {
    let said = JSONValue(.object(JSONObject([JSONObject.Member(keyword, value)])))
    return SchemaSite(self, saying: said, whole: said, " \(keyword)=\(remark)")
  }

  /// A schema at the same place that lets everything in.
  var anything: SchemaSite {
    SchemaSite(self, saying: JSONValue(.bool(true)), whole: JSONValue(.bool(true)), " anything")
  }

  /// A keyword's value.
  subscript(keyword: String) -> JSONValue? { value.object?[keyword] }
  /// Where a keyword stands.
  func pointer(to keyword: String) -> String { "\(pointer)/\(SchemaSite.token(keyword))" }

  /// What stands under a name or an index.
  func below(_ name: String, _ value: JSONValue) -> SchemaSite {
    SchemaSite(
      document: document,
      pointer: pointer(to: name),
      base: SchemaDocument.base(of: value, in: base),
      value: value
    )
  }
  /// The schema that is a keyword's value.
  func child(_ keyword: String) -> SchemaSite? { self[keyword].map { below(keyword, $0) } }
  /// The schemas in a keyword's array.
  func list(_ keyword: String) -> [SchemaSite] {
    guard let place = child(keyword), let elements = place.value.array else { return [] }
    return elements.enumerated().map { place.below(String($0), $1) }
  }
  /// The schemas in a keyword's object.
  func map(_ keyword: String) -> [(name: String, site: SchemaSite)] {
    guard let place = child(keyword), let object = place.value.object else { return [] }
    return object.names.map { name in (name, place.below(name, object[name] ?? JSONValue(.null))) }
  }
  /// A keyword's value as an exact number.
  func number(_ keyword: String) -> ExactDecimal? { self[keyword]?.number.map { ExactDecimal($0) } }

  /// Whether it lets nothing in.
  var isNever: Bool { value.bool == false }

  /// A name as JSON Pointers write it.
  private static func token(_ name: String) -> String { name.replacing("~", with: "~0").replacing("/", with: "~1") }
}

extension JSONValue {
  /// Whether both are the same value, whatever the order of names and the way in which numbers are written.
  func isSame(as other: JSONValue) -> Bool {
    switch (content, other.content) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): ExactDecimal(left) == ExactDecimal(right)
    case (.string(let left), .string(let right)): JSONName(left) == JSONName(right)
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
    case (.object(let left), .object(let right)):
      left.members.count == right.members.count
        && left.members.allSatisfy { member in right[member.name].map { $0.isSame(as: member.value) } ?? false }
    default: false
    }
  }
  /// Whether a reference stands in it, so that what it means is not all there.
  var hasReferences: Bool {
    switch content {
    case .object(let object):
      object.members.contains { ["$ref", "$dynamicRef", "$recursiveRef"].contains($0.name) || $0.value.hasReferences }
    case .array(let elements): elements.contains(where: \.hasReferences)
    default: false
    }
  }
}
