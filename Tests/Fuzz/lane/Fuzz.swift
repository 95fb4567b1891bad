import Bytes
import Events
import Formats
import Store

/// Recovers and reads a lane whose files are made by the input: headers and commits with sound checks and hostile fields,
/// in any order, among bytes that mean nothing.
///
/// A check that fails would end every run at once, so checks are computed here: what is left to get wrong is what a disk
/// could hold that belongs to other lanes, other times and other programs.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  var maker = FileMaker(Array(UnsafeBufferPointer(start: start, count: count)))
  let files = maker.make()
  recover(files)
  read(files, isLive: false)
  read(files, isLive: true)
  return 0
}

let segmentBytes = 16 * CommitHeader.blockBytes
let commitBytesMax = 4 * CommitHeader.blockBytes
let lane = LaneID(rawValue: 1)

/// What a read gives: fewer bytes where the file ends.
func bytes(of file: [UInt8], at offset: Int) -> [UInt8] {
  precondition(offset >= 0 && offset % CommitHeader.blockBytes == 0, "reads start at a block")
  return Array(file[min(offset, file.count)..<min(offset + commitBytesMax, file.count)])
}

func recover(_ files: [[UInt8]]) {
  let settings = Lane.Settings(
    lane: lane,
    topics: 3,
    segmentBytes: segmentBytes,
    slots: 8,
    commitBytesMax: commitBytesMax,
    writesMax: 4
  )
  var recovery = LaneRecovery(settings, slots: files.indices.map(UInt16.init))
  var reads = 0
  do throws(LaneDamage) {
    while case .read(let slot, let offset) = recovery.need() {
      reads += 1
      precondition(reads <= 64 * (files.count + 1), "recovery comes to an end")
      let found = bytes(of: files[Int(slot)], at: offset)
      try recovery.take(found.span.bytes)
    }
  } catch { return }
  let recovered = recovery.finish()
  precondition(recovered.sequence > 0 || recovered.cut == nil, "a lane has a sequence to go on with")
}

func read(_ files: [[UInt8]], isLive: Bool) {
  var reader = LaneReader(
    lane: lane,
    slots: files.indices.map(UInt16.init),
    commitBytesMax: commitBytesMax,
    isLive: isLive,
    readBytes: CommitHeader.blockBytes
  )
  var reads = 0
  while case .read(let slot, let offset) = reader.need() {
    reads += 1
    precondition(reads <= 256 * (files.count + 1), "reading comes to an end")
    let wanted = min(reader.readBytes, commitBytesMax)
    let found = Array(bytes(of: files[Int(slot)], at: offset).prefix(wanted))
    reader.take(found.span.bytes) { commit in
      precondition(commit.header.bytesUsed <= commit.bytes.byteCount, "a commit lies within its bytes")
      precondition(commit.header.lane == lane, "a lane's commits are its own")
      if commit.header.kind == .index { _ = SegmentIndex.read(commit.bytes.extracting(0..<commit.header.bytesUsed)) }
    }
  }
}

/// Takes the input as orders to write files.
struct FileMaker {
  private let input: [UInt8]
  private var at = 0
  private var files: [[UInt8]] = []
  private var secret = EpochSecret(bits: 0)
  private var sequence: UInt64 = 1
  private var previous: UInt32 = 0

  init(_ input: [UInt8]) { self.input = input }

  private mutating func next() -> UInt8 {
    guard at < input.count else { return 0 }
    at += 1
    return input[at - 1]
  }
  /// Mostly what is expected, now and then something else.
  private mutating func near(_ expected: UInt64) -> UInt64 {
    let byte = next()
    switch byte {
    case 0..<200: return expected
    case 200..<254: return expected &+ UInt64(byte) &- 226
    default: return UInt64.max &- UInt64(next())
    }
  }

  mutating func make() -> [[UInt8]] {
    while at < input.count {
      switch next() % 8 {
      case 0 where files.count < 8: header()
      case 1: place(Array(repeating: next(), count: CommitHeader.blockBytes))
      case 2: damage()
      case 3: place(Array(input[min(at, input.count)..<min(at + 200, input.count)]))
      default: commit()
      }
    }
    for index in files.indices where next() < 250 {
      files[index] += Array(repeating: 0, count: max(0, segmentBytes - files[index].count))
    }
    return files
  }

