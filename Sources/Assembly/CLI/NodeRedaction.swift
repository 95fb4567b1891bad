internal import Detection
internal import Events
internal import Host
internal import Inspect
internal import Redaction
internal import Settings
internal import Telemetry

/// Redaction as the control thread keeps it: read at the start, and again on SIGHUP.
///
/// A start fails when anything is wrong with it. Later all that is wrong is logged, and what held before holds: a plan
/// never becomes weaker by a slip.
struct NodeRedaction {
  private(set) var plans: [String: RedactionPlan] = [:]
  private var source: NodeRedactionKeys
  private let log: Log

  /// The keys that operators use.
  var keys: RedactionKeys { source.keys }
  /// What metrics say of where they are from.
  var figures: NodeRedactionKeys.Figures { source.figures }

  /// Reads everything.
  ///
  /// Throws: what is wrong.
  init(_ settings: NodeSettings, _ schemas: NodeSchemas, log: Log) throws(HostFailure) {
    self.log = log
    plans = try Self.plans(settings, schemas)
    source = try NodeRedactionKeys(settings.redactionKeys, for: plans, log: log)
    note(settings)
  }

  /// Reads everything again; keeps what holds where something is wrong.
  mutating func reload(_ settings: NodeSettings, _ schemas: NodeSchemas) {
    do throws(HostFailure) {
      let fresh = try Self.plans(settings, schemas)
      try source.reload(settings.redactionKeys, for: fresh)
      plans = fresh
      note(settings)
    } catch {
      log.error(
        "redaction not reloaded: what held before still holds",
        ["cause": .text(error.cause), "remedy": .text(error.remedy)]
      )
    }
  }

  /// Goes on with what keys are asked of; whether other keys have come.
  mutating func poll(nowNs: Int64) -> Bool { source.poll(atNs: nowNs, for: plans) }

  /// What shards are told, by the topics' numbers.
  func rules(_ topics: [Topic]) -> RedactionRules {
    guard !plans.isEmpty else { return RedactionRules() }
    var byNumber = [RedactionPlan?](repeating: nil, count: topics.reduce(0) { max($0, Int($1.id.rawValue) + 1) })
    for topic in topics { byNumber[Int(topic.id.rawValue)] = plans[topic.name] }
    return RedactionRules(plans: byNumber, keys: keys)
  }

  private static func plans(_ settings: NodeSettings, _ schemas: NodeSchemas) throws(HostFailure)
    -> [String: RedactionPlan]
  {
    var (plans, mistakes) = ([String: RedactionPlan](), [String]())
    for topic in settings.topics {
      let planning = RedactionPlanning(topic, annotated: schemas.annotated(topic.name))
      plans[topic.name] = planning.plan
      mistakes += planning.mistakes
    }
    guard mistakes.isEmpty else {
      throw HostFailure(
        cause: mistakes.joined(separator: "\n"),
        remedy: "Mend the settings; `sluice check` lists them."
      )
    }
    return plans
  }

  /// Keys that plans use and that are not there, by name and what they are for.
  static func missingKeys(of plans: [String: RedactionPlan], in keys: RedactionKeys) -> [String] {
    var missing: [String] = []
    for plan in plans.values {
      for rule in plan.fields + plan.found + plan.foundInKeys {
        guard let purpose = rule.operation.purpose else { continue }
        let isThere = keys.keys.contains {
          $0.id.name == rule.operation.key && $0.purpose == purpose && $0.state == .active && $0.hasSecret
        }
        let name = "'\(rule.operation.key)' for \(purpose.rawValue)"
        if !isThere, !missing.contains(name) { missing.append(name) }
      }
    }
    return missing.sorted()
  }

  private func note(_ settings: NodeSettings) {
    if keys.lockErrorNumber != 0 {
      log.warning(
        "keys of redaction may be swapped out",
        ["errno": .count(keys.lockErrorNumber), "remedy": .text("Raise the limit of locked memory (LimitMEMLOCK).")]
      )
    }
    for topic in settings.topics {
      guard let plan = plans[topic.name] else { continue }
      log.info(
        "redaction",
        [
          "topic": .text(topic.name), "plan": .text(hexadecimal(plan.version)), "fields": .count(plan.paths.count),
          "kinds": .count(plan.profile.types.rawValue.nonzeroBitCount),
          "mode": .text(plan.isShadow ? "shadow" : "apply"),
        ]
      )
    }
  }
}

/// A plan's version, as it is told.
func hexadecimal(_ version: UInt32) -> String {
  let digits = String(version, radix: 16)
  return String(repeating: "0", count: 8 - digits.utf8.count) + digits
}

/// What redaction found, as the control thread tells it.
struct RedactionFigures {
  let counters: RedactionCounters
  var topics: [(id: TopicID, name: String)] = []
  /// Where keys are from.
  var keys = NodeRedactionKeys.Figures()

  /// Takes the plans that shards are told of.
  mutating func adopt(_ rules: RedactionRules, of all: [Topic]) {
    topics = all.compactMap { topic in
      let index = Int(topic.id.rawValue)
      return index < rules.plans.count && rules.plans[index] != nil ? (topic.id, topic.name) : nil
    }
  }

  func write(to text: inout PrometheusText, nowNs: Int64) {
    text.begin(NodeMetrics.redactionKeyReadings)
    text.sample(keys.taken, "taken")
    text.sample(keys.refused, "refused")
    text.begin(NodeMetrics.redactionKeysUsable)
    if keys.isOn { text.sample(max(0, Double((keys.staleAtNs ?? nowNs) - nowNs) / 1e9)) }
    write(NodeMetrics.redactionScanned, .scanned, to: &text)
    write(NodeMetrics.redactionChanged, .changed, to: &text)
    write(NodeMetrics.redactionImpossible, .impossible, to: &text)
    text.begin(NodeMetrics.redactionValues)
    for topic in topics {
      for type in PersonalType.allCases.map({ $0 as PersonalType? }) + [nil] {
        for (number, word) in OperatorCatalogue.words.enumerated() {
          let count = counters.exchanged(topic.id, type, operator: number)
          // What was never met has no sample.
          if count > 0 { text.sample(count, topic.name, type.map { "\($0.word)" } ?? "field", word) }
        }
      }
    }
  }
  private func write(_ metric: Metric, _ field: RedactionCounters.Field, to text: inout PrometheusText) {
    text.begin(metric)
    for topic in topics { text.sample(counters.total(topic.id, field), topic.name) }
  }
}
