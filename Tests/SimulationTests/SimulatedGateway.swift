import Accept
import Bytes
import Decode
import Events
import Formats
import Gate
import Gateway
import Inspect
import Simulator
import Store
import World

/// A gateway of one or two shards on simulated machines, one life of it.
struct SimulatedGateway: ~Copyable {
  var shards: Slots<Shard<SimulatedMachine>>
  let count: Int
  /// What shards were told at the start.
  let rules: Rules
  /// What inspection counts in all of them.
  let inspections: InspectionCounters
  /// The same of redaction.
  let redactions: RedactionCounters

  /// Settings at toy size, so that everything runs out now and then.
  static func settings(shard: Int, of shards: Int, segments: Int, buffers: Int) -> ShardSettings {
    var settings = ShardSettings()
    settings.shard = ShardID(rawValue: UInt16(shard))
    settings.shards = shards
    settings.lanes = shards
    var sizes = Sizes()
    (sizes.connections, sizes.buffers, sizes.bufferBytes) = (5, buffers, 1200)
    (sizes.lanes, sizes.writes, sizes.batchBytes) = (1, 3, 16 << 10)
    (sizes.replies, sizes.replyBytes) = (4, 4096)
    (sizes.carryBytes, sizes.largeCarries, sizes.largeCarryBytes) = (512, 3, 80 << 10)
    (sizes.segments, sizes.segmentBytes) = (segments, 128 << 10)
    (sizes.sideWrites, sizes.sideBatchBytes) = (2, 8 << 10)
    (sizes.sideSegments, sizes.sideSegmentBytes) = (segments, 64 << 10)
    settings.sizes = sizes
    settings.limits.headBytesMax = 2048
    settings.limits.bodyBytesMax = 32 << 10
    settings.limits.eventBytesMax = ClientMaker.eventBytesMax
    settings.limits.carryBytesMax = 80 << 10
    settings.limits.inflatedBytesMax = 64 << 10
    settings.limits.answersMax = 8
    settings.listeners = frontNames.map {
      ShardSettings.Listener(front: $0, traits: FrontTraits(requiresKey: false))
    }
    settings.topics = topics
    return settings
  }
  static var topics: [Topic] {
    ClientMaker.topics.enumerated().map { index, name in
      var topic = Topic(id: TopicID(rawValue: UInt16(index)), name: name, eventBytesMax: ClientMaker.eventBytesMax)
      if index == 1 { topic.codec = .lz4 }
      if index == 2 { topic.acknowledge = .received }
      if ClientMaker.keyed.contains(index) { topic.order = .key }
      if index == ClientMaker.flawed { topic.intake = .quarantine }
      return topic
    }
  }

  /// Recovers what the last life left and starts.
  ///
  /// - Throws: what makes a lane unusable.
  init(
    seeds: [UInt64],
    disks: [SimulatedDisk],
    peers: [[SimulatedPeer]],
    faults: Faults,
    segments: Int,
    buffers: Int = 8,
    redaction: RedactionRules = RedactionRules()
  ) throws(LaneDamage) {
    count = seeds.count
    var links = Links.make(shards: count, lanes: count, channelBytes: 1 << 14)
    let keys = KeyRing([], topics: Self.topics, seed: 1)
    var rules = Rules(keys: keys, directory: TopicDirectory(Self.topics, seed: (1, 2)))
    rules.times = TimeLimits(
      headNs: 2_000_000_000,
      bodyNs: 2_000_000_000,
      idleNs: 5_000_000_000,
      sendNs: 3_000_000_000
    )
    rules.acceptsPerTurn = 2
    rules.schemas = SimulatedSchemas.all[0]
    rules.redaction = redaction
    self.rules = rules
    inspections = InspectionCounters(shards: seeds.count, topics: Self.topics.count)
    redactions = RedactionCounters(shards: seeds.count, topics: Self.topics.count)
    var shards = Slots<Shard<SimulatedMachine>?>(count) { _ in nil }
    for index in 0..<seeds.count {
      var settings = Self.settings(
        shard: index,
        of: seeds.count,
        segments: segments,
        buffers: buffers
      )
      settings.inspections = inspections
      settings.redactions = redactions
      var machine = SimulatedMachine(
        seed: seeds[index],
        sizes: settings.sizes,
        listeners: settings.listeners.count,
        disk: disks[index],
        peers: peers[index],
        faults: faults
      )
      let recovered = try RecoveredLanes.read(settings, from: &machine)
      shards[index] = Shard(
        on: machine,
        settings: settings,
        recovered: recovered,
        rules: rules,
        links: links[index].take()!
      )
    }
    self.shards = Slots(seeds.count) { shards[$0].take()! }
  }

  /// One turn of a shard, and the wake-ups it causes.
  ///
  /// Returns how many completions it handled.
  mutating func turn(_ index: Int) -> Int {
    let handled = shards[index].turn()
    let wakes = shards[index].takeWakes()
    for shard in wakes { shards[Int(shard.rawValue)].wake() }
    return handled
  }

  /// One turn of some shard that has something to do; of every shard when none has.
  mutating func turn(_ random: inout SplitMix) -> Int {
    let busy = (0..<count).filter { isBusy($0) }
    guard !busy.isEmpty else { return (0..<count).map { turn($0) }.max() ?? 0 }
    return turn(busy[random.below(busy.count)])
  }
  private mutating func isBusy(_ index: Int) -> Bool { shards[index].isBusy() }

  /// Loses power.
  mutating func crash() -> [SimulatedDisk] { (0..<count).map { shards[$0].crash() } }
}

extension Shard where M == SimulatedMachine {
  mutating func takeWakes() -> [ShardID] {
    defer { machine.wakes.removeAll() }
    return machine.wakes
  }
  mutating func wake() { machine.deliverWake() }
  mutating func isBusy() -> Bool { machine.isBusy }
  mutating func crash() -> SimulatedDisk { machine.crash() }
  mutating func peers() -> [SimulatedPeer] { machine.peers }
  mutating func disk() -> SimulatedDisk { machine.disk }
}
