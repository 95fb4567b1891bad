internal import Formats

/// The walk from a schema to every member and element that it speaks of.
///
///     value ── all schemas that speak of it, together ──┬── member a ── …
///                                                       ├── member b ── …
///                                                       └── any element ── …
///
/// Schemas are open while the parts of their value are walked. One that is met again while it is open is not walked
/// again there; instead its parts are walked once more below `**`, when they have been walked where it was met first.
struct FieldWalk {
  typealias Stop = SchemaSteps.Stop
  /// A schema that speaks of a value.
  private struct Speaker {
    let stop: Stop
    /// Whether it speaks of every such value.
    let isCertain: Bool
    /// Which of the schemas that stand at the value's own place led to it.
    let origin: Int
  }
  /// A part of a value with the schemas that stand at its place.
  private struct Part {
    let path: String
    let name: String?
    var stops: [(stop: Stop, isCertain: Bool)]
  }

  var steps: SchemaSteps
  private(set) var fields: [SchemaField] = []
  private(set) var isComplete = true
  private let keyword: String
  /// Schemas whose values' parts are walked, and whether each was met again.
  private var open: [JSONName: Bool] = [:]
  private var depth = 0
  private var lookCount = 0
  /// As deep as schemas are compiled.
  private static let depthMax = 300
  /// Schemas that are looked at, counted as often as they are.
  private static let looksMax = 1_000_000

  init(_ library: SchemaLibrary, keyword: String) {
    steps = SchemaSteps(library)
    self.keyword = keyword
  }

  /// Walks all of a schema.
  mutating func run(from root: SchemaLibrary.Place) {
    visit(Part(path: "", name: nil, stops: [(steps.start(root), true)]))
    if !isComplete {
      steps.note("it is too large to look for all its members; \(fields.count) were found", at: root.value, in: root)
    }
  }

  private mutating func visit(_ part: Part) {
    guard isComplete else { return }
    guard fields.count < SchemaFields.countMax, depth < Self.depthMax else { return isComplete = false }
    let speakers = speakers(of: part)
    lookCount += speakers.count
    guard lookCount <= Self.looksMax else { return isComplete = false }
    note(part, speakers)
    var opened: [Speaker] = []
    for speaker in speakers where speaker.stop.place.value.object != nil {
      let key = speaker.stop.key
      if open[key] != nil {
        open[key] = true
      } else {
        opened.append(speaker)
      }
    }
    for speaker in opened { open[speaker.stop.key] = false }
    depth += 1
    for part in parts(of: opened, below: part.path) { visit(part) }
    let again = opened.filter { open[$0.stop.key] == true }
    for part in parts(of: again, below: part.path + FieldPath.levels) { visit(part) }
    depth -= 1
    for speaker in opened { open[speaker.stop.key] = nil }
  }

  // MARK: Who speaks

  /// All schemas that speak of a value, those at its own place first, and then the nearest.
  private mutating func speakers(of part: Part) -> [Speaker] {
    var found: [Speaker] = []
    var places: [JSONName: Int] = [:]
    func add(_ stop: Stop, _ isCertain: Bool, _ origin: Int) {
      let key = stop.key
      if let place = places[key] {
        guard isCertain, !found[place].isCertain else { return }
        found[place] = Speaker(stop: stop, isCertain: true, origin: found[place].origin)
      } else {
        places[key] = found.count
        found.append(Speaker(stop: stop, isCertain: isCertain, origin: origin))
      }
    }
    for (origin, (stop, isCertain)) in part.stops.enumerated() { add(stop, isCertain, origin) }
    var next = 0
    while next < found.count {
      let speaker = found[next]
      let companions = steps.companions(of: speaker.stop)
      for stop in companions.always { add(stop, speaker.isCertain, speaker.origin) }
      for stop in companions.choices.flatMap({ $0 }) + companions.sometimes { add(stop, false, speaker.origin) }
      next += 1
    }
    return found
  }

