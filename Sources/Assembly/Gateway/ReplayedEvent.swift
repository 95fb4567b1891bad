internal import Bytes
public import Events

/// An event that was set aside and is put on the line once more: all that its record in quarantine knows of it.
public struct ReplayedEvent: Sendable {
  /// By what the answer is told from others.
  public var ticket: UInt64 = 0
  /// Where it was to go.
  public var topic: TopicID
  /// Who sent it.
  public var principal: PrincipalID
  /// When it was received, and how well that is known.
  public var received: ClockReading
  /// Which event it is.
  public var eventID: UInt128
  /// Whether its sender chose that; else it was made when it was received.
  public var isIDGiven: Bool
  /// The trace it belongs to.
  public var trace: TraceParent?
  /// Its key, if it has one.
  public var key: [UInt8]?
  /// What else is said of it, as `EventDetails` packs that; the mark of the replay is among its headers.
  public var details: [UInt8] = []
  /// Its payload, as it is kept.
  public var payload: [UInt8]
  /// The plan of redaction that it went through; 0 for none.
  public var plan: UInt32 = 0
  /// Where something of it was exchanged: the text of a JSON array of JSON Pointers, or nothing.
  public var paths: [UInt8] = []

  /// An event of which nothing is said besides this.
  public init(
    topic: TopicID,
    principal: PrincipalID,
    received: ClockReading,
    eventID: UInt128,
    isIDGiven: Bool,
    trace: TraceParent?,
    payload: [UInt8]
  ) {
    (self.topic, self.principal, self.received) = (topic, principal, received)
    (self.eventID, self.isIDGiven, self.trace, self.payload) = (eventID, isIDGiven, trace, payload)
  }

  /// The shard that serves the lane of its key, where its topic is ordered by keys and it has one.
  public func shard(ofKeyAmong lanes: Int, shards: Int) -> Int? {
    guard let key else { return nil }
    // SAFETY: a UInt8 has no padding that its bytes could show.
    return unsafe Int(keyHash(key.span.bytes) % UInt32(lanes)) % shards
  }

  /// Its id where that was made when it was received.
  var madeID: UInt128? { isIDGiven ? nil : eventID }
}

/// What became of an event that was put on the line once more.
public enum ReplayOutcome: Equatable, Sendable {
  /// It is in its topic, as safe as that promises: its lane, and its offset where that is the shard's own lane.
  case stored(LaneID, offset: UInt64?)
  /// It was refused again: the text of a JSON object that says why.
  case refused([UInt8])
  /// The shard ends: it is not known whether it was stored.
  case unknown
}

/// The answer to an event that was put on the line once more.
public struct Replayed: Equatable, Sendable {
  /// Which event.
  public let ticket: UInt64
  /// What became of it.
  public let outcome: ReplayOutcome
  /// What became of the event of that ticket.
  public init(ticket: UInt64, outcome: ReplayOutcome) { (self.ticket, self.outcome) = (ticket, outcome) }
}
