import Glibc
import Simulator

/// Serves a cluster on loopback: a port for each broker, one thread, nothing but `poll`.
struct BrokerServer {
  private struct Client {
    let descriptor: Int32
    var link: KafkaLink
    var output: [UInt8] = []
  }
  var cluster: KafkaCluster
  private(set) var ports: [Int32: UInt16] = [:]
  private var listeners: [Int32: Int32] = [:]
  private var clients: [Client] = []
  private var commands: [UInt8] = []
  private var hasCommands = true
  /// Whether it is to end.
  var isDone = false

  /// Listens for each broker.
  ///
  /// Throws: that a port is taken.
  init(_ options: Options) throws(Mistake) {
    var brokers: [KafkaCluster.Broker] = []
    for id in 1...Int32(options.brokers) {
      let wanted = options.port == 0 ? 0 : options.port + UInt16(id - 1)
      let (descriptor, port) = try Self.listen(on: wanted)
      (listeners[id], ports[id]) = (descriptor, port)
      brokers.append(KafkaCluster.Broker(id: id, host: "127.0.0.1", port: Int32(port)))
    }
    cluster = KafkaCluster(brokers, settings: options.settings)
    for topic in options.topics { cluster.addTopic(topic.name, partitions: topic.partitions) }
  }
  /// Where clients begin.
  var bootstrap: String { ports.sorted { $0.key < $1.key }.map { "127.0.0.1:\($0.value)" }.joined(separator: ",") }

  /// Serves until it is told to end.
  mutating func run() {
    while !isDone {
      var polled = [pollfd(fd: hasCommands ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0)]
      let brokers = listeners.keys.sorted()
      polled += brokers.map { pollfd(fd: listeners[$0] ?? -1, events: Int16(POLLIN), revents: 0) }
      let first = polled.count
      polled += clients.map { client in
        let events = client.output.isEmpty ? client.link.isReading ? POLLIN : 0 : POLLOUT
        return pollfd(fd: client.descriptor, events: Int16(events), revents: 0)
      }
      guard poll(&polled, nfds_t(polled.count), timeoutMs) >= 0 || errno == EINTR else { return }
      if polled[0].revents != 0 { readCommands() }
      for (place, broker) in brokers.enumerated() where polled[1 + place].revents != 0 { accept(for: broker) }
      for place in clients.indices {
        let events = first + place < polled.count ? Int32(polled[first + place].revents) : 0
        serve(place, canRead: events & (POLLIN | POLLHUP | POLLERR) != 0)
      }
      clients.removeAll { client in
        guard client.link.isClosed, client.output.isEmpty else { return false }
        close(client.descriptor)
        return true
      }
    }
  }
  private var timeoutMs: Int32 {
    guard let deadlineMs = clients.compactMap(\.link.deadlineMs).min() else { return -1 }
    return Int32(clamping: max(0, deadlineMs - Self.nowMs()))
  }
  static func nowMs() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  // MARK: Connections

  private mutating func serve(_ place: Int, canRead: Bool) {
    if canRead, clients[place].link.isReading {
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(clients[place].descriptor, &piece, piece.count, Int32(MSG_DONTWAIT))
      if count > 0 {
        clients[place].link.receive(Array(piece.prefix(count)), for: &cluster, nowMs: Self.nowMs())
      } else if count == 0 || errno != EAGAIN && errno != EINTR {
        clients[place].link.close(cluster: &cluster)
        clients[place].output = []
        return
      }
    }
    clients[place].link.advance(cluster: &cluster, nowMs: Self.nowMs())
    clients[place].output += clients[place].link.takeOutput()
    guard !clients[place].output.isEmpty else { return }
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let sent = send(clients[place].descriptor, clients[place].output, clients[place].output.count, flags)
    if sent > 0 {
      clients[place].output.removeFirst(sent)
    } else if errno != EAGAIN && errno != EINTR {
      clients[place].link.close(cluster: &cluster)
      clients[place].output = []
    }
  }
  private mutating func accept(for broker: Int32) {
    guard let listener = listeners[broker] else { return }
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    guard let link = KafkaLink(to: broker, of: &cluster) else {
      close(descriptor)
      return
    }
    clients.append(Client(descriptor: descriptor, link: link))
  }

  /// Has a broker die, so that connecting to it is refused.
  mutating func takeDown(_ broker: Int32) {
    cluster.takeDown(broker)
    if let listener = listeners.removeValue(forKey: broker) { close(listener) }
  }
  /// Has it come back on its port.
  ///
  /// Throws: that somebody else has the port.
  mutating func bringUp(_ broker: Int32) throws(Mistake) {
    guard listeners[broker] == nil, let port = ports[broker] else { return }
    listeners[broker] = try Self.listen(on: port).descriptor
    cluster.bringUp(broker)
  }

  private static func listen(on port: UInt16) throws(Mistake) -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 128) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard descriptor >= 0, isBound else { throw Mistake("port \(port): \(String(cString: strerror(errno)))") }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  // MARK: Commands

  private mutating func readCommands() {
    var piece = [UInt8](repeating: 0, count: 1 << 12)
    let count = read(STDIN_FILENO, &piece, piece.count)
    guard count > 0 else {
      // Whoever gave commands through a pipe has gone.
      var status = stat()
      fstat(STDIN_FILENO, &status)
      isDone = status.st_mode & S_IFMT == S_IFIFO
      hasCommands = false
      return
    }
    commands += piece.prefix(count)
    while let end = commands.firstIndex(of: 0x0A) {
      let words = String(decoding: commands[..<end], as: UTF8.self).split(separator: " ").map(String.init)
      commands.removeFirst(end + 1)
      if !words.isEmpty { say(answer(words)) }
    }
  }
}

/// Prints a line at once.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 || errno == EINTR else { return }
    written += max(0, count)
  }
}

/// The program.
///
/// Returns: its exit status.
func serve(_ words: [String]) -> Int32 {
  do throws(Mistake) {
    let options = try Options(Array(words.dropFirst()))
    guard !options.wantsHelp else {
      say(Options.help)
      return 0
    }
    var server = try BrokerServer(options)
    say("BOOTSTRAP=\(server.bootstrap)")
    server.run()
    return 0
  } catch {
    let text = Array("strict-broker: \(error.reason)\nTry strict-broker --help.\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    return 2
  }
}
