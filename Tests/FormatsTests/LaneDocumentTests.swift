import Bytes
import Events
import Formats
import Foundation
import Testing

/// The examples of `Docs/Protocols/lane.md` are what the code writes.
struct LaneDocumentTests {
  static let document: String = {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let data = FileManager.default.contents(atPath: root.appendingPathComponent("Docs/Protocols/lane.md").path)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }()

  /// The bytes of the dump under a heading: lines of a place, bytes in hexadecimal, and what they mean.
  static func example(_ heading: String) throws -> [UInt8] {
    let text = try #require(document.ranges(of: "### \(heading)\n").first, "lane.md has no example of \(heading)")
    let lines = document[text.upperBound...].split(separator: "\n").drop { !$0.hasPrefix("```") }.dropFirst()
    var bytes: [UInt8] = []
    for line in lines.prefix(while: { !$0.hasPrefix("```") }) {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      let place = try #require(parts.first.flatMap { Int($0, radix: 16) })
      #expect(place == bytes.count, "\(heading): a line says where it starts: \(line)")
      bytes += parts.dropFirst().prefix { $0.count == 2 && UInt8($0, radix: 16) != nil }.map { UInt8($0, radix: 16)! }
    }
    return bytes
  }

  static let secret = EpochSecret(bits: 0x0123_4567_89AB_CDEF)
  static let firstPrevious: UInt32 = 0x5EED_5EED

  static var segment: SegmentHeader {
    SegmentHeader(
      segment: SegmentHeader.SegmentName(lane: LaneID(rawValue: 1), slot: 2),
      generation: 3,
      epoch: 2,
      secret: secret,
      firstSequence: 9,
      firstPrevious: firstPrevious,
      timeNs: 1_795_000_000_000_000_000,
      oldestGeneration: 1,
      predecessor: SegmentHeader.Predecessor(
        generation: 2,
        slot: 1,
        endBlock: 32_768,
        endSequence: 9,
        indexBlock: 32_767
      ),
      segmentBlocks: 32_768,
      topics: [SegmentHeader.TopicState(topic: TopicID(rawValue: 0), nextOffset: 700, logStart: 100)]
    )
  }

  /// A commit with one record of two bytes.
  static func commit(into region: inout Region) -> CommitHeader {
    let record: [UInt8] = [0x10, 0x00, 0x00, 0x00, 0x01, 0x04, 0x68, 0x69, 0x00]
    region.count = CommitHeader.byteCount + BatchEntry.byteCount + RecordBatchHeader.byteCount
    region.append(record.span.bytes)
    BatchEntry(topic: TopicID(rawValue: 0), batchBytes: RecordBatchHeader.byteCount + record.count)
      .encode(into: &region, at: CommitHeader.byteCount)
    let batch = RecordBatchHeader(
      baseOffset: 700,
      attributes: RecordBatchAttributes(codec: .none),
      lastOffsetDelta: 0,
      baseTimestampMs: 1_795_000_000_000,
      maxTimestampMs: 1_795_000_000_000,
      recordCount: 1
    )
    batch.encode(into: &region, at: CommitHeader.byteCount + BatchEntry.byteCount)
    var header = CommitHeader(
      kind: .records,
      lane: LaneID(rawValue: 1),
      bytesUsed: region.count,
      events: 1,
      generation: 3,
      sequence: 9,
      durableThrough: 8,
      timeNs: 1_795_000_000_000_000_000,
      epoch: 2,
      previous: firstPrevious
    )
    header.seal(&region, secret: secret)
    return header
  }

  @Test func `the example of a segment header is what the code writes and reads`() throws {
    let example = try Self.example("A segment header")
    var region = Region(id: RegionID(rawValue: 0), byteCount: 8192)
    Self.segment.write(into: &region)
    let written = Self.hex(region.bytes.extracting(0..<136))
    #expect(example.map { String(format: "%02x", $0) }.joined(separator: " ") == written)
    #expect(region.count == 4096)
    let reading = SegmentHeader.read(region.bytes)
    #expect(reading == .found(Self.segment))
  }

  @Test func `the example of a commit is what the code writes and reads`() throws {
    let example = try Self.example("A commit")
    var region = Region(id: RegionID(rawValue: 0), byteCount: 8192)
    let header = Self.commit(into: &region)
    let written = Self.hex(region.bytes.extracting(0..<header.bytesUsed))
    #expect(example.map { String(format: "%02x", $0) }.joined(separator: " ") == written)
    let reading = CommitHeader.read(example.span.bytes, secret: Self.secret)
    #expect(reading == .found(header))
  }

  @Test func `the example of an index is what the code writes and reads`() throws {
    let example = try Self.example("An index")
    let entry = SegmentIndex.Entry(
      topic: TopicID(rawValue: 0),
      block: 1,
      baseOffset: 700,
      timeNs: 1_795_000_000_000_000_000
    )
    var index = SegmentIndex(topics: 1, segmentBytes: 128 << 20, commitBytesMax: 16 << 10)
    index.note(entry)
    var region = Region(id: RegionID(rawValue: 0), byteCount: 8192)
    region.count = CommitHeader.byteCount
    index.write(into: &region)
    let written = Self.hex(region.bytes.extracting(CommitHeader.byteCount..<region.count))
    #expect(example.map { String(format: "%02x", $0) }.joined(separator: " ") == written)
    let read = SegmentIndex.read(region.bytes)
    #expect(read == [entry])
  }

  static func hex(_ bytes: RawSpan) -> String {
    (0..<bytes.byteCount).map { String(format: "%02x", bytes.byte($0)) }.joined(separator: " ")
  }
}
