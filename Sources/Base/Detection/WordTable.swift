internal import Bytes

/// What a word tells of what stands beside it.
struct Meaning: BitwiseCopyable {
  /// The detectors whose word it is, one bit for each.
  var detectors: UInt64 = 0
  /// Whether it tells of what is no personal data, such as `order`.
  var isOrdinary = false
  /// Whether it tells anything.
  @inline(__always) var isKnown: Bool { detectors != 0 || isOrdinary }
}

/// The words of all detectors, and those that speak against personal data.
///
/// A word is found by its hash alone: whoever makes one that collides gains a wrong context for data of his own.
struct WordTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var hash: UInt64 = 0
    var meaning = Meaning()
    /// Whether a sequence of words ends with it.
    var endsSequence = false
  }
  private var entries: Slots<Entry>
  private let mask: Int
  /// The detectors that look at whole values alone, one bit for each.
  let ofValues: UInt64
  /// How many words the longest sequence has.
  static var sequenceMax: Int { 4 }

  /// Knows the words of detectors, in their order.
  init(_ detectors: [DetectorEntry]) {
    let words = detectors.reduce(ordinaryWords.count) { $0 + $1.words.count }
    var size = 64
    while size < words * 3 { size *= 2 }
    entries = Slots(size) { _ in Entry() }
    mask = size - 1
    ofValues = detectors.enumerated().reduce(0) { $1.element.looksAtValuesAlone ? $0 | 1 << UInt64($1.offset) : $0 }
    for (index, detector) in detectors.enumerated() {
      for word in detector.words { add(word) { $0.detectors |= 1 << UInt64(index) } }
    }
    for word in ordinaryWords { add(word) { $0.isOrdinary = true } }
  }

  private mutating func add(_ words: StaticString, _ change: (inout Meaning) -> Void) {
    // SAFETY: a static string has so many bytes.
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: words.utf8Start, count: words.utf8CodeUnitCount))
    addSequence(bytes, change)
    // What stands with blanks may also stand without.
    if bytes.contains(UInt8(ascii: " ")) { addSequence(bytes.filter { $0 != UInt8(ascii: " ") }, change) }
  }
  private mutating func addSequence(_ bytes: [UInt8], _ change: (inout Meaning) -> Void) {
    var place = 0
    var hashes: [UInt64] = []
    // SAFETY: each of them is one byte, so there is none between them.
    let text = unsafe bytes.span.bytes
    while let word = Word.next(in: text, from: &place, to: bytes.count) { hashes.append(word.hash) }
    require(!hashes.isEmpty && hashes.count <= Self.sequenceMax, "a detector's word is one to four words")
    var hash = hashes[hashes.count - 1]
    for (index, word) in hashes.reversed().enumerated() where index > 0 {
      entries[reserve(hash)].endsSequence = true
      hash = Word.join(hash, after: word)
    }
    change(&entries[reserve(hash)].meaning)
  }
  private mutating func reserve(_ hash: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: hash) & mask
    while entries[place].hash != hash, entries[place].hash != 0 { place = (place &+ 1) & mask }
    entries[place].hash = hash
    return place
  }

  /// What the longest known sequence that ends with a word means, and whether more words might make a longer one; the
  /// words are told from the last one on.
  func meaning(of words: borrowing WordRun, at index: Int) -> (Meaning, isOpen: Bool) {
    let word = words[index]
    var found = entry(word.hash)
    var hash = word.hash
    if !found.meaning.isKnown, !found.endsSequence {
      found = entry(word.stem)
      hash = word.stem
    }
    var meaning = found.meaning
    var next = index &+ 1
    while found.endsSequence, next < words.count {
      hash = Word.join(hash, after: words[next].hash)
      found = entry(hash)
      if found.meaning.isKnown { meaning = found.meaning }
      next &+= 1
    }
    return (meaning, found.endsSequence)
  }
  private func entry(_ hash: UInt64) -> Entry {
    var place = Int(truncatingIfNeeded: hash) & mask
    while entries[place].hash != hash {
      guard entries[place].hash != 0 else { return Entry() }
      place = (place &+ 1) & mask
    }
    return entries[place]
  }
}

/// Some words in a row, the last one first.
struct WordRun: ~Copyable {
  private var words = Slots<Word>(wordsMax) { _ in Word() }
  private static var wordsMax: Int { 32 }
  private(set) var count = 0

  /// One of them.
  @inline(__always) subscript(index: Int) -> Word { words[index] }

  /// Forgets them all.
  mutating func removeAll() { count = 0 }
  /// Adds the words of a part of a text before all others, as far as there is room.
  mutating func add(_ text: RawSpan, _ part: Range<Int>) {
    var place = part.lowerBound
    let first = count
    while count < Self.wordsMax, let word = Word.next(in: text, from: &place, to: part.upperBound) {
      words[count] = word
      count &+= 1
    }
    var (low, high) = (first, count &- 1)
    while low < high {
      let word = words[low]
      words[low] = words[high]
      words[high] = word
      (low, high) = (low &+ 1, high &- 1)
    }
  }
}
