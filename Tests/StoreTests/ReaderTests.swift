import Bytes
import Events
import Formats
import Store
import Testing

/// What a reader of a lane sees, beside a gateway and without one.
@Suite struct ReaderTests {
  @Test func `beside a gateway nothing is seen that is not known to be durable`() throws {
    var rig = try Rig(Rig.settings(slots: 20))
    rig.open()
    var isDurable: UInt64 = 0
    for turn in 0..<60 {
      rig.commit(1 + turn % 3, bytes: 300)
      // What is under way may be on the disk already, as far as anybody can tell.
      for flight in rig.flights { rig.files.store(flight) }
      let reading = rig.files.read(rig.lane.settings, isLive: true)
      #expect(reading.sequences.last ?? 0 <= rig.lane.durableSequence)
      #expect(reading.sequences.last ?? 0 >= isDurable)
      #expect(reading.damages.isEmpty)
      if turn % 3 > 0 { rig.complete(turn % 2 == 0 ? rig.flights.count - 1 : 0) }
      // A later commit has told readers so far.
      isDurable = reading.sequences.last ?? 0
    }
    rig.finish(isDraining: true)
    #expect(rig.files.read(rig.lane.settings, isLive: true).events == rig.committed)
  }

  @Test(arguments: [4096, 8192, nil] as [Int?])
  func `a reader goes on where it stopped while the lane grows and changes segments`(readBytes: Int?) throws {
    var rig = try Rig(Rig.settings(slots: 20))
    rig.open()
    var reader = rig.files.reader(rig.lane.settings, isLive: true, readBytes: readBytes)
    var found = Reading()
    for turn in 0..<80 {
      rig.commit(1, topic: turn % 2, bytes: turn % 7 * 1500)
      if turn % 3 == 0 { rig.settle() }
      if turn % 10 == 9 { rig.finish(isDraining: true) }
      reader.resume(slots: rig.files.slots)
      rig.files.read(&reader, &found)
      #expect(found.events == Array(rig.committed.prefix(found.events.count)))
      #expect(found.damages.isEmpty)
    }
    rig.finish(isDraining: true)
    reader.resume(slots: rig.files.slots)
    rig.files.read(&reader, &found)
    #expect(rig.lane.counters.segmentsOpened > 4)
    #expect(found.events == rig.committed)
    // All but the seal, which nothing vouches for.
    #expect(found.sequences == Array(1..<(rig.lane.sequence - 1)))
    #expect(reader.commits == UInt64(found.commits.count))
  }

  @Test func `a reader goes on over a restart of the gateway, and then without one`() throws {
    var rig = try Rig(Rig.settings(slots: 20))
    rig.open()
    var reader = rig.files.reader(rig.lane.settings, isLive: true)
    var found = Reading()
    var committed: [Logged] = []
    for life in 2...6 {
      for _ in 0..<4 { rig.commit(1, bytes: 5000) }
      rig.settle()
      reader.resume(slots: rig.files.slots)
      rig.files.read(&reader, &found)
      // Torn at the end, and seen by nobody.
      let torn = rig.commit(1, bytes: 9000)
      rig.files.store(torn, blocks: [true, false, true])
      committed += rig.committed.dropLast()
      let files = rig.files
      rig = try Rig(rig.lane.settings, on: files, entropy: UInt64(life))
      rig.open()
    }
    reader.resume(slots: rig.files.slots, isLive: false)
    rig.files.read(&reader, &found)
    #expect(found.events == committed)
    #expect(found.damages.isEmpty)
  }

  @Test func `a reader that was overtaken by retention goes on with what there is`() throws {
    var rig = try Rig(Rig.settings(slots: 3))
    rig.open()
    rig.commit(1, bytes: 5000)
    rig.finish(isDraining: true)
    var reader = rig.files.reader(rig.lane.settings, isLive: true)
    var found = Reading()
    rig.files.read(&reader, &found)
    #expect(found.events.count == 1)
    while rig.lane.counters.segmentsOpened < 9 { rig.commit(1, bytes: 5000) }
    rig.finish(isDraining: true)
    reader.resume(slots: rig.files.slots)
    rig.files.read(&reader, &found)
    let start = rig.lane.logStart(of: TopicID(rawValue: 0))
    #expect(found.damages.isEmpty)
    #expect(found.events.dropFirst().filter { $0.offset >= start } == rig.committed.filter { $0.offset >= start })
  }

