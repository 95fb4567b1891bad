internal import Bytes
internal import Events
internal import Formats
internal import Host
internal import Settings
internal import Store
internal import World

/// `sluice log verify`.
func verifyLog(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
  let directory = try LogDirectory(arguments)
  let startNs = monotonicNs()
  var total = LaneFigures()
  var troubles = Troubles()
  let lanes = try directory.lanes(arguments)
  let sideLanes = arguments.isGiven("--partition") ? [] : try directory.sideLanes()
  for lane in lanes + sideLanes {
    let before = troubles.count
    var check = LaneCheck(lane, directory)
    try check.readAll(&troubles)
    let cut = directory.isLive ? nil : try check.recover(&troubles)
    let found = troubles.count - before
    let verdict = found == 0 ? "good" : "\(counted(found, "problem"))"
    StandardOutput.write("\(lane.title): \(check.figures.text): \(verdict)\n")
    if let cut {
      let whole = cut.discarded > 0 ? ", \(counted(cut.discarded, "whole commit")) behind it" : ""
      StandardOutput.write(
        "\(lane.title): ends at commit \(cut.sequence), in \(directory.path(lane, cut.slot)) at \(cut.offset): "
          + "a write that a crash cut off, never acknowledged\(whole)\n"
      )
    }
    total.add(check.figures)
  }
  let seconds = Double(monotonicNs() - startNs) / 1e9
  let live = directory.isLive ? ", through what is durable of a running gateway's log" : ""
  let verdict = troubles.count == 0 ? "good" : counted(troubles.count, "problem")
  let side = sideLanes.isEmpty ? "" : ", \(counted(sideLanes.count, "side lane"))"
  let what = counted(lanes.count, "lane") + side
  StandardOutput.write("\(what): \(total.text) in \(tenths(seconds)) s\(live): \(verdict)\n")
  return troubles.report(isWhole: true)
}

