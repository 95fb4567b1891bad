import Bytes
import Events
import Formats
import Host
import LogReading
import Store
import World

/// One event, with its topic's name.
struct NamedEvent {
  let lane: Int
  let topic: String
  let offset: UInt64
  let key: [UInt8]?
  let value: [UInt8]
}

/// What the files of a data directory hold.
struct LoggedEvents {
  private(set) var events: [NamedEvent] = []
  /// What is said of events that were set aside: whose bytes they are told by, in the order of their lanes.
  private(set) var asides: [ContentDigest] = []
  private(set) var faults: [String] = []
  /// How many segments hold something.
  private(set) var segments = 0
  private var names: [String] = []

  /// Reads every lane as `sluice log` does, beside a gateway that runs (`isLive`) or after its end.
  init(_ data: String, isLive: Bool = false) throws {
    let directory = try DataDirectoryReader(data)
    guard let text = try directory.read(Manifest.fileName) else { throw GatewayFailure("\(data) has no manifest") }
    let manifest = try Manifest(reading: String(decoding: text, as: UTF8.self))
    names = manifest.topics.map(\.name)
    var walk = CommitWalk(scratchBytes: 16 << 20)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 1 << 20)
    for id in (0..<manifest.lanes).map({ LaneID(rawValue: UInt16($0)) }) + (try directory.sideLanes()) {
      let slots = try directory.segments(of: id).map(\.slot)
      var reader = LaneReader(lane: id, slots: slots, commitBytesMax: region.byteCount, isLive: isLive)
      var files = Slots<SegmentReader?>(Int(slots.max() ?? 0) + 1) { _ in nil }
      for slot in slots { files[Int(slot)] = try directory.open(SegmentID(lane: id, slot: slot)) }
      var used: Set<UInt16> = []
      while case .read(let slot, let offset) = reader.need() {
        try files[Int(slot)]!.read(into: &region, at: offset)
        reader.take(region.bytes) { found in
          used.insert(found.slot)
          if id.isSide { addAsides(found, lane: id, &walk) } else { add(found, lane: id, &walk) }
        }
      }
      segments += used.count
      faults += reader.damages.map { "\($0)" }
    }
  }

  private mutating func addAsides(_ found: LaneReader.Found, lane: LaneID, _ walk: inout CommitWalk) {
    do throws(RecordBatchFault) {
      try walk.events(of: found, in: lane) { event in
        do throws(QuarantineFault) {
          asides.append(try QuarantineRecord(decoding: event.value.span.bytes).digest)
        } catch { faults.append("\(error)") }
      }
    } catch { faults.append("\(error)") }
  }

  private mutating func add(_ found: LaneReader.Found, lane: LaneID, _ walk: inout CommitWalk) {
    do throws(RecordBatchFault) {
      try walk.events(of: found, in: lane) { event in
        events.append(
          NamedEvent(
            lane: Int(event.lane.rawValue),
            topic: names[Int(event.topic.rawValue)],
            offset: event.offset,
            key: event.key,
            value: event.value
          )
        )
      }
    } catch { faults.append("\(error)") }
  }

  /// The texts of one topic's events.
  func values(of topic: String) -> [String] {
    events.filter { $0.topic == topic }.map { String(decoding: $0.value, as: UTF8.self) }
  }
}
