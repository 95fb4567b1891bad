import Bytes
import Events
import Formats
import Testing

struct RecordTests {
  /// Makes a batch of these record bytes, with a sound check, and reads it to its end.
  func read(_ records: [UInt8], count: Int32, lastOffsetDelta: Int32? = nil, base: Int64 = 0) throws -> Int {
    var batch = region(bytes: 64 << 10)
    batch.count = RecordBatchHeader.byteCount
    batch.append(records.span.bytes)
    let header = RecordBatchHeader(
      baseOffset: 5,
      attributes: RecordBatchAttributes(codec: .none),
      lastOffsetDelta: lastOffsetDelta ?? count - 1,
      baseTimestampMs: base,
      maxTimestampMs: base,
      recordCount: count
    )
    header.encode(into: &batch, at: 0)
    var reader = try RecordBatch(decoding: batch.bytes).records()
    var found = 0
    while let record = try reader.next() {
      found += 1
      var headers = record.headerReader()
      while headers.next() != nil {}
    }
    return found
  }
  /// What is wrong with these records, if anything.
  func fault(_ records: [UInt8], count: Int32 = 1, lastOffsetDelta: Int32? = nil, base: Int64 = 0)
    -> RecordBatchFault?
  {
    do {
      _ = try read(records, count: count, lastOffsetDelta: lastOffsetDelta, base: base)
      return nil
    } catch {
      return error as? RecordBatchFault
    }
  }
  /// The smallest record: no key, no value, no headers.
  let smallest: [UInt8] = [12, 0, 0, 0, 1, 1, 0]

  @Test func `a tombstone without a key is the smallest record`() throws {
    #expect(try read(smallest, count: 1) == 1)
  }

  @Test func `a record that contradicts itself is refused by its part`() {
    #expect(fault([]) == .record(index: 0, .length))
    #expect(fault([14, 0, 0, 0, 1, 1, 0]) == .record(index: 0, .length))
    #expect(fault([11, 0, 0, 0, 1, 1, 0]) == .record(index: 0, .length))
    #expect(fault([0x80]) == .record(index: 0, .length))
    #expect(fault([UInt8](repeating: 0xFF, count: 12)) == .record(index: 0, .length))
    #expect(fault([0]) == .record(index: 0, .attributes))
    #expect(fault([12, 1, 0, 0, 1, 1, 0]) == .record(index: 0, .attributes))
    #expect(fault([4, 0, 0x80, 0, 0]) == .record(index: 0, .timestamp))
    #expect(fault([12, 0, 2, 0, 1, 1, 0], base: .max) == .record(index: 0, .timestamp))
    #expect(fault([12, 0, 1, 0, 1, 1, 0], base: .min) == .record(index: 0, .timestamp))
    #expect(fault([12, 0, 0, 1, 1, 1, 0]) == .record(index: 0, .offset))
    #expect(fault([12, 0, 0, 2, 1, 1, 0]) == .record(index: 0, .offset))
    #expect(fault(smallest + smallest, count: 2) == .record(index: 1, .offset))
    #expect(fault([12, 0, 0, 0, 3, 1, 0]) == .record(index: 0, .key))
    #expect(fault([12, 0, 0, 0, 6, 1, 0]) == .record(index: 0, .key))
    #expect(fault([12, 0, 0, 0, 1, 3, 0]) == .record(index: 0, .value))
    #expect(fault([12, 0, 0, 0, 1, 4, 0]) == .record(index: 0, .value))
    #expect(fault([10, 0, 0, 0, 1, 1]) == .record(index: 0, .headers))
    #expect(fault([12, 0, 0, 0, 1, 1, 1]) == .record(index: 0, .headers))
    #expect(fault([12, 0, 0, 0, 1, 1, 2]) == .record(index: 0, .headers))
    #expect(fault([18, 0, 0, 0, 1, 1, 2, 4, 65, 1]) == .record(index: 0, .headers))
    #expect(fault([16, 0, 0, 0, 1, 1, 2, 1, 1]) == .record(index: 0, .headers))
    #expect(fault([14, 0, 0, 0, 1, 1, 0, 0]) == .record(index: 0, .trailing))
    #expect(fault(smallest + [9]) == .trailing(bytes: 1))
    #expect(fault(smallest, count: 2) == .record(index: 1, .length))
    #expect(fault(smallest + [12, 0, 0, 6, 1, 1, 0], count: 2, lastOffsetDelta: 2) == .record(index: 1, .offset))
    #expect(fault(smallest + [12, 0, 0, 4, 1, 1, 0], count: 2, lastOffsetDelta: 2) == nil)
  }

