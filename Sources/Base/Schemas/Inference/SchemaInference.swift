public import Formats

/// Proposes a schema from events, one at a time, in memory that is bounded whatever they hold.
///
/// The proposal takes every event it was shown and says no more than they bear out: what has been in all of them is
/// required, few words that keep coming back are an enumeration, and objects whose names keep changing are maps.
public struct SchemaInference {
  /// How much is looked at, and how much is said.
  public struct Options: Sendable {
    /// Values nested deeper get a type and nothing else.
    public var depthMax = 16
    /// An object with more names than this is a map, apart from the names that all of its kind have.
    public var propertiesMax = 200
    /// The most values that are proposed as an enumeration.
    public var enumValuesMax = 12
    /// How often each of them must have been there on average.
    public var enumRepeatsMin = 10
    /// Whether limits of numbers, lengths and counts are proposed as they were seen.
    public var hasBounds = false
    /// How many places of events are kept apart; what comes after that may be anything.
    public var shapesMax = 20_000
    /// The defaults.
    public init() {}
  }

  /// How many events were shown.
  public private(set) var eventCount = 0
  let options: Options
  private let format: (String) -> String?
  private var shapes: [Shape] = [Shape()]
  /// Places in `shapes` that are free again.
  private var free: [Int] = []

  /// An inference that has seen nothing.
  ///
  /// - Parameters:
  ///   - options: how much is looked at, and how much is said.
  ///   - format: names the format that a text has, if it has one that schemas know.
  public init(options: Options = Options(), format: @escaping (String) -> String? = TextFormat.name) {
    (self.options, self.format) = (options, format)
  }

  /// Takes an event into account.
  ///
  /// Cost: that of its size; a map that has just been found out costs once what its names hold.
  public mutating func add(_ event: JSONValue) {
    eventCount += 1
    see(event, at: 0, depth: 1)
  }

  private mutating func see(_ value: JSONValue, at place: Int, depth: Int) {
    switch value.content {
    case .null: shapes[place].nulls += 1
    case .bool: shapes[place].booleans += 1
    case .number(let text): shapes[place].numbers.see(text)
    case .string(let text): shapes[place].texts.see(text, format, valuesMax: options.enumValuesMax)
    case .array(let elements):
      shapes[place].arrays.see(elements.count)
      guard !elements.isEmpty else { return }
      guard depth < options.depthMax, let items = shapes[place].items ?? make() else {
        shapes[place].hasUnseenItems = true
        return
      }
      shapes[place].items = items
      for element in elements { see(element, at: items, depth: depth + 1) }
    case .object(let object):
      shapes[place].objects.see(object.members.count)
      guard depth < options.depthMax else { return }
      for member in object.members { see(member, at: place, depth: depth) }
    }
  }
  private mutating func see(_ member: JSONObject.Member, at place: Int, depth: Int) {
    let name = JSONName(member.name)
    if let index = shapes[place].places[name] {
      shapes[place].members[index].count += 1
      if let shape = shapes[place].members[index].shape { see(member.value, at: shape, depth: depth + 1) }
      return
    }
    if shapes[place].rest == nil, shapes[place].members.count < options.propertiesMax,
      name.text.utf8.count <= Shape.nameBytesMax
    {
      // What had no room before may have had this name.
      let shape = shapes[place].hasUnseenMembers ? nil : make()
      shapes[place].places[name] = shapes[place].members.count
      shapes[place].members.append(Shape.Member(name: name, count: 1, shape: shape))
      if let shape { see(member.value, at: shape, depth: depth + 1) }
      return
    }
    guard let rest = shapes[place].rest ?? foldMembers(at: place) else {
      shapes[place].hasUnseenMembers = true
      return
    }
    see(member.value, at: rest, depth: depth + 1)
  }

  /// Makes the names that come and go one schema for all of them.
  ///
  /// - Returns: the shape of the rest, unless there is no room for one.
  private mutating func foldMembers(at place: Int, keeping isKept: (Shape.Member) -> Bool) -> Int? {
    guard let rest = shapes[place].rest ?? make() else { return nil }
    shapes[place].rest = rest
    let members = shapes[place].members
    shapes[place].members = []
    shapes[place].places = [:]
    for member in members {
      if isKept(member) {
        shapes[place].places[member.name] = shapes[place].members.count
        shapes[place].members.append(member)
      } else if let shape = member.shape {
        merge(shape, into: rest)
      } else {
        shapes[place].hasUnseenMembers = true
      }
    }
    return rest
  }
  private mutating func foldMembers(at place: Int) -> Int? {
    // The object at hand counts already, and may have the name still to come.
    let least = max(shapes[place].objects.count - 1, 2)
    return foldMembers(at: place) { $0.count >= least }
  }

