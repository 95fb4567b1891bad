internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Inspect
internal import Mark
internal import Pack
internal import Store
public import Telemetry
public import World

/// One core's share of the gateway: its own machine, connections, batches and lanes.
///
///     turn: wait ─▶ handle what finished ─▶ links ─▶ commit ─▶ settle every connection that waits ─▶ commit
///           ─▶ handshakes ─▶ endings
///
/// Nothing here is shared but the links of keyed events; the control thread is heard between turns.
public struct Shard<M: Machine & ~Copyable>: ~Copyable {
  /// The world, as this shard sees it.
  public var machine: M
  let settings: ShardSettings
  /// By listener: which of the fronts answers there.
  let listenerFronts: [Int]
  var rules: Rules
  var line: Line
  var desk: Desk
  var connections: Slots<Connection>
  /// By connection, where a listener speaks TLS; empty where none does.
  var channels: Slots<SecureChannel>
  var security: Security
  var handshakes: HandshakeQueue
  /// Connections that are over and wait for their turn to be ended.
  var endings: Queue<ConnectionID>
  /// Why TLS ended connections: by alert, those of ours first, then those of the peers.
  var securityFailures = Slots<UInt32>(zeroed: 512)
  /// Where their fronts are: behind them, since fields go in their order.
  let frontMemory: FrontMemory
  var carries: Carries
  var limits: ConnectionLimits
  var admission: Admission
  /// What follows a received buffer in its connection's inbox, and how many bytes it holds.
  var received: Slots<Received>
  /// How many received buffers are in inboxes.
  var held = 0
  /// Regions that answers can be written to.
  var replies: Stack<RegionID>
  /// Connections that wait for something of the shard's.
  ///
  /// The first `seen` of them have been looked at since.
  var waiting: Stack<ConnectionID>
  var seen = 0
  /// Whether something they may wait for came free: a commit, a batch, a buffer, a region.
  var hasFreed = false
  /// Whether a connection waits for a received buffer to come free.
  var isPoolShort = false
  /// Which listeners accept, and which would but for want of places.
  var accepting: [AcceptState]
  var acceptBudget: AcceptBudget
  var deadlines: Deadlines
  var nextLane = 0
  /// How long writes took, in nanoseconds.
  public internal(set) var commitLatency = LatencyBuckets()
  var drainUntilNs: Int64?
  /// Events that were set aside and are on their way once more.
  var replays: [Replay] = []
  /// What happened, for the operator.
  public internal(set) var counters = ShardCounters()
  /// What it is doing.
  public internal(set) var state = ShardState.serving

  struct Received: Sendable {
    var next: BufferID?
    var count = 0
  }
  enum AcceptState: UInt8, Sendable {
    case accepting
    /// Stopped for this turn, because many came at once.
    case yielding
    case stopping
    case paused
    case closed
  }

  /// The time between two looks at what is overdue.
  static var tickNs: Int64 { 50_000_000 }
  /// How many connections are ended a turn: the kernel takes several microseconds for each.
  static var endingsMax: Int { 8 }

  /// Continues the lanes that recovery left, then listens.
  public init(
    on machine: consuming M,
    settings: ShardSettings,
    recovered: consuming RecoveredLanes,
    rules: Rules,
    links: consuming Links,
    security: SecuritySeed = SecuritySeed()
  ) {
    let sizes = settings.sizes
    require(recovered.lanes.count == sizes.lanes + 1, "every lane of the shard was recovered, its side lane too")
    var machine = machine
    var recovered = recovered
    line = Line(
      writers: Self.makeWriters(settings, &recovered, rules, &machine),
      awake: sizes.lanes,
      stamper: Stamper(entropy: machine.entropy(), seed: machine.entropy(), at: machine.now()),
      keys: Authenticator(ring: rules.keys, entropy: (machine.entropy(), machine.entropy())),
      directory: rules.directory,
      topics: Slots(settings.topics.count) { TopicRule(settings.topics[$0]) },
      links: links,
      scratch: Region(id: RegionID(rawValue: 0), byteCount: settings.asideBytesMax),
      asideRestBytesMax: settings.asideRestBytesMax,
      inspector: Self.makeInspector(settings, rules, seed: machine.entropy())
    )
    desk = settings.desk()
    let fronts = FrontMemory(sizes.connections)
    connections = Slots(sizes.connections) { Connection($0, in: fronts) }
    let isSecure = settings.listeners.contains { $0.isSecure }
    channels = Slots(isSecure ? sizes.connections : 0) { _ in SecureChannel() }
    self.security = Security(security, listeners: settings.listeners.count)
    handshakes = HandshakeQueue(connections: isSecure ? sizes.connections : 0)
    endings = Queue(capacity: sizes.connections)
    frontMemory = fronts
    carries = Carries(sizes)
    let seed = machine.entropy()
    limits = ConnectionLimits(connectionsMax: sizes.connections, perSourceMax: rules.perSourceMax, seed: seed)
    deadlines = Deadlines(connections: sizes.connections, limits: rules.times)
    admission = Admission(
      limits: settings.admission(timeInFlightMaxNs: rules.timeInFlightMaxNs),
      seed: machine.entropy()
    )
    acceptBudget = AcceptBudget(perTurn: rules.acceptsPerTurn)
    received = Slots(sizes.buffers) { _ in Received() }
    replies = Stack((sizes.commitRegions..<sizes.regions).map { RegionID(rawValue: UInt32($0)) })
    waiting = Stack(capacity: sizes.connections)
    accepting = Array(repeating: .accepting, count: settings.listeners.count)
    for index in settings.listeners.indices { machine.accept(on: ListenerID(rawValue: UInt32(index))) }
    machine.timeout(afterNs: Self.tickNs)
    listenerFronts = settings.listenerFronts
    (self.settings, self.rules) = (settings, rules)
    self.machine = machine
    begin()
    commit()
  }

