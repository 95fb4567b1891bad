import Events
import Glibc
import Testing

extension EndToEnd {
  /// Peers that misbehave, and crowds: they cost nobody else anything.
  @Suite struct FaultTests {
    @Test func `slow senders and slow readers leave healthy clients alone`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.limits = "connections: 2048, receive_buffers: 1024, header_time: 2s, send_time: 2s, idle_time: 5s"
      configuration.limits += ", connections_per_source: 2048"
      let gateway = try Gateway.start(configuration, in: folder)
      let crowd = Crowd()
      #expect(crowd.open(500, to: gateway.port("web")) == 500)
      let senders = crowd.descriptors
      #expect(crowd.open(500, to: gateway.port("web"), receiveBytes: 4096) == 500)
      let readers = Array(crowd.descriptors.dropFirst(500))
      // Requests whose answers nobody reads, until neither side takes any more.
      let listing = Array(String(repeating: "GET /v1/topics HTTP/1.1\r\nHost: a\r\n\r\n", count: 400).utf8)
      for round in 0..<40 {
        for reader in readers.prefix(round < 4 ? 500 : 30) {
          _ = Glibc.send(reader, listing, listing.count, Crowd.quietly)
        }
      }
      let head = Array("POST /v1/events/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 1000".utf8)
      let producers = produce(round: 1, for: gateway, limit: 300)
      for byte in head {
        for sender in senders { _ = withUnsafeBytes(of: byte) { Glibc.send(sender, $0.baseAddress, 1, Crowd.quietly) } }
      }
      for producer in producers { producer.join() }
      for producer in producers {
        #expect(producer.acknowledged == producer.verdicts.count && producer.surprises.isEmpty, "\(producer.summary)")
      }
      // Each of them is ended by its time limit.
      #expect(eventually(within: 30) { gateway.metric("sluice_connections") == 0 }, "\(gateway.get("/metrics").body)")
      #expect((gateway.metric("sluice_connections_timed_out_total") ?? 0) >= 1000)
      #expect((gateway.metric("sluice_connections_timed_out_total{during=\"send\"}") ?? 0) > 0)
      #expect(gateway.metric("sluice_receive_buffers_held") == 0)
      crowd.close()
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      let audit = Audit(try LoggedEvents("\(folder.path)/data"), of: producers, loose: [], mayStoreUnanswered: false)
      #expect(audit.problems.isEmpty)
    }

    @Test func `ten thousand connections at once are all served`() throws {
      let crowd = Crowd()
      let count = min(10_000, crowd.room - 200)
      try #require(count >= 5_000, "the limit of open files leaves room for a crowd")
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.limits = "connections: 16384, connections_per_source: 16384, receive_buffers: 1024"
      let gateway = try Gateway.start(configuration, in: folder)
      #expect(crowd.open(count, to: gateway.port("web")) == count)
      #expect(eventually(within: 60) { gateway.metric("sluice_connections") == Double(count) })
      let event = "{\"crowd\":true}"
      let request = "POST /v1/events/plain HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      #expect(crowd.send(request + "Content-Length: \(event.utf8.count)\r\n\r\n\(event)") == count)
      // Whoever comes when there is too much to do is told so, and served when it asks again.
      var stored = 0
      var statuses = crowd.readStatuses(within: 60)
      for _ in 0..<30 where statuses[503, default: 0] > 0 {
        #expect(crowd.sendAgain(request + "Content-Length: \(event.utf8.count)\r\n\r\n\(event)") == statuses[503])
        stored += statuses[200, default: 0]
        statuses = crowd.readStatuses(within: 60)
      }
      stored += statuses[200, default: 0]
      #expect(stored == count && Set(statuses.keys).isSubset(of: [200, 503]), "\(statuses)")
      crowd.close()
      #expect(eventually(within: 60) { gateway.metric("sluice_connections") == 0 })
      #expect(gateway.metric("sluice_events_stored_total") == Double(count))
    }

