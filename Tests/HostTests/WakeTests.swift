import Bytes
import Events
import Glibc
import Host
import Synchronization
import Testing
import World

extension RealMachine {
  @Test(arguments: [WaitPolicy.balanced, .latency(spinNs: 20_000), .economy(minimumWaitNs: 200_000)])
  func `a timeout elapses once and not early`(policy: WaitPolicy) throws {
    var rig = try Rig(policy: policy)
    let before = rig.host.now().monotonicNs
    rig.host.timeout(afterNs: 3_000_000)
    guard case .elapsed = rig.next() else { return #expect(Bool(false)) }
    #expect(rig.host.now().monotonicNs - before >= 3_000_000)
    rig.host.timeout(afterNs: 0)
    guard case .elapsed = rig.next() else { return #expect(Bool(false)) }
    rig.end()
  }

  @Test(arguments: [WaitPolicy.balanced, .latency(spinNs: 1_000_000), .economy(minimumWaitNs: 100_000)])
  func `every policy serves, on kernels with and without a minimum wait`(policy: WaitPolicy) throws {
    for features in [Kernel.Features.minimumWait, []] {
      var rig = try Rig(policy: policy, features: features)
      rig.host.accept(on: listener)
      let (client, connection) = rig.connect()
      rig.host.receive(on: connection)
      for round in 0..<20 {
        client.send(pattern(50, seed: round))
        let received = rig.receive(50, on: connection)
        #expect(received == pattern(50, seed: round))
        let reply = rig.reply(received)
        rig.host.send(reply, on: connection)
        guard case .sent(connection, _, 50) = rig.next() else { return #expect(Bool(false)) }
        #expect(client.receive(50) == received)
      }
      rig.end()
    }
  }

  @Test func `a wake from another thread ends the sleep, and one before the first sleep is not lost`() throws {
    var rig = try Rig()
    rig.wakes.wake(ShardID(rawValue: 0))
    guard case .woken = rig.next() else { return #expect(Bool(false)) }
    for _ in 0..<50 {
      let wakes = rig.wakes
      let thread = try PinnedThread("waker", cpu: nil, moving: wakes) { $0.wake(ShardID(rawValue: 0)) }
      guard case .woken = rig.next() else { return #expect(Bool(false)) }
      thread.join()
    }
    rig.end()
  }

  @Test func `a shard can wake itself`() throws {
    var rig = try Rig()
    rig.host.wake(ShardID(rawValue: 0))
    guard case .woken = rig.next() else { return #expect(Bool(false)) }
    rig.end()
  }

  @Test(arguments: [WaitPolicy.balanced, .latency(spinNs: 50_000)])
  func `two shards on two threads wake each other as often as they like`(policy: WaitPolicy) throws {
    let files = TemporaryDirectory()
    let directory = try DataDirectory(files.path + "/data")
    let sizes = smallSizes()
    let cpus = allowedCPUs()
    try directory.makeLanes(2)
    let wakes = try Wakes(shards: 2)
    var listeners = try Listeners([], cpus: [0, 0])
    let lanes = [[LaneID(rawValue: 0)], [LaneID(rawValue: 1)]]
    var preparation = try SegmentPreparation(in: directory, lanes: lanes, sizes: sizes, wakes: wakes)
    let kernel = try Kernel.probe()
    let score = Score()
    func start(_ number: UInt16, _ listeners: inout Listeners, _ preparation: inout SegmentPreparation) throws
      -> PinnedThread
    {
      let shard = ShardID(rawValue: number)
      let seed = HostSeed(
        shard: shard,
        sizes: sizes,
        policy: policy,
        kernel: kernel,
        listeners: &listeners,
        segments: preparation.access(of: shard),
        wakes: wakes
      )
      return try PinnedThread("shard \(number)", cpu: cpus[Int(number) % cpus.count], moving: seed) { seed in
        do { try score.play(seed, as: number) } catch { fatalError("\(error)") }
      }
    }
    let first = try start(0, &listeners, &preparation)
    let second = try start(1, &listeners, &preparation)
    first.join()
    second.join()
    #expect(score.ball.load(ordering: .acquiring) == Score.rounds)
    preparation.stop()
  }
}

/// A ball that two shards pass to one another: even numbers are the first's turn.
final class Score: Sendable {
  static let rounds = 2000
  let ball = Atomic<Int>(0)

  func play(_ seed: consuming HostSeed, as number: UInt16) throws {
    var host = try Host(seed)
    let other = ShardID(rawValue: 1 - number)
    var ends = false
    while !ends {
      let count = ball.load(ordering: .acquiring)
      if count >= Score.rounds {
        ends = true
      } else if count % 2 == Int(number) {
        ball.store(count + 1, ordering: .releasing)
        ends = count + 1 >= Score.rounds
        host.wake(other)
        // A wake is handed over by `wait`; a timeout makes sure that this one returns.
        host.timeout(afterNs: 0)
        while case .some(let completion) = next(&host) { if case .elapsed = completion { break } }
      } else {
        guard case .woken = next(&host) else { fatalError("unexpected") }
      }
    }
  }
  private func next(_ host: inout Host) -> Completion? {
    while true {
      if let completion = host.next() { return completion }
      host.wait()
    }
  }
}

extension RealMachine {
  @Test func `a wait for a time ends with it, with a wake, and with what has finished`() throws {
    var rig = try Rig()
    rig.host.wait(atMostNs: 1_000_000)
    #expect(rig.host.next() == nil)
    rig.wakes.wake(ShardID(rawValue: 0))
    rig.host.wait(atMostNs: .max / 2)
    guard case .woken = rig.host.next() else { return #expect(Bool(false)) }
    rig.host.timeout(afterNs: 1_000_000)
    rig.host.wait(atMostNs: .max / 2)
    guard case .elapsed = rig.host.next() else { return #expect(Bool(false)) }
    rig.end()
  }

  @Test func `a wake is heard by a shard that always has something left to do`() throws {
    var rig = try Rig()
    rig.host.accept(on: listener)
    let (client, connection) = rig.connect()
    rig.host.receive(on: connection)
    let wakes = rig.wakes
    var (isWoken, rounds) = (false, 0)
    while !isWoken, rounds < 100 {
      rounds += 1
      client.send([1])
      // One completion a turn, however many there are; the receive's comes again and again.
      rig.host.wait()
      if rounds == 10 { wakes.wake(ShardID(rawValue: 0)) }
      client.send([2])
      switch rig.next() {
      case .woken: isWoken = true
      case .received(connection, let buffer, _, let more):
        rig.host.recycle(buffer)
        if !more { rig.host.receive(on: connection) }
      case let other: fatalError("unexpected: \(other)")
      }
    }
    #expect(isWoken)
    #expect(rounds < 20)
    rig.end()
  }
}
