public import Bytes

/// One thing a producer told us.
///
/// It borrows the bytes it arrived in and can't outlive them.
public struct Event: ~Escapable {
  /// Where it goes and by whose leave.
  public let grant: Grant
  /// What its request said of it besides its bytes.
  public let origin: Origin
  /// Its key; empty when `hasKey` is false.
  public let key: RawSpan
  /// Whether it has a key, which may be empty.
  public let hasKey: Bool
  /// Its bytes, as they arrived.
  public let payload: RawSpan
  /// What else is said of it, as `Formats` packs that (`EventDetails`); empty for most.
  public let details: RawSpan

  /// An event without a key.
  ///
  /// Copies nothing.
  @_lifetime(copy payload)
  @inlinable @inline(__always) public init(grant: Grant, origin: Origin, payload: RawSpan) {
    self.grant = grant
    self.origin = origin
    key = payload.extracting(0..<0)
    hasKey = false
    self.payload = payload
    details = payload.extracting(0..<0)
  }
  /// An event with a key.
  ///
  /// Copies nothing.
  @_lifetime(copy payload, copy key)
  @inlinable @inline(__always) public init(grant: Grant, origin: Origin, key: RawSpan, payload: RawSpan) {
    self.grant = grant
    self.origin = origin
    self.key = key
    hasKey = true
    self.payload = payload
    details = payload.extracting(0..<0)
  }
  /// An event of which more is said.
  ///
  /// Copies nothing.
  ///
  /// - Parameters:
  ///   - grant: where it goes.
  ///   - origin: what its request said of it.
  ///   - key: its key; empty when `hasKey` is false.
  ///   - hasKey: whether it has one.
  ///   - payload: its bytes.
  ///   - details: what else is said of it.
  @_lifetime(copy payload, copy key, copy details)
  @inlinable @inline(__always) public init(
    grant: Grant,
    origin: Origin,
    key: RawSpan,
    hasKey: Bool,
    payload: RawSpan,
    details: RawSpan
  ) {
    self.grant = grant
    self.origin = origin
    self.key = key
    self.hasKey = hasKey
    self.payload = payload
    self.details = details
  }
}

/// Leave to write to a topic.
public struct Grant: Hashable, Sendable {
  /// Where to.
  public let topic: TopicID
  /// Whose leave it is.
  public let principal: PrincipalID
  /// The largest event the topic takes.
  public let eventBytesMax: Int
  /// Whether its request wants to know all that is wrong with an event, not just what was found first.
  public var wantsAllFailures = false
  /// Leave for a principal to write events of a bounded size to a topic.
  @inlinable public init(topic: TopicID, principal: PrincipalID, eventBytesMax: Int) {
    (self.topic, self.principal, self.eventBytesMax) = (topic, principal, eventBytesMax)
  }
}

/// What a request says of its events besides their bytes.
///
/// Plain data, kept by the front while it reads the request.
public struct Origin: Hashable, Sendable {
  /// The id the sender gave (a UUID, or one made of what names it for its sender), or `nil` to have one made.
  public var eventID: UInt128?
  /// The trace the event belongs to, when the sender named one.
  ///
  /// Source: W3C Trace Context §3.2.
  public var trace: TraceParent?
  /// What a request said; nothing, when nothing is named.
  @inlinable public init(eventID: UInt128? = nil, trace: TraceParent? = nil) {
    (self.eventID, self.trace) = (eventID, trace)
  }
}

/// A `traceparent`: 16 bytes of trace, 8 of parent, 1 of flags.
///
/// Source: W3C Trace Context §3.2.
public struct TraceParent: Hashable, Sendable {
  /// Which trace.
  public let trace: UInt128
  /// Which span within it.
  public let parent: UInt64
  /// Bit 0 says that the caller may have recorded it.
  public let flags: UInt8
  /// The three parts of the header's value.
  @inlinable public init(trace: UInt128, parent: UInt64, flags: UInt8) {
    (self.trace, self.parent, self.flags) = (trace, parent, flags)
  }
}

