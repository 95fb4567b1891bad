import Bytes
import Events
import Formats
import Testing

@Suite struct CommitHeaderTests {
  static let secret = EpochSecret(bits: 0x0123_4567_89AB_CDEF)

  static func header(_ kind: CommitHeader.Kind, bytesUsed: Int, events: UInt32 = 0) -> CommitHeader {
    CommitHeader(
      kind: kind,
      lane: LaneID(rawValue: 0x0203),
      bytesUsed: bytesUsed,
      events: events,
      generation: 0x1112_1314_1516_1718,
      sequence: 0x2122_2324_2526_2728,
      durableThrough: 0x2122_2324_2526_2720,
      timeNs: 0x3132_3334_3536_3738,
      epoch: 0x4142_4344_4546_4748,
      previous: 0x5152_5354
    )
  }

  /// A commit with one batch of two records for each of so many topics.
  static func records(topics: Int = 2) -> (header: CommitHeader, bytes: [UInt8]) {
    var region = region(bytes: 16 << 10)
    region.count = CommitHeader.byteCount
    let (key, value, none): ([UInt8], [UInt8], [UInt8]) = ([], Array("value".utf8), [0])
    for topic in 0..<topics {
      let start = region.count
      region.count += BatchEntry.byteCount + RecordBatchHeader.byteCount
      for delta in 0..<2 {
        _ = region.append(
          record: 0,
          offsetDelta: Int32(delta),
          key: key.span.bytes,
          hasKey: false,
          value: value.span.bytes,
          hasValue: true,
          headers: none.span.bytes
        )
      }
      let batch = RecordBatchHeader(
        baseOffset: 100,
        attributes: RecordBatchAttributes(codec: .none),
        lastOffsetDelta: 1,
        baseTimestampMs: 5,
        maxTimestampMs: 5,
        recordCount: 2
      )
      batch.encode(into: &region, at: start + 8)
      let entry = BatchEntry(topic: TopicID(rawValue: UInt16(topic)), batchBytes: region.count - start - 8)
      entry.encode(into: &region, at: start)
    }
    var header = Self.header(.records, bytesUsed: region.count, events: UInt32(2 * topics))
    header.seal(&region, secret: secret)
    return (header, array(region.bytes))
  }

  @Test func `a seal has this form`() {
    var region = region(bytes: 4096)
    region.count = 64
    var header = Self.header(.seal, bytesUsed: 64)
    header.seal(&region, secret: Self.secret)
    let expected =
      "534c434d" + "01" + "02" + "0203" + "00000040" + "00000000" + "1112131415161718" + "2122232425262728"
      + "2122232425262720" + "3132333435363738" + "4142434445464748" + "51525354"
    #expect(hex(region.bytes.extracting(0..<60)) == expected)
    #expect(region.bytes.integer(UInt32.self, at: 60) == header.check)
    #expect(region.count == 4096)
    #expect(array(region.bytes).dropFirst(64).allSatisfy { $0 == 0 })
  }

  @Test func `the check starts from the epoch's secret and covers headers, not what they cover`() {
    let (header, bytes) = Self.records()
    let secret: [UInt8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]
    var covered = secret + bytes[0..<60]
    var at = 64
    while let end = BatchEntry.end(in: bytes.span.bytes.extracting(0..<header.bytesUsed), at: at) {
      covered += bytes[at..<at + 69]
      at = end
    }
    #expect(at == header.bytesUsed)
    #expect(Checksum.crc32c(covered.span.bytes) == header.check)
  }

  @Test func `what was sealed is found, whatever comes behind it`() {
    let (header, bytes) = Self.records()
    let noise = bytes + [UInt8](repeating: 0xA5, count: 100)
    for bytes in [bytes, noise, Array(bytes[..<header.bytesUsed])] {
      let reading = CommitHeader.read(bytes.span.bytes, secret: Self.secret)
      #expect(reading == .found(header))
    }
    #expect(header.bytesPadded == 4096)
  }

