import Bytes
import Events
import Formats
import Store

/// A lane, its files, and a disk that does what the test says, when it says so.
struct Rig: ~Copyable {
  var lane: Lane
  var files: Files
  /// Writes handed over that have not been completed.
  var flights: [Written] = []
  /// Every event that was committed.
  var committed: [Logged] = []
  var nowNs: Int64 = 1_000_000_000
  var utcNs: Int64 = 1_790_000_000_000_000_000
  private var regions: UInt32 = 0
  /// Whether segments are made when they are asked for.
  var makesSegments = true

  static func settings(
    lane: UInt16 = 3,
    topics: Int = 2,
    segmentBytes: Int = 64 << 10,
    slots: Int = 4,
    commitBytesMax: Int = 16 << 10,
    writesMax: Int = 4
  ) -> Lane.Settings {
    Lane.Settings(
      lane: LaneID(rawValue: lane),
      topics: topics,
      segmentBytes: segmentBytes,
      slots: slots,
      commitBytesMax: commitBytesMax,
      writesMax: writesMax
    )
  }

  /// Starts on what the files hold.
  init(_ settings: Lane.Settings = Rig.settings(), on files: Files = Files(), entropy: UInt64 = 1) throws(LaneDamage) {
    lane = Lane(try files.recover(settings), entropy: entropy &* 0x9E37_79B9_7F4A_7C15)
    self.files = files
  }

  /// A region of its own for each write.
  mutating func region() -> Region {
    regions += 1
    return Region(id: RegionID(rawValue: regions), byteCount: lane.settings.commitBytesMax)
  }

  mutating func next(_ batchBytes: Int = 0, isDraining: Bool = false) -> Lane.Step {
    lane.next(batchBytes: batchBytes, nowNs: nowNs, isDraining: isDraining)
  }

  /// Carries out what the lane wants until it waits, or wants the batch.
  mutating func advance(_ batchBytes: Int = 0, isDraining: Bool = false) -> Lane.Step {
    while true {
      let step = next(batchBytes, isDraining: isDraining)
      guard carryOut(step) else { return step }
    }
  }
  /// Carries out one step; `false` for those that are nothing to carry out.
  mutating func carryOut(_ step: Lane.Step) -> Bool {
    switch step {
    case .wait, .commit: return false
    case .prepare(let slot):
      guard makesSegments else {
        lane.prepared(slot: slot, throughBytes: -28, nowNs: nowNs)
        return true
      }
      files.make(slot, byteCount: lane.settings.segmentBytes)
      lane.prepared(slot: slot, throughBytes: lane.settings.segmentBytes, nowNs: nowNs)
    case .open, .index, .seal:
      var region = region()
      let place =
        switch step {
        case .open: lane.open(into: &region, utcNs: utcNs, nowNs: nowNs)
        case .index: lane.index(into: &region, utcNs: utcNs, nowNs: nowNs)
        default: lane.seal(into: &region, utcNs: utcNs, nowNs: nowNs)
        }
      flights.append(Written(region: region.id, place: place, bytes: copy(region.bytes)))
    }
    return true
  }

  /// Claims a place for each value and lays them out as a sealed batch.
  mutating func batch(_ values: [[UInt8]], topic: Int = 0) -> Filled {
    var region = region()
    let id = TopicID(rawValue: UInt16(topic))
    var events: [Logged] = []
    for value in values { events.append(Logged(topic: topic, offset: lane.claim(id).offset, value: value)) }
    fill(&region, events)
    return Filled(region: region, events: events)
  }

  /// Commits a batch, once everything that has to come before is written and completed.
  mutating func commit(_ filled: consuming Filled) -> Written {
    var step = advance(filled.region.count, isDraining: true)
    while step != .commit {
      precondition(!flights.isEmpty, "a batch can be committed once what comes before is done")
      complete()
      step = advance(filled.region.count, isDraining: true)
    }
    return submit(filled)
  }
  /// Hands over a batch; for a lane that wants it.
  mutating func submit(_ filled: consuming Filled) -> Written {
    let events = filled.events
    var region = filled.region
    let place = lane.commit(&region, events: events.count, last: lane.last, utcNs: utcNs, nowNs: nowNs)
    let written = Written(region: region.id, place: place, bytes: copy(region.bytes), events: events)
    flights.append(written)
    committed += events
    return written
  }
  /// Commits a number of events of one topic.
  @discardableResult
  mutating func commit(_ count: Int, topic: Int = 0, bytes: Int = 20) -> Written {
    let first = lane.nextOffset(of: TopicID(rawValue: UInt16(topic)))
    return commit(batch((0..<count).map { value(topic, first + UInt64($0), bytes) }, topic: topic))
  }

  /// Completes one write under way: stores it and tells the lane.
  @discardableResult
  mutating func complete(_ index: Int = 0, _ result: Int32? = nil) -> Lane.Settled {
    let written = flights.remove(at: index)
    if result == nil { files.store(written) }
    return lane.completed(written.region, result ?? Int32(written.bytes.count), nowNs: nowNs)
  }
  /// Completes everything under way.
  mutating func settle() { while !flights.isEmpty { complete() } }

  /// Goes on until nothing is left to do but wait, and completes it all.
  mutating func finish(isDraining: Bool = false) {
    repeat {
      settle()
      _ = advance(isDraining: isDraining)
    } while !flights.isEmpty
  }

  /// Opens the first segment.
  mutating func open() {
    _ = advance()
    settle()
  }
}

/// A sealed batch.
struct Filled: ~Copyable {
  var region: Region
  let events: [Logged]
}

/// A value that says where it belongs.
func value(_ topic: Int, _ offset: UInt64, _ bytes: Int) -> [UInt8] {
  let text = Array("topic \(topic) offset \(offset)".utf8)
  return text + [UInt8](repeating: 0x2E, count: max(bytes - text.count, 0))
}

/// Lays out events of one topic behind the place of a commit's header.
func fill(_ region: inout Region, _ events: [Logged]) {
  region.count = CommitHeader.byteCount
  let start = region.count
  let empty: [UInt8] = []
  region.count += BatchEntry.byteCount + RecordBatchHeader.byteCount
  for (place, event) in events.enumerated() {
    let zero: [UInt8] = [0]
    let fits = region.append(
      record: 0,
      offsetDelta: Int32(place),
      key: empty.span.bytes,
      hasKey: false,
      value: event.value.span.bytes,
      hasValue: true,
      headers: zero.span.bytes
    )
    precondition(fits, "a test's events fit their commit")
  }
  let header = RecordBatchHeader(
    baseOffset: events[0].offset,
    attributes: RecordBatchAttributes(codec: .none),
    lastOffsetDelta: Int32(events.count - 1),
    baseTimestampMs: 1_790_000_000_000,
    maxTimestampMs: 1_790_000_000_000,
    recordCount: Int32(events.count)
  )
  header.encode(into: &region, at: start + BatchEntry.byteCount)
  let bytes = region.count - start - BatchEntry.byteCount
  BatchEntry(topic: TopicID(rawValue: UInt16(events[0].topic)), batchBytes: bytes).encode(into: &region, at: start)
}

func copy(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
