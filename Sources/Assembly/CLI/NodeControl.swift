internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Gateway
internal import Glibc
internal import Host
internal import Settings
internal import Store
internal import Telemetry
internal import World

/// The control thread: signals, reload, the admin listener, and the end.
struct Control: ~Copyable {
  var node: Node
  var admin: AdminServer
  /// Events that were set aside and are on their way once more.
  var replays: NodeReplays
  private let signals: ControlSignals
  private let path: String
  private(set) var settings: NodeSettings
  private var files: TLSFiles
  private var schemas: NodeSchemas
  private var redaction: NodeRedaction
  private let log: Log
  private(set) var state: NodeState
  private var running: Int
  private var stopAtNs: Int64?
  private var exitStatus: Int32 = 0

  init(
    _ settings: NodeSettings,
    path: String,
    keyLog: (@Sendable (String) -> Void)?,
    signals: consuming ControlSignals,
    kernel: Kernel,
    log: Log
  ) throws(HostFailure) {
    let start = monotonicNs()
    let admin = try AdminServer(settings.adminAddress)
    var read: (files: TLSFiles?, schemas: NodeSchemas?, redaction: NodeRedaction?)
    let node = try Node(
      settings,
      rules: { plan throws(HostFailure) in
        let schemas = try NodeSchemas(settings, log: log)
        let redaction = try NodeRedaction(settings, schemas, log: log)
        (read.schemas, read.redaction) = (schemas, redaction)
        return try readRules(plan, schemas, redaction, log)
      },
      security: { plan throws(HostFailure) in
        let files = try TLSFiles(settings, keyLog: keyLog, log: log, nowNs: start, utcSeconds: utcSeconds())
        read.files = files
        return try files.all.seeds(shards: plan.shards, listeners: settings.listeners.count)
      },
      kernel: kernel,
      log: log
    )
    announce(node, at: admin.address, settings, log)
    (running, replays) = (node.plan.shards, NodeReplays(leaveToken(in: node.directory, for: admin.address, log)))
    guard let files = read.files, let schemas = read.schemas, let redaction = read.redaction else {
      broken("a node that was made has read its files")
    }
    state = NodeState(node.plan, schemas, redaction, startedNs: start)
    (self.files, self.schemas, self.redaction) = (files, schemas, redaction)
    (state.expiries, state.schemas) = (files.expiries, schemas.figures)
    (self.settings, self.path, self.log) = (settings, path, log)
    self.signals = signals
    self.admin = admin
    self.node = node
  }

  /// Serves until all shards have ended.
  ///
  /// Returns: the process's exit status.
  consuming func run() -> Int32 {
    while running > 0 {
      let descriptors = [signals.descriptor, node.bell.event.descriptor] + admin.descriptors
      let ready = waitUntilReadable(descriptors, atMostNs: 100_000_000)
      if ready & 1 != 0 { takeSignals() }
      if ready & 2 != 0 { node.bell.event.drain() }
      takeNews()
      secure(files.poll(nowNs: monotonicNs(), utcSeconds: utcSeconds()))
      schemas.release(nowNs: monotonicNs())
      askForKeys()
      state.observe(node.reports, nowNs: monotonicNs())
      serve(ready >> 2)
      if let stopAtNs, monotonicNs() > stopAtNs { cutOff("the drain limit has passed") }
    }
    node.join()
    let total = state.total
    log.info(
      "stopped",
      [
        "received": .count(total.ledger.received), "stored": .count(total.ledger.stored),
        "quarantined": .count(total.ledger.quarantined), "refused": .count(total.ledger.refusedTotal),
        "in_flight": .count(total.ledger.inFlight), "connections_cut": .count(total.counters.cut),
        "status": .count(exitStatus),
      ]
    )
    return exitStatus
  }

  private mutating func takeSignals() {
    while let signal = signals.next() {
      switch signal {
      case .reload: reload()
      case .stop where stopAtNs == nil:
        let limitNs = settings.limits.drainTimeNs
        log.info("draining", ["limit_ms": .count(limitNs / 1_000_000)])
        state.isDraining = true
        // The shards keep the limit themselves; the margin is for one that does not turn any more.
        stopAtNs = monotonicNs() + limitNs + 2_000_000_000
        node.tell(.drain(limitNs: limitNs))
      case .stop: cutOff("a second signal")
      }
    }
  }

  /// Ends at once, and says what was cut.
  private mutating func cutOff(_ why: String) {
    let total = state.total
    log.warning(
      "ending at once",
      ["why": .text(why), "connections": .count(total.connections), "events_in_flight": .count(total.ledger.inFlight)]
    )
    exit(1)
  }

