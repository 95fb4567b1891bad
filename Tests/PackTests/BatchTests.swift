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
    let bytes = batch.bytes
    let sealed = batch.seal(using: region(2))
    #expect(sealed.region.id.rawValue == 1)
    #expect(sealed.region.count == bytes)
    #expect(sealed.events == 3)
    #expect(sealed.batches == 1)
    isEmpty = batch.isEmpty
    #expect(isEmpty)
    #expect(batch.events == 0)
    let kept = try read(sealed)
    #expect(kept == (0..<3).map { expected(0, 10 + $0, payload, $0) })
  }

  @Test func `several topics are gathered by first appearance, each in its own order`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none, .none, .none]), headerBytes: 64)
    var next = [100, 200, 300]
    var all: [[Kept]] = [[], [], []]
    let order = [2, 2, 0, 2, 1, 1, 0, 0, 2]
    for (number, topic) in order.enumerated() {
      let payload = Array("event \(number)".utf8)
      #expect(append(payload, number, topic: topic, offset: next[topic], to: &batch))
      all[topic].append(expected(topic, next[topic], payload, number))
      next[topic] += 1
    }
    #expect(batch.events == order.count)
    let bytes = batch.bytes
    let sealed = batch.seal(using: region(2))
    #expect(sealed.region.id.rawValue == 2)
    #expect(sealed.batches == 3)
    #expect(sealed.region.count == bytes)
    #expect(try read(sealed) == all[2] + all[0] + all[1])
  }

  @Test func `a compressed topic is smaller, and one that does not shrink is stored as it is`() throws {
    var batch = Batch(filling: region(1), topics: topics([.lz4, .lz4]), headerBytes: 64)
    let text = [UInt8](repeating: 65, count: 20_000)
    var random = Noise(seed: 3)
    let noise = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(append(text, 1, topic: 0, offset: 0, to: &batch))
    #expect(append(noise, 2, topic: 1, offset: 0, to: &batch))
    let bytes = batch.bytes
    let sealed = batch.seal(using: region(2))
    #expect(sealed.region.count < bytes - 19_000)
    let codecs = try codecs(of: sealed)
    #expect(codecs == [.lz4, Codec.none])
    #expect(try read(sealed) == [expected(0, 0, text, 1), expected(1, 0, noise, 2)])
  }

  @Test func `keys of any kind come back`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 0)
    let keys: [[UInt8]?] = [nil, [], [7], [UInt8](repeating: 1, count: 63), [UInt8](repeating: 2, count: 9000)]
    var all: [Kept] = []
    for (number, key) in keys.enumerated() {
      let payload = [UInt8](repeating: 9, count: number)
      #expect(append(payload, number, key: key, offset: number, to: &batch))
      all.append(expected(0, number, payload, number, key: key))
    }
    #expect(try read(batch.seal(using: region(2)), headerBytes: 0) == all)
  }

  @Test func `times may differ and go back within a batch`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
    let times: [Int64] = [5000, 5000, 4000, 9_000_000, -5, 5000]
    for (number, time) in times.enumerated() {
      #expect(append([1], number, offset: number, timestampMs: time, to: &batch))
    }
    let sealed = batch.seal(using: region(2))
    #expect(try read(sealed).map(\.timestampMs) == times)
    #expect(sealed.firstTimestampMs == -5)
    #expect(sealed.lastTimestampMs == 9_000_000)
  }

  @Test func `times too far apart do not share a batch`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
    #expect(append([1], 0, offset: 0, timestampMs: 0, to: &batch))
    for time in [Int64.max, .min, 1 << 27, -1 << 27 - 1] {
      #expect(!append([1], 1, offset: 1, timestampMs: time, to: &batch))
    }
    #expect(batch.events == 1)
    #expect(append([1], 1, offset: 1, timestampMs: 1 << 27 - 1, to: &batch))
    #expect(try read(batch.seal(using: region(2))).count == 2)
    #expect(append([1], 1, offset: 2, timestampMs: .max, to: &batch))
    #expect(try read(batch.seal(using: region(3))).map(\.timestampMs) == [.max])
  }

  @Test func `offsets are followed over thousands of records in runs of any length`() throws {
    var batch = Batch(filling: region(1, bytes: 4 << 20), topics: topics([.none, .none]), headerBytes: 64)
    var next = [0, 1 << 40]
    for number in 0..<20_000 {
      let topic = number % 1000 < 970 ? 0 : 1
      #expect(append([UInt8(number & 255)], number % 3, topic: topic, offset: next[topic], to: &batch))
      next[topic] += 1
    }
    let kept = try read(batch.seal(using: region(2, bytes: 4 << 20)))
    #expect(kept.count == 20_000)
    #expect(kept.filter { $0.topic == 0 }.map(\.offset) == Array(0..<next[0]))
    #expect(kept.filter { $0.topic == 1 }.map(\.offset) == Array(1 << 40..<next[1]))
  }

  @Test func `the payload is copied once when there is one topic and no codec`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
    let payload = Array("find me".utf8)
    #expect(append(payload, 0, offset: 0, to: &batch))
    let spare = region(2)
    let sealed = batch.seal(using: spare)
    // It lies where it was written, and the other region, which is filled next, has never seen it.
    #expect(occurrences(of: payload, in: sealed.region) == 1)
    #expect(append(Array("other".utf8), 1, offset: 1, to: &batch))
    let second = batch.seal(using: region(3))
    #expect(second.region.id.rawValue == 2)
    #expect(occurrences(of: payload, in: second.region) == 0)
    #expect(occurrences(of: Array("other".utf8), in: second.region) == 1)
  }

  @Test func `a run of events is written as the same events one by one, as far as it fits`() throws {
    let payloads = (0..<200).map { [UInt8](repeating: UInt8($0), count: 1 + $0 % 7 * 40) }
    let wire = payloads.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
    let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1 << 10)
    for (regionBytes, limit) in [(64 << 10, 200), (8 << 10, 200), (64 << 10, 70), (64 << 10, 1)] {
      var one = Batch(filling: region(1, bytes: regionBytes), topics: topics([.none]), headerBytes: 64)
      var many = Batch(filling: region(2, bytes: regionBytes), topics: topics([.none]), headerBytes: 64)
      let first = StampHeader(plain(0))
      var (stamp, expected, end) = (first, 0, 0)
      for payload in payloads.prefix(limit) {
        let event = Event(grant: grant, origin: Origin(), payload: payload.span.bytes)
        guard one.append(event, stamp: stamp, offset: UInt64(7 + expected), timestampMs: 1000) else { break }
        expected += 1
        end += 2 + payload.count
        stamp.eventID += 3
      }
      let bytes = wire.span.bytes
      let taken = many.append(
        Sized(bytes: bytes),
        of: bytes,
        from: 0,
        topic: TopicID(rawValue: 0),
        offset: 7,
        timestampMs: 1000,
        stamp: first,
        idStep: 3,
        atMost: limit
      )
      #expect(taken.count == expected && taken.end == end)
      #expect(taken.lastStart == end - payloads[expected - 1].count)
      #expect(expected == limit || regionBytes == 8 << 10)
      let left = one.seal(using: region(3, bytes: regionBytes))
      let right = many.seal(using: region(4, bytes: regionBytes))
      #expect(try read(left) == read(right))
    }
  }
}

/// Events with their lengths in front.
struct Sized: EventRun, ~Escapable {
  let bytes: RawSpan
  @_lifetime(copy bytes) init(bytes: RawSpan) { self.bytes = bytes }

  func payload(at offset: Int) -> Range<Int>? {
    guard offset < bytes.byteCount else { return nil }
    return offset + 2..<offset + 2 + Int(bytes.integer(UInt16.self, at: offset))
  }
}

/// What a reader must find of an event.
func expected(
  _ topic: Int,
  _ offset: Int,
  _ value: [UInt8],
  _ number: Int,
  key: [UInt8]? = nil,
  timestampMs: Int64 = 1000
) -> Kept {
  Kept(topic: topic, offset: offset, timestampMs: timestampMs, key: key, value: value, stamp: plain(number))
}
/// How often bytes occur in a region, its unfilled part included.
func occurrences(of needle: [UInt8], in region: borrowing Region) -> Int {
  let whole = (0..<region.byteCount).map { region.memory[$0] }
  return (0...(whole.count - needle.count)).count { Array(whole[$0..<($0 + needle.count)]) == needle }
}
