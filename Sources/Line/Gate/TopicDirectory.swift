internal import Bytes
public import Events

/// From a topic's name to its number, without a `String` on the way.
///
/// Never changes: a reload builds another.
public struct TopicDirectory: Sendable {
  private struct Place: Sendable {
    var hash: UInt64 = 0
    var start: UInt32 = 0
    var count: UInt16 = 0
    var id: UInt16 = 0
  }

  /// Open addressing; `count` 0 marks a free place, since no name is empty.
  ///
  /// Twice as many places as topics at least.
  private let places: [Place]
  /// All names, one behind the other.
  private let letters: [UInt8]
  /// Topics by number; `nil` where a number is not in use.
  private let topics: [Topic?]
  private let eventBytes: [Int]
  /// Where each topic's name is among the letters; empty where a number is not in use.
  private let names: [Range<Int>]
  private let hash: SipHash

  /// Knows these topics, whose names and numbers differ.
  ///
  /// `seed` is entropy, so that nobody can choose names that collide.
  public init(_ topics: [Topic], seed: (UInt64, UInt64)) {
    hash = SipHash(seed.0, seed.1)
    var byNumber = [Topic?](repeating: nil, count: topics.reduce(0) { max($0, Int($1.id.rawValue) + 1) })
    var letters: [UInt8] = []
    var names = [Range<Int>](repeating: 0..<0, count: byNumber.count)
    var capacity = 2
    while capacity < topics.count * 2 { capacity *= 2 }
    var places = [Place](repeating: Place(), count: capacity)
    for topic in topics {
      require(Topic.isName(topic.name), "a topic has a topic's name")
      require(byNumber[Int(topic.id.rawValue)] == nil, "topics have different numbers")
      byNumber[Int(topic.id.rawValue)] = topic
      let name = Array(topic.name.utf8)
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let bits = unsafe hash.hash(name.span.bytes)
      var place = Int(truncatingIfNeeded: bits) & (capacity - 1)
      while places[place].count != 0 { place = (place + 1) & (capacity - 1) }
      places[place] = Place(
        hash: bits,
        start: UInt32(letters.count),
        count: UInt16(name.count),
        id: topic.id.rawValue
      )
      names[Int(topic.id.rawValue)] = letters.count..<letters.count + name.count
      letters += name
    }
    (self.places, self.letters, self.names, self.topics) = (places, letters, names, byNumber)
    eventBytes = byNumber.map { $0?.eventBytesMax ?? 0 }
  }

  /// The number of the topic of that name, or `nil` when there is none.
  ///
  /// Cost: a SipHash and a comparison; no allocation.
  public func id(of name: RawSpan) -> TopicID? {
    let bits = hash.hash(name)
    var index = Int(truncatingIfNeeded: bits) & (places.count &- 1)
    while places[index].count != 0 {
      let place = places[index]
      if place.hash == bits, Int(place.count) == name.byteCount, matches(place, name) {
        return TopicID(rawValue: place.id)
      }
      index = (index &+ 1) & (places.count &- 1)
    }
    return nil
  }

  /// The same, faster when it is the topic that was asked for last.
  ///
  /// Cost: a comparison when `guess` is right.
  public func id(of name: RawSpan, trying guess: TopicID) -> TopicID? {
    if Int(guess.rawValue) < names.count, names[Int(guess.rawValue)].count == name.byteCount, name.byteCount > 0 {
      let place = names[Int(guess.rawValue)]
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let bytes = unsafe letters.span.bytes
      if bytes.extracting(place).equals(name) { return guess }
    }
    return id(of: name)
  }

  /// The topic's name, or `nil` when the number is not in use.
  public func name(of id: TopicID) -> String? { topic(id)?.name }
  /// The topic, or `nil` when the number is not in use.
  public func topic(_ id: TopicID) -> Topic? {
    topics.indices.contains(Int(id.rawValue)) ? topics[Int(id.rawValue)] : nil
  }
  /// The largest event a topic takes; 0 when the number is not in use.
  ///
  /// Cost: one load.
  public func eventBytesMax(of id: TopicID) -> Int {
    Int(id.rawValue) < eventBytes.count ? eventBytes[Int(id.rawValue)] : 0
  }
  /// Every topic, in the order of its number.
  public var all: [Topic] { topics.compactMap { $0 } }

  private func matches(_ place: Place, _ name: RawSpan) -> Bool {
    // SAFETY: a UInt8 has no padding that its bytes could show.
    let bytes = unsafe letters.span.bytes
    return bytes.extracting(Int(place.start)..<(Int(place.start) + Int(place.count))).equals(name)
  }
}
