import Bytes
import Events
import Formats
import Store
import Testing

/// Bytes that look like commits and are none of this use of the segment.
@Suite struct ForgeryTests {
  /// A commit made by hand.
  static func forge(
    lane: LaneID,
    generation: UInt64,
    sequence: UInt64,
    epoch: UInt64,
    previous: UInt32,
    secret: EpochSecret
  ) -> [UInt8] {
    var region = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    fill(&region, [Logged(topic: 0, offset: 0, value: Array("invented".utf8))])
    var header = CommitHeader(
      kind: .records,
      lane: lane,
      bytesUsed: region.count,
      events: 1,
      generation: generation,
      sequence: sequence,
      durableThrough: sequence - 1,
      timeNs: 0,
      epoch: epoch,
      previous: previous
    )
    header.seal(&region, secret: secret)
    return copy(region.bytes)
  }

  /// Commits an event whose value holds the forgery at a block's border.
  static func carry(_ forgery: [UInt8], in rig: inout Rig) -> Written {
    var pad = 0
    for _ in 0..<4 {
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16 << 10)
      fill(&region, [Logged(topic: 0, offset: 0, value: [UInt8](repeating: 1, count: pad) + forgery + [1])])
      let bytes = copy(region.bytes)
      let at = (0..<(bytes.count - 4)).first { bytes[$0..<$0 + 4].elementsEqual(forgery[0..<4]) }!
      pad += (4096 - at % 4096) % 4096
    }
    return rig.commit(rig.batch([[UInt8](repeating: 1, count: pad) + forgery + [1]]))
  }

  /// Which commit is forged: everything about it is right but the secret, or one other thing.
  enum Lie: CaseIterable, Sendable {
    case secret
    case generation
    case epoch
    case lane
    case past
  }

  @Test(arguments: Lie.allCases)
  func `a payload is never taken for a commit`(lie: Lie) throws {
    var rig = try Rig()
    rig.open()
    rig.commit(1)
    rig.settle()
    let header = rig.files.header(0)!
    // What is behind the carrier at the earliest, so that it would prove the carrier to be damaged.
    let forgery = Self.forge(
      lane: LaneID(rawValue: lie == .lane ? 9 : rig.lane.settings.lane.rawValue),
      generation: header.generation + (lie == .generation ? 1 : 0),
      sequence: lie == .past ? 1 : 50,
      epoch: header.epoch + (lie == .epoch ? 1 : 0),
      previous: 0,
      secret: lie == .secret ? EpochSecret(bits: 4711) : header.secret
    )
    let carrier = Self.carry(forgery, in: &rig)
    #expect(carrier.blocks > 1)
    // Torn, so that recovery looks at each of its blocks.
    for number in 0..<(1 << carrier.blocks) {
      var files = rig.files
      files.store(carrier, blocks: subset(number, of: carrier.blocks))
      let recovered = try files.recover(rig.lane.settings)
      let isWhole = number == (1 << carrier.blocks) - 1
      #expect(recovered.sequence == (isWhole ? 3 : 2))
      #expect(recovered.cut?.discarded ?? 0 == 0)
      let reading = files.read(rig.lane.settings)
      #expect(reading.damages.isEmpty)
      #expect(reading.commits.count == (isWhole ? 2 : 1))
    }
    // Damaged in a segment whose end is known, so that readers look for the next commit.
    var on = rig
    on.settle()
    while on.lane.counters.segmentsOpened < 2 { on.commit(1, bytes: 5000) }
    on.finish(isDraining: true)
    var files = on.files
    files.flip(bit: 8 * (carrier.place.offset + 90), of: 0)
    let reading = files.read(on.lane.settings)
    #expect(reading.damages.count == 1)
    #expect(reading.events == on.committed.filter { $0 != carrier.events[0] })
  }

  @Test func `a commit copied from elsewhere on the disk is not taken where it does not belong`() throws {
    var rig = try Rig(Rig.settings(slots: 6))
    rig.open()
    var copies: [Written] = []
    while rig.lane.counters.segmentsOpened < 3 {
      copies.append(rig.commit(1, bytes: 3000))
      rig.settle()
    }
    rig.finish(isDraining: true)
    var next = try Rig(rig.lane.settings, on: rig.files, entropy: 2)
    next.open()
    next.commit(1)
    next.settle()
    let expected = next.files.read(next.lane.settings).events
    let slot = next.files.headers.last!.segment.slot
    for place in [8192, 12_288] {
      for copied in copies {
        var files = next.files
        files.bytes[slot]!.replaceSubrange(place..<place + copied.bytes.count, with: copied.bytes)
        let recovered = try files.recover(next.lane.settings)
        #expect(recovered.sequence == next.lane.sequence)
        #expect(recovered.cut == nil, "it says that it is of an earlier generation")
        let reading = files.read(next.lane.settings)
        #expect(reading.events == expected && reading.damages.isEmpty)
      }
    }
  }

  @Test func `commits of a segment's earlier life are never adopted`() throws {
    // Every commit has one block, so old and young ones stand in the same places.
    let settings = Rig.settings(segmentBytes: 32 << 10, slots: 3, commitBytesMax: 4 << 10)
    var files = Files()
    var expected: [Logged] = []
    for life in 1...5 {
      var rig = try Rig(settings, on: files, entropy: UInt64(life))
      rig.open()
      for _ in 0..<40 {
        rig.commit(1)
        rig.settle()
        let start = rig.lane.logStart(of: TopicID(rawValue: 0))
        let kept = (expected + rig.committed).filter { $0.offset >= start }
        let recovered = try rig.files.recover(settings)
        #expect(recovered.sequence == rig.lane.sequence)
        let reading = rig.files.read(settings)
        #expect(reading.events.filter { $0.offset >= start } == kept)
        #expect(reading.damages.isEmpty)
      }
      expected += rig.committed
      files = rig.files
    }
  }

  @Test func `a stale commit that has the right sequence is not adopted either`() throws {
    // A segment is opened, gets writes that never become durable, and is used again for the same sequences.
    var files = Files()
    var rig = try Rig(on: files)
    rig.open()
    rig.commit(1, bytes: 5000)
    for _ in 0..<3 { rig.commit(1, bytes: 100) }
    files = rig.files
    for flight in rig.flights.dropFirst() { files.store(flight) }
    var next = try Rig(on: files, entropy: 2)
    #expect(next.lane.sequence == 1)
    next.open()
    #expect(next.flights.isEmpty)
    let reading = next.files.read(next.lane.settings)
    #expect(reading.commits.isEmpty && reading.damages.isEmpty)
    next.commit(1, bytes: 5000)
    next.settle()
    // The stale commits 2 to 4 stand behind it at their old places.
    let recovered = try next.files.recover(next.lane.settings)
    #expect(recovered.sequence == 2)
    #expect(next.files.read(next.lane.settings).events == next.committed)
  }
}
