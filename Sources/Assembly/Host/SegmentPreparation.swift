internal import Bytes
internal import CHost
public import Events
internal import Glibc
internal import Synchronization
public import World

/// Makes segments on a thread of its own, for all shards: files at full size, written once, so that commits neither
/// extend them nor convert their extents.
///
///     shard ──segment──▶ thread: allocate, flush, name durably, then write zeros piece by piece
///           ◀─progress─                                         (`.prepared` after each)
///
/// A segment is reported only once its name is durable, since commits may follow at once.
public struct SegmentPreparation: ~Copyable {
  private let thread: PinnedThread
  private let bell: PreparationBell
  private var accesses: Slots<SegmentAccess?>

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - directory: whose segments; outlives this value.
  ///   - lanes: which lanes each shard serves, by shard; their folders exist.
  ///   - sizes: how many segments a lane may have, and how large they are.
  ///   - wakes: how shards learn of progress.
  /// - Throws: when a lane cannot be listed, or there is no room for a thread.
  public init(in directory: borrowing DataDirectory, lanes: [[LaneID]], sizes: Sizes, wakes: Wakes) throws(HostFailure)
  {
    require(lanes.count == wakes.count, "each shard has its lanes")
    let bytes = [sizes.segmentBytes, sizes.sideSegmentBytes]
    require(bytes.allSatisfy { $0 % blockBytes == 0 }, "a segment consists of whole blocks")
    let files = directory.files
    let bell = try PreparationBell()
    var existing: [[SegmentID]] = []
    for lane in lanes.joined() { existing.append(try files.segments(of: lane)) }
    var accesses = Slots<SegmentAccess?>(lanes.count) { _ in nil }
    var desks = Slots<PreparationThread.Desk?>(lanes.count) { _ in nil }
    var place = 0
    for (shard, owned) in lanes.enumerated() {
      let segments = owned.reduce(1) { $0 + sizes.segments(of: $1) }
      let requests = Mailbox<SegmentID>.make(capacity: powerOfTwo(atLeast: segments))
      let progress = Mailbox<PreparationProgress>.make(capacity: 1024)
      desks[shard] = PreparationThread.Desk(requests: requests.receiver, progress: progress.sender)
      accesses[shard] = SegmentAccess(
        files: files,
        lanes: owned,
        existing: Array(existing[place..<(place + owned.count)]),
        requests: requests.sender,
        progress: progress.receiver,
        bell: bell
      )
      place += owned.count
    }
    let words = lanes.indices.map { wakes.word(of: ShardID(rawValue: UInt16($0))) }
    let seed = PreparationThread(
      files: files,
      sizes: sizes,
      desks: desks,
      words: words,
      bell: bell
    )
    thread = try PinnedThread("segments", cpu: nil, moving: seed) { seed in
      var thread = seed
      thread.run()
    }
    self.bell = bell
    self.accesses = accesses
  }

  /// What a shard needs to reach its segments; once for each.
  public mutating func access(of shard: ShardID) -> SegmentAccess {
    guard let access = accesses[Int(shard.rawValue)].take() else { broken("a shard reaches its segments once") }
    return access
  }
  /// Ends the thread after the piece it is at, and waits for it.
  ///
  /// A segment that was not written to its end stays usable; commits behind that point are slower.
  public consuming func stop() {
    bell.isStopping.store(true, ordering: .releasing)
    bell.event.signal()
    thread.join()
  }
}

/// How one shard reaches the files of its lanes.
public struct SegmentAccess: ~Copyable, Sendable {
  let files: SegmentFiles
  let lanes: [LaneID]
  /// By lane, in the order of `lanes`.
  let existing: [[SegmentID]]
  var requests: Mailbox<SegmentID>.Sender
  var progress: Mailbox<PreparationProgress>.Receiver
  let bell: PreparationBell

  /// Asks for a segment to be made.
  mutating func prepare(_ segment: SegmentID) {
    let isSent = requests.send(segment)
    require(isSent, "a segment is asked for once")
    bell.event.signal()
  }
}

/// How far a segment's preparation is: a number of bytes, or a negated error number.
struct PreparationProgress: Sendable {
  let segment: SegmentID
  let throughBytes: Int
}

/// How the thread that prepares is told that there is something to do.
final class PreparationBell: Sendable {
  let event: EventDescriptor
  let isStopping = Atomic<Bool>(false)
  init() throws(HostFailure) { event = try EventDescriptor() }
}

/// How much is written at a time: large enough for the disk's full speed, small enough for a commit to slip in between.
private let pieceBytes = 1 << 20

private func powerOfTwo(atLeast count: Int) -> Int {
  var power = 1
  while power < count { power *= 2 }
  return power
}

/// The thread's own state.
struct PreparationThread: ~Copyable {
  /// Its dealings with one shard.
  struct Desk: ~Copyable {
    var requests: Mailbox<SegmentID>.Receiver
    var progress: Mailbox<PreparationProgress>.Sender
  }
  /// One segment under way.
  private struct Job {
    let shard: Int
    let segment: SegmentID
    var file: Int32
    /// Whether it has its final name, which makes it usable.
    var isNamed: Bool
    var writtenBytes = 0
    /// What the shard is still to be told.
    var report: Int?
    var isFinished = false
  }