  private mutating func takeNews() {
    for index in 0..<node.news.count {
      while let item = node.news[index].next() {
        switch item {
        case .recovered(let cuts, let tookNs):
          state.recovered[index] = true
          log.info("recovered", ["shard": .count(index), "ms": .decimal(Double(tookNs) / 1e6)])
          for cut in cuts { note(cut) }
        case .failed(let failure):
          log.error(
            "a shard cannot start",
            ["shard": .count(index), "cause": .text(failure.cause), "remedy": .text(failure.remedy)]
          )
          end(index, 3)
        case .damaged(let damage):
          let (cause, remedy) = describe(damage)
          log.error("a lane is damaged", ["shard": .count(index), "cause": .text(cause), "remedy": .text(remedy)])
          end(index, 1)
        case .shadow(let sample): note(sample)
        case .replayed(let replayed):
          if let answer = replays.hear(replayed) { admin.answer(answer.client, answer.page) }
        case .ended(let ended):
          state.ended[index] = true
          if ended == .failed {
            log.error(
              "a write failed: the log is not trusted until it is recovered",
              ["shard": .count(index), "errno": .count(node.reports[index].read().failure)]
            )
          }
          end(index, ended == .finished ? 0 : 1)
        }
      }
    }
  }

  /// A shard has ended: so does the process, with the worst status there was.
  private mutating func end(_ index: Int, _ status: Int32) {
    running -= 1
    exitStatus = max(exitStatus, status)
    guard status != 0, running > 0, stopAtNs == nil else { return }
    stopAtNs = monotonicNs() + 2_000_000_000
    node.tell(.drain(limitNs: 1_000_000_000))
  }

  private func note(_ cut: LaneCut) {
    log.warning(
      "lane cut where a crash left it; nothing behind it was acknowledged",
      [
        "lane": .count(cut.lane.rawValue), "segment": .count(cut.slot), "offset": .count(cut.offset),
        "sequence": .count(cut.sequence), "commits_discarded": .count(cut.discarded),
      ]
    )
  }

  private func note(_ sample: ShadowSample) {
    let topic = node.plan.topics.first { $0.id == sample.topic }?.name ?? ""
    guard sample.version > 0 else {
      return log.info(
        "the plan in the shadow would have redacted an event",
        ["topic": .text(topic), "where": .text(sample.verdict)]
      )
    }
    log.info(
      "the version in the shadow would have refused an event",
      ["topic": .text(topic), "version": .count(sample.version), "verdict": .text(sample.verdict)]
    )
  }

  /// Tells the shards of new certificates and ticket keys, if there are any.
  private mutating func secure(_ changes: TLSFiles.Changes) {
    guard !changes.isEmpty else { return }
    state.expiries = files.expiries
    do throws(HostFailure) {
      node.tell(try changes.seeds(shards: node.plan.shards, listeners: settings.listeners.count))
    } catch {
      log.error("certificates not taken", ["cause": .text(error.cause), "remedy": .text(error.remedy)])
    }
  }

  /// Tells the shards of other keys of redaction, if there are any.
  private mutating func askForKeys() {
    if redaction.poll(nowNs: monotonicNs()) { node.tell(.redact(redaction.keys)) }
    state.redactions.keys = redaction.figures
  }

  /// Reads the settings again: takes what may change, names what may not, and keeps running whatever is wrong.
  private mutating func reload() {
    let wanted: NodeSettings
    do throws(RunMistake) { wanted = try readSettings(path) } catch {
      log.error("settings not reloaded", ["mistakes": .text(error.text)])
      return
    }
    let difference = wanted.difference(from: settings)
    for change in difference.restartOnly { log.warning("change needs a restart", ["key": .text(change.description)]) }
    for change in difference.live { log.info("changed", ["key": .text(change.description)]) }
    settings = settings.adopting(liveChangesOf: wanted)
    log.level = settings.telemetry.logLevel
    do throws(HostFailure) {
      let largest = node.plan.frontLimits.eventBytesMax
      for index in settings.topics.indices where settings.topics[index].eventBytesMax > largest {
        log.warning(
          "topic limited by the memory set aside at the start",
          ["topic": .text(settings.topics[index].name), "event_bytes_max": .count(largest)]
        )
        settings.topics[index].eventBytesMax = largest
      }
      let plan = NodePlan(
        settings,
        manifest: node.plan.manifest,
        cpus: node.plan.cpus,
        slotsThere: node.plan.slotsThere
      )
      var rules = try readRules(plan, schemas, redaction, log)
      schemas.reload(settings, nowNs: monotonicNs())
      redaction.reload(settings, schemas)
      rules.redaction = redaction.rules(plan.topics)
      state.redactions.adopt(rules.redaction, of: plan.topics)
      state.schemas = schemas.figures
      rules.schemas = schemas.byNumber(plan.topics)
      state.inspections.adopt(rules.schemas, of: plan.topics)
      node.tell(.adopt(rules))
      secure(files.reload(settings, nowNs: monotonicNs(), utcSeconds: utcSeconds()))
      log.info("reloaded")
    } catch {
      log.error("keys not reloaded", ["cause": .text(error.cause), "remedy": .text(error.remedy)])
    }
  }
}

