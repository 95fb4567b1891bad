import Events
import Inspect
import Schemas

/// The schemas of the simulated topics, and what they say of the events that clients make.
enum SimulatedSchemas {
  /// What is wrong with an event, as its client knows.
  enum Flaw: Equatable {
    /// It does not fit any version.
    case unfit
    /// It is no JSON.
    case malformed
    /// Its request names a version that there is not.
    case unknownVersion
    /// It fits version 1, and not version 2: which of them holds depends on the moment.
    case late

    /// The reason that its sender is to be told.
    var reason: String {
      switch self {
      case .unfit, .late: "invalid_event"
      case .malformed: "malformed_event"
      case .unknownVersion: "unknown_schema_version"
      }
    }
    /// Whether no version takes it.
    var isCertain: Bool { self != .late }
  }
  static let reasons: Set = [
    "invalid_event", "malformed_event", "unknown_schema_version", "too_complex",
  ]

  private static let texts = [
    #"{"type":"object","required":["n","p"],"properties":{"n":{"type":"integer"},"p":{"type":"string"}}}"#,
    #"{"type":"object","required":["n","p"],"properties":{"n":{"type":"integer"},"p":{"type":"string"},"late":false}}"#,
  ]
  /// Version 1, and versions 1 and 2 of which 2 is required: by topic, as rules have them.
  static let all: [[TopicSchemas?]] = {
    var versions: [TopicSchemas.Version] = []
    for (index, text) in texts.enumerated() {
      do throws(SchemaMistake) {
        var library = SchemaLibrary()
        try library.add(
          Array(text.utf8),
          uri: "registry:///t/\(index + 1).json",
          file: "\(index + 1).json"
        )
        let schema = try Schema("registry:///t/\(index + 1).json", in: library)
        versions.append(TopicSchemas.Version(number: UInt32(index + 1), schema: schema))
      } catch { preconditionFailure("\(error)") }
    }
    return [1, 2].map { count in
      ClientMaker.topics.indices.map { topic in
        guard ClientMaker.checked.contains(topic) else { return nil }
        var schemas = TopicSchemas(versions: Array(versions.prefix(count)), required: count - 1)
        if topic == ClientMaker.sifted { schemas.consequence = .quarantine }
        return schemas
      }
    }
  }()
}

/// What inspection counted of one topic, over all shards.
struct InspectionTotals {
  let checked: UInt64
  let passed: UInt64
  let failed: UInt64
  let malformed: UInt64
  let unknownVersion: UInt64
  let exhausted: UInt64

  init(_ counters: InspectionCounters, topic: TopicID) {
    checked = counters.total(topic, .checked)
    passed = (1...2).reduce(0) { $0 + counters.passed(topic, version: $1) }
    failed = (1...2).reduce(0) { sum, version in
      Keyword.allCases.reduce(sum) { $0 + counters.failed(topic, version: version, at: $1) }
    }
    malformed = counters.total(topic, .malformed)
    unknownVersion = counters.total(topic, .unknownVersion)
    exhausted = counters.total(topic, .exhausted)
  }
  /// Events that did not pass.
  var unfit: UInt64 { failed + malformed + unknownVersion + exhausted }
}
