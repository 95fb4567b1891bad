internal import Glibc
internal import Host
internal import Settings
internal import TLS

/// The file of ticket keys as it lies on the disk: made when it is missing, moved on when it is time, by one process of
/// all that share it.
enum TicketKeysOnDisk {
  /// What became of the file.
  enum Deed: String {
    /// It was read.
    case read
    /// It was missing and has been made.
    case made
    /// Its time was over, and its keys have moved on.
    case rotated
  }
  /// The file as it holds.
  struct Outcome {
    let file: TicketKeyFile
    let deed: Deed
    /// Why its keys could not move on although it is time; they go on sealing.
    var problem: HostFailure?
  }

  /// What the file is called in a directory of its own and in the data directory.
  static let fileName = "ticket-keys"

  /// Where the file is: named by the settings, in the directory that they name, or in the data directory.
  static func path(_ tickets: TicketSettings, data: String) -> String {
    guard let named = tickets.keys else { return "\(data)/\(fileName)" }
    var information = stat()
    let isDirectory = unsafe stat(named, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    guard isDirectory || named.hasSuffix("/") else { return named }
    return named.hasSuffix("/") ? named + fileName : "\(named)/\(fileName)"
  }

  /// Reads the file.
  ///
  /// Throws: when it can't be read, when others may read it, and when it holds something else.
  static func read(_ path: String) throws(HostFailure) -> TicketKeyFile {
    let file = try SecretFile.open(path, O_RDONLY)
    defer { _ = close(file) }
    guard let keys = try parse(file, path) else { throw mistake("\(path):1: an empty file; expected ticket keys") }
    return keys
  }

  /// Reads the file, makes it when it is missing and moves its keys on when it is time.
  ///
  /// Whoever comes later than another process finds what that one wrote. Without `everySeconds` somebody else looks
  /// after the file: then it has to be there, and is never written.
  static func bringUpToDate(_ path: String, everySeconds: Int64?, nowSeconds: Int64) throws(HostFailure) -> Outcome {
    guard let everySeconds else { return Outcome(file: try read(path), deed: .read) }
    if let file = try present(path) {
      guard file.isDue(everySeconds: everySeconds, atSeconds: nowSeconds) else {
        return Outcome(file: file, deed: .read)
      }
      do throws(HostFailure) {
        return try change(path) { found in
          guard let found else { return .make(atSeconds: nowSeconds) }
          return found.isDue(everySeconds: everySeconds, atSeconds: nowSeconds)
            ? found.rotated(atSeconds: nowSeconds) : found
        }
      } catch { return Outcome(file: file, deed: .read, problem: error) }
    }
    return try change(path) { $0 ?? .make(atSeconds: nowSeconds) }
  }

  /// Makes the file.
  ///
  /// Throws: `nil` becomes of it when there is one already.
  static func make(_ path: String, nowSeconds: Int64) throws(HostFailure) -> TicketKeyFile? {
    let outcome = try change(path) { $0 ?? .make(atSeconds: nowSeconds) }
    return outcome.deed == .made ? outcome.file : nil
  }

  /// Moves the keys of a file that is there on.
  static func rotate(_ path: String, nowSeconds: Int64) throws(HostFailure) -> TicketKeyFile {
    _ = try read(path)
    return try change(path) { $0?.rotated(atSeconds: nowSeconds) ?? .make(atSeconds: nowSeconds) }.file
  }

  /// The file, or `nil` when there is none or an empty one, as a crash leaves it while it is made.
  private static func present(_ path: String) throws(HostFailure) -> TicketKeyFile? {
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw SecretFile.refused("open", path, errno)
    }
    defer { _ = close(file) }
    return try parse(file, path)
  }

  private static func parse(_ file: Int32, _ path: String) throws(HostFailure) -> TicketKeyFile? {
    if let mode = SecretFile.looseMode(try SecretFile.status(of: file, path)) {
      throw HostFailure(cause: "\(path) has mode \(mode), which lets others at it.", remedy: "Run `chmod 600 \(path)`.")
    }
    let bytes = try contents(of: file, path, bytesMax: TicketKeyFile.bytesMax)
    guard !bytes.isEmpty else { return nil }
    do throws(TicketKeyFileMistake) { return try TicketKeyFile(bytes, file: path) } catch {
      throw mistake(error.description)
    }
  }
  private static func mistake(_ text: String) -> HostFailure {
    HostFailure(
      cause: "\(text).",
      remedy:
        "Restore the file, or remove it and make one with `sluice keys ticket make`; clients then handshake in full."
    )
  }

  /// Changes the file while nobody else does.
  private static func change(_ path: String, _ body: (TicketKeyFile?) -> TicketKeyFile) throws(HostFailure) -> Outcome {
    let path = SecretFile.resolved(path)
    let file = try SecretFile.lock(path, isMade: true)
    defer { _ = close(file) }
    let found = try parse(file, path)
    let wanted = body(found)
    guard wanted != found else { return Outcome(file: wanted, deed: .read) }
    try SecretFile.replace(path, by: Array(wanted.text.utf8), ownedAs: try SecretFile.status(of: file, path))
    return Outcome(file: wanted, deed: found == nil ? .made : .rotated)
  }
}

extension TicketKeyFile {
  fileprivate static func make(atSeconds now: Int64) -> TicketKeyFile {
    var random = SystemRandomNumberGenerator()
    return make(atSeconds: now, using: &random)
  }
  fileprivate func rotated(atSeconds now: Int64) -> TicketKeyFile {
    var random = SystemRandomNumberGenerator()
    return rotated(atSeconds: now, using: &random)
  }
}
