import Bytes
import Events
import Kafka
import Testing

@testable import Formats
@testable import Store

/// Batches for a cluster, with their requests around them.
@Suite struct ClusterBatchTests {
  private let producer = ProducerIdentity(id: 4711, epoch: 3)

  /// A batch of so many records, the bytes of each of which are given.
  private func gathered(_ frame: ProduceFrame, records: Int, valueBytes: Int) -> ClusterBatch {
    var batch = ClusterBatch(
      filling: Region(id: RegionID(rawValue: 1), byteCount: 2 << 20),
      headBytes: frame.headBytes,
      tailBytes: frame.tailBytes,
      bytesMax: 1_048_588
    )
    for index in 0..<records { add(Int64(index), valueBytes, to: &batch) }
    return batch
  }
  private func add(_ index: Int64, _ valueBytes: Int, to batch: inout ClusterBatch) {
    let key = Array("key-\(index % 3)".utf8)
    let value = [UInt8](repeating: UInt8(ascii: "a") + UInt8(index % 7), count: valueBytes)
    let headers: [UInt8] = [0]
    let record = Record(
      offset: UInt64(90 + index),
      timestampMs: 1000 + index,
      key: key.span.bytes,
      hasKey: true,
      value: value.span.bytes,
      hasValue: true,
      headers: headers.span.bytes
    )
    let fits = batch.append(record)
    #expect(fits)
  }
  private func bytes(_ region: borrowing Region) -> [UInt8] { (0..<region.count).map { region.bytes.byte($0) } }

  /// What a request brings, read as a broker reads it.
  private func check(_ frame: [UInt8], _ batchRange: Range<Int>, records: Int, correlation: Int32) throws {
    #expect(frame.span.bytes.integer(Int32.self, at: 0) == Int32(frame.count - 4))
    let body = Array(frame[4...])
    let (header, start) = try RequestHeader.read(body.span.bytes)
    #expect(header.correlation == correlation && header.clientID == "sluice")
    let request = try ProduceRequest.read(body.span.bytes, from: start, version: header.version)
    #expect(request.acks == -1 && request.timeoutMs == 30_000 && request.topics.map(\.name) == ["telemetry"])
    let place = try #require(request.topics.first?.partitions.first)
    #expect(place.index == 5 && place.records.range == batchRange.lowerBound - 4..<batchRange.upperBound - 4)
    let content = Array(body[place.records.range])
    let batch = try RecordBatch(decoding: content.span.bytes)
    #expect(batch.header.recordCount == Int32(records) && batch.header.baseOffset == 0)
    var decompressor = LZ4Decompressor()
    var buffer = Region(id: RegionID(rawValue: 9), byteCount: 2 << 20)
    var reader = try batch.records(through: &decompressor, into: &buffer)
    var count: Int64 = 0
    while let record = try reader.next() {
      #expect(record.timestampMs == 1000 + count && record.offset == UInt64(count))
      count += 1
    }
    #expect(count == Int64(records))
  }

  @Test(arguments: [7, 8, 9, 11] as [Int16], [(1, 10), (40, 300), (3000, 300)])
  func `a broker reads what was gathered`(version: Int16, size: (records: Int, valueBytes: Int)) throws {
    let frame = ProduceFrame(
      topic: "telemetry",
      partition: 5,
      clientID: "sluice",
      version: version,
      timeoutMs: 30_000
    )
    var sealed = gathered(frame, records: size.records, valueBytes: size.valueBytes)
      .seal(frame, as: producer, sequence: 17)
    let region = sealed.take(99)
    try check(bytes(region), sealed.batchRange, records: size.records, correlation: 99)
    sealed.put(region)
    // Sent again under another number it is the same but for that.
    let again = sealed.take(100)
    try check(bytes(again), sealed.batchRange, records: size.records, correlation: 100)
  }

  @Test func `compressed records are as many, and smaller`() throws {
    let frame = ProduceFrame(topic: "telemetry", partition: 5, clientID: "sluice", version: 11, timeoutMs: 30_000)
    var compressor = LZ4Compressor()
    for (records, valueBytes) in [(1, 10), (40, 300), (3000, 300)] {
      let spare = Region(id: RegionID(rawValue: 2), byteCount: 2 << 20)
      let plain = gathered(frame, records: records, valueBytes: valueBytes)
      let plainBytes = plain.byteCount
      var sealed = plain.seal(frame, as: producer, sequence: 0, through: &compressor, into: spare)
      let region = sealed.batch.take(1)
      try check(bytes(region), sealed.batch.batchRange, records: records, correlation: 1)
      #expect(sealed.batch.batchBytes <= plainBytes)
      #expect(records == 1 || sealed.batch.batchBytes < plainBytes / 4)
    }
  }

  @Test func `another life of its producer changes nothing but its header`() throws {
    let frame = ProduceFrame(topic: "telemetry", partition: 5, clientID: "sluice", version: 11, timeoutMs: 30_000)
    var sealed = gathered(frame, records: 40, valueBytes: 300).seal(frame, as: producer, sequence: 17)
    sealed.renew(ProducerIdentity(id: 4711, epoch: 4), sequence: 0)
    let region = sealed.take(1)
    try check(bytes(region), sealed.batchRange, records: 40, correlation: 1)
    let header = try RecordBatchHeader(decoding: region.bytes.extracting(sealed.batchRange))
    #expect(header.producerID == 4711 && header.producerEpoch == 4 && header.baseSequence == 0)
  }

  @Test func `no batch exceeds what the topic takes`() {
    let frame = ProduceFrame(topic: "telemetry", partition: 5, clientID: "sluice", version: 11, timeoutMs: 30_000)
    var batch = gathered(frame, records: 3000, valueBytes: 300)
    let value = [UInt8](repeating: 0, count: 200_000)
    let headers: [UInt8] = [0]
    let record = Record(
      offset: 0,
      timestampMs: 0,
      key: value.span.bytes.extracting(0..<0),
      hasKey: false,
      value: value.span.bytes,
      hasValue: true,
      headers: headers.span.bytes
    )
    let before = batch.byteCount
    let fits = batch.append(record)
    #expect(!fits && batch.byteCount == before && batch.count == 3000)
  }
}
