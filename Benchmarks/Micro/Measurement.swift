internal import Glibc

/// What one stage took.
public struct Measurement: Sendable {
  /// The stage.
  public let name: String
  /// The function that was counted, as callgrind finds it.
  public let function: String
  /// How many events it handled.
  public internal(set) var events = 0
  /// How long that took.
  public internal(set) var ns: UInt64 = 0

  init(_ name: String, _ function: String) { (self.name, self.function) = (name, function) }

  /// Adds what `body` takes for so many events.
  mutating func add(_ count: Int, _ body: () -> Void) {
    let start = clockNs()
    body()
    add(count, since: start)
  }
  /// Adds so many events and the time since a reading of the clock.
  mutating func add(_ count: Int, since start: UInt64) {
    ns += clockNs() - start
    events += count
  }
}

/// The time, in nanoseconds that only go forward.
func clockNs() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The CPU time of the calling thread, in nanoseconds.
func cpuNs() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
