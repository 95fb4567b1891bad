internal import Accept
internal import Bytes
internal import Decode
public import Events
internal import Gate
internal import Inspect
public import Redaction
internal import Store
internal import World

/// What the control thread asks of a shard between turns, and what the clock does.
extension Shard where M: ~Copyable {
  mutating func tick() {
    machine.timeout(afterNs: Self.tickNs)
    sweep()
    for index in 0..<line.writers.count {
      line.writers[index].lane.retire(utcNs: line.clock.utcNs)
      guard index != line.side else { continue }
      for topic in settings.topics where Int(topic.id.rawValue) < rules.topicAgesNs.count {
        guard let age = rules.topicAgesNs[Int(topic.id.rawValue)] else { continue }
        line.writers[index].lane.trim(topic.id, olderThan: age, utcNs: line.clock.utcNs)
      }
    }
    resumeAccepting()
  }

  /// Stops accepting, finishes what is in flight, flushes and answers it, and then is `finished`.
  ///
  /// - Parameter limitNs: how long that may take; then what is left is cut off.
  public mutating func drain(limitNs: Int64) {
    guard state == .serving else { return }
    state = .draining
    desk.isDraining = true
    drainUntilNs = machine.now().monotonicNs + limitNs
    stopAccepting()
    for index in 0..<connections.count where connections[index].isOpen {
      list(ConnectionID(rawValue: UInt32(index)))
    }
  }

  /// Takes new keys, topic limits, time limits and retention.
  ///
  /// Connections that are open keep the leave they have for the request under way.
  public mutating func adopt(_ rules: Rules) {
    self.rules = rules
    line.keys.swap(rules.keys)
    line.directory = rules.directory
    line.inspector.adopt(rules.schemas, rules.redaction)
    desk.forgetGrants()
    limits.perSourceMax = rules.perSourceMax
    deadlines.limits = rules.times
    admission.limits.timeInFlightMaxNs = rules.timeInFlightMaxNs
    acceptBudget.perTurn = rules.acceptsPerTurn
    for index in 0..<line.writers.count { line.writers[index].lane.adopt(rules) }
  }

  /// Takes new certificates and ticket keys; connections that are open go on.
  public mutating func adopt(_ seed: SecuritySeed) { security.adopt(seed) }

  /// Takes other keys of redaction; plans stay.
  public mutating func adopt(_ keys: RedactionKeys) {
    rules.redaction.keys = keys
    line.inspector.take(keys)
  }

  mutating func stopAccepting() {
    for index in accepting.indices {
      let listener = ListenerID(rawValue: UInt32(index))
      switch accepting[index] {
      case .accepting:
        machine.stopAccepting(on: listener)
        accepting[index] = .stopping
      case .paused:
        machine.close(listener)
        accepting[index] = .closed
      case .yielding: accepting[index] = .stopping
      case .stopping, .closed: break
      }
    }
  }

  /// Notices the end of a drain.
  mutating func conclude() {
    guard state == .draining || state == .failed, let until = drainUntilNs else { return }
    let isQuiet = openConnections == 0 && accepting.allSatisfy { $0 == .closed }
    if isQuiet, state == .failed || line.ledger.inFlight == 0 {
      // Other shards may have keyed events for these lanes until they are quiet, too.
      let isLast = line.links.part()
      if isLast, state == .draining, lanesAreSealed {
        state = .finished
        return
      }
    }
    guard line.clock.monotonicNs > until else { return }
    for index in 0..<connections.count where connections[index].isOpen && !connections[index].isBroken {
      counters.cut &+= 1
      fail(ConnectionID(rawValue: UInt32(index)))
    }
  }

  /// How many connections are open.
  public var openConnections: Int { Int(counters.accepted - counters.closed) }
  /// Where every event went.
  public var ledger: Ledger { line.ledger }
  /// How full it is: 0 when it idles, 1 when it refuses.
  public var pressure: Float { desk.pressure }
  /// Whether events can be taken: every lane has a segment.
  ///
  /// The side lane may lack one until there is something to set aside.
  public var isReady: Bool {
    for index in 0..<settings.sizes.lanes where !line.writers[index].lane.isReady { return false }
    return state == .serving
  }

  private var lanesAreSealed: Bool {
    for index in 0..<line.writers.count where !line.writers[index].lane.isSealed { return false }
    return true
  }
}

extension Lane {
  /// Takes what may change while it is open.
  mutating func adopt(_ rules: Rules) {
    let isSide = settings.lane.isSide
    settings.sealAfterNs = rules.sealAfterNs
    settings.retentionAgeNs = isSide ? rules.sideRetentionAgeNs : rules.retentionAgeNs
    let segmentsMax = isSide ? rules.sideSegmentsMax : rules.segmentsMax
    settings.segmentsMax = min(segmentsMax ?? settings.slots, settings.slots)
  }
}