  @Test func `damage is stepped over, reported once, and what is behind it is read`() throws {
    var rig = try Rig(Rig.settings(slots: 8))
    rig.open()
    var writes: [Written] = []
    while rig.lane.counters.segmentsOpened < 3 {
      writes.append(rig.commit(1, bytes: writes.count % 3 * 4000))
      rig.settle()
    }
    rig.finish(isDraining: true)
    let lane = rig.lane.settings.lane
    let older = writes.filter { $0.place.slot < 2 }
    for write in older {
      var files = rig.files
      files.zero(write.place.offset..<write.place.offset + 70, of: write.place.slot)
      let damage = LaneDamage.damaged(
        lane,
        slot: write.place.slot,
        offset: write.place.offset,
        sequence: write.sequence
      )
      for isLive in [false, true] {
        let reading = files.read(rig.lane.settings, isLive: isLive)
        #expect(reading.damages == [damage])
        #expect(reading.events == rig.committed.filter { $0 != write.events[0] })
        var small = Reading()
        var reader = files.reader(rig.lane.settings, isLive: isLive, readBytes: 4096)
        files.read(&reader, &small)
        #expect(small.events == reading.events && small.damages == [damage])
      }
    }
    // Everything from the middle of one segment to its end.
    var files = rig.files
    let from = older[1].place.offset
    files.zero(from..<(64 << 10), of: 0)
    let reading = files.read(rig.lane.settings)
    #expect(reading.damages == [.damaged(lane, slot: 0, offset: from, sequence: older[1].sequence)])
    let lost = Set(older.dropFirst().filter { $0.place.slot == 0 }.flatMap(\.events))
    #expect(reading.events == rig.committed.filter { !lost.contains($0) })
  }

  @Test func `the newest segment ends where its chain does`() throws {
    var rig = try Rig()
    rig.open()
    for _ in 0..<3 {
      rig.commit(1)
      rig.settle()
    }
    var files = rig.files
    files.flip(bit: 8 * (3 * 4096 + 70), of: 0)
    let reading = files.read(rig.lane.settings)
    #expect(reading.events == Array(rig.committed[0..<2]) && reading.damages.isEmpty)
  }

  // MARK: Where to start

  @Test func `reading starts at the segment that holds what is looked for`() throws {
    var rig = try Rig(Rig.settings(slots: 20))
    rig.open()
    while rig.lane.counters.segmentsOpened < 6 {
      rig.commit(1, topic: Int(rig.lane.sequence % 2), bytes: 4000)
      rig.settle()
      rig.utcNs += 1_000_000_000
    }
    rig.finish(isDraining: true)
    let headers = rig.files.headers
    let settings = rig.lane.settings
    #expect(rig.files.read(settings, from: .oldest).events == rig.committed)
    for segments in [1, 2, 6, 100] {
      let from = headers[max(headers.count - segments, 0)].firstSequence
      #expect(rig.files.read(settings, from: .last(segments: segments)).sequences.first == from)
    }
    for (place, header) in headers.enumerated() {
      let next = header.topics[0].nextOffset
      let reading = rig.files.read(settings, from: .offset(TopicID(rawValue: 0), next))
      #expect(reading.sequences.first == header.firstSequence)
      #expect(reading.events.contains { $0.topic == 0 && $0.offset == next })
      if place > 0 {
        let before = rig.files.read(settings, from: .offset(TopicID(rawValue: 0), next - 1))
        #expect(before.sequences.first == headers[place - 1].firstSequence)
      }
      #expect(rig.files.read(settings, from: .time(header.timeNs)).sequences.first == header.firstSequence)
    }
    #expect(rig.files.read(settings, from: .time(0)).events == rig.committed)
    let end = rig.files.read(settings, from: .offset(TopicID(rawValue: 0), 1 << 40))
    #expect(end.sequences.first == headers.last?.firstSequence)
  }

  @Test func `a lane without segments has nothing to read, and more later`() throws {
    var rig = try Rig()
    var reader = rig.files.reader(rig.lane.settings, isLive: true)
    var found = Reading()
    rig.files.read(&reader, &found)
    #expect(found.commits.isEmpty && reader.headers.isEmpty)
    rig.open()
    rig.commit(2)
    rig.finish(isDraining: true)
    reader.resume(slots: rig.files.slots)
    rig.files.read(&reader, &found)
    #expect(found.events == rig.committed)
    #expect(reader.topics.count == 2)
  }
}
