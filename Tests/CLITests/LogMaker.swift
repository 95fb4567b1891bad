import Bytes
import Events
import Formats
import Glibc
import Pack
import Store

/// A data directory on the real disk, written through `Lane` and `Batch` as a gateway would.
final class LogMaker {
  let path: String
  var manifest: Manifest
  private var lane: Lane
  private var spare: Region?
  private var batch: Batch
  private var clockNs: Int64 = 1_769_860_800_000_000_000
  private let settings: Lane.Settings

  static let segmentBytes = 1 << 20
  static let commitBytesMax = 64 << 10

  /// A directory with one lane and these topics.
  init(topics names: [String], codec: Codec = .none) throws {
    var template = Array("/tmp/sluice-cli-XXXXXX".utf8CString)
    path = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
    manifest = Manifest(node: 7, lanes: 1, segmentBytes: Self.segmentBytes)
    for name in names { _ = manifest.number(name) }
    settings = Lane.Settings(
      lane: LaneID(rawValue: 0),
      topics: names.count,
      segmentBytes: Self.segmentBytes,
      slots: 4,
      commitBytesMax: Self.commitBytesMax,
      writesMax: 4
    )
    _ = mkdir("\(path)/lanes", 0o700)
    _ = mkdir("\(path)/lanes/0000", 0o700)
    let topics = names.enumerated().map { Topic(id: TopicID(rawValue: UInt16($0)), name: $1, codec: codec) }
    lane = Lane(LaneRecovery(settings, slots: []).finishedEmpty(), entropy: 0x1234_5678_9ABC_DEF0)
    spare = Region(id: RegionID(rawValue: 1), byteCount: Self.commitBytesMax)
    batch = Batch(
      filling: Region(id: RegionID(rawValue: 0), byteCount: Self.commitBytesMax),
      topics: topics,
      headerBytes: CommitHeader.byteCount
    )
    try write(Array(manifest.text.utf8), to: "manifest", at: 0)
    try write([], to: "lock", at: 0)
  }
  deinit { remove() }
}
