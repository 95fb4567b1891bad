import Bytes
import Events
import Formats
import Simulator
import Store
import World

/// One event as a reader of the disk finds it.
struct LoggedEvent: Hashable {
  let lane: LaneID
  let topic: TopicID
  let offset: UInt64
  let key: [UInt8]?
  let value: [UInt8]
}

/// What the files of all lanes hold.
struct Log {
  var events: [LoggedEvent] = []
  var damages: [LaneDamage] = []
  var faults: [String] = []

  /// Reads the lanes as `sluice log` would.
  ///
  /// - Parameters:
  ///   - disk: what is there to read.
  ///   - lanes: how many lanes there are.
  ///   - commitBytesMax: the largest commit, in bytes.
  ///   - isLive: whether only what is known to be durable is read, as beside a running gateway.
  init(_ disk: SimulatedDisk, lanes: Int, commitBytesMax: Int, isLive: Bool = false) {
    var decompressor = LZ4Decompressor()
    var scratch = Region(id: RegionID(rawValue: 0), byteCount: 4 << 20)
    for lane in 0..<lanes {
      let id = LaneID(rawValue: UInt16(lane))
      let slots = disk.files.keys.filter { $0.lane == id }.map(\.slot).sorted()
      var reader = LaneReader(lane: id, slots: slots, commitBytesMax: commitBytesMax, isLive: isLive)
      while case .read(let slot, let offset) = reader.need() {
        let file = disk.files[SegmentID(lane: id, slot: slot)]!
        let end = min(offset + commitBytesMax, file.count)
        let bytes = file.span.bytes.extracting(min(offset, end)..<end)
        reader.take(bytes) { found in add(found, lane: id, &decompressor, &scratch) }
      }
      damages += reader.damages
    }
  }

  private mutating func add(
    _ found: LaneReader.Found,
    lane: LaneID,
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
          events.append(
            LoggedEvent(
              lane: lane,
              topic: element.topic,
              offset: record.offset,
              key: record.hasKey ? array(record.key) : nil,
              value: array(record.value)
            )
          )
        }
      }
    } catch { faults.append("\(error)") }
  }
}

/// A copy of bytes that somebody else holds.
func array(_ bytes: RawSpan) -> [UInt8] { (0..<bytes.byteCount).map { bytes.byte($0) } }
