internal import Formats

/// What schemas say of members and elements.
extension ProgramBuilder {
  private func mistake(_ reason: String, _ keyword: String, _ object: JSONObject, _ place: Place) -> SchemaMistake {
    library.mistake(reason, at: object[keyword] ?? place.value, in: place, keyword)
  }
  /// The node of a keyword whose value is one schema; -1 without it.
  mutating func single(_ name: String, of object: JSONObject, at place: Place, _ sentence: String)
    throws(SchemaMistake) -> Int32
  {
    guard let value = object[name] else { return -1 }
    return try node(try inner(place, value, name), as: Keyword(name).map { ($0, sentence: sentence) })
  }
  /// The members of a keyword whose value is an object.
  private func members(_ name: String, of object: JSONObject, at place: Place) throws(SchemaMistake) -> [JSONObject
    .Member]
  {
    guard let value = object[name] else { return [] }
    guard let inner = value.object else {
      throw mistake("an object was expected, not \(value.kind)", name, object, place)
    }
    return inner.members
  }
  /// A list of names.
  private func names(_ value: JSONValue, _ name: String, _ object: JSONObject, at place: Place) throws(SchemaMistake)
    -> [String]
  {
    guard let elements = value.array else {
      throw library.mistake("a list of names was expected, not \(value.kind)", at: value, in: place, name)
    }
    var names: [String] = []
    for element in elements {
      guard let text = element.string else {
        throw library.mistake("a name was expected, not \(element.kind)", at: element, in: place, name)
      }
      names.append(text)
    }
    return names
  }

  // MARK: Objects

  /// The names that an object's rule knows, each once.
  private struct NameList {
    var names: [JSONName] = []
    private var places: [JSONName: Int32] = [:]
    mutating func index(_ name: String) -> Int32 {
      if let place = places[JSONName(name)] { return place }
      places[JSONName(name)] = Int32(names.count)
      names.append(JSONName(name))
      return Int32(names.count - 1)
    }
  }

