import Bytes
import Events
import Formats
import Store
import Testing

/// How a lane goes from segment to segment.
@Suite struct SegmentTests {
  @Test func `a segment ends with its index, and the next begins when everything is durable`() throws {
    var rig = try Rig()
    rig.open()
    // Two commits of 16 KiB leave less than one before the place of the index.
    for _ in 0..<2 { rig.commit(1, bytes: 12_300) }
    let index = rig.next(16 << 10, isDraining: true)
    #expect(index == .index)
    _ = rig.carryOut(index)
    for left in (1...3).reversed() {
      #expect(rig.flights.count == left)
      let step = rig.next(16 << 10, isDraining: true)
      #expect(step == .wait)
      rig.complete()
    }
    let open = rig.advance(16 << 10)
    #expect(open == .wait)
    #expect(rig.flights.count == 1)
    #expect(rig.flights[0].place.slot == 1 && rig.flights[0].place.offset == 0)
    // The header is under way: no commit may come before it.
    let waits = rig.next(16 << 10, isDraining: true)
    #expect(waits == .wait)
    rig.complete()
    let commit = rig.advance(16 << 10)
    #expect(commit == .commit)
    #expect(rig.lane.counters.segmentsOpened == 2)
    #expect(rig.lane.segmentsInUse == 2)
  }

  @Test func `a header says where the segment before it ended`() throws {
    var rig = try Rig()
    rig.open()
    while rig.lane.counters.segmentsOpened < 3 { rig.commit(2, topic: Int(rig.lane.sequence % 2), bytes: 3000) }
    rig.settle()
    let headers = rig.files.headers
    #expect(headers.map(\.generation) == [1, 2, 3])
    #expect(headers[0].predecessor == nil)
    let reading = rig.files.read(rig.lane.settings)
    #expect(reading.damages.isEmpty)
    for (before, after) in zip(headers, headers.dropFirst()) {
      let predecessor = try #require(after.predecessor)
      #expect(predecessor.generation == before.generation)
      #expect(predecessor.slot == before.segment.slot)
      #expect(predecessor.endSequence == after.firstSequence)
      let last = try #require(reading.sequences.firstIndex(of: after.firstSequence - 1))
      #expect(reading.commits[last].kind == .index)
      #expect(Int(predecessor.indexBlock) * 4096 == reading.places[last])
      #expect(Int(predecessor.endBlock) * 4096 == reading.places[last] + reading.commits[last].bytesPadded)
      #expect(after.epoch == before.epoch)
      #expect(after.secret == before.secret)
    }
    for topic in 0..<2 {
      let id = TopicID(rawValue: UInt16(topic))
      let first = reading.events.first { $0.topic == topic }
      #expect(first?.offset == 0)
      #expect(headers[2].topics[topic].topic == id)
      let count = reading.events.filter { $0.topic == topic }.count
      #expect(rig.lane.nextOffset(of: id) == UInt64(count))
    }
  }

  @Test func `an index leads to every stride of every topic`() throws {
    var rig = try Rig(Rig.settings(topics: 3, segmentBytes: 256 << 10))
    rig.open()
    while rig.lane.counters.segmentsOpened < 2 { rig.commit(3, topic: Int(rig.lane.sequence % 3)) }
    rig.settle()
    let file = rig.files.bytes[0]!
    let headers = rig.files.headers
    let at = Int(headers[1].predecessor!.indexBlock) * 4096
    let found = SegmentIndex.read(file.span.bytes.extracting(at..<file.count))
    let entries = try #require(found)
    let reading = rig.files.read(rig.lane.settings)
    #expect(Set(entries.map(\.topic.rawValue)) == [0, 1, 2])
    for entry in entries {
      let place = try #require(reading.places.firstIndex(of: Int(entry.block) * 4096))
      let commit = file.span.bytes.extracting(reading.places[place]..<file.count)
      #expect(commit.integer(UInt16.self, at: 64) == entry.topic.rawValue)
      #expect(commit.integer(UInt64.self, at: 72) == entry.baseOffset)
      #expect(reading.commits[place].timeNs == entry.timeNs)
    }
  }

  // MARK: Preparation

