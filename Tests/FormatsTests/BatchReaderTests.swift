import Bytes
import Events
import Formats
import Testing

struct BatchReaderTests {
  /// Two entries: topic 3 and topic 500, each with a captured batch.
  func body() -> [UInt8] {
    let vectors = KafkaVector.of("none", "lz4")
    var body = region(bytes: 64 << 10)
    for (topic, vector) in [(3, vectors[0]), (500, vectors[2])] {
      let start = body.count
      body.count += BatchEntry.byteCount
      let bytes = vector.bytes
      body.append(bytes.span.bytes)
      BatchEntry(topic: TopicID(rawValue: UInt16(topic)), batchBytes: vector.bytes.count).encode(into: &body, at: start)
    }
    return (0..<body.count).map { body.bytes.byte($0) }
  }
  /// The topics read before the end or a fault.
  func read(_ bytes: [UInt8]) -> (topics: [UInt16], records: Int, fault: RecordBatchFault?) {
    var reader = BatchReader(bytes.span.bytes)
    var topics: [UInt16] = []
    var records = 0
    do throws(RecordBatchFault) {
      while let element = try reader.next() {
        topics.append(element.topic.rawValue)
        records += Int(element.batch.header.recordCount)
      }
    } catch {
      return (topics, records, error)
    }
    return (topics, records, nil)
  }

  @Test func `a commit's batches are walked in order`() {
    let found = read(body())
    #expect(found.topics == [3, 500])
    #expect(found.records == 6)
    #expect(found.fault == nil)
    #expect(read([]).fault == nil)
  }

  @Test func `a body cut anywhere but between entries is a fault`() {
    let whole = body()
    let border = 8 + KafkaVector.of("none", "lz4")[0].bytes.count
    for count in 1..<whole.count {
      let found = read(Array(whole[..<count]))
      #expect(found.topics == (count < border ? [] : [3]))
      #expect((found.fault == nil) == (count == border))
    }
  }

  @Test func `an entry that contradicts its batch is a fault`() {
    var other = body()
    other[3] = 1
    #expect(read(other).fault == .entry(topic: TopicID(rawValue: 3), bytes: 199))
    other = body()
    other[7] += 1
    #expect(read(other).fault == .entry(topic: TopicID(rawValue: 3), bytes: 200))
    other = body()
    other[7] -= 1
    #expect(read(other).fault == .tooShort(needed: 199, found: 198))
    other = body()
    other[4] = 0xFF
    #expect(read(other).fault != nil)
  }
}
