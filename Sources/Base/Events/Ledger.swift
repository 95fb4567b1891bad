/// Where every event that was received has gone.
///
/// At all times `received = stored + quarantined + refused + duplicate + in flight`.
///
/// One per shard, counted on the event's way, published at the end of a turn, and summed for the operator.
public struct Ledger: BitwiseCopyable, Sendable {
  /// Events read off the wire, whatever became of them.
  public var received: UInt64 = 0
  /// Events that are safe in the way their topic promises.
  public var stored: UInt64 = 0
  /// Events set aside with a verdict.
  public var quarantined: UInt64 = 0
  /// Events that had been stored before.
  public var duplicates: UInt64 = 0
  /// Events numbered and not yet safe.
  public var inFlight: UInt64 = 0
  /// Events refused, by `Refusal.rawValue`.
  public var refused: InlineArray<40, UInt64> = InlineArray(repeating: 0)

  /// Nothing has happened.
  @inlinable public init() {}

  /// All events refused.
  public var refusedTotal: UInt64 {
    var total: UInt64 = 0
    for index in refused.indices { total &+= refused[index] }
    return total
  }
  /// Whether the equation holds.
  public var isBalanced: Bool { received == stored &+ quarantined &+ duplicates &+ refusedTotal &+ inFlight }

  /// Counts an event that was read and numbered.
  @inlinable public mutating func number() {
    received &+= 1
    inFlight &+= 1
  }
  /// Counts events that were read and numbered.
  @inlinable public mutating func number(_ count: Int) {
    received &+= UInt64(truncatingIfNeeded: count)
    inFlight &+= UInt64(truncatingIfNeeded: count)
  }
  /// Counts events that have become safe.
  @inlinable public mutating func store(_ count: UInt64) {
    inFlight &-= count
    stored &+= count
  }
  /// Counts events that were numbered to be set aside, and what is said of them has become safe.
  @inlinable public mutating func quarantine(_ count: UInt64) {
    inFlight &-= count
    quarantined &+= count
  }
  /// Counts an event that was read and refused.
  @inlinable public mutating func refuse(_ reason: Refusal) {
    received &+= 1
    refused[Int(reason.rawValue)] &+= 1
  }
  /// Adds another shard's.
  public mutating func add(_ other: Ledger) {
    received &+= other.received
    stored &+= other.stored
    quarantined &+= other.quarantined
    duplicates &+= other.duplicates
    inFlight &+= other.inFlight
    for index in refused.indices { refused[index] &+= other.refused[index] }
  }
}
