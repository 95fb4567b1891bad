internal import Bytes
internal import CHost
internal import Formats
internal import Glibc
internal import Host
internal import Settings
internal import World

/// What there is of the data directory, and what its disk can do.
struct DiskExamination {
  private let path: String
  private let exists: Bool
  private let problem: CommandFailure?
  /// What the directory is, when there is one.
  let manifest: Manifest?
  /// Whether a gateway has it.
  let isRunning: Bool

  private static let writes = 300
  private static let budgetNs: Int64 = 2_000_000_000

  /// Looks whether there is one.
  init(_ settings: NodeSettings) {
    path = settings.dataDirectory
    var information = stat()
    exists = unsafe stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    guard exists, unsafe access("\(path)/\(Manifest.fileName)", F_OK) == 0 else {
      (manifest, isRunning, problem) = (nil, false, nil)
      return
    }
    do throws(CommandFailure) {
      let directory = try LogDirectory(path)
      (manifest, isRunning, problem) = (directory.manifest, directory.isLive, nil)
    } catch { (manifest, isRunning, problem) = (nil, false, error) }
  }

  /// Adds what is found.
  func examine(_ plan: NodePlan, _ diagnosis: inout Diagnosis) {
    if let problem {
      diagnosis.fail("data directory", problem.text, remedy: "restore it from a backup, or choose another directory")
      return
    }
    let place = exists ? path : parent
    guard unsafe access(place, W_OK | X_OK) == 0 else {
      let found = exists ? "\(path): \(errorText(errno))" : "\(path) is missing, and in \(place): \(errorText(errno))"
      diagnosis.fail("data directory", found, remedy: "make it, and give it to the user that runs the gateway")
      return
    }
    let state = exists ? (isRunning ? "in use by a gateway" : "there") : "missing; the start makes it"
    diagnosis.ok("data directory", "\(path): \(state)")
    examineFileSystem(place, &diagnosis)
    examineRoom(place, plan, &diagnosis)
    examineFlush(place, &diagnosis)
  }

