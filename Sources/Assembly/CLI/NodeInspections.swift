internal import Bytes
internal import Events
internal import Inspect
internal import Schemas
internal import Telemetry

/// What inspection found, as the control thread tells it: the counters of the process, under the names that topics,
/// versions and fields have at present.
struct NodeInspections {
  /// A topic that has schemas.
  private struct Watched {
    let id: TopicID
    let name: String
    /// The numbers of the versions that are taken, and of those the required one.
    let versions: [Int]
    let required: Int
    let shadow: Int?
    let fields: [String]
    let hasTime: Bool
    /// What the counters said when the version in the shadow, and when the fields, became what they are: what they
    /// count goes by its place, whatever its name is.
    var beforeShadow = ShadowCounts()
    var beforeFields = FieldCounts()
    var rate = RateWatch()
  }
  private struct ShadowCounts {
    var shown: UInt64 = 0
    /// By keyword.
    var unfit: [UInt64] = []
  }
  private struct FieldCounts {
    var missing: [UInt64] = []
    var null: [UInt64] = []
  }
  private let counters: InspectionCounters
  private var topics: [Watched] = []
  private var observedNs: Int64 = 0

  /// Nothing has been found.
  init(_ counters: InspectionCounters) { self.counters = counters }

  /// Takes the schemas that shards are told of, by their topics' numbers.
  mutating func adopt(_ schemas: [TopicSchemas?], of all: [Topic]) {
    let former = Dictionary(topics.map { ($0.id.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
    topics = all.compactMap { topic in
      let index = Int(topic.id.rawValue)
      guard index < schemas.count, let these = schemas[index] else { return nil }
      var watched = Watched(
        id: topic.id,
        name: topic.name,
        versions: these.versions.map { Int($0.number) },
        required: Int(these.versions[these.required].number),
        shadow: (these.shadow?.version.number).map { Int($0) },
        fields: these.qualityFields,
        hasTime: these.qualityTime != nil
      )
      let before = former[topic.id.rawValue]
      watched.rate = before?.rate ?? RateWatch()
      let keepsShadow = before?.shadow == watched.shadow
      watched.beforeShadow = before.flatMap { keepsShadow ? $0.beforeShadow : nil } ?? shadowCounts(of: topic.id)
      let keepsFields = before?.fields == watched.fields
      watched.beforeFields = before.flatMap { keepsFields ? $0.beforeFields : nil } ?? fieldCounts(of: topic.id)
      return watched
    }
  }
  private func shadowCounts(of topic: TopicID) -> ShadowCounts {
    ShadowCounts(
      shown: counters.total(topic, .shadowed),
      unfit: Keyword.allCases.map { counters.failedInShadow(topic, at: $0) }
    )
  }
  private func fieldCounts(of topic: TopicID) -> FieldCounts {
    let places = 0..<InspectionCounters.qualityFieldsMax
    return FieldCounts(
      missing: places.map { counters.missing(topic, field: $0) },
      null: places.map { counters.null(topic, field: $0) }
    )
  }

  /// Looks at how many events there were.
  mutating func observe(nowNs: Int64) {
    guard nowNs - observedNs >= RateWatch.intervalNs else { return }
    observedNs = nowNs
    for index in topics.indices {
      topics[index].rate.observe(counters.total(topics[index].id, .checked), atNs: nowNs)
    }
  }

  // MARK: Metrics

  func write(to text: inout PrometheusText) {
    write(NodeMetrics.schemaChecked, .checked, to: &text)
    writeVersions(to: &text)
    write(NodeMetrics.schemaMalformed, .malformed, to: &text)
    write(NodeMetrics.schemaUnknownVersion, .unknownVersion, to: &text)
    write(NodeMetrics.schemaTooComplex, .exhausted, to: &text)
    writeShadow(to: &text)
    writeQuality(to: &text)
    writeSkew(to: &text)
    text.begin(NodeMetrics.topicRate)
    for topic in topics { text.sample(topic.rate.mean, topic.name) }
    text.begin(NodeMetrics.topicRateZScore)
    for topic in topics { text.sample(topic.rate.zScore, topic.name) }
    text.begin(NodeMetrics.topicRateUnusual)
    for topic in topics { text.sample(topic.rate.isUnusual ? 1 : 0, topic.name) }
  }

  private func write(_ metric: Metric, _ field: InspectionCounters.Field, to text: inout PrometheusText) {
    text.begin(metric)
    for topic in topics { text.sample(counters.total(topic.id, field), topic.name) }
  }

  /// Versions and keywords that nothing was counted for are left out, the required version aside.
  private func writeVersions(to text: inout PrometheusText) {
    text.begin(NodeMetrics.schemaFit)
    for topic in topics {
      for version in topic.versions {
        let count = counters.passed(topic.id, version: version)
        if count > 0 || version == topic.required { text.sample(count, topic.name, "\(version)") }
      }
    }
    text.begin(NodeMetrics.schemaUnfit)
    for topic in topics {
      for version in topic.versions {
        for keyword in Keyword.allCases {
          let count = counters.failed(topic.id, version: version, at: keyword)
          if count > 0 { text.sample(count, topic.name, "\(version)", keyword.name) }
        }
      }
    }
  }

  private func writeShadow(to text: inout PrometheusText) {
    let counts = topics.map { $0.shadow == nil ? ShadowCounts() : shadowCounts(of: $0.id) }
    text.begin(NodeMetrics.shadowShown)
    for (topic, counts) in zip(topics, counts) {
      guard let shadow = topic.shadow else { continue }
      text.sample(counts.shown - topic.beforeShadow.shown, topic.name, "\(shadow)")
    }
    text.begin(NodeMetrics.shadowUnfit)
    for (topic, counts) in zip(topics, counts) {
      guard let shadow = topic.shadow else { continue }
      for (index, keyword) in Keyword.allCases.enumerated() {
        let count = counts.unfit[index] - topic.beforeShadow.unfit[index]
        if count > 0 { text.sample(count, topic.name, "\(shadow)", keyword.name) }
      }
    }
  }

  /// Topics of whose quality nothing is asked are left out.
  private func writeQuality(to text: inout PrometheusText) {
    let asked = topics.filter { !$0.fields.isEmpty || $0.hasTime }
    text.begin(NodeMetrics.qualitySampled)
    for topic in asked { text.sample(counters.total(topic.id, .sampled), topic.name) }
    text.begin(NodeMetrics.qualityMissing)
    for topic in asked {
      for (index, field) in topic.fields.enumerated() {
        let count = counters.missing(topic.id, field: index) - topic.beforeFields.missing[index]
        text.sample(count, topic.name, field)
      }
    }
    text.begin(NodeMetrics.qualityNull)
    for topic in asked {
      for (index, field) in topic.fields.enumerated() {
        text.sample(counters.null(topic.id, field: index) - topic.beforeFields.null[index], topic.name, field)
      }
    }
    text.begin(NodeMetrics.qualityUnseen)
    for topic in asked { text.sample(counters.total(topic.id, .unseenMembers), topic.name) }
    text.begin(NodeMetrics.qualityUntimed)
    for topic in asked where topic.hasTime { text.sample(counters.total(topic.id, .untimed), topic.name) }
  }

  /// Topics none of whose events said when it happened are left out.
  private func writeSkew(to text: inout PrometheusText) {
    text.begin(NodeMetrics.qualitySkew)
    for topic in topics {
      let counts = counters.skew(topic.id)
      guard counts.contains(where: { $0 > 0 }) else { continue }
      var sum: UInt64 = 0
      for (index, count) in counts.enumerated() {
        sum += count
        text.sample(sum, topic.name, Self.bound(index))
      }
    }
  }
  /// An upper bound in seconds.
  private static func bound(_ index: Int) -> String {
    guard index < InspectionCounters.skewBoundsMs.count else { return "+Inf" }
    let ms = InspectionCounters.skewBoundsMs[index]
    return ms % 1000 == 0 ? "\(ms / 1000)" : "\(Double(ms) / 1000)"
  }
}
