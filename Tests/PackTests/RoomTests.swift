import Bytes
import Events
import Formats
import Pack
import Testing

struct RoomTests {
  @Test func `a full region refuses, stays intact and takes the event after the seal`() throws {
    var batch = Batch(filling: region(1, bytes: 4096), topics: topics([.none, .none]), headerBytes: 64)
    let payload = [UInt8](repeating: 3, count: 300)
    var count = 0
    while append(payload, count, offset: count, to: &batch) { count += 1 }
    #expect(count == 11)
    let (events, bytes, room) = (batch.events, batch.bytes, batch.room)
    for topic in 0..<2 { #expect(!append(payload, count, topic: topic, offset: topic == 0 ? count : 0, to: &batch)) }
    #expect(batch.events == events)
    #expect(batch.bytes == bytes)
    #expect(batch.room == room)
    #expect(room < 300)
    let kept = try read(batch.seal(using: region(2, bytes: 4096)))
    #expect(kept == (0..<count).map { expected(0, $0, payload, $0) })
    #expect(append(payload, count, offset: count, to: &batch))
  }

  @Test func `an event as large as the room fits, whatever its topic, and none larger than the region was made for`() {
    let bytes = Batch.regionBytesMin(headerBytes: 64, eventBytesMax: 1000)
    var batch = Batch(filling: region(1, bytes: bytes), topics: topics([.none, .none]), headerBytes: 64)
    #expect(batch.room == 1000)
    #expect(!append([UInt8](repeating: 1, count: 1001), 4, offset: 0, to: &batch))
    let isEmpty = batch.isEmpty
    #expect(isEmpty)
    #expect(append([UInt8](repeating: 1, count: 400), 4, offset: 0, to: &batch))
    let room = batch.room
    #expect(!append([UInt8](repeating: 1, count: room + 1), 4, topic: 1, offset: 0, to: &batch))
    #expect(append([UInt8](repeating: 1, count: room), 4, topic: 1, offset: 0, to: &batch))
    #expect(batch.room == 0)
  }

  @Test func `the runs of a commit are bounded, and the bound refuses without a change`() throws {
    var batch = Batch(filling: region(1, bytes: 1 << 20), topics: topics([.none, .none]), headerBytes: 64)
    var next = [0, 0]
    for number in 0..<Batch.runsMax {
      #expect(append([5], 0, topic: number % 2, offset: next[number % 2], to: &batch))
      next[number % 2] += 1
    }
    #expect(!append([5], 0, topic: 0, offset: next[0], to: &batch))
    #expect(batch.room == 0)
    #expect(append([5], 0, topic: 1, offset: next[1], to: &batch))
    #expect(try read(batch.seal(using: region(2, bytes: 1 << 20))).count == Batch.runsMax + 1)
    #expect(append([5], 0, topic: 0, offset: next[0], to: &batch))
  }

  @Test(arguments: [Codec.none, .lz4])
  func `the worst case, a topic an event filled to the last byte, still seals`(_ codec: Codec) throws {
    let many = topics([Codec](repeating: codec, count: 600))
    for bytes in [5000, 20_000, 131_072] {
      var batch = Batch(filling: region(1, bytes: bytes), topics: many, headerBytes: 64)
      var random = Noise(seed: UInt64(bytes))
      var count = 0
      while count < 600 {
        let payload = (0..<(count % 7)).map { _ in UInt8.random(in: 0...255, using: &random) }
        guard append(payload, count, topic: count, offset: 0, to: &batch) else { break }
        count += 1
      }
      // What is left goes to the first topic, as exactly as it will.
      var first = 1
      while append([1, 2], 4, topic: count - 1, offset: first, to: &batch) { first += 1 }
      #expect(batch.bytes <= bytes)
      let sealed = batch.seal(using: region(2, bytes: bytes))
      #expect(sealed.region.count <= bytes)
      #expect(sealed.batches == count)
      #expect(try read(sealed).count == count + first - 1)
    }
  }

  @Test func `state of a topic does not leak from commit to commit`() throws {
    var batch = Batch(filling: region(1), topics: topics([.none, .lz4]), headerBytes: 64)
    var spare = region(2)
    for commit in 0..<20 {
      let topic = commit % 3 == 0 ? 1 : 0
      // Offsets may jump between commits; within one they don't.
      #expect(append([UInt8](repeating: 1, count: 200), 1, topic: topic, offset: commit * 1000, to: &batch))
      #expect(append([2], 2, topic: topic, offset: commit * 1000 + 1, to: &batch))
      if commit % 4 == 0 { #expect(append([3], 3, topic: 1 - topic, offset: commit, to: &batch)) }
      let sealed = batch.seal(using: spare)
      #expect(try read(sealed).count == (commit % 4 == 0 ? 3 : 2))
      spare = sealed.region
    }
  }

  @Test func `an offset that does not follow is our own fault and stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
      _ = append([1], 0, offset: 0, to: &batch)
      _ = append([1], 0, offset: 2, to: &batch)
    }
    await #expect(processExitsWith: .failure) {
      var batch = Batch(filling: region(1), topics: topics([.none, .none]), headerBytes: 64)
      _ = append([1], 0, offset: 0, to: &batch)
      _ = append([1], 0, topic: 1, offset: 0, to: &batch)
      _ = append([1], 0, offset: 2, to: &batch)
    }
    await #expect(processExitsWith: .failure) {
      var batch = Batch(filling: region(1), topics: topics([.none]), headerBytes: 64)
      _ = append([1], 0, topic: 1, offset: 0, to: &batch)
    }
  }
}