  mutating func readObject(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Int32 {
    var known = NameList()
    var rule = ObjectRule(names: NameTable(), members: .none, required: .none, dependencies: .none, patterns: .none)
    var memberNodes: [Int32] = []
    if place.vocabularies.contains(.applicator) {
      for member in try members("properties", of: object, at: place) {
        let inner = try inner(place, member.value, "properties", member.name)
        // A name may stand there twice where that is allowed: the last one holds.
        let index = Int(known.index(member.name))
        while memberNodes.count <= index { memberNodes.append(-1) }
        memberNodes[index] = try node(inner, as: (.properties, sentence: "is not allowed"))
      }
      var patternRules: [PatternRule] = []
      for member in try members("patternProperties", of: object, at: place) {
        let index = try pattern(member.name, at: member.value, in: place, "patternProperties")
        let inner = try inner(place, member.value, "patternProperties", member.name)
        let node = try node(inner, as: (.patternProperties, sentence: "is not allowed"))
        patternRules.append(PatternRule(pattern: index, node: node))
      }
      rule.patterns = Run(start: Int32(self.patternRules.count), count: Int32(patternRules.count))
      self.patternRules += patternRules
      rule.additional = try single("additionalProperties", of: object, at: place, "is not among the known members")
      rule.propertyNames = try single("propertyNames", of: object, at: place, "can have no member")
      if rule.propertyNames >= 0 {
        rule.propertyNamesAssertion = assert(
          .propertyNames,
          place,
          "has a name that is not allowed",
          at: "propertyNames"
        )
      }
    }
    if place.vocabularies.contains(.validation) {
      try readRequirements(object, at: place, &known, into: &rule)
      try readMemberCounts(object, at: place, into: &rule)
    }
    while memberNodes.count < known.names.count { memberNodes.append(-1) }
    let isEmpty =
      known.names.isEmpty && rule.patterns.isEmpty && rule.additional < 0 && rule.propertyNames < 0
      && rule.minCount == 0 && rule.maxCount == .max
    guard !isEmpty else { return -1 }
    rule.names = NameTable(known.names.map { Array($0.text.utf8) }, places: &names, letters: &letters)
    rule.members = list(memberNodes)
    objects.append(rule)
    return Int32(objects.count - 1)
  }

  private mutating func readRequirements(
    _ object: JSONObject,
    at place: Place,
    _ known: inout NameList,
    into rule: inout ObjectRule
  ) throws(SchemaMistake) {
    var required: [Requirement] = []
    if let value = object["required"] {
      for name in try names(value, "required", object, at: place) {
        let assertion = assert(.required, place, "lacks the member \"\(name)\"", at: "required")
        required.append(Requirement(name: known.index(name), assertion: assertion))
      }
    }
    var dependent: [Requirement] = []
    for (keyword, name) in [(Keyword.dependentRequired, "dependentRequired"), (.dependencies, "dependencies")]
    where keyword == .dependencies || place.dialect >= .draft2019 {
      for member in try members(name, of: object, at: place) {
        // A dependency may be a schema too.
        if keyword == .dependencies, member.value.array == nil { continue }
        for needed in try names(member.value, name, object, at: place) {
          let sentence = "lacks the member \"\(needed)\", which \"\(member.name)\" asks for"
          let assertion = assert(keyword, place, sentence, at: name)
          let when = known.index(member.name)
          dependent.append(Requirement(name: known.index(needed), when: when, assertion: assertion))
        }
      }
    }
    rule.required = Run(start: Int32(requirements.count), count: Int32(required.count))
    requirements += required
    rule.dependencies = Run(start: Int32(requirements.count), count: Int32(dependent.count))
    requirements += dependent
  }

  private mutating func readMemberCounts(_ object: JSONObject, at place: Place, into rule: inout ObjectRule)
    throws(SchemaMistake)
  {
    if let count = try count("minProperties", of: object, at: place) {
      rule.minCount = count
      rule.minAssertion = assert(
        .minProperties,
        place,
        "must have at least \(Self.counted(count, "member"))",
        at: "minProperties"
      )
    }
    if let count = try count("maxProperties", of: object, at: place) {
      rule.maxCount = count
      rule.maxAssertion = assert(
        .maxProperties,
        place,
        "must have at most \(Self.counted(count, "member"))",
        at: "maxProperties"
      )
    }
  }

  // MARK: Arrays

  mutating func readArray(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Int32 {
    var rule = ArrayRule()
    rule.marksContained = place.dialect == .draft2020
    if place.vocabularies.contains(.applicator) {
      try readElements(object, at: place, into: &rule)
      rule.contains = try single("contains", of: object, at: place, "can hold no such element")
    }
    if place.vocabularies.contains(.validation) { try readElementCounts(object, at: place, into: &rule) }
    if rule.contains >= 0 {
      let few =
        rule.minContains == 1
        ? "must hold an element that fits" : "must hold at least \(Self.counted(rule.minContains, "element")) that fit"
      let keyword = rule.minContainsAssertion >= 0 ? Keyword.minContains : .contains
      rule.minContainsAssertion = assert(keyword, place, few, at: keyword.name)
    }
    let isEmpty =
      rule.prefix.isEmpty && rule.items < 0 && rule.contains < 0 && rule.minCount == 0 && rule.maxCount == .max
      && rule.uniqueAssertion < 0
    guard !isEmpty else { return -1 }
    arrays.append(rule)
    return Int32(arrays.count - 1)
  }

  private mutating func readElements(_ object: JSONObject, at place: Place, into rule: inout ArrayRule)
    throws(SchemaMistake)
  {
    let isOld = place.dialect != .draft2020
    let prefixName = isOld && object["items"]?.array != nil ? "items" : "prefixItems"
    let restName = prefixName == "items" ? "additionalItems" : "items"
    if let value = object[prefixName], !isOld || prefixName == "items" {
      guard let elements = value.array else {
        throw mistake("a list of schemas was expected, not \(value.kind)", prefixName, object, place)
      }
      var prefix: [Int32] = []
      for (index, element) in elements.enumerated() {
        let inner = try inner(place, element, prefixName, "\(index)")
        prefix.append(try node(inner, as: (.prefixItems, sentence: "is not allowed")))
      }
      rule.prefix = list(prefix)
    }
    rule.items = try single(restName, of: object, at: place, "is one element too many")
  }

  private mutating func readElementCounts(_ object: JSONObject, at place: Place, into rule: inout ArrayRule)
    throws(SchemaMistake)
  {
    if let count = try count("minItems", of: object, at: place) {
      rule.minCount = count
      rule.minAssertion = assert(
        .minItems,
        place,
        "must have at least \(Self.counted(count, "element"))",
        at: "minItems"
      )
    }
    if let count = try count("maxItems", of: object, at: place) {
      rule.maxCount = count
      rule.maxAssertion = assert(
        .maxItems,
        place,
        "must have at most \(Self.counted(count, "element"))",
        at: "maxItems"
      )
    }
    if let value = object["uniqueItems"] {
      guard let isUnique = value.bool else {
        throw mistake("true or false was expected, not \(value.kind)", "uniqueItems", object, place)
      }
      if isUnique { rule.uniqueAssertion = assert(.uniqueItems, place, "has an element twice", at: "uniqueItems") }
    }
    guard place.dialect != .draft7 else { return }
    if let count = try count("minContains", of: object, at: place) {
      rule.minContains = count
      // Which keyword is at fault when there are too few.
      rule.minContainsAssertion = 0
    }
    if let count = try count("maxContains", of: object, at: place) {
      rule.maxContains = count
      let sentence = "must hold at most \(Self.counted(count, "element")) that fit"
      rule.maxContainsAssertion = assert(.maxContains, place, sentence, at: "maxContains")
    }
  }
}
