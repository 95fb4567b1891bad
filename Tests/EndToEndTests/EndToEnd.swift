import Glibc
import Testing

/// All tests of the built program, one after another: they share the machine's CPUs, ports and limits.
@Suite(.serialized) enum EndToEnd {}

/// A directory for one test; it goes when the test does, unless SLUICE_KEEP is set.
final class TemporaryFolder: Sendable {
  let path: String
  init() {
    var template = Array("/tmp/sluice-end-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }
  deinit {
    if getenv("SLUICE_KEEP") == nil { _ = runTool(["rm", "-rf", path]) } else { print("kept \(path)") }
  }

  /// Writes a file in it and says where it is.
  func write(_ text: String, as name: String) -> String {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0, "a test's folder can be written")
    let bytes = Array(text.utf8)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "a test's folder has room")
    close(descriptor)
    return file
  }
}

/// Reads a whole file; empty when there is none.
func contents(of path: String) -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return "" }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &piece, piece.count)
    guard count > 0 else { break }
    bytes += piece.prefix(count)
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Waits for a condition, looking again and again; says whether it came true in time.
func eventually(within seconds: Double = 20, _ condition: () -> Bool) -> Bool {
  let deadline = secondsNow() + seconds
  while true {
    if condition() { return true }
    if secondsNow() > deadline { return false }
    pause(0.002)
  }
}

/// Seconds that only go forward.
func secondsNow() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Lets time pass: between two looks at a condition, or until a random instant.
func pause(_ seconds: Double) {
  var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
  nanosleep(&time, nil)
}

/// Starts a program with its output going to files.
func spawn(_ arguments: [String], output: String = "/dev/null", errors: String = "/dev/null") -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var process: pid_t = 0
  let result = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
  precondition(result == 0, "cannot start \(arguments[0]): \(result)")
  return process
}

/// Runs a program to its end: its exit status, or 128 and the signal that killed it.
func runTool(_ arguments: [String], output: String = "/dev/null", errors: String = "/dev/null") -> Int32 {
  let process = spawn(arguments, output: output, errors: errors)
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
  return exitStatus(status)
}

/// What a shell would call it.
func exitStatus(_ status: Int32) -> Int32 {
  let signal = status & 0x7F
  return signal == 0 ? status >> 8 & 0xFF : 128 + signal
}

/// Whether a program can be found.
func isInstalled(_ tool: String) -> Bool {
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    .contains { access("\($0)/\(tool)", X_OK) == 0 }
}

/// A word of the environment as a number.
func environmentCount(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

/// Numbers that repeat from run to run, for a seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
