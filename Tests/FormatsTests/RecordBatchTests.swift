import Bytes
import Events
import Formats
import Testing

struct RecordBatchTests {
  /// All of a batch's records in the form of the vectors' JSON.
  func decode(_ vector: KafkaVector) throws -> [String] {
    var decompressor = LZ4Decompressor()
    var buffer = region(bytes: 1 << 20)
    let batch = try RecordBatch(decoding: vector.bytes.span.bytes)
    let base = batch.header
    var found: [String] = []
    var reader = try batch.records(through: &decompressor, into: &buffer)
    while let record = try reader.next() {
      var headers: [String] = []
      var headerReader = record.headerReader()
      while let header = headerReader.next() {
        headers.append(
          "\(String(decoding: unhex(hex(header.key)), as: UTF8.self))=\(header.hasValue ? hex(header.value) : "nil")"
        )
      }
      found.append(
        line(
          record.timestampMs - base.baseTimestampMs,
          Int32(record.offset - base.baseOffset),
          record.hasKey ? hex(record.key) : nil,
          record.hasValue ? hex(record.value) : nil,
          headers
        )
      )
    }
    return found
  }
  func line(_ timestamp: Int64, _ offset: Int32, _ key: String?, _ value: String?, _ headers: [String]) -> String {
    "\(timestamp) \(offset) \(key ?? "nil") \(value ?? "nil") \(headers)"
  }

  @Test func `there are vectors of every codec`() {
    #expect(KafkaVector.all.count == 18)
    #expect(Set(KafkaVector.all.map(\.batch.codec)) == ["none", "gzip", "snappy", "lz4", "zstd"])
  }

  @Test(arguments: KafkaVector.all)
  func `a captured header reads as another decoder read it`(_ vector: KafkaVector) throws {
    let batch = try RecordBatch(decoding: vector.bytes.span.bytes)
    let (header, expected) = (batch.header, vector.batch)
    #expect(header.baseOffset == expected.baseOffset)
    #expect(header.length == expected.batchLength)
    #expect(header.batchBytes == vector.bytes.count)
    #expect(header.partitionLeaderEpoch == expected.partitionLeaderEpoch)
    #expect(header.checksum == UInt32(expected.crc, radix: 16))
    #expect(header.attributes.rawValue == expected.attributes)
    #expect("\(header.attributes.compression.name)" == expected.codec)
    #expect(header.attributes.isTransactional == expected.transactional)
    #expect(header.attributes.isControl == expected.control)
    #expect(header.lastOffsetDelta == expected.lastOffsetDelta)
    #expect(header.lastOffset == expected.baseOffset + UInt64(expected.lastOffsetDelta))
    #expect(header.baseTimestampMs == expected.baseTimestamp)
    #expect(header.maxTimestampMs == expected.maxTimestamp)
    #expect(header.producerID == expected.producerId)
    #expect(header.producerEpoch == expected.producerEpoch)
    #expect(header.baseSequence == expected.baseSequence)
    #expect(header.recordCount == expected.recordCount)
  }