  @Test func `a commit waits until its place has been written in advance`() throws {
    var rig = try Rig()
    let prepare = rig.next()
    #expect(prepare == .prepare(slot: 0))
    rig.files.make(0, byteCount: 64 << 10)
    rig.lane.prepared(slot: 0, throughBytes: 16 << 10, nowNs: rig.nowNs)
    let early = rig.next()
    #expect(early == .wait)
    rig.lane.prepared(slot: 0, throughBytes: 20 << 10, nowNs: rig.nowNs)
    // Header and largest commit fit: it need not be prepared to its end.
    let open = rig.next()
    #expect(open == .open)
    _ = rig.carryOut(open)
    rig.complete()
    rig.commit(1, bytes: 12_300)
    let step = rig.advance(4096, isDraining: true)
    #expect(step == .wait)
    rig.lane.prepared(slot: 0, throughBytes: 24 << 10, nowNs: rig.nowNs)
    let goesOn = rig.advance(4096, isDraining: true)
    #expect(goesOn == .commit)
  }

  @Test func `an index waits until its place has been written in advance`() throws {
    var rig = try Rig()
    _ = rig.next()
    rig.files.make(0, byteCount: 64 << 10)
    rig.lane.prepared(slot: 0, throughBytes: 36 << 10, nowNs: rig.nowNs)
    _ = rig.carryOut(rig.next())
    rig.complete()
    for _ in 0..<2 { rig.commit(1, bytes: 12_300) }
    // Whoever prepares would write zeros over an index that is ahead of it.
    let early = rig.advance(16 << 10, isDraining: true)
    #expect(early == .wait)
    #expect(rig.flights.count == 2)
    rig.lane.prepared(slot: 0, throughBytes: 52 << 10, nowNs: rig.nowNs)
    let index = rig.next(16 << 10, isDraining: true)
    #expect(index == .index)
  }

  @Test func `a segment that could not be prepared to its end ends there`() throws {
    var rig = try Rig()
    _ = rig.next()
    rig.files.make(0, byteCount: 64 << 10)
    rig.lane.prepared(slot: 0, throughBytes: 44 << 10, nowNs: rig.nowNs)
    _ = rig.carryOut(rig.next())
    rig.complete()
    rig.lane.prepared(slot: 0, throughBytes: -28, nowNs: rig.nowNs)
    rig.commit(1, bytes: 12_300)
    // 20 + 16 KiB leave no 16 KiB for the index before 44.
    let index = rig.next(16 << 10, isDraining: true)
    #expect(index == .index)
    _ = rig.carryOut(index)
    let write = try #require(rig.flights.last)
    #expect(write.place.offset + write.bytes.count <= 44 << 10)
    rig.nowNs += 2_000_000_000
    rig.commit(1, bytes: 12_300)
    rig.settle()
    #expect(rig.flights.isEmpty)
    #expect(rig.lane.counters.segmentsOpened == 2)
    let reading = rig.files.read(rig.lane.settings)
    #expect(reading.events == rig.committed)
    #expect(reading.damages.isEmpty)
  }

  // MARK: Full disks

  @Test func `a disk without room makes the lane full until there is some`() throws {
    var rig = try Rig()
    rig.makesSegments = false
    let step = rig.advance()
    #expect(step == .wait)
    #expect(rig.lane.isFull == true)
    let isReady = rig.lane.isReady
    #expect(!isReady)
    #expect(rig.lane.counters.preparationsFailed == 1)
    // It asks again after a while, not at once.
    rig.nowNs += 999_999_999
    let soon = rig.next()
    #expect(soon == .wait)
    rig.nowNs += 1
    rig.makesSegments = true
    let again = rig.next()
    #expect(again == .prepare(slot: 0))
    _ = rig.carryOut(again)
    rig.open()
    #expect(rig.lane.isFull == false)
    rig.commit(1)
    rig.settle()
    #expect(rig.lane.safe.rawValue == 1)
  }

