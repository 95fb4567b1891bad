public import Bytes
public import Events

/// A record's headers (one, the stamp) in the form in which they are written: words as they will stand in memory.
///
///     0        1        2 … 7    8        9        10       11 … 18  19 … 22   then
///     count=1  key=6    sluice   length   version  flags    utcNs    [error]   16 id  [principal]  [trace]
///     ╰──── constant ─────────╯  ╰─────── lead: the same for a whole turn ──╯  ╰─── the event's own ──╯
///
/// All lengths are small enough for one byte of varint, so the lead of a turn is patched by plain additions.
@frozen public struct StampHeader: Sendable {
  /// Bytes 8 to 15, the first one lowest.
  public var low: UInt64
  /// Bytes 16 to 23, of which the id overwrites those it needs.
  public var high: UInt64
  /// Where the id begins: 19, or 23 behind an error bound.
  public var leadBytes: Int
  /// How many bytes all of it takes in a record: 35 to 68.
  public var byteCount: Int
  /// The event's id.
  public var eventID: UInt128
  /// Who sent it.
  public var principal: PrincipalID
  /// Its trace.
  public var trace: TraceParent?

  /// The lead that all events of one turn share, and an event's own id.
  @inlinable @inline(__always) public init(low: UInt64, high: UInt64, leadBytes: Int, eventID: UInt128) {
    (self.low, self.high, self.leadBytes, self.eventID) = (low, high, leadBytes, eventID)
    byteCount = leadBytes &+ 16
    (principal, trace) = (.anonymous, nil)
  }
  /// The lead of a moment.
  public init(at reading: ClockReading) {
    var flags = StampFlags(rawValue: reading.state.rawValue)
    if reading.errorNs != nil { flags.insert(.error) }
    let utc = UInt64(bitPattern: reading.utcNs).byteSwapped
    let error = UInt64((reading.errorNs ?? 0).byteSwapped)
    low = UInt64(flags.valueBytes) << 1 | UInt64(Stamp.version) << 8 | UInt64(flags.rawValue) << 16 | utc << 24
    high = utc >> 40 | error << 24
    leadBytes = reading.errorNs == nil ? 19 : 23
    byteCount = leadBytes + 16
    (eventID, principal, trace) = (0, .anonymous, nil)
  }
  /// The header of a whole stamp.
  public init(_ stamp: Stamp) {
    self.init(
      at: ClockReading(utcNs: stamp.utcNs, errorNs: stamp.errorNs, state: stamp.state, monotonicNs: 0)
    )
    eventID = stamp.eventID
    if stamp.isIDGiven { setIDGiven() }
    setPrincipal(stamp.principal)
    if let trace = stamp.trace { setTrace(trace) }
  }

  /// The most it takes.
  @inlinable public static var byteCountMax: Int { 9 &+ Stamp.valueBytesMax }
  /// The most that storing it may touch: its last word reaches 7 bytes beyond it.
  @inlinable public static var storeBytesMax: Int { byteCountMax &+ 7 }
  /// The flags of what follows the id.
  @inlinable static var hasMore: UInt64 { UInt64(StampFlags([.principal, .trace]).rawValue) &<< 16 }
  /// The number of headers, the length of the key and the key.
  @inlinable static var constant: UInt64 { 0x6563_6975_6C73_0C02 }

  /// Says that the sender chose the id.
  @inlinable @inline(__always) public mutating func setIDGiven() {
    low |= UInt64(StampFlags.givenID.rawValue) &<< 16
  }
  /// Adds the principal, once, unless it is nobody.
  @inlinable @inline(__always) public mutating func setPrincipal(_ principal: PrincipalID) {
    guard principal != .anonymous else { return }
    self.principal = principal
    byteCount &+= 4
    low &+= 4 &<< 1 | UInt64(StampFlags.principal.rawValue) &<< 16
  }
  /// Adds the trace, once.
  @inlinable @inline(__always) public mutating func setTrace(_ trace: TraceParent) {
    self.trace = trace
    byteCount &+= 25
    low &+= 25 &<< 1 | UInt64(StampFlags.trace.rawValue) &<< 16
  }
}

extension Writer {
  /// Writes a stamp as a record's headers.
  @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func append(_ header: StampHeader) {
    require(room >= StampHeader.storeBytesMax, "a stamp fits")
    // SAFETY: the promise above covers the longest stamp.
    unsafe storeUnchecked(header, at: 0)
    unsafe advanceUnchecked(by: header.byteCount)
  }

  /// Stores a stamp `offset` bytes ahead and stays where it is.
  ///
  /// Cost: no check; the caller has proved that `StampHeader.storeBytesMax` bytes are free there.
  @unsafe @_lifetime(self: copy self)
  @inlinable @inline(__always) public mutating func storeUnchecked(_ header: StampHeader, at offset: Int) {
    // SAFETY: every store ends within the longest stamp: the lead's three words at byte 24, the id at 39, the
    // principal's word at 47, the trace's last word at 75, which is 7 beyond the stamp: hence
    // `StampHeader.storeBytesMax`.
    unsafe storeUnchecked(StampHeader.constant, at: offset)
    unsafe storeUnchecked(header.low, at: offset &+ 8)
    unsafe storeUnchecked(header.high, at: offset &+ 16)
    let place = offset &+ header.leadBytes
    unsafe storeUnchecked(UInt64(truncatingIfNeeded: header.eventID &>> 64).byteSwapped, at: place)
    unsafe storeUnchecked(UInt64(truncatingIfNeeded: header.eventID).byteSwapped, at: place &+ 8)
    if header.low & StampHeader.hasMore != 0 { unsafe storeMore(header, at: place &+ 16) }
  }
  /// Stores the parts that most events of simple setups don't have: principal and trace.
  @unsafe @_lifetime(self: copy self)
  @inlinable @inline(__always) mutating func storeMore(_ header: StampHeader, at offset: Int) {
    var place = offset
    if header.principal != .anonymous {
      unsafe storeUnchecked(UInt64(header.principal.rawValue.byteSwapped), at: place)
      place &+= 4
    }
    if let trace = header.trace {
      unsafe storeUnchecked(UInt64(truncatingIfNeeded: trace.trace &>> 64).byteSwapped, at: place)
      unsafe storeUnchecked(UInt64(truncatingIfNeeded: trace.trace).byteSwapped, at: place &+ 8)
      unsafe storeUnchecked(trace.parent.byteSwapped, at: place &+ 16)
      unsafe storeUnchecked(UInt64(trace.flags), at: place &+ 24)
    }
  }
}
