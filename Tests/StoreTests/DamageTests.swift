import Bytes
import Events
import Formats
import Store
import Testing

/// How damage is told from what a crash has cut.
@Suite struct DamageTests {
  /// Five commits of which each knew those before to be durable, and no seal.
  static func five() throws -> (settings: Lane.Settings, files: Files, writes: [Written]) {
    var rig = try Rig()
    rig.open()
    var writes: [Written] = []
    for count in 1...5 {
      writes.append(rig.commit(count, topic: count % 2))
      rig.settle()
    }
    return (rig.lane.settings, rig.files, writes)
  }

  @Test(arguments: 0..<4)
  func `a flipped bit of a commit that a later one knew to be durable is damage`(place: Int) throws {
    let (settings, files, writes) = try Self.five()
    let write = writes[place]
    let used = Int(write.bytes.span.bytes.integer(UInt32.self, at: 8))
    let expected = LaneDamage.damaged(
      settings.lane,
      slot: write.place.slot,
      offset: write.place.offset,
      sequence: write.sequence
    )
    for bit in 0..<(8 * used) {
      var damaged = files
      damaged.flip(bit: 8 * write.place.offset + bit, of: write.place.slot)
      let refusal = damaged.refusal(settings)
      #expect(refusal == expected, "bit \(bit)")
    }
    // Padding says nothing, so nothing can be wrong with it.
    for bit in stride(from: 8 * used, to: 8 * write.bytes.count, by: 997) {
      var padded = files
      padded.flip(bit: 8 * write.place.offset + bit, of: write.place.slot)
      #expect(padded.refusal(settings) == nil)
    }
  }

  @Test(arguments: 0..<5)
  func `a reader of the newest segment steps over what had been durable, and reads no further than that`(
    place: Int
  ) throws {
    let (settings, files, writes) = try Self.five()
    let all = files.read(settings).events
    let write = writes[place]
    let (at, used) = (write.place.offset, Int(write.bytes.span.bytes.integer(UInt32.self, at: 8)))
    let damage = LaneDamage.damaged(settings.lane, slot: write.place.slot, offset: at, sequence: write.sequence)
    let lost = Set(write.events)
    for bit in stride(from: 0, to: 8 * used, by: 7) {
      var damaged = files
      damaged.flip(bit: 8 * at + bit, of: write.place.slot)
      for readBytes in [4096, settings.commitBytesMax] {
        var found = Reading()
        var reader = damaged.reader(settings, readBytes: readBytes)
        damaged.read(&reader, &found)
        // Nobody vouches for the last one: it may never have been written.
        #expect(found.damages == (place == 4 ? [] : [damage]), "bit \(bit)")
        #expect(found.events == all.filter { !lost.contains($0) }, "bit \(bit)")
      }
    }
  }

  @Test func `a reader stops at a gap of which nobody knows that it had been filled`() throws {
    var (settings, files, writes) = try Self.five()
    let all = files.read(settings).events
    // The fifth calls the third and the fourth durable, which are gone; without it nobody speaks for the fourth.
    for write in writes[2...3] { files.zero(write.place.offset..<write.place.offset + 4096, of: 0) }
    #expect(files.read(settings).events == all.filter { !(writes[2].events + writes[3].events).contains($0) })
    files.zero(writes[4].place.offset..<writes[4].place.offset + 4096, of: 0)
    #expect(files.read(settings).damages.isEmpty)
    #expect(files.read(settings).events == writes[0].events + writes[1].events)
    settings.writesMax = 4
    var rig = try Rig(settings)
    rig.open()
    rig.commit(1)
    rig.settle()
    for _ in 0..<3 { rig.commit(1) }
    // The third and the fourth were under way together with the second, which is lost.
    let under = rig.files
    var torn = under
    for flight in rig.flights.dropFirst() { torn.store(flight) }
    let reading = torn.read(settings)
    #expect(reading.damages.isEmpty && reading.sequences == [1])
  }

  @Test func `a flipped bit in the tail that nobody vouches for is a cut`() throws {
    let (settings, files, writes) = try Self.five()
    let write = writes[4]
    let used = Int(write.bytes.span.bytes.integer(UInt32.self, at: 8))
    var told = 0
    for bit in 0..<(8 * used) {
      var damaged = files
      damaged.flip(bit: 8 * write.place.offset + bit, of: write.place.slot)
      let recovered = try damaged.recover(settings)
      #expect(recovered.sequence == 5)
      #expect(recovered.offsets == [6, 4])
      guard let cut = recovered.cut else { continue }
      told += 1
      #expect(cut.offset == write.place.offset && cut.sequence == 5 && cut.discarded == 0)
    }
    // Only without a magic number, or with a lower generation, it looks like what was there before.
    #expect(told >= 8 * used - 32 - 1)
  }

  @Test func `a seal turns the tail into what must not be lost`() throws {
    var rig = try Rig()
    rig.open()
    let write = rig.commit(3)
    rig.finish(isDraining: true)
    var files = rig.files
    files.flip(bit: 8 * (write.place.offset + 100), of: 0)
    #expect(files.refusal(rig.lane.settings) == .damaged(rig.lane.settings.lane, slot: 0, offset: 4096, sequence: 1))
  }

  @Test func `several damaged commits in a row are damage at the first`() throws {
    let (settings, files, writes) = try Self.five()
    var damaged = files
    for write in writes[1...3] { damaged.zero(write.place.offset..<write.place.offset + 4096, of: 0) }
    let expected = LaneDamage.damaged(settings.lane, slot: 0, offset: writes[1].place.offset, sequence: 2)
    #expect(damaged.refusal(settings) == expected)
    // Recovery changes nothing and says the same again.
    #expect(damaged.refusal(settings) == expected)
  }

