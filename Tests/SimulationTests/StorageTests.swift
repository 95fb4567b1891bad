import Bytes
import Events
import Formats
import Gateway
import Simulator
import Store
import Testing
import World

/// One life on a disk that fills up, and gets room again, and a life after it.
struct DiskStory {
  let seed: UInt64
  let shards: Int
  var faults = Faults()
  var random: SplitMix
  var maker: ClientMaker
  var disks: [SimulatedDisk]
  var complaints: [String] = []
  /// How many requests were told that there is no room.
  var refusals = 0
  /// How many were stored.
  var stored = 0
  /// Whether a shard called its storage full.
  var wasFull = false

  static let segmentBytes = 128 << 10
  static let segments = 40

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix(seed: seed &* 0x5851_F42D_4C95_7F2D &+ 1)
    shards = random.once(in: 3) ? 2 : 1
    maker = ClientMaker(random: SplitMix(seed: random.next()))
    disks = (0..<shards).map { _ in SimulatedDisk() }
    // Only for want of room, so that it is known when there is some.
    faults.prepareFails = 0
  }

  mutating func expect(_ holds: Bool, _ promise: @autoclosure () -> String) {
    if !holds, complaints.count < 5 { complaints.append(promise()) }
  }

  /// Lives until room is back and everything is done, then once more.
  ///
  /// - Parameters:
  ///   - room: how many segments fit at first.
  ///   - turns: after how many turns there is room for all; `nil` for never.
  mutating func run(room: Int, turns: Int?) {
    for index in disks.indices { disks[index].capacity = room * Self.segmentBytes }
    life(roomAfter: turns)
    for index in disks.indices { disks[index].capacity = .max }
    let (before, told) = (stored, refusals)
    life(roomAfter: 0)
    expect(stored > before, "with room again events are stored")
    expect(refusals == told, "with room again nobody is told that there is none")
  }

  private mutating func life(roomAfter turns: Int?) {
    var clients: [[Client]] = []
    for _ in 0..<shards { clients.append((0..<16).map { _ in maker.client(requestsMax: 40) }) }
    let seeds = (0..<shards).map { _ in random.next() }
    let peers = clients.map { $0.map { $0.peer() } }
    var gateway: SimulatedGateway
    do throws(LaneDamage) {
      gateway = try SimulatedGateway(seeds: seeds, disks: disks, peers: peers, faults: faults, segments: Self.segments)
    } catch {
      complaints.append("a lane on a full disk is called damaged: \(error)")
      return
    }
    let isOver = go(&gateway, roomAfter: turns)
    expect(isOver || turns == nil, "with room everything comes to an end")
    var ended: [[SimulatedPeer]] = []
    for index in 0..<shards { ended.append(gateway.shards[index].peers()) }
    disks = gateway.crash()
    let log = log()
    expect(log.damages.isEmpty && log.faults.isEmpty, "\(log.damages) \(log.faults)")
    let numbers = log.events.compactMap { number(of: $0) } + log.aside.compactMap { maker.number(aside: $0) }
    let kept = Set(numbers)
    expect(kept.count == log.events.count + log.aside.count, "every event is there once")
    for index in 0..<shards {
      for (client, peer) in zip(clients[index], ended[index]) { check(client, peer, kept, isOver: isOver) }
    }
  }

  /// Turns until all are served, and drained.
  private mutating func go(_ gateway: inout SimulatedGateway, roomAfter turns: Int?) -> Bool {
    var isDraining = false
    for turn in 0..<20_000 where complaints.isEmpty {
      if turn == turns { for index in 0..<shards { gateway.shards[index].setDiskCapacity(.max) } }
      _ = gateway.turn(&random)
      var isOver = true
      for index in 0..<shards {
        let report = gateway.shards[index].report()
        wasFull = wasFull || report.isStorageFull
        expect(report.ledger.isBalanced, "the ledger is balanced")
        expect(report.state != .failed, "a full disk is no failure")
        let isQuiet = gateway.shards[index].peers().allSatisfy(\.isClosed)
        isOver = isOver && (isDraining ? report.state == .finished : isQuiet)
      }
      guard isOver, turn >= turns ?? 0 else { continue }
      if isDraining { return true }
      isDraining = true
      for index in 0..<shards { gateway.shards[index].drain(limitNs: 5_000_000_000) }
    }
    return false
  }

  private mutating func check(_ client: Client, _ peer: SimulatedPeer, _ kept: Set<UInt64>, isOver: Bool) {
    let outcomes = client.answers(peer).outcomes
    if isOver, !peer.isReset { expect(outcomes.count == client.sent.count, "every request is answered") }
    for (sent, outcome) in zip(client.sent, outcomes) {
      switch outcome {
      case .stored:
        stored += 1
        guard sent.topic != 2 else { continue }
        expect(sent.numbers.allSatisfy { kept.contains($0) }, "\(sent.numbers) were acknowledged and are lost")
      case .partly(let refused):
        guard sent.topic != 2 else { continue }
        for (place, number) in sent.numbers.enumerated() where !refused.contains(place) {
          // A request that was cut short is refused from one event on.
          expect(kept.contains(number) || place > refused.max() ?? 0, "event \(number) is where its verdict says")
        }
      case .refused(let status):
        if status == 507 { refusals += 1 }
        expect(
          sent.mayGet(status) || [408, 503, 507].contains(status),
          "\(status) where \(sent.status) was deserved"
        )
        expect(!sent.numbers.contains { kept.contains($0) }, "what was refused is not stored")
      }
    }
  }

  func log() -> Log {
    var all = SimulatedDisk()
    for disk in disks { all.adopt(disk) }
    return Log(all, lanes: shards, commitBytesMax: 16 << 10)
  }
}

