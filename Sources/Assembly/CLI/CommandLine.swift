internal import Glibc
internal import Host
internal import Settings

/// Finds the command that the words name and performs it.
///
/// - Returns: the exit status, one of `ExitStatus`.
func commandLine(_ words: [String]) -> Int32 {
  var words = words.dropFirst()
  switch words.first {
  case "--version", "version":
    StandardOutput.write("sluice \(Version.text)\n")
    return ExitStatus.good
  case "help":
    // `help log cat` is `log cat --help`.
    words = words.dropFirst() + ["--help"]
  default: break
  }
  do throws(CommandFailure) {
    return try perform(words)
  } catch {
    StandardError.write(error.text)
    return error.status
  }
}

/// Walks down the tree of commands as far as the words lead, and performs what stands there.
private func perform(_ words: ArraySlice<String>) throws(CommandFailure) -> Int32 {
  var words = words
  var path: [String] = []
  while true {
    if let command = CommandTable.command(path) { return try command.start(words) }
    guard let word = words.popFirst() else {
      StandardError.write(HelpText.group(path))
      return ExitStatus.usage
    }
    if word == "--help" || word == "-h" {
      StandardOutput.write(HelpText.group(path))
      return ExitStatus.good
    }
    let known = CommandTable.words(below: path)
    guard known.contains(word) else { throw .unknown(word, after: path, known: known) }
    path.append(word)
  }
}

extension Command {
  /// Reads the words behind the command's name and performs it.
  fileprivate func start(_ words: ArraySlice<String>) throws(CommandFailure) -> Int32 {
    guard !isPassedThrough else { return try perform(Arguments(passing: Array(words), to: self)) }
    if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      StandardOutput.write(HelpText.command(self))
      return ExitStatus.good
    }
    return try perform(try Arguments(Array(words), for: self))
  }
}

/// What the program ends with.
enum ExitStatus {
  /// All is well.
  static let good: Int32 = 0
  /// The command did its work and found something wrong, or failed in the middle.
  static let problems: Int32 = 1
  /// The command line makes no sense, or a schema command could not run.
  static let usage: Int32 = 2
  /// The machine, a file or a directory does not allow it.
  static let environment: Int32 = 3
}

/// Which program this is.
enum Version {
  /// The number of its release.
  static let text = "0.1.0"
}

/// Where a command's answers go.
enum StandardOutput {
  /// Writes text that ends with a line break of its own.
  ///
  /// Ends the program where that fails: an answer that got lost must not look like one that was given.
  static func write(_ text: String) {
    let errorNumber = writeAll(Array(text.utf8), to: STDOUT_FILENO)
    guard errorNumber != 0 else { return }
    if errorNumber == EPIPE { exit(ExitStatus.good) }
    StandardError.write("sluice: Cannot write standard output: \(errorText(errorNumber)).")
    exit(ExitStatus.environment)
  }
}

/// Where mistakes and progress go.
enum StandardError {
  /// Writes a line.
  ///
  /// Where nobody listens there is nobody to tell of it.
  static func write(_ text: String) {
    _ = writeAll(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: STDERR_FILENO)
  }
}

/// Writes all bytes: 0, or an error number.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var done = 0
  while done < bytes.count {
    // SAFETY: the pointer is used while the array is borrowed, for the bytes that are left of it.
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + done, bytes.count - done) }
    if count < 0, errno != EINTR { return errno }
    done += max(count, 0)
  }
  return 0
}
