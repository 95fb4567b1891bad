import Bytes
import Events
import Formats
import Gateway
import Inspect
import LogReading
import Schemas
import Simulator
import Store
import Testing
import World

/// Events that were set aside and are put on the line once more.
@Suite struct ReplayTests {
  private let topic = TopicID(rawValue: UInt16(ClientMaker.sifted))

  private func gateway(_ disks: [SimulatedDisk], seed: UInt64, faults: Faults = .none) throws -> SimulatedGateway {
    try SimulatedGateway(
      seeds: disks.indices.map { seed + UInt64($0) },
      disks: disks,
      peers: disks.map { _ in [] },
      faults: faults,
      segments: 8
    )
  }
  private func log(_ disks: [SimulatedDisk]) -> [LoggedEvent] {
    disks.flatMap { disk in
      let log = Log(disk, lanes: disks.count, commitBytesMax: 16 << 10)
      #expect(log.damages.isEmpty && log.faults.isEmpty, "\(log.damages) \(log.faults)")
      return log.events
    }
  }

  /// An event as its record in quarantine has it.
  private func event(_ payload: String, to topic: TopicID, key: String? = nil, ticket: UInt64 = 1) -> ReplayedEvent {
    var details = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    details.count = EventDetails.headBytes
    let name = Array("0/\(ticket)".utf8)
    let fits = details.append(replayOf: name.span.bytes)
    precondition(fits)
    EventDetails(headerCount: 1, headerBytes: details.count - EventDetails.headBytes).store(in: &details)
    var event = ReplayedEvent(
      topic: topic,
      principal: PrincipalID(rawValue: 7),
      received: ClockReading(utcNs: 1_700_000_000_123_456_789, errorNs: 42, state: .locked, monotonicNs: 0),
      eventID: 0x018B_CFE5_687B_7123_8456_0000_0000_0001,
      isIDGiven: false,
      trace: TraceParent(trace: 11, parent: 12, flags: 1),
      payload: Array(payload.utf8)
    )
    event.details = details.bytes.withUnsafeBytes { Array($0) }
    (event.key, event.ticket) = (key.map { Array($0.utf8) }, ticket)
    return event
  }
  /// What becomes of the events that a shard was given.
  private func replayed(_ gateway: inout SimulatedGateway, _ shard: Int) -> Replayed? {
    for _ in 0..<5_000 {
      if let replayed = gateway.shards[shard].nextReplayed() { return replayed }
      for index in 0..<gateway.count { _ = gateway.turn(index) }
    }
    return nil
  }
  private func ready(_ gateway: inout SimulatedGateway) {
    for _ in 0..<5_000 where !(0..<gateway.count).allSatisfy({ gateway.shards[$0].isReady }) {
      for index in 0..<gateway.count { _ = gateway.turn(index) }
    }
  }

