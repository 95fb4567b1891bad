/// How a shard waits when nothing is left to do: what it pays in CPU for how soon it notices.
public enum WaitPolicy: Sendable, Hashable {
  /// Spins in user space for so long before it sleeps: the shortest latency, a busy CPU.
  case latency(spinNs: Int64)
  /// Sleeps until something finishes.
  case balanced
  /// Sleeps at least so long unless much finishes: the least CPU. Kernels before 6.12 take one more system call for it.
  case economy(minimumWaitNs: Int64)
}

/// What a shard's machine has done since its start.
public struct HostCounters: Sendable, Hashable {
  /// Calls of io_uring_enter(2).
  public internal(set) var enters: UInt64 = 0
  /// Completions the kernel posted.
  public internal(set) var completions: UInt64 = 0
  /// Times the completion queue was too small and the kernel kept completions aside.
  public internal(set) var overflows: UInt64 = 0
  /// Times the kernel had no room for what was submitted.
  public internal(set) var congestions: UInt64 = 0
  /// Receives that ended because no buffer was free.
  public internal(set) var starvations: UInt64 = 0
  /// Receives that filled several buffers at once.
  public internal(set) var bundles: UInt64 = 0
  /// Connections closed at once because the table was full.
  public internal(set) var acceptsRefused: UInt64 = 0
  /// Times accepting ended for want of descriptors or of places in the table.
  public internal(set) var acceptsExhausted: UInt64 = 0
  /// Sends, writes and reads that the kernel cut short and that were taken up again.
  public internal(set) var resumptions: UInt64 = 0
  /// Other shards woken from their sleep.
  public internal(set) var wakes: UInt64 = 0
  /// Completions that named a former connection.
  public internal(set) var stale: UInt64 = 0

  /// All zero.
  public init() {}
}
