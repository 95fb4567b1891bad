import Bytes
import Events
import Formats
import LogReading
import Simulator
import Store
import World

/// What the files of all lanes hold.
struct Log {
  var events: [LoggedEvent] = []
  /// What side lanes hold.
  var aside: [LoggedEvent] = []
  var damages: [LaneDamage] = []
  /// What is wrong besides: batches that do not read, offsets that are not where they belong.
  var faults: [String] = []

  /// Reads the lanes as `sluice log` would.
  ///
  /// - Parameters:
  ///   - disk: what is there to read.
  ///   - lanes: how many lanes there are; each has a shard to itself, which has a side lane.
  ///   - commitBytesMax: the largest commit, in bytes.
  ///   - isLive: whether only what is known to be durable is read, as beside a running gateway.
  init(_ disk: SimulatedDisk, lanes: Int, commitBytesMax: Int, isLive: Bool = false) {
    var walk = CommitWalk(scratchBytes: 4 << 20)
    for id in (0..<UInt16(lanes)).flatMap({ [LaneID(rawValue: $0), .side($0)] }) {
      let slots = disk.files.keys.filter { $0.lane == id }.map(\.slot).sorted()
      var reader = LaneReader(lane: id, slots: slots, commitBytesMax: commitBytesMax, isLive: isLive)
      var offsets = Offsets(of: id)
      while case .read(let slot, let offset) = reader.need() {
        let file = disk.files[SegmentID(lane: id, slot: slot)]!
        let end = min(offset + commitBytesMax, file.count)
        let bytes = file.span.bytes.extracting(min(offset, end)..<end)
        let headers = reader.headers
        reader.take(bytes) { found in
          offsets.enter(found.header.generation, headers)
          do throws(RecordBatchFault) {
            try walk.events(of: found, in: id) { event in
              offsets.note(event)
              if id.isSide { aside.append(event) } else { events.append(event) }
            }
          } catch { faults.append("\(error)") }
        }
      }
      offsets.end(reader.headers)
      damages += reader.damages
      // What is damaged leaves a gap.
      if reader.damages.isEmpty { faults += offsets.faults }
    }
  }
}