/// What became of one event.
public enum Verdict: Sendable {
  /// In the batch; to be acknowledged once its mark is safe.
  case numbered(Placement)
  /// Not wanted, now or ever.
  case refused(Refusal)
  /// No room at this moment: offer the same event again later.
  case later
}

/// Where an event went.
public struct Placement: Hashable, Sendable {
  /// What its answer waits for.
  public let mark: Mark
  /// The lane, which readers call its partition.
  public let lane: LaneID
  /// Its place in its topic's partition; `nil` when another shard's lane numbers it.
  public let offset: UInt64?
  /// A place in a lane, and what its answer waits for.
  @inlinable public init(mark: Mark, lane: LaneID, offset: UInt64?) {
    (self.mark, self.lane, self.offset) = (mark, lane, offset)
  }
}

/// Events that were taken at once.
public struct Run: Sendable {
  /// How many.
  public let count: Int
  /// Where the last one's payload starts.
  public let lastStart: Int
  /// Where it ends.
  public let end: Int
  /// Where the last one went; those before it have the offsets before it, and its mark is safe no sooner than theirs.
  public let last: Placement
  /// All of it.
  @inlinable public init(count: Int, lastStart: Int, end: Int, last: Placement) {
    (self.count, self.lastStart, self.end, self.last) = (count, lastStart, end, last)
  }
  /// None.
  @inlinable public static var none: Run {
    Run(count: 0, lastStart: 0, end: 0, last: Placement(mark: .none, lane: LaneID(rawValue: 0), offset: nil))
  }
}

/// What a front hands its events to: everything behind `Decode`, seen from there.
public protocol EventConsumer: ~Copyable {
  /// Whose credential this is, or `nil` when it is nobody's.
  mutating func principal(of credential: RawSpan) -> PrincipalID?
  /// Who is at the other end of the connection, as its certificate says; anonymous without one.
  var peer: PrincipalID { get }
  /// Leave to write to the topic of that name. Throws: `unknownTopic`, `forbidden`, or what overload makes us say.
  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant
  /// Numbers the event and keeps its bytes, or says why not. Events are offered in the order they were sent.
  mutating func take(_ event: borrowing Event) -> Verdict
  /// Numbers and keeps an event of which nothing is said besides its bytes, as most are; `nil`: offer it as any other.
  mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement?
  /// Numbers and keeps as many of the events that follow one another in `bytes` as it can at once, possibly none.
  ///
  /// Of none of them is anything said besides its bytes. What it says no to is not looked at: offer that one alone.
  ///
  /// - Parameters:
  ///   - run: tells them apart.
  ///   - bytes: where the events are.
  ///   - start: where the first one may start.
  ///   - grant: the leave to write them all.
  ///   - limit: how many may be taken.
  /// - Returns: what was taken.
  mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run
  /// Says more of the event that was refused or set aside last, as members of a JSON object; nothing when there is
  /// nothing to be said.
  mutating func explain(into text: inout Region)
  /// Counts an event that the front itself refused after a grant: it was too large to be read, or empty.
  mutating func refuse(_ reason: Refusal, under grant: Grant)
}

extension EventConsumer where Self: ~Copyable {
  /// Says nothing.
  @inlinable public mutating func explain(into text: inout Region) {}
  /// Takes none: it is offered as any other.
  @inlinable public mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement? { nil }
  /// Takes none: each is offered alone.
  @inlinable public mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run {
    .none
  }
}

/// Tells events apart that follow one another and are alike but for their bytes.
///
/// Not a closure: a value of a known type is inlined into whoever asks it, once per event.
public protocol EventRun: ~Escapable {
  /// Where the payload is of the event that may start at an offset, or `nil` when there is none like the others.
  ///
  /// The next one may start where that payload ends.
  func payload(at offset: Int) -> Range<Int>?
}
