internal import Bytes
internal import Events
internal import Gate
public import Gateway
public import Simulator
public import Store
internal import World

/// A whole shard on the simulator, without mischief, and clients that keep a number of messages in flight.
public struct LineRun: ~Copyable {
  /// The shard.
  public var shard: Shard<SimulatedMachine>
  private let plan: LinePlan
  private let greetingBytes: Int
  private let messageBytes: Int
  /// By client: messages answered, and how far its answers have been read.
  private var answered: [Int]
  private var read: [Int]

  /// Makes the shard and everything that its clients will send.
  ///
  /// Throws: never for an empty disk.
  public init(_ plan: LinePlan) throws(LaneDamage) {
    let (settings, message, greeting) = (plan.settings, plan.message, plan.greeting)
    var wire = greeting
    let messages = plan.warmUpMessages + plan.countedMessages
    wire.reserveCapacity(greeting.count + messages * message.count)
    for _ in 0..<messages { wire += message }
    let peers = (0..<plan.connections).map { _ in
      var peer = SimulatedPeer(to: ListenerID(rawValue: 0), sending: wire)
      peer.fallsSilentAfter = 0
      return peer
    }
    var machine = SimulatedMachine(
      seed: 1,
      sizes: settings.sizes,
      listeners: 1,
      disk: SimulatedDisk(),
      peers: peers,
      faults: .none
    )
    let recovered = try RecoveredLanes.read(settings, from: &machine)
    var links = Links.make(shards: 1, lanes: settings.lanes, channelBytes: 1 << 16)
    let rules = Rules(
      keys: KeyRing([], topics: settings.topics, seed: 1),
      directory: TopicDirectory(settings.topics, seed: (1, 2))
    )
    shard = Shard(on: machine, settings: settings, recovered: recovered, rules: rules, links: links[0].take()!)
    self.plan = plan
    (greetingBytes, messageBytes) = (greeting.count, message.count)
    answered = Array(repeating: 0, count: plan.connections)
    read = Array(repeating: 0, count: plan.connections)
  }

  /// Runs until every table has its size: what follows is steady.
  @inline(never) public mutating func warmUp() { run(through: plan.warmUpMessages) }

  /// Sends what is counted, until it is safe and answered, and returns how many events that was.
  public mutating func measure() -> Int {
    measuredLine(&self, through: plan.warmUpMessages + plan.countedMessages)
    return plan.countedMessages * plan.connections * plan.eventsPerMessage
  }

  /// Whether every event that was sent is safe, and none was refused.
  ///
  /// Counting ends where this is called.
  @inline(never) public func isWhole() -> Bool {
    let ledger = shard.ledger
    let sent = (plan.warmUpMessages + plan.countedMessages) * plan.connections * plan.eventsPerMessage
    return ledger.isBalanced && ledger.stored == UInt64(sent) && ledger.received == ledger.stored
  }
  /// How many turns the shard has taken.
  public var turns: UInt64 { shard.counters.turns }

  @inline(__always) mutating func run(through messages: Int) {
    while !pace(through: messages) {
      _ = shard.turn()
      precondition(shard.machine.stuck == 0, "a shard waits for something")
    }
  }

  /// Whether every client has been answered so many messages.
  ///
  /// Reads new answers, and lets clients send as many more.
  @inline(never) mutating func pace(through messages: Int) -> Bool {
    var isDone = true
    for client in 0..<plan.connections {
      readAnswers(of: client)
      isDone = isDone && answered[client] >= messages
      let allowed = min(answered[client] + plan.window, messages)
      shard.machine.peers[client].fallsSilentAfter = greetingBytes + allowed * messageBytes
    }
    return isDone
  }

  private mutating func readAnswers(of client: Int) {
    let count = shard.machine.peers[client].fromServer.count
    guard read[client] < count else { return }
    switch plan.traffic {
    case .http, .ndjson:
      // Every answer starts with its version, whose first two letters stand nowhere else in it.
      while read[client] + 1 < count {
        if shard.machine.peers[client].fromServer[read[client]] == 0x48,
          shard.machine.peers[client].fromServer[read[client] + 1] == 0x54
        {
          answered[client] += 1
        }
        read[client] += 1
      }
    case .framed, .keyed:
      while read[client] + 12 <= count {
        let isStored = shard.machine.peers[client].fromServer[read[client] + 4] == 0x83
        if isStored { answered[client] += Int(word(client, read[client] + 12)) }
        read[client] += Int(word(client, read[client])) + 4
      }
    }
  }

  private func word(_ client: Int, _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 8 | UInt32(shard.machine.peers[client].fromServer[offset + $1]) }
  }
}

/// What is counted: the shard's turns.
///
/// What the simulator and `pace` take within it is counted apart and subtracted.
@inline(never) func measuredLine(_ run: inout LineRun, through messages: Int) { run.run(through: messages) }
