internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Gateway
internal import Glibc
internal import Host
internal import Inspect
internal import Settings
internal import World

/// Settings turned into what shards, listeners and files are made with.
struct NodePlan {
  let settings: NodeSettings
  /// Connections a shard has places for: what the settings say, or what the limit of open files leaves.
  private(set) var connections: Int
  let cpus: [Int32]
  let manifest: Manifest
  let topics: [Topic]
  /// How many slots the files of the lanes take that are there.
  let slotsThere: Int
  /// The same of side lanes.
  let sideSlotsThere: Int

  /// What inspection counts, over all shards.
  let inspections: InspectionCounters
  /// What redaction counts, over all shards.
  let redactions: RedactionCounters

  /// How many shards there are.
  var shards: Int { cpus.count }

  /// - Parameters:
  ///   - settings: what the operator wants.
  ///   - manifest: what the data directory is; completed with topics and lanes that are new.
  ///   - cpus: the CPUs of the shards.
  ///   - slotsThere: how many slots the lanes' files take; less retention than before does not make them fewer.
  ///   - sideSlotsThere: the same of side lanes.
  init(
    _ settings: NodeSettings,
    manifest: Manifest,
    cpus: [Int32],
    slotsThere: Int = 0,
    sideSlotsThere: Int = 0
  ) {
    (self.settings, self.cpus, connections) = (settings, cpus, settings.limits.connections)
    (self.slotsThere, self.sideSlotsThere) = (slotsThere, sideSlotsThere)
    var manifest = manifest
    manifest.sideSegmentBytes = manifest.sideSegmentBytes ?? settings.quarantine.segmentBytes
    manifest.lanes = max(manifest.lanes, settings.lanes ?? cpus.count)
    for topic in settings.topics { _ = manifest.number(topic.name) }
    self.manifest = manifest
    topics = manifest.topics.map { line in
      // A topic that the settings no longer name keeps its number; nobody may write to it.
      settings.topics.first { $0.name == line.name }?.topic(id: line.id) ?? Topic(id: line.id, name: line.name)
    }
    inspections = InspectionCounters(shards: cpus.count, topics: topics.count)
    redactions = RedactionCounters(shards: cpus.count, topics: topics.count)
  }

  /// Descriptors for everything.
  var descriptors: Int { descriptors(connections: connections) }
  /// Descriptors for everything, if every shard has so many connections.
  private func descriptors(connections: Int) -> Int {
    var sizes = sizes
    sizes.connections = connections
    return ProcessLimits.descriptors(sizes: sizes, shards: shards, listeners: settings.listeners.count)
  }

  /// Makes do with so many descriptors: with fewer connections, so that the log and the admin listener never go short.
  ///
  /// - Returns: what the operator should know, if anything.
  /// - Throws: when there are not enough to serve anybody.
  mutating func fit(into limit: Int) throws(HostFailure) -> String? {
    let needed = descriptors(connections: connections)
    guard needed > limit else { return nil }
    let room = (limit - descriptors(connections: 0)) / shards
    let remedy = "Raise the limit of open files (systemd: LimitNOFILE=\(needed), shell: ulimit -n)."
    guard room >= NodePlan.connectionsMin else {
      let least = descriptors(connections: NodePlan.connectionsMin)
      throw HostFailure(
        cause: "The limit of open files is \(limit), and these settings take \(least) at the very least.",
        remedy: remedy,
        errorNumber: EMFILE
      )
    }
    let wanted = connections
    connections = room
    return "The limit of open files is \(limit): \(room) connections a shard instead of \(wanted). \(remedy)"
  }

  /// With fewer connections a shard is of no use.
  private static var connectionsMin: Int { 16 }

  /// Topics that may be written to.
  var openTopics: [Topic] { topics.filter { topic in settings.topics.contains { $0.name == topic.name } } }

  /// What each shard allocates.
  var sizes: Sizes {
    let (limits, log) = (settings.limits, settings.log)
    var sizes = Sizes()
    sizes.connections = connections
    sizes.buffers = limits.receiveBuffers
    sizes.bufferBytes = limits.receiveBufferBytes
    sizes.lanes = (manifest.lanes + shards - 1) / shards
    sizes.writes = log.writesInFlight
    sizes.batchBytes = log.commitBytesMax
    sizes.replies = connections
    sizes.replyBytes = 8 << 10
    sizes.largeCarries = limits.largeMessages
    sizes.records = settings.listeners.contains { $0.tls.isOn } ? connections : 0
    sizes.largeCarryBytes = frontLimits.carryBytesMax
    sizes.segments = max(segmentsMax, slotsThere)
    sizes.segmentBytes = manifest.segmentBytes
    sizes.sideSegments = max(sideSegmentsMax, sideSlotsThere)
    sizes.sideSegmentBytes = sideSegmentBytes
    sizes.sideBatchBytes = sideBatchBytes
    return sizes
  }

