internal import Glibc
internal import Host

/// A file that gets the secrets of every TLS connection, for those who decrypt a capture.
///
/// Source: draft-ietf-tls-keylogfile, the format that Wireshark reads.
struct TLSKeyLog {
  /// Appends a line; from any thread, in one write, so that lines of shards do not mix.
  let write: @Sendable (String) -> Void

  /// Opens the file, with mode 600 where it is made.
  ///
  /// Throws: when it can't be written, or when others may read it.
  init(_ path: String) throws(HostFailure) {
    let file = try SecretFile.open(path, O_WRONLY | O_CREAT | O_APPEND)
    if let mode = SecretFile.looseMode(try SecretFile.status(of: file, path)) {
      _ = close(file)
      throw HostFailure(cause: "\(path) has mode \(mode), which lets others at it.", remedy: "Run `chmod 600 \(path)`.")
    }
    // The descriptor lives as long as the process. A line that can't be written is missed by nobody but its reader.
    write = { line in _ = writeAll(Array((line + "\n").utf8), to: file) }
  }
}