    @Test func `where few files may be open fewer connections are, and nothing else suffers`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.log = "{segment_bytes: 1 MiB, commit_bytes_max: 128 KiB, retention: {bytes: 8 MiB}}"
      let gateway = try Gateway.start(configuration, in: folder, descriptors: 200)
      #expect(gateway.says("level=warning", "open files"), "\(gateway.said)")
      let crowd = Crowd()
      #expect(crowd.open(400, to: gateway.port("web")) == 400)
      // The others wait in the kernel's queue.
      #expect(eventually { (gateway.metric("sluice_accepts_paused_total") ?? 0) >= 2 }, "\(gateway.said)")
      let served = try #require(gateway.metric("sluice_connections"))
      #expect(served > 20 && served < 200)
      #expect(gateway.get("/ready").status == 200)
      crowd.close()
      #expect(eventually { post("{}", to: "plain", at: gateway).status == 200 }, "it accepts again: \(gateway.said)")
      #expect(eventually { gateway.metric("sluice_connections") == 0 })
    }

    @Test func `where too few files may be open to serve anybody the start says how many it takes`() throws {
      let folder = TemporaryFolder()
      let settings = folder.write(Configuration().text(data: "\(folder.path)/data"), as: "sluice.yaml")
      let gateway = Gateway(settings: settings, log: "\(folder.path)/log", descriptors: 120)
      #expect(gateway.waitForEnd() == 3)
      #expect(gateway.says("cannot start", "open files", "120"), "\(gateway.said)")
    }

    @Test func `vanished and half-closed peers cost nothing`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let event = "{\"half\":\"closed\"}"
      let request =
        "POST /v1/events/plain HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(event.utf8.count)\r\n\r\n\(event)"
      for _ in 0..<100 {
        // Ends with a reset, in the middle of a request.
        let vanished = try #require(Socket(port: gateway.port("web")))
        vanished.send(String(request.prefix(70)))
        vanished.reset()
      }
      for _ in 0..<20 {
        // Ends its own direction, and still reads its answers.
        let half = try #require(Socket(port: gateway.port("web")))
        half.send(request + request)
        half.finish()
        #expect(half.readAnswer()?.status == 200)
        #expect(half.readAnswer()?.status == 200)
        #expect(half.endsSilently())
      }
      let cut = try #require(Socket(port: gateway.port("web")))
      cut.send(String(request.prefix(70)))
      cut.finish()
      #expect(cut.endsSilently(), "nobody is told about half a request")
      // They are noticed at once, not only by their time limits.
      #expect(eventually(within: 5) { gateway.metric("sluice_connections") == 0 })
      #expect(eventually { gateway.metric("sluice_receive_buffers_held") == 0 })
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      #expect(try LoggedEvents("\(folder.path)/data").values(of: "plain") == Array(repeating: event, count: 40))
    }

    @Test func `the wrong protocol and rubbish are refused, and the next client is served`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let frames = try #require(Socket(port: gateway.port("frames")))
      frames.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let farewell = frames.readFrame()
      #expect(farewell?.kind == .goAway && farewell?.reason == Refusal.malformed.rawValue)
      #expect(frames.endsSilently())
      let web = try #require(Socket(port: gateway.port("web")))
      web.send(Sent.bind("plain") + Sent.event(Array("{}".utf8), request: 1))
      #expect(web.readAll().hasPrefix("HTTP/1.1 400 "))
      var generator = SplitMix(seed: 7)
      for round in 0..<200 {
        let port = gateway.port(round % 2 == 0 ? "web" : "frames")
        let socket = try #require(Socket(port: port, seconds: 5))
        socket.send(
          (0..<Int.random(in: 1...5_000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        )
        socket.finish()
        _ = socket.readAll()
      }
      #expect(post("{}", to: "plain", at: gateway).status == 200)
      #expect(eventually { gateway.metric("sluice_connections") == 0 }, "\(gateway.get("/metrics").body)")
      gateway.kill(SIGTERM)
      #expect(gateway.waitForEnd() == 0)
      #expect(try LoggedEvents("\(folder.path)/data").values(of: "plain") == ["{}"])
    }

    @Test func `an unknown topic is answered with where the list is`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder)
      let answer = post("{}", to: "nowhere", at: gateway)
      #expect(answer.status == 404 && answer.body.contains("/v1/topics"))
      let socket = try #require(Socket(port: gateway.port("web")))
      socket.send("GET /v1/topics HTTP/1.1\r\nHost: a\r\n\r\n")
      let list = try #require(socket.readAnswer())
      #expect(list.status == 200)
      for topic in ["plain", "packed", "loose", "keyed"] { #expect(list.body.contains("\"\(topic)\"")) }
    }

    @Test func `connections beyond one source's share are turned away, and counted`() throws {
      let folder = TemporaryFolder()
      var configuration = Configuration()
      configuration.shards = 1
      configuration.limits += ", connections_per_source: 10"
      let gateway = try Gateway.start(configuration, in: folder)
      let welcome = (0..<10).compactMap { _ in Socket(port: gateway.port("web")) }
      #expect(eventually { gateway.metric("sluice_connections") == 10 })
      let eleventh = try #require(Socket(port: gateway.port("web")))
      #expect(eleventh.endsSilently())
      #expect(eventually { gateway.metric("sluice_connections_turned_away_total") == 1 })
      #expect(welcome.allSatisfy { post("{}", to: "plain", on: $0).status == 200 })
    }
  }
}

/// Many connections of one thread.
final class Crowd {
  static let quietly = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
  private(set) var descriptors: [Int32] = []
  /// Those whose answer is to come.
  private var asked: [Int32] = []
  /// How many files may be open.
  let room: Int

  init() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    room = Int(min(limit.rlim_cur, 1 << 30))
  }
  deinit { close() }

  /// Opens connections, with this much room for what they receive; returns how many there came to be.
  func open(_ count: Int, to port: UInt16, receiveBytes: Int32? = nil) -> Int {
    var opened = 0
    for _ in 0..<count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { break }
      if var room = receiveBytes {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
      }
      guard connect(descriptor, to: port) == 0 else {
        Glibc.close(descriptor)
        continue
      }
      descriptors.append(descriptor)
      opened += 1
    }
    return opened
  }
  /// Sends the same on each; returns on how many that worked.
  func send(_ text: String) -> Int {
    asked = descriptors
    return sendAgain(text)
  }
  /// Sends it on those that were not answered with 200.
  func sendAgain(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    return asked.count { Glibc.send($0, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count }
  }
  /// Reads one answer from each; returns how many had which status, 0 for none in time.
  func readStatuses(within seconds: Double) -> [Int: Int] {
    let deadline = secondsNow() + seconds
    var statuses: [Int: Int] = [:]
    var bytes = [UInt8](repeating: 0, count: 2048)
    var refused: [Int32] = []
    for descriptor in asked {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let left = Int32(max(0, (deadline - secondsNow()) * 1000))
      let count = poll(&entry, 1, left) > 0 ? recv(descriptor, &bytes, bytes.count, 0) : 0
      let status = count > 12 ? Int(String(decoding: bytes[9..<12], as: UTF8.self)) ?? 0 : 0
      statuses[status, default: 0] += 1
      if status == 503 { refused.append(descriptor) }
    }
    asked = refused
    return statuses
  }
  func close() {
    for descriptor in descriptors { Glibc.close(descriptor) }
    descriptors = []
  }
}
