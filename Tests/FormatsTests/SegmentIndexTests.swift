import Bytes
import Events
import Formats
import Testing

@Suite struct SegmentIndexTests {
  static func entry(_ topic: Int, _ block: UInt32, _ offset: UInt64) -> SegmentIndex.Entry {
    SegmentIndex.Entry(topic: TopicID(rawValue: UInt16(topic)), block: block, baseOffset: offset, timeNs: -1)
  }
  static func written(_ index: borrowing SegmentIndex) -> [UInt8] {
    var region = region(bytes: 128 << 10)
    region.count = CommitHeader.byteCount
    index.write(into: &region)
    return array(region.bytes)
  }
  static func read(_ bytes: [UInt8]) -> [SegmentIndex.Entry]? { SegmentIndex.read(bytes.span.bytes) }

  @Test func `an index has this form`() {
    var index = SegmentIndex(topics: 300, segmentBytes: 1 << 20, commitBytesMax: 64 << 10)
    index.note(Self.entry(0x0102, 0x1112_1314, 0x2122_2324_2526_2728))
    let bytes = Self.written(index)
    let expected = "0000000100000000" + "01020000" + "11121314" + "2122232425262728" + "ffffffffffffffff"
    #expect(hex(bytes.span.bytes.extracting(64..<bytes.count)) == expected)
    #expect(Self.read(bytes) == [Self.entry(0x0102, 0x1112_1314, 0x2122_2324_2526_2728)])
  }

  @Test func `a topic is noted once a stride`() {
    // 4 MiB are 1024 blocks: a stride is 4 of them.
    var index = SegmentIndex(topics: 2, segmentBytes: 4 << 20, commitBytesMax: 64 << 10)
    for block in 1..<20 {
      index.note(Self.entry(0, UInt32(block), UInt64(block)))
      if block > 10 { index.note(Self.entry(1, UInt32(block), UInt64(block))) }
    }
    let entries = Self.read(Self.written(index)) ?? []
    #expect(entries.filter { $0.topic.rawValue == 0 }.map(\.block) == [1, 5, 9, 13, 17])
    #expect(entries.filter { $0.topic.rawValue == 1 }.map(\.block) == [11, 15, 19])
    index.reset()
    #expect(index.count == 0)
    index.note(Self.entry(1, 1, 40))
    #expect(Self.read(Self.written(index)) == [Self.entry(1, 1, 40)])
  }

  @Test func `a full index keeps a place for every topic and takes its room at the most`() {
    let topics = 100
    var index = SegmentIndex(topics: topics, segmentBytes: 1 << 20, commitBytesMax: 4096)
    for block in 1..<10_000 { index.note(Self.entry(0, UInt32(block), UInt64(block))) }
    for topic in 1..<topics { index.note(Self.entry(topic, 10_000, 7)) }
    let bytes = Self.written(index)
    #expect(bytes.count <= 4096 && index.bytesMax == 4096)
    let entries = Self.read(bytes) ?? []
    #expect(Set(entries.map(\.topic.rawValue)).count == topics)
    #expect(entries.count == index.count)
  }

  @Test func `an index that is cut, or says that it has more, is none`() {
    var index = SegmentIndex(topics: 3, segmentBytes: 1 << 20, commitBytesMax: 4096)
    for topic in 0..<3 { index.note(Self.entry(topic, 1, 1)) }
    let bytes = Self.written(index)
    for count in 0..<bytes.count { #expect(Self.read(Array(bytes[..<count])) == nil) }
    #expect(Self.read(bytes)?.count == 3)
    for count: UInt8 in [4, 255] {
      var more = bytes
      more[67] = count
      #expect(Self.read(more) == nil)
      more[64] = 255
      #expect(Self.read(more) == nil)
    }
  }
}