  /// Adds what was seen at one place to another one, and frees the first.
  private mutating func merge(_ from: Int, into place: Int) {
    let shape = shapes[from]
    let isBlind = shapes[place].hasUnseenMembers
    if shape.hasUnseenMembers {
      // What had no room there may have had any name.
      for index in shapes[place].members.indices where shape.places[shapes[place].members[index].name] == nil {
        shapes[place].members[index].shape = nil
      }
    }
    shapes[place].add(shape, valuesMax: options.enumValuesMax)
    if let items = shape.items {
      if let own = shapes[place].items { merge(items, into: own) } else { shapes[place].items = items }
    }
    for member in shape.members { merge(member, into: place, isBlind: isBlind) }
    if let rest = shape.rest {
      // What has a name here only may be among the rest there.
      let own = foldMembers(at: place) { shape.places[$0.name] != nil }
      if let own { merge(rest, into: own) } else { shapes[place].hasUnseenMembers = true }
    }
    shapes[from] = Shape()
    free.append(from)
  }
  private mutating func merge(_ member: Shape.Member, into place: Int, isBlind: Bool) {
    if let index = shapes[place].places[member.name] {
      shapes[place].members[index].count += member.count
      guard let shape = member.shape, let own = shapes[place].members[index].shape else {
        shapes[place].members[index].shape = nil
        return
      }
      merge(shape, into: own)
    } else if shapes[place].rest == nil, shapes[place].members.count < options.propertiesMax {
      shapes[place].places[member.name] = shapes[place].members.count
      shapes[place].members.append(isBlind ? Shape.Member(name: member.name, count: member.count) : member)
    } else if let shape = member.shape, let rest = shapes[place].rest ?? foldMembers(at: place) {
      merge(shape, into: rest)
    } else {
      shapes[place].hasUnseenMembers = true
    }
  }

  private mutating func make() -> Int? {
    if let place = free.popLast() { return place }
    guard shapes.count < options.shapesMax else { return nil }
    shapes.append(Shape())
    return shapes.count - 1
  }

  /// The schema that all events follow, as text with a line break at its end.
  public func schemaText() -> String {
    var copy = self
    let dialect = JSONObject.Member("$schema", JSONValue(.string("https://json-schema.org/draft/2020-12/schema")))
    let words = eventCount == 0 ? [] : copy.words(of: 0)
    return JSONText.indented(JSONValue(.object(JSONObject([dialect] + words)))) + "\n"
  }

  /// The keywords for what was seen at a place.
  private mutating func words(of place: Int) -> [JSONObject.Member] {
    var words = shapes[place].typeWords
    if let listed = shapes[place].enumeration(options) {
      return words + [JSONObject.Member("enum", JSONValue(.array(listed)))]
    }
    if let format = shapes[place].texts.format {
      words.append(JSONObject.Member("format", JSONValue(.string(format))))
    }
    if options.hasBounds { words += shapes[place].boundWords }
    if let items = shapes[place].items, !shapes[place].hasUnseenItems {
      words.append(JSONObject.Member("items", JSONValue(.object(JSONObject(self.words(of: items))))))
    }
    return words + memberWords(of: place)
  }
  private mutating func memberWords(of place: Int) -> [JSONObject.Member] {
    if shapes[place].rest == nil, shapes[place].isMap { _ = foldMembers(at: place) }
    var words: [JSONObject.Member] = []
    var properties: [JSONObject.Member] = []
    let members = shapes[place].members
    for member in members {
      let inner = member.shape.map { self.words(of: $0) } ?? []
      properties.append(JSONObject.Member(member.name.text, JSONValue(.object(JSONObject(inner)))))
    }
    if !properties.isEmpty { words.append(JSONObject.Member("properties", JSONValue(.object(JSONObject(properties))))) }
    let required = members.filter { $0.count == shapes[place].objects.count }
    if !required.isEmpty {
      let names = required.map { JSONValue(.string($0.name.text)) }
      words.append(JSONObject.Member("required", JSONValue(.array(names))))
    }
    if let rest = shapes[place].rest, !shapes[place].hasUnseenMembers {
      let inner = JSONObject(self.words(of: rest))
      words.append(JSONObject.Member("additionalProperties", JSONValue(.object(inner))))
    }
    return words
  }
}