  /// What writes to the shard's lanes, and behind them to its side lane.
  private static func makeWriters(
    _ settings: ShardSettings,
    _ recovered: inout RecoveredLanes,
    _ rules: Rules,
    _ machine: inout M
  ) -> Slots<LaneWriter> {
    let sizes = settings.sizes
    return Slots<LaneWriter>(sizes.lanes + 1) { index in
      let isSide = index == sizes.lanes
      let first = index * sizes.batchesPerLane
      let count = isSide ? sizes.sideBatches : sizes.batchesPerLane
      let spares = (first + 1..<first + count).map { RegionID(rawValue: UInt32($0)) }
      var lane = Lane(recovered.lanes[index].take()!, entropy: machine.entropy())
      lane.adopt(rules)
      let region = machine.take(RegionID(rawValue: UInt32(first)))
      return LaneWriter(lane, filling: region, spares: spares, topics: isSide ? SideLane.topics : settings.topics)
    }
  }

  /// What holds events against the schemas of their topics.
  private static func makeInspector(_ settings: ShardSettings, _ rules: Rules, seed: UInt64) -> Inspector {
    var inspector = Inspector(
      shard: Int(settings.shard.rawValue),
      counters: settings.inspections,
      redactions: settings.redactions,
      topics: settings.topics.count,
      eventBytesMax: settings.limits.eventBytesMax,
      limits: settings.jsonLimits,
      seed: seed
    )
    inspector.adopt(rules.schemas, rules.redaction)
    return inspector
  }

  /// Waits, handles what has finished, and returns how many completions that was.
  public mutating func turn() -> Int {
    if let limitNs = waitLimitNs { machine.wait(atMostNs: limitNs) } else { machine.wait() }
    begin()
    var handled = 0
    while handled < settings.completionsMax, let completion = machine.next() {
      handle(completion)
      handled += 1
    }
    receiveLinked()
    commit()
    settle()
    commit()
    if mayShakeHands {
      shakeHands()
      settle()
      commit()
    }
    endSome()
    conclude()
    sendNews()
    counters.turns &+= 1
    return handled
  }

  /// How long nothing need happen until there is something to do; `nil` where that depends on others.
  @inline(__always) private var waitLimitNs: Int64? {
    guard endings.isEmpty else { return 0 }
    guard mayShakeHands else { return nil }
    return handshakes.waitNs(isQuiet: line.ledger.inFlight == 0, nowNs: line.clock.monotonicNs)
  }

  /// Fixes the turn's time and what it says about load.
  private mutating func begin() {
    acceptBudget.startTurn()
    let clock = machine.now()
    line.clock = clock
    line.stamper.read(clock)
    line.inspector.clockNs = clock.utcNs
    line.inspector.advance(toNs: clock.monotonicNs)
    desk.clock = clock
    judge()
  }

