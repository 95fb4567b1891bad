internal import Events
internal import Host
internal import Inspect
internal import Settings
internal import Telemetry

/// The registry as the control thread keeps it: read at the start, and again on SIGHUP.
///
/// A start fails when anything is wrong with it. Later all that is wrong is logged, and what held before holds.
struct NodeSchemas {
  /// What metrics say.
  struct Figures {
    /// Readings that were taken, the start's too.
    var taken = 0
    /// Readings that had mistakes.
    var refused = 0
    /// The version that each topic requires, in the order of topics.
    var required: [(topic: String, version: UInt32)] = []
  }
  private(set) var figures = Figures()
  private var registry = SchemaRegistry()
  /// What held before: kept until all shards have let go of it, so that none of them has to free it.
  private var retired: (registry: SchemaRegistry, atNs: Int64)?
  private let log: Log

  /// Shards take what they are told well within this.
  private static var retirementNs: Int64 { 2_000_000_000 }

  /// Reads everything.
  ///
  /// Throws: that there are mistakes, all of which have been logged.
  init(_ settings: NodeSettings, log: Log) throws(HostFailure) {
    self.log = log
    do throws(SchemaRegistryMistakes) { registry = try SchemaRegistry(settings) } catch {
      tell(error)
      throw HostFailure(
        cause: "The schemas in \(settings.schemas.directory ?? "") have \(counted(error.all.count, "mistake")).",
        remedy: "Mend them; `sluice check` lists them, too."
      )
    }
    take(settings)
    for topic in settings.topics {
      guard let schemas = registry.topics[topic.name] else { continue }
      log.info(
        "schema",
        [
          "topic": .text(topic.name), "requires": .text(schemas.summary),
          "versions": .text(registry.numbers(of: topic.name).map { "\($0)" }.joined(separator: ", ")),
        ]
      )
    }
  }

  /// What each topic's events must fit, by the topic's number.
  func byNumber(_ topics: [Topic]) -> [TopicSchemas?] {
    guard !registry.topics.isEmpty else { return [] }
    var schemas = [TopicSchemas?](repeating: nil, count: topics.reduce(0) { max($0, Int($1.id.rawValue) + 1) })
    for topic in topics { schemas[Int(topic.id.rawValue)] = registry.topics[topic.name] }
    return schemas
  }

  /// The fields that a topic's schemas say are personal.
  func annotated(_ topic: String) -> [RedactionPlanning.Annotated] { registry.annotated[topic] ?? [] }

  /// Reads everything again; keeps what holds where something is wrong.
  mutating func reload(_ settings: NodeSettings, nowNs: Int64) {
    do throws(SchemaRegistryMistakes) {
      let next = try SchemaRegistry(settings, keeping: registry)
      let former = registry
      retired = (former, nowNs)
      registry = next
      take(settings)
      tellChanges(since: former, settings)
    } catch {
      figures.refused += 1
      tell(error)
      log.error(
        "schemas not reloaded: those that held before still hold",
        ["mistakes": .count(error.all.count), "remedy": "Mend them, and reload again; `sluice check` lists them, too."]
      )
    }
  }

  /// Frees what no shard uses any more.
  mutating func release(nowNs: Int64) {
    if let retired, nowNs - retired.atNs > Self.retirementNs { self.retired = nil }
  }

  private mutating func take(_ settings: NodeSettings) {
    figures.taken += settings.schemas.directory == nil ? 0 : 1
    figures.required = settings.topics.compactMap { topic in
      registry.topics[topic.name].map { (topic: topic.name, version: $0.versions[$0.required].number) }
    }
    for warning in registry.warnings { log.warning("schemas", ["found": .text(warning)]) }
  }

  private func tellChanges(since former: SchemaRegistry, _ settings: NodeSettings) {
    for topic in settings.topics {
      let (before, after) = (former.topics[topic.name]?.summary, registry.topics[topic.name]?.summary)
      guard before != after else { continue }
      log.info(
        "schema changed",
        ["topic": .text(topic.name), "before": .text(before ?? "none"), "requires": .text(after ?? "none")]
      )
    }
    for file in registry.changedFiles(since: former) {
      log.warning("the contents of a schema changed, its version did not", ["file": .text(file)])
    }
  }

  /// Logs every mistake: as many to a line as it takes, since lines of one message are bounded.
  private func tell(_ mistakes: SchemaRegistryMistakes) {
    let perLine = (mistakes.all.count + Log.linesPerSecond - 1) / Log.linesPerSecond
    for start in stride(from: 0, to: mistakes.all.count, by: max(perLine, 1)) {
      let some = mistakes.all[start..<min(start + perLine, mistakes.all.count)]
      log.error("schema mistake", ["found": .text(some.joined(separator: "\n"))])
    }
  }
}

extension NodeState {
  func writeSchemas(_ text: inout PrometheusText) {
    text.begin(NodeMetrics.schemaReadings)
    text.sample(schemas.taken, "taken")
    text.sample(schemas.refused, "refused")
    text.begin(NodeMetrics.schemaVersion)
    for topic in schemas.required { text.sample(Int64(topic.version), topic.topic) }
    inspections.write(to: &text)
    redactions.write(to: &text, nowNs: nowNs)
  }
}
