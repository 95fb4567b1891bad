import Bytes
import Events
import Formats
import Host
import Store
import World

/// One event as a reader of the files finds it.
struct LoggedEvent {
  let lane: Int
  let topic: String
  let offset: UInt64
  let key: [UInt8]?
  let value: [UInt8]
}

/// What the files of a data directory hold.
struct LoggedEvents {
  private(set) var events: [LoggedEvent] = []
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
    var decompressor = LZ4Decompressor()
    var scratch = Region(id: RegionID(rawValue: 0), byteCount: 16 << 20)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 1 << 20)
    for lane in 0..<manifest.lanes {
      let id = LaneID(rawValue: UInt16(lane))
      let slots = try directory.segments(of: id).map(\.slot)
      var reader = LaneReader(lane: id, slots: slots, commitBytesMax: region.byteCount, isLive: isLive)
      var files = Slots<SegmentReader?>(Int(slots.max() ?? 0) + 1) { _ in nil }
      for slot in slots { files[Int(slot)] = try directory.open(SegmentID(lane: id, slot: slot)) }
      var used: Set<UInt16> = []
      while case .read(let slot, let offset) = reader.need() {
        try files[Int(slot)]!.read(into: &region, at: offset)
        reader.take(region.bytes) { found in
          used.insert(found.slot)
          add(found, lane: lane, &decompressor, &scratch)
        }
      }
      segments += used.count
      faults += reader.damages.map { "\($0)" }
    }
  }

  private mutating func add(
    _ found: LaneReader.Found,
    lane: Int,
    _ decompressor: inout LZ4Decompressor,
    _ scratch: inout Region
  ) {
    guard found.header.kind == .records else { return }
    let body = found.bytes.extracting(CommitHeader.byteCount..<found.header.bytesUsed)
    var batches = BatchReader(body)
    do throws(RecordBatchFault) {
      while let element = try batches.next() {
        var records = try element.batch.records(through: &decompressor, into: &scratch)
        while let record = try records.next() {
          let event = LoggedEvent(
            lane: lane,
            topic: names[Int(element.topic.rawValue)],
            offset: record.offset,
            key: record.hasKey ? copy(record.key) : nil,
            value: copy(record.value)
          )
          events.append(event)
        }
      }
    } catch { faults.append("\(error)") }
  }

  /// The texts of one topic's events.
  func values(of topic: String) -> [String] {
    events.filter { $0.topic == topic }.map { String(decoding: $0.value, as: UTF8.self) }
  }
}

/// A copy of bytes that somebody else holds.
private func copy(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