  @Test func `an event that does not fit is refused again, and stored once its schema is mended`() throws {
    var gateway = try gateway([SimulatedDisk()], seed: 1)
    ready(&gateway)
    gateway.shards[0].replay(event(#"{"n":"x"}"#, to: topic))
    let refused = try #require(replayed(&gateway, 0))
    guard case .refused(let verdict) = refused.outcome else { return #expect(Bool(false), "\(refused)") }
    let text = String(decoding: verdict, as: UTF8.self)
    #expect(text.hasPrefix(#"{"reason":"invalid_event","version":1,"#) && text.hasSuffix("}"), "\(text)")
    #expect(try JSONValue(verdict).object?["reason"]?.string == "invalid_event")
    var rules = gateway.rules
    rules.schemas = []
    gateway.shards[0].adopt(rules)
    gateway.shards[0].replay(event(#"{"n":"x"}"#, to: topic, ticket: 2))
    let stored = try #require(replayed(&gateway, 0))
    #expect(stored.ticket == 2 && stored.outcome == .stored(LaneID(rawValue: 0), offset: 0))
    let ledger = gateway.shards[0].ledger
    #expect(ledger.isBalanced && ledger.stored == 1 && ledger.inFlight == 0 && ledger.quarantined == 0)
    // It was said to be stored, so a crash at this moment leaves it.
    let events = log(gateway.crash())
    #expect(events.map(\.value) == [Array(#"{"n":"x"}"#.utf8)] && events[0].topic == topic)
  }

  @Test func `a replayed event keeps its time, its clock, its id, its sender and its trace`() throws {
    for key in [nil, "a", "b", "c", "d"] {
      let keyed = TopicID(rawValue: UInt16(key == nil ? 0 : 3))
      var gateway = try gateway([SimulatedDisk(), SimulatedDisk()], seed: 5)
      ready(&gateway)
      gateway.shards[0].replay(event("{}", to: keyed, key: key))
      let replayed = try #require(replayed(&gateway, 0))
      guard case .stored(let lane, let offset) = replayed.outcome else { return #expect(Bool(false), "\(replayed)") }
      let own = event("{}", to: keyed, key: key).shard(ofKeyAmong: 2, shards: 2) ?? 0
      #expect(Int(lane.rawValue) == own && (offset == 0) == (own == 0))
      let disks = gateway.crash()
      var found = 0
      let faults = walk(disks[own], lane) { record in
        found += 1
        let stamp = Self.stamp(of: record)
        let expected = event("{}", to: keyed)
        #expect(stamp?.utcNs == expected.received.utcNs && stamp?.errorNs == 42 && stamp?.state == .locked)
        #expect(stamp?.eventID == expected.eventID && stamp?.isIDGiven == false, "\(own)")
        #expect(stamp?.principal == expected.principal && stamp?.trace == expected.trace)
        let name = record.withReplayMark { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        #expect(name == "0/1")
      }
      #expect(found == 1 && faults == 0)
    }
  }
  private static func stamp(of record: borrowing Record) -> Stamp? {
    do { return try record.stamp() } catch { return nil }
  }
  /// Gives every record of a lane to `body`; how many commits could not be read.
  private func walk(_ disk: SimulatedDisk, _ lane: LaneID, _ body: (borrowing Record) -> Void) -> Int {
    var faults = 0
    var decompressor = LZ4Decompressor()
    var scratch = Region(id: RegionID(rawValue: 0), byteCount: 1 << 20)
    var reader = LaneReader(
      lane: lane,
      slots: disk.files.keys.filter { $0.lane == lane }.map(\.slot).sorted(),
      commitBytesMax: 16 << 10,
      isLive: false
    )
    while case .read(let slot, let offset) = reader.need() {
      let file = disk.files[SegmentID(lane: lane, slot: slot)]!
      let end = min(offset + 16 << 10, file.count)
      reader.take(file.span.bytes.extracting(min(offset, end)..<end)) { found in
        guard found.header.kind == .records else { return }
        do {
          var batches = BatchReader(found.bytes.extracting(CommitHeader.byteCount..<found.header.bytesUsed))
          while let element = try batches.next() {
            var records = try element.batch.records(through: &decompressor, into: &scratch)
            while let record = try records.next() { body(record) }
          }
        } catch { faults += 1 }
      }
    }
    return faults
  }

  @Test func `what a shard said to be stored is there after a crash, once`() throws {
    for seed in UInt64(1)...60 {
      var (disk, random) = (SimulatedDisk(), SplitMix(seed: seed))
      var said: Set<UInt64> = []
      for life in UInt64(0)..<3 {
        var gateway = try gateway([disk], seed: seed * 10 + life)
        ready(&gateway)
        // As one who replays does: it looks at the log first, and goes on with what is not there.
        for ticket in UInt64(1)...6 where !log([disk]).contains(where: { $0.value == payload(ticket) }) {
          gateway.shards[0].replay(event(text(ticket), to: TopicID(rawValue: 0), ticket: ticket))
        }
        for _ in 0..<random.below(60) {
          _ = gateway.turn(0)
          while let replayed = gateway.shards[0].nextReplayed() {
            if case .stored = replayed.outcome { said.insert(replayed.ticket) }
          }
        }
        disk = gateway.crash()[0]
        let values = log([disk]).map(\.value)
        #expect(Set(values).count == values.count, "seed \(seed): none is there twice")
        #expect(said.allSatisfy { values.contains(payload($0)) }, "seed \(seed): \(said)")
      }
    }
  }
  private func text(_ ticket: UInt64) -> String { "{\"ticket\":\(ticket)}" }
  private func payload(_ ticket: UInt64) -> [UInt8] { Array(text(ticket).utf8) }

  @Test func `a shard that drains takes no replays, and ends`() throws {
    var gateway = try gateway([SimulatedDisk()], seed: 3)
    ready(&gateway)
    gateway.shards[0].drain(limitNs: 1_000_000_000)
    gateway.shards[0].replay(event("{}", to: TopicID(rawValue: 0)))
    #expect(replayed(&gateway, 0)?.outcome == .refused(Array(#"{"reason":"draining"}"#.utf8)))
    for _ in 0..<5_000 where gateway.shards[0].state != .finished { _ = gateway.turn(0) }
    #expect(gateway.shards[0].state == .finished)
    #expect(log(gateway.crash()).isEmpty)
  }

  @Test func `a topic whose events are all set aside, and one for which it is too large, take no replay`() throws {
    var gateway = try gateway([SimulatedDisk()], seed: 4)
    ready(&gateway)
    gateway.shards[0].replay(event("{}", to: TopicID(rawValue: UInt16(ClientMaker.flawed))))
    #expect(replayed(&gateway, 0)?.outcome == .refused(Array(#"{"reason":"topic_quarantined"}"#.utf8)))
    let large = "\"\(String(repeating: "x", count: ClientMaker.eventBytesMax))\""
    gateway.shards[0].replay(event(large, to: TopicID(rawValue: 0)))
    #expect(replayed(&gateway, 0)?.outcome == .refused(Array(#"{"reason":"event_too_large"}"#.utf8)))
    #expect(gateway.shards[0].ledger.isBalanced && gateway.shards[0].ledger.stored == 0)
  }
}
