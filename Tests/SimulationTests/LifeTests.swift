import Bytes
import Events
import Gateway
import Glibc
import Inspect
import LogReading
import Simulator
import Store
import Testing
import World

/// Which seeds are run: `SLUICE_SEEDS` of them (default 60 here, 500 in Tests/run) from `SLUICE_SEED_FROM` (default 1).
enum Seeds {
  static var all: ClosedRange<UInt64> {
    let first = number("SLUICE_SEED_FROM") ?? 1
    return first...(first + max(number("SLUICE_SEEDS") ?? 60, 1) - 1)
  }
  private static func number(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// Several lives of one gateway on one disk, made of a seed.
struct Story {
  let seed: UInt64
  let shards: Int
  let segments: Int
  /// How many receive buffers each shard has: fewer than connections in a few stories, so that they starve.
  let buffers: Int
  let isRetained: Bool
  /// Whether the last life is told to end while there is still much to do.
  let drainsEarly: Bool
  var faults = Faults()
  var random: SplitMix
  var maker: ClientMaker
  /// Whether events have personal data in them, and topics plans of redaction.
  let isRedacting: Bool
  /// When schemas are swapped, which must not change anything else.
  var swaps: SplitMix
  var disks: [SimulatedDisk]
  /// What the log held at the end of the life before, and what side lanes did.
  var before: [LoggedEvent] = []
  var asideBefore: [LoggedEvent] = []
  /// How many events were counted as set aside in this life.
  var quarantined: UInt64 = 0
  /// How many were refused for want of room in this life, and what inspection counted.
  var storageFull: UInt64 = 0
  var inspected: [Int: InspectionTotals] = [:]
  var complaints: [String] = []
  /// Whether a connection found no buffer free in this life.
  var hasStarved = false

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix(seed: seed)
    shards = random.once(in: 3) ? 2 : 1
    // A few stories keep so little that retention is at work all the time.
    isRetained = !random.once(in: 6)
    segments = isRetained ? 40 : 4
    drainsEarly = random.once(in: 4)
    if random.once(in: 6) { faults.writeFails = 60 }
    var own = SplitMix(seed: ~seed)
    buffers = own.once(in: 4) ? 3 : 8
    swaps = SplitMix(seed: own.next())
    isRedacting = own.once(in: 3)
    maker = ClientMaker(random: SplitMix(seed: random.next()), isRedacting: isRedacting)
    disks = Array(repeating: SimulatedDisk(), count: shards)
    if isRedacting { for index in disks.indices { disks[index].forbidden = SimulatedRedaction.marks } }
  }

  mutating func expect(_ holds: Bool, _ promise: @autoclosure () -> String) {
    if !holds, complaints.count < 5 { complaints.append(promise()) }
  }

  /// Runs all lives.
  ///
  /// The last ends in order, the others lose power.
  mutating func run() -> [String] {
    let lives = 4
    for life in 1...lives where complaints.isEmpty { self.life(life, isLast: life == lives) }
    return complaints
  }

  private mutating func life(_ life: Int, isLast: Bool) {
    if isLast { faults.writeFails = 0 }
    var clients: [[Client]] = []
    var peers: [[SimulatedPeer]] = []
    for _ in 0..<shards {
      let made = (0..<6).map { _ in maker.client(requestsMax: isRetained ? 60 : 200) }
      clients.append(made)
      peers.append(
        made.map { client in
          var peer = client.peer()
          if random.once(in: 12) { peer.isMute = true }
          if random.once(in: 12) { peer.fallsSilentAfter = random.below(client.bytes.count + 1) }
          if random.once(in: 12) { peer.finishes = false }
          return peer
        }
      )
    }
    let seeds = (0..<shards).map { _ in random.next() }
    var gateway: SimulatedGateway
    do throws(LaneDamage) {
      gateway = try SimulatedGateway(
        seeds: seeds,
        disks: disks,
        peers: peers,
        faults: faults,
        segments: segments,
        buffers: buffers,
        redaction: isRedacting ? SimulatedRedaction.rules[0] : RedactionRules()
      )
    } catch {
      complaints.append("life \(life): a lane that only crashed is called damaged: \(error)")
      return
    }
    let recovered = read(disks, isLive: false)
    expect(
      recovered.damages.isEmpty && recovered.faults.isEmpty,
      "life \(life): \(recovered.damages) \(recovered.faults)"
    )
    let served = go(&gateway, turns: isLast ? 60_000 : random.below(isRetained ? 1500 : 8000), isLast: isLast, life)
    var ended: [[SimulatedPeer]] = []
    for index in 0..<shards { ended.append(gateway.shards[index].peers()) }
    disks = gateway.crash()
    let log = read(disks, isLive: false)
    expect(log.damages.isEmpty && log.faults.isEmpty, "life \(life): \(log.damages) \(log.faults)")
    check(log, served: served, clients, ended, life, isLast: isLast)
    checkLeaks(ended, life)
    (before, asideBefore) = (log.events, log.aside)
  }

  /// Turns until the life is over.
  ///
  /// Returns what a reader beside the gateway saw last.
  private mutating func go(_ gateway: inout SimulatedGateway, turns: Int, isLast: Bool, _ life: Int) -> Log {
    var left = turns
    var isDraining = false
    let drainsAt = isLast && drainsEarly ? turns - random.below(800) : 0
    while left > 0 {
      left -= 1
      if left == drainsAt, !isDraining {
        isDraining = true
        for index in 0..<shards { gateway.shards[index].drain(limitNs: 20_000_000_000) }
      }
      swapSchemas(&gateway)
      let handled = gateway.turn(&random)
      expect(handled <= 1024, "a turn has a bound")
      var (isOver, hasFailed) = (true, false)
      for index in 0..<shards {
        expectSound(&gateway, index, life)
        hasFailed = hasFailed || gateway.shards[index].state == .failed
        isOver = isOver && (isDraining ? gateway.shards[index].state == .finished : isQuiet(&gateway, index))
      }
      // Counts are summed over every keyword, which costs more than a turn.
      if left % 64 == 0 { expectCounted(&gateway, life) }
      if hasFailed, random.once(in: 2) { end(&gateway, life) }
      if hasFailed || !complaints.isEmpty { break }
      guard isOver else { continue }
      if isDraining || !isLast { break }
      isDraining = true
      for index in 0..<shards { gateway.shards[index].drain(limitNs: 1_000_000_000) }
    }
    quarantined = (0..<shards).reduce(0) { $0 + gateway.shards[$1].ledger.quarantined }
    expectCounted(&gateway, life)
    let full = Int(Refusal.storageFull.rawValue)
    storageFull = (0..<shards).reduce(0) { $0 + gateway.shards[$1].ledger.refused[full] }
    for topic in ClientMaker.checked { inspected[topic] = gateway.inspected(topic) }
    hasStarved = false
    for index in 0..<shards where gateway.shards[index].counters.starved > 0 { hasStarved = true }
    if isLast {
      expect(left > 0, "everything comes to an end: nobody is forgotten")
      for index in 0..<shards {
        expect(gateway.shards[index].machine.buffersLent == 0, "every buffer lent comes back")
        expect(gateway.shards[index].ledger.inFlight == 0, "nothing stays in flight")
        expect(gateway.shards[index].machine.stuck == 0, "the shard never waits for nothing")
      }
    }
    var live: [SimulatedDisk] = []
    for index in 0..<shards { live.append(gateway.shards[index].disk()) }
    let served = read(live, isLive: true)
    expect(served.faults.isEmpty, "life \(life): beside the gateway: \(served.faults)")
    return served
  }
  private func isQuiet(_ gateway: inout SimulatedGateway, _ index: Int) -> Bool {
    gateway.shards[index].peers().allSatisfy(\.isClosed)
  }

  private func read(_ disks: [SimulatedDisk], isLive: Bool) -> Log {
    var all = SimulatedDisk()
    for disk in disks { all.adopt(disk) }
    return Log(all, lanes: shards, commitBytesMax: 16 << 10, isLive: isLive)
  }

  private mutating func check(
    _ log: Log,
    served: Log,
    _ clients: [[Client]],
    _ peers: [[SimulatedPeer]],
    _ life: Int,
    isLast: Bool
  ) {
    var places: [UInt64: Int] = [:]
    for (place, event) in log.events.enumerated() {
      guard let number = number(of: event) else {
        expect(false, "life \(life): an event was changed")
        continue
      }
      expect(number > 0 && number < maker.next, "life \(life): event \(number) was never sent")
      expect(Int(event.topic.rawValue) != ClientMaker.flawed, "life \(life): event \(number) was to be set aside")
      expect(places.updateValue(place, forKey: number) == nil, "life \(life): event \(number) is there twice")
      checkKept(event, number, life)
    }
    var asides: [UInt64: Int] = [:]
    for (place, event) in log.aside.enumerated() {
      guard let number = maker.number(aside: event) else {
        expect(false, "life \(life): a record of a side lane speaks of no event that was sent")
        continue
      }
      expect(asides.updateValue(place, forKey: number) == nil, "life \(life): event \(number) is set aside twice")
    }
    if isRetained {
      let (kept, aside) = (Set(log.events), Set(log.aside))
      expect(before.allSatisfy { kept.contains($0) }, "life \(life): what was in the log stays")
      expect(asideBefore.allSatisfy { aside.contains($0) }, "life \(life): what was in a side lane stays")
      let isKept = served.events.allSatisfy { kept.contains($0) } && served.aside.allSatisfy { aside.contains($0) }
      expect(isKept, "life \(life): what was served is in the log after the crash")
      let added = UInt64(log.aside.count - asideBefore.count)
      let counted = quarantined
      let isCounted = isLast ? counted == added : counted <= added
      expect(isCounted, "life \(life): \(counted) are counted as set aside, \(added) are")
      checkInspected(inspected, log, storageFull: storageFull, isLast: isLast, life)
    }
    checkFlaws((places, asides), life)
    for index in 0..<shards {
      for (client, peer) in zip(clients[index], peers[index]) {
        check(client, peer, log, (places, asides), life, isLast: isLast)
        checkReceipts(client, peer, of: index, log, places, life)
      }
    }
  }

  /// Order: per connection and topic, and per key where the topic says so.
  private mutating func checkOrder(
    _ client: Client,
    _ found: (stored: [UInt64: Int], aside: [UInt64: Int]),
    _ life: Int
  ) {
    var last: [String: Int] = [:]
    for sent in client.sent {
      for number in sent.numbers {
        guard let place = Self.place(number, sent.topic, found) else { continue }
        let sequence = "\(sent.topic) \(sent.key ?? "") \(found.stored[number] == nil)"
        expect(
          last[sequence] ?? -1 < place,
          "life \(life): event \(number) overtook another of its connection"
        )
        last[sequence] = place
      }
    }
  }

  /// Where an event is, in the lanes or in the side lanes.
  private static func place(
    _ number: UInt64,
    _ topic: Int,
    _ found: (stored: [UInt64: Int], aside: [UInt64: Int])
  ) -> Int? {
    switch topic {
    case ClientMaker.flawed: found.aside[number]
    case ClientMaker.sifted: found.stored[number] ?? found.aside[number]
    default: found.stored[number]
    }
  }

  private mutating func check(
    _ client: Client,
    _ peer: SimulatedPeer,
    _ log: Log,
    _ found: (stored: [UInt64: Int], aside: [UInt64: Int]),
    _ life: Int,
    isLast: Bool
  ) {
    let answers = client.answers(peer)
    let outcomes = answers.outcomes
    expect(answers.faults.isEmpty, "life \(life): \(answers.faults)")
    expect(outcomes.count <= client.sent.count + 1, "life \(life): every answer has a request")
    checkVerdicts(client, answers, found, life)
    for (sent, outcome) in zip(client.sent, outcomes) {
      switch outcome {
      case .stored:
        expect(sent.status == 200, "life \(life): what deserves \(sent.status) is not stored")
        guard isRetained, sent.topic != 2 else { continue }
        let lost = sent.numbers.filter { Self.place($0, sent.topic, found) == nil }
        expect(lost.isEmpty, "life \(life): \(lost) of topic \(sent.topic) were acknowledged and are lost")
      case .partly(let refused):
        expect(sent.status == 200 && !refused.contains(-1), "life \(life): what is refused is named")
        guard isRetained, sent.topic != 2 else { continue }
        for (index, number) in sent.numbers.enumerated() {
          let isNowhere = Self.place(number, sent.topic, found) == nil
          // A request that was cut short is refused from one event on.
          let isMissing = refused.contains(index) || index > refused.max() ?? 0 && isNowhere
          expect(isNowhere == isMissing, "life \(life): event \(number) is where its verdict says")
        }
      case .refused(let status):
        let isLater = status == 408 || status == 503 || status == 507
        expect(
          sent.mayGet(status) || isLater,
          "life \(life): \(status) where \(sent.status) was deserved"
        )
        expect(
          sent.numbers.allSatisfy { Self.place($0, sent.topic, found) == nil },
          "life \(life): what was refused is not stored"
        )
      }
    }
    checkOrder(client, found, life)
    // Where buffers run out, a message may take too long for no fault of its sender's.
    let isLate = hasStarved && answers.isTimedOut
    if isLast, !drainsEarly, !peer.isReset, !peer.isMute, peer.fallsSilentAfter == nil, !isLate {
      expect(
        peer.isClosed && outcomes.count == client.sent.count,
        "every request is answered: \(outcomes.count) of \(client.sent.count), "
          + "the last with \(outcomes.last.map { "\($0)" } ?? "nothing")"
      )
    }
  }
}

@Suite struct LifeTests {
  @Test(arguments: Seeds.all)
  func `what is acknowledged is in the log, once and in order, whatever happens`(seed: UInt64) {
    var story = Story(seed: seed)
    let complaints = story.run()
    #expect(complaints.isEmpty, "seed \(seed): replay with SLUICE_SEEDS=1 SLUICE_SEED_FROM=\(seed)")
  }

  @Test func `a seed is a run, to the byte`() {
    func run() -> [SimulatedDisk] {
      var story = Story(seed: 7)
      _ = story.run()
      return story.disks
    }
    let (one, two) = (run(), run())
    #expect(one.map(\.files) == two.map(\.files))
  }
}
