internal import Bytes
internal import CHost
internal import Glibc

/// A descriptor that any thread can signal and one can wait for.
public struct EventDescriptor: ~Copyable, Sendable {
  /// The descriptor itself, readable while a signal waits.
  public let descriptor: Int32

  /// Makes one that is not signalled.
  ///
  /// Throws: when there are no descriptors left.
  public init() throws(HostFailure) {
    let result = host_event()
    guard result >= 0 else { throw .file("make", "an event descriptor", -result) }
    descriptor = result
  }
  deinit { _ = Glibc.close(descriptor) }

  /// Makes the descriptor readable; any thread may call it.
  public func signal() {
    var one: UInt64 = 1
    while unsafe Glibc.write(descriptor, &one, 8) < 0 {
      require(errno == EINTR, "an event can be signalled")
    }
  }
  /// Takes all signals, waiting for the first.
  public func drain() {
    var count: UInt64 = 0
    while unsafe Glibc.read(descriptor, &count, 8) < 0 {
      require(errno == EINTR, "an event can be waited for")
    }
  }
}

/// Waits until one of the descriptors is readable or broken, and says which are: bit `i` stands for `descriptors[i]`.
///
/// For the control thread, at our own pace. Bound: 64 descriptors. 0 after the time, or when a signal handler ran.
public func waitUntilReadable(_ descriptors: [Int32], atMostNs: Int64? = nil) -> UInt64 {
  require(descriptors.count <= 64, "so many descriptors have a bit")
  var polls = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  let milliseconds = atMostNs.map { Int32(clamping: max(0, ($0 + 999_999) / 1_000_000)) } ?? -1
  let count = unsafe poll(&polls, nfds_t(polls.count), milliseconds)
  guard count > 0 else { return 0 }
  var ready: UInt64 = 0
  for (index, poll) in polls.enumerated() where poll.revents != 0 { ready |= 1 << UInt64(index) }
  return ready
}

/// What an operator tells the process by a signal.
public enum ControlSignal: Sendable, Hashable {
  /// SIGTERM or SIGINT: finish what is in flight and end.
  case stop
  /// SIGHUP: read the settings again.
  case reload
}

/// SIGTERM, SIGINT and SIGHUP as a descriptor instead of interruptions.
///
/// Made by the first thread before it starts any other: they inherit that the signals are blocked. SIGPIPE is ignored.
public struct ControlSignals: ~Copyable, Sendable {
  /// Readable while a signal waits.
  public let descriptor: Int32

  /// Blocks the signals for this thread and those it starts.
  public init() throws(HostFailure) {
    let result = host_signals()
    guard result >= 0 else { throw .file("make", "a signal descriptor", -result) }
    descriptor = result
  }
  deinit { _ = Glibc.close(descriptor) }

  /// The next signal that waits, or `nil`.
  public func next() -> ControlSignal? {
    let signal = host_next_signal(descriptor)
    require(signal >= 0, "signals can be read")
    switch signal {
    case SIGTERM, SIGINT: return .stop
    case SIGHUP: return .reload
    default: return nil
    }
  }
}
