public import Accept
public import Gate
public import Inspect

/// What the control thread may change while a shard runs.
public struct Rules: Sendable {
  /// Who may write.
  public var keys: KeyRing
  /// The topics by name, and how large their events may be.
  public var directory: TopicDirectory
  /// How long peers may take.
  public var times = TimeLimits(
    headNs: 10_000_000_000,
    bodyNs: 30_000_000_000,
    idleNs: 300_000_000_000,
    sendNs: 30_000_000_000
  )
  /// How old the oldest write under way may be before new events are refused, in nanoseconds.
  public var timeInFlightMaxNs: Int64 = 5_000_000_000
  /// Connections a source address may have at a time; 0 for any number.
  public var connectionsPerSource = 0
  /// Connections accepted before what is open gets its turn.
  public var acceptsPerTurn = 64
  /// Steps of handshakes that compute with keys, a turn.
  public var handshakesPerTurn = 1
  /// How long after the last commit an idle lane says that it is durable, in nanoseconds.
  public var sealAfterNs: Int64 = 50_000_000
  /// Segments whose last commit is older are retired; `nil` keeps them as long as there is room.
  public var retentionAgeNs: Int64?
  /// How many segments a lane keeps, bounded by its slots; `nil` for all of them.
  public var segmentsMax: Int?
  /// Segments of the side lane whose last commit is older are retired; `nil` keeps them as long as there is room.
  public var sideRetentionAgeNs: Int64?
  /// How many segments a side lane keeps, bounded by its slots; `nil` for all of them.
  public var sideSegmentsMax: Int?
  /// By topic: what is older is not read any more; `nil`, or nothing at all, for what the lane keeps.
  public var topicAgesNs: [Int64?] = []
  /// By topic: what its events must fit; `nil`, or nothing at all, where they are not checked.
  public var schemas: [TopicSchemas?] = []
  /// What is redacted of topics' events, and with which keys.
  public var redaction = RedactionRules()

  /// The defaults for these keys and topics.
  public init(keys: KeyRing, directory: TopicDirectory) { (self.keys, self.directory) = (keys, directory) }

  var perSourceMax: Int { connectionsPerSource > 0 ? connectionsPerSource : .max }
}
