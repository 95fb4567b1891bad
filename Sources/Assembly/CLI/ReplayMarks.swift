internal import Bytes
internal import Events
internal import Formats
internal import Store

/// Which records of quarantine were replayed before, as the topics themselves say.
struct ReplayMarks {
  /// Where an event was stored.
  struct Place: Equatable {
    let topic: TopicID
    let lane: LaneID
    let offset: UInt64
  }
  /// By the name of the record.
  private(set) var places: [String: Place] = [:]

  /// Clocks may have been set back a little since.
  private static let marginNs: Int64 = 600_000_000_000

  /// Looks through topics for events that were replayed.
  ///
  /// - Parameters:
  ///   - directory: where.
  ///   - topics: which of them.
  ///   - sinceNs: when the first of the events was received; it can't have been stored before.
  ///   - troubles: what could not be read.
  /// - Throws: when the directory can't be read.
  init(in directory: LogDirectory, _ topics: Set<TopicID>, since sinceNs: Int64, _ troubles: inout Troubles)
    throws(CommandFailure)
  {
    guard !topics.isEmpty else { return }
    let start = sinceNs > Int64.min + Self.marginNs ? sinceNs - Self.marginNs : sinceNs
    for lane in 0..<directory.manifest.lanes {
      try read(LaneID(rawValue: UInt16(lane)), of: directory, topics, from: .time(start), &troubles)
    }
  }

  private mutating func read(
    _ lane: LaneID,
    of directory: LogDirectory,
    _ topics: Set<TopicID>,
    from start: LaneReader.Start,
    _ troubles: inout Troubles
  ) throws(CommandFailure) {
    var scan = try LaneScan(lane, of: directory, from: start)
    var decoder = CommitDecoder()
    var (found, faults) = ([String: Place](), [String]())
    var goesOn = true
    while goesOn {
      goesOn = try scan.step { commit in
        guard commit.header.kind == .records else { return }
        do throws(RecordBatchFault) {
          let bytes = commit.bytes.extracting(0..<commit.header.bytesUsed)
          try decoder.records(of: bytes, where: { topics.contains($0.topic) }) { topic, record in
            let name = record.withReplayMark { name in
              unsafe name.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            }
            if let name { found[name] = Place(topic: topic, lane: lane, offset: record.offset) }
            return true
          }
        } catch { faults.append("\(directory.path(lane, commit.slot)): offset \(commit.offset): \(error)") }
      }
    }
    for fault in faults { troubles.add(fault) }
    troubles.add(scan, of: directory)
    places.merge(found) { first, _ in first }
  }
}
