internal import Gate
internal import Glibc
internal import Host

/// The file of keys as it lies on the disk: who may read it, what it holds, and how it is changed.
enum KeysOnDisk {
  /// What was found.
  enum Finding {
    case good(KeyFile)
    /// A line for each mistake, as a compiler would print it.
    case wrong([String])
  }

  /// Reads it and finds everything that would make a gateway refuse it.
  static func check(_ path: String) throws(CommandFailure) -> Finding {
    let file = try open(path, O_RDONLY)
    defer { _ = close(file) }
    return try check(file, path)
  }

  private static func check(_ file: Int32, _ path: String) throws(CommandFailure) -> Finding {
    var lines: [String] = []
    let mode = try status(of: file, path).st_mode & 0o7777
    if mode & 0o077 != 0 {
      lines.append("\(path): mode \(String(mode, radix: 8)) lets others at it; expected 600 (chmod 600 \(path))")
    }
    let bytes = try onHost { () throws(HostFailure) in try contents(of: file, path) }
    do throws(KeyFileMistakes) {
      let keys = try KeyFile(String(decoding: bytes, as: UTF8.self), file: path)
      return lines.isEmpty ? .good(keys) : .wrong(lines)
    } catch {
      return .wrong(lines + error.all.map(\.description))
    }
  }

  /// Replaces the file by a changed one: whoever reads it finds the old or the new one, also after a crash.
  ///
  /// Who changes it at the same time waits. Owner and group stay. With `isMade`, a missing file counts as an empty one.
  static func change(
    _ path: String,
    isMade: Bool,
    _ body: (KeyFile) throws(CommandFailure) -> KeyFile
  ) throws(CommandFailure) {
    let path = resolved(path)
    let file = try lock(path, isMade: isMade)
    defer { _ = close(file) }
    switch try check(file, path) {
    case .wrong(let lines): throw .problem("\(path) can't be changed as it is\n\(lines.joined(separator: "\n"))")
    case .good(let keys):
      let changed = try body(keys)
      guard changed != keys else { return }
      try replace(path, by: changed, ownedAs: try status(of: file, path))
    }
  }

  /// Opens the file and locks it.
  ///
  /// Another process may have replaced it meanwhile: then it is opened again.
  private static func lock(_ path: String, isMade: Bool) throws(CommandFailure) -> Int32 {
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

  private static func replace(_ path: String, by keys: KeyFile, ownedAs former: stat) throws(CommandFailure) {
    let draft = "\(path).draft"
    _ = unsafe unlink(draft)
    let file = try open(draft, O_WRONLY | O_CREAT | O_EXCL)
    defer { _ = close(file) }
    if former.st_uid != geteuid() || former.st_gid != getegid() {
      guard fchown(file, former.st_uid, former.st_gid) == 0 else { throw refused("give away", draft, errno) }
    }
    let failed = writeAll(Array(keys.text.utf8), to: file)
    guard failed == 0 else { throw refused("write", draft, failed) }
    guard fsync(file) == 0 else { throw refused("flush", draft, errno) }
    guard unsafe rename(draft, path) == 0 else { throw refused("replace", path, errno) }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let directory = try open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY)
    defer { _ = close(directory) }
    guard fsync(directory) == 0 else { throw refused("flush", folder, errno) }
  }

  /// The path behind symbolic links, which stay; the same when there is nothing yet.
  private static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
  private static func open(_ path: String, _ flags: Int32) throws(CommandFailure) -> Int32 {
    let file = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw refused("open", path, errno) }
    return file
  }
  private static func status(of file: Int32, _ path: String) throws(CommandFailure) -> stat {
    var information = stat()
    guard unsafe fstat(file, &information) == 0 else { throw refused("look at", path, errno) }
    return information
  }
  private static func refused(_ deed: String, _ path: String, _ errorNumber: Int32) -> CommandFailure {
    .environment(
      HostFailure(
        cause: "Cannot \(deed) \(path): \(errorText(errorNumber)).",
        remedy: "Name a file in a directory that you may write to, as the user that runs the gateway or as root.",
        errorNumber: errorNumber
      )
    )
  }
}
