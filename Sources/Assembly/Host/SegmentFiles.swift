internal import Bytes
internal import CHost
internal import Events
internal import Glibc
internal import World

/// How segments are opened.
public enum SegmentMode: Sendable, Hashable {
  /// O_DIRECT|O_DSYNC: past the page cache, durable when the write returns.
  case direct
  /// O_DSYNC alone, where the file system has no O_DIRECT: slower, as durable.
  case buffered
}

/// Where a data directory keeps its segments, and how they are opened.
///
///     lanes/0003/0007.segment      lane 3, slot 7
///     lanes/0003/0008.making       not yet a segment: removed when the directory is opened
///     side/0001/0000.segment       the side lane of shard 1, slot 0
struct SegmentFiles: Sendable {
  /// The data directory.
  let directory: String
  /// How they are opened.
  let mode: SegmentMode

  /// All lanes' folders are in this one.
  var lanes: String { "\(directory)/lanes" }
  /// All side lanes' folders are in this one, which is made with the first of them.
  var sideLanes: String { "\(directory)/side" }
  /// A lane's folder.
  func folder(_ lane: LaneID) -> String { "\(lane.isSide ? sideLanes : lanes)/\(fourDigits(lane.number))" }
  /// A segment's file.
  func path(_ segment: SegmentID) -> String { "\(folder(segment.lane))/\(fourDigits(segment.slot)).segment" }
  /// The file that becomes a segment once its name and size are durable.
  func unfinishedPath(_ segment: SegmentID) -> String { "\(folder(segment.lane))/\(fourDigits(segment.slot)).making" }

  /// Opens a segment for reading and writing: its descriptor, or a negated error number.
  func open(_ segment: SegmentID) -> Int32 { open(path: path(segment)) }
  /// The same, by its path.
  func open(path: String) -> Int32 {
    switch mode {
    case .direct: return unsafe host_open_durable(path)
    case .buffered:
      let descriptor = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_DSYNC)
      return descriptor >= 0 ? descriptor : -errno
    }
  }

  /// The segments of a lane that exist, in the order of their slots.
  func segments(of lane: LaneID) throws(HostFailure) -> [SegmentID] {
    var slots: [UInt16] = []
    for name in try names(in: folder(lane)) where name.hasSuffix(".segment") {
      guard let slot = UInt16(name.dropLast(8)), "\(fourDigits(slot)).segment" == name else { continue }
      slots.append(slot)
    }
    return slots.sorted().map { SegmentID(lane: lane, slot: $0) }
  }

  /// The side lanes that have a folder, in the order of their numbers.
  func sideLaneFolders() throws(HostFailure) -> [LaneID] {
    guard unsafe access(sideLanes, F_OK) == 0 || errno != ENOENT else { return [] }
    var numbers: [UInt16] = []
    for name in try names(in: sideLanes) {
      guard let number = UInt16(name), !LaneID(rawValue: number).isSide, fourDigits(number) == name else { continue }
      numbers.append(number)
    }
    return numbers.sorted().map { .side($0) }
  }
}

private func fourDigits(_ number: UInt16) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// The names in a directory, without those of itself and its parent.
public func names(in path: String) throws(HostFailure) -> [String] {
  guard let stream = unsafe opendir(path) else { throw .file("list", path, errno) }
  defer { _ = unsafe closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = unsafe readdir(stream) else {
      guard errno == 0 else { throw .file("list", path, errno) }
      return names
    }
    // SAFETY: readdir ends the name with a zero; it is copied before the next call.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
}

/// Makes what was done to a directory's names durable.
func syncDirectory(_ path: String) throws(HostFailure) {
  let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .file("open", path, errno) }
  defer { _ = close(descriptor) }
  guard fsync(descriptor) == 0 else { throw .file("flush", path, errno) }
}
