import Bytes
import Events
import Formats
import Testing

@Suite struct SegmentHeaderTests {
  static func header(topics: Int = 1, predecessor: Bool = true) -> SegmentHeader {
    SegmentHeader(
      segment: SegmentHeader.SegmentName(lane: LaneID(rawValue: 0x0102), slot: 0x0304),
      generation: 0x1112_1314_1516_1718,
      epoch: 0x2122_2324_2526_2728,
      secret: EpochSecret(bits: 0x9192_9394_9596_9798),
      firstSequence: 0x3132_3334_3536_3738,
      firstPrevious: 0x4142_4344,
      timeNs: 0x5152_5354_5556_5758,
      oldestGeneration: 0x6162_6364_6566_6768,
      predecessor: predecessor
        ? SegmentHeader.Predecessor(
          generation: 0x1112_1314_1516_1710,
          slot: 0x0506,
          endBlock: 0x7172_7374,
          endSequence: 0x3132_3334_3536_3730,
          indexBlock: 0x7172_7370
        ) : nil,
      segmentBlocks: 0x0000_8000,
      topics: (0..<topics).map {
        SegmentHeader.TopicState(
          topic: TopicID(rawValue: UInt16($0)),
          nextOffset: 0x0102_0304_0506_0708 + UInt64($0),
          logStart: 0x0102_0304_0506_0700
        )
      }
    )
  }
  static func bytes(_ header: SegmentHeader) -> [UInt8] {
    var region = region(bytes: 128 << 10)
    header.write(into: &region)
    return array(region.bytes)
  }
  static func read(_ bytes: [UInt8]) -> SegmentHeader.Reading { SegmentHeader.read(bytes.span.bytes) }

  @Test func `a header has this form`() {
    let bytes = Self.bytes(Self.header(topics: 2))
    let expected =
      "534c435345474d31" + "0001" + "0102" + "00000304" + "1112131415161718" + "2122232425262728"
      + "9192939495969798" + "3132333435363738" + "41424344" + "00000002" + "5152535455565758"
      + "6162636465666768" + "1112131415161710" + "00000506" + "71727374" + "3132333435363730" + "71727370"
      + "00008000" + "000000a0"
    let states = "0000000000000000" + "0102030405060708" + "0102030405060700"
    let second = "0001000000000000" + "0102030405060709" + "0102030405060700"
    #expect(hex(bytes.span.bytes.extracting(0..<108)) == expected)
    #expect(hex(bytes.span.bytes.extracting(112..<160)) == states + second)
    var unchecked = Array(bytes[..<160])
    for place in 108..<112 { unchecked[place] = 0 }
    #expect(bytes.span.bytes.integer(UInt32.self, at: 108) == Checksum.crc32c(unchecked.span.bytes))
    #expect(bytes.count == 4096 && bytes[160...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [0, 1, 166, 167, 4096])
  func `what was written is read`(topics: Int) {
    for hasPredecessor in [false, true] {
      let header = Self.header(topics: topics, predecessor: hasPredecessor)
      let bytes = Self.bytes(header)
      #expect(Self.read(bytes) == .found(header))
      #expect(bytes.count == header.byteCount && bytes.count == SegmentHeader.byteCount(topics: topics))
      #expect(SegmentHeader.byteCount(startingWith: bytes.span.bytes) == bytes.count)
    }
  }

  @Test func `every flipped bit makes it absent, or of a newer version`() {
    let bytes = Self.bytes(Self.header(topics: 3))
    for bit in 0..<(8 * (112 + 72)) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      switch Self.read(flipped) {
      case .found: Issue.record("bit \(bit) was not noticed")
      case .absent: break
      case .newer(let version): #expect(bit / 8 == 8 || bit / 8 == 9 && version > 1)
      }
    }
  }

  @Test func `a header that is cut is none`() {
    let header = Self.header(topics: 3)
    let bytes = Self.bytes(header)
    for count in 0..<(112 + 72) { #expect(Self.read(Array(bytes[..<count])) == .absent) }
    #expect(Self.read(Array(bytes[..<(112 + 72)])) == .found(header))
  }

  @Test func `a newer version is told from no header, even if its form is another`() {
    for version: UInt16 in [2, 3, .max] {
      var bytes = Array("SLCSEGM1".utf8) + [UInt8(version >> 8), UInt8(truncatingIfNeeded: version)]
      #expect(Self.read(bytes) == .newer(version: version))
      bytes[7] = 0x32
      #expect(Self.read(bytes) == .absent)
    }
  }

  @Test func `numbers that no lane has are refused although their check holds`() {
    typealias Change = (inout SegmentHeader) -> Void
    let changes: [Change] = [
      { $0.generation = 0 }, { $0.generation = .max }, { $0.epoch = 0 }, { $0.epoch = .max },
      { $0.firstSequence = 0 }, { $0.firstSequence = .max }, { $0.predecessor?.generation = $0.generation },
      { $0.predecessor?.endSequence = 0 }, { $0.predecessor?.endSequence = $0.firstSequence + 1 },
      { $0.topics[0].nextOffset = .max }, { $0.topics[0].logStart = .max },
    ]
    for (index, change) in changes.enumerated() {
      var header = Self.header()
      change(&header)
      #expect(Self.read(Self.bytes(header)) == .absent, "change \(index)")
    }
  }

  @Test func `more topics than a header may have are no wish for memory`() {
    var bytes = Self.bytes(Self.header())
    for place in 52..<56 { bytes[place] = 0xFF }
    #expect(SegmentHeader.byteCount(startingWith: bytes.span.bytes) == nil)
    #expect(Self.read(bytes) == .absent)
  }
}
