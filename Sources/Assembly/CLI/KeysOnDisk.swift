internal import Gate
internal import Glibc
internal import Host

/// The file of keys as it lies on the disk: who may read it, and what it holds.
enum KeysOnDisk {
  /// What was found.
  enum Finding {
    case good(KeyFile)
    /// A line for each mistake, as a compiler would print it.
    case wrong([String])
  }

  /// Reads it and finds everything that would make a gateway refuse it.
  static func check(_ path: String) throws(CommandFailure) -> Finding {
    var lines: [String] = []
    if let mode = mode(of: path), mode & 0o077 != 0 {
      let octal = String(mode, radix: 8)
      lines.append("\(path): mode \(octal) lets others read it; expected 600 (chmod 600 \(path))")
    }
    let bytes = try onHost { () throws(HostFailure) in try contents(of: path) }
    do throws(KeyFileMistakes) {
      let file = try KeyFile(String(decoding: bytes, as: UTF8.self), file: path)
      return lines.isEmpty ? .good(file) : .wrong(lines)
    } catch {
      return .wrong(lines + error.all.map(\.description))
    }
  }

  /// The permission bits of a file, or `nil` when there is none to ask.
  private static func mode(of path: String) -> UInt32? {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { return nil }
    return information.st_mode & 0o7777
  }
}
