public import Events
public import Formats

/// Stamps a shard's events: one lead per clock reading, patched per event, and ids for those that come without one.
///
/// An id made here is a UUIDv7 (RFC 9562 §5.7) with a dedicated counter of fixed length (§6.2, method 1):
///
///     48 bits  milliseconds   | 4 version | 12 counter, upper part
///      2 bits  variant        | 14 counter, lower part | 48 bits of this shard's life, random
///
/// Each millisecond starts the counter at random in its lower half; 33 million ids later it would move on to the next
/// millisecond ahead of time. So a shard's ids always grow, also when the clock steps back: the milliseconds never do.
/// Two shards, or two lives of one, make the same id only if they drew the same 48 bits and meet in millisecond and
/// counter as well.
public struct Stamper: ~Copyable {
  @usableFromInline var low: UInt64
  @usableFromInline var high: UInt64
  @usableFromInline var leadBytes: Int
  /// The time of the records stamped: the reading's, in whole milliseconds since the Unix epoch.
  public private(set) var timestampMs: Int64
  /// The last id's upper half.
  @usableFromInline var upper: UInt64
  /// The last id's lower half.
  @usableFromInline var lower: UInt64
  private let life: UInt64
  private var random: UInt64

  /// - Parameters:
  ///   - entropy: 64 random bits, for what tells this shard's life from all others.
  ///   - seed: 64 more, for where counters start.
  ///   - reading: the time of the first events.
  public init(entropy: UInt64, seed: UInt64, at reading: ClockReading) {
    life = Stamper.variant | entropy >> 16
    random = seed | 1
    (upper, lower, timestampMs) = (0, Stamper.variant, 0)
    (low, high, leadBytes) = (0, 0, 0)
    read(reading)
  }

  /// Sets the time for the events that follow.
  ///
  /// Once a turn, or for each buffer that has a receive time of its own.
  public mutating func read(_ reading: ClockReading) {
    let lead = StampHeader(at: reading)
    (low, high, leadBytes) = (lead.low, lead.high, lead.leadBytes)
    // Rounded down, also before 1970.
    timestampMs = reading.utcNs >= 0 ? reading.utcNs / 1_000_000 : -((999_999 - reading.utcNs) / 1_000_000)
    // The field has 48 bits; a clock before 1970 or after 10889 stands at its ends.
    let milliseconds = UInt64(min(max(timestampMs, 0), 1 << 48 - 1))
    if milliseconds > upper >> 16 { begin(milliseconds) }
  }

  /// The stamp of one event.
  ///
  /// Cost: a dozen instructions.
  @inlinable @inline(__always) public mutating func stamp(_ event: borrowing Event) -> StampHeader {
    stamp(event.origin, of: event.grant.principal)
  }
  /// The stamp of one event whose parts are at hand.
  @inlinable @inline(__always)
  public mutating func stamp(_ origin: borrowing Origin, of principal: PrincipalID) -> StampHeader {
    var header = StampHeader(low: low, high: high, leadBytes: leadBytes, eventID: 0)
    if let given = origin.eventID {
      header.setIDGiven()
      header.eventID = given
    } else {
      lower &+= Stamper.counterStep
      if lower &>> 62 != 2 { carry() }
      header.eventID = UInt128(upper) &<< 64 | UInt128(lower)
    }
    header.setPrincipal(principal)
    if let trace = origin.trace { header.setTrace(trace) }
    return header
  }

  /// The stamp of the first of some events of which nothing is known but who sent them.
  ///
  /// Each later one's id is one `idStep` above the one before, for `left` events in all; `used` says how many there
  /// were.
  @inlinable @inline(__always)
  public mutating func run(of principal: PrincipalID) -> (first: StampHeader, left: Int) {
    if (lower &+ Stamper.counterStep) &>> 62 != 2 { carry() } else { lower &+= Stamper.counterStep }
    let eventID = UInt128(upper) &<< 64 | UInt128(lower)
    var header = StampHeader(low: low, high: high, leadBytes: leadBytes, eventID: eventID)
    header.setPrincipal(principal)
    return (header, Int(truncatingIfNeeded: 0x4000 &- (lower &>> 48 & 0x3FFF)))
  }
  /// Goes on behind the ids of a run that had `count` events, 1 to what was left.
  @inlinable @inline(__always) public mutating func used(_ count: Int) {
    lower &+= UInt64(truncatingIfNeeded: count &- 1) &* Stamper.counterStep
  }
  /// What one id of a run is above the one before.
  @inlinable public static var idStep: UInt128 { UInt128(counterStep) }

  /// Bits 62 and 63 of an id's lower half.
  ///
  /// Source: RFC 9562 §4.1.
  static var variant: UInt64 { 1 << 63 }
  /// One more in the counter's lower part, which ends below the variant.
  @usableFromInline static var counterStep: UInt64 { 1 << 48 }

  /// The counter's lower part has run over into the variant.
  @usableFromInline @inline(never) mutating func carry() {
    lower = life
    guard upper & 0xFFF == 0xFFF else {
      upper += 1
      return
    }
    begin(upper >> 16 + 1)
  }

  /// The first counter of a millisecond, in the lower half of its range.
  private mutating func begin(_ milliseconds: UInt64) {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    upper = (milliseconds & (1 << 48 - 1)) << 16 | 7 << 12 | random >> 53
    lower = life | (random & 0x3FFF) << 48
  }
}
