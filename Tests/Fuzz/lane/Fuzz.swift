import Bytes
import Events
import Formats
import Store

/// Segments have 32 KiB, commits 8 KiB at most, and there are up to three files.
let settings = Lane.Settings(
  lane: LaneID(rawValue: 0),
  topics: 4,
  segmentBytes: 32 << 10,
  slots: 3,
  commitBytesMax: 8 << 10,
  writesMax: 2
)

/// Reads hostile files as a lane: recovers it, reads it beside a gateway and without one, and goes on writing it.
///
/// The first byte says which checks are made good before anything is read, so that what is behind them is reached too;
/// the second how many blocks the first file has. Traps when something is read for ever, is called durable twice, or
/// when a lane that recovery accepts cannot be gone on with.
@c(LLVMFuzzerTestOneInput) public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 2, count < 100_000, let start else { return 0 }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  var files = split(input)
  if input[0] & 1 == 1 { for slot in files.indices { repair(&files[slot], slot: UInt16(slot), input[0]) } }
  read(files, isLive: false)
  read(files, isLive: true)
  recover(files)
  return 0
}

func split(_ input: [UInt8]) -> [[UInt8]] {
  var rest = input[2...]
  var files: [[UInt8]] = []
  while files.count < 3, !rest.isEmpty {
    let bytes = files.isEmpty ? max(Int(input[1] & 7), 1) * 4096 : settings.segmentBytes
    files.append(Array(rest.prefix(bytes)))
    rest = rest.dropFirst(bytes)
  }
  return files
}

/// Makes the checks of a file's header and of whatever starts like a commit good.
func repair(_ file: inout [UInt8], slot: UInt16, _ choice: UInt8) {
  guard file.count >= 112 else { return }
  store(0x534C_4353_4547_4D31, 8, in: &file, at: 0)
  store(1, 2, in: &file, at: 8)
  store(UInt64(slot), 6, in: &file, at: 10)
  let topics = min(Int(file[55] & 7), (file.count - 112) / 24)
  store(UInt64(topics), 4, in: &file, at: 52)
  store(8, 4, in: &file, at: 100)
  store(UInt64(112 + 24 * topics), 4, in: &file, at: 104)
  store(0, 4, in: &file, at: 108)
  let check = Checksum.crc32c(file.span.bytes.extracting(0..<(112 + 24 * topics)))
  store(UInt64(check), 4, in: &file, at: 108)
  guard choice & 2 == 2, case .found(let header) = SegmentHeader.read(file.span.bytes) else { return }
  var (sequence, previous, at) = (header.firstSequence, header.firstPrevious, header.byteCount)
  while at + 64 <= file.count {
    let bytes = reseal(&file, at: at, header, sequence: sequence, previous: &previous, isChained: choice & 4 == 4)
    sequence &+= 1
    at += bytes ?? CommitHeader.blockBytes
  }
}

/// Writes a commit's check again, and the checks of its batches.
///
/// - Returns: how far the next one is, when this could be one.
func reseal(
  _ file: inout [UInt8],
  at: Int,
  _ header: SegmentHeader,
  sequence: UInt64,
  previous: inout UInt32,
  isChained: Bool
) -> Int? {
  let used = Int(file.span.bytes.integer(UInt32.self, at: at + 8))
  guard used >= 64, used <= min(file.count - at, settings.commitBytesMax),
    let kind = CommitHeader.Kind(rawValue: file[at + 5])
  else { return nil }
  var region = Region(id: RegionID(rawValue: 0), byteCount: settings.commitBytesMax)
  region.append(file.span.bytes.extracting(at..<(at + used)))
  var entry = 64
  while kind == .records, entry < used {
    guard let end = BatchEntry.end(in: region.bytes, at: entry) else { return nil }
    region.store(Checksum.crc32c(region.bytes.extracting((entry + 29)..<end)), at: entry + 25)
    entry = end
  }
  guard kind != .seal || used == 64 else { return nil }
  var commit = CommitHeader(
    kind: kind,
    lane: settings.lane,
    bytesUsed: used,
    events: region.bytes.integer(UInt32.self, at: 12),
    generation: isChained ? header.generation : region.bytes.integer(UInt64.self, at: 16),
    sequence: isChained ? sequence : region.bytes.integer(UInt64.self, at: 24),
    durableThrough: region.bytes.integer(UInt64.self, at: 32),
    timeNs: region.bytes.integer(Int64.self, at: 40),
    epoch: isChained ? header.epoch : region.bytes.integer(UInt64.self, at: 48),
    previous: isChained ? previous : region.bytes.integer(UInt32.self, at: 56)
  )
  commit.seal(&region, secret: header.secret)
  previous = commit.check
  for place in 0..<min(region.count, file.count - at) { file[at + place] = region.bytes.byte(place) }
  return commit.bytesPadded
}

