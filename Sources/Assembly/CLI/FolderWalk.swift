internal import Glibc
internal import Host

/// Finds the files in a folder and the folders in it.
enum FolderWalk {
  /// Folders may be nested so deep; links that lead around in circles end there.
  static let depthMax = 32
  /// Files that are taken at the most.
  static let filesMax = 100_000

  /// Every file, by its path from the folder, in the order of their names; none whose name begins with a dot.
  ///
  /// Throws: which folder can't be read, or that there are too many files.
  static func files(in folder: String) throws(HostFailure) -> [String] {
    var found: [String] = []
    var left: [(path: String, depth: Int)] = [("", 0)]
    while let (path, depth) = left.popLast() {
      for name in try names(in: path.isEmpty ? folder : "\(folder)/\(path)") where !name.hasPrefix(".") {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        if isFolder("\(folder)/\(inner)") {
          guard depth < depthMax else { throw unreadable("\(folder)/\(inner)", ELOOP) }
          left.append((inner, depth + 1))
        } else {
          guard found.count < filesMax else { throw unreadable(folder, EMFILE) }
          found.append(inner)
        }
      }
    }
    return found.sorted()
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFDIR
  }
  private static func names(in path: String) throws(HostFailure) -> [String] {
    guard let stream = unsafe opendir(path) else { throw unreadable(path, errno) }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw unreadable(path, errno) }
        return names
      }
      // SAFETY: readdir ends the name with a zero; it is copied before the next call.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }
}
