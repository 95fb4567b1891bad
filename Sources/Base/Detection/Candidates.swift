internal import Bytes

/// What a scan has found so far, and which of it stays where some of it overlaps.
///
/// Of two that overlap the surer one stays, then the longer one, then the one whose detector comes first.
struct Candidates: ~Copyable {
  /// One thing found: what, and by which detector.
  struct Candidate: BitwiseCopyable {
    var start = 0
    var end = 0
    var type = PersonalType.emailAddress
    var confidence: UInt8 = 0
    var detector: UInt8 = 0
  }
  private var items: Slots<Candidate>
  /// How many findings a text may have.
  let findingsMax: Int
  private(set) var count = 0
  /// Where the part starts that counts as found as a whole, since more was found than there is room for.
  private(set) var crowdedFrom = Int.max

  init(findingsMax: Int) {
    require(findingsMax > 1, "a text may have findings")
    self.findingsMax = findingsMax
    items = Slots(2 * findingsMax) { _ in Candidate() }
  }

  /// One of them; after `settle` a finding, in the order of the text.
  @inline(__always) subscript(index: Int) -> Candidate {
    require(index < count, "a candidate is there")
    return items[index]
  }

  @inline(__always) mutating func removeAll() {
    (count, crowdedFrom) = (0, .max)
  }

  /// Adds one.
  ///
  /// Where there is no room, what overlaps is settled; what still has no room counts as found as a whole.
  mutating func add(_ candidate: Candidate) {
    guard candidate.start < crowdedFrom else { return }
    if count == items.count { settle() }
    items[count] = candidate
    count &+= 1
  }

  /// Leaves what does not overlap, in the order of the text, and of that no more than there may be.
  mutating func settle() {
    guard count > 1 else { return }
    sort { $0.isBetter(than: $1) }
    var kept = 0
    for index in 0..<count where !overlapsAny(items[index], of: kept) {
      items[kept] = items[index]
      kept &+= 1
    }
    count = kept
    sort { $0.start < $1.start }
    guard count > findingsMax else { return }
    count = findingsMax
    crowdedFrom = min(crowdedFrom, items[count &- 1].start)
  }

  /// Settles for the last time: the last finding reaches to the text's end where more was found than has room.
  @inline(__always) mutating func conclude(textBytes: Int) {
    if count > 1 { settle() }
    guard crowdedFrom != .max else { return }
    while count > 1, items[count &- 2].end > crowdedFrom { count &-= 1 }
    items[count &- 1].start = min(items[count &- 1].start, crowdedFrom)
    items[count &- 1].end = textBytes
  }

  private func overlapsAny(_ candidate: Candidate, of kept: Int) -> Bool {
    for index in 0..<kept where items[index].start < candidate.end && candidate.start < items[index].end {
      return true
    }
    return false
  }

  /// Sorts by insertion: there are few.
  private mutating func sort(_ isBefore: (Candidate, Candidate) -> Bool) {
    for index in 1..<max(1, count) {
      let item = items[index]
      var place = index
      while place > 0, isBefore(item, items[place &- 1]) {
        items[place] = items[place &- 1]
        place &-= 1
      }
      items[place] = item
    }
  }
}

extension Candidates.Candidate {
  func isBetter(than other: Self) -> Bool {
    if confidence != other.confidence { return confidence > other.confidence }
    if end &- start != other.end &- other.start { return end &- start > other.end &- other.start }
    return detector < other.detector
  }
}
