public import Bytes
internal import CHost
public import Events
internal import Glibc
public import World

/// A data directory as somebody else reads it, while its gateway runs and when it does not.
public struct DataDirectoryReader: Sendable {
  /// Where it is.
  public let path: String
  private let files: SegmentFiles

  /// Looks at a data directory.
  ///
  /// Throws: when there is none, or it may not be read.
  public init(_ path: String) throws(HostFailure) {
    files = SegmentFiles(directory: path, mode: .direct)
    self.path = path
    _ = try names(in: files.lanes)
  }

  /// The contents of a small file of the directory; `nil` when there is none.
  public func read(_ name: String) throws(HostFailure) -> [UInt8]? { try readFile("\(path)/\(name)") }
  /// The side lanes that there are; none in a directory that was made before there were any.
  public func sideLanes() throws(HostFailure) -> [LaneID] { try files.sideLaneFolders() }
  /// The segments of a lane, in the order of their slots.
  public func segments(of lane: LaneID) throws(HostFailure) -> [SegmentID] { try files.segments(of: lane) }
  /// Opens a segment.
  public func open(_ segment: SegmentID) throws(HostFailure) -> SegmentReader {
    let path = files.path(segment)
    var descriptor = unsafe host_open_direct_read(path)
    if descriptor == -EINVAL { descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .file("read", path, descriptor == -1 ? errno : -descriptor) }
    return SegmentReader(descriptor: descriptor, path: path)
  }
}

/// One segment, opened for reading.
public struct SegmentReader: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(descriptor: Int32, path: String) { (self.descriptor, self.path) = (descriptor, path) }
  deinit { _ = close(descriptor) }

  /// Fills the region from `offset` on, a multiple of the block size; its count is what was there, 0 at the end.
  public func read(into region: inout Region, at offset: Int) throws(HostFailure) {
    require(offset >= 0 && offset % blockBytes == 0, "a read starts at a block")
    region.count = 0
    while true {
      let count = unsafe pread(descriptor, region.memory.baseAddress, region.byteCount, offset)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .file("read", path, errno) }
      region.count = count
      return
    }
  }
}