  /// How many segments a lane keeps: what retention says, and one that is being filled.
  var segmentsMax: Int { max(settings.log.retentionBytes / manifest.segmentBytes, 2) + 1 }

  private var sideSegmentBytes: Int { manifest.sideSegmentBytes ?? settings.quarantine.segmentBytes }
  /// The largest commit of a side lane: the largest event finds room with what is said of it, if the segments allow.
  private var sideBatchBytes: Int {
    let wanted = (settings.eventBytesMax + (32 << 10) + 4095) / 4096 * 4096
    return min(max(wanted, 64 << 10), max(sideSegmentBytes / 4 / 4096 * 4096, 64 << 10))
  }
  /// How many segments a side lane keeps.
  private var sideSegmentsMax: Int { max(settings.quarantine.retentionBytes / sideSegmentBytes, 2) + 1 }

  /// The lanes that one shard serves, without its side lane.
  func lanes(of shard: Int) -> [LaneID] {
    stride(from: shard, to: manifest.lanes, by: shards).map { LaneID(rawValue: UInt16($0)) }
  }

  /// What fronts refuse beyond.
  var frontLimits: FrontLimits {
    let limits = settings.limits
    var front = FrontLimits()
    front.headBytesMax = limits.headBytes
    front.targetBytesMax = limits.targetBytes
    front.fieldsMax = limits.headerFields
    front.bodyBytesMax = limits.bodyBytes
    front.compressedBytesMax = limits.compressedBytes
    front.inflatedBytesMax = limits.inflatedBytes
    front.inflationRatioMax = limits.inflationRatio
    front.answersMax = limits.answersPerConnection
    front.eventBytesMax = settings.eventBytesMax
    let message = front.headBytesMax + front.eventBytesMax + Int(UInt16.max) + 64
    front.carryBytesMax = max(1 << 20, message, front.compressedBytesMax + 64)
    return front
  }

  /// Everything one shard is told.
  func shard(_ index: Int) -> ShardSettings {
    var shard = ShardSettings()
    shard.shard = ShardID(rawValue: UInt16(index))
    shard.shards = shards
    shard.lanes = manifest.lanes
    shard.sizes = sizes
    shard.sizes.lanes = lanes(of: index).count
    shard.limits = frontLimits
    shard.listeners = settings.listeners.map {
      ShardSettings.Listener(
        front: $0.protocolName,
        traits: FrontTraits(requiresKey: $0.keys == .required),
        isSecure: $0.tls.isOn,
        principal: $0.tls.clientCertificates.principal,
        proxies: $0.proxyProtocol
      )
    }
    shard.topics = topics
    shard.jsonLimits = jsonLimits
    shard.inspections = inspections
    shard.redactions = redactions
    return shard
  }

  /// What of JSON is taken where events are checked.
  var jsonLimits: JSONLimits {
    let schemas = settings.schemas
    var limits = JSONLimits()
    (limits.depthMax, limits.membersMax) = (schemas.depth, schemas.members)
    (limits.stringBytesMax, limits.numberBytesMax) = (schemas.stringBytes, schemas.numberBytes)
    limits.allowsDuplicateNames = schemas.duplicateNames == .last
    return limits
  }

  /// What shards are told anew at every reload.
  func rules(keys: KeyRing, directory: TopicDirectory) -> Rules {
    let limits = settings.limits
    var rules = Rules(keys: keys, directory: directory)
    rules.times = TimeLimits(
      headNs: limits.headerTimeNs,
      bodyNs: limits.bodyTimeNs,
      idleNs: limits.idleTimeNs,
      sendNs: limits.sendTimeNs
    )
    // One sweep looks after all connections: the most patient listener decides.
    rules.times.handshakeNs = settings.listeners.map(\.tls.handshakeTimeoutNs).max() ?? rules.times.handshakeNs
    rules.handshakesPerTurn = limits.handshakesPerTurn
    rules.timeInFlightMaxNs = limits.timeInFlightNs
    rules.connectionsPerSource = limits.connectionsPerSource
    rules.acceptsPerTurn = limits.acceptsPerTurn
    rules.sealAfterNs = settings.log.sealAfterNs
    rules.retentionAgeNs = settings.log.retentionAgeNs
    rules.segmentsMax = segmentsMax
    rules.sideRetentionAgeNs = settings.quarantine.retentionAgeNs
    rules.sideSegmentsMax = sideSegmentsMax
    rules.topicAgesNs = topics.map { topic in
      settings.topics.first { $0.name == topic.name }?.retentionAgeNs
    }
    return rules
  }

  /// How shards wait.
  var waitPolicy: WaitPolicy {
    switch settings.wait.policy {
    case .latency: .latency(spinNs: settings.wait.spinNs)
    case .balanced: .balanced
    case .economy: .economy(minimumWaitNs: settings.wait.minimumWaitNs)
    }
  }

  /// Bytes of address space that shards, links and lanes take together.
  var bytesTotal: Int { sizes.bytesTotal * shards }
}
