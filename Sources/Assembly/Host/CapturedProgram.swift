internal import Bytes
internal import CHost
internal import Glibc

/// A program that was started for what it prints, and that nobody waits for.
///
///     start ─▶ poll … ─▶ ended, or ─▶ too late, too much: its process group is killed ─▶ poll … ─▶ ended
///
/// It gets nothing on standard input, and what it says on standard error is thrown away.
public final class CapturedProgram {
  /// How a program ended.
  public enum End: Hashable, Sendable {
    /// By itself, with this status.
    case exited(Int32)
    /// By a signal of somebody else.
    case killed(Int32)
    /// It was killed, since it took too long or was told to stop.
    case stopped
    /// It was killed, since it printed more than there is room for.
    case overflowed
  }
  private let descriptor: Int32
  private let process: pid_t
  private let untilNs: Int64
  /// How it will have ended, once it was killed.
  private var verdict: End?
  private var end: End?

  /// Starts it.
  ///
  /// - Parameters:
  ///   - words: the program, looked for in PATH where it has no slash, and its arguments.
  ///   - untilNs: when it has taken too long.
  /// - Throws: why it can't be started.
  public init(_ words: [String], untilNs: Int64) throws(HostFailure) {
    require(!words.isEmpty, "a program has a name")
    var copies = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe copies.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let result = unsafe host_spawn(&copies, &process)
    guard result >= 0 else {
      throw HostFailure(
        cause: "Cannot run \(words[0]): \(errorText(result)).",
        remedy: "Name a program that is there and that the gateway's user may run.",
        errorNumber: -result
      )
    }
    (descriptor, self.process, self.untilNs) = (result, process, untilNs)
  }
  deinit {
    kill(.stopped)
    _ = close(descriptor)
  }

  /// Reads what it has printed since, and looks whether it has ended.
  ///
  /// - Parameters:
  ///   - nowNs: the time.
  ///   - memory: where all of it goes; what fills it is too much.
  ///   - count: how many bytes of that are filled.
  /// - Returns: how it ended; `nil` while it runs.
  public func poll(atNs nowNs: Int64, into memory: UnsafeMutableRawBufferPointer, count: inout Int) -> End? {
    guard end == nil else { return end }
    var status: Int32 = 0
    // First whether it has ended: what it printed is there then.
    let hasEnded = unsafe waitpid(process, &status, WNOHANG) == process
    unsafe drain(into: memory, count: &count)
    let isTooMuch = count == memory.count
    guard hasEnded else {
      if isTooMuch { kill(.overflowed) } else if nowNs >= untilNs { kill(.stopped) }
      return nil
    }
    let signal = status & 0x7F
    end = verdict ?? (isTooMuch ? .overflowed : signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal))
    return end
  }
  /// Ends it, and what it has started.
  public func stop() { kill(.stopped) }

  private func kill(_ verdict: End) {
    guard end == nil, self.verdict == nil else { return }
    self.verdict = verdict
    // It is not waited for yet, so that nobody else has its number.
    _ = Glibc.kill(-process, SIGKILL)
  }
  private func drain(into memory: UnsafeMutableRawBufferPointer, count: inout Int) {
    while count < memory.count {
      let added = unsafe read(descriptor, memory.baseAddress! + count, memory.count - count)
      if added < 0, errno == EINTR { continue }
      guard added > 0 else { return }
      count += added
    }
  }
}
