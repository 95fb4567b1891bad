import Bytes
import Events
import Formats
import LogReading
import Simulator
import Testing
import World

/// Events that are set aside, one by one, where what becomes of each can be told.
@Suite struct QuarantineTests {
  private let segmentBytes = 128 << 10

  private func request(_ topic: String, _ body: String, lines: Bool = false) -> [UInt8] {
    let media = lines ? "x-ndjson" : "json"
    let head = "POST /v1/events/\(topic) HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/\(media)\r\n"
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  private func gateway(_ disk: SimulatedDisk, _ clients: [Client], seed: UInt64 = 1) throws -> SimulatedGateway {
    try SimulatedGateway(
      seeds: [seed],
      disks: [disk],
      peers: [clients.map { $0.peer() }],
      faults: .none,
      segments: 8
    )
  }
  private func log(_ disk: SimulatedDisk) -> Log { Log(disk, lanes: 1, commitBytesMax: 16 << 10) }

  private func serve(_ gateway: inout SimulatedGateway, _ clients: [Client]) throws -> [Answers] {
    for _ in 0..<20_000 where !gateway.shards[0].peers().allSatisfy(\.isClosed) { _ = gateway.turn(0) }
    let peers = gateway.shards[0].peers()
    let isServed = peers.allSatisfy(\.isClosed)
    try #require(isServed)
    return zip(clients, peers).map { $0.answers($1) }
  }

  @Test func `what was set aside is in the side lane after a crash, and in no other`() throws {
    let bodies = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]
    var disk = SimulatedDisk()
    for life in 1...3 {
      var client = Client(isFramed: false)
      client.bytes += request("flawed", bodies[0])
      client.bytes += request("flawed", "\(bodies[1])\n\(bodies[2])\n", lines: true)
      client.bytes += request("plain", "{\"n\":1}")
      var gateway = try gateway(disk, [client], seed: UInt64(life))
      let answers = try serve(&gateway, [client])[0]
      #expect(answers.outcomes == [.stored, .stored, .stored])
      #expect(answers.receipts.map(\.quarantined) == [1, 2, 0])
      #expect(answers.receipts.map(\.events) == [0, 0, 1])
      let ledger = gateway.shards[0].ledger
      #expect(ledger.quarantined == 3 && ledger.stored == 1 && ledger.received == 4 && ledger.isBalanced)
      disk = gateway.crash()[0]
      let log = log(disk)
      #expect(log.damages.isEmpty && log.faults.isEmpty, "\(log.damages) \(log.faults)")
      #expect(log.events.count == life && log.events.allSatisfy { $0.topic.rawValue == 0 })
      #expect(log.aside.map(\.offset) == (0..<UInt64(3 * life)).map { $0 })
      for (place, event) in log.aside.enumerated() {
        let record = try QuarantineRecord(decoding: event.value.span.bytes)
        let body = Array(bodies[place % 3].utf8)
        let verdict = Array("{\"reason\":\"topic_quarantined\"}".utf8)
        let isRight = record.verdict.equals(verdict.span.bytes) && record.digest == ContentDigest(of: body.span.bytes)
        #expect(isRight && Int(record.topic.rawValue) == ClientMaker.flawed)
        #expect(Int(record.payloadBytes) == body.count && record.schemaVersion == 0)
        #expect(event.key == nil)
      }
    }
  }

  @Test func `a gateway that sets nothing aside has no file of a side lane`() throws {
    var client = Client(isFramed: false)
    for number in 1...20 { client.bytes += request("plain", "{\"n\":\(number)}") }
    var gateway = try gateway(SimulatedDisk(), [client])
    #expect(try serve(&gateway, [client])[0].outcomes.count == 20)
    let disk = gateway.crash()[0]
    #expect(!disk.files.isEmpty && disk.files.keys.allSatisfy { !$0.lane.isSide })
  }

  @Test func `without room for a side lane only what would go there is refused`() throws {
    var (aside, plain) = (Client(isFramed: false), Client(isFramed: false))
    for number in 1...20 {
      aside.bytes += request("flawed", "{\"n\":\(number)}")
      plain.bytes += request("plain", "{\"n\":\(number)}")
    }
    // Two segments for the lane: the live one and a spare one.
    var disk = SimulatedDisk()
    disk.capacity = 2 * segmentBytes
    var gateway = try gateway(disk, [aside, plain])
    let answers = try serve(&gateway, [aside, plain])
    #expect(answers[0].outcomes == Array(repeating: .refused(507), count: 20))
    #expect(answers[1].outcomes == Array(repeating: .stored, count: 20))
    let report = gateway.shards[0].report()
    #expect(report.isSideLaneFull && !report.isStorageFull && report.isReady)
    #expect(report.ledger.stored == 20 && report.ledger.quarantined == 0 && report.ledger.isBalanced)
    gateway.shards[0].setDiskCapacity(.max)
  }

  @Test func `a side lane keeps what its segments hold, and the newest of it`() throws {
    var client = Client(isFramed: false)
    let count = 3000
    for first in stride(from: 0, to: count, by: 100) {
      client.bytes += request("flawed", (first..<first + 100).map { "{\"n\":\($0)}\n" }.joined(), lines: true)
    }
    var gateway = try gateway(SimulatedDisk(), [client])
    let answers = try serve(&gateway, [client])[0]
    #expect(answers.receipts.map(\.quarantined).reduce(0, +) == count)
    let report = gateway.shards[0].report()
    #expect(report.ledger.quarantined == UInt64(count))
    #expect(report.sideLane.segmentsRetired > 0 && report.sideSegmentsInUse <= 8)
    #expect(report.lanes.commits == 0 && report.segmentsInUse <= 1)
    let log = log(gateway.crash()[0])
    #expect(log.damages.isEmpty && log.faults.isEmpty, "\(log.damages) \(log.faults)")
    let first = log.aside.first?.offset ?? 0
    #expect(first > 0 && log.aside.map(\.offset) == Array(first..<UInt64(count)))
  }
}
