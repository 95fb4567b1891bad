import Bytes
import Events
import Formats
import Pack
import Testing

/// Events that bring headers for their records.
struct HeaderTests {
  /// Offers an event of 800 bytes, its key among them, with two headers of 200 together.
  private func append(_ offset: UInt64, key: [UInt8]?, to batch: inout Batch) -> Bool {
    var more = region(8)
    more.count = EventDetails.headBytes
    let (first, second, one) = (Array("ce_id".utf8), Array("ce_x".utf8), [UInt8]("1".utf8))
    let value = [UInt8](repeating: 0x61, count: 185)
    var fits = more.append(header: first.span.bytes, value: one.span.bytes)
    fits = more.append(header: second.span.bytes, value: value.span.bytes) && fits
    precondition(fits && more.count == EventDetails.headBytes + 200)
    EventDetails(headerCount: 2, headerBytes: 200).store(in: &more)
    more.append("the schema is not written")
    let payload = [UInt8](repeating: 7, count: 800 - (key?.count ?? 0))
    let held = key ?? []
    let event = Event(
      grant: Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1000),
      origin: Origin(),
      key: held.span.bytes,
      hasKey: key != nil,
      payload: payload.span.bytes,
      details: more.bytes
    )
    return batch.append(event, stamp: StampHeader(plain(3)), offset: offset, timestampMs: 1000)
  }

  @Test(arguments: [nil, [], [1, 2, 3]] as [[UInt8]?])
  func `headers count as bytes of their event, and it fits as far as is promised`(key: [UInt8]?) {
    let bytes = Batch.regionBytesMin(headerBytes: 64, eventBytesMax: 1000)
    for (bytes, expected) in [(bytes, true), (bytes - 1, false)] {
      var batch = Batch(filling: region(0, bytes: bytes), topics: topics([.none]), headerBytes: 64)
      let fits = append(7, key: key, to: &batch)
      #expect(fits == expected)
      let isEmpty = batch.isEmpty
      #expect(isEmpty != expected, "nothing is changed by what does not fit")
    }
  }

  @Test(arguments: [Codec.none, .lz4])
  func `events with headers and without stand side by side`(codec: Codec) throws {
    var batch = Batch(filling: region(0), topics: topics([codec]), headerBytes: 64)
    let taken = [
      PackTests.append([1], 0, offset: 0, to: &batch), append(1, key: [9], to: &batch),
      PackTests.append([2], 2, offset: 2, to: &batch), append(3, key: nil, to: &batch),
      PackTests.append([3], 4, key: [4], offset: 4, to: &batch),
    ]
    #expect(taken.allSatisfy { $0 })
    let kept = try read(batch.seal(using: region(1)))
    #expect(kept.map(\.key) == [nil, [9], nil, nil, [4]])
    #expect(kept.map { $0.value.count } == [1, 799, 1, 800, 1])
    #expect(kept.map { $0.headers.count } == [0, 2, 0, 2, 0])
    #expect(kept[3].headers == ["ce_id=1", "ce_x=" + String(repeating: "a", count: 185)])
    #expect(kept[3].stamp == plain(3))
  }
}