  @Test(arguments: [1, 3])
  func `every flipped bit is noticed, but for padding`(topics: Int) {
    let (header, bytes) = Self.records(topics: topics)
    for bit in 0..<(8 * header.bytesUsed) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let reading = CommitHeader.read(flipped.span.bytes, secret: Self.secret)
      if case .found = reading { Issue.record("bit \(bit) was not noticed") }
      if bit < 32 { #expect(reading == .absent) }
    }
    for byte in header.bytesUsed..<bytes.count {
      var padded = bytes
      padded[byte] ^= 0xFF
      let reading = CommitHeader.read(padded.span.bytes, secret: Self.secret)
      #expect(reading == .found(header))
    }
  }

  @Test func `every flipped bit of an index is noticed`() {
    var region = region(bytes: 4096)
    region.count = 64
    var index = SegmentIndex(topics: 1, segmentBytes: 1 << 20, commitBytesMax: 4096)
    index.note(SegmentIndex.Entry(topic: TopicID(rawValue: 0), block: 1, baseOffset: 2, timeNs: 3))
    index.write(into: &region)
    var header = Self.header(.index, bytesUsed: region.count)
    header.seal(&region, secret: Self.secret)
    let bytes = array(region.bytes)
    let whole = CommitHeader.read(bytes.span.bytes, secret: Self.secret)
    #expect(whole == .found(header))
    for bit in 0..<(8 * header.bytesUsed) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let reading = CommitHeader.read(flipped.span.bytes, secret: Self.secret)
      #expect(reading != whole, "bit \(bit)")
      if case .found = reading { Issue.record("bit \(bit) was not noticed") }
    }
  }

  @Test func `a commit that is cut says how much it needs`() {
    let (header, bytes) = Self.records()
    for count in 0..<header.bytesUsed {
      let reading = CommitHeader.read(bytes.span.bytes.extracting(0..<count), secret: Self.secret)
      #expect(reading == .cut(needed: count < 64 ? 64 : header.bytesUsed))
    }
  }

  @Test func `another secret finds nothing`() {
    let (_, bytes) = Self.records()
    for bits in [0, 1, 0x0123_4567_89AB_CDEE, UInt64.max] {
      let reading = CommitHeader.read(bytes.span.bytes, secret: EpochSecret(bits: bits))
      #expect(reading == .damaged)
    }
  }

  @Test func `a length beyond every commit's is damage, not a wish`() {
    let (_, bytes) = Self.records()
    for (length, isCut) in [(0, false), (63, false), (16 << 20, true), (16 << 20 + 1, false), (Int(UInt32.max), false)]
    {
      var long = bytes
      for place in 0..<4 { long[8 + place] = UInt8(truncatingIfNeeded: length >> (24 - 8 * place)) }
      let reading = CommitHeader.read(long.span.bytes, secret: Self.secret)
      #expect(reading == (isCut ? .cut(needed: length) : .damaged))
    }
  }

  @Test func `entries that do not fill their commit are refused when it is read`() {
    let (_, bytes) = Self.records(topics: 1)
    for length in [0, 60, 61, 1 << 20, Int(UInt32.max)] {
      var broken = bytes
      for place in 0..<4 { broken[68 + place] = UInt8(truncatingIfNeeded: length >> (24 - 8 * place)) }
      let reading = CommitHeader.read(broken.span.bytes, secret: Self.secret)
      #expect(reading == .damaged)
    }
  }

  @Test func `sizes are rounded up to whole blocks`() {
    for (count, padded) in [(0, 0), (1, 4096), (4095, 4096), (4096, 4096), (4097, 8192)] {
      #expect(CommitHeader.padded(count) == padded)
    }
  }

  @Test func `whose a commit says it is can be told without its secret`() {
    let (_, bytes) = Self.records()
    let (lane, generation) = (LaneID(rawValue: 0x0203), UInt64(0x1112_1314_1516_1718))
    func looks(_ bytes: [UInt8], _ lane: LaneID, _ generation: UInt64) -> Bool {
      CommitHeader.looksLikeCommit(bytes.span.bytes, of: lane, after: generation)
    }
    #expect(CommitHeader.generation(claimedBy: bytes.span.bytes, of: lane) == generation)
    #expect(looks(bytes, lane, generation - 1))
    #expect(!looks(bytes, lane, generation))
    #expect(!looks(bytes, LaneID(rawValue: 1), 0))
    #expect(!looks(Array(bytes[..<63]), lane, 0))
    #expect(!looks([0] + bytes, lane, 0))
  }
}

/// A copy of bytes that somebody else holds.
func array(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
