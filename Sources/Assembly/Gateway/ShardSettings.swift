public import Accept
public import Decode
public import Events
internal import Gate
public import World

/// Everything a shard is told when it is made.
public struct ShardSettings: Sendable {
  /// One listener: which front answers there, and whether it asks for API keys.
  public struct Listener: Sendable {
    /// The front's name: one of `frontNames`.
    public let front: String
    /// What it asks of the front.
    public let traits: FrontTraits
    /// A listener of the settings.
    public init(front: String, traits: FrontTraits) { (self.front, self.traits) = (front, traits) }
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
  /// How long peers may take.
  public var times = TimeLimits(
    headNs: 10_000_000_000,
    bodyNs: 30_000_000_000,
    idleNs: 300_000_000_000,
    sendNs: 30_000_000_000
  )
  /// How old the oldest write under way may be before new events are refused, in nanoseconds.
  public var timeInFlightMaxNs: Int64 = 5_000_000_000
  /// Its listeners, in the order of the machine's.
  public var listeners: [Listener] = []
  /// Every topic, with `topics[i].id.rawValue == i`.
  public var topics: [Topic] = []
  /// Connections a source address may have at a time; 0 for any number.
  public var connectionsPerSource = 0
  /// How long after the last commit an idle lane says that it is durable.
  public var sealAfterNs: Int64 = 50_000_000
  /// Segments whose last commit is older are retired; `nil` keeps them as long as there is room.
  public var retentionAgeNs: Int64?
  /// By topic: what is older is not read any more; `nil` for what the lane keeps.
  public var topicAgesNs: [Int64?] = []
  /// How many completions one turn handles at the most.
  public var completionsMax = 1024

  /// The defaults.
  public init() {}

  /// What may be in flight before events are refused: no more than all commits together hold.
  var admission: Admission.Limits {
    Admission.Limits(bytesInFlightMax: sizes.batches * sizes.batchBytes, timeInFlightMaxNs: timeInFlightMaxNs)
  }
}
