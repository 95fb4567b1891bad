import Bytes
import Events
import Formats
import Pack
import Testing

struct BatchTests {
  @Test func `one topic without a codec is completed where it was filled`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
    var isEmpty = batch.isEmpty
    #expect(isEmpty)
    let payload = Array("hello".utf8)
    for number in 0..<3 { #expect(append(payload, number, offset: 10 + number, to: &batch)) }
    #expect(batch.events == 3)
    let stamps = (0..<3).reduce(0) { $0 + StampHeader(plain($1)).byteCount }
    #expect(batch.bytes == 64 + 8 + 61 + 3 * (1 + 3 + 1 + 1 + 5) + stamps)
    let sealed = batch.seal(using: region(2))
    #expect(sealed.region.id.rawValue == 1)
    #expect(sealed.events == 3)
    #expect(sealed.batches == 1)
    isEmpty = batch.isEmpty
    #expect(isEmpty)
    #expect(batch.events == 0)
    let kept = try read(sealed)
    #expect(
      kept
        == (0..<3).map {
          Kept(topic: 0, offset: 10 + $0, timestampMs: 1000, key: nil, value: payload, stamp: plain($0))
        }
    )
  }
}
