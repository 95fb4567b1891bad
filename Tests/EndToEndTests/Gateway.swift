import Glibc
import Testing

/// What a gateway is started with, as the text of its settings.
struct Configuration {
  var topics = """
      - {name: plain, event_bytes_max: 64 KiB}
      - {name: packed, codec: lz4, event_bytes_max: 64 KiB}
      - {name: loose, acknowledge: received, event_bytes_max: 64 KiB}
      - {name: keyed, order: key, event_bytes_max: 64 KiB}
    """
  var shards = 2
  var log = "{segment_bytes: 1 MiB, commit_bytes_max: 128 KiB, retention: {bytes: 512 MiB}, seal_after: 50ms}"
  var limits = "connections: 1024, receive_buffers: 256, large_messages: 8"
  var listeners = """
      - {name: web, protocol: http, address: "127.0.0.1:0"}
      - {name: frames, protocol: framed, address: "127.0.0.1:0"}
    """
  var extra = ""

  func text(data: String) -> String {
    """
    data: \(data)
    shards: \(shards)
    listeners:
    \(listeners)
    admin: {address: "127.0.0.1:0"}
    topics:
    \(topics)
    log: \(log)
    limits: {\(limits)}
    \(extra)

    """
  }
}

/// A gateway in a process of its own, as an operator would run it.
final class Gateway {
  let process: pid_t
  let log: String
  private(set) var status: Int32?

  /// Where the built program is: beside the tests, or where SLUICE_BINARY says.
  static let program: String = {
    if let given = getenv("SLUICE_BINARY") { return String(cString: given) }
    var name = [UInt8](repeating: 0, count: 4096)
    let count = name.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    let parts = String(decoding: name.prefix(max(count, 0)), as: UTF8.self).split(separator: "/").dropLast()
    return "/" + parts.joined(separator: "/") + "/sluice"
  }()

  /// Starts one from a file of settings; `limit` bounds its descriptors, `log` gets what it says, `prelude` is what a
  /// shell does before.
  init(settings: String, log: String, descriptors limit: Int? = nil, prelude: String? = nil) {
    self.log = log
    let words = [Gateway.program, "run", "--config", settings]
    let before = [limit.map { "ulimit -n \($0)" }, prelude].compactMap { $0 }
    if !before.isEmpty {
      let script = (before + ["exec \"$@\""]).joined(separator: "; ")
      process = spawn(["/bin/sh", "-c", script, "sh"] + words, errors: log)
    } else {
      process = spawn(words, errors: log)
    }
  }
  deinit {
    if poll() == nil { kill(SIGKILL) }
    _ = waitForEnd()
  }

  /// Starts one in a folder and waits until it serves.
  static func start(
    _ configuration: Configuration,
    in folder: TemporaryFolder,
    descriptors limit: Int? = nil,
    prelude: String? = nil
  ) throws -> Gateway {
    let settings = folder.write(configuration.text(data: "\(folder.path)/data"), as: "sluice.yaml")
    let gateway = Gateway(settings: settings, log: "\(folder.path)/log", descriptors: limit, prelude: prelude)
    try gateway.waitUntilReady()
    return gateway
  }

  /// Waits until every shard takes events.
  func waitUntilReady(within seconds: Double = 30) throws {
    let isReady = eventually(within: seconds) { poll() != nil || admin != 0 && get("/ready").status == 200 }
    guard isReady, status == nil else { throw GatewayFailure("not ready, status \(status ?? -1):\n\(said)") }
  }

  func kill(_ signal: Int32) { _ = Glibc.kill(process, signal) }

  /// Its exit status if it has ended.
  func poll() -> Int32? {
    if let status { return status }
    var raw: Int32 = 0
    if waitpid(process, &raw, WNOHANG) == process { status = exitStatus(raw) }
    return status
  }
  /// Waits for its end: its exit status, or `nil` when it does not end in time.
  func waitForEnd(within seconds: Double = 60) -> Int32? {
    _ = eventually(within: seconds) { poll() != nil }
    return status
  }

  /// Everything it has logged.
  var said: String { contents(of: log) }
  /// Whether a line of its log has all these words.
  func says(_ words: String...) -> Bool {
    said.split(separator: "\n").contains { line in words.allSatisfy { line.contains($0) } }
  }

  /// The port of the listener of this name; 0 while there is none.
  func port(_ name: String) -> UInt16 {
    for line in said.split(separator: "\n") where line.contains("listening") && line.contains(" name=\(name) ") {
      return Gateway.port(in: line, behind: "address=127.0.0.1:")
    }
    return 0
  }
  /// The port of the admin listener; 0 while there is none.
  var admin: UInt16 {
    for line in said.split(separator: "\n") where line.contains("starting") {
      return Gateway.port(in: line, behind: "admin=127.0.0.1:")
    }
    return 0
  }
  private static func port(in line: Substring, behind mark: String) -> UInt16 {
    guard let place = line.range(of: mark) else { return 0 }
    return UInt16(line[place.upperBound...].prefix { $0.isNumber }) ?? 0
  }

  /// A page of its admin listener.
  func get(_ path: String) -> HTTPAnswer {
    guard let socket = Socket(port: admin) else { return HTTPAnswer(status: 0) }
    socket.send("GET \(path) HTTP/1.1\r\nHost: admin\r\n\r\n")
    return socket.readAnswer() ?? HTTPAnswer(status: 0)
  }
  /// One number of its metrics: the sum of all samples of this name.
  func metric(_ name: String) -> Double? {
    var sum: Double?
    for line in get("/metrics").body.split(separator: "\n") where line.hasPrefix(name) {
      let rest = line.dropFirst(name.count)
      guard rest.first == " " || rest.first == "{", let value = Double(rest.split(separator: " ").last ?? "") else {
        continue
      }
      sum = (sum ?? 0) + value
    }
    return sum
  }
}

/// Why a test's gateway is of no use.
struct GatewayFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Substring {
  /// Where a text first stands in it.
  func range(of text: String) -> Range<Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(text) { return at..<index(at, offsetBy: text.count) }
      at = index(after: at)
    }
    return nil
  }
}
