import Bytes
import Kafka
import Simulator
import Testing

@testable import Formats
@testable import Store

/// A producer against a cluster that is as strict as Apache Kafka.
@Suite struct ProducerTests {
  private func cluster(
    brokers: Int32 = 3,
    partitions: Int = 4,
    _ change: (inout KafkaCluster.Settings) -> Void = { _ in }
  )
    -> KafkaCluster
  {
    var settings = KafkaCluster.Settings()
    change(&settings)
    var cluster = KafkaCluster(
      (1...brokers).map { KafkaCluster.Broker(id: $0, host: "b", port: $0) },
      settings: settings
    )
    cluster.addTopic("telemetry", partitions: partitions)
    return cluster
  }
  private func settings(_ change: (inout KafkaProducer.Settings) -> Void = { _ in }) -> KafkaProducer.Settings {
    var settings = KafkaProducer.Settings(
      bootstrap: [(host: "b", port: 1), (host: "b", port: 2)],
      topics: ["telemetry"],
      session: BrokerSession.Settings(clientID: "sluice")
    )
    settings.batchBytesMax = 64 << 10
    change(&settings)
    return settings
  }

  /// Appends a record; the number is its value, and its key one of a few.
  private func append(_ number: Int, bytes: Int, to world: inout ProducerWorld) -> KafkaProducer.Verdict {
    let key = Array("device-\(number % 17)".utf8)
    let value = Array("\(number) ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
    let headers: [UInt8] = [0]
    let record = Record(
      offset: 0,
      timestampMs: 1000 + Int64(number),
      key: key.span.bytes,
      hasKey: true,
      value: value.span.bytes,
      hasValue: true,
      headers: headers.span.bytes
    )
    return world.producer.append(record, to: 0, world.nowNs)
  }
  /// The numbers of a partition's records, in their order.
  private func numbers(_ cluster: KafkaCluster, _ partition: Int32) -> [Int] {
    cluster.records(of: "telemetry", partition).map { record in
      Int(String(decoding: record.value!.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))!
    }
  }
  /// Brings so many records through, while things go wrong.
  private func deliver(
    _ count: Int,
    bytes: Int = 100,
    in world: inout ProducerWorld,
    _ disturb: (inout ProducerWorld) -> Void = { _ in }
  ) {
    var number = 0
    var turns = 0
    while number < count, turns < 100_000 {
      turns += 1
      if case .taken = append(number, bytes: bytes, to: &world) { number += 1 } else { world.run(forNs: 1_000_000) }
      if world.draw(8) == 0 { world.run(forNs: 300_000) }
      if number < count { disturb(&world) }
    }
    #expect(number == count)
    world.cluster.calm()
    for broker in world.cluster.brokers where !broker.isUp { world.cluster.bringUp(broker.id) }
    for _ in 0..<600 where world.producer.pendingBatches > 0 {
      world.noticeEnds()
      world.run(forNs: 100_000_000)
    }
  }
  /// Every record is there, those of a key in their order; how many are there twice.
  @discardableResult
  private func check(_ world: borrowing ProducerWorld, _ count: Int) -> Int {
    var all: Set<Int> = []
    var twice = 0
    for partition in 0..<Int32(world.cluster.topicNames[0].partitions) {
      var seen: Set<Int> = []
      var lastOfKey: [Int: Int] = [:]
      for number in numbers(world.cluster, partition) {
        guard seen.insert(number).inserted else {
          twice += 1
          continue
        }
        #expect(lastOfKey[number % 17, default: -1] < number, "records of a key are in order")
        lastOfKey[number % 17] = number
      }
      all.formUnion(seen)
    }
    #expect(all == Set(0..<count))
    #expect(world.deliveries.reduce(0) { $0 + Int($1.records) } == count)
    #expect(world.deliveries.allSatisfy { $0.error == .none })
    #expect(world.producer.pendingBatches == 0)
    return twice
  }

  @Test func `records reach their partitions, once and in order`() {
    var world = ProducerWorld(settings(), cluster(), seed: 1)
    deliver(3000, in: &world)
    #expect(check(world, 3000) == 0)
    #expect(world.faults.isEmpty && world.cluster.remarks.isEmpty)
  }

  @Test func `a cluster that wants to know who comes is told`() {
    let security = KafkaSecurity(passwords: ["alice": "secret"])
    let strict = cluster { $0.security = security }
    for credentials in [
      SASLCredentials.plain(user: "alice", password: Array("secret".utf8)),
      .scram(.sha256, user: "alice", password: Array("secret".utf8)),
      .scram(.sha512, user: "alice", password: Array("secret".utf8)),
    ] {
      var world = ProducerWorld(settings { $0.session.credentials = credentials }, strict, seed: 2)
      deliver(200, in: &world)
      check(world, 200)
    }
  }

  @Test func `a batch that is too large for the cluster is cut until it is not`() {
    var world = ProducerWorld(settings { $0.compresses = false }, cluster { $0.batchBytesMax = 9000 }, seed: 3)
    deliver(2000, bytes: 300, in: &world)
    #expect(check(world, 2000) == 0)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `whatever goes wrong, nothing is lost, and nothing is there twice while the cluster remembers`(seed: UInt64) {
    var world = ProducerWorld(settings(), cluster(), seed: seed)
    deliver(1500, in: &world) { world in
      guard world.draw(60) == 0 else { return }
      let broker = Int32(1 + world.draw(3))
      switch world.draw(9) {
      case 0: world.cluster.disturb(.dropAfter, of: .produce)
      case 1: world.cluster.disturb(.dropBefore)
      case 2: world.cluster.disturb(.late(ms: Int64(world.draw(50))))
      case 3: world.cluster.disturb(.throttle(ms: Int32(world.draw(30))), of: .produce)
      case 4:
        let errors: [KafkaError] = [.notLeaderOrFollower, .requestTimedOut, .notEnoughReplicas, .leaderNotAvailable]
        world.cluster.refuse("telemetry", Int32(world.draw(4)), with: errors[Int(world.draw(4))])
      case 5: world.cluster.lead("telemetry", Int32(world.draw(4)), by: broker)
      case 6: world.cluster.dropConnections(to: broker)
      case 7:
        if world.cluster.brokers.allSatisfy(\.isUp) { world.cluster.takeDown(broker) } else { upAgain(&world) }
      default:
        world.cluster.disturb([.wrongCorrelation, .truncate(keeping: 7), .garbage(count: 50)][Int(world.draw(3))])
      }
      world.noticeEnds()
    }
    #expect(check(world, 1500) == 0)
  }
  private func upAgain(_ world: inout ProducerWorld) {
    for broker in world.cluster.brokers where !broker.isUp { world.cluster.bringUp(broker.id) }
  }

  @Test func `an answer about another partition ends its connection, and what it was to is sent again`() {
    var world = ProducerWorld(settings(), cluster(), seed: 4)
    world.run(forNs: 200_000_000)
    // Of a produce answer: size, correlation, tags, one topic, its name, one partition, and its number.
    world.change = { bytes in
      var bytes = bytes
      if bytes.count > 25, Array(bytes[9...20]) == [2, 10] + Array("telemetry".utf8) + [2] { bytes[24] ^= 1 }
      return bytes
    }
    #expect(append(0, bytes: 10, to: &world) != .later)
    world.run(forNs: 300_000_000)
    #expect(world.faults.contains(.refused(.produce, .unknownServerError, "an answer about other partitions")))
    world.change = { $0 }
    for number in 1..<20 { _ = append(number, bytes: 10, to: &world) }
    world.run(forNs: 5_000_000_000)
    #expect(check(world, 20) == 0)
  }

  @Test func `a record that the cluster refuses costs no other`() {
    var world = ProducerWorld(settings(), cluster(partitions: 1), seed: 5)
    world.run(forNs: 200_000_000)
    for number in 0..<50 { _ = append(number, bytes: 10, to: &world) }
    world.run(forNs: 200_000_000)
    world.cluster.reject("telemetry", 0, record: 0, because: "as was asked for")
    for number in 50..<60 { _ = append(number, bytes: 10, to: &world) }
    world.run(forNs: 1_000_000_000)
    for number in 60..<100 { _ = append(number, bytes: 10, to: &world) }
    world.run(forNs: 2_000_000_000)
    let refused = world.deliveries.filter { $0.error != .none }
    #expect(refused.map(\.error) == [.invalidRecord])
    #expect(numbers(world.cluster, 0).count == 100 - Int(refused[0].records))
    #expect(world.deliveries.reduce(0) { $0 + Int($1.records) } == 100)
  }

  @Test func `a producer that is forgotten goes on under another epoch`() {
    var world = ProducerWorld(settings(), cluster(partitions: 1), seed: 6)
    deliver(300, in: &world)
    world.cluster.forgetProducer(nil, "telemetry", 0)
    for number in 300..<600 { _ = append(number, bytes: 100, to: &world) }
    world.run(forNs: 3_000_000_000)
    #expect(numbers(world.cluster, 0) == Array(0..<600))
  }
}
