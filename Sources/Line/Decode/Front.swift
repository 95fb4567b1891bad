public import Bytes
public import Events

/// One wire protocol, as a state machine with no I/O: bytes in, events out; then watermarks in, answers out.
///
///     bytes ──feed──▶ events ──▶ marks              (answers owed, in the order of the requests)
///     bytes ◀─answer── marks that are safe          (answers paid)
///
/// One value a connection, idle ones included, so it is small: answers that wait live in the desk's pool.
public protocol Front: ~Copyable {
  /// What `protocol:` in the settings calls it.
  static var name: StaticString { get }
  /// A front for a connection that has just been accepted.
  init(_ traits: FrontTraits)
  /// Whether an answer is still owed. Changes by `feed`, `refuse`, `answer` and `abandon` only.
  var isOwing: Bool { get }
  /// What its first answer waits for; `.none` when that can be given, or when none is owed.
  ///
  /// Changes with `isOwing`, and with its answers.
  func firstMark(at desk: borrowing Desk) -> Mark
  /// What the peer is in the middle of, which says which time limit holds. Changes by `feed` only.
  var stage: FrontStage { get }
  /// Consumes as many whole messages as `bytes` holds, in place; the caller keeps the rest and brings it again.
  ///
  /// Throws: what makes the rest of the stream unreadable. What it read before stands, its answers are still owed, and
  /// the answer to the offending message is owed behind them.
  mutating func feed(_ bytes: RawSpan, into consumer: inout some EventConsumer & ~Copyable, at desk: inout Desk)
    throws(Refusal) -> Fed
  /// Owes a last answer that says why nothing more will be read: a time limit, or a shutdown.
  mutating func refuse(_ reason: Refusal, at desk: inout Desk)
  /// Writes every answer that waits for nothing any more, in order, until `reply` is full.
  mutating func answer(at desk: inout Desk, into reply: inout Region)
  /// Gives back what it holds of the desk: the peer is gone.
  mutating func abandon(at desk: inout Desk)
}

/// What a listener asks of its fronts.
public struct FrontTraits: Sendable {
  /// Whether every request needs an API key.
  public let requiresKey: Bool
  /// For a listener of the settings.
  @inlinable public init(requiresKey: Bool) { self.requiresKey = requiresKey }
}

/// What a peer is in the middle of.
public enum FrontStage: UInt8, Sendable {
  /// Between messages.
  case idle
  /// A message has begun and it is not known yet what it is: a head, a length, a greeting.
  case head
  /// A message's contents are arriving.
  case body
}

/// How far a front came, and why it stopped.
public struct Fed: Sendable {
  /// Why a front stopped.
  public enum Pause: Hashable, Sendable {
    /// The first unconsumed message needs at least this many bytes, counted from its start; more than are there.
    case hungry(forBytes: Int)
    /// It could go on but for want of room: bring the same bytes again after the next commit or answer.
    case stalled
    /// Nothing more will be read: the connection closes once its answers are out.
    case finished
  }
  /// How many bytes were used up.
  public let consumed: Int
  /// Why not more.
  public let pause: Pause
  /// How far, and why.
  @inlinable public init(consumed: Int, _ pause: Pause) {
    self.consumed = consumed
    self.pause = pause
  }
}

/// What a front refuses beyond.
public struct FrontLimits: Sendable {
  /// A request's head, or a frame's fixed part, in bytes.
  public var headBytesMax = 16 << 10
  /// A request's target, in bytes.
  public var targetBytesMax = 2 << 10
  /// Header fields a request.
  public var fieldsMax = 100
  /// A request's body on the wire, in bytes.
  public var bodyBytesMax = 8 << 20
  /// A compressed request's body on the wire, in bytes.
  ///
  /// It is kept whole until it is inflated.
  public var compressedBytesMax = 1 << 20
  /// What a compressed body may expand to, in bytes.
  public var inflatedBytesMax = 8 << 20
  /// How many times its size a compressed body may expand.
  public var inflationRatioMax = 100
  /// The largest event any topic takes, in bytes: a message as large as this and its framing fits every carry.
  public var eventBytesMax = 256 << 10
  /// The largest place for a message that straddles buffers, in bytes: what must be whole is refused beyond it.
  public var carryBytesMax = 1 << 20
  /// Answers a connection may owe at a time.
  public var answersMax = 64
  /// Verdicts of single events that one answer tells.
  public var verdictsMax = 32
  /// The defaults.
  public init() {}

  /// A JSON array of events, in bytes: it is kept whole until its last event is taken, wherever it was put together.
  public var arrayBytesMax: Int { min(bodyBytesMax, carryBytesMax, inflatedBytesMax) }

  /// Whether a head with the largest event behind it fits a carry, and every count fits its field.
  public var isSound: Bool {
    let sizes = [headBytesMax, targetBytesMax, bodyBytesMax, compressedBytesMax, inflatedBytesMax, eventBytesMax]
    return sizes.allSatisfy { $0 > 0 && $0 < 1 << 30 } && carryBytesMax < 1 << 30
      && headBytesMax + eventBytesMax + Int(UInt16.max) + 64 <= carryBytesMax
      && answersMax > 0 && verdictsMax >= 0 && verdictsMax <= 32 && fieldsMax >= 0 && inflationRatioMax > 0
  }
}