/// A number with one decimal place.
private func tenths(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

/// How much was verified.
private struct LaneFigures {
  var segments = 0
  var commits = 0
  var events: UInt64 = 0
  var bytes = 0

  mutating func add(_ other: LaneFigures) {
    segments += other.segments
    commits += other.commits
    events += other.events
    bytes += other.bytes
  }
  var text: String {
    let megabytes = tenths(Double(bytes) / 1e6)
    return "\(counted(segments, "segment")), \(counted(commits, "commit")), \(events) events, \(megabytes) MB"
  }
}

/// Checks everything that can be checked of one lane: each commit's own checks and its place in the chain (`LaneReader`
/// does), that every record can be read, that counts agree, that offsets go on without a gap over commits and segments,
/// that indexes point at what is there, and that recovery would find the same end.
private struct LaneCheck: ~Copyable {
  private let lane: LaneID
  private let directory: LogDirectory
  private(set) var figures = LaneFigures()
  private var decoder = CommitDecoder()
  private var state: State

  /// What the commits so far say.
  private struct State {
    /// The offset each topic's next event must have; a topic that is not here may go on anywhere.
    var next: [TopicID: UInt64] = [:]
    /// Whether something before was lost, so that offsets may jump.
    var hasGap = false
    var generation: UInt64 = 0
    var sequence: UInt64?
    /// Where each batch of the segment is, for its index.
    var places: Set<Place> = []
  }
  private struct Place: Hashable {
    let topic: TopicID
    let block: UInt32
    let baseOffset: UInt64
  }

  init(_ lane: LaneID, _ directory: LogDirectory) {
    (self.lane, self.directory) = (lane, directory)
    state = State()
  }

  /// Reads every commit there is.
  mutating func readAll(_ troubles: inout Troubles) throws(CommandFailure) {
    var scan = try LaneScan(lane, of: directory)
    while true {
      let headers = scan.reader.headers
      let goesOn = try scan.step { found in
        if found.header.generation != state.generation,
          let header = headers.last(where: { $0.generation == found.header.generation })
        {
          enter(header, &troubles)
        }
        check(found, &troubles)
      }
      guard goesOn else { break }
    }
    troubles.add(scan, of: directory)
    for slot in try scan.headless() {
      troubles.add(
        "\(directory.path(lane, slot)): offset 0: the header does not read, and the newest commits are behind it"
      )
    }
  }

  private mutating func enter(_ header: SegmentHeader, _ troubles: inout Troubles) {
    let place = directory.path(lane, header.segment.slot)
    if state.generation > 0, !state.hasGap {
      for topic in header.topics where state.next[topic.topic, default: topic.nextOffset] != topic.nextOffset {
        let expected = state.next[topic.topic] ?? 0
        troubles.add(
          "\(place): offset 0: topic '\(directory.name(of: topic.topic, in: lane))' "
            + "goes on at \(topic.nextOffset), not at \(expected)"
        )
      }
    }
    for topic in header.topics {
      state.next[topic.topic] = topic.nextOffset
      guard topic.logStart > topic.nextOffset else { continue }
      troubles.add("\(place): offset 0: topic '\(directory.name(of: topic.topic, in: lane))' starts behind its end")
    }
    state.hasGap = false
    state.generation = header.generation
    state.sequence = state.sequence ?? header.firstSequence - 1
    state.places.removeAll(keepingCapacity: true)
    figures.segments += 1
  }

  private mutating func check(_ found: LaneReader.Found, _ troubles: inout Troubles) {
    let header = found.header
    let place = "\(directory.path(lane, found.slot)): offset \(found.offset): commit \(header.sequence)"
    if let last = state.sequence, header.sequence != last + 1 {
      // What is missing has been reported as damage; offsets start afresh behind it.
      state.hasGap = true
      state.next.removeAll()
    }
    state.sequence = header.sequence
    if header.durableThrough >= header.sequence {
      troubles.add("\(place): it calls commit \(header.durableThrough) durable, which came no earlier")
    }
    figures.commits += 1
    figures.events += UInt64(header.events)
    figures.bytes += header.bytesUsed
    let commit = found.bytes.extracting(0..<header.bytesUsed)
    switch header.kind {
    case .records: checkRecords(commit, header, block: UInt32(found.offset / CommitHeader.blockBytes), place, &troubles)
    case .index: checkIndex(commit, place, &troubles)
    case .seal: if header.events != 0 { troubles.add("\(place): a seal with events") }
    }
  }

  private mutating func checkRecords(
    _ commit: RawSpan,
    _ header: CommitHeader,
    block: UInt32,
    _ place: String,
    _ troubles: inout Troubles
  ) {
    var events: UInt32 = 0
    do throws(RecordBatchFault) {
      var batches = BatchReader(commit.extracting(CommitHeader.byteCount..<commit.byteCount))
      while let element = try batches.next() {
        let (topic, batch) = (element.topic, element.batch.header)
        let name = directory.name(of: topic, in: lane)
        if Int(topic.rawValue) >= directory.topics(of: lane) {
          troubles.add("\(place): the manifest does not list topic \(topic.rawValue)")
        }
        if let expected = state.next[topic], expected != batch.baseOffset {
          troubles.add("\(place): topic '\(name)' goes on at \(batch.baseOffset), not at \(expected)")
        }
        if Int64(batch.recordCount) != Int64(batch.lastOffsetDelta) + 1 {
          troubles.add(
            "\(place): topic '\(name)' has \(batch.recordCount) records for \(batch.lastOffsetDelta + 1) offsets"
          )
        }
        state.next[topic] = batch.lastOffset + 1
        state.places.insert(Place(topic: topic, block: block, baseOffset: batch.baseOffset))
        events &+= UInt32(batch.recordCount)
      }
      try checkStamps(commit, place, &troubles)
    } catch { troubles.add("\(place): a batch is wrong: \(error)") }
    if events != header.events { troubles.add("\(place): it says \(header.events) events and holds \(events)") }
  }

  /// Reads every record, compressed ones too, with all that belongs to it; and what is said of events set aside.
  private mutating func checkStamps(_ commit: RawSpan, _ place: String, _ troubles: inout Troubles)
    throws(RecordBatchFault)
  {
    var fault: String?
    let isSide = lane.isSide
    try decoder.records(of: commit, where: { _ in true }) { topic, record in
      do throws(StampFault) {
        if try record.stamp() == nil { fault = "event \(record.offset) has no stamp" }
      } catch { fault = "the stamp of event \(record.offset) is wrong: \(error)" }
      guard isSide, topic == SideLane.quarantine else { return fault == nil }
      do throws(QuarantineFault) { _ = try QuarantineRecord(decoding: record.value) } catch {
        fault = "quarantine record \(record.offset) is wrong: \(error)"
      }
      return fault == nil
    }
    if let fault { troubles.add("\(place): \(fault)") }
  }

  private func checkIndex(_ commit: RawSpan, _ place: String, _ troubles: inout Troubles) {
    guard let entries = SegmentIndex.read(commit) else {
      troubles.add("\(place): the index does not fill its commit")
      return
    }
    guard !state.hasGap else { return }
    for entry in entries
    where !state.places.contains(Place(topic: entry.topic, block: entry.block, baseOffset: entry.baseOffset)) {
      let name = directory.name(of: entry.topic, in: lane)
      troubles.add(
        "\(place): the index says that '\(name)' \(entry.baseOffset) is in block \(entry.block), and it is not"
      )
    }
  }

  /// Finds the lane's end as a gateway would at its start, and compares.
  ///
  /// - Returns: where a crash cut the lane, if one did.
  mutating func recover(_ troubles: inout Troubles) throws(CommandFailure) -> LaneCut? {
    let (files, lane) = (directory.files, lane)
    let slots = try onHost { () throws(HostFailure) in try files.segments(of: lane) }.map(\.slot)
    let settings = Lane.Settings(
      lane: lane,
      topics: directory.topics(of: lane),
      segmentBytes: directory.segmentBytes(of: lane),
      slots: max(Int(slots.last ?? 0) + 1, 3),
      commitBytesMax: CommitHeader.bytesMax,
      writesMax: 1
    )
    var recovery = LaneRecovery(settings, slots: slots)
    var region = Region(id: RegionID(rawValue: 0), byteCount: CommitHeader.bytesMax)
    var head = Region(id: RegionID(rawValue: 1), byteCount: SegmentHeader.byteCount(topics: SegmentHeader.topicsMax))
    while case .read(let slot, let offset) = recovery.need() {
      do throws(HostFailure) {
        let file = try files.open(SegmentID(lane: lane, slot: slot))
        if offset == 0 { try file.read(into: &head, at: 0) } else { try file.read(into: &region, at: offset) }
      } catch { throw .environment(error) }
      do throws(LaneDamage) {
        if offset == 0 { try recovery.take(head.bytes) } else { try recovery.take(region.bytes) }
      } catch {
        troubles.add("a gateway would not start: " + directory.text(of: error))
        return nil
      }
    }
    let recovered = recovery.finish()
    for (topic, offset) in recovered.offsets.enumerated() {
      guard !state.hasGap, let next = state.next[TopicID(rawValue: UInt16(topic))], next != offset else { continue }
      let name = directory.name(of: TopicID(rawValue: UInt16(topic)), in: lane)
      troubles.add("\(lane.title): recovery ends topic '\(name)' at \(offset), its events at \(next)")
    }
    return recovered.cut
  }
}
