internal import Bytes
internal import Events
internal import Gateway
internal import Host
internal import Redaction
internal import Store
internal import Telemetry
internal import World

/// What the control thread tells a shard.
enum ShardOrder: Sendable {
  /// Finish what is in flight within so many nanoseconds.
  case drain(limitNs: Int64)
  /// End at once.
  case stop
  /// Take new keys and topic limits.
  case adopt(Rules)
  /// Take other keys of redaction.
  case redact(RedactionKeys)
  /// Take new certificates or ticket keys, made for this shard.
  case secure(SecuritySeed)
  /// Put an event on the line once more.
  case replay(ReplayedEvent)
}

/// What a shard tells the control thread besides its report.
enum ShardNews: Sendable {
  case recovered([LaneCut], tookNs: Int64)
  case ended(ShardState)
  case failed(HostFailure)
  case damaged(LaneDamage)
  /// Said once a second at the most, and not at all while the control thread has not heard what was said before.
  case shadow(ShadowSample)
  /// What became of an event that was put on the line once more.
  case replayed(Replayed)
}

/// What a shard grows from on its thread.
struct NodeShardSeed: ~Copyable, Sendable {
  let host: HostSeed
  let settings: ShardSettings
  let rules: Rules
  let links: Links
  let security: SecuritySeed
  var orders: Mailbox<ShardOrder>.Receiver
  var news: Mailbox<ShardNews>.Sender
  let bell: ControlBell
  var report: Published<ShardReport>.Writer
}

/// Wakes the control thread.
final class ControlBell: Sendable {
  let event: EventDescriptor
  init() throws(HostFailure) { event = try EventDescriptor() }
}

/// The life of one shard, on its own thread.
func liveShard(_ seed: consuming NodeShardSeed) {
  let bell = seed.bell
  var news = seed.news
  func tell(_ item: ShardNews) {
    // The mailbox has room for everything a shard must say in its life.
    let isSent = news.send(item)
    require(isSent, "a shard's news fit its mailbox")
    bell.event.signal()
  }
  let settings = seed.settings
  var orders = seed.orders
  var report = seed.report
  let rules = seed.rules
  let links = seed.links
  let security = seed.security
  do throws(HostFailure) {
    var host = try Host(seed.host)
    let start = host.now().monotonicNs
    let recovered: RecoveredLanes
    do throws(LaneDamage) { recovered = try RecoveredLanes.read(settings, from: &host) } catch {
      tell(.damaged(error))
      return
    }
    tell(.recovered(recovered.cuts, tookNs: host.now().monotonicNs - start))
    var shard = Shard(
      on: host,
      settings: settings,
      recovered: recovered,
      rules: rules,
      links: links,
      security: security
    )
    // What it says last must find room, too.
    let state = run(&shard, &orders, &report, mayTell: { news.hasRoom(for: 2) }, tell: tell)
    tell(.ended(state))
  } catch { tell(.failed(error)) }
}

/// Turns until the shard is done: reports every few milliseconds, listens for orders when woken.
private func run(
  _ shard: inout Shard<Host>,
  _ orders: inout Mailbox<ShardOrder>.Receiver,
  _ report: inout Published<ShardReport>.Writer,
  mayTell: () -> Bool,
  tell: (ShardNews) -> Void
) -> ShardState {
  var (reportedNs, sampledNs): (Int64, Int64) = (0, 0)
  var wakes: UInt64 = .max
  while true {
    _ = shard.turn()
    if shard.counters.wakes != wakes {
      wakes = shard.counters.wakes
      while let order = orders.next() {
        switch order {
        case .drain(let limitNs): shard.drain(limitNs: limitNs)
        case .adopt(let rules): shard.adopt(rules)
        case .redact(let keys): shard.adopt(keys)
        case .secure(let seed): shard.adopt(seed)
        case .replay(let event): shard.replay(event)
        case .stop: return shard.state
        }
      }
    }
    while shard.replaysWaiting > 0, mayTell(), let replayed = shard.nextReplayed() { tell(.replayed(replayed)) }
    let isDone = shard.state == .finished || shard.state == .failed && shard.openConnections == 0
    if isDone || shard.nowNs - reportedNs > 5_000_000 {
      reportedNs = shard.nowNs
      report.publish(shard.report())
      if reportedNs - sampledNs > 1_000_000_000, mayTell(), let sample = shard.takeShadowSample() {
        sampledNs = reportedNs
        tell(.shadow(sample))
      }
    }
    if isDone { return shard.state }
  }
}
