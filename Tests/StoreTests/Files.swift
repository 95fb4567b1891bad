import Bytes
import Events
import Formats
import LogReading
import Store

/// One event as the files of a lane hold it.
struct Logged: Hashable {
  let topic: Int
  let offset: UInt64
  let value: [UInt8]
}

/// The files of one lane, and what stands in them.
struct Files {
  var bytes: [UInt16: [UInt8]] = [:]

  /// Which files there are.
  var slots: [UInt16] { bytes.keys.sorted() }

  mutating func make(_ slot: UInt16, byteCount: Int) {
    precondition(bytes[slot] == nil, "a file is made once")
    bytes[slot] = [UInt8](repeating: 0, count: byteCount)
  }
  /// Stores some blocks of a write: all unless told which.
  mutating func store(_ write: Written, blocks: [Bool]? = nil) {
    for block in 0..<write.blocks where blocks?[block] ?? true {
      let from = block * CommitHeader.blockBytes
      let to = write.place.offset + from
      let piece = write.bytes[from..<from + CommitHeader.blockBytes]
      bytes[write.place.slot]!.replaceSubrange(to..<to + CommitHeader.blockBytes, with: piece)
    }
  }
  mutating func flip(bit: Int, of slot: UInt16) { bytes[slot]![bit / 8] ^= 1 << UInt8(bit % 8) }
  mutating func zero(_ range: Range<Int>, of slot: UInt16) {
    for place in range { bytes[slot]![place] = 0 }
  }

  /// The header of a file's segment; `nil` for none.
  func header(_ slot: UInt16) -> SegmentHeader? {
    guard let file = bytes[slot], case .found(let header) = SegmentHeader.read(file.span.bytes) else { return nil }
    return header
  }
  /// The headers of all segments that read, oldest first.
  var headers: [SegmentHeader] { slots.compactMap { header($0) }.sorted { $0.generation < $1.generation } }

  /// Finds out where the lane ended.
  func recover(_ settings: Lane.Settings) throws(LaneDamage) -> RecoveredLane {
    var recovery = LaneRecovery(settings, slots: slots)
    while case .read(let slot, let offset) = recovery.need() {
      let file = bytes[slot]!
      let from = min(offset, file.count)
      try recovery.take(file.span.bytes.extracting(from..<min(from + settings.commitBytesMax, file.count)))
    }
    return recovery.finish()
  }
  /// Why recovery refuses the lane; `nil` when it does not.
  func refusal(_ settings: Lane.Settings) -> LaneDamage? {
    do throws(LaneDamage) { _ = try recover(settings) } catch { return error }
    return nil
  }

  /// Reads on, until the reader wants nothing more.
  func read(_ reader: inout LaneReader, _ found: inout Reading) {
    while case .read(let slot, let offset) = reader.need() {
      let file = bytes[slot]!
      let from = min(offset, file.count)
      let piece = file.span.bytes.extracting(from..<min(from + reader.readBytes, file.count))
      reader.take(piece) { found.add($0) }
    }
    found.damages = reader.damages
  }
  /// Reads everything from the start.
  func read(_ settings: Lane.Settings, isLive: Bool = false, from start: LaneReader.Start = .oldest) -> Reading {
    var found = Reading()
    var reader = reader(settings, isLive: isLive, from: start)
    read(&reader, &found)
    return found
  }
  func reader(
    _ settings: Lane.Settings,
    isLive: Bool = false,
    readBytes: Int? = nil,
    from start: LaneReader.Start = .oldest
  ) -> LaneReader {
    LaneReader(
      lane: settings.lane,
      slots: slots,
      commitBytesMax: settings.commitBytesMax,
      isLive: isLive,
      readBytes: readBytes,
      start: start
    )
  }
}

/// What a reader found.
struct Reading {
  var commits: [CommitHeader] = []
  var places: [Int] = []
  var events: [Logged] = []
  var damages: [LaneDamage] = []
  var faults: [RecordBatchFault] = []

  var sequences: [UInt64] { commits.map(\.sequence) }

  mutating func add(_ found: LaneReader.Found) {
    commits.append(found.header)
    places.append(found.offset)
    var walk = CommitWalk(scratchBytes: 1 << 16)
    do throws(RecordBatchFault) {
      try walk.events(of: found, in: found.header.lane) { event in
        events.append(Logged(topic: Int(event.topic.rawValue), offset: event.offset, value: event.value))
      }
    } catch { faults.append(error) }
  }
}

/// A write that was handed to the disk.
struct Written {
  let region: RegionID
  let place: Lane.Write
  let bytes: [UInt8]
  /// The events it holds.
  var events: [Logged] = []

  var blocks: Int { bytes.count / CommitHeader.blockBytes }
  /// The sequence of the commit it is; of no header.
  var sequence: UInt64 { bytes.span.bytes.integer(UInt64.self, at: 24) }
}

/// Which of so many blocks a subset's number stands for.
func subset(_ number: Int, of count: Int) -> [Bool] { (0..<count).map { number >> $0 & 1 == 1 } }
