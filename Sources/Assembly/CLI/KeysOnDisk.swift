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
    let file = try onHost { () throws(HostFailure) in try SecretFile.open(path, O_RDONLY) }
    defer { _ = close(file) }
    return try check(file, path)
  }

  private static func check(_ file: Int32, _ path: String) throws(CommandFailure) -> Finding {
    var lines: [String] = []
    if let mode = SecretFile.looseMode(try onHost { () throws(HostFailure) in try SecretFile.status(of: file, path) }) {
      lines.append("\(path): mode \(mode) lets others at it; expected 600 (chmod 600 \(path))")
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
    let path = SecretFile.resolved(path)
    let file = try onHost { () throws(HostFailure) in try SecretFile.lock(path, isMade: isMade) }
    defer { _ = close(file) }
    switch try check(file, path) {
    case .wrong(let lines): throw .problem("\(path) can't be changed as it is\n\(lines.joined(separator: "\n"))")
    case .good(let keys):
      let changed = try body(keys)
      guard changed != keys else { return }
      try onHost { () throws(HostFailure) in
        let former = try SecretFile.status(of: file, path)
        try SecretFile.replace(path, by: Array(changed.text.utf8), ownedAs: former)
      }
    }
  }
}
