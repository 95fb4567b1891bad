import Bytes
import Events
import Glibc
import Host
import Testing
import World

/// All tests of the machine, one after another: they measure descriptors, limits and memory of the process.
@Suite(.serialized) struct RealMachine {}

/// A directory for one test.
final class TemporaryDirectory: Sendable {
  let path: String
  init() {
    var template = Array("/tmp/sluice-host-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }
  deinit {
    let remove = "rm -rf '\(path)'"
    system(remove)
  }
}

/// Small sizes, for tests.
func smallSizes() -> Sizes {
  var sizes = Sizes()
  sizes.connections = 256
  sizes.buffers = 64
  sizes.bufferBytes = 1024
  sizes.replies = 256
  sizes.segments = 4
  sizes.segmentBytes = 4 << 20
  return sizes
}

/// One shard's machine with what it needs.
struct Rig: ~Copyable {
  var host: Host
  private var preparation: SegmentPreparation?
  let directory: DataDirectory
  let files: TemporaryDirectory
  let ports: [UInt16]
  let wakes: Wakes
  let sizes: Sizes

  init(
    sizes: Sizes = smallSizes(),
    policy: WaitPolicy = .balanced,
    addresses: [String] = ["127.0.0.1:0"],
    features: Kernel.Features? = nil,
    files: TemporaryDirectory = TemporaryDirectory()
  ) throws {
    var kernel = try Kernel.probe()
    if let features { kernel.features = features }
    var listeners = try Listeners(addresses.map { ListenerAddress($0)! }, cpus: [0])
    let directory = try DataDirectory(files.path + "/data")
    try directory.makeLanes(sizes.lanes)
    try directory.makeSideLanes(1)
    let wakes = try Wakes(shards: 1)
    let lanes = (0..<sizes.lanes).map { LaneID(rawValue: UInt16($0)) } + [.side(0)]
    var preparation = try SegmentPreparation(in: directory, lanes: [lanes], sizes: sizes, wakes: wakes)
    let shard = ShardID(rawValue: 0)
    let seed = HostSeed(
      shard: shard,
      sizes: sizes,
      policy: policy,
      kernel: kernel,
      listeners: &listeners,
      segments: preparation.access(of: shard),
      wakes: wakes
    )
    let host = try Host(seed)
    self.host = host
    ports = listeners.addresses.map(\.port)
    self.preparation = consume preparation
    self.directory = directory
    (self.files, self.wakes, self.sizes) = (files, wakes, sizes)
  }
  consuming func end() {
    if let preparation = preparation.take() { preparation.stop() }
  }

  /// The next completion, waited for.
  mutating func next() -> Completion {
    while true {
      if let completion = host.next() { return completion }
      host.wait()
    }
  }
  /// Accepts on the first listener until told otherwise, and connects a client: both ends.
  mutating func connect() -> (Client, ConnectionID) {
    let client = Client(port: ports[0])
    guard case .accepted(let connection, on: _) = next() else { fatalError("no connection came") }
    return (client, connection)
  }
  /// Receives until so many bytes have come, giving the buffers back.
  mutating func receive(_ count: Int, on connection: ConnectionID) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      switch next() {
      case .received(connection, let buffer, let count, let more):
        bytes += copy(buffer, count)
        host.recycle(buffer)
        if !more { host.receive(on: connection) }
      case .starved(connection): host.receive(on: connection)
      case let other: fatalError("unexpected: \(other)")
      }
    }
    return bytes
  }
  func copy(_ buffer: BufferID, _ count: Int) -> [UInt8] {
    let span = host.bytes(of: buffer, count: count)
    return span.withUnsafeBytes { Array($0) }
  }
  /// A reply's region, filled.
  mutating func reply(_ bytes: [UInt8], _ index: Int = 0) -> Region {
    var region = host.take(RegionID(rawValue: UInt32(sizes.commitRegions + index)))
    region.count = 0
    region.append(bytes.span.bytes)
    return region
  }
  /// Ends a connection as a shard would: shutdown, last completion of the receive, close.
  mutating func finish(_ connection: ConnectionID, isReceiving: Bool) {
    host.shutdown(connection)
    var isReceiving = isReceiving
    while isReceiving {
      switch next() {
      case .received(connection, let buffer, _, let more):
        host.recycle(buffer)
        isReceiving = more
      case .receiveEnded(connection, _), .starved(connection): isReceiving = false
      case let other: fatalError("unexpected: \(other)")
      }
    }
    host.close(connection)
    guard case .closed(connection) = next() else { fatalError("not closed") }
  }
}

/// A plain blocking client.
final class Client {
  let descriptor: Int32
  init(port: UInt16, receiveBytes: Int32? = nil) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if var receiveBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      Glibc.connect(descriptor, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), 16)
    }
    precondition(result == 0, "connect: \(errno)")
  }
  deinit { close(descriptor) }
  func send(_ bytes: [UInt8]) {
    let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    precondition(count == bytes.count, "send: \(errno)")
  }
  func receive(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
    return Array(bytes.prefix(max(0, got)))
  }
  /// Ends the connection with a reset.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    shutdown(descriptor, 2)
  }
}

/// Bytes that tell their place.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: ($0 + seed) &* 31 % 251) }
}

/// How many descriptors the process has.
///
/// The runtime opens three of its own when it pleases: what leaks is told by
/// doing it eight times.
func descriptorCount() -> Int {
  let stream = opendir("/proc/self/fd")!
  defer { closedir(stream) }
  var count = 0
  while readdir(stream) != nil { count += 1 }
  return count - 3  // itself, its parent, and the stream's own
}