  private var parent: String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    let joined = parts.joined(separator: "/")
    return path.hasPrefix("/") ? "/" + joined : (joined.isEmpty ? "." : joined)
  }

  private func examineFileSystem(_ place: String, _ diagnosis: inout Diagnosis) {
    let type = unsafe Int(host_file_system(place))
    guard type >= 0 else {
      diagnosis.fail("file system", "\(place): \(errorText(Int32(-type)))", remedy: "check the path and its mount")
      return
    }
    // Source: statfs(2), magic numbers of file systems.
    let kinds: [Int: (name: String, concern: String?)] = [
      0xEF53: ("ext4", nil), 0x5846_5342: ("xfs", nil), 0xF2F5_2010: ("f2fs", nil),
      0x9123_683E: ("btrfs", "it copies on write, so recycled segments are not overwritten in place"),
      0x2FC1_2FC1: ("zfs", "it copies on write, so recycled segments are not overwritten in place"),
      0x0102_1994: ("tmpfs", "nothing in it survives a restart of the machine"),
      0x794C_7630: ("overlay", "a container's own layer is slow and goes with it"),
      0x6969: ("nfs", "locks and flushes depend on a server"), 0xFF53_4D42: ("cifs", "flushes depend on a server"),
    ]
    let kind = kinds[type] ?? ("of type 0x\(String(type, radix: 16))", nil)
    if let concern = kind.concern {
      diagnosis.warn("file system", "\(kind.name): \(concern)", remedy: "put the data directory on a local ext4 or xfs")
    } else {
      diagnosis.ok("file system", kind.name)
    }
  }

  private func examineRoom(_ place: String, _ plan: NodePlan, _ diagnosis: inout Diagnosis) {
    var information = statvfs()
    guard unsafe statvfs(place, &information) == 0 else { return }
    let free = Int(information.f_bavail) * Int(information.f_frsize)
    let side = plan.shards * plan.sizes.sideSegments * plan.sizes.sideSegmentBytes
    let whole = plan.manifest.lanes * plan.sizes.segments * plan.sizes.segmentBytes + side
    let least = plan.manifest.lanes * 3 * plan.sizes.segmentBytes
    let present = exists ? segmentBytes("lanes", plan.manifest.lanes) + segmentBytes("side", plan.shards) : 0
    let remedy = "make room, or lower 'log.retention.bytes' or 'log.segment_bytes'"
    let text = "the log takes \(readable(whole)) at most and has \(readable(present)); \(readable(free)) is free"
    if least - present > free {
      diagnosis.fail("room", text + ", too little for three segments a lane", remedy: remedy)
    } else if whole - present > free {
      diagnosis.warn("room", text + ": retention begins when the disk is full", remedy: remedy)
    } else {
      diagnosis.ok("room", text)
    }
  }
  private func segmentBytes(_ folder: String, _ lanes: Int) -> Int {
    var bytes = 0
    for lane in 0..<lanes {
      var slot = 0
      var information = stat()
      while unsafe stat("\(path)/\(folder)/\(digits(lane, 4))/\(digits(slot, 4)).segment", &information) == 0 {
        bytes += Int(information.st_blocks) * 512
        slot += 1
      }
    }
    return bytes
  }

  /// Measures what every acknowledgement waits for: a durable write to blocks that have been written before.
  private func examineFlush(_ place: String, _ diagnosis: inout Diagnosis) {
    let name = "\(place)/.sluice-doctor-\(getpid())"
    let draft = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard draft >= 0 else {
      diagnosis.fail(
        "disk",
        "in \(place) a file can't be made: \(errorText(errno))",
        remedy: "give the directory to the user that runs this"
      )
      return
    }
    defer { _ = unsafe unlink(name) }
    let blocks = 256
    let failed = writeAll([UInt8](repeating: 1, count: blocks * CommitHeader.blockBytes), to: draft)
    let flushed = fsync(draft)
    _ = close(draft)
    guard failed == 0, flushed == 0 else {
      diagnosis.fail(
        "disk",
        "a file can't be written: \(errorText(failed))",
        remedy: "make room, and look into the kernel's log"
      )
      return
    }
    var file = unsafe host_open_durable(name)
    let isDirect = file >= 0
    if !isDirect { file = unsafe open(name, O_WRONLY | O_DSYNC | O_CLOEXEC) }
    guard file >= 0 else {
      diagnosis.fail(
        "disk",
        "a file can't be opened for durable writes: \(errorText(errno))",
        remedy: "use another file system"
      )
      return
    }
    defer { _ = close(file) }
    if isDirect {
      diagnosis.ok("O_DIRECT", "commits go past the page cache")
    } else {
      diagnosis.warn("O_DIRECT", "the file system has none: commits are durable, but slower", remedy: "use ext4 or xfs")
    }
    report(latencies(file, blocks: blocks), &diagnosis)
  }

  private func latencies(_ file: Int32, blocks: Int) -> [Int64] {
    var region = Region(id: RegionID(rawValue: 0), byteCount: CommitHeader.blockBytes)
    region.count = region.byteCount
    var latencies: [Int64] = []
    let end = monotonicNs() + DiskExamination.budgetNs
    for index in 0..<DiskExamination.writes {
      let before = monotonicNs()
      guard before < end else { break }
      let offset = index % blocks * CommitHeader.blockBytes
      guard unsafe pwrite(file, region.memory.baseAddress, region.count, offset) == region.count else { return [] }
      latencies.append(monotonicNs() - before)
    }
    return latencies.sorted()
  }

  private func report(_ latencies: [Int64], _ diagnosis: inout Diagnosis) {
    guard !latencies.isEmpty else {
      diagnosis.fail("disk flush", "a durable write failed: \(errorText(errno))", remedy: "look into the kernel's log")
      return
    }
    let (median, high) = (
      latencies[latencies.count / 2], latencies[min(latencies.count * 99 / 100, latencies.count - 1)]
    )
    let beside = isRunning ? ", beside a running gateway" : ""
    let text =
      "4 KiB durable: p50 \(microseconds(median)), p99 \(microseconds(high)) over \(latencies.count) writes\(beside)"
    if high > 20_000_000 {
      diagnosis.warn(
        "disk flush",
        text,
        remedy: "every durable acknowledgement waits for one; use a disk with a protected write cache"
      )
    } else if median < 2000 {
      diagnosis.warn(
        "disk flush",
        "\(text): too fast to be a disk's",
        remedy: "make sure that flushes reach the disk and that this is no memory"
      )
    } else {
      diagnosis.ok("disk flush", text)
    }
  }
  private func microseconds(_ ns: Int64) -> String {
    ns >= 10_000_000 ? "\(ns / 1_000_000) ms" : "\(ns / 1000) µs"
  }
}
