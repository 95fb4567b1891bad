import Bytes
import Events
import Formats
import Store
import Testing

/// What a lane calls safe.
@Suite struct WatermarkTests {
  @Test func `nothing is safe before its write is complete`() throws {
    var rig = try Rig()
    rig.open()
    #expect(rig.lane.safe == .none)
    rig.commit(3)
    #expect(rig.lane.last.rawValue == 3)
    #expect(rig.lane.safe == .none)
    #expect(rig.lane.bytesInFlight == 4096)
    let settled = rig.complete()
    #expect(settled.events == 3)
    #expect(rig.lane.safe.rawValue == 3)
    #expect(rig.lane.bytesInFlight == 0)
  }

  /// Every order in which four writes can complete.
  static var orders: [[Int]] {
    var all: [[Int]] = []
    for number in 0..<256 {
      let order = (0..<4).map { number >> (2 * $0) & 3 }
      if Set(order).count == 4 { all.append(order) }
    }
    return all
  }
  @Test(arguments: orders)
  func `the watermark passes only what has no gap before it`(order: [Int]) throws {
    var rig = try Rig()
    rig.open()
    let sizes = [3, 1, 5, 2]
    var writes: [Written] = []
    for size in sizes { writes.append(rig.commit(size)) }
    var isDone = [false, false, false, false]
    var events: UInt64 = 0
    for place in order {
      isDone[place] = true
      events += rig.complete(rig.flights.firstIndex { $0.region == writes[place].region }!).events
      let contiguous = isDone.firstIndex(of: false) ?? 4
      #expect(rig.lane.safe.rawValue == UInt64(sizes[..<contiguous].reduce(0, +)))
      #expect(events == rig.lane.safe.rawValue)
      #expect(rig.lane.durableSequence == UInt64(contiguous))
    }
  }

  @Test func `a region that is used again before its first write is passed counts for its second`() throws {
    var rig = try Rig()
    rig.open()
    let first = rig.commit(1)
    let second = rig.commit(1)
    rig.complete(1)
    // The second commit's region is free again although the first is still under way.
    var region = Region(id: second.region, byteCount: 16 << 10)
    let event = Logged(topic: 0, offset: rig.lane.claim(TopicID(rawValue: 0)).offset, value: [1])
    fill(&region, [event])
    _ = rig.lane.commit(&region, events: 1, last: rig.lane.last, utcNs: rig.utcNs, nowNs: rig.nowNs)
    _ = rig.lane.completed(first.region, 4096, nowNs: rig.nowNs)
    #expect(rig.lane.safe.rawValue == 2)
    _ = rig.lane.completed(region.id, 4096, nowNs: rig.nowNs)
    #expect(rig.lane.safe.rawValue == 3)
  }

  @Test(arguments: [-5, -28, 0, 4096, 8191, 8193] as [Int32])
  func `after a write that failed or fell short nothing becomes safe`(result: Int32) throws {
    var rig = try Rig()
    rig.open()
    for count in 1...3 { rig.commit(count, bytes: 5000 / count) }
    rig.complete(0)
    #expect(rig.lane.safe.rawValue == 1)
    #expect(rig.flights[0].bytes.count == 8192)
    let settled = rig.complete(0, result)
    #expect(settled.events == 0)
    #expect(rig.lane.failure == (result < 0 ? result : -5))
    rig.complete(0)
    #expect(rig.lane.safe.rawValue == 1)
    #expect(rig.lane.durableSequence == 1)
    let isReady = rig.lane.isReady
    #expect(!isReady)
    for batchBytes in [0, 200, 16 << 10] {
      let step = rig.next(batchBytes, isDraining: true)
      #expect(step == .wait)
    }
  }

  @Test func `a failure keeps what completed behind it from being safe`() throws {
    var rig = try Rig()
    rig.open()
    for _ in 0..<3 { rig.commit(1) }
    rig.complete(2)
    rig.complete(1, -5)
    rig.complete(0)
    #expect(rig.lane.safe.rawValue <= 1)
  }

  @Test func `a header that can not be written is a failure too`() throws {
    var rig = try Rig()
    _ = rig.advance()
    rig.complete(0, -5)
    #expect(rig.lane.failure == -5)
    let step = rig.next(100)
    #expect(step == .wait)
  }

  @Test func `the end of a segment makes nothing safe that is still in the batch`() throws {
    var rig = try Rig()
    rig.open()
    while rig.lane.counters.segmentsOpened < 2 {
      let filled = rig.batch([value(0, 0, 5000), value(0, 1, 4000)])
      let before = rig.lane.last.rawValue - 2
      var step = rig.advance(filled.region.count, isDraining: true)
      while step != .commit {
        // Indexes, seals and headers complete while the batch waits.
        #expect(!rig.flights.isEmpty)
        rig.complete()
        #expect(rig.lane.safe.rawValue <= before)
        step = rig.advance(filled.region.count, isDraining: true)
      }
      _ = rig.submit(filled)
    }
    let before = rig.lane.last.rawValue - 2
    #expect(rig.lane.safe.rawValue == before)
    rig.settle()
    #expect(rig.lane.safe.rawValue == before + 2)
  }

  @Test func `a seal makes nothing safe that was claimed since the last commit`() throws {
    var rig = try Rig()
    rig.open()
    rig.commit(2)
    rig.settle()
    rig.nowNs += 1_000_000_000
    let step = rig.next()
    #expect(step == .seal)
    _ = rig.carryOut(step)
    // An event arrives while the seal is under way.
    _ = rig.lane.claim(TopicID(rawValue: 0))
    rig.settle()
    #expect(rig.lane.safe.rawValue == 2)
    #expect(rig.lane.last.rawValue == 3)
  }

  @Test func `more writes than agreed are never under way`() throws {
    var rig = try Rig(Rig.settings(writesMax: 2))
    rig.open()
    rig.commit(1)
    rig.commit(1)
    let full = rig.next(16 << 10, isDraining: true)
    #expect(full == .wait)
    rig.complete(0)
    let free = rig.next(200, isDraining: true)
    #expect(free == .commit)
  }

  @Test func `a write that ends before an older one makes room for another, within a bound`() throws {
    var rig = try Rig(Rig.settings(writesMax: 2))
    rig.open()
    rig.commit(1)
    // All but the first end at once; none of them is safe before it is.
    for _ in 1..<8 {
      rig.commit(1)
      rig.complete(1)
      #expect(rig.lane.safe == .none)
    }
    let full = rig.next(200, isDraining: true)
    #expect(full == .wait)
    rig.complete(0)
    #expect(rig.lane.safe.rawValue == 8)
    let free = rig.next(200, isDraining: true)
    #expect(free == .commit)
  }

  @Test func `a small batch waits for the write under way, a large one does not`() throws {
    var rig = try Rig()
    rig.open()
    let idle = rig.next(200)
    #expect(idle == .commit)
    rig.commit(1)
    // Large is three quarters of what is under way: a block.
    for (bytes, step) in [(200, Lane.Step.wait), (3071, .wait), (3072, .commit)] {
      let found = rig.next(bytes)
      #expect(found == step)
    }
  }
}
