internal import Bytes
internal import Formats

/// The search for what a replacement violates, from the whole event along a path to the value.
///
/// All schemas that speak of a value must let it in, and of alternatives one: so what one of them violates is told, and
/// what all alternatives violate. Conditions and negations are left aside.
struct ConflictSearch {
  typealias Stop = SchemaSteps.Stop
  /// What a schema says of an event that it let in before.
  private enum Answer {
    /// It may let it in still.
    case open
    /// It lets in no event with such a value.
    case never
    case refused([SchemaConflict])

    /// What two say that must both let it in.
    func and(_ other: Answer) -> Answer {
      switch (self, other) {
      case (.never, _), (_, .never): .never
      case (.open, let answer), (let answer, .open): answer
      case (.refused(let some), .refused(let more)): .refused(some + more)
      }
    }
    /// What two say of which one must let it in.
    func or(_ other: Answer) -> Answer {
      switch (self, other) {
      case (.open, _), (_, .open): .open
      case (.never, let answer), (let answer, .never): answer
      case (.refused(let some), .refused(let more)): .refused(some + more)
      }
    }
  }

  private var steps: SchemaSteps
  private let options: SchemaOptions
  private let path: String
  private let parts: [String?]
  private let replacement: Replacement
  private let patterns = PatternAnswers()
  private var known: [JSONName: Answer] = [:]
  private var depth = 0
  /// As deep as schemas are compiled.
  private static let depthMax = 300

  init(_ library: SchemaLibrary, _ options: SchemaOptions, path: String, replacement: Replacement) {
    steps = SchemaSteps(library)
    (self.options, self.path, self.replacement) = (options, path, replacement)
    parts = FieldPath.parts(of: path)
  }

  /// All that is violated, each once.
  mutating func run(from root: SchemaLibrary.Place) -> [SchemaConflict] {
    guard case .refused(let conflicts) = answer(of: steps.start(root), from: 0) else { return [] }
    return conflicts.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// What a schema says where so many parts of the path are behind it.
  private mutating func answer(of stop: Stop, from index: Int) -> Answer {
    guard let object = steps.keywords(of: stop) else { return stop.place.value.bool == false ? .never : .open }
    let key = JSONName("\(index) \(stop.key.text)")
    if let answer = known[key] { return answer }
    known[key] = .open
    guard depth < Self.depthMax else { return .open }
    depth += 1
    defer { depth -= 1 }
    var answer = Answer.open
    let own = violations(of: object, at: stop, index)
    if !own.isEmpty { answer = .refused(own) }
    let companions = steps.companions(of: stop)
    for other in companions.always { answer = answer.and(self.answer(of: other, from: index)) }
    for choice in companions.choices {
      answer = answer.and(choice.reduce(.never) { $0.or(self.answer(of: $1, from: index)) })
    }
    if index < parts.count {
      for inner in inner(stop, parts[index]) { answer = answer.and(self.answer(of: inner, from: index + 1)) }
    }
    known[key] = answer
    return answer
  }

  /// The schemas that speak of a part for sure.
  private mutating func inner(_ stop: Stop, _ name: String?) -> [Stop] {
    var isKnown = false
    var found: [Stop] = []
    for (part, stop) in steps.parts(of: stop) {
      let isMeant: Bool
      switch (part, name) {
      case (.member(let other), let name?): isMeant = JSONName(other) == JSONName(name)
      // What is no pattern here may be one elsewhere: then it may have a schema.
      case (.members(let pattern), let name?):
        let answer = patterns.matches(pattern, name)
        (isMeant, isKnown) = (answer == true, isKnown || answer != false)
      case (.otherMembers, _?): isMeant = !isKnown
      case (.element(let place), let name?): isMeant = name == "\(place)"
      case (.elements(let first), let name?): isMeant = Int(name).map { $0 >= first } ?? false
      case (.members, nil), (.otherMembers, nil), (.elements, nil): isMeant = true
      case (.member, nil), (.element, nil), (.some, _): isMeant = false
      }
      if isMeant { found.append(stop) }
      if isMeant, case .member = part { isKnown = true }
    }
    return found
  }

  // MARK: What is violated

  private func conflict(_ reason: String, _ keyword: String, _ object: JSONObject, _ stop: Stop) -> SchemaConflict {
    let value = object[keyword] ?? stop.place.value
    return SchemaConflict(steps.library.mistake(reason, at: value, in: stop.place, keyword), path: path)
  }

  private func violations(of object: JSONObject, at stop: Stop, _ index: Int) -> [SchemaConflict] {
    let isChecked = stop.place.vocabularies.contains(.validation)
    if replacement == .removed {
      guard isChecked, index + 1 == parts.count, let name = parts[index] else { return [] }
      let isRequired = object["required"]?.array?.contains { $0.string.map(JSONName.init) == JSONName(name) } ?? false
      guard isRequired else { return [] }
      return [conflict("the member \"\(name)\" is taken out, which is required", "required", object, stop)]
    }
    guard index == parts.count else { return [] }
    let types = object.types
    let values = values(where: types)
    guard isChecked else { return formatViolations(of: object, at: stop, values) }
    guard values.contains(where: { !types.isDisjoint(with: $0.types) }) else {
      return [conflict("a string is put for what must be of type \(types.text)", "type", object, stop)]
    }
    var found: [SchemaConflict] = []
    if let only = object["const"], !values.contains(where: { $0.mayBe(only) }) {
      found.append(conflict("another value is put for the only one that is allowed", "const", object, stop))
    }
    if let listed = object["enum"]?.array, !values.contains(where: { value in listed.contains { value.mayBe($0) } }) {
      found.append(conflict("another value is put for those that are listed", "enum", object, stop))
    }
    return found + textViolations(of: object, at: stop, values) + formatViolations(of: object, at: stop, values)
  }
}

extension ConflictSearch {
  /// A value that may be put, as far as it is known.
  private struct Possible {
    let types: ValueTypes
    /// What it is; `nil` when that isn't known.
    let value: JSONValue?
    func mayBe(_ other: JSONValue) -> Bool { value?.isSame(as: other) ?? false }
  }
  /// The values that may be put for one of those types.
  private func values(where types: ValueTypes) -> [Possible] {
    switch replacement {
    case .removed: return []
    case .text: return [Possible(types: .string, value: nil)]
    case .sameForm: return [Possible(types: [.string, .number], value: nil)]
    case .constant(let text):
      let string = Possible(types: .string, value: JSONValue(.string(text)))
      let number: JSONValue?
      do throws(JSONFault) { number = try JSONValue(Array(text.utf8)) } catch { number = nil }
      guard let number, number.number != nil, !types.isDisjoint(with: ValueTypes(of: number)) else { return [string] }
      return [string, Possible(types: ValueTypes(of: number), value: number)]
    }
  }

