import Glibc
import Testing

extension EndToEnd {
  /// Disks that are full, and disks that fail.
  @Suite struct DiskTests {
    @Test func `a full disk refuses new events with 507, serves reads, and recovers when room returns`() throws {
      guard let disk = MountedDisk(megabytes: 24) else {
        print("no tmpfs can be mounted here: a full disk is not tested")
        return
      }
      let folder = TemporaryFolder()
      let ballast = "\(disk.path)/ballast"
      #expect(runTool(["dd", "if=/dev/zero", "of=\(ballast)", "bs=1M", "count=10"]) == 0)
      var configuration = Configuration()
      configuration.shards = 1
      let settings = folder.write(configuration.text(data: "\(disk.path)/data"), as: "sluice.yaml")
      let gateway = Gateway(settings: settings, log: "\(folder.path)/log")
      try gateway.waitUntilReady()
      let filler = try Filler(at: gateway)
      let refusal = try #require(filler.fill(), "the disk fills up: \(gateway.said)")
      #expect(refusal.status == 507)
      #expect(refusal.body.contains("storage_full"))
      #expect(refusal.field("retry-after").flatMap { Int($0) } ?? 0 >= 1)
      #expect(eventually { gateway.metric("sluice_storage_full_shards") == 1 })
      #expect(gateway.poll() == nil)
      // What is there can be read, beside the gateway and through it.
      let readable = Set(try LoggedEvents("\(disk.path)/data", isLive: true).values(of: "plain"))
      #expect(readable.isSuperset(of: filler.acknowledged.dropLast(4)))
      let socket = try #require(Socket(port: gateway.port("web")))
      socket.send("GET /v1/topics HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(socket.readAnswer()?.status == 200)
      #expect(unlink(ballast) == 0)
      #expect(eventually { filler.send() == 200 }, "it recovers: \(gateway.said)")
      #expect(eventually { gateway.metric("sluice_storage_full_shards") == 0 })
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0, "\(gateway.said)")
      let log = try LoggedEvents("\(disk.path)/data")
      #expect(log.faults.isEmpty)
      let isWhole = log.values(of: "plain") == filler.acknowledged
      #expect(isWhole, "what was acknowledged is there, and nothing else")
    }

    @Test func `a gateway that starts on a full disk still shows what it has`() throws {
      guard let disk = MountedDisk(megabytes: 24) else { return print("no tmpfs can be mounted here") }
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.shards = 1
      let settings = folder.write(configuration.text(data: "\(disk.path)/data"), as: "sluice.yaml")
      let first = Gateway(settings: settings, log: "\(folder.path)/log")
      try first.waitUntilReady()
      let filler = try Filler(at: first)
      _ = filler.fill()
      first.kill(SIGKILL)
      _ = first.waitForEnd()
      _ = runTool(["dd", "if=/dev/zero", "of=\(disk.path)/ballast", "bs=4k"])
      let second = Gateway(settings: settings, log: "\(folder.path)/log")
      #expect(eventually { second.poll() != nil || second.says("message=recovered") })
      #expect(second.poll() == nil, "\(second.said)")
      // It writes nothing, so there is nobody to say how far the log is durable: all of it is.
      let stored = Set(try LoggedEvents("\(disk.path)/data").values(of: "plain"))
      #expect(
        stored.isSuperset(of: filler.acknowledged),
        "\(filler.acknowledged.count) acknowledged, \(stored.count) there"
      )
      // Without a segment to write to there is nothing but the refusal.
      let answer = post("{}", to: "plain", at: second)
      #expect(answer.status == 507 || answer.status == 200, "\(answer)")
      second.kill(SIGTERM)
      #expect(second.waitForEnd(within: 40) != nil, "\(second.said)")
    }

    @Test func `a failed write is not acknowledged, ends the process with status 1, and is named`() throws {
      guard let disk = FailingDisk() else {
        print("no loop device on a full tmpfs can be made here: a failed write is not tested")
        return
      }
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.shards = 1
      configuration.log = "{segment_bytes: 1 MiB, commit_bytes_max: 128 KiB, retention: {bytes: 4 MiB}}"
      let settings = folder.write(configuration.text(data: "\(disk.path)/data"), as: "sluice.yaml")
      let gateway = Gateway(settings: settings, log: "\(folder.path)/log")
      try gateway.waitUntilReady()
      let socket = try #require(Socket(port: gateway.port("web")))
      #expect(post("{\"before\":true}", to: "plain", on: socket).status == 200)
      #expect(post("{\"before\":true}", to: "plain", on: socket).status == 200)
      try #require(disk.fail())
      var statuses: [Int] = []
      for _ in 0..<5 { statuses.append(post("{\"after\":true}", to: "plain", at: gateway).status) }
      #expect(!statuses.contains(200), "\(statuses): \(gateway.said)")
      #expect(gateway.waitForEnd(within: 20) == 1, "\(gateway.said)")
      #expect(gateway.says("level=error", "a write failed"), "\(gateway.said)")
    }
  }
}

/// Sends events of 40 KB to one topic, one after another.
final class Filler {
  private let socket: Socket
  private var number = 0
  /// Those that were acknowledged, in order.
  private(set) var acknowledged: [String] = []

  init(at gateway: Gateway) throws {
    guard let socket = Socket(port: gateway.port("web")) else { throw GatewayFailure("no connection") }
    self.socket = socket
  }
  /// Sends one, and says with which status it was answered.
  func send() -> Int {
    let event = "{\"number\":\(number),\"padding\":\"\(String(repeating: "x", count: 40_000))\"}"
    number += 1
    last = post(event, to: "plain", on: socket)
    if last.status == 200 { acknowledged.append(event) }
    return last.status
  }
  private var last = HTTPAnswer(status: 0)
  /// Sends until one is refused; `nil` when none is.
  func fill() -> HTTPAnswer? {
    for _ in 0..<2_000 { if send() != 200 { return last } }
    return nil
  }
}

/// A small file system of its own.
final class MountedDisk {
  let path: String

  init?(megabytes: Int) {
    var template = Array("/tmp/sluice-disk-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
    guard geteuid() == 0, runTool(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path]) == 0 else {
      rmdir(path)
      return nil
    }
  }
  deinit {
    _ = runTool(["umount", "-l", path])
    rmdir(path)
  }
}

/// A file system on a loop device whose backing can be taken away.
final class FailingDisk {
  private let backing: MountedDisk
  private let device: String
  let path: String

  init?() {
    guard isInstalled("losetup"), isInstalled("mkfs.ext4"), let backing = MountedDisk(megabytes: 80) else { return nil }
    let (image, output) = ("\(backing.path)/image", "\(backing.path)/output")
    path = "\(backing.path)/mounted"
    guard runTool(["truncate", "-s", "64M", image]) == 0, runTool(["mkfs.ext4", "-q", "-F", image]) == 0,
      runTool(["losetup", "-f", "--show", image], output: output) == 0
    else { return nil }
    device = String(contents(of: output).prefix { $0 != "\n" })
    guard mkdir(path, 0o700) == 0, runTool(["mount", device, path]) == 0 else {
      _ = runTool(["losetup", "-d", device])
      return nil
    }
    self.backing = backing
  }
  deinit {
    _ = runTool(["umount", "-l", path])
    _ = runTool(["losetup", "-d", device])
  }

  /// Makes every further write fail: what stood behind the device is gone, and there is no room for it.
  func fail() -> Bool {
    guard truncate("\(backing.path)/image", 1 << 20) == 0 else { return false }
    _ = runTool(["dd", "if=/dev/zero", "of=\(backing.path)/ballast", "bs=64k"])
    return true
  }
}
