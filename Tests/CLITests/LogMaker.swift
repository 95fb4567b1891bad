import Bytes
import Events
import Formats
import Glibc
import Pack
import Store
import Testing

/// A data directory with one lane on the real disk, written through `Lane` and `Batch` as a gateway would.
final class LogMaker {
  let path: String
  let names: [String]
  private let settings: Lane.Settings
  /// Where the lane's files are.
  private let folder: String
  private var lane: Lane
  private var spare: Region?
  private var batch: Batch
  private var files: [UInt16: Int32] = [:]
  private var lock: Int32 = -1
  /// When the next event is received, in UTC nanoseconds.
  var utcNs: Int64 = 1_769_860_800_000_000_000

  /// What a commit takes at most, and a segment, unless it is said.
  static let commitBytesMax = 64 << 10
  static let segmentBytes = 1 << 20
  private let entropy: UInt64 = 0x1234_5678_9ABC_DEF0
  private static let retentionAgeNs: Int64 = 3_600_000_000_000

  /// A directory with these topics, whose one lane that holds something may be a side lane.
  init(
    topics names: [String] = ["events"],
    lane id: LaneID = LaneID(rawValue: 0),
    codec: Codec = .none,
    slots: Int = 4,
    commitBytesMax: Int = LogMaker.commitBytesMax,
    segmentBytes: Int = LogMaker.segmentBytes
  ) {
    var template = Array("/tmp/sluice-cli-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template)!)
    self.names = names
    settings = Lane.Settings(
      lane: id,
      topics: id.isSide ? SideLane.topics.count : names.count,
      segmentBytes: segmentBytes,
      slots: slots,
      commitBytesMax: commitBytesMax,
      writesMax: 4,
      retentionAgeNs: Self.retentionAgeNs
    )
    mkdir("\(path)/lanes", 0o700)
    mkdir("\(path)/lanes/0000", 0o700)
    folder = "\(path)/\(id.isSide ? "side" : "lanes")/000\(id.number)"
    if id.isSide {
      mkdir("\(path)/side", 0o700)
      mkdir(folder, 0o700)
    }
    let named = names.enumerated().map { Topic(id: TopicID(rawValue: UInt16($0)), name: $1, codec: codec) }
    let topics = id.isSide ? SideLane.topics : named
    var recovery = LaneRecovery(settings, slots: [])
    precondition(recovery.need() == .nothing)
    lane = Lane(recovery.finish(), entropy: entropy)
    spare = Region(id: RegionID(rawValue: 1), byteCount: settings.commitBytesMax)
    batch = Batch(
      filling: Region(id: RegionID(rawValue: 0), byteCount: settings.commitBytesMax),
      topics: topics,
      headerBytes: CommitHeader.byteCount
    )
    var manifest = Manifest(node: 7, lanes: 1, segmentBytes: segmentBytes)
    if id.isSide { manifest.sideSegmentBytes = segmentBytes }
    for name in names { _ = manifest.number(name) }
    let text = Array(manifest.text.utf8)
    let file = Glibc.open("\(path)/manifest", O_WRONLY | O_CREAT, 0o600)
    precondition(write(file, text, text.count) == text.count)
    close(file)
    lock = Glibc.open("\(path)/lock", O_RDWR | O_CREAT, 0o600)
  }
  deinit {
    for file in files.values { close(file) }
    close(lock)
    let remover = "rm -rf '\(path)'"
    system(remover)
  }

  /// Takes the directory's lock, as a running gateway has it, or gives it up.
  func setLive(_ isLive: Bool) { precondition(flock(lock, isLive ? LOCK_EX | LOCK_NB : LOCK_UN) == 0) }

  /// Adds an event to the commit that is being filled.
  func add(
    _ value: [UInt8],
    key: [UInt8]? = nil,
    topic: Int = 0,
    principal: UInt32 = 0,
    trace: TraceParent? = nil,
    headers: [(key: String, value: String)] = []
  ) {
    let id = TopicID(rawValue: UInt16(topic))
    if batch.room < value.count + (key?.count ?? 0) + 128 { commit() }
    let offset = lane.claim(id).offset
    let stamp = Stamp(
      utcNs: utcNs,
      errorNs: nil,
      state: .unknown,
      eventID: UInt128(offset) | 0x0190_0000_0000_7000_8000_0000_0000_0000,
      isIDGiven: false,
      principal: PrincipalID(rawValue: principal),
      trace: trace
    )
    let grant = Grant(topic: id, principal: PrincipalID(rawValue: principal), eventBytesMax: 1 << 20)
    let milliseconds = utcNs / 1_000_000
    let isTaken: Bool
    if !headers.isEmpty {
      isTaken = addWithHeaders(headers, value, grant, StampHeader(stamp), offset: offset, milliseconds)
    } else if let key {
      let event = Event(grant: grant, origin: Origin(), key: key.span.bytes, payload: value.span.bytes)
      isTaken = batch.append(event, stamp: StampHeader(stamp), offset: offset, timestampMs: milliseconds)
    } else {
      let event = Event(grant: grant, origin: Origin(), payload: value.span.bytes)
      isTaken = batch.append(event, stamp: StampHeader(stamp), offset: offset, timestampMs: milliseconds)
    }
    precondition(isTaken)
    utcNs += 1_000_000
  }
  private func addWithHeaders(
    _ headers: [(key: String, value: String)],
    _ value: [UInt8],
    _ grant: Grant,
    _ stamp: StampHeader,
    offset: UInt64,
    _ timestampMs: Int64
  ) -> Bool {
    var more = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    more.count = EventDetails.headBytes
    for header in headers {
      let (key, value) = (Array(header.key.utf8), Array(header.value.utf8))
      precondition(more.append(header: key.span.bytes, value: value.span.bytes))
    }
    EventDetails(headerCount: headers.count, headerBytes: more.count - EventDetails.headBytes).store(in: &more)
    let event = Event(
      grant: grant,
      origin: Origin(),
      key: value.span.bytes.extracting(0..<0),
      hasKey: false,
      payload: value.span.bytes,
      details: more.bytes
    )
    return batch.append(event, stamp: stamp, offset: offset, timestampMs: timestampMs)
  }
  /// Adds a record of an event that was set aside, to a side lane.
  func setAside(
    _ payload: String,
    topic: UInt16,
    schemaVersion: UInt32 = 0,
    verdict: String,
    principal: UInt32 = 0,
    trace: TraceParent? = nil
  ) {
    let (payload, verdict) = (Array(payload.utf8), Array(verdict.utf8))
    let record = QuarantineRecord(
      topic: TopicID(rawValue: topic),
      schemaVersion: schemaVersion,
      payloadBytes: payload.count,
      digest: ContentDigest(of: payload.span.bytes),
      verdict: verdict.span.bytes
    )
    var region = Region(id: RegionID(rawValue: 4), byteCount: 4096)
    region.write(atMost: record.byteCount) { $0.append(record) }
    add(region.bytes.withUnsafeBytes { Array($0) }, principal: principal, trace: trace)
  }
  /// The same with text.
  func add(_ value: String, key: String? = nil, topic: Int = 0) {
    add(Array(value.utf8), key: key.map { Array($0.utf8) }, topic: topic)
  }

  /// Makes a commit of what was added.
  func commit() {
    guard !batch.isEmpty else { return }
    var isCommitted = false
    while !isCommitted { isCommitted = step(batchBytes: batch.bytes) }
  }
  /// Says that all is durable.
  func seal() {
    commit()
    _ = step(batchBytes: 0, isDraining: true)
  }
  /// Opens the next segment without any event in it.
  func open() { while !lane.isReady { _ = step(batchBytes: 0) } }

  /// Does what the lane asks for, and says whether that was a commit.
  private func step(batchBytes: Int, isDraining: Bool = false) -> Bool {
    let next = lane.next(batchBytes: batchBytes, nowNs: utcNs, isDraining: isDraining)
    switch next {
    case .wait: return false
    case .prepare(let slot):
      let file = Glibc.open(name(of: slot), O_RDWR | O_CREAT, 0o600)
      precondition(file >= 0 && ftruncate(file, off_t(settings.segmentBytes)) == 0)
      files[slot] = file
      lane.prepared(slot: slot, throughBytes: settings.segmentBytes, nowNs: utcNs)
    case .open:
      var region = spare.take()!
      let place = lane.open(into: &region, utcNs: utcNs, nowNs: utcNs)
      finish(region, place)
    case .index:
      var region = spare.take()!
      let place = lane.index(into: &region, utcNs: utcNs, nowNs: utcNs)
      finish(region, place)
    case .seal:
      var region = spare.take()!
      let place = lane.seal(into: &region, utcNs: utcNs, nowNs: utcNs)
      finish(region, place)
    case .commit:
      var sealed = batch.seal(using: spare.take()!)
      let events = sealed.events
      let place = lane.commit(&sealed.region, events: events, last: lane.last, utcNs: utcNs, nowNs: utcNs)
      finish(sealed.region, place)
      return true
    }
    return false
  }
  private func finish(_ region: consuming Region, _ place: Lane.Write) {
    let file = files[place.slot]!
    let count = pwrite(file, region.memory.baseAddress, region.count, off_t(place.offset))
    precondition(count == region.count)
    region.count = count
    _ = lane.completed(region.id, Int32(count), nowNs: utcNs)
    spare = consume region
  }

  /// Opens the lane anew, as a gateway that starts.
  func restart() throws {
    let slots = files.keys.sorted()
    var recovery = LaneRecovery(settings, slots: slots)
    var region = Region(id: RegionID(rawValue: 2), byteCount: settings.commitBytesMax)
    while case .read(let slot, let offset) = recovery.need() {
      region.count = max(pread(files[slot]!, region.memory.baseAddress, region.byteCount, off_t(offset)), 0)
      try recovery.take(region.bytes)
    }
    lane = Lane(recovery.finish(), entropy: UInt64(utcNs))
  }
  /// Retires segments that are older than this.
  func retire(olderThanNs age: Int64) { lane.retire(utcNs: utcNs - age + Self.retentionAgeNs) }

  /// Where a segment's file is.
  func name(of slot: UInt16) -> String { "\(folder)/000\(slot).segment" }
  /// Overwrites bytes of a segment.
  func spoil(_ slot: UInt16, at offset: Int, with bytes: [UInt8] = [0xFF]) {
    precondition(pwrite(files[slot]!, bytes, bytes.count, off_t(offset)) == bytes.count)
  }
  /// Changes a commit and makes its check hold again, as nobody without the lane's secret could.
  func forge(_ slot: UInt16, at offset: Int, _ change: (inout Region) -> Void) {
    let secret = EpochSecret(bits: entropy)
    var region = Region(id: RegionID(rawValue: 3), byteCount: settings.commitBytesMax)
    region.count = max(pread(files[slot]!, region.memory.baseAddress, region.byteCount, off_t(offset)), 0)
    guard case .found(var header) = CommitHeader.read(region.bytes, secret: secret) else {
      preconditionFailure("there is a commit")
    }
    region.count = header.bytesUsed
    change(&region)
    header.seal(&region, secret: secret)
    precondition(pwrite(files[slot]!, region.memory.baseAddress, region.count, off_t(offset)) == region.count)
  }
  /// Reads bytes of a segment.
  func bytes(_ slot: UInt16, at offset: Int, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(pread(files[slot]!, &bytes, count, off_t(offset)) == count)
    return bytes
  }
}