  @Test func `a disk that fills up stops the lane where its segment ends and keeps every event`() throws {
    var rig = try Rig(Rig.settings(slots: 8))
    rig.open()
    while rig.lane.counters.segmentsOpened < 3 { rig.commit(2, bytes: 4000) }
    rig.makesSegments = false
    var step = rig.advance(16 << 10, isDraining: true)
    while step == .commit || !rig.flights.isEmpty {
      if step == .commit { rig.commit(1, bytes: 12_300) }
      rig.settle()
      rig.nowNs += 2_000_000_000
      step = rig.advance(16 << 10, isDraining: true)
    }
    #expect(rig.lane.isFull == true)
    #expect(rig.lane.failure == nil)
    #expect(rig.lane.counters.segmentsRetired == 0)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 0)) == 0)
    #expect(rig.lane.safe == rig.lane.last)
    #expect(rig.files.read(rig.lane.settings).events == rig.committed)
    rig.makesSegments = true
    rig.nowNs += 2_000_000_000
    rig.commit(1)
    rig.settle()
    #expect(rig.lane.isFull == false)
    #expect(rig.lane.safe == rig.lane.last)
    #expect(rig.files.read(rig.lane.settings).events == rig.committed)
  }

  @Test func `a full lane tells readers through its index that all is durable`() throws {
    var rig = try Rig(Rig.settings(slots: 3))
    rig.open()
    rig.makesSegments = false
    rig.commit(1, bytes: 12_300)
    rig.commit(1, bytes: 12_300)
    rig.settle()
    rig.nowNs += 1_000_000_000
    rig.finish(isDraining: true)
    #expect(rig.lane.isSealed == true)
    #expect(rig.files.read(rig.lane.settings, isLive: true).events == rig.committed)
  }

  // MARK: Retention

  @Test func `the oldest segment makes room when all are in use, and log starts follow`() throws {
    var rig = try Rig(Rig.settings(slots: 4))
    rig.open()
    let other = rig.commit(1, topic: 1)
    while rig.lane.counters.segmentsOpened < 12 {
      rig.commit(2, bytes: 6000)
      #expect(rig.lane.segmentsInUse <= 4)
    }
    rig.settle()
    #expect(rig.files.slots == [0, 1, 2, 3])
    #expect(rig.lane.counters.segmentsRetired >= 8)
    let start = rig.lane.logStart(of: TopicID(rawValue: 0))
    let kept = rig.committed.filter { $0.topic == 0 && $0.offset >= start }
    #expect(start > 0 && !kept.isEmpty)
    let reading = rig.files.read(rig.lane.settings)
    #expect(reading.damages.isEmpty)
    #expect(reading.events.filter { $0.offset >= start } == kept)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 1)) == 1)
    #expect(!reading.events.contains(other.events[0]))
    #expect(rig.files.headers.last?.topics[0].logStart == start)
  }

  @Test func `what is too old is retired by whole segments, the one in use never`() throws {
    var settings = Rig.settings(slots: 8)
    settings.retentionAgeNs = 3_600_000_000_000
    var rig = try Rig(settings)
    rig.open()
    for opened in 2...5 {
      while rig.lane.counters.segmentsOpened < UInt64(opened) { rig.commit(2, bytes: 6000) }
      rig.settle()
      rig.utcNs += 1_200_000_000_000
    }
    rig.settle()
    let starts = rig.files.headers.map { $0.topics[0].nextOffset }
    // The segments ended 80, 60, 40 and 20 minutes ago.
    rig.lane.retire(utcNs: rig.utcNs - 1)
    #expect(rig.lane.segmentsInUse == 4)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 0)) == starts[1])
    rig.lane.retire(utcNs: rig.utcNs + 100 * 3_600_000_000_000)
    #expect(rig.lane.segmentsInUse == 1)
    #expect(rig.lane.counters.segmentsRetired == 4)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 0)) == starts[4])
    while rig.lane.counters.segmentsOpened < 6 { rig.commit(2, bytes: 6000) }
    rig.settle()
    let reading = rig.files.read(settings)
    #expect(reading.damages.isEmpty)
    #expect(reading.events == rig.committed.filter { $0.offset >= starts[4] })
  }

