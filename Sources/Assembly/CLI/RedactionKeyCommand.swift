internal import Glibc
internal import Host
internal import Redaction

/// A program that prints a file of redaction's keys, under way.
///
/// What it prints stays in memory of secrets, and none of it is told.
final class RedactionKeyCommand {
  private let name: String
  private let program: CapturedProgram
  private let timeoutNs: Int64
  private let memory = SecretMemory(byteCount: RedactionKeyFile.bytesMax + 1)
  private var count = 0

  /// Starts it.
  ///
  /// - Parameters:
  ///   - words: the program and its arguments.
  ///   - timeoutNs: how long it may run.
  ///   - nowNs: the time.
  /// - Throws: why it can't be started.
  init(_ words: [String], timeoutNs: Int64, atNs nowNs: Int64) throws(HostFailure) {
    (name, self.timeoutNs) = (words.first ?? "", timeoutNs)
    program = try CapturedProgram(words, untilNs: nowNs + timeoutNs)
  }

  /// Whether it has ended, and well.
  ///
  /// Throws: how it failed.
  func poll(atNs nowNs: Int64) throws(HostFailure) -> Bool {
    switch unsafe program.poll(atNs: nowNs, into: memory.memory, count: &count) {
    case nil: return false
    case .exited(0): return true
    case .exited(let status): throw failure("ended with status \(status)")
    case .killed(let signal): throw failure("was ended by signal \(signal)")
    case .stopped: throw failure("took longer than \(timeoutNs / 1_000_000) ms and was killed")
    case .overflowed: throw failure("printed more than \(RedactionKeyFile.bytesMax) bytes and was killed")
    }
  }
  /// What it printed, once it has ended well.
  ///
  /// Throws: what is wrong in it.
  func read<Result>(_ body: (RedactionKeyFile, RawSpan) -> Result) throws(HostFailure) -> Result {
    try Self.read(memory, count, of: name, body)
  }
  private static func read<Result>(
    _ memory: borrowing SecretMemory,
    _ count: Int,
    of name: String,
    _ body: (RedactionKeyFile, RawSpan) -> Result
  ) throws(HostFailure) -> Result {
    let text = memory.bytes.extracting(0..<count)
    do throws(RedactionKeyFileMistake) {
      return body(try RedactionKeyFile(text, file: "the output of \(name)"), text)
    } catch {
      throw HostFailure(cause: "\(error).", remedy: "Run it by hand, and mend what it prints.")
    }
  }
  /// Ends it.
  func stop() { program.stop() }

  /// Runs a program to its end, for whoever has nothing else to do.
  static func keys(_ words: [String], timeoutNs: Int64) throws(HostFailure) -> RedactionKeys {
    let command = try RedactionKeyCommand(words, timeoutNs: timeoutNs, atNs: monotonicNs())
    while try !command.poll(atNs: monotonicNs()) { _ = waitUntilReadable([], atMostNs: 2_000_000) }
    return try command.read { file, text in file.keys(text) }
  }

  private func failure(_ what: String) -> HostFailure {
    HostFailure(cause: "\(name) \(what).", remedy: "Run it by hand as the gateway's user to see what it says.")
  }
}
