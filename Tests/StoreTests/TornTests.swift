import Bytes
import Events
import Formats
import Store
import Testing

/// What recovery makes of writes that a crash has torn.
@Suite struct TornTests {
  /// A lane with a past, and four writes of two blocks under way.
  struct Crash {
    let settings = Rig.settings(slots: 3)
    var files: Files
    var committed: [Logged]
    var flights: [Written]

    init(isRecycled: Bool) throws {
      var rig = try Rig(settings)
      rig.open()
      while isRecycled, rig.lane.counters.segmentsOpened < 7 { rig.commit(1, bytes: 5000) }
      rig.commit(2)
      rig.settle()
      let start = rig.lane.logStart(of: TopicID(rawValue: 0))
      committed = rig.committed.filter { $0.offset >= start }
      for _ in 0..<4 { rig.commit(1, bytes: 5000) }
      flights = rig.flights
      files = rig.files
    }
  }

  @Test(arguments: [false, true])
  func `any blocks of the writes under way may be missing: the lane is cut at the first that is`(isRecycled: Bool)
    throws
  {
    let crash = try Crash(isRecycled: isRecycled)
    #expect(crash.flights.map(\.blocks) == [2, 2, 2, 2])
    for number in 0..<256 {
      var files = crash.files
      for (place, flight) in crash.flights.enumerated() {
        files.store(flight, blocks: subset(number >> (2 * place), of: 2))
      }
      let landed = (0..<4).map { number >> (2 * $0) & 3 == 3 }
      let whole = landed.firstIndex(of: false) ?? 4
      let recovered = try files.recover(crash.settings)
      #expect(recovered.sequence == crash.flights[0].sequence + UInt64(whole), "\(number)")
      let behind = landed.dropFirst(whole).count { $0 }
      // Without the block that starts the missing commit, and with nothing whole behind it, nothing tells of it.
      let isTold = whole < 4 && (behind > 0 || number >> (2 * whole) & 1 == 1)
      #expect((recovered.cut != nil) == isTold, "\(number)")
      if let cut = recovered.cut {
        #expect(cut.lane == crash.settings.lane && cut.slot == crash.flights[whole].place.slot)
        #expect(cut.offset == crash.flights[whole].place.offset)
        #expect(cut.sequence == crash.flights[whole].sequence)
        #expect(cut.discarded == behind)
      }
      let expected = crash.committed + crash.flights.prefix(whole).flatMap(\.events)
      let before = files.read(crash.settings)
      #expect(before.events == expected && before.damages.isEmpty, "\(number)")
      guard number % 5 == 0 else { continue }
      try goOn(files, crash.settings, expected, number)
    }
  }

  /// Opens the lane again, writes to it, and reads everything.
  func goOn(_ files: Files, _ settings: Lane.Settings, _ expected: [Logged], _ number: Int) throws {
    var next = try Rig(settings, on: files, entropy: UInt64(1000 + number))
    next.open()
    next.commit(3)
    next.settle()
    let start = next.lane.logStart(of: TopicID(rawValue: 0))
    let after = next.files.read(settings)
    #expect(after.events.filter { $0.offset >= start } == (expected + next.committed).filter { $0.offset >= start })
    #expect(after.damages.isEmpty && after.faults.isEmpty, "\(number)")
    let again = try next.files.recover(settings)
    #expect(again.cut == nil)
    #expect(again.sequence == next.lane.sequence)
  }

  @Test func `what was acknowledged is never cut, whatever else is under way`() throws {
    for completed in 0...4 {
      var rig = try Rig()
      rig.open()
      for _ in 0..<4 { rig.commit(1, bytes: 5000) }
      for _ in 0..<completed { rig.complete() }
      let safe = rig.lane.safe.rawValue
      #expect(safe == UInt64(completed))
      for number in 0..<(1 << (4 - completed)) {
        var files = rig.files
        for (place, flight) in rig.flights.enumerated() where number >> place & 1 == 1 { files.store(flight) }
        let recovered = try files.recover(rig.lane.settings)
        #expect(recovered.offsets[0] >= safe)
      }
    }
  }