  @Test func `packed varints equal plain ones at every width`() {
    var lengths: [Int] = []
    for bits in 0..<34 { lengths += [1 << bits - 1, 1 << bits, 1 << bits + 1].filter { $0 < 1 << 34 } }
    for length in lengths {
      var plain = region(bytes: 4096)
      plain.write(atMost: 10) { $0.append(varint: Int64(length)) }
      let packed = PackedVarint(length: length)
      #expect(packed.byteCount == plain.count)
      #expect(packed.byteCount == varintBytes(Int64(length)))
      var word = packed.word
      for place in 0..<plain.count {
        #expect(plain.bytes.byte(place) == UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
      #expect(word == 0)
    }
  }

  @Test func `a record's head advances as if each were encoded anew`() {
    for timestamp: Int64 in [0, 1, -1, 63, 64, -64, -65, 8191, 8192, (1 << 27) - 1, -(1 << 27)] {
      for valueBytes in [nil, 0, 10, 63, 64, 8191, 8192, 1 << 18 - 1, 1 << 18] as [Int?] {
        var head = RecordHead.none
        for offset in 0..<10_000 where offset < 200 || offset > 8000 {
          let fresh = RecordHead(
            timestampDelta: timestamp,
            offsetDelta: offset,
            valueBytes: valueBytes,
            stampBytes: 35
          )!
          if head.left == 0 || offset == 8001 { head = fresh }
          let deltas = RecordDeltas(timestampDelta: timestamp, offsetDelta: offset)!
          let mask = UInt64.max >> UInt64(64 - 8 * deltas.byteCount)
          if head.low != fresh.low || head.high != fresh.high || head.left != fresh.left || head.byteCount > 16
            || head.deltas.word & mask != deltas.word || head.deltas.byteCount != deltas.byteCount
          {
            Issue.record("\(timestamp) \(offset)")
          }
          head.advance()
        }
      }
      let bound = RecordDeltas(timestampDelta: timestamp, offsetDelta: (1 << 20) - 1)
      #expect(bound != nil)
      #expect(bound!.byteCount <= 8)
    }
    let beyond =
      RecordDeltas(timestampDelta: 1 << 27, offsetDelta: 0) == nil
      && RecordDeltas(timestampDelta: -1 << 27 - 1, offsetDelta: 0) == nil
      && RecordDeltas(timestampDelta: 0, offsetDelta: 1 << 20) == nil
    #expect(beyond)
  }

  @Test func `a stamped record equals the same record written field by field`() throws {
    let stamp = Stamp(
      utcNs: 77,
      errorNs: 5,
      state: .locked,
      eventID: 9,
      isIDGiven: true,
      principal: PrincipalID(rawValue: 4),
      trace: TraceParent(trace: 1, parent: 2, flags: 3)
    )
    let header = StampHeader(stamp)
    for valueCount in [0, 1, 20, 30, 63, 64, 8190, 8191, 8192, 40_000] {
      let value = [UInt8](repeating: 7, count: valueCount)
      for keyCount in [nil, 0, 1, 63, 64, 8192] as [Int?] {
        let key = [UInt8](repeating: 8, count: keyCount ?? 0)
        let atOnce = stamped(value.span.bytes, key: key.span.bytes, hasKey: keyCount != nil, header)
        let byField = plain(value.span.bytes, key: key.span.bytes, hasKey: keyCount != nil, header)
        #expect(atOnce == byField, "\(valueCount) \(String(describing: keyCount))")
        if keyCount == nil { #expect(repeated(value.span.bytes, header) == byField, "\(valueCount)") }
      }
    }
  }
  func stamped(_ value: RawSpan, key: RawSpan, hasKey: Bool, _ header: StampHeader) -> String {
    var record = region(bytes: 1 << 20)
    let deltas = RecordDeltas(timestampDelta: -300, offsetDelta: 1000)!
    record.write(atMost: record.byteCount) {
      $0.append(record: deltas, key: key, hasKey: hasKey, value: value, stamp: header)
    }
    return hex(record.bytes)
  }
  func repeated(_ value: RawSpan, _ header: StampHeader) -> String {
    var record = region(bytes: 1 << 20)
    let count = value.byteCount
    let head = RecordHead(timestampDelta: -300, offsetDelta: 1000, valueBytes: count, stampBytes: header.byteCount)!
    record.write(atMost: head.recordBytes + RecordHead.spoiltBytes) {
      $0.append(record: head, value: value, stamp: header)
    }
    return hex(record.bytes)
  }
  func plain(_ value: RawSpan, key: RawSpan, hasKey: Bool, _ header: StampHeader) -> String {
    var headers = region(bytes: 4096)
    headers.write(atMost: 200) { $0.append(header) }
    var record = region(bytes: 1 << 20)
    let fits = record.append(
      record: -300,
      offsetDelta: 1000,
      key: key,
      hasKey: hasKey,
      value: value,
      hasValue: true,
      headers: headers.bytes
    )
    return fits ? hex(record.bytes) : "full"
  }

  @Test(arguments: [0, 1, 3, 62])
  func `a stamped record with further headers equals the same record written field by field`(count: Int) {
    let header = StampHeader(at: ClockReading(utcNs: 77, errorNs: 5, state: .locked, monotonicNs: 0))
    var more = region(bytes: 4096)
    var all = region(bytes: 4096)
    var byField = region(bytes: 1 << 20)
    for index in 0..<count {
      let (key, value) = (Array("ce_\(index)".utf8), [UInt8](repeating: 1, count: index * 7 % 80))
      let fits = more.append(header: key.span.bytes, value: value.span.bytes)
      #expect(fits)
    }
    all.write(atMost: 200) { $0.append(header) }
    all.append(more.bytes)
    // The number of headers comes first, zigzagged.
    let counted = [UInt8(2 * (count + 1))] + all.bytes.withUnsafeBytes { Array($0.dropFirst()) }
    for (hasKey, valueCount) in [(true, 0), (false, 0), (false, 100), (true, 9000)] {
      let (key, value) = ([UInt8](repeating: 8, count: hasKey ? 70 : 0), [UInt8](repeating: 7, count: valueCount))
      byField.count = 0
      let fits = byField.append(
        record: -300,
        offsetDelta: 1000,
        key: key.span.bytes,
        hasKey: hasKey,
        value: value.span.bytes,
        hasValue: true,
        headers: counted.span.bytes
      )
      #expect(fits)
      var record = region(bytes: 1 << 20)
      record.write(atMost: key.count + valueCount + more.count + Record.overheadBytesMax) {
        $0.append(
          record: RecordDeltas(timestampDelta: -300, offsetDelta: 1000)!,
          key: key.span.bytes,
          hasKey: hasKey,
          value: value.span.bytes,
          stamp: header,
          headers: more.bytes,
          headerCount: count
        )
      }
      #expect(hex(record.bytes) == hex(byField.bytes), "\(hasKey) \(valueCount)")
    }
  }

  @Test func `a header that does not fit is not begun`() {
    var small = region(bytes: 4096)
    let (key, value) = (Array("key".utf8), Array("value".utf8))
    small.count = 4096 - 10
    let fits = small.append(header: key.span.bytes, value: value.span.bytes)
    #expect(fits && small.count == 4096)
    small.count = 4096 - 9
    let isTooMuch = small.append(header: key.span.bytes, value: value.span.bytes)
    #expect(!isTooMuch && small.count == 4096 - 9)
  }

  @Test func `a record that does not fit leaves the region as it was`() {
    var small = region(bytes: 4096)
    small.count = 4090
    let value = [1, 2, 3] as [UInt8]
    let headers = [0] as [UInt8]
    let fits = small.append(
      record: 0,
      offsetDelta: 0,
      key: value.span.bytes,
      hasKey: false,
      value: value.span.bytes,
      hasValue: true,
      headers: headers.span.bytes
    )
    #expect(!fits)
    #expect(small.count == 4090)
  }
}