func store(_ value: UInt64, _ count: Int, in file: inout [UInt8], at: Int) {
  for place in 0..<count { file[at + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - place))) }
}

func read(_ files: [[UInt8]], isLive: Bool) {
  let slots = files.indices.map { UInt16($0) }
  var reader = LaneReader(
    lane: settings.lane,
    slots: slots,
    commitBytesMax: settings.commitBytesMax,
    isLive: isLive,
    readBytes: 4096
  )
  var seen: Set<[UInt64]> = []
  for _ in 0..<2 {
    var rounds = 0
    while case .read(let slot, let offset) = reader.need() {
      rounds += 1
      precondition(rounds < 1000, "reading comes to an end")
      let file = files[Int(slot)]
      let from = min(offset, file.count)
      reader.take(file.span.bytes.extracting(from..<min(from + reader.readBytes, file.count))) { found in
        let isFirst = seen.insert([found.header.generation, found.header.sequence]).inserted
        precondition(isFirst, "a commit is given once")
        decode(found)
      }
    }
    reader.resume()
  }
}

func decode(_ found: LaneReader.Found) {
  let bytes = found.bytes.extracting(0..<found.header.bytesUsed)
  switch found.header.kind {
  case .seal: precondition(bytes.byteCount == 64, "a seal is a header")
  case .index: _ = SegmentIndex.read(bytes)
  case .records:
    do throws(RecordBatchFault) {
      var batches = BatchReader(bytes.extracting(64..<bytes.byteCount))
      while let element = try batches.next() {
        guard element.batch.header.attributes.compression.codec == Codec.none else { continue }
        var records = try element.batch.records()
        while try records.next() != nil {}
      }
    } catch { return }
  }
}

func recover(_ files: [[UInt8]]) {
  var recovery = LaneRecovery(settings, slots: files.indices.map { UInt16($0) })
  var rounds = 0
  do throws(LaneDamage) {
    while case .read(let slot, let offset) = recovery.need() {
      rounds += 1
      precondition(rounds < 1000, "recovery comes to an end")
      let file = files[Int(slot)]
      let from = min(offset, file.count)
      try recovery.take(file.span.bytes.extracting(from..<min(from + settings.commitBytesMax, file.count)))
    }
  } catch { return }
  let recovered = recovery.finish()
  let sequence = recovered.sequence
  precondition(recovered.cut.map { $0.sequence == sequence } ?? true, "a lane goes on where it was cut")
  var lane = Lane(recovered, entropy: 1)
  goOn(&lane)
}

/// Opens the lane, and ends a segment.
func goOn(_ lane: inout Lane) {
  var region = Region(id: RegionID(rawValue: 0), byteCount: settings.commitBytesMax)
  for round in 0..<8 {
    switch lane.next(batchBytes: 0, nowNs: Int64(round) * 1_000_000_000, isDraining: true) {
    case .wait, .commit: return
    case .prepare(let slot): lane.prepared(slot: slot, throughBytes: settings.segmentBytes, nowNs: 0)
    case .open:
      _ = lane.open(into: &region, utcNs: 0, nowNs: 0)
      guard case .found(let header) = SegmentHeader.read(region.bytes) else {
        preconditionFailure("a header that is written can be read")
      }
      precondition(header.firstSequence == lane.sequence, "a segment goes on where the last one ended")
      _ = lane.completed(region.id, Int32(region.count), nowNs: 0)
    case .index, .seal: preconditionFailure("nothing was committed")
    }
  }
}
