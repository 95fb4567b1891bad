internal import Bytes
internal import CHost
public import Events
internal import Glibc
public import World

/// The directory that holds a gateway's log; whoever has this value has it alone.
///
///     data/lock                      flock(2), the owner's process number
///     data/manifest                  whatever `write(_:as:)` put there
///     data/lanes/0000/0000.segment   see `Docs/Protocols/lane.md`
///     data/side/0000/0000.segment    the same, of a side lane
public struct DataDirectory: ~Copyable, Sendable {
  /// Where it is.
  public let path: String
  /// How its segments are opened.
  public var mode: SegmentMode { files.mode }
  /// What the operator should know, such as a file system without O_DIRECT.
  public let warning: String?
  let files: SegmentFiles
  private let lock: Int32

  /// Opens the directory, makes it when it is missing (mode 0700; its parent must exist), and locks it.
  ///
  /// Throws: when it cannot be had, written or locked; names it, and who has it.
  public init(_ path: String) throws(HostFailure) {
    if unsafe mkdir(path, 0o700) == 0 {
      try syncDirectory(parent(of: path))
    } else if errno != EEXIST {
      throw .file("make the data directory", path, errno)
    }
    let lock = try Self.lock(path)
    do throws(HostFailure) {
      let mode = try Self.probe(path)
      let files = SegmentFiles(directory: path, mode: mode)
      try Self.make(files.lanes, in: path)
      try Self.removeUnfinished(files)
      self.files = files
    } catch {
      Self.release(lock)
      throw error
    }
    self.path = path
    self.lock = lock
    warning =
      files.mode == .direct
      ? nil : "The file system of \(path) has no O_DIRECT: commits go through the page cache, durable but slower."
  }
  deinit { Self.release(lock) }

  /// Unlocks before it closes: a child between fork and exec has the descriptor too, and would keep the lock so long.
  private static func release(_ lock: Int32) {
    _ = flock(lock, LOCK_UN)
    _ = close(lock)
  }

  private static func lock(_ path: String) throws(HostFailure) -> Int32 {
    let name = "\(path)/lock"
    let lock = unsafe open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw .file("open", name, errno) }
    let errorNumber = acquire(lock)
    if errorNumber != 0 {
      var text = [UInt8](repeating: 0, count: 32)
      let count = unsafe pread(lock, &text, text.count, 0)
      _ = close(lock)
      guard errorNumber == EWOULDBLOCK else { throw .file("lock", name, errorNumber) }
      let owner = String(decoding: text.prefix(max(0, count)).prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
      throw HostFailure(
        cause: "The data directory \(path) is in use by another gateway\(owner.isEmpty ? "" : ", process \(owner)").",
        remedy: "Stop that one, or choose another directory.",
        errorNumber: EWOULDBLOCK
      )
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(lock, 0) == 0, unsafe pwrite(lock, text, text.count, 0) == text.count else {
      let errorNumber = errno
      release(lock)
      throw .file("write", name, errorNumber)
    }
    return lock
  }

  /// Takes the lock, and returns 0 or the error number.
  ///
  /// Whoever reads the log holds it for an instant, shared, to see whether a gateway has it. That is waited for, half a
  /// second at most, and is EBUSY from then on; another gateway holds it for itself, which is EWOULDBLOCK at once.
  private static func acquire(_ lock: Int32) -> Int32 {
    let limitNs = nanoseconds(of: CLOCK_MONOTONIC) + 500_000_000
    while true {
      if flock(lock, LOCK_EX | LOCK_NB) == 0 { return 0 }
      let errorNumber = errno
      guard errorNumber == EWOULDBLOCK || errorNumber == EINTR else { return errorNumber }
      if flock(lock, LOCK_SH | LOCK_NB) == 0 {
        _ = flock(lock, LOCK_UN)
      } else if errno == EWOULDBLOCK {
        return EWOULDBLOCK
      }
      guard nanoseconds(of: CLOCK_MONOTONIC) < limitNs else { return EBUSY }
      // Not for long, and not in step with somebody else.
      _ = usleep(UInt32.random(in: 200...2000))
    }
  }

  /// Finds out by a block written how segments can be opened here.
  private static func probe(_ path: String) throws(HostFailure) -> SegmentMode {
    let name = "\(path)/probe"
    let descriptor = unsafe open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file("write in", path, errno) }
    _ = close(descriptor)
    defer { _ = unsafe unlink(name) }
    var block = Region(id: RegionID(rawValue: 0), byteCount: blockBytes)
    block.count = blockBytes
    for mode in [SegmentMode.direct, .buffered] {
      let file = SegmentFiles(directory: path, mode: mode).open(path: name)
      if file == -EINVAL, mode == .direct { continue }
      guard file >= 0 else { throw .file("open", name, -file) }
      defer { _ = close(file) }
      let count = unsafe pwrite(file, block.memory.baseAddress, blockBytes, 0)
      if count == blockBytes { return mode }
      if errno == ENOSPC { return mode }  // what is there can still be read
      guard errno == EINVAL, mode == .direct else { throw .file("write", name, errno) }
    }
    throw .file("write", name, EINVAL)
  }

