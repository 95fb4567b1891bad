/// What we know of the clock that stamps events.
public enum ClockState: UInt8, Sendable, CaseIterable {
  /// No source vouches for it: its error has no bound.
  case unknown = 0
  /// Disciplined by a source that is in reach.
  case locked = 1
  /// The source is out of reach; the bound grows with the drift.
  case holdover = 2
  /// Never disciplined.
  case freeRunning = 3
}

/// A moment: UTC with the bound of its error, and a time that only goes forward.
public struct ClockReading: Hashable, Sendable {
  /// Nanoseconds since the Unix epoch, as the clock says.
  public let utcNs: Int64
  /// True UTC lies within `utcNs ± errorNs`; `nil` when nothing bounds the error.
  public let errorNs: UInt32?
  /// What is known of the clock.
  public let state: ClockState
  /// Nanoseconds that only go forward, for deadlines.
  public let monotonicNs: Int64
  /// A reading of the clock, with what bounds it.
  @inlinable public init(utcNs: Int64, errorNs: UInt32?, state: ClockState, monotonicNs: Int64) {
    (self.utcNs, self.errorNs, self.state, self.monotonicNs) = (utcNs, errorNs, state, monotonicNs)
  }
}
