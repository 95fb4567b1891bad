internal import Formats

/// What was seen at one place of events.
struct Shape {
  /// A name of its objects.
  struct Member {
    let name: JSONName
    /// How many objects had it.
    var count: Int
    /// Where its values are described; `nil` when there was no room.
    var shape: Int?
  }
  var nulls = 0
  var booleans = 0
  var numbers = Numbers()
  var texts = Texts()
  var arrays = Counts()
  /// Where elements are described.
  var items: Int?
  var objects = Counts()
  /// In the order in which they were first seen.
  var members: [Member] = []
  var places: [JSONName: Int] = [:]
  /// Where the values of all other names are described.
  var rest: Int?
  /// Whether there were elements that had no room, so that nothing can be said of any.
  var hasUnseenItems = false
  /// Whether there were members that had no room.
  var hasUnseenMembers = false

  /// Longer names are those of maps.
  static let nameBytesMax = 256
  /// An object with fewer names than this is no map, however they come and go.
  private static let mapNamesMin = 20

  /// Whether its names come and go as keys do: there are many, and hardly an object has the same.
  ///
  /// That can be said only when each object could have had all of them.
  var isMap: Bool {
    let changing = members.filter { $0.count < objects.count }
    guard changing.count >= Shape.mapNamesMin, objects.count >= 2 else { return false }
    let seen = changing.reduce(0) { $0 + $1.count }
    // On average a name is in less than a tenth of the objects, or in two at the most.
    return seen * 10 < changing.count * objects.count || (objects.count >= 10 && seen <= 2 * changing.count)
  }

  /// Adds what was seen elsewhere, apart from elements and members.
  mutating func add(_ other: Shape, valuesMax: Int) {
    nulls += other.nulls
    booleans += other.booleans
    numbers.add(other.numbers)
    texts.add(other.texts, valuesMax: valuesMax)
    arrays.add(other.arrays)
    objects.add(other.objects)
    hasUnseenItems = hasUnseenItems || other.hasUnseenItems
    hasUnseenMembers = hasUnseenMembers || other.hasUnseenMembers
  }

  /// The types, each of which was there.
  private var types: [String] {
    var types: [String] = []
    if objects.count > 0 { types.append("object") }
    if arrays.count > 0 { types.append("array") }
    if texts.count > 0 { types.append("string") }
    if numbers.count > 0 { types.append(numbers.hasFractions ? "number" : "integer") }
    if booleans > 0 { types.append("boolean") }
    if nulls > 0 { types.append("null") }
    return types
  }
  /// `type`.
  var typeWords: [JSONObject.Member] {
    let names = types.map { JSONValue(.string($0)) }
    guard let first = names.first else { return [] }
    return [JSONObject.Member("type", names.count == 1 ? first : JSONValue(.array(names)))]
  }

  /// The values of `enum`, where it is words, few of them, and each was seen often enough.
  func enumeration(_ options: SchemaInference.Options) -> [JSONValue]? {
    guard let values = texts.values, !values.isEmpty, texts.format == nil else { return nil }
    guard booleans == 0, numbers.count == 0, arrays.count == 0, objects.count == 0 else { return nil }
    guard texts.count >= values.count * options.enumRepeatsMin else { return nil }
    return values.map { JSONValue(.string($0.text)) } + (nulls > 0 ? [JSONValue(.null)] : [])
  }

  /// The limits within which everything was.
  var boundWords: [JSONObject.Member] {
    var words: [JSONObject.Member] = []
    func add(_ name: String, _ text: String) { words.append(JSONObject.Member(name, JSONValue(.number(text)))) }
    if let range = numbers.range {
      add("minimum", range.least)
      add("maximum", range.most)
    }
    for (counts, what) in [(texts.lengths, "Length"), (arrays, "Items")] where counts.count > 0 {
      add("min\(what)", String(counts.least))
      add("max\(what)", String(counts.most))
    }
    return words
  }

  /// How many of something there were, and how large.
  struct Counts {
    var count = 0
    var (least, most) = (Int.max, 0)
    mutating func see(_ size: Int) {
      count += 1
      (least, most) = (min(least, size), max(most, size))
    }
    mutating func add(_ other: Counts) {
      count += other.count
      (least, most) = (min(least, other.least), max(most, other.most))
    }
  }

  /// The numbers.
  struct Numbers {
    var count = 0
    /// Whether one was written with a fraction or an exponent.
    var hasFractions = false
    /// The least and the largest as they were written.
    var range: (least: String, most: String)?

    mutating func see(_ text: String) {
      count += 1
      hasFractions = hasFractions || text.utf8.contains { [0x2E, 0x65, 0x45].contains($0) }
      widen(text)
    }
    private mutating func widen(_ text: String) {
      guard var range else {
        self.range = (text, text)
        return
      }
      let value = ExactDecimal(text)
      if value.compared(to: ExactDecimal(range.least)) < 0 { range.least = text }
      if value.compared(to: ExactDecimal(range.most)) > 0 { range.most = text }
      self.range = range
    }
    mutating func add(_ other: Numbers) {
      count += other.count
      hasFractions = hasFractions || other.hasFractions
      guard let range = other.range else { return }
      widen(range.least)
      widen(range.most)
    }
  }

  /// The texts.
  struct Texts {
    var lengths = Counts()
    /// Each that was seen, in the order of the first time; `nil` when there were too many or long ones.
    private(set) var values: [JSONName]? = []
    /// The format that all have.
    private(set) var format: String?
    var count: Int { lengths.count }

    /// Longer texts are no words of an enumeration.
    private static let valueBytesMax = 64

    mutating func see(_ text: String, _ format: (String) -> String?, valuesMax: Int) {
      if count == 0 {
        self.format = format(text)
      } else if self.format != nil, format(text) != self.format {
        self.format = nil
      }
      lengths.see(text.unicodeScalars.count)
      note(JSONName(text), valuesMax)
    }
    private mutating func note(_ value: JSONName, _ valuesMax: Int) {
      guard let known = values, !known.contains(value) else { return }
      let hasRoom = known.count < valuesMax && value.text.utf8.count <= Texts.valueBytesMax
      values = hasRoom ? known + [value] : nil
    }
    mutating func add(_ other: Texts, valuesMax: Int) {
      if count == 0 { format = other.format } else if other.count > 0, format != other.format { format = nil }
      lengths.add(other.lengths)
      guard let added = other.values else {
        values = nil
        return
      }
      for value in added { note(value, valuesMax) }
    }
  }
}