  @Test(arguments: [false, true])
  func `a torn header at rotation leaves the lane as it was`(isRecycled: Bool) throws {
    // 400 topics: the header takes three blocks.
    let settings = Rig.settings(topics: 400, slots: isRecycled ? 3 : 20)
    var rig = try Rig(settings)
    rig.open()
    let segments: UInt64 = isRecycled ? 8 : 2
    while rig.lane.counters.segmentsOpened < segments { rig.commit(1, bytes: 5000) }
    // Up to the moment at which the next header is under way.
    while rig.lane.counters.segmentsOpened == segments {
      if rig.advance(16 << 10, isDraining: true) == .commit { rig.commit(1, bytes: 12_000) }
      if rig.lane.counters.segmentsOpened == segments { rig.settle() }
    }
    #expect(rig.flights.count == 1 && rig.flights[0].blocks == 3)
    for number in 0..<8 {
      var files = rig.files
      files.store(rig.flights[0], blocks: subset(number, of: 3))
      let recovered = try files.recover(settings)
      #expect(recovered.sequence == rig.lane.sequence)
      #expect(recovered.offsets[0] == UInt64(rig.committed.count))
      #expect(recovered.cut == nil)
      let reading = files.read(settings)
      #expect(reading.damages.isEmpty || isRecycled)
      #expect(reading.events == Array(rig.committed.suffix(reading.events.count)) && !reading.events.isEmpty)
      if !isRecycled { #expect(reading.events == rig.committed) }
      var next = try Rig(settings, on: files, entropy: UInt64(2 + number))
      next.open()
      next.commit(1)
      next.settle()
      let after = next.files.read(settings)
      #expect(after.events.last == next.committed[0])
      #expect(Array(after.events.dropLast()) == Array(rig.committed.suffix(after.events.count - 1)))
      #expect(after.damages.isEmpty, "\(number)")
    }
  }

  @Test func `a torn header on the reuse of an empty segment loses nothing`() throws {
    let settings = Rig.settings(topics: 400, slots: 4)
    var rig = try Rig(settings)
    rig.open()
    while rig.lane.counters.segmentsOpened < 2 { rig.commit(1, bytes: 5000) }
    rig.commit(1)
    rig.finish(isDraining: true)
    var files = rig.files
    var entropy: UInt64 = 2
    for first in 0..<8 {
      for second in 0..<8 {
        // Two starts that lose power while they write a header, and one that lives.
        var lives = files
        for number in [first, second] {
          var next = try Rig(settings, on: lives, entropy: entropy)
          entropy += 1
          _ = next.advance()
          lives = next.files
          lives.store(next.flights[0], blocks: subset(number, of: 3))
        }
        let recovered = try lives.recover(settings)
        #expect(recovered.sequence == rig.lane.sequence)
        var last = try Rig(settings, on: lives, entropy: entropy)
        last.open()
        last.commit(1)
        last.settle()
        let reading = last.files.read(settings)
        #expect(reading.events == rig.committed + last.committed, "\(first) \(second)")
        #expect(reading.damages.isEmpty, "\(first) \(second)")
      }
      // Some of the stories start from a segment that was opened and never used.
      if first == 3 {
        var empty = try Rig(settings, on: files, entropy: 999)
        empty.open()
        files = empty.files
      }
    }
  }

  @Test func `a lane in which nothing was ever written is new`() throws {
    var files = Files()
    let none = try files.recover(Rig.settings())
    #expect(none.sequence == 1 && none.cut == nil && none.offsets == [0, 0])
    files.make(0, byteCount: 64 << 10)
    let empty = try files.recover(Rig.settings())
    #expect(empty.sequence == 1 && empty.cut == nil)
    files.bytes[1] = []
    files.bytes[2] = [UInt8](repeating: 0, count: 100)
    let short = try files.recover(Rig.settings())
    #expect(short.sequence == 1 && short.cut == nil)
  }

  @Test func `a file that ends early is read as far as it goes`() throws {
    var rig = try Rig()
    rig.open()
    for _ in 0..<3 { rig.commit(1) }
    rig.settle()
    for blocks in 1...4 {
      // What is missing had been durable, but a file that was made at full size does not lose its end.
      var files = rig.files
      files.bytes[0]!.removeLast(files.bytes[0]!.count - blocks * 4096)
      let recovered = try files.recover(rig.lane.settings)
      #expect(recovered.sequence == UInt64(blocks))
      #expect(recovered.cut == nil)
      #expect(files.read(rig.lane.settings).commits.count == blocks - 1)
    }
  }
}