  private let files: SegmentFiles
  private let sizes: Sizes
  private var desks: Slots<Desk?>
  private let words: [WakeWord]
  private let bell: PreparationBell
  private let zeros: Region
  private var jobs: [Job] = []
  /// What this thread has given its final name; whoever asks for one of them again holds nothing in it.
  private var named: Set<SegmentID> = []

  init(files: SegmentFiles, sizes: Sizes, desks: consuming Slots<Desk?>, words: [WakeWord], bell: PreparationBell) {
    (self.files, self.sizes, self.words, self.bell) = (files, sizes, words, bell)
    self.desks = desks
    zeros = Region(id: RegionID(rawValue: 0), byteCount: pieceBytes)
  }

  /// Works until told to stop.
  mutating func run() {
    host_lower_io_priority()
    while !bell.isStopping.load(ordering: .acquiring) {
      takeRequests()
      guard !jobs.isEmpty else {
        bell.event.drain()
        continue
      }
      // Pieces go around, so that no shard waits for another's whole segment.
      for index in jobs.indices where !jobs[index].isFinished { jobs[index] = advanced(jobs[index]) }
      for index in jobs.indices { tell(index) }
      jobs.removeAll { $0.isFinished && $0.report == nil }
      // Only a shard that takes no messages keeps finished jobs here: look again soon, or when something is asked.
      if !jobs.isEmpty, jobs.allSatisfy(\.isFinished) {
        _ = waitUntilReadable([bell.event.descriptor], atMostNs: 1_000_000)
      }
    }
    for job in jobs where !job.isFinished { _ = close(job.file) }
  }

  private mutating func takeRequests() {
    for shard in 0..<desks.count {
      while let segment = desks[shard]!.requests.next() { jobs.append(start(segment, for: shard)) }
    }
  }

  private mutating func start(_ segment: SegmentID, for shard: Int) -> Job {
    var job = Job(shard: shard, segment: segment, file: -1, isNamed: false)
    do throws(HostFailure) {
      let (path, draft) = (files.path(segment), files.unfinishedPath(segment))
      if unsafe Glibc.access(path, F_OK) == 0 {
        // Asked for again: its preparation had failed after it had its name.
        guard named.contains(segment) else { throw .file("make", path, EEXIST) }
        job.file = files.open(path: path)
        guard job.file >= 0 else { throw .file("open", path, -job.file) }
        (job.isNamed, job.report) = (true, 0)
        return job
      }
      let made = unsafe open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard made >= 0 else { throw .file("make", draft, errno) }
      let allocated = host_allocate(made, Int64(sizes.segmentBytes(of: segment.lane)))
      _ = close(made)
      if allocated == 0 {
        try name(segment)
        named.insert(segment)
        job.isNamed = true
        job.report = 0
      } else if allocated != -EOPNOTSUPP {
        throw .file("allocate", draft, -allocated)
      }
      job.file = files.open(path: job.isNamed ? path : draft)
      guard job.file >= 0 else { throw .file("open", path, -job.file) }
    } catch {
      return failed(job, error.errorNumber)
    }
    return job
  }

  /// Gives a file its final name once its size is durable; the name is durable when this returns.
  private func name(_ segment: SegmentID) throws(HostFailure) {
    let (path, draft) = (files.path(segment), files.unfinishedPath(segment))
    let file = unsafe open(draft, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw .file("open", draft, errno) }
    let result = fsync(file)
    let errorNumber = errno
    _ = close(file)
    guard result == 0 else { throw .file("flush", draft, errorNumber) }
    guard unsafe rename(draft, path) == 0 else { throw .file("name", path, errno) }
    try syncDirectory(files.folder(segment.lane))
  }

  /// Writes one piece.
  private mutating func advanced(_ before: Job) -> Job {
    var job = before
    let segmentBytes = sizes.segmentBytes(of: job.segment.lane)
    let wanted = min(pieceBytes, segmentBytes - job.writtenBytes)
    let count = unsafe pwrite(job.file, zeros.memory.baseAddress, wanted, job.writtenBytes)
    if count < 0, errno == EINTR { return job }
    guard count >= blockBytes else { return failed(job, count < 0 ? errno : EIO) }
    // What was cut short is taken up again at a block's border.
    job.writtenBytes += count - count % blockBytes
    let isWhole = job.writtenBytes >= segmentBytes
    if isWhole, !job.isNamed {
      do throws(HostFailure) { try name(job.segment) } catch { return failed(job, error.errorNumber) }
      named.insert(job.segment)
      job.isNamed = true
    }
    if job.isNamed { job.report = job.writtenBytes }
    if isWhole {
      _ = close(job.file)
      job.isFinished = true
    }
    return job
  }

  private func failed(_ before: Job, _ errorNumber: Int32) -> Job {
    var job = before
    if job.file >= 0 { _ = close(job.file) }
    if !job.isNamed { _ = unsafe unlink(files.unfinishedPath(job.segment)) }
    job.report = -Int(errorNumber)
    job.isFinished = true
    return job
  }

  private mutating func tell(_ index: Int) {
    let job = jobs[index]
    guard let report = job.report else { return }
    let progress = PreparationProgress(segment: job.segment, throughBytes: report)
    let isSent = desks[job.shard]!.progress.send(progress)
    guard isSent else { return }
    jobs[index].report = nil
    if words[job.shard].ask(.prepared) { words[job.shard].event.signal() }
  }
}
