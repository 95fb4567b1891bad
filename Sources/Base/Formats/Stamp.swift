internal import Bytes
public import Events

/// What the gateway says of an event: when it came, how well it knows that, which event it is and who sent it.
///
/// It stands in every record as the one header `sluice`, whose value is, big-endian:
///
///     u8 version = 1 | u8 flags | i64 utcNs | [u32 errorNs] | 16 event id | [u32 principal] |
///     [16 trace, 8 parent, 1 flags]
///
/// Flags: bits 0-1 the clock's state, 2 error bound, 3 trace, 4 principal, 5 id given by the sender, 6-7 zero.
public struct Stamp: Hashable, Sendable {
  /// When the event was received, in nanoseconds since the Unix epoch.
  public var utcNs: Int64
  /// True UTC lies within `utcNs ± errorNs`; `nil` when nothing bounds the error.
  public var errorNs: UInt32?
  /// What was known of the clock.
  public var state: ClockState
  /// Which event this is: a UUID.
  public var eventID: UInt128
  /// Whether the sender chose the id; else it is a UUIDv7 made on receipt.
  public var isIDGiven: Bool
  /// Who sent it.
  public var principal: PrincipalID
  /// The trace it belongs to, when its sender named one.
  public var trace: TraceParent?

  /// A stamp with all its fields.
  public init(
    utcNs: Int64,
    errorNs: UInt32?,
    state: ClockState,
    eventID: UInt128,
    isIDGiven: Bool,
    principal: PrincipalID,
    trace: TraceParent?
  ) {
    (self.utcNs, self.errorNs, self.state) = (utcNs, errorNs, state)
    (self.eventID, self.isIDGiven, self.principal, self.trace) = (eventID, isIDGiven, principal, trace)
  }

  /// The record header's key.
  public static var key: StaticString { "sluice" }
  /// The only version there is.
  @inlinable public static var version: UInt8 { 1 }
  /// The length of the longest value.
  @inlinable public static var valueBytesMax: Int { 59 }

  /// Reads a header's value.
  public init(decoding value: RawSpan) throws(StampFault) {
    guard value.byteCount >= 2 else { throw .length(value.byteCount) }
    guard value.byte(0) == Stamp.version else { throw .version(value.byte(0)) }
    let flags = StampFlags(rawValue: value.byte(1))
    guard flags.isDisjoint(with: .reserved) else { throw .reservedFlags(flags.rawValue) }
    guard value.byteCount == flags.valueBytes else { throw .length(value.byteCount) }
    var place = 2
    func next<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T {
      defer { place += MemoryLayout<T>.size }
      return value.integer(T.self, at: place)
    }
    utcNs = next(Int64.self)
    errorNs = flags.contains(.error) ? next(UInt32.self) : nil
    state = flags.state
    eventID = next(UInt128.self)
    isIDGiven = flags.contains(.givenID)
    principal = flags.contains(.principal) ? PrincipalID(rawValue: next(UInt32.self)) : .anonymous
    trace =
      flags.contains(.trace)
      ? TraceParent(trace: next(UInt128.self), parent: next(UInt64.self), flags: next(UInt8.self)) : nil
  }
}

/// Why a stamp can't be read.
public enum StampFault: Error, Hashable, Sendable {
  /// Written by a version that isn't known here.
  case version(UInt8)
  /// Bits are set that have no meaning in this version.
  case reservedFlags(UInt8)
  /// The length isn't what the flags ask for.
  case length(Int)
}

/// The second byte of a stamp: which of its fields are there.
@frozen public struct StampFlags: OptionSet, Sendable {
  /// The byte itself.
  public let rawValue: UInt8
  /// From the byte.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There is a bound of the clock's error.
  @inlinable public static var error: StampFlags { StampFlags(rawValue: 1 << 2) }
  /// There is a trace.
  @inlinable public static var trace: StampFlags { StampFlags(rawValue: 1 << 3) }
  /// There is a principal: the sender isn't anonymous.
  @inlinable public static var principal: StampFlags { StampFlags(rawValue: 1 << 4) }
  /// The sender chose the id.
  @inlinable public static var givenID: StampFlags { StampFlags(rawValue: 1 << 5) }
  /// Zero in this version.
  @inlinable public static var reserved: StampFlags { StampFlags(rawValue: 0xC0) }

  /// The clock's state.
  public var state: ClockState { ClockState(rawValue: rawValue & 3)! }
  /// How long a value with these flags is.
  public var valueBytes: Int {
    26 + (contains(.error) ? 4 : 0) + (contains(.principal) ? 4 : 0) + (contains(.trace) ? 25 : 0)
  }
}