  @Test func `a commit lost among others under way is no damage, even if the later ones are whole`() throws {
    var rig = try Rig()
    rig.open()
    rig.commit(1)
    rig.settle()
    for _ in 0..<4 { rig.commit(1) }
    var files = rig.files
    for flight in rig.flights.dropFirst() { files.store(flight) }
    let recovered = try files.recover(rig.lane.settings)
    #expect(recovered.sequence == 2)
    #expect(recovered.cut?.discarded == 3)
  }

  @Test func `damage in a segment that is not the newest is left to readers`() throws {
    var rig = try Rig(Rig.settings(slots: 8))
    rig.open()
    let first = rig.commit(1)
    while rig.lane.counters.segmentsOpened < 3 { rig.commit(1, bytes: 5000) }
    rig.finish(isDraining: true)
    var files = rig.files
    files.flip(bit: 8 * (first.place.offset + 80), of: first.place.slot)
    let recovered = try files.recover(rig.lane.settings)
    #expect(recovered.sequence == rig.lane.sequence)
    let reading = files.read(rig.lane.settings)
    #expect(reading.damages == [.damaged(rig.lane.settings.lane, slot: 0, offset: 4096, sequence: 1)])
    #expect(reading.events == Array(rig.committed.dropFirst()))
  }

  // MARK: Files that belong elsewhere

  @Test func `a newer version is refused`() throws {
    let (settings, files, _) = try Self.five()
    var newer = files
    newer.bytes[0]![9] = 2
    #expect(newer.refusal(settings) == .newerVersion(settings.lane, slot: 0, version: 2))
    let reading = newer.read(settings)
    #expect(reading.damages == [.newerVersion(settings.lane, slot: 0, version: 2)])
    #expect(reading.events.isEmpty)
  }

  @Test func `a file of another lane or another place is refused`() throws {
    let (settings, files, _) = try Self.five()
    var moved = files
    moved.bytes[2] = files.bytes[0]
    let name = SegmentHeader.SegmentName(lane: settings.lane, slot: 0)
    #expect(moved.refusal(settings) == .foreignSegment(settings.lane, slot: 2, found: name))
    let reading = moved.read(settings)
    #expect(reading.damages == [.foreignSegment(settings.lane, slot: 2, found: name)])
    #expect(reading.commits.count == 5)
    let other = Rig.settings(lane: 4)
    #expect(files.refusal(other) == .foreignSegment(other.lane, slot: 0, found: name))
  }

  @Test func `a file of another size is refused`() throws {
    let (_, files, _) = try Self.five()
    let other = Rig.settings(segmentBytes: 128 << 10)
    #expect(files.refusal(other) == .otherSize(other.lane, slot: 0, found: 64 << 10, expected: 128 << 10))
  }

  @Test func `events of a topic that the manifest does not list are refused`() throws {
    let (settings, files, _) = try Self.five()
    let fewer = Rig.settings(topics: 1)
    #expect(files.refusal(fewer) == .unknownTopic(settings.lane, TopicID(rawValue: 1)))
  }

  @Test func `a topic that was added starts at nothing`() throws {
    let (_, files, _) = try Self.five()
    let more = Rig.settings(topics: 300)
    var rig = try Rig(more, on: files, entropy: 2)
    #expect(rig.lane.nextOffset(of: TopicID(rawValue: 0)) == 6)
    #expect(rig.lane.nextOffset(of: TopicID(rawValue: 299)) == 0)
    rig.open()
    rig.commit(1, topic: 299)
    rig.settle()
    let reading = rig.files.read(more)
    #expect(reading.events.count == 16 && reading.damages.isEmpty)
  }

  @Test func `a segment in the middle that is gone is reported, and what is behind it is read`() throws {
    var rig = try Rig(Rig.settings(slots: 8))
    rig.open()
    while rig.lane.counters.segmentsOpened < 5 { rig.commit(1, bytes: 5000) }
    rig.finish(isDraining: true)
    let headers = rig.files.headers
    var files = rig.files
    files.zero(0..<4096, of: headers[2].segment.slot)
    let reading = files.read(rig.lane.settings)
    let missing = headers[3].predecessor!
    let damage = LaneDamage.damaged(
      rig.lane.settings.lane,
      slot: headers[2].segment.slot,
      offset: 0,
      sequence: missing.endSequence - 1
    )
    #expect(reading.damages.first == damage)
    // The other tells where the segment before it ended, after which nothing is known.
    #expect(reading.damages.count == 2)
    let lost = headers[2].topics[0].nextOffset..<headers[3].topics[0].nextOffset
    #expect(reading.events == rig.committed.filter { !lost.contains($0.offset) })
    let recovered = try files.recover(rig.lane.settings)
    #expect(recovered.sequence == rig.lane.sequence)
    #expect(recovered.offsets[0] == UInt64(rig.committed.count))
    // Whoever goes on overwrites nothing of what still reads.
    var next = try Rig(rig.lane.settings, on: files, entropy: 2)
    next.open()
    #expect(next.lane.segmentsInUse == rig.lane.segmentsInUse, "its own instead of the lost one")
    while next.lane.counters.segmentsOpened < 3 { next.commit(1, bytes: 5000) }
    next.settle()
    let after = next.files.read(rig.lane.settings)
    #expect(after.events == (rig.committed + next.committed).filter { !lost.contains($0.offset) })
  }
}
