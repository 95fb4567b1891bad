internal import Bytes
internal import Events
internal import Formats

/// The files of one lane: which are the log, which are free, and how far each topic's log starts.
///
///     absent ─prepare─▶ preparing ─▶ free ─open─▶ live ─▶ sealed ─retire─▶ free
///
/// A slot's file is written once in advance and then recycled: overwriting costs a fraction of extending.
struct Segments: ~Copyable {
  enum State: UInt8, Sendable {
    /// There is no file.
    case absent
    /// The file is being written for the first time.
    case preparing
    /// The file holds nothing of the log.
    case free
    /// The file takes the commits.
    case live
    /// The file holds commits and takes no more.
    case sealed
  }
  struct Segment: Sendable {
    var state = State.absent
    /// Which use of it this is; 0 when it was never used.
    var generation: UInt64 = 0
    /// How much of it has been written in advance.
    var preparedBytes = 0
    /// Where it ends: less than its size when the disk failed to prepare the rest.
    var limitBytes = Int.max
    /// Where its commits end, once it is sealed.
    var endBlock: UInt32 = 0
    var endSequence: UInt64 = 0
    /// Where its index is; 0 for none.
    var indexBlock: UInt32 = 0
    /// When its last commit was submitted, in UTC nanoseconds.
    var lastTimeNs: Int64 = 0
  }

  private(set) var slots: [Segment]
  /// The offset of each topic's first event in each slot's segment, slot after slot.
  private var starts: [UInt64]
  /// The first offset of each topic that readers may see.
  private(set) var logStarts: [UInt64]
  private let topics: Int

  init(slots: Int, topics: Int) {
    require(slots >= 3 && slots <= Int(UInt16.max), "a lane has a live segment, a spare one and one to keep")
    self.slots = Array(repeating: Segment(), count: slots)
    self.topics = topics
    starts = Array(repeating: 0, count: slots * topics)
    logStarts = Array(repeating: 0, count: topics)
  }

  subscript(slot: UInt16) -> Segment {
    get { slots[Int(slot)] }
    set { slots[Int(slot)] = newValue }
  }

  /// A free slot that can take at least `bytes`.
  func free(for bytes: Int) -> UInt16? {
    slots.firstIndex { ($0.state == .free || $0.state == .preparing) && $0.preparedBytes >= bytes }.map(UInt16.init)
  }
  /// Whether a slot is free or will be.
  var hasSpare: Bool { slots.contains { $0.state == .free || $0.state == .preparing } }
  /// Whether a slot is being prepared.
  var isPreparing: Bool { slots.contains { $0.state == .preparing } }
  /// The first slot that has no file.
  var absent: UInt16? { slots.firstIndex { $0.state == .absent }.map(UInt16.init) }
  /// The sealed slot that was opened first.
  var oldest: UInt16? {
    slots.indices.filter { slots[$0].state == .sealed }.min { slots[$0].generation < slots[$1].generation }
      .map(UInt16.init)
  }
  /// The lowest generation that is part of the log, or `fallback` when no segment is.
  func oldestGeneration(or fallback: UInt64) -> UInt64 {
    slots.lazy.filter { $0.state == .sealed || $0.state == .live }.map(\.generation).min() ?? fallback
  }
  /// How many segments hold events.
  var inUse: Int { slots.count { $0.state == .sealed || $0.state == .live } }

  /// Notes where each topic stood when a slot's segment was opened.
  mutating func setStarts(of slot: UInt16, _ offset: (TopicID) -> UInt64) {
    for topic in 0..<topics { starts[Int(slot) * topics + topic] = offset(TopicID(rawValue: UInt16(topic))) }
  }
  func start(of topic: TopicID, in slot: UInt16) -> UInt64 { starts[Int(slot) * topics + Int(topic.rawValue)] }

  mutating func setLogStart(of topic: TopicID, _ offset: UInt64) {
    logStarts[Int(topic.rawValue)] = max(logStarts[Int(topic.rawValue)], offset)
  }

  /// Moves the log starts to these offsets when no segment holds anything: the log starts where it goes on.
  mutating func startEmptyLog(at offsets: [UInt64]) {
    guard inUse == 0 else { return }
    for topic in 0..<topics { setLogStart(of: TopicID(rawValue: UInt16(topic)), offsets[topic]) }
  }

  /// Takes the oldest sealed segment out of the log: every topic's log starts where the next one does.
  mutating func retireOldest() -> Bool {
    guard let slot = oldest else { return false }
    slots[Int(slot)].state = .free
    let next = slots.indices.filter { slots[$0].state == .sealed || slots[$0].state == .live }
      .min { slots[$0].generation < slots[$1].generation }
    guard let next else { return true }
    for topic in 0..<topics {
      setLogStart(of: TopicID(rawValue: UInt16(topic)), starts[next * topics + topic])
    }
    return true
  }

  /// Retires what is older than `ageNs`, counted from each segment's last commit.
  mutating func retire(olderThan ageNs: Int64, nowNs: Int64) {
    while let slot = oldest, slots[Int(slot)].lastTimeNs < nowNs - ageNs { _ = retireOldest() }
  }

  /// Moves a topic's log start past all segments that are older than `ageNs`.
  mutating func trim(_ topic: TopicID, olderThan ageNs: Int64, nowNs: Int64) {
    let kept = slots.indices
      .filter { slots[$0].state == .live || slots[$0].state == .sealed && slots[$0].lastTimeNs >= nowNs - ageNs }
      .min { slots[$0].generation < slots[$1].generation }
    guard let kept else { return }
    setLogStart(of: topic, starts[kept * topics + Int(topic.rawValue)])
  }
}
