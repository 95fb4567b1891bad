internal import Glibc
internal import Host

/// A small file that nobody but its owner may read, and that is replaced whole: whoever reads it finds the old one or
/// the new one, also after a crash.
///
/// Those who change it wait for one another by flock(2) on the file itself.
enum SecretFile {
  /// Opens the file and locks it, until it is closed.
  ///
  /// Another process may have replaced it meanwhile: then it is opened again. With `isMade`, a missing file becomes an
  /// empty one.
  static func lock(_ path: String, isMade: Bool) throws(HostFailure) -> Int32 {
    while true {
      let file = try open(path, isMade ? O_RDWR | O_CREAT : O_RDWR)
      guard flock(file, LOCK_EX) == 0 else {
        let errorNumber = errno
        _ = close(file)
        throw refused("lock", path, errorNumber)
      }
      var present = stat()
      let locked = try status(of: file, path)
      if unsafe stat(path, &present) == 0, present.st_ino == locked.st_ino, present.st_dev == locked.st_dev {
        return file
      }
      _ = close(file)
    }
  }

  /// Puts other contents in the file's place, with mode 600 and the former file's owner and group; durable when it
  /// returns.
  static func replace(_ path: String, by bytes: [UInt8], ownedAs former: stat) throws(HostFailure) {
    let draft = "\(path).draft"
    _ = unsafe unlink(draft)
    let file = try open(draft, O_WRONLY | O_CREAT | O_EXCL)
    defer { _ = close(file) }
    if former.st_uid != geteuid() || former.st_gid != getegid() {
      guard fchown(file, former.st_uid, former.st_gid) == 0 else { throw refused("give away", draft, errno) }
    }
    let failed = writeAll(bytes, to: file)
    guard failed == 0 else { throw refused("write", draft, failed) }
    guard fsync(file) == 0 else { throw refused("flush", draft, errno) }
    guard unsafe rename(draft, path) == 0 else { throw refused("replace", path, errno) }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let directory = try open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY)
    defer { _ = close(directory) }
    guard fsync(directory) == 0 else { throw refused("flush", folder, errno) }
  }

  /// The path behind symbolic links, which stay; the same when there is nothing yet.
  static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// Opens the file, with mode 600 where it is made.
  static func open(_ path: String, _ flags: Int32) throws(HostFailure) -> Int32 {
    let file = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw refused("open", path, errno) }
    return file
  }

  /// What the kernel knows of an open file.
  static func status(of file: Int32, _ path: String) throws(HostFailure) -> stat {
    var information = stat()
    guard unsafe fstat(file, &information) == 0 else { throw refused("look at", path, errno) }
    return information
  }

  /// The mode of a file that lets others at it, as `chmod` writes it; `nil` when it is the owner's alone.
  static func looseMode(_ status: stat) -> String? {
    let mode = status.st_mode & 0o7777
    return mode & 0o077 != 0 ? String(mode, radix: 8) : nil
  }

  /// Why something could not be done to the file.
  static func refused(_ deed: String, _ path: String, _ errorNumber: Int32) -> HostFailure {
    HostFailure(
      cause: "Cannot \(deed) \(path): \(errorText(errorNumber)).",
      remedy: "Name a file in a directory that you may write to, as the user that runs the gateway or as root.",
      errorNumber: errorNumber
    )
  }
}