  /// What is wrong with a text's length and pattern.
  private func textViolations(of object: JSONObject, at stop: Stop, _ values: [Possible]) -> [SchemaConflict] {
    var found: [SchemaConflict] = []
    switch replacement {
    case .text(let least):
      if let most = object["maxLength"]?.number.flatMap({ Int($0) }), most < least {
        let reason = "a text of at least \(ProgramBuilder.counted(Int64(least), "character")) is put, which is too long"
        found.append(conflict(reason, "maxLength", object, stop))
      }
    case .constant(let text) where values.count == 1:
      let length = text.unicodeScalars.count
      if let most = object["maxLength"]?.number.flatMap({ Int($0) }), most < length {
        found.append(conflict("\"\(text)\" is put, which is too long", "maxLength", object, stop))
      }
      if let least = object["minLength"]?.number.flatMap({ Int($0) }), least > length {
        found.append(conflict("\"\(text)\" is put, which is too short", "minLength", object, stop))
      }
      if let pattern = object["pattern"]?.string, patterns.matches(pattern, text) == false {
        found.append(conflict("\"\(text)\" is put, which does not match", "pattern", object, stop))
      }
    default: break
    }
    return found
  }

  private func formatViolations(of object: JSONObject, at stop: Stop, _ values: [Possible]) -> [SchemaConflict] {
    let vocabularies = stop.place.vocabularies
    let isAsserted =
      vocabularies.contains(.formatAssertion) || options.assertsFormats && vocabularies.contains(.formatAnnotation)
    guard isAsserted, let format = object["format"]?.string.flatMap(StringFormat.init(named:)) else { return [] }
    switch replacement {
    case .text where format.isNarrow:
      return [conflict("a text is put that is hardly \(format.words)", "format", object, stop)]
    case .sameForm where format.isNarrowerThanItsForm:
      return [conflict("a text is put that only looks like \(format.words)", "format", object, stop)]
    case .constant(let text) where values.count == 1:
      let bytes = Array(text.utf8)
      // SAFETY: a UInt8 has no padding that its bytes could show.
      guard unsafe !format.accepts(bytes.span.bytes) else { return [] }
      return [conflict("\"\(text)\" is put, which is not \(format.words)", "format", object, stop)]
    default: return []
    }
  }
}