  @Test func `one topic's log start moves without the others'`() throws {
    var rig = try Rig(Rig.settings(slots: 8))
    rig.open()
    while rig.lane.counters.segmentsOpened < 4 {
      rig.commit(1, topic: Int(rig.lane.sequence % 2), bytes: 6000)
      rig.utcNs += 1_000_000_000
    }
    rig.settle()
    rig.lane.trim(TopicID(rawValue: 1), olderThan: 3_600_000_000_000, utcNs: rig.utcNs)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 1)) == 0)
    rig.lane.trim(TopicID(rawValue: 1), olderThan: 1, utcNs: rig.utcNs + 10_000_000_000)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 1)) == rig.files.headers.last?.topics[1].nextOffset)
    #expect(rig.lane.logStart(of: TopicID(rawValue: 0)) == 0)
  }

  @Test func `when age takes the whole log, it starts where it goes on`() throws {
    var settings = Rig.settings(slots: 8)
    var rig = try Rig(settings)
    rig.open()
    while rig.lane.counters.segmentsOpened < 2 { rig.commit(2, bytes: 6000) }
    rig.makesSegments = false
    while rig.lane.counters.segmentsOpened < 3 { rig.commit(2, bytes: 6000) }
    rig.settle()
    // The disk has room for nothing when the process starts again, and all there is has become too old.
    settings.retentionAgeNs = 1
    var next = try Rig(settings, on: rig.files, entropy: 2)
    next.makesSegments = false
    let end = next.lane.nextOffset(of: TopicID(rawValue: 0))
    #expect(end == UInt64(rig.committed.count))
    next.utcNs += 1_000_000_000_000
    _ = next.advance()
    #expect(next.lane.isFull == true)
    next.lane.retire(utcNs: next.utcNs)
    #expect(next.lane.segmentsInUse == 0)
    next.open()
    #expect(next.lane.logStart(of: TopicID(rawValue: 0)) == end)
    #expect(next.files.headers.last?.topics[0].logStart == end)
  }

  // MARK: Seals

  @Test func `an idle lane seals once`() throws {
    var rig = try Rig()
    rig.open()
    #expect(rig.lane.isSealed == true)
    rig.commit(1)
    var isSealed = rig.lane.isSealed
    #expect(!isSealed)
    rig.settle()
    isSealed = rig.lane.isSealed
    #expect(!isSealed)
    rig.nowNs += 49_999_999
    let early = rig.next()
    #expect(early == .wait)
    rig.nowNs += 1
    let batch = rig.next(200)
    #expect(batch == .commit)
    let seal = rig.next()
    #expect(seal == .seal)
    _ = rig.carryOut(seal)
    #expect(rig.flights[0].bytes.count == 4096)
    rig.settle()
    #expect(rig.lane.isSealed == true)
    rig.nowNs += 1_000_000_000
    let again = rig.next()
    #expect(again == .wait)
    #expect(rig.lane.counters.seals == 1)
    #expect(rig.files.read(rig.lane.settings, isLive: true).events == rig.committed)
  }

  @Test func `a lane that drains seals without delay, when nothing is under way`() throws {
    var rig = try Rig()
    rig.open()
    rig.commit(1)
    let waits = rig.next(0, isDraining: true)
    #expect(waits == .wait)
    rig.settle()
    let seal = rig.next(0, isDraining: true)
    #expect(seal == .seal)
  }

  @Test func `where a seal has no room the index says the same`() throws {
    var rig = try Rig()
    rig.open()
    // 4 KiB header, 44 KiB of commits, 16 KiB for the index: the segment is used up to the last block.
    for _ in 0..<2 { rig.commit(1, bytes: 12_300) }
    for _ in 0..<3 { rig.commit(1) }
    rig.settle()
    rig.nowNs += 1_000_000_000
    let index = rig.next()
    #expect(index == .index)
    _ = rig.carryOut(index)
    rig.complete()
    #expect(rig.lane.isSealed == true)
    #expect(rig.lane.counters.seals == 0)
    #expect(rig.files.read(rig.lane.settings, isLive: true).events == rig.committed)
    rig.finish()
    #expect(rig.lane.counters.segmentsOpened == 2)
    #expect(rig.files.read(rig.lane.settings, isLive: true).events == rig.committed)
  }
}