  @Test(arguments: KafkaVector.of("none", "lz4"))
  func `captured records read as another decoder read them`(_ vector: KafkaVector) throws {
    let expected = try #require(vector.batch.records).map { record in
      line(
        record.ts_delta,
        record.off_delta,
        record.key,
        record.value,
        record.headers.map { "\($0[0]!)=\($0[1] ?? "nil")" }
      )
    }
    #expect(try decode(vector) == expected)
  }

  @Test(arguments: KafkaVector.of("gzip", "snappy", "zstd"))
  func `a codec that is not read here is refused by its name`(_ vector: KafkaVector) throws {
    let bytes = vector.bytes
    let batch = try RecordBatch(decoding: bytes.span.bytes)
    do throws(RecordBatchFault) {
      _ = try batch.records()
      Issue.record("read")
    } catch .unsupported(let compression) {
      #expect("\(compression.name)" == vector.batch.codec)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(arguments: KafkaVector.of("none"))
  func `what was read is written again byte for byte`(_ vector: KafkaVector) throws {
    let batch = try RecordBatch(decoding: vector.bytes.span.bytes)
    var again = region(bytes: 64 << 10)
    again.append(0xAAAA_AAAA as UInt32)
    again.count += RecordBatchHeader.byteCount
    var reader = try batch.records()
    while let record = try reader.next() {
      let fits = again.append(
        record: record.timestampMs - batch.header.baseTimestampMs,
        offsetDelta: Int32(record.offset - batch.header.baseOffset),
        key: record.key,
        hasKey: record.hasKey,
        value: record.value,
        hasValue: record.hasValue,
        headers: record.headers
      )
      #expect(fits)
    }
    batch.header.encode(into: &again, at: 4)
    let bytes = vector.bytes
    let same = again.bytes.extracting(4..<again.count).equals(bytes.span.bytes)
    #expect(same)
  }

  @Test(arguments: KafkaVector.of("none", "lz4"))
  func `a batch with any bit of a checked byte flipped is refused`(_ vector: KafkaVector) throws {
    guard vector.bytes.count < 6000 else { return }
    var bytes = vector.bytes
    let header = try headerOf(bytes)
    for place in 0..<bytes.count {
      // A log numbers a batch in the first and the third field after the producer has made the check.
      let isChecked = (8..<12).contains(place) || place >= 16
      for bit in 0..<8 {
        bytes[place] ^= 1 << bit
        let fault = faultOf(bytes)
        if isChecked {
          if fault == nil { Issue.record("byte \(place), bit \(bit)") }
        } else if place == 0 && bit == 7 {
          #expect(fault == .baseOffset(.min))
        } else {
          #expect(fault == nil)
          #expect(try headerOf(bytes) != header)
        }
        bytes[place] ^= 1 << bit
      }
    }
  }

  @Test func `a batch cut anywhere is refused as too short`() throws {
    let whole = KafkaVector.of("none")[0].bytes
    for count in 0..<whole.count {
      let needed = count < 61 ? 61 : whole.count
      #expect(faultOf(Array(whole[..<count])) == .tooShort(needed: needed, found: count))
    }
  }

  @Test func `what follows a batch is left alone`() throws {
    let whole = KafkaVector.of("none")[0].bytes
    let more = whole + whole
    let batch = try RecordBatch(decoding: more.span.bytes)
    let count = batch.bytes.byteCount
    #expect(count == whole.count)
  }

  @Test func `headers that contradict themselves are told apart`() throws {
    let whole = KafkaVector.of("none")[0].bytes
    let cases: [(Range<Int>, [UInt8], RecordBatchFault?)] = [
      (16..<17, [1], .magic(1)),
      (8..<12, [0, 0, 0, 48], .length(48)),
      (8..<12, [0xFF, 0xFF, 0xFF, 0xFF], .length(-1)),
      (8..<12, [0x7F, 0xFF, 0xFF, 0xFF], .tooShort(needed: Int(Int32.max) + 12, found: whole.count)),
      (0..<8, [UInt8](repeating: 0xFF, count: 8), .baseOffset(-1)),
      (60..<61, [0], .counts(records: 0, lastOffsetDelta: 2)),
      (60..<61, [4], .counts(records: 4, lastOffsetDelta: 2)),
      (23..<27, [0xFF, 0xFF, 0xFF, 0xFF], .counts(records: 3, lastOffsetDelta: -1)),
      (0..<8, [0x7F] + [UInt8](repeating: 0xFF, count: 7), .counts(records: 3, lastOffsetDelta: 2)),
      // Compacted: fewer records than offsets.
      (60..<61, [2], nil),
    ]
    for (range, bytes, fault) in cases {
      var changed = whole
      changed.replaceSubrange(range, with: bytes)
      #expect(headerFaultOf(changed) == fault)
    }
  }
}

/// The header of a batch, its check not made.
func headerOf(_ bytes: [UInt8]) throws(RecordBatchFault) -> RecordBatchHeader {
  try RecordBatchHeader(decoding: bytes.span.bytes)
}
/// What is wrong with a header, if anything.
func headerFaultOf(_ bytes: [UInt8]) -> RecordBatchFault? {
  do throws(RecordBatchFault) { _ = try headerOf(bytes) } catch { return error }
  return nil
}
/// What is wrong with a batch, if anything; its records aside.
func faultOf(_ bytes: [UInt8]) -> RecordBatchFault? {
  do throws(RecordBatchFault) { _ = try RecordBatch(decoding: bytes.span.bytes) } catch { return error }
  return nil
}