  private mutating func header() {
    var region = Region(id: RegionID(rawValue: 0), byteCount: commitBytesMax)
    let slot = UInt64(files.count)
    let generation = near(slot + 1)
    let epoch = near(1)
    secret = EpochSecret(bits: epoch)
    let before = SegmentHeader.Predecessor(
      generation: near(slot),
      slot: UInt16(truncatingIfNeeded: near(slot &- 1)),
      endBlock: UInt32(truncatingIfNeeded: near(4)),
      endSequence: near(sequence),
      indexBlock: UInt32(truncatingIfNeeded: near(0))
    )
    let topics = (0..<Int(next() % 5)).map { topic in
      SegmentHeader.TopicState(topic: TopicID(rawValue: UInt16(topic)), nextOffset: near(0), logStart: near(0))
    }
    let header = SegmentHeader(
      segment: SegmentHeader.SegmentName(lane: lane, slot: UInt16(truncatingIfNeeded: near(slot))),
      generation: generation,
      epoch: epoch,
      secret: secret,
      firstSequence: near(sequence),
      firstPrevious: previous,
      timeNs: Int64(truncatingIfNeeded: near(1)),
      oldestGeneration: near(1),
      predecessor: slot > 0 ? before : nil,
      segmentBlocks: UInt32(truncatingIfNeeded: near(UInt64(segmentBytes / CommitHeader.blockBytes))),
      topics: topics
    )
    header.write(into: &region)
    sequence = header.firstSequence
    files.append(copy(region))
  }

  private mutating func commit() {
    guard !files.isEmpty else { return }
    var region = Region(id: RegionID(rawValue: 0), byteCount: commitBytesMax)
    let kind = CommitHeader.Kind(rawValue: next() % 3 + 1) ?? .seal
    region.count = CommitHeader.byteCount
    if kind == .records { for _ in 0..<(next() % 3) { batch(into: &region) } }
    if kind == .index { for _ in 0..<Int(next()) where region.room > 1 { region.append(next()) } }
    var header = CommitHeader(
      kind: kind,
      lane: LaneID(rawValue: UInt16(truncatingIfNeeded: near(1))),
      bytesUsed: region.count,
      events: UInt32(truncatingIfNeeded: near(1)),
      generation: near(UInt64(files.count)),
      sequence: near(sequence),
      durableThrough: near(sequence &- 1),
      timeNs: Int64(truncatingIfNeeded: near(1)),
      epoch: near(1),
      previous: UInt32(truncatingIfNeeded: near(UInt64(previous)))
    )
    header.seal(&region, secret: secret)
    previous = header.check
    sequence = header.sequence &+ 1
    place(copy(region))
  }

  private mutating func batch(into region: inout Region) {
    let start = region.count
    let records = Array(input[min(at, input.count)..<min(at + Int(next()), input.count)])
    let head = BatchEntry.byteCount + RecordBatchHeader.byteCount
    guard region.room > head + records.count else { return }
    region.count += head
    region.append(records.span.bytes)
    let header = RecordBatchHeader(
      baseOffset: near(0),
      attributes: RecordBatchAttributes(rawValue: UInt16(next() % 8)),
      lastOffsetDelta: Int32(next()),
      baseTimestampMs: Int64(next()),
      maxTimestampMs: Int64(next()),
      recordCount: 1
    )
    let batchBytes = region.count - start - BatchEntry.byteCount
    BatchEntry(topic: TopicID(rawValue: UInt16(next() % 4)), batchBytes: batchBytes).encode(into: &region, at: start)
    header.encode(into: &region, at: start + BatchEntry.byteCount)
  }

  /// Puts bytes at the end of the newest file, in whole blocks.
  private mutating func place(_ bytes: [UInt8]) {
    guard let last = files.indices.last, files[last].count + bytes.count <= segmentBytes else { return }
    let padded = CommitHeader.padded(bytes.count)
    guard files[last].count + padded <= segmentBytes else { return }
    files[last] += bytes + Array(repeating: 0, count: padded - bytes.count)
  }
  private mutating func damage() {
    guard let last = files.indices.last, !files[last].isEmpty else { return }
    let place = (Int(next()) << 8 | Int(next())) % files[last].count
    files[last][place] ^= next()
  }
  private func copy(_ region: borrowing Region) -> [UInt8] { (0..<region.count).map { region.bytes.byte($0) } }
}
