import Glibc

/// Brokers in a process of their own, for tests with real clients and a real gateway; they end when this does.
final class KafkaBrokers {
  /// Where clients begin.
  let bootstrap: String
  private let process: pid_t
  private let output: String
  private let commands: Int32
  private var heard = 0

  /// Where the built program is: beside the gateway's.
  static var program: String {
    Gateway.program.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/strict-broker"
  }

  /// Starts them in a folder, with the options that `strict-broker --help` lists.
  init(_ options: [String], in folder: TemporaryFolder) throws {
    (output, heard) = ("\(folder.path)/brokers", 1)
    let pipe = "\(folder.path)/commands"
    precondition(mkfifo(pipe, 0o600) == 0, "a test's folder takes a pipe")
    // Open for both, so that neither side waits for the other.
    commands = open(pipe, O_RDWR | O_CLOEXEC)
    let words = ["/bin/sh", "-c", "exec \"$@\" < \(pipe)", "sh", Self.program] + options
    process = spawn(words, output: output, errors: "\(folder.path)/brokers-errors")
    let file = output
    guard eventually(within: 30, { contents(of: file).contains("\n") }) else {
      throw GatewayFailure("no brokers: \(contents(of: "\(folder.path)/brokers-errors"))")
    }
    bootstrap = String(contents(of: file).split(separator: "\n")[0].dropFirst("BOOTSTRAP=".count))
  }
  deinit {
    kill(process, SIGKILL)
    while waitpid(process, nil, 0) < 0, errno == EINTR {}
    close(commands)
  }

  /// Has them do something; what they say of it.
  func command(_ line: String) throws -> [String] {
    let bytes = Array((line + "\n").utf8)
    precondition(write(commands, bytes, bytes.count) == bytes.count, "a pipe takes a line")
    var lines: [String] = []
    let isDone = eventually {
      lines = contents(of: output).split(separator: "\n").dropFirst(heard).map(String.init)
      return lines.last == "ok" || lines.last?.hasPrefix("no: ") == true
    }
    heard += lines.count
    guard isDone, lines.last == "ok" else { throw GatewayFailure("\(line): \(lines.last ?? "no answer")") }
    return lines.dropLast()
  }
}