/// Says what starts, and where it listens.
private func announce(_ node: borrowing Node, at admin: ListenerAddress, _ settings: NodeSettings, _ log: Log) {
  log.info(
    "starting",
    [
      "shards": .count(node.plan.shards), "lanes": .count(node.plan.manifest.lanes),
      "data": .text(settings.dataDirectory), "address_space_bytes": .count(node.plan.bytesTotal),
      "admin": .text("\(admin)"),
    ]
  )
  for (listener, address) in zip(settings.listeners, node.addresses) {
    log.info(
      "listening",
      ["name": .text(listener.name), "protocol": .text(listener.protocolName), "address": .text("\(address)")]
    )
  }
}

/// Leaves what whoever may read the data directory shows to have events replayed.
///
/// A disk without room keeps nobody from starting: then nothing is replayed until the next start.
private func leaveToken(
  in directory: borrowing DataDirectory,
  for address: ListenerAddress,
  _ log: Log
) -> ReplayToken {
  let token = ReplayToken(drawnFor: address)
  do throws(HostFailure) { try directory.write(Array(token.text.utf8), as: ReplayToken.fileName) } catch {
    log.warning("nothing can be replayed", ["cause": .text(error.cause), "remedy": .text(error.remedy)])
  }
  return token
}

/// UTC in seconds since 1970.
private func utcSeconds() -> Int64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec)
}

/// Reads the keys and puts the topics in order.
private func readRules(
  _ plan: NodePlan,
  _ schemas: NodeSchemas,
  _ redaction: NodeRedaction,
  _ log: Log
) throws(HostFailure) -> Rules {
  var generator = SystemRandomNumberGenerator()
  var entries: [KeyFile.Entry] = []
  if let path = plan.settings.keysFile {
    let text = String(decoding: try readSecretFile(path), as: UTF8.self)
    do throws(KeyFileMistakes) { entries = try KeyFile(text, file: path).entries } catch {
      throw HostFailure(cause: "\(error)", remedy: "Mend the file, or make a key with `sluice keys api make`.")
    }
  }
  let ring = KeyRing(entries, topics: plan.openTopics, seed: generator.next())
  for unmatched in ring.unmatched {
    log.warning(
      "a key names topics that do not exist",
      ["key": .text(unmatched.id), "pattern": .text(unmatched.pattern)]
    )
  }
  let directory = TopicDirectory(plan.openTopics, seed: (generator.next(), generator.next()))
  var rules = plan.rules(keys: ring, directory: directory)
  rules.redaction = redaction.rules(plan.topics)
  rules.schemas = schemas.byNumber(plan.topics)
  return rules
}

/// Reads a file that nobody but its owner may read.
func readSecretFile(_ path: String) throws(HostFailure) -> [UInt8] {
  var status = stat()
  if unsafe stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
    throw HostFailure(
      cause: "\(path) may be read by others.",
      remedy: "Run `chmod 600 \(path)`."
    )
  }
  return try readWholeFile(path)
}

/// What is wrong with a lane, and what to do.
func describe(_ damage: LaneDamage) -> (cause: String, remedy: String) {
  let verify = "Look at it with `sluice log verify`; restore the lane from a backup or move it away."
  switch damage {
  case .damaged(let lane, let slot, let offset, let sequence):
    return (
      "\(lane.title), segment \(slot), byte \(offset): commit \(sequence) was durable and does not read back",
      verify
    )
  case .newerVersion(let lane, let slot, let version):
    return (
      "\(lane.title), segment \(slot): written in format \(version) by a newer program", "Use that program."
    )
  case .foreignSegment(let lane, let slot, let found):
    return (
      "\(lane.title), segment \(slot): the file belongs to \(found.lane.title), segment \(found.slot)",
      verify
    )
  case .otherSize(let lane, let slot, let found, let expected):
    return ("\(lane.title), segment \(slot): made for \(found) bytes a segment, not \(expected)", verify)
  case .unknownTopic(let lane, let topic):
    return (
      "\(lane.title): holds events of topic \(topic.rawValue), which the manifest does not list",
      "Restore the manifest from a backup."
    )
  case .unreadable(let lane, let slot, let offset, let error):
    return ("\(lane.title), segment \(slot), byte \(offset): \(errorText(error))", "Check the disk.")
  }
}

/// Nanoseconds that only go forward.
func monotonicNs() -> Int64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
