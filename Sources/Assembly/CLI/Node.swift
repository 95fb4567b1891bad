internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Gateway
internal import Glibc
internal import Host
internal import Settings
internal import Telemetry
internal import World

/// Shards as they are started, and the control thread's ends of what joins them to it.
private struct StartedShards: ~Copyable {
  var threads: Slots<PinnedThread?>
  var orders: Slots<Mailbox<ShardOrder>.Sender?>
  var news: Slots<Mailbox<ShardNews>.Receiver?>
  var reports: [Published<ShardReport>.Reader] = []

  init(count: Int) {
    threads = Slots(count) { _ in nil }
    orders = Slots(count) { _ in nil }
    news = Slots(count) { _ in nil }
  }

  /// Starts the next shard on its thread.
  mutating func start(
    _ host: consuming HostSeed,
    _ plan: NodePlan,
    rules: Rules,
    links: consuming Links,
    security: SecuritySeed,
    bell: ControlBell
  ) throws(HostFailure) {
    let index = reports.count
    let orderEnds = Mailbox<ShardOrder>.make(capacity: 64)
    let newsEnds = Mailbox<ShardNews>.make(capacity: 8)
    let published = Published<ShardReport>.make(ShardReport())
    let orderSender = orderEnds.sender
    let newsReceiver = newsEnds.receiver
    let seed = NodeShardSeed(
      host: host,
      settings: plan.shard(index),
      rules: rules,
      links: links,
      security: security,
      orders: orderEnds.receiver,
      news: newsEnds.sender,
      bell: bell,
      report: published.writer
    )
    reports.append(published.reader)
    orders[index] = consume orderSender
    news[index] = consume newsReceiver
    threads[index] = try PinnedThread("shard-\(index)", cpu: plan.cpus[index], moving: seed) { liveShard($0) }
  }
}

/// A running gateway: its data directory, its shards on their threads, and what the control thread needs to steer them.
struct Node: ~Copyable {
  let plan: NodePlan
  let log: Log
  let directory: DataDirectory
  let bell: ControlBell
  let wakes: Wakes
  var preparation: SegmentPreparation?
  var threads: Slots<PinnedThread?>
  var orders: Slots<Mailbox<ShardOrder>.Sender>
  var news: Slots<Mailbox<ShardNews>.Receiver>
  let reports: [Published<ShardReport>.Reader]
  let addresses: [ListenerAddress]

  /// Opens everything in the order in which a failure costs least, then starts the shards.
  ///
  /// - Parameters:
  ///   - settings: what the operator wants.
  ///   - rules: reads what may change later.
  ///   - security: makes each shard's TLS, once the data directory is there.
  ///   - kernel: what was found of it.
  ///   - log: where findings go.
  /// - Throws: what is in the way, and what to do about it.
  init(
    _ settings: NodeSettings,
    rules: (NodePlan) throws(HostFailure) -> Rules,
    security: (NodePlan) throws(HostFailure) -> [SecuritySeed],
    kernel: Kernel,
    log: Log
  ) throws(HostFailure) {
    let allowed = allowedCPUs()
    let shards = settings.shards ?? allowed.count
    let cpus = (0..<shards).map { allowed[$0 % allowed.count] }
    let directory = try DataDirectory(settings.dataDirectory)
    if let warning = directory.warning { log.warning("data directory", ["note": .text(warning)]) }
    let known = try readManifest(in: directory)
    let plan = try makePlan(settings, known: known, cpus: cpus, in: directory, log)
    let rules = try rules(plan)
    let seeds = try security(plan)
    var listeners = try Listeners(
      settings.listeners.map { $0.address.hostAddress },
      cpus: cpus,
      backlog: Int32(settings.listeners.map(\.backlog).max() ?? 4096),
      steering: settings.steering == .nic ? .nic : .hash
    )
    try directory.makeLanes(plan.manifest.lanes)
    try directory.makeSideLanes(shards)
    if plan.manifest != known { try directory.write(Array(plan.manifest.text.utf8), as: Manifest.fileName) }

    let wakes = try Wakes(shards: shards)
    var preparation = try SegmentPreparation(
      in: directory,
      lanes: (0..<shards).map { plan.lanes(of: $0) + [.side(UInt16($0))] },
      sizes: plan.sizes,
      wakes: wakes
    )
    let bell = try ControlBell()
    let channelBytes = powerOfTwo(atLeast: 4 * (plan.frontLimits.eventBytesMax + (64 << 10)))
    var links = Links.make(shards: shards, lanes: plan.manifest.lanes, channelBytes: channelBytes)
    var started = StartedShards(count: shards)
    for index in 0..<shards {
      let id = ShardID(rawValue: UInt16(index))
      let host = HostSeed(
        shard: id,
        sizes: plan.shard(index).sizes,
        policy: plan.waitPolicy,
        kernel: kernel,
        listeners: &listeners,
        segments: preparation.access(of: id),
        wakes: wakes
      )
      try started.start(host, plan, rules: rules, links: links[index].take()!, security: seeds[index], bell: bell)
    }
    addresses = listeners.addresses
    (self.plan, self.log, self.bell, self.wakes, reports) = (plan, log, bell, wakes, started.reports)
    self.directory = directory
    self.preparation = consume preparation
    threads = Slots(shards) { started.threads[$0].take() }
    orders = Slots(shards) { started.orders[$0].take()! }
    news = Slots(shards) { started.news[$0].take()! }
  }

