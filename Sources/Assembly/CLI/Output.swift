internal import Bytes
internal import Glibc
internal import Host

/// Bytes on their way to a file or a pipe, gathered into large writes.
struct Output: ~Copyable {
  /// What is gathered.
  ///
  /// Its room is address space; memory comes with use.
  var region = Region(id: RegionID(rawValue: 2), byteCount: 256 << 20)
  private let descriptor: Int32
  private let name: String
  private let isOwned: Bool
  /// Why writing failed: an error number, or 0.
  private(set) var errorNumber: Int32 = 0

  /// Written when so much is gathered.
  private static let flushBytes = 256 << 10

  /// Standard output.
  init() { (descriptor, name, isOwned) = (STDOUT_FILENO, "standard output", false) }
  /// A new file; what is there already stays.
  init(creating path: String) throws(CommandFailure) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let errorNumber = errno
      throw .environment(
        HostFailure(
          cause: "Cannot make \(path): \(errorText(errorNumber)).",
          remedy: "Name a directory that you may write to and that has no such file.",
          errorNumber: errorNumber
        )
      )
    }
    (descriptor, name, isOwned) = (file, path, true)
  }
  deinit { if isOwned { _ = close(descriptor) } }

  /// Whether nobody takes anything any more.
  var isBroken: Bool { errorNumber != 0 }

  /// Gathers bytes.
  mutating func append(_ bytes: [UInt8]) {
    if region.room < bytes.count { flush() }
    // SAFETY: a view of plain bytes that live until the end of this scope.
    unsafe region.append(bytes.span.bytes)
  }
  /// Takes out what is gathered, instead of writing it.
  mutating func take() -> [UInt8] {
    // SAFETY: a copy of the filled bytes.
    let bytes = unsafe region.bytes.withUnsafeBytes { unsafe Array($0) }
    region.count = 0
    return bytes
  }
  /// Writes what is gathered, if it is much.
  mutating func flushIfFull() { if region.count >= Output.flushBytes { flush() } }

  /// Writes what is gathered.
  mutating func flush() {
    var done = 0
    while done < region.count, errorNumber == 0 {
      // SAFETY: the bytes from `done` to the region's count are filled.
      let count = unsafe write(descriptor, region.memory.baseAddress! + done, region.count - done)
      if count < 0, errno != EINTR { errorNumber = errno }
      done += max(count, 0)
    }
    region.count = 0
  }

  /// Writes the rest.
  ///
  /// - Returns: whether somebody still reads: a pipe that was closed early is no failure.
  @discardableResult mutating func finish() throws(CommandFailure) -> Bool {
    flush()
    guard errorNumber != 0, errorNumber != EPIPE else { return errorNumber == 0 }
    throw .environment(
      HostFailure(
        cause: "Cannot write \(name): \(errorText(errorNumber)).",
        remedy: "Make room, or write somewhere else.",
        errorNumber: errorNumber
      )
    )
  }
}
