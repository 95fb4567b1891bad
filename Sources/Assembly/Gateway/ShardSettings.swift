internal import Bytes
public import Decode
public import Events
public import Formats
internal import Gate
public import Inspect
public import Settings
public import World

/// Everything a shard is told when it is made.
public struct ShardSettings: Sendable {
  /// One listener: which front answers there, and whether it asks for API keys.
  public struct Listener: Sendable {
    /// The front's name: one of `frontNames`.
    public let front: String
    /// What it asks of the front.
    public let traits: FrontTraits
    /// Whether it speaks TLS.
    public let isSecure: Bool
    /// What of a client's certificate names its principal.
    public let principal: ClientCertificateSettings.Principal
    /// Who says by the PROXY protocol for whom they connect.
    public let proxies: ProxyProtocolSettings
    /// A listener of the settings.
    public init(
      front: String,
      traits: FrontTraits,
      isSecure: Bool = false,
      principal: ClientCertificateSettings.Principal = .subject,
      proxies: ProxyProtocolSettings = ProxyProtocolSettings()
    ) {
      (self.front, self.traits, self.isSecure) = (front, traits, isSecure)
      (self.principal, self.proxies) = (principal, proxies)
    }
    /// Whether it matters where a connection comes from.
    var asksForSource: Bool { !proxies.from.isEmpty || proxies.isRequired }
  }

  /// Which shard, of how many.
  public var shard = ShardID(rawValue: 0)
  /// How many shards the process has.
  public var shards = 1
  /// All lanes of the data directory.
  public var lanes = 1
  /// What it allocates.
  public var sizes = Sizes()
  /// What fronts refuse beyond.
  public var limits = FrontLimits()
  /// Its listeners, in the order of the machine's.
  public var listeners: [Listener] = []
  /// Every topic, with `topics[i].id.rawValue == i`.
  public var topics: [Topic] = []
  /// What inspection counts; one for the process.
  public var inspections = InspectionCounters(shards: 0, topics: 0)
  /// What redaction counts; one for the process.
  public var redactions = RedactionCounters(shards: 0, topics: 0)
  /// What of JSON is taken where events are checked.
  public var jsonLimits = JSONLimits()
  /// How many completions one turn handles at the most.
  public var completionsMax = 1024

  /// The defaults.
  public init() {}

  /// Key and headers that are kept with an event that is set aside.
  var asideRestBytesMax: Int { min(sizes.sideBatchBytes / 8, 8 << 10) }
  /// The largest record of an event that is set aside: what a commit of the side lane has room for besides those.
  var asideBytesMax: Int { sizes.sideBatchBytes - asideRestBytesMax - (2 << 10) }
  /// What the fronts share.
  func desk() -> Desk {
    // An answer for each connection, so that none waits for another's, and a common stock for those that pipeline.
    Desk(limits: limits, topics: topics, lanes: lanes, answers: sizes.connections + 64 * limits.answersMax)
  }
  /// What may be in flight before events are refused: no more than all commits together hold.
  func admission(timeInFlightMaxNs: Int64) -> Admission.Limits {
    Admission.Limits(bytesInFlightMax: sizes.commitBytes, timeInFlightMaxNs: timeInFlightMaxNs)
  }
  /// The place of each listener's front in the table of fronts.
  var listenerFronts: [Int] {
    listeners.map { listener in
      guard let index = frontNames.firstIndex(of: listener.front) else {
        broken("the settings name fronts that exist: \(listener.front)")
      }
      return index
    }
  }
}