  /// Gives every shard an order.
  mutating func tell(_ order: ShardOrder) {
    for index in 0..<orders.count {
      let isSent = orders[index].send(order)
      if !isSent { log.error("a shard takes no orders", ["shard": .count(index)]) }
      wakes.wake(ShardID(rawValue: UInt16(index)))
    }
  }

  /// Gives one shard an order; whether it has room for it.
  mutating func tell(_ order: ShardOrder, to shard: Int) -> Bool {
    // What every shard must be told finds room as well.
    guard orders[shard].hasRoom(for: 32), orders[shard].send(order) else { return false }
    wakes.wake(ShardID(rawValue: UInt16(shard)))
    return true
  }

  /// Gives every shard its own TLS.
  mutating func tell(_ seeds: [SecuritySeed]) {
    for (index, seed) in seeds.enumerated() {
      let isSent = orders[index].send(.secure(seed))
      if !isSent { log.error("a shard takes no orders", ["shard": .count(index)]) }
      wakes.wake(ShardID(rawValue: UInt16(index)))
    }
  }

  /// Waits for the threads to end.
  mutating func join() {
    for index in 0..<threads.count { threads[index].take()!.join() }
    if let preparation = preparation.take() { preparation.stop() }
  }
}

/// What the directory was made as; `nil` for a fresh one.
private func readManifest(in directory: borrowing DataDirectory) throws(HostFailure) -> Manifest? {
  guard let bytes = try directory.read(Manifest.fileName) else { return nil }
  do throws(ManifestMistake) { return try Manifest(reading: String(decoding: bytes, as: UTF8.self)) } catch {
    throw HostFailure(
      cause: "\(directory.path)/\(Manifest.fileName):\(error.line): \(error.problem).",
      remedy: "Restore the file from a backup; without it the log's topics have no names."
    )
  }
}

/// What shards, listeners and files are made with, and whether the directory and the process's limits allow it.
private func makePlan(
  _ settings: NodeSettings,
  known: Manifest?,
  cpus: [Int32],
  in directory: borrowing DataDirectory,
  _ log: Log
) throws(HostFailure) -> NodePlan {
  let lanes = settings.lanes ?? cpus.count
  let fresh = Manifest(node: randomNode(), lanes: lanes, segmentBytes: settings.log.segmentBytes)
  let ordinary = (0..<(known?.lanes ?? 0)).map { LaneID(rawValue: UInt16($0)) }
  var plan = NodePlan(
    settings,
    manifest: known ?? fresh,
    cpus: cpus,
    slotsThere: try slotsThere(in: directory, ordinary),
    sideSlotsThere: try slotsThere(in: directory, directory.sideLanes())
  )
  try check(plan, known: known)
  if let warning = try plan.fit(into: ProcessLimits.raise()) { log.warning("open files", ["note": .text(warning)]) }
  ProcessLimits.reserve(descriptors: plan.descriptors)
  ProcessLimits.keepFreedMemory()
  return plan
}

/// What can't be changed about a directory once it holds something.
private func check(_ plan: NodePlan, known: Manifest?) throws(HostFailure) {
  if let known, let wanted = plan.settings.lanes, wanted < known.lanes {
    throw HostFailure(
      cause: "The data directory has \(known.lanes) lanes, and `lanes: \(wanted)` would drop some.",
      remedy: "Set `lanes: \(known.lanes)` or more: lanes may be added, never removed."
    )
  }
  if plan.manifest.lanes < plan.shards {
    throw HostFailure(
      cause: "There are \(plan.shards) shards for \(plan.manifest.lanes) lanes: a shard without a lane stores nothing.",
      remedy: "Set `shards: \(plan.manifest.lanes)` or fewer, or `lanes: \(plan.shards)` or more."
    )
  }
}

private func randomNode() -> UInt64 {
  var generator = SystemRandomNumberGenerator()
  return generator.next()
}

/// How many slots the files of the lanes take: one more than the highest there is.
private func slotsThere(in directory: borrowing DataDirectory, _ lanes: [LaneID]) throws(HostFailure) -> Int {
  var count = 0
  for lane in lanes {
    let last = try directory.segments(of: lane).map(\.slot).max()
    count = max(count, last.map { Int($0) + 1 } ?? 0)
  }
  return count
}

func powerOfTwo(atLeast count: Int) -> Int {
  var power = 64
  while power < count { power *= 2 }
  return power
}

extension ListenAddress {
  /// The same address as the machine wants it.
  var hostAddress: ListenerAddress {
    guard let address = ListenerAddress(description) else { broken("an address prints as it is read") }
    return address
  }
}
