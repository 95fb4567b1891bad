/// How long to wait before each attempt: twice as long as before, up to a bound, and never the same for two clients.
///
///     100 ms   200 ms   400 ms   800 ms   1 s   1 s …        each ± 20 %
///
/// Source: KIP-580.
public struct Backoff: Sendable {
  private let firstNs: Int64
  private let mostNs: Int64
  /// How often in a row something went wrong.
  public private(set) var failures = 0

  /// One that starts anew; Kafka's clients begin with 100 ms and end at 1 s.
  public init(firstNs: Int64 = 100_000_000, mostNs: Int64 = 1_000_000_000) {
    (self.firstNs, self.mostNs) = (firstNs, mostNs)
  }
  /// It went well: the next wait is the first again.
  public mutating func succeed() { failures = 0 }
  /// It went wrong; how long to wait, in nanoseconds.
  public mutating func fail(random: UInt64) -> Int64 {
    let waitNs = min(mostNs, firstNs << Int64(min(failures, 20)))
    failures += 1
    return waitNs / 10 * 8 + Int64(random % UInt64(waitNs / 10 * 4 + 1))
  }
}
