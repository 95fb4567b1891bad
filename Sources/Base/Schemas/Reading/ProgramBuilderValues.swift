internal import Bytes
internal import Formats

/// What schemas say of single values: their type, numbers, strings and constants.
extension ProgramBuilder {
  /// Reads everything that a schema says.
  mutating func read(_ object: JSONObject, at place: Place, into node: inout Node) throws(SchemaMistake) {
    if place.dialect == .draft7, object["$ref"] != nil {
      node.branches = try readReferences(object, at: place)
      return
    }
    if place.vocabularies.contains(.validation) {
      try readType(object, at: place, into: &node)
      node.constants = try readConstants(object, at: place)
      node.numbers = try readNumbers(object, at: place)
    }
    node.strings = try readStrings(object, at: place)
    node.object = try readObject(object, at: place)
    node.array = try readArray(object, at: place)
    node.branches = try readBranches(object, at: place)
    guard place.vocabularies.contains(.unevaluated) else { return }
    node.unevaluatedProperties = try single("unevaluatedProperties", of: object, at: place, "has an unexpected member")
    node.unevaluatedItems = try single("unevaluatedItems", of: object, at: place, "has an unexpected element")
    node.hasUnevaluated = node.unevaluatedProperties >= 0 || node.unevaluatedItems >= 0
    if node.hasUnevaluated { marks = true }
  }

  private func mistake(_ reason: String, _ keyword: String, _ object: JSONObject, _ place: Place) -> SchemaMistake {
    library.mistake(reason, at: object[keyword] ?? place.value, in: place, keyword)
  }

  private mutating func readType(_ object: JSONObject, at place: Place, into node: inout Node) throws(SchemaMistake) {
    guard let value = object["type"] else { return }
    var kinds: Kinds = []
    let words = value.array ?? [value]
    guard !words.isEmpty else { throw mistake("at least one type was expected", "type", object, place) }
    for word in words {
      guard let name = word.string, let kind = Kinds(named: name) else {
        let known = "array, boolean, integer, null, number, object or string"
        throw mistake(
          "\(word.string.map { "'\($0)'" } ?? word.kind) is no type; expected \(known)",
          "type",
          object,
          place
        )
      }
      kinds.formUnion(kind)
    }
    node.kinds = kinds
    node.typeAssertion = assert(.type, place, "must be \(Self.list(kinds.words))", at: "type")
  }
  /// Words with commas and a last "or".
  static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  // MARK: Constants

