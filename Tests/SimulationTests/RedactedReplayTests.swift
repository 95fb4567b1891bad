import Bytes
import Events
import Formats
import Gateway
import Inspect
import LogReading
import Simulator
import Testing
import World

/// Events with personal data that were set aside and are put on the line once more, crash after crash.
@Suite struct RedactedReplayTests {
  private let topic = TopicID(rawValue: UInt16(ClientMaker.sifted))
  private let key = SimulatedRedaction.key(1)

  /// An event that no schema takes, and what each plan leaves of it.
  private struct Case {
    let sent: String
    let kept: [[UInt8]]
    init(_ number: Int, _ random: inout SplitMix) {
      let members = SimulatedRedaction.members(&random)
      func event(_ rest: [String]) -> String { "{\"n\":\(number),\"p\":7\(rest.joined())}" }
      sent = event(members.map(\.sent))
      kept = (0..<2).map { plan in Array(event(members.map { $0.kept[plan] }).utf8) }
    }
  }

  private func gateway(_ disk: SimulatedDisk, _ client: Client?, seed: UInt64, _ rules: RedactionRules) throws
    -> SimulatedGateway
  {
    try SimulatedGateway(
      seeds: [seed],
      disks: [disk],
      peers: [client.map { [$0.peer()] } ?? []],
      faults: .none,
      segments: 8,
      redaction: rules
    )
  }
  private func log(_ disk: SimulatedDisk) -> Log { Log(disk, lanes: 1, commitBytesMax: 16 << 10) }

  /// A disk on which events are set aside that were sent while these rules held.
  private func setAside(_ cases: [Case], seed: UInt64, _ rules: RedactionRules) throws -> SimulatedDisk {
    var client = Client(isFramed: false)
    for each in cases {
      let head = "POST /v1/events/sifted HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/json\r\n"
      let length = "Sluice-Key: \(key)\r\nContent-Length: \(each.sent.utf8.count)"
      client.bytes += Array("\(head)\(length)\r\n\r\n\(each.sent)".utf8)
    }
    var disk = SimulatedDisk()
    if rules.isOn { disk.forbidden = SimulatedRedaction.marks }
    var gateway = try gateway(disk, client, seed: seed, rules)
    for _ in 0..<20_000 where !gateway.shards[0].peers().allSatisfy(\.isClosed) { _ = gateway.turn(0) }
    #expect(gateway.shards[0].ledger.quarantined == UInt64(cases.count), "seed \(seed)")
    disk = gateway.crash()[0]
    #expect(disk.leaks.isEmpty, "seed \(seed): \(disk.leaks)")
    return disk
  }

  /// An event as one who replays reads it.
  private func event(_ aside: LoggedEvent) throws -> ReplayedEvent {
    let record = try QuarantineRecord(decoding: aside.value.span.bytes)
    var details = Region(id: RegionID(rawValue: 0), byteCount: 4096)
    details.count = EventDetails.headBytes
    let fits = details.append(replayOf: Array("0/\(aside.offset)".utf8).span.bytes)
    precondition(fits)
    EventDetails(headerCount: 1, headerBytes: details.count - EventDetails.headBytes).store(in: &details)
    guard let payload = record.payload else { throw QuarantineFault.verdict }
    var event = ReplayedEvent(
      topic: record.topic,
      principal: .anonymous,
      received: ClockReading(utcNs: 1_700_000_000_123_456_789, errorNs: nil, state: .unknown, monotonicNs: 0),
      eventID: UInt128(aside.offset),
      isIDGiven: true,
      trace: nil,
      payload: payload.withUnsafeBytes { Array($0) }
    )
    event.details = details.bytes.withUnsafeBytes { Array($0) }
    (event.ticket, event.key, event.plan) = (aside.offset, aside.key, record.plan)
    event.paths = record.paths.withUnsafeBytes { Array($0) }
    return event
  }

  /// Replays all that is set aside, through several lives; what is stored in the end.
  private func replay(_ disk: SimulatedDisk, seed: UInt64, _ rules: RedactionRules) throws -> [LoggedEvent] {
    var (disk, random, said) = (disk, SplitMix(seed: seed), Set<UInt64>())
    disk.forbidden = SimulatedRedaction.marks
    let aside = try log(disk).aside.map { try event($0) }
    for life in UInt64(1)...50 where said.count < aside.count {
      var gateway = try gateway(disk, nil, seed: seed + 1000 * life, rules)
      var free = gateway.rules
      free.schemas = []
      gateway.shards[0].adopt(free)
      for _ in 0..<5_000 where !gateway.shards[0].isReady { _ = gateway.turn(0) }
      let stored = log(disk).events.count
      // What was stored is stored in order: who replays goes on behind it.
      for event in aside.dropFirst(stored) { gateway.shards[0].replay(event) }
      for _ in 0..<random.below(30) {
        _ = gateway.turn(0)
        while let replayed = gateway.shards[0].nextReplayed() {
          guard case .stored = replayed.outcome else { throw GatewayRefusal(outcome: replayed.outcome) }
          said.insert(replayed.ticket)
        }
      }
      disk = gateway.crash()[0]
      said.formUnion(aside.prefix(log(disk).events.count).map(\.ticket))
    }
    #expect(disk.leaks.isEmpty, "seed \(seed): \(disk.leaks)")
    #expect(said.count == aside.count, "seed \(seed)")
    return log(disk).events
  }
  private struct GatewayRefusal: Error {
    let outcome: ReplayOutcome
  }

  @Test func `what was set aside before there was a plan is redacted when it is replayed, once`() throws {
    for seed in UInt64(1)...20 {
      var random = SplitMix(seed: seed)
      let cases = (1...12).map { Case($0, &random) }
      let disk = try setAside(cases, seed: seed, RedactionRules())
      let plan = Int(seed % 2)
      let events = try replay(disk, seed: seed, SimulatedRedaction.rules[plan])
      #expect(events.map(\.value) == cases.map { $0.kept[plan] }, "seed \(seed)")
      let key = Array(SimulatedRedaction.kept(key: key).utf8)
      #expect(events.allSatisfy { $0.key == key && $0.topic == topic }, "seed \(seed)")
    }
  }

  @Test func `what a plan has redacted stays as it is when it is replayed under that plan`() throws {
    for seed in UInt64(1)...20 {
      var random = SplitMix(seed: seed)
      let cases = (1...12).map { Case($0, &random) }
      let rules = SimulatedRedaction.rules[Int(seed % 2)]
      let disk = try setAside(cases, seed: seed, rules)
      let events = try replay(disk, seed: seed, rules)
      #expect(events.map(\.value) == cases.map { $0.kept[Int(seed % 2)] }, "seed \(seed)")
      let key = Array(SimulatedRedaction.kept(key: key).utf8)
      #expect(events.allSatisfy { $0.key == key }, "seed \(seed)")
    }
  }
}
