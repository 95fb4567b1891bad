import Bytes
import Events
import Formats
import Pack
import Testing

/// Numbers that look random and are the same in every run.
struct Noise: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

struct PropertyTests {
  @Test(arguments: 0..<60)
  func `whatever is packed is what is read, in order, with consecutive offsets`(_ seed: UInt64) throws {
    var random = Noise(seed: seed)
    let topicCount = Int.random(in: 1...6, using: &random)
    let codecs = (0..<topicCount).map { _ in Bool.random(using: &random) ? Codec.none : .lz4 }
    let bytes = Int.random(in: 2000...200_000, using: &random)
    var batch = Batch(filling: region(1, bytes: bytes), topics: topics(codecs), headerBytes: 64)
    var spare = region(2, bytes: bytes)
    var next = (0..<topicCount).map { _ in Int.random(in: 0...1 << 40, using: &random) }
    var pending = [[Kept]](repeating: [], count: topicCount)
    var order: [Int] = []
    var topic = 0
    var time: Int64 = 1_700_000_000_000
    var commits = 0
    for number in 0..<600 {
      if Int.random(in: 0..<4, using: &random) == 0 { topic = Int.random(in: 0..<topicCount, using: &random) }
      if Int.random(in: 0..<10, using: &random) == 0 { time += Int64.random(in: -2...50, using: &random) }
      let length = Int.random(in: 0...(number % 9 == 0 ? 1500 : 80), using: &random)
      let isText = Bool.random(using: &random)
      let payload = (0..<length).map { isText ? UInt8(97 + $0 % 5) : UInt8.random(in: 0...255, using: &random) }
      let key = [nil, [], payload.prefix(3) + []].randomElement(using: &random)!
      let before = (batch.events, batch.bytes)
      let kept = append(
        payload,
        number,
        key: key,
        topic: topic,
        offset: next[topic],
        timestampMs: time,
        to: &batch
      )
      if !kept { #expect(before == (batch.events, batch.bytes)) }
      if kept {
        if !order.contains(topic) { order.append(topic) }
        pending[topic].append(expected(topic, next[topic], payload, number, key: key, timestampMs: time))
        next[topic] += 1
      }
      guard !kept || Int.random(in: 0..<100, using: &random) == 0, batch.events > 0 else { continue }
      let count = batch.bytes
      let sealed = batch.seal(using: spare)
      #expect(sealed.region.count <= count)
      #expect(try read(sealed) == order.flatMap { pending[$0] })
      spare = sealed.region
      pending = [[Kept]](repeating: [], count: topicCount)
      order = []
      commits += 1
    }
    #expect(commits > 0)
  }
}