  private mutating func handle(_ completion: Completion) {
    switch completion {
    case .accepted(let id, let listener): accepted(id, on: listener)
    case .acceptEnded(let listener, let result): acceptEnded(listener, result)
    case .received(let id, let buffer, let count, let more):
      deliver(buffer, count, to: id)
      connections[Int(id.rawValue)].isReceiving = more
      drain(id)
      list(id)
    case .receiveEnded(let id, let result): receiveEnded(id, result)
    case .starved(let id):
      connections[Int(id.rawValue)].isReceiving = false
      counters.starved &+= 1
      isPoolShort = true
      list(id)
    case .sent(let id, let region, let result): sent(id, region, result)
    case .wrote(let region, let result): wrote(region, result)
    case .read(let region, _):
      machine.put(machine.take(region))
      require(false, "the log is read before anything else")
    case .prepared(let segment, let throughBytes): prepared(segment, throughBytes)
    case .elapsed: tick()
    case .woken: counters.wakes &+= 1
    case .closed(let id): closed(id)
    }
  }

  /// Sees to it that a connection is looked at this turn, even if it waits already for something that has not come.
  mutating func list(_ id: ConnectionID) {
    guard !connections[Int(id.rawValue)].isListed else {
      hasFreed = true
      return
    }
    connections[Int(id.rawValue)].isListed = true
    waiting.append(id)
  }

  /// Moves on every connection that waits: the ones listed this turn, and all when something came free.
  private mutating func settle() {
    var kept = hasFreed ? 0 : seen
    let count = waiting.count
    hasFreed = false
    for index in kept..<count {
      let id = waiting[index]
      connections[Int(id.rawValue)].isListed = settle(id)
      guard connections[Int(id.rawValue)].isListed else { continue }
      waiting[kept] = id
      kept += 1
    }
    waiting.remove(kept..<count)
    seen = kept
  }
}

/// What a shard is doing.
public enum ShardState: UInt8, BitwiseCopyable, Sendable {
  case serving = 0
  /// No more connections are accepted; what is in flight is finished.
  case draining = 1
  /// All is answered, durable and closed.
  case finished = 2
  /// The disk failed a write: what is safe is answered, then the process must stop.
  case failed = 3
}

/// What happened in a shard since it started.
public struct ShardCounters: BitwiseCopyable, Sendable {
  /// Turns of its loop.
  public var turns: UInt64 = 0
  /// Connections accepted.
  public var accepted: UInt64 = 0
  /// Connections closed, for whatever reason.
  public var closed: UInt64 = 0
  /// Connections turned away because their source has enough.
  public var turnedAway: UInt64 = 0
  /// Connections turned away because too many wait for their handshake to begin.
  public var handshakesTurnedAway: UInt64 = 0
  /// Connections that began with no header of the PROXY protocol, or a wrong one, where there must be one.
  public var headersRefused: UInt64 = 0
  /// Accepts that ended for want of descriptors or places.
  public var acceptsPaused: UInt64 = 0
  /// Receives that found no buffer free.
  public var starved: UInt64 = 0
  /// Receives that were ended because a connection held its share of buffers.
  public var receivesPaused: UInt64 = 0
  /// Connections ended because a message took too long to arrive.
  public var timedOutMessage: UInt64 = 0
  /// Connections ended because a TLS handshake took too long.
  public var timedOutHandshake: UInt64 = 0
  /// Connections ended because nothing came between messages for too long.
  public var timedOutIdle: UInt64 = 0
  /// Connections ended because their peer did not take an answer in time.
  public var timedOutSend: UInt64 = 0
  /// Bytes received.
  public var bytesReceived: UInt64 = 0
  /// Bytes of answers sent.
  public var bytesSent: UInt64 = 0
  /// Answers' sends.
  public var sends: UInt64 = 0
  /// Wake-ups by other shards or the control thread.
  public var wakes: UInt64 = 0
  /// Connections cut off when draining took too long.
  public var cut: UInt64 = 0
  /// Nothing yet.
  public init() {}

  /// Adds another shard's.
  public mutating func add(_ other: ShardCounters) {
    turns &+= other.turns
    accepted &+= other.accepted
    closed &+= other.closed
    turnedAway &+= other.turnedAway
    handshakesTurnedAway &+= other.handshakesTurnedAway
    headersRefused &+= other.headersRefused
    acceptsPaused &+= other.acceptsPaused
    starved &+= other.starved
    receivesPaused &+= other.receivesPaused
    timedOutMessage &+= other.timedOutMessage
    timedOutHandshake &+= other.timedOutHandshake
    timedOutIdle &+= other.timedOutIdle
    timedOutSend &+= other.timedOutSend
    bytesReceived &+= other.bytesReceived
    bytesSent &+= other.bytesSent
    sends &+= other.sends
    wakes &+= other.wakes
    cut &+= other.cut
  }
}
