internal import Glibc

/// A file that gets one line for every acknowledged event: its id.
///
/// Lines are gathered per turn and written before the next one begins, so at a crash it lacks no more than one turn.
struct AcknowledgedFile: ~Copyable {
  private let descriptor: Int32
  private let run: UInt32
  private var lines: [UInt8] = []

  /// Opens a file to append to.
  init(path: String, run: UInt32) throws(LoadFailure) {
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .machine("\(path): \(errorText(errno))") }
    self.run = run
  }
  deinit { _ = close(descriptor) }

  /// Notes `count` events from `sequence` on.
  mutating func note(_ sequence: UInt64, count: Int) {
    for offset in 0..<UInt64(count) {
      EventGenerator.appendID(run: run, sequence: sequence + offset, to: &lines)
      lines.append(UInt8(ascii: "\n"))
    }
  }
  /// Writes what was noted.
  mutating func flush() throws(LoadFailure) {
    var written = 0
    while written < lines.count {
      let count = unsafe lines.withUnsafeBytes {
        unsafe write(descriptor, $0.baseAddress! + written, $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .machine("the file of acknowledged events: \(errorText(errno))") }
      written += count
    }
    lines.removeAll(keepingCapacity: true)
  }
}
