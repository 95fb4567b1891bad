internal import Glibc

/// What the machine or its operator would not let us have: what happened, and what to do about it.
public struct HostFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What could not be done and why, as one sentence.
  public let cause: String
  /// What the operator can do, as one sentence.
  public let remedy: String
  /// The error number behind it, or 0.
  public let errorNumber: Int32

  /// A failure from its parts.
  public init(cause: String, remedy: String, errorNumber: Int32 = 0) {
    (self.cause, self.remedy, self.errorNumber) = (cause, remedy, errorNumber)
  }
  /// Both sentences.
  public var description: String { "\(cause) \(remedy)" }
}

/// What an error number means, in the C library's words with the number's name where operators look for it.
public func errorText(_ errorNumber: Int32) -> String {
  // SAFETY: strerror's text is copied at once; the call may race only with other strerror calls for unknown numbers.
  let text = unsafe String(cString: strerror(abs(errorNumber)))
  let names: [Int32: String] = [
    EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", EAGAIN: "EAGAIN", EBADF: "EBADF",
    ECANCELED: "ECANCELED", ECONNRESET: "ECONNRESET", EINVAL: "EINVAL", EIO: "EIO", EMFILE: "EMFILE", ENFILE: "ENFILE",
    ENOBUFS: "ENOBUFS", ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC", ENOSYS: "ENOSYS", EPERM: "EPERM",
    EPIPE: "EPIPE", EROFS: "EROFS",
  ]
  return names[abs(errorNumber)].map { "\(text) (\($0))" } ?? "\(text) (errno \(abs(errorNumber)))"
}

extension HostFailure {
  /// The kernel would not make a ring; `sysctl` is kernel.io_uring_disabled, `nil` where there is none.
  static func ringRefused(_ errorNumber: Int32, sysctl: Int?, release: String) -> HostFailure {
    let refused = "io_uring is refused: \(errorText(errorNumber))"
    switch (errorNumber, sysctl) {
    case (EPERM, 1?), (EPERM, 2?), (EACCES, 1?), (EACCES, 2?):
      return HostFailure(
        cause: "\(refused), because the sysctl kernel.io_uring_disabled is \(sysctl!).",
        remedy: "Allow it with `sysctl -w kernel.io_uring_disabled=0`, and keep it in /etc/sysctl.d.",
        errorNumber: errorNumber
      )
    case (EPERM, _), (EACCES, _):
      return HostFailure(
        cause: "\(refused), most likely by the seccomp profile of a container runtime.",
        remedy: "Run with a profile that allows io_uring_setup, io_uring_enter and io_uring_register "
          + "(docker and podman: --security-opt seccomp=PROFILE.json).",
        errorNumber: errorNumber
      )
    case (ENOSYS, _):
      return HostFailure(
        cause: "\(refused); kernel \(release) was built without it, or a sandbox hides it.",
        remedy: "Use Linux 6.1 or later with CONFIG_IO_URING=y, and no sandbox that filters its system calls.",
        errorNumber: errorNumber
      )
    case (ENOMEM, _):
      return HostFailure(
        cause: "\(refused): the memory that may be locked, or the memory of the control group, does not suffice.",
        remedy: "Raise RLIMIT_MEMLOCK (systemd: LimitMEMLOCK=infinity) or the container's memory limit.",
        errorNumber: errorNumber
      )
    case (EMFILE, _), (ENFILE, _):
      return HostFailure(
        cause: "\(refused).",
        remedy: "Raise the limit of open files (systemd: LimitNOFILE=, shell: ulimit -n).",
        errorNumber: errorNumber
      )
    default:
      return HostFailure(
        cause: "\(refused) on kernel \(release).",
        remedy: "Use Linux 6.1 or later; `sluice doctor` shows what this kernel offers.",
        errorNumber: errorNumber
      )
    }
  }

  /// Something about a file or directory could not be done.
  static func file(_ deed: String, _ path: String, _ errorNumber: Int32) -> HostFailure {
    let remedy =
      switch errorNumber {
      case ENOENT: "Make its parent directory, or correct the path in the settings."
      case EACCES, EPERM: "Give the user that runs the gateway the right to read and write there."
      case EROFS: "Mount the file system for writing, or choose another directory."
      case ENOTDIR: "Correct the path in the settings: a part of it is not a directory."
      case ENOSPC, EDQUOT: "Make room on the file system, or choose another directory."
      case EMFILE, ENFILE: "Raise the limit of open files (systemd: LimitNOFILE=, shell: ulimit -n)."
      case EIO: "Check the disk: the kernel log says what it reported."
      default: "Check the path and the file system it is on."
      }
    return HostFailure(
      cause: "Cannot \(deed) \(path): \(errorText(errorNumber)).",
      remedy: remedy,
      errorNumber: errorNumber
    )
  }
}
