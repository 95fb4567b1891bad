import Formats
import Glibc
import Testing

extension EndToEnd {
  /// Everything that keeps a gateway from starting, each with its own words.
  @Suite struct StartTests {
    @Test func `a port in use is named, and nothing has been touched`() throws {
      let (folder, other) = (TemporaryFolder(), TemporaryFolder())
      let first = try Gateway.start(Configuration(), in: folder)
      var configuration = Configuration()
      let port = first.port("web")
      configuration.listeners = "  - {name: web, protocol: http, address: \"127.0.0.1:\(port)\"}"
      let second = try failure(of: configuration, in: other)
      #expect(second.status == 3)
      #expect(second.says("cannot start", "127.0.0.1:\(port)", "in use"), "\(second.said)")
      #expect(post("{}", to: "plain", at: first).status == 200)
    }

    @Test func `an admin port in use is named`() throws {
      let (folder, other) = (TemporaryFolder(), TemporaryFolder())
      let first = try Gateway.start(Configuration(), in: folder)
      let settings = Configuration().text(data: "\(other.path)/data")
      var text = settings
      text.replace("admin: {address: \"127.0.0.1:0\"}", with: "admin: {address: \"127.0.0.1:\(first.admin)\"}")
      let second = Gateway(settings: other.write(text, as: "sluice.yaml"), log: "\(other.path)/log")
      #expect(second.waitForEnd() == 3)
      #expect(second.says("cannot start", "127.0.0.1:\(first.admin)"), "\(second.said)")
    }

    @Test func `two gateways on one directory: the second names the first`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      let text = Configuration().text(data: "\(folder.path)/data")
      let second = Gateway(settings: folder.write(text, as: "second.yaml"), log: "\(folder.path)/second.log")
      #expect(second.waitForEnd() == 3)
      #expect(second.says("in use by another gateway, process \(first.process)"), "\(second.said)")
      #expect(post("{}", to: "plain", at: first).status == 200)
    }

    @Test func `a data directory whose parent is missing is named`() throws {
      let folder = TemporaryFolder()
      let gateway = try failure(of: Configuration(), in: folder, data: "\(folder.path)/not/there")
      #expect(gateway.status == 3)
      #expect(gateway.says("\(folder.path)/not/there", "parent directory"), "\(gateway.said)")
    }

    @Test func `a data directory below a file is named`() throws {
      let folder = TemporaryFolder()
      let file = folder.write("", as: "file")
      let gateway = try failure(of: Configuration(), in: folder, data: "\(file)/data")
      #expect(gateway.status == 3)
      #expect(gateway.says("\(file)/data", "not a directory"), "\(gateway.said)")
    }

    @Test func `a data directory that cannot be written is named`() throws {
      let folder = TemporaryFolder()
      let data = "\(folder.path)/data"
      #expect(mkdir(data, 0o700) == 0)
      // Permissions do not hold for root; the file system's own flag does.
      guard isInstalled("chattr"), runTool(["chattr", "+i", data]) == 0 else {
        print("chattr +i does not work here: no read-only directory to be had")
        return
      }
      defer { _ = runTool(["chattr", "-i", data]) }
      let gateway = try failure(of: Configuration(), in: folder)
      #expect(gateway.status == 3)
      #expect(gateway.says("cannot start", data, "remedy="), "\(gateway.said)")
    }

    @Test func `settings with every key wrong end with all mistakes and status 2`() throws {
      let folder = TemporaryFolder()
      let text = """
        dat: x
        shards: many
        lanes: 0
        steering: left
        wait: {policy: eager}
        listeners:
          - {nam: web, protocol: htp, address: nowhere, backlog: -1}
        admin: {addres: "127.0.0.1:0"}
        topics:
          - {name: "two words", acknowledge: never, order: none, codec: zip, event_bytes_max: big}
        log: {segment_bytes: 3 parsecs, seal_after: 5, writes_in_flight: 99}
        limits: {connections: 0, idle_time: soon}
        telemetry: {log: paper, level: loud}

        """
      let gateway = Gateway(settings: folder.write(text, as: "sluice.yaml"), log: "\(folder.path)/log")
      #expect(gateway.waitForEnd() == 2)
      let mistakes = [
        "'dat'", "many", "lanes", "left", "eager", "'nam'", "htp", "nowhere", "backlog", "'addres'", "two words",
        "never",
        "none", "zip", "big", "parsecs", "seal_after", "writes_in_flight", "connections", "soon", "paper", "loud",
      ]
      for mistake in mistakes { #expect(gateway.said.contains(mistake), "\(mistake) in\n\(gateway.said)") }
      #expect(gateway.says("sluice.yaml:1:1", "did you mean 'data'"), "\(gateway.said)")
    }

    @Test func `a settings file that is missing or a directory is named`() throws {
      let folder = TemporaryFolder()
      for path in ["\(folder.path)/none.yaml", folder.path] {
        let gateway = Gateway(settings: path, log: "\(folder.path)/log")
        #expect(gateway.waitForEnd() == 2)
        #expect(gateway.says(path), "\(gateway.said)")
      }
    }

    @Test func `a flipped bit in a sealed commit is found, named, and not started over`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      let socket = try #require(Socket(port: first.port("web")))
      for number in 0..<20 { #expect(post("{\"event\":\"needle \(number)\"}", to: "plain", on: socket).status == 200) }
      first.kill(SIGTERM)
      #expect(first.waitForEnd() == 0)
      let place = try flipBit(in: "\(folder.path)/data/lanes", at: "needle 7")
      for _ in 0..<2 {
        let gateway = try failure(of: Configuration(), in: folder)
        #expect(gateway.status == 1, "\(gateway.said)")
        #expect(gateway.says("damaged", "lane \(place.lane), segment \(place.slot), byte"), "\(gateway.said)")
      }
      // Whoever looks from outside is told as well.
      let findings = "\(folder.path)/findings"
      let verify = [Gateway.program, "log", "verify", "--data", "\(folder.path)/data"]
      #expect(runTool(verify, output: findings, errors: "\(folder.path)/errors") != 0, "\(contents(of: findings))")
    }

    @Test func `a segment of a newer format is refused by its version`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      first.kill(SIGTERM)
      #expect(first.waitForEnd() == 0)
      let path = "\(folder.path)/data/lanes/0000/0000.segment"
      let file = open(path, O_RDWR | O_CLOEXEC)
      try #require(file >= 0)
      let version: [UInt8] = [0, 99]
      #expect(pwrite(file, version, 2, 8) == 2)
      close(file)
      let gateway = try failure(of: Configuration(), in: folder)
      #expect(gateway.status == 1)
      #expect(gateway.says("format 99"), "\(gateway.said)")
    }

