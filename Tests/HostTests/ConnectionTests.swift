import Bytes
import Events
import Glibc
import Host
import Testing
import World

let listener = ListenerID(rawValue: 0)

extension RealMachine {
  @Test func `what a client sends comes back`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    rig.host.receive(on: connection)
    client.send(pattern(300))
    let received = rig.receive(300, on: connection)
    #expect(received == pattern(300))
    let reply = rig.reply(received)
    rig.host.send(reply, on: connection)
    guard case .sent(connection, let region, 300) = rig.next() else { return #expect(Bool(false), "not sent") }
    #expect(client.receive(300) == pattern(300))
    let back = rig.host.take(region)
    rig.host.put(back)
    let source = rig.host.source(of: connection)
    #expect(source.bits == UInt128(0xFFFF_7F00_0001))
    rig.finish(connection, isReceiving: true)
    #expect(rig.host.connectionCount == 0)
    #expect(rig.host.buffersLent == 0)
    rig.end()
  }

  @Test func `IPv6 clients are served and known by their address`() throws {
    var rig = try Rig(addresses: ["[::1]:0"])
    rig.host.accept(on: listener)
    let client = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = rig.ports[0].bigEndian
    address.sin6_addr = in6addr_loopback
    let result = withUnsafePointer(to: &address) {
      connect(client, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), 28)
    }
    #expect(result == 0)
    guard case .accepted(let connection, on: listener) = rig.next() else { return #expect(Bool(false)) }
    #expect(rig.host.source(of: connection).bits == 1)
    rig.finish(connection, isReceiving: false)
    rig.end()
  }

