import Bytes
import Events
import Glibc
import Synchronization
import Testing
import World

@testable import Host

let segment = SegmentID(lane: LaneID(rawValue: 0), slot: 0)

extension RealMachine {
  @Test func `a segment is prepared piece by piece and holds what is written`() throws {
    let files = TemporaryDirectory()
    var rig = try Rig(files: files)
    #expect(rig.host.segments(of: segment.lane).isEmpty)
    rig.prepareWhole(segment)
    let path = files.path + "/data/lanes/0000/0000.segment"
    var information = stat()
    #expect(stat(path, &information) == 0)
    #expect(Int(information.st_size) == rig.sizes.segmentBytes)
    #expect(information.st_mode & 0o777 == 0o600)
    #expect(Int(information.st_blocks) * 512 >= rig.sizes.segmentBytes)

    var batch = rig.host.take(RegionID(rawValue: 0))
    let bytes = pattern(64 << 10)
    batch.append(bytes.span.bytes)
    rig.host.write(batch, to: segment, at: 8192)
    guard case .wrote(let written, let count) = rig.next() else { return #expect(Bool(false)) }
    #expect(Int(count) == bytes.count)
    let region = rig.host.take(written)
    let writtenBytes = region.count
    #expect(writtenBytes == bytes.count)
    rig.host.read(into: region, from: segment, at: 8192)
    guard case .read(let filled, let readCount) = rig.next() else { return #expect(Bool(false)) }
    #expect(Int(readCount) == rig.sizes.batchBytes)
    let back = rig.host.take(filled)
    let readBytesCount = back.count
    #expect(readBytesCount == rig.sizes.batchBytes)
    let readBytes = copy(back, bytes.count)
    #expect(readBytes == bytes)
    rig.host.put(back)
    rig.end()

    var again = try Rig(files: files)
    #expect(again.host.segments(of: segment.lane) == [segment])
    // The last block alone is left to read: the file ends where its size says.
    let small = again.host.take(RegionID(rawValue: 1))
    again.host.read(into: small, from: segment, at: again.sizes.segmentBytes - 4096)
    guard case .read(_, 4096) = again.next() else { return #expect(Bool(false)) }
    again.end()
  }

  @Test func `a side lane's segment has a size, a folder and regions of its own`() throws {
    let files = TemporaryDirectory()
    var rig = try Rig(files: files)
    // More slots than the others have.
    let side = SegmentID(lane: .side(0), slot: 5)
    rig.prepareWhole(side)
    var information = stat()
    #expect(stat(files.path + "/data/side/0000/0005.segment", &information) == 0)
    #expect(Int(information.st_size) == rig.sizes.sideSegmentBytes && information.st_mode & 0o777 == 0o600)
    var batch = rig.host.take(RegionID(rawValue: UInt32(rig.sizes.batches)))
    let (room, bytes) = (batch.room, pattern(8192))
    #expect(room == rig.sizes.sideBatchBytes)
    batch.append(bytes.span.bytes)
    rig.host.write(batch, to: side, at: 4096)
    guard case .wrote(let written, 8192) = rig.next() else { return #expect(Bool(false)) }
    rig.host.read(into: rig.host.take(written), from: side, at: 4096)
    guard case .read(let filled, _) = rig.next() else { return #expect(Bool(false)) }
    let back = rig.host.take(filled)
    let start = copy(back, 8192)
    #expect(start == bytes)
    rig.host.put(back)
    rig.end()
    let again = try Rig(files: files)
    #expect(again.host.segments(of: .side(0)) == [side] && again.host.segments(of: segment.lane).isEmpty)
    again.end()
    #expect(try DataDirectoryReader(files.path + "/data").sideLanes() == [.side(0)])
  }

  @Test func `several writes are under way at once, to several segments`() throws {
    var rig = try Rig()
    let other = SegmentID(lane: segment.lane, slot: 1)
    rig.host.prepare(segment)
    rig.host.prepare(other)
    var whole: Set<SegmentID> = []
    while whole.count < 2 {
      if case .prepared(let segment, let bytes) = rig.next(), bytes == rig.sizes.segmentBytes { whole.insert(segment) }
    }
    for index in 0..<4 {
      var region = rig.host.take(RegionID(rawValue: UInt32(index)))
      let bytes = pattern(8192, seed: index)
      region.append(bytes.span.bytes)
      rig.host.write(region, to: index % 2 == 0 ? segment : other, at: index / 2 * 8192)
    }
    for _ in 0..<4 {
      guard case .wrote(let region, 8192) = rig.next() else { return #expect(Bool(false)) }
      let back = rig.host.take(region)
      rig.host.put(back)
    }
    for index in 0..<4 {
      let region = rig.host.take(RegionID(rawValue: UInt32(index)))
      rig.host.read(into: region, from: index % 2 == 0 ? segment : other, at: index / 2 * 8192)
      guard case .read(let filled, _) = rig.next() else { return #expect(Bool(false)) }
      let back = rig.host.take(filled)
      let start = copy(back, 8192)
      #expect(start == pattern(8192, seed: index))
      rig.host.put(back)
    }
    rig.end()
  }

  @Test func `a read beyond a segment's end finds nothing`() throws {
    var rig = try Rig()
    rig.prepareWhole(segment)
    let region = rig.host.take(RegionID(rawValue: 0))
    rig.host.read(into: region, from: segment, at: rig.sizes.segmentBytes)
    guard case .read(let empty, 0) = rig.next() else { return #expect(Bool(false)) }
    let back = rig.host.take(empty)
    let count = back.count
    #expect(count == 0)
    rig.host.put(back)
    rig.end()
  }

  @Test func `a segment that does not fit the disk is refused at once`() throws {
    var sizes = smallSizes()
    sizes.segmentBytes = 1 << 50
    let files = TemporaryDirectory()
    var rig = try Rig(sizes: sizes, files: files)
    rig.host.prepare(segment)
    guard case .prepared(segment, let result) = rig.next() else { return #expect(Bool(false)) }
    #expect(result == -Int(ENOSPC) || result == -Int(EFBIG))
    #expect(access(files.path + "/data/lanes/0000/0000.making", F_OK) != 0)
    #expect(access(files.path + "/data/lanes/0000/0000.segment", F_OK) != 0)
    rig.end()
  }

  @Test func `a second gateway is kept out of the directory, by name`() throws {
    let files = TemporaryDirectory()
    let path = files.path + "/data"
    let first = try DataDirectory(path)
    let failure = #expect(throws: HostFailure.self) { _ = try DataDirectory(path) }
    #expect(failure?.cause.contains(path) == true)
    #expect(failure?.cause.contains("process \(getpid())") == true)
    #expect(first.path == path)
  }

  @Test func `a lock ends with its owner`() throws {
    let files = TemporaryDirectory()
    func openOnce() throws { _ = try DataDirectory(files.path + "/data") }
    try openOnce()
    try openOnce()
  }

  @Test func `a child that still has the descriptor does not keep the lock`() throws {
    let files = TemporaryDirectory()
    let path = files.path + "/data"
    var copy: Int32 = -1
    func openOnce(_ body: () throws -> Void) throws {
      let directory = try DataDirectory(path)
      try body()
      _ = consume directory
    }
    try openOnce {
      let name = path + "/lock"
      for descriptor in 3..<Int32(1024) where copy < 0 && target(of: descriptor) == name { copy = dup(descriptor) }
    }
    #expect(copy >= 0)
    try openOnce {}
    close(copy)
  }

  @Test func `readers that look at the lock keep no gateway from starting`() throws {
    let files = TemporaryDirectory()
    let path = files.path + "/data"
    func openOnce() throws(HostFailure) { _ = try DataDirectory(path) }
    try openOnce()
    let reader = LockProbe(path + "/lock")
    let thread = try PinnedThread("reader", cpu: nil, moving: 0) { _ in reader.probe() }
    reader.waitForProbes(1000)
    let failure: HostFailure? = {
      do throws(HostFailure) { for _ in 0..<100 { try openOnce() } } catch { return error }
      return nil
    }()
    reader.stop()
    thread.join()
    #expect(failure == nil, "\(failure?.cause ?? "")")
  }

  @Test func `a reader that keeps the lock is not taken for a gateway`() throws {
    let files = TemporaryDirectory()
    let path = files.path + "/data"
    func openOnce() throws { _ = try DataDirectory(path) }
    try openOnce()
    let lock = open(path + "/lock", O_RDONLY)
    defer { close(lock) }
    #expect(flock(lock, LOCK_SH) == 0)
    let failure = #expect(throws: HostFailure.self) { try openOnce() }
    #expect(failure?.errorNumber == EBUSY && failure?.cause.contains("gateway") == false, "\(failure?.cause ?? "")")
    flock(lock, LOCK_UN)
    try openOnce()
  }

  @Test func `small files are replaced whole`() throws {
    let files = TemporaryDirectory()
    let directory = try DataDirectory(files.path + "/data")
    let missing = try directory.read("manifest")
    #expect(missing == nil)
    try directory.write(pattern(100_000), as: "manifest")
    try directory.write(pattern(70_000, seed: 3), as: "manifest")
    let contents = try directory.read("manifest")
    #expect(contents == pattern(70_000, seed: 3))
    let room = try directory.room()
    #expect(room.freeBytes > 0 && room.freeBytes < room.totalBytes)
  }

  @Test func `what was being made when the process ended is removed`() throws {
    let files = TemporaryDirectory()
    func begin() throws {
      let directory = try DataDirectory(files.path + "/data")
      try directory.makeLanes(2)
    }
    try begin()
    #expect(try DataDirectoryReader(files.path + "/data").sideLanes().isEmpty)
    mkdir(files.path + "/data/side", 0o700)
    mkdir(files.path + "/data/side/0002", 0o700)
    for name in ["lanes/0001/0003.making", "side/0002/0001.making"] {
      let path = files.path + "/data/" + name
      close(open(path, O_CREAT | O_WRONLY, 0o600))
      try begin()
      #expect(access(path, F_OK) != 0, "\(name)")
    }
  }

  @Test func `a file system without O_DIRECT is used, with a warning`() throws {
    try #require(access("/dev/shm", W_OK) == 0, "this machine has no tmpfs at /dev/shm")
    let path = "/dev/shm/sluice-host-\(getpid())"
    defer { system("rm -rf '\(path)'") }
    let directory = try DataDirectory(path)
    // Kernels from 6.6 on accept O_DIRECT on tmpfs; either way the mode and the warning agree.
    #expect((directory.mode == .direct) == (directory.warning == nil))
  }

  @Test func `a directory that cannot be had says why and what to do`() throws {
    let files = TemporaryDirectory()
    let orphan = #expect(throws: HostFailure.self) { _ = try DataDirectory(files.path + "/none/data") }
    #expect(orphan?.errorNumber == ENOENT)
    #expect(orphan?.cause.contains(files.path + "/none/data") == true)
    let file = files.path + "/file"
    close(open(file, O_CREAT | O_WRONLY, 0o600))
    let notDirectory = #expect(throws: HostFailure.self) { _ = try DataDirectory(file) }
    #expect(notDirectory?.errorNumber == ENOTDIR)
    let readOnly = #expect(throws: HostFailure.self) { _ = try DataDirectory("/proc/sluice") }
    #expect(readOnly?.remedy.isEmpty == false)
  }
}

extension Rig {
  /// Has a segment made and waits until all of it is written; nothing else is under way.
  mutating func prepareWhole(_ segment: SegmentID) {
    host.prepare(segment)
    var through = -1
    while through < sizes.segmentBytes(of: segment.lane) {
      guard case .prepared(segment, let bytes) = next() else { fatalError("unexpected") }
      precondition(bytes > through, "progress goes forward, and is no failure: \(bytes)")
      through = bytes
    }
  }
}

/// A region's first bytes.
func copy(_ region: borrowing Region, _ count: Int) -> [UInt8] {
  let bytes = region.bytes
  return bytes.withUnsafeBytes { Array($0.prefix(count)) }
}

extension RealMachine {
  @Test func `a reader in another process sees what a gateway wrote`() throws {
    let files = TemporaryDirectory()
    var rig = try Rig(files: files)
    rig.prepareWhole(segment)
    var batch = rig.host.take(RegionID(rawValue: 0))
    let bytes = pattern(4096)
    batch.append(bytes.span.bytes)
    rig.host.write(batch, to: segment, at: 4096)
    guard case .wrote(_, 4096) = rig.next() else { return #expect(Bool(false)) }

    let reader = try DataDirectoryReader(files.path + "/data")
    let found = try reader.segments(of: segment.lane)
    #expect(found == [segment])
    let manifest = try reader.read("manifest")
    #expect(manifest == nil)
    let file = try reader.open(segment)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    try file.read(into: &region, at: 4096)
    let contents = copy(region, 4096)
    #expect(contents == bytes)
    try file.read(into: &region, at: rig.sizes.segmentBytes)
    let rest = region.count
    #expect(rest == 0)
    #expect(throws: HostFailure.self) { _ = try reader.open(SegmentID(lane: segment.lane, slot: 3)) }
    #expect(throws: HostFailure.self) { _ = try DataDirectoryReader(files.path) }
    rig.end()
  }

  @Test func `a write that is cut short is taken up again, and fails as a whole`() async {
    await #expect(processExitsWith: .success) {
      var rig = try Rig()
      rig.prepareWhole(segment)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 8192, rlim_max: 8192)
      guard setrlimit(__rlimit_resource_t(1), &limit) == 0 else { fatalError("setrlimit") }
      var batch = rig.host.take(RegionID(rawValue: 0))
      let bytes = pattern(16384)
      batch.append(bytes.span.bytes)
      rig.host.write(batch, to: segment, at: 0)
      guard case .wrote(let region, -EFBIG) = rig.next() else { fatalError("not refused") }
      guard rig.host.counters.resumptions == 1 else { fatalError("not taken up again") }
      let back = rig.host.take(region)
      rig.host.read(into: back, from: segment, at: 0)
      guard case .read(let filled, _) = rig.next() else { fatalError("not read") }
      let half = rig.host.take(filled)
      let start = copy(half, 8192)
      guard start == Array(bytes.prefix(8192)) else { fatalError("the first half is missing") }
      exit(0)
    }
  }
}

extension RealMachine {
  @Test func `the disk's flush is measured without a trace`() throws {
    let files = TemporaryDirectory()
    let latencies = try DataDirectory.flushLatencies(in: files.path, count: 5)
    #expect(latencies.count == 5)
    #expect(latencies == latencies.sorted())
    #expect(latencies[0] > 0)
    let left = try names(in: files.path)
    #expect(left.isEmpty)
    #expect(throws: HostFailure.self) { _ = try DataDirectory.flushLatencies(in: files.path + "/none", count: 1) }
  }
}

/// The path that a descriptor of this process is open on.
private func target(of descriptor: Int32) -> String {
  var path = [UInt8](repeating: 0, count: 4096)
  let count = path.withUnsafeMutableBytes {
    readlink("/proc/self/fd/\(descriptor)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), 4096)
  }
  return String(decoding: path.prefix(max(count, 0)), as: UTF8.self)
}

/// Looks again and again whether somebody has a lock, as readers of the log do.
private final class LockProbe: Sendable {
  private let path: String
  private let count = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)

  init(_ path: String) { self.path = path }

  func probe() {
    let lock = open(path, O_RDONLY)
    defer { close(lock) }
    while !isStopped.load(ordering: .relaxed) {
      flock(lock, LOCK_SH | LOCK_NB)
      flock(lock, LOCK_UN)
      count.wrappingAdd(1, ordering: .relaxed)
    }
  }
  func waitForProbes(_ least: Int) { while count.load(ordering: .relaxed) < least { sched_yield() } }
  func stop() { isStopped.store(true, ordering: .relaxed) }
}
