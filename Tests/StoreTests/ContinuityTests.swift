import Bytes
import Events
import Formats
import Store
import Testing

/// What goes on over the lives of a process.
@Suite struct ContinuityTests {
  @Test func `offsets, sequences, epochs and generations go on, and numbers start afresh`() throws {
    var files = Files()
    var committed: [Logged] = []
    var sequence: UInt64 = 1
    for life in 1...6 {
      var rig = try Rig(Rig.settings(slots: 10), on: files, entropy: UInt64(life))
      #expect(rig.lane.sequence == sequence)
      #expect(rig.lane.last == .none && rig.lane.safe == .none)
      for topic in 0..<2 {
        let count = committed.filter { $0.topic == topic }.count
        #expect(rig.lane.nextOffset(of: TopicID(rawValue: UInt16(topic))) == UInt64(count))
      }
      rig.open()
      for turn in 0..<(3 + life) { rig.commit(1 + turn % 3, topic: turn % 2, bytes: 100) }
      rig.settle()
      committed += rig.committed
      let reading = rig.files.read(rig.lane.settings)
      #expect(reading.events == committed)
      #expect(reading.damages.isEmpty && reading.faults.isEmpty)
      #expect(reading.sequences == Array(1..<rig.lane.sequence))
      #expect(rig.files.headers.last?.epoch == UInt64(life))
      #expect(rig.files.headers.last?.generation == UInt64(life))
      sequence = rig.lane.sequence
      files = rig.files
    }
    #expect(Set(files.headers.map(\.secret.bits)).count == 6)
  }

  @Test func `a clean end is not called a cut, wherever the segment stands in its life`() throws {
    var files = Files()
    for life in 1...20 {
      var rig = try Rig(Rig.settings(slots: 3), on: files, entropy: UInt64(life))
      rig.open()
      for _ in 0..<(life % 9 + 1) { rig.commit(2, bytes: life * 300) }
      rig.finish(isDraining: true)
      files = rig.files
      let recovered = try files.recover(rig.lane.settings)
      #expect(recovered.cut == nil)
      #expect(recovered.sequence == rig.lane.sequence)
    }
  }

  @Test func `a process that starts over and over keeps its log`() throws {
    var rig = try Rig(Rig.settings(slots: 3))
    rig.open()
    while rig.lane.counters.segmentsOpened < 2 { rig.commit(2, bytes: 3000) }
    rig.finish(isDraining: true)
    let (committed, sequence) = (rig.committed, rig.lane.sequence)
    var files = rig.files
    for life in 2...40 {
      var next = try Rig(Rig.settings(slots: 3), on: files, entropy: UInt64(life))
      next.open()
      #expect(next.lane.segmentsInUse <= 3)
      #expect(next.lane.counters.segmentsRetired == 0)
      #expect(next.lane.sequence == sequence)
      let reading = next.files.read(next.lane.settings)
      #expect(reading.events == committed)
      #expect(reading.damages.isEmpty)
      files = next.files
    }
  }

  @Test func `a segment that got no more than a seal is used again, and nothing is missed`() throws {
    // With two writes under way at its end the index vouches for neither: the next segment begins with a seal.
    var rig = try Rig(Rig.settings(slots: 3))
    rig.open()
    for _ in 0..<2 { rig.commit(1, bytes: 12_300) }
    let step = rig.advance(16 << 10, isDraining: true)
    #expect(step == .wait)
    rig.finish(isDraining: true)
    #expect(rig.lane.counters.segmentsOpened == 2)
    #expect(rig.lane.counters.seals == 1)
    var files = rig.files
    for life in 2...5 {
      var next = try Rig(Rig.settings(slots: 3), on: files, entropy: UInt64(life))
      next.open()
      let reading = next.files.read(next.lane.settings)
      #expect(reading.events == rig.committed)
      #expect(reading.damages.isEmpty)
      files = next.files
    }
    var last = try Rig(Rig.settings(slots: 3), on: files, entropy: 9)
    last.open()
    last.commit(2)
    last.settle()
    let reading = last.files.read(last.lane.settings)
    #expect(reading.events == rig.committed + last.committed)
    #expect(reading.damages.isEmpty)
  }

  @Test func `a segment that was filled to its last block is followed like any other`() throws {
    // Header, four commits and the index take exactly the six blocks there are.
    let settings = Rig.settings(segmentBytes: 24 << 10, commitBytesMax: 4 << 10)
    var rig = try Rig(settings)
    rig.open()
    for _ in 0..<4 { rig.commit(1) }
    let step = rig.next(4 << 10, isDraining: true)
    #expect(step == .wait)
    rig.complete()
    let index = rig.next(4 << 10, isDraining: true)
    _ = rig.carryOut(index)
    #expect(index == .index)
    rig.settle()
    let recovered = try rig.files.recover(settings)
    #expect(recovered.cut == nil)
    #expect(recovered.sequence == 6)
    var next = try Rig(settings, on: rig.files, entropy: 2)
    next.open()
    let before = try #require(next.files.headers.last?.predecessor)
    #expect(before.endBlock == 6 && before.indexBlock == 5 && before.endSequence == 6)
  }

  @Test func `what an earlier use of a segment left behind is not called a cut`() throws {
    let settings = Rig.settings(segmentBytes: 24 << 10, slots: 3, commitBytesMax: 4 << 10)
    var rig = try Rig(settings)
    rig.open()
    for _ in 0..<60 {
      rig.commit(1)
      rig.settle()
      let recovered = try rig.files.recover(settings)
      #expect(recovered.cut == nil)
      #expect(recovered.sequence == rig.lane.sequence)
    }
  }
}
