/// When each request of an open loop is due: evenly spaced, whatever the answers do.
///
/// A request that could not be sent in time keeps its place, so its latency, counted from the time it was due, contains
/// the wait: nothing is left out because the server was slow.
public struct Schedule: Sendable {
  /// When the first request is due, in nanoseconds of the caller's clock.
  public let startNs: UInt64
  /// Requests a second.
  public let rate: Double
  /// How many requests were taken.
  public private(set) var taken: UInt64 = 0
  /// When the next request is due.
  public private(set) var nextNs: UInt64

  /// Starts at once.
  ///
  /// `rate` is more than zero.
  public init(startNs: UInt64, rate: Double) {
    precondition(rate > 0, "a schedule has a rate")
    (self.startNs, self.rate, nextNs) = (startNs, rate, startNs)
  }

  /// When request `index`, counted from 0, is due.
  ///
  /// Exact for 2⁵³ ns, a hundred days.
  public func timeNs(of index: UInt64) -> UInt64 { startNs + UInt64(Double(index) * 1e9 / rate) }

  /// Takes the next request if it is due by `nowNs`: the time it was due.
  public mutating func take(nowNs: UInt64) -> UInt64? {
    guard nextNs <= nowNs else { return nil }
    defer {
      taken += 1
      nextNs = timeNs(of: taken)
    }
    return nextNs
  }

  /// How many requests are due before `endNs` and were not taken.
  public func missed(endNs: UInt64) -> UInt64 {
    guard endNs > nextNs else { return 0 }
    var count = UInt64(Double(endNs - startNs) * rate / 1e9)
    while count > 0, timeNs(of: count - 1) >= endNs { count -= 1 }
    while timeNs(of: count) < endNs { count += 1 }
    return count > taken ? count - taken : 0
  }
}
