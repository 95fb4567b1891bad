public import Events

/// What the fronts of one shard share: limits, the pool of answers that wait, what they say about topics, and the news
/// of the turn. One per shard, owned by it.
public struct Desk: ~Copyable {
  /// What fronts refuse beyond.
  public let limits: FrontLimits
  /// How far each domain is safe. Moved on by the shard.
  public var watermarks: Watermarks
  /// The moment at which this turn's bytes count as received. Set by the shard once a turn.
  public var clock: ClockReading
  /// How full the gateway is: 0 when it idles, 1 when it refuses. Set by the shard once a turn.
  public var pressure: Float = 0
  /// What Retry-After tells a sender, in seconds. Set by the shard once a turn.
  public var retryAfterSeconds: UInt32 = 1
  /// Whether the process is shutting down: answers end their connection.
  public var isDraining = false
  /// Messages refused as a whole, before any of their events was looked at, by `Refusal.rawValue`.
  public var refused: InlineArray<32, UInt64> = InlineArray(repeating: 0)

  /// - Parameters:
  ///   - limits: what fronts refuse beyond.
  ///   - topics: every topic, with `topics[i].id.rawValue == i`.
  ///   - lanes: all lanes of the data directory.
  ///   - answers: how many answers may wait at a time, over all connections.
  public init(limits: FrontLimits, topics: [Topic], lanes: Int, answers: Int) {
    self.limits = limits
    watermarks = Watermarks(lanes: lanes)
    clock = ClockReading(utcNs: 0, errorNs: nil, state: .unknown, monotonicNs: 0)
  }
}