  private mutating func readConstants(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Run {
    var rules: [ConstantRule] = []
    if let value = object["const"] {
      let sentence = "must be \(Self.short(value, in: library.documents[place.document].text))"
      rules.append(
        ConstantRule(assertion: assert(.const, place, sentence, at: "const"), values: try constants([value], place))
      )
    }
    if let value = object["enum"] {
      guard let values = value.array else {
        throw mistake("a list was expected, not \(value.kind)", "enum", object, place)
      }
      let text = library.documents[place.document].text
      var shown = values.prefix(8).map { Self.short($0, in: text) }
      if values.count > 8 { shown.append("another of \(values.count) values") }
      let sentence = values.isEmpty ? "can have no value" : "must be \(Self.list(shown))"
      rules.append(
        ConstantRule(assertion: assert(.enum, place, sentence, at: "enum"), values: try constants(values, place))
      )
    }
    constants += rules
    return Run(start: Int32(constants.count - rules.count), count: Int32(rules.count))
  }
  /// A value as a sentence shows it.
  private static func short(_ value: JSONValue, in text: [UInt8]) -> String {
    switch value.content {
    case .null: "null"
    case .bool(let isTrue): "\(isTrue)"
    case .number(let digits): digits.count > 40 ? "a certain number" : digits
    case .string(let text): text.utf8.count > 40 ? "a certain text" : "\"\(text)\""
    case .array: "a certain array"
    case .object: "a certain object"
    }
  }
  /// Puts values onto the tape of constants.
  private mutating func constants(_ values: [JSONValue], _ place: Place) throws(SchemaMistake) -> Run {
    var starts: [Int32] = []
    for value in values {
      starts.append(Int32(constantTape.count))
      put(value)
    }
    return list(starts)
  }
  private mutating func put(_ value: JSONValue) {
    let index = constantTape.count
    constantTape.append(TapeValue())
    var entry = TapeValue()
    switch value.content {
    case .null: entry.kind = .null
    case .bool(let isTrue): entry.kind = isTrue ? .true : .false
    case .number(let digits): (entry.kind, entry.start, entry.end) = kept(.number, digits)
    case .string(let text): (entry.kind, entry.start, entry.end) = kept(.string, text)
    case .array(let elements):
      (entry.kind, entry.count) = (.array, UInt32(elements.count))
      for element in elements { put(element) }
    case .object(let object):
      (entry.kind, entry.count) = (.object, UInt32(object.members.count))
      for member in object.members {
        var name = TapeValue()
        (name.kind, name.start, name.end) = kept(.string, member.name)
        constantTape.append(name)
        constantTape[constantTape.count - 1].next = UInt32(constantTape.count)
        put(member.value)
      }
    }
    entry.next = UInt32(constantTape.count)
    constantTape[index] = entry
  }
  private mutating func kept(_ kind: TapeValue.Kind, _ text: String) -> (TapeValue.Kind, UInt32, UInt32) {
    let start = keep(text.utf8)
    return (kind, UInt32(start), UInt32(letters.count))
  }

  // MARK: Numbers

  private mutating func readNumbers(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Run {
    let kinds: [(String, NumberRule.Kind, Keyword, String)] = [
      ("minimum", .minimum, .minimum, "at least"), ("maximum", .maximum, .maximum, "at most"),
      ("exclusiveMinimum", .exclusiveMinimum, .exclusiveMinimum, "more than"),
      ("exclusiveMaximum", .exclusiveMaximum, .exclusiveMaximum, "less than"),
      ("multipleOf", .multiple, .multipleOf, "a multiple of"),
    ]
    var rules: [NumberRule] = []
    for (name, kind, keyword, words) in kinds {
      guard let value = object[name] else { continue }
      guard let digits = value.number else {
        throw mistake("a number was expected, not \(value.kind)", name, object, place)
      }
      let bound = try number(digits, name, object, place)
      var rule = NumberRule(kind: kind, assertion: 0, bound: bound)
      if kind == .multiple {
        // SAFETY: a UInt8 has no padding that its bytes could show.
        rule.divisor = unsafe JSONDivisor(bound, in: letters.span.bytes)
        guard rule.divisor != nil else {
          throw mistake("a number above 0 with at most 37 digits was expected", name, object, place)
        }
      }
      rule.assertion = assert(keyword, place, "must be \(words) \(digits)", at: name)
      rules.append(rule)
    }
    numbers += rules
    return Run(start: Int32(numbers.count - rules.count), count: Int32(rules.count))
  }
  /// A number among the letters.
  private mutating func number(_ digits: String, _ name: String, _ object: JSONObject, _ place: Place)
    throws(SchemaMistake) -> JSONNumber
  {
    let start = keep(digits.utf8)
    var marks = JSONMarks(bytesMax: digits.utf8.count)
    let text = Array(digits.utf8)
    do throws(JSONFault) {
      // SAFETY: a UInt8 has no padding that its bytes could show.
      var reader = try unsafe marks.reader(of: text.span.bytes)
      return try reader.readNumber().moved(by: start)
    } catch { throw mistake(error.reason.text, name, object, place) }
  }

  // MARK: Strings

  private mutating func readStrings(_ object: JSONObject, at place: Place) throws(SchemaMistake) -> Run {
    var rules: [StringRule] = []
    if place.vocabularies.contains(.validation) {
      if let count = try count("minLength", of: object, at: place), count > 0 {
        let assertion = assert(
          .minLength,
          place,
          "must have at least \(Self.counted(count, "character"))",
          at: "minLength"
        )
        rules.append(StringRule(kind: .minLength, assertion: assertion, value: Int(count)))
      }
      if let count = try count("maxLength", of: object, at: place) {
        let assertion = assert(
          .maxLength,
          place,
          "must have at most \(Self.counted(count, "character"))",
          at: "maxLength"
        )
        rules.append(StringRule(kind: .maxLength, assertion: assertion, value: Int(count)))
      }
      if let value = object["pattern"] {
        guard let text = value.string else {
          throw mistake("a pattern was expected, not \(value.kind)", "pattern", object, place)
        }
        let index = try pattern(text, at: value, in: place, "pattern")
        let assertion = assert(.pattern, place, "must match \(text)", at: "pattern")
        rules.append(StringRule(kind: .pattern, assertion: assertion, value: Int(index)))
      }
    }
    if let value = object["format"] {
      guard let name = value.string else {
        throw mistake("a name was expected, not \(value.kind)", "format", object, place)
      }
      let isAsserted =
        place.vocabularies.contains(.formatAssertion)
        || options.assertsFormats && place.vocabularies.contains(.formatAnnotation)
      if isAsserted, let format = StringFormat(named: name) {
        let assertion = assert(.format, place, "must be \(format.words)", at: "format")
        rules.append(StringRule(kind: .format, format: format.rawValue, assertion: assertion, value: 0))
      }
    }
    strings += rules
    return Run(start: Int32(strings.count - rules.count), count: Int32(rules.count))
  }

  /// A count of something for a sentence.
  static func counted(_ count: Int64, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

  /// A keyword whose value is a count.
  mutating func count(_ name: String, of object: JSONObject, at place: Place) throws(SchemaMistake) -> Int64? {
    guard let value = object[name] else { return nil }
    guard let digits = value.number else {
      throw mistake("a count was expected, not \(value.kind)", name, object, place)
    }
    let number = try number(digits, name, object, place)
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let text = unsafe letters.span.bytes
    guard number.isInteger(in: text), let count = number.integer(in: text), count >= 0 else {
      throw mistake("a count was expected, not \(digits)", name, object, place)
    }
    return count
  }
}