    @Test func `fewer lanes than there are would drop some, and is refused`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      first.kill(SIGTERM)
      #expect(first.waitForEnd() == 0)
      var configuration = Configuration()
      configuration.extra = "lanes: 1"
      configuration.shards = 1
      let gateway = try failure(of: configuration, in: folder)
      #expect(gateway.status == 3)
      #expect(gateway.says("2 lanes", "lanes: 1"), "\(gateway.said)")
    }

    @Test func `a directory that was made before there were side lanes gets them, and keeps its log`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      let socket = try #require(Socket(port: first.port("web")))
      #expect(post("{\"event\":1}", to: "plain", on: socket).status == 200)
      first.kill(SIGTERM)
      #expect(first.waitForEnd() == 0)
      let data = "\(folder.path)/data"
      var manifest = try Manifest(reading: contents(of: "\(data)/manifest"))
      #expect(manifest.sideSegmentBytes == 4 << 20)
      manifest.sideSegmentBytes = nil
      #expect(manifest.text.hasPrefix("sluice-manifest 1\n"))
      _ = folder.write(manifest.text, as: "data/manifest")
      for name in ["side/0000", "side/0001", "side"] { #expect(rmdir("\(data)/\(name)") == 0, "\(name) is empty") }
      var configuration = Configuration()
      // What the manifest says by then stays.
      for bytes in ["1 MiB", "2 MiB"] {
        configuration.extra = "quarantine: {segment_bytes: \(bytes)}"
        let gateway = try Gateway.start(configuration, in: folder)
        gateway.kill(SIGTERM)
        #expect(gateway.waitForEnd() == 0, "\(gateway.said)")
        #expect(try Manifest(reading: contents(of: "\(data)/manifest")).sideSegmentBytes == 1 << 20)
        for name in ["side/0000", "side/0001"] { #expect(access("\(data)/\(name)", F_OK) == 0) }
        #expect(try LoggedEvents(data).values(of: "plain") == ["{\"event\":1}"])
      }
      let list = [Gateway.program, "quarantine", "list", "--data", data]
      #expect(runTool(list, output: "\(folder.path)/list", errors: "\(folder.path)/errors") == 0)
    }

    @Test func `a manifest that is damaged is named with its line`() throws {
      let folder = TemporaryFolder()
      let first = try Gateway.start(Configuration(), in: folder)
      first.kill(SIGTERM)
      #expect(first.waitForEnd() == 0)
      var manifest = contents(of: "\(folder.path)/data/manifest")
      manifest.replace("plain", with: "plane")
      _ = folder.write(manifest, as: "data/manifest")
      let gateway = try failure(of: Configuration(), in: folder)
      #expect(gateway.status == 3)
      #expect(gateway.says("manifest:", "damaged"), "\(gateway.said)")
    }

    /// Starts a gateway that cannot start, and waits for its end.
    private func failure(of configuration: Configuration, in folder: TemporaryFolder, data: String? = nil) throws
      -> Gateway
    {
      let text = configuration.text(data: data ?? "\(folder.path)/data")
      let gateway = Gateway(settings: folder.write(text, as: "sluice.yaml"), log: "\(folder.path)/log")
      try #require(gateway.waitForEnd(within: 30) != nil, "it should not start: \(gateway.said)")
      return gateway
    }

    /// Flips a bit of the first segment that holds a text.
    private func flipBit(in lanes: String, at text: String) throws -> (lane: Int, slot: Int) {
      for lane in 0..<2 {
        for slot in 0..<4 {
          let file = open("\(lanes)/000\(lane)/000\(slot).segment", O_RDWR | O_CLOEXEC)
          guard file >= 0 else { continue }
          defer { close(file) }
          var bytes = [UInt8](repeating: 0, count: 1 << 20)
          let count = pread(file, &bytes, bytes.count, 0)
          let wanted = Array(text.utf8)
          guard
            let place = (0..<max(count - wanted.count, 0)).first(where: { at in
              bytes[at] == wanted[0] && Array(bytes[at..<at + wanted.count]) == wanted
            })
          else { continue }
          var flipped = bytes[place] ^ 1
          try #require(pwrite(file, &flipped, 1, place) == 1)
          return (lane, slot)
        }
      }
      throw GatewayFailure("\(text) is in no segment")
    }
  }
}