extension Shard where M == SimulatedMachine {
  mutating func setDiskCapacity(_ bytes: Int) { machine.setDiskCapacity(bytes) }
}

/// One commit of a log at rest.
struct RestingCommit {
  let header: CommitHeader
  let segment: SegmentID
  let offset: Int
  /// Whether it stands in the newest segment of its lane.
  let isNewest: Bool

  /// All commits of a lane that a later one knows to be durable, or that stand in a segment that has ended.
  static func all(of lane: LaneID, on disk: SimulatedDisk) -> [RestingCommit] {
    let slots = disk.files.keys.filter { $0.lane == lane }.map(\.slot).sorted()
    var reader = LaneReader(lane: lane, slots: slots, commitBytesMax: 16 << 10, isLive: false)
    var found: [(CommitHeader, SegmentID, Int)] = []
    while case .read(let slot, let offset) = reader.need() {
      let file = disk.files[SegmentID(lane: lane, slot: slot)]!
      let bytes = file.span.bytes.extracting(min(offset, file.count)..<min(offset + 16 << 10, file.count))
      reader.take(bytes) { found.append(($0.header, SegmentID(lane: lane, slot: $0.slot), $0.offset)) }
    }
    let newest = reader.headers.last?.generation
    let durableThrough = found.map { $0.0.durableThrough }.max() ?? 0
    return found.filter { $0.0.generation != newest || $0.0.sequence <= durableThrough }.map {
      RestingCommit(header: $0.0, segment: $0.1, offset: $0.2, isNewest: $0.0.generation == newest)
    }
  }
}

@Suite struct StorageTests {
  @Test(arguments: Seeds.all)
  func `on a disk that fills up nothing acknowledged is lost, and it goes on when there is room`(seed: UInt64) {
    var story = DiskStory(seed: seed)
    let (room, turns) = (2 + story.random.below(3), 100 + story.random.below(2000))
    story.run(room: room, turns: turns)
    #expect(story.complaints.isEmpty, "seed \(seed): replay with SLUICE_SEEDS=1 SLUICE_SEED_FROM=\(seed)")
  }

  @Test func `whoever sends to a full disk is told so`() {
    var story = DiskStory(seed: 13)
    story.faults = .none
    story.run(room: 1, turns: nil)
    #expect(story.complaints.isEmpty)
    #expect(story.wasFull)
    #expect(story.refusals > 20)
    #expect(story.stored > 0)
  }

  @Test func `a disk without room for a single segment refuses everything`() {
    var story = DiskStory(seed: 12)
    story.faults = .none
    story.run(room: 0, turns: nil)
    #expect(story.complaints.isEmpty)
    #expect(story.wasFull && story.refusals > 20)
  }

  @Test(arguments: Seeds.all)
  func `bit rot is found where it is, by recovery or by a reader`(seed: UInt64) throws {
    var story = DiskStory(seed: seed)
    story.run(room: 100, turns: 0)
    try #require(story.complaints.isEmpty)
    let whole = story.log()
    for _ in 0..<6 {
      let shard = story.random.below(story.shards)
      let lane = LaneID(rawValue: UInt16(shard))
      let commits = RestingCommit.all(of: lane, on: story.disks[shard])
      try #require(!commits.isEmpty)
      let commit = commits[story.random.below(commits.count)]
      var rotten = story
      rotten.disks[shard].flip(
        bit: 8 * commit.offset + story.random.below(8 * commit.header.bytesUsed),
        in: commit.segment
      )
      let damage = LaneDamage.damaged(
        lane,
        slot: commit.segment.slot,
        offset: commit.offset,
        sequence: commit.header.sequence
      )
      let expected = commit.isNewest ? damage : nil
      #expect(refusal(rotten, seed) == expected, "seed \(seed): \(commit)")
      let log = rotten.log()
      #expect(log.damages == [damage], "seed \(seed): \(commit)")
      #expect(whole.events.count - log.events.count == Int(commit.header.events), "seed \(seed)")
      #expect(Set(log.events).isSubset(of: Set(whole.events)), "seed \(seed): what is damaged is not served")
    }
  }

  /// Why a gateway does not start on these disks.
  func refusal(_ story: DiskStory, _ seed: UInt64) -> LaneDamage? {
    do throws(LaneDamage) {
      _ = try SimulatedGateway(
        seeds: story.disks.map { _ in seed },
        disks: story.disks,
        peers: story.disks.map { _ in [] },
        faults: .none,
        segments: DiskStory.segments
      )
    } catch { return error }
    return nil
  }
}