  /// The parts of a value, each with all that stands at its place.
  private mutating func parts(of speakers: [Speaker], below path: String) -> [Part] {
    var found: [Part] = []
    var places: [JSONName: Int] = [:]
    func add(_ stop: Stop, _ isCertain: Bool, _ end: String, _ name: String?) {
      let path = path + end
      if let place = places[JSONName(path)] {
        found[place].stops.append((stop, isCertain))
      } else {
        places[JSONName(path)] = found.count
        found.append(Part(path: path, name: name, stops: [(stop, isCertain)]))
      }
    }
    for speaker in speakers {
      for (part, stop) in steps.parts(of: speaker.stop) where stop.place.value.bool != false {
        switch part {
        case .member(let name): add(stop, speaker.isCertain, FieldPath.part(name), name)
        case .element(let index): add(stop, false, FieldPath.part("\(index)"), nil)
        // What may be anything is no place that the schema tells.
        case _ where stop.place.value.bool != nil: continue
        // Members and elements share their paths, so that no schema speaks of all that one leads to.
        case .members, .otherMembers, .elements, .some: add(stop, false, FieldPath.any, nil)
        }
      }
    }
    for speaker in speakers {
      for (name, stop) in steps.required(of: speaker.stop) where places[JSONName(path + FieldPath.part(name))] == nil {
        add(stop, speaker.isCertain, FieldPath.part(name), name)
      }
    }
    return found
  }

  // MARK: What is said

  private mutating func note(_ part: Part, _ speakers: [Speaker]) {
    var annotation: (text: String, origin: Int)?
    var format: String?
    for speaker in speakers {
      guard let object = steps.keywords(of: speaker.stop) else { continue }
      if let value = object[keyword] {
        if let text = value.string {
          annotation = annotation ?? (text, speaker.origin)
        } else {
          steps.note("a text was expected, not \(value.kind)", at: value, in: speaker.stop.place, keyword)
        }
      }
      format = format ?? object["format"]?.string
    }
    guard !part.path.isEmpty || annotation != nil else { return }
    let place = part.stops[annotation?.origin ?? 0].stop.place
    let document = steps.library.documents[place.document]
    fields.append(
      SchemaField(
        path: part.path,
        name: part.name,
        annotation: annotation?.text,
        format: format,
        file: document.file,
        pointer: "\(place.pointer)",
        types: types(of: part),
        offset: place.value.offset,
        text: document.text
      )
    )
  }

  /// What a value may be: what all agree on who speak of every such value, or else what any allows.
  private mutating func types(of part: Part) -> ValueTypes {
    var known: [JSONName: ValueTypes] = [:]
    let certain = part.stops.filter(\.isCertain)
    guard certain.isEmpty else {
      return certain.reduce(.all) { $0.intersection(types(of: $1.stop, &known)) }
    }
    return part.stops.reduce([]) { $0.union(types(of: $1.stop, &known)) }
  }
  private mutating func types(of stop: Stop, _ known: inout [JSONName: ValueTypes]) -> ValueTypes {
    guard let object = steps.keywords(of: stop) else { return stop.place.value.bool == false ? [] : .all }
    let key = stop.key
    if let types = known[key] { return types }
    // A schema that leads to itself says nothing by that.
    known[key] = .all
    guard depth < Self.depthMax else { return .all }
    depth += 1
    defer { depth -= 1 }
    var types = ValueTypes.all
    if stop.place.vocabularies.contains(.validation) { types = object.types.intersection(object.valueTypes) }
    let companions = steps.companions(of: stop)
    for other in companions.always { types.formIntersection(self.types(of: other, &known)) }
    for choice in companions.choices {
      types.formIntersection(choice.reduce([]) { $0.union(self.types(of: $1, &known)) })
    }
    known[key] = types
    return types
  }
}

extension JSONObject {
  /// What the keyword `type` lets in; everything without it.
  var types: ValueTypes {
    switch self["type"]?.content {
    case .string(let name): ValueTypes(name: name)
    case .array(let names): names.reduce(ValueTypes()) { $0.union(ValueTypes(name: $1.string ?? "")) }
    default: .all
    }
  }
  /// What the values of `enum` and `const` are; everything without them.
  fileprivate var valueTypes: ValueTypes {
    var types = ValueTypes.all
    for values in [self["enum"]?.array, self["const"].map { [$0] }] {
      guard let values else { continue }
      types.formIntersection(values.reduce([]) { $0.union(ValueTypes(of: $1)) })
    }
    return types
  }
}
