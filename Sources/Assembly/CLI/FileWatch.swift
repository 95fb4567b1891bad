internal import Glibc

/// Notices that files have changed, by what the kernel says of them; symbolic links are followed.
///
/// A change of the contents that keeps size, inode and time to the nanosecond goes unseen.
struct FileWatch: Equatable {
  /// What the kernel says of a file, or why it says nothing.
  private struct Stamp: Equatable {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var size: Int64 = 0
    var modifiedSeconds: Int64 = 0
    var modifiedNs: Int64 = 0
    var mode: UInt32 = 0
    var errorNumber: Int32 = 0

    init(_ path: String) {
      var information = stat()
      guard unsafe stat(path, &information) == 0 else {
        errorNumber = errno
        return
      }
      (device, inode, size) = (UInt64(information.st_dev), UInt64(information.st_ino), Int64(information.st_size))
      (modifiedSeconds, modifiedNs) = (Int64(information.st_mtim.tv_sec), Int64(information.st_mtim.tv_nsec))
      mode = information.st_mode
    }
  }
  /// Which files.
  let paths: [String]
  private var stamps: [Stamp]

  /// Watches files from here on; to be made before they are read, so that no change in between is missed.
  init(_ paths: [String]) {
    self.paths = paths
    stamps = paths.map { Stamp($0) }
  }

  /// Whether one of them has changed since the last call, or since the start.
  ///
  /// Cost: a system call a file.
  mutating func hasChanged() -> Bool {
    let present = FileWatch(paths)
    guard present != self else { return false }
    self = present
    return true
  }
}