  @Test(arguments: [Kernel.Features](arrayLiteral: [], [.bundles, .minimumWait, .noIOWait]))
  func `a stream arrives whole and in order however it is cut`(features: Kernel.Features) throws {
    var rig = try Rig(features: features)
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    rig.host.receive(on: connection)
    var sent = 0
    for count in [1, 1023, 1024, 1025, 5000, 20_000, 60_000, 7] {
      client.send(pattern(count, seed: sent))
      let received = rig.receive(count, on: connection)
      #expect(received == pattern(count, seed: sent))
      sent += count
    }
    if features.contains(.bundles) { #expect(rig.host.counters.bundles > 0) }
    #expect(rig.host.buffersLent == 0)
    rig.end()
  }

  @Test func `a receive without a free buffer starves and goes on once one is back`() throws {
    var sizes = smallSizes()
    sizes.buffers = 4
    var rig = try Rig(sizes: sizes)
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    rig.host.receive(on: connection)
    client.send(pattern(6000))
    var (held, isStarved): ([(BufferID, Int)], Bool) = ([], false)
    while !isStarved {
      switch rig.next() {
      case .received(connection, let buffer, let count, let more):
        held.append((buffer, count))
        if !more { rig.host.receive(on: connection) }
      case .starved(connection): isStarved = true
      case let other: fatalError("unexpected: \(other)")
      }
    }
    #expect(held.count == 4)
    #expect(rig.host.counters.starvations >= 1)
    var bytes: [UInt8] = []
    for (buffer, count) in held {
      bytes += rig.copy(buffer, count)
      rig.host.recycle(buffer)
    }
    rig.host.receive(on: connection)
    bytes += rig.receive(6000 - bytes.count, on: connection)
    #expect(bytes == pattern(6000))
    rig.finish(connection, isReceiving: true)
    #expect(rig.host.buffersLent == 0)
    rig.end()
  }

  @Test func `who connects after accepting stopped waits until it goes on`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (_, first) = rig.connect()
    rig.host.stopAccepting(on: listener)
    guard case .acceptEnded(listener, -ECANCELED) = rig.next() else { return #expect(Bool(false), "not ended") }
    let late = Client(port: rig.ports[0])
    rig.host.timeout(afterNs: 1_000_000)
    guard case .elapsed = rig.next() else { return #expect(Bool(false), "a connection came after the end") }
    rig.host.accept(on: listener)
    guard case .accepted(let second, on: listener) = rig.next() else { return #expect(Bool(false)) }
    #expect(first != second)
    rig.host.receive(on: second)
    late.send([1, 2, 3])
    #expect(rig.receive(3, on: second) == [1, 2, 3])
    rig.end()
  }

  @Test func `a closed listener refuses`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    rig.host.stopAccepting(on: listener)
    guard case .acceptEnded(listener, -ECANCELED) = rig.next() else { return #expect(Bool(false)) }
    rig.host.close(listener)
    #expect(throws: Never.self) { try Listeners([ListenerAddress("127.0.0.1:\(rig.ports[0])")!], cpus: [0]) }
    rig.end()
  }

  @Test func `a stopped receive leaves the bytes to the next one`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    rig.host.receive(on: connection)
    client.send([1])
    #expect(rig.receive(1, on: connection) == [1])
    rig.host.stopReceiving(on: connection)
    guard case .receiveEnded(connection, -ECANCELED) = rig.next() else { return #expect(Bool(false), "not ended") }
    client.send([2, 3])
    rig.host.timeout(afterNs: 1_000_000)
    guard case .elapsed = rig.next() else { return #expect(Bool(false), "bytes came after the end") }
    rig.host.receive(on: connection)
    #expect(rig.receive(2, on: connection) == [2, 3])
    rig.end()
  }

  @Test func `a peer's end and its reset are told apart`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (polite, first) = rig.connect()
    rig.host.receive(on: first)
    shutdown(polite.descriptor, 1)
    guard case .receiveEnded(first, 0) = rig.next() else { return #expect(Bool(false)) }
    rig.finish(first, isReceiving: false)
    var rude: Client?
    let second: ConnectionID
    (rude, second) = { (rig: inout Rig) in rig.connect() }(&rig)
    rig.host.receive(on: second)
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(rude!.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    rude = nil
    guard case .receiveEnded(second, -ECONNRESET) = rig.next() else { return #expect(Bool(false)) }
    rig.finish(second, isReceiving: false)
    rig.end()
  }

  @Test func `a large answer reaches a slow reader whole`() throws {
    var sizes = smallSizes()
    sizes.replyBytes = 8 << 20
    sizes.replies = 1
    var rig = try Rig(sizes: sizes)
    rig.host.accept(on: listener)
    let client = Client(port: rig.ports[0], receiveBytes: 4096)
    guard case .accepted(let connection, on: listener) = rig.next() else { return #expect(Bool(false)) }
    let bytes = pattern(8 << 20)
    let reply = rig.reply(bytes)
    rig.host.send(reply, on: connection)
    rig.host.timeout(afterNs: 1_000_000)
    guard case .elapsed = rig.next() else { return #expect(Bool(false), "8 MiB fitted the socket's buffers") }
    let reader = SlowReader(client, bytes.count)
    guard case .sent(connection, _, let count) = rig.next() else { return #expect(Bool(false)) }
    #expect(Int(count) == bytes.count)
    #expect(reader.join() == bytes)
    rig.finish(connection, isReceiving: false)
    rig.end()
  }

  @Test func `a send to a peer that is gone says so`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    var client: Client? = Client(port: rig.ports[0])
    guard case .accepted(let connection, on: listener) = rig.next() else { return #expect(Bool(false)) }
    rig.host.receive(on: connection)
    client?.reset()
    client = nil
    guard case .receiveEnded(connection, _) = rig.next() else { return #expect(Bool(false)) }
    rig.host.shutdown(connection)
    rig.host.timeout(afterNs: 0)
    guard case .elapsed = rig.next() else { return #expect(Bool(false)) }
    let reply = rig.reply([1, 2, 3])
    rig.host.send(reply, on: connection)
    guard case .sent(connection, _, let result) = rig.next() else { return #expect(Bool(false)) }
    #expect(result == -EPIPE)
    rig.finish(connection, isReceiving: false)
    rig.end()
  }

  @Test func `a send queued before a shutdown still goes out`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    let reply = rig.reply(pattern(100))
    rig.host.send(reply, on: connection)
    rig.host.shutdown(connection)
    guard case .sent(connection, _, 100) = rig.next() else { return #expect(Bool(false)) }
    #expect(client.receive(200) == pattern(100))
    rig.finish(connection, isReceiving: false)
    rig.end()
  }

  @Test func `a full table ends accepting and the rest waits in the kernel`() throws {
    var sizes = smallSizes()
    sizes.connections = 2
    var rig = try Rig(sizes: sizes)
    rig.host.accept(on: listener)
    let clients = (0..<3).map { _ in Client(port: rig.ports[0]) }
    var (admitted, ended): ([ConnectionID], Int32) = ([], 0)
    while ended == 0 {
      switch rig.next() {
      case .accepted(let connection, on: listener): admitted.append(connection)
      case .acceptEnded(listener, let reason): ended = reason
      case let other: fatalError("unexpected: \(other)")
      }
    }
    #expect(admitted.count == 2)
    #expect(ended == -EMFILE)
    #expect(rig.host.counters.acceptsExhausted == 1)
    rig.finish(admitted[0], isReceiving: false)
    rig.host.accept(on: listener)
    // The third waited, unless it was accepted and closed at once; then one more comes.
    let fourth = Client(port: rig.ports[0])
    guard case .accepted(admitted[0], on: listener) = rig.next() else { return #expect(Bool(false)) }
    _ = (clients, fourth)
    rig.end()
  }

  @Test func `200 connections come and go and nothing is left`() async {
    await #expect(processExitsWith: .success) {
      var rig = try Rig()
      rig.host.accept(on: listener)
      rig.host.timeout(afterNs: 0)
      guard case .elapsed = rig.next() else { fatalError("unexpected") }
      let before = descriptorCount()
      for round in 0..<8 {
        var clients: [Client?] = (0..<200).map { _ in Client(port: rig.ports[0]) }
        var (open, ended) = (0, 0)
        while ended < 200 {
          switch rig.next() {
          case .accepted(let connection, on: _):
            open += 1
            rig.host.receive(on: connection)
            if open == 200 {
              for index in clients.indices {
                clients[index]!.send(pattern(100, seed: round))
                if index % 3 == 0 { clients[index]!.reset() }
                clients[index] = nil
              }
            }
          case .received(let connection, let buffer, _, let more):
            rig.host.recycle(buffer)
            if !more { rig.host.receive(on: connection) }
          case .starved(let connection): rig.host.receive(on: connection)
          case .receiveEnded(let connection, _):
            rig.host.shutdown(connection)
            rig.host.close(connection)
          case .closed: ended += 1
          case let other: fatalError("unexpected: \(other)")
          }
        }
        guard rig.host.connectionCount == 0 else { fatalError("connections left") }
        guard rig.host.buffersLent == 0 else { fatalError("buffers left") }
      }
      let left = descriptorCount() - before
      guard left < 8 else { fatalError("\(left) descriptors left") }
      rig.end()
      exit(0)
    }
  }

  @Test func `a machine that ends closes everything it opened`() async {
    await #expect(processExitsWith: .success) {
      let before = descriptorCount()
      func run() throws {
        var rig = try Rig()
        rig.host.accept(on: listener)
        let (client, connection) = rig.connect()
        rig.host.receive(on: connection)
        client.send([1])
        _ = rig.receive(1, on: connection)
        let unseen = Client(port: rig.ports[0])  // accepted by the kernel, never taken out
        rig.host.timeout(afterNs: 0)
        rig.host.wait()
        _ = unseen
        rig.end()
      }
      for _ in 0..<8 { try run() }
      let left = descriptorCount() - before
      guard left < 8 else { fatalError("\(left) descriptors left") }
      exit(0)
    }
  }

  @Test func `accepting ends when the process is out of descriptors, and goes on later`() async {
    await #expect(processExitsWith: .success) {
      var rig = try Rig()
      let client = Client(port: rig.ports[0])
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(7), &limit)
      let generous = limit
      // All descriptors below the limit are taken.
      var fillers: [Int32] = []
      while let next = Optional(dup(client.descriptor)), next < 512 { fillers.append(next) }
      close(511 + 1)
      limit.rlim_cur = 512
      guard setrlimit(__rlimit_resource_t(7), &limit) == 0 else { fatalError("setrlimit") }
      rig.host.accept(on: listener)
      guard case .acceptEnded(listener, -EMFILE) = rig.next() else { fatalError("not refused") }
      guard rig.host.counters.acceptsExhausted == 1 else { fatalError("not counted") }
      close(fillers.removeLast())
      rig.host.accept(on: listener)
      guard case .accepted(let connection, on: listener) = rig.next() else { fatalError("not accepted") }
      for filler in fillers { close(filler) }
      var restored = generous
      setrlimit(__rlimit_resource_t(7), &restored)
      rig.host.receive(on: connection)
      client.send([9])
      guard rig.receive(1, on: connection) == [9] else { fatalError("not received") }
      exit(0)
    }
  }
}

/// Reads on a thread of its own.
final class SlowReader: @unchecked Sendable {
  private var thread = pthread_t()
  private let client: Client
  private let count: Int
  private var bytes: [UInt8] = []
  init(_ client: Client, _ count: Int) {
    (self.client, self.count) = (client, count)
    pthread_create(
      &thread,
      nil,
      { reader in
        let reader = Unmanaged<SlowReader>.fromOpaque(reader!).takeRetainedValue()
        while reader.bytes.count < reader.count {
          let piece = reader.client.receive(min(5000, reader.count - reader.bytes.count))
          if piece.isEmpty { break }
          reader.bytes += piece
        }
        return nil
      },
      Unmanaged.passRetained(self).toOpaque()
    )
  }
  func join() -> [UInt8] {
    pthread_join(thread, nil)
    return bytes
  }
}