  /// How long durable writes of one block take in a directory, each in nanoseconds, ascending.
  ///
  /// Needs no lock: it writes a file of its own and removes it.
  public static func flushLatencies(in path: String, count: Int) throws(HostFailure) -> [Int64] {
    require(count > 0, "something is measured")
    let name = "\(path)/latency-\(getpid())"
    let made = unsafe open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard made >= 0 else { throw .file("write in", path, errno) }
    _ = close(made)
    defer { _ = unsafe unlink(name) }
    var file = SegmentFiles(directory: path, mode: .direct).open(path: name)
    if file == -EINVAL { file = SegmentFiles(directory: path, mode: .buffered).open(path: name) }
    guard file >= 0 else { throw .file("open", name, -file) }
    defer { _ = close(file) }
    let block = Region(id: RegionID(rawValue: 0), byteCount: blockBytes)
    var latencies: [Int64] = []
    // The first write makes the file's first block; the others overwrite it, as commits do in prepared segments.
    for round in 0...count {
      let start = nanoseconds(of: CLOCK_MONOTONIC)
      let written = unsafe pwrite(file, block.memory.baseAddress, blockBytes, 0)
      guard written == blockBytes else { throw .file("write", name, written < 0 ? errno : EIO) }
      if round > 0 { latencies.append(nanoseconds(of: CLOCK_MONOTONIC) - start) }
    }
    return latencies.sorted()
  }

  private static func make(_ folder: String, in parent: String) throws(HostFailure) {
    if unsafe mkdir(folder, 0o700) == 0 { return try syncDirectory(parent) }
    guard errno == EEXIST else { throw .file("make", folder, errno) }
  }

  /// Removes what became no segment because a former process ended.
  private static func removeUnfinished(_ files: SegmentFiles) throws(HostFailure) {
    var folders = try files.sideLaneFolders().map { files.folder($0) }
    for folder in try names(in: files.lanes) { folders.append("\(files.lanes)/\(folder)") }
    for folder in folders {
      for name in try names(in: folder) where name.hasSuffix(".making") {
        let path = "\(folder)/\(name)"
        guard unsafe unlink(path) == 0 else { throw .file("remove", path, errno) }
      }
    }
  }

  /// Makes the folders of lanes 0..<count that are missing; durable when it returns.
  public borrowing func makeLanes(_ count: Int) throws(HostFailure) {
    for lane in 0..<count { try Self.make(files.folder(LaneID(rawValue: UInt16(lane))), in: files.lanes) }
  }
  /// Makes the folders of the side lanes of so many shards, where they are missing; durable when it returns.
  public borrowing func makeSideLanes(_ shards: Int) throws(HostFailure) {
    try Self.make(files.sideLanes, in: path)
    for shard in 0..<shards { try Self.make(files.folder(.side(UInt16(shard))), in: files.sideLanes) }
  }
  /// The side lanes that there are, also of shards that are no more.
  public borrowing func sideLanes() throws(HostFailure) -> [LaneID] { try files.sideLaneFolders() }
  /// The segments of a lane that exist, in the order of their slots.
  public borrowing func segments(of lane: LaneID) throws(HostFailure) -> [SegmentID] { try files.segments(of: lane) }

  /// The contents of a small file of the directory; `nil` when there is none.
  public borrowing func read(_ name: String) throws(HostFailure) -> [UInt8]? {
    try readFile("\(path)/\(name)")
  }

  /// Replaces a small file of the directory, durably: after a crash it has its old contents or these.
  public borrowing func write(_ bytes: [UInt8], as name: String) throws(HostFailure) {
    let (target, draft) = ("\(path)/\(name)", "\(path)/\(name).draft")
    let file = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .file("write", draft, errno) }
    defer { _ = close(file) }
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress! + done, bytes.count - done) }
      guard count > 0 || errno == EINTR else { throw .file("write", draft, errno) }
      done += max(0, count)
    }
    guard fsync(file) == 0 else { throw .file("flush", draft, errno) }
    guard unsafe rename(draft, target) == 0 else { throw .file("replace", target, errno) }
    try syncDirectory(path)
  }

  /// How much room the file system has for us and in all, in bytes.
  public borrowing func room() throws(HostFailure) -> (freeBytes: Int, totalBytes: Int) {
    var information = statvfs()
    guard unsafe statvfs(path, &information) == 0 else { throw .file("measure", path, errno) }
    let unit = Int(information.f_frsize)
    return (Int(information.f_bavail) * unit, Int(information.f_blocks) * unit)
  }
}

/// The unit of reads and writes of segments.
let blockBytes = 4096

/// The contents of a file, or `nil` when there is none.
func readFile(_ path: String) throws(HostFailure) -> [UInt8]? {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  if file < 0, errno == ENOENT { return nil }
  guard file >= 0 else { throw .file("read", path, errno) }
  defer { _ = close(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = unsafe read(file, &piece, piece.count)
    if count == 0 { return bytes }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .file("read", path, errno) }
    bytes.append(contentsOf: piece.prefix(count))
  }
}

private func parent(of path: String) -> String {
  var path = path[...]
  while path.count > 1, path.last == "/" { path = path.dropLast() }
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
