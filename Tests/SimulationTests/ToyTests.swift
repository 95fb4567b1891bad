import Accept
import Bytes
import Decode
import Events
import Formats
import Gate
import Gateway
import Simulator
import Store
import Testing
import World

@Suite struct ToyTests {
  static var settings: ShardSettings {
    var settings = ShardSettings()
    var sizes = Sizes()
    (sizes.connections, sizes.buffers, sizes.bufferBytes) = (6, 8, 1200)
    (sizes.lanes, sizes.writes, sizes.batchBytes) = (1, 3, 16 << 10)
    (sizes.replies, sizes.replyBytes, sizes.carryBytes, sizes.largeCarries, sizes.largeCarryBytes) = (3, 256, 512, 3, 8192)
    (sizes.segments, sizes.segmentBytes) = (4, 128 << 10)
    settings.sizes = sizes
    settings.listeners = [ShardSettings.Listener(front: "http", traits: FrontTraits(requiresKey: false))]
    settings.topics = (0..<3).map { Topic(id: TopicID(rawValue: $0), name: "t\($0)", codec: $0 == 1 ? .lz4 : .none) }
    settings.topicAgesNs = [nil, nil, nil]
    return settings
  }

  @Test(arguments: UInt64(1)...200) func toy(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var disk = SimulatedDisk()
    var before: [UInt64] = []
    var next: UInt64 = 1
    for life in 1...4 {
      var sent: [[UInt64]] = []
      let peers = (0..<6).map { _ in
        var bytes: [UInt8] = []
        var mine: [UInt64] = []
        for _ in 0..<random.below(120) {
          let padding = random.below(random.once(in: 8) ? 1500 : 60)
          let event = (0..<8).map { UInt8(truncatingIfNeeded: next >> (8 * UInt64($0))) } + [UInt8](repeating: 7, count: padding)
          mine.append(next)
          next += 1
          bytes += [0, 0, UInt8((event.count + 2) >> 8), UInt8((event.count + 2) & 255), 0, UInt8(random.below(3))] + event
        }
        sent.append(mine)
        return SimulatedPeer(to: ListenerID(rawValue: 0), sending: bytes)
      }
      var machine = SimulatedMachine(seed: random.next(), sizes: Self.settings.sizes, listeners: 1, disk: disk, peers: peers)
      let recovered = try RecoveredLanes.read(Self.settings, from: &machine)
      var links = Links.make(shards: 1, lanes: 1, channelBytes: 1 << 16)
      let rules = Rules(keys: KeyRing([], topics: [], seed: 1), directory: TopicDirectory(Self.settings.topics, seed: (1, 2)))
      var shard = Shard(on: machine, settings: Self.settings, recovered: recovered, rules: rules, links: links[0].take()!)
      var turns = life < 4 ? random.below(300) : 20_000
      while turns > 0, !shard.machine.peers.allSatisfy(\.isClosed) {
        _ = shard.turn()
        #expect(shard.ledger.isBalanced)
        turns -= 1
      }
      #expect(shard.machine.stuck == 0)
      disk = shard.machine.crash()
      let log = Log(disk, lanes: 1, commitBytesMax: Self.settings.sizes.batchBytes)
      #expect(log.damages.isEmpty && log.faults.isEmpty)
      let numbers = log.events.map { $0.value.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.1) << UInt64(8 * $1.0) } }
      #expect(Set(numbers).count == numbers.count)
      let kept = Set(numbers)
      for (peer, mine) in zip(shard.machine.peers, sent) {
        let order = numbers.filter { mine.contains($0) }
        let acknowledged = mine.prefix(peer.fromServer.count)
        _ = order
        #expect(acknowledged.allSatisfy { kept.contains($0) } || before.isEmpty == false && numbers.count < before.count)
        if life == 4, !peer.isReset { #expect(peer.isClosed && peer.fromServer.count == mine.count) }
      }
      before = numbers
    }
  }
}
