internal import Glibc
internal import Host
internal import Redaction

/// The file of the keys of redaction as it lies on the disk.
enum RedactionKeysOnDisk {
  /// Reads the file.
  ///
  /// Throws: when it can't be read, when others may read it, and what is wrong in it.
  static func read(_ path: String) throws(HostFailure) -> RedactionKeys {
    var bytes = try readSecretFile(path)
    defer { for index in bytes.indices { bytes[index] = 0 } }
    do throws(RedactionKeyFileMistake) {
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let file = unsafe try RedactionKeyFile(bytes.span.bytes, file: path)
      return unsafe file.keys(bytes.span.bytes)
    } catch {
      throw HostFailure(cause: "\(error)", remedy: "Mend the file, or make a key with `sluice keys redaction make`.")
    }
  }
}
