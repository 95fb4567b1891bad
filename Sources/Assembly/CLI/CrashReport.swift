internal import Glibc

/// What is left of a crash: where it happened, and nothing of an event.
enum CrashReport {
  private static let variable = "SWIFT_BACKTRACE"

  /// Starts the program anew where its report would show registers, and the bytes that they point to: an event's,
  /// perhaps.
  ///
  /// Swift reads how it is to report before anything of ours runs, so that stands in the environment. Cost: the start
  /// of a process, once; its number stays.
  static func hideMemory() {
    let said = unsafe getenv(variable).map { unsafe String(cString: $0) } ?? ""
    guard let wanted = setting(said) else { return }
    guard unsafe setenv(variable, wanted, 1) == 0 else { return }
    // Where that can't be done, the report shows more than it should, and all else is as it was.
    _ = unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
  }

  /// What is to be said instead of what is said; `nil` where that will do.
  static func setting(_ said: String) -> String? {
    let words = said.split(separator: ",")
    if words.contains(where: { $0.hasPrefix("registers=") || $0 == "enable=no" || $0 == "enable=off" }) { return nil }
    return (words + ["registers=none"]).joined(separator: ",")
  }

  /// Has the kernel write no dump of this process.
  ///
  /// A command that shows events has them on its heap; only the gateway keeps them where dumps leave them out.
  static func forbidDumps() {
    var limit = rlimit()
    let core = __rlimit_resource_t(4)  // RLIMIT_CORE
    guard unsafe getrlimit(core, &limit) == 0 else { return }
    limit.rlim_cur = 0
    _ = unsafe setrlimit(core, &limit)
  }
}
