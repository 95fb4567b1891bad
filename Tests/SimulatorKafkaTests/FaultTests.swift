import Bytes
import Kafka
import Simulator
import Testing

/// Faults happen when they are asked for, and as often.
@Suite struct FaultTests {
  let batch = BatchMaker().bytes

  @Test func `a broker that is down takes nobody, and keeps what it has`() throws {
    var client = TestClient(brokers: 2, partitions: 2)
    _ = try client.produce(batch)
    client.cluster.takeDown(1)
    #expect(throws: TestClient.Silence.refused) { try client.produce(batch) }
    let told = try client.metadata(["t"], at: 2)
    #expect(told.brokers.map(\.id) == [2])
    let partition = told.topics[0].partitions[0]
    #expect(partition.error == .leaderNotAvailable && partition.leader == -1)
    #expect(partition.offline == [1] && partition.inSync == [2])
    client.cluster.bringUp(1)
    #expect(try client.produce(batch).baseOffset == 3)
    let connection = try #require(client.connections[1])
    client.cluster.dropConnections(to: 1)
    #expect(!client.cluster.isOpen(connection))
    #expect(try client.produce(batch).baseOffset == 6)
  }

  @Test func `who asks the wrong broker hears who leads`() throws {
    var client = TestClient(brokers: 2)
    _ = try client.produce(batch)
    client.cluster.lead("t", 0, by: 2)
    #expect(try client.produce(batch, 9).error == .notLeaderOrFollower)
    let answer = try client.produceAll([("t", 0, batch)], 10)
    let partition = answer.topics[0].partitions[0]
    #expect(partition.error == .notLeaderOrFollower && partition.baseOffset == -1)
    #expect(partition.leader?.broker == 2 && partition.leader?.epoch == 1)
    #expect(answer.brokers?.brokers.map(\.host) == ["127.0.0.2"])
    #expect(try client.produce(batch, at: 2).baseOffset == 3)
    #expect(client.cluster.leader(of: "t", 0) == (2, 1))
    let stored = client.cluster.batches(of: "t", 0).map { $0.span.bytes.integer(Int32.self, at: 12) }
    #expect(stored == [0, 1], "batches say which leader took them")
    client.cluster.takeDown(2)
    let lost = try client.produceAll([("t", 0, batch)], 10)
    #expect(lost.topics[0].partitions[0].leader?.broker == -1 && lost.brokers == nil)
  }

  @Test func `a batch is recognised by the leader after its own`() throws {
    var client = TestClient(brokers: 2)
    let batch = BatchMaker().by(3, sequence: 0).bytes
    _ = try client.produce(batch)
    client.cluster.lead("t", 0, by: 2)
    #expect(try client.produce(batch, at: 2).baseOffset == 0)
    #expect(client.cluster.endOffset(of: "t", 0) == 3)
  }

  @Test func `batches are refused as often as was asked for, and not appended`() throws {
    var client = TestClient(partitions: 2)
    client.cluster.refuse("t", 0, with: .notEnoughReplicas, times: 2)
    #expect(try client.produce(batch).error == .notEnoughReplicas)
    #expect(try client.produce(batch, to: "t", 1).error == .none)
    #expect(try client.produce(batch).error == .notEnoughReplicas)
    #expect(try client.produce(batch).baseOffset == 0)
    client.cluster.reject("t", 0, record: 1, because: "too blue")
    let rejected = try client.produce(batch)
    #expect(rejected.error == .invalidRecord && rejected.recordErrors.map(\.index) == [1])
    #expect(rejected.recordErrors[0].message == "too blue")
    client.cluster.refuse("t", 0, with: .requestTimedOut, times: .max)
    for _ in 0..<3 { #expect(try client.produce(batch).error == .requestTimedOut) }
    client.cluster.calm()
    #expect(try client.produce(batch).baseOffset == 3)
  }

  @Test func `any kind of request can fail`() throws {
    var client = TestClient()
    client.cluster.disturb(.fail(.coordinatorLoadInProgress), times: 1, of: .initProducerID)
    #expect(try client.metadata(["t"]).topics[0].error == .none)
    #expect(try client.makeProducer().error == .coordinatorLoadInProgress)
    #expect(try client.makeProducer().producerID == 0)
    client.cluster.disturb(.fail(.unknownServerError), of: .metadata)
    #expect(try client.metadata(nil).topics[0].error == .unknownServerError)
    client.cluster.disturb(.fail(.requestTimedOut), of: .produce)
    #expect(try client.produce(batch).error == .requestTimedOut)
    #expect(client.cluster.endOffset(of: "t", 0) == 0)
  }

  @Test func `a topic is forbidden`() throws {
    var client = TestClient()
    client.cluster.deniedTopics = ["t"]
    #expect(try client.produce(batch).error == .topicAuthorizationFailed)
  }

  @Test func `a request is done and its answer lost, or neither done nor answered`() throws {
    var client = TestClient()
    client.cluster.disturb(.dropAfter, of: .produce)
    #expect(throws: TestClient.Silence.closed) { try client.produce(batch) }
    #expect(client.cluster.endOffset(of: "t", 0) == 3)
    client.cluster.disturb(.dropBefore, of: .produce)
    #expect(throws: TestClient.Silence.closed) { try client.produce(batch) }
    #expect(client.cluster.endOffset(of: "t", 0) == 3)
    #expect(try client.produce(batch).baseOffset == 3)
  }

  @Test func `an answer is late, throttled, cut, another's or nonsense`() throws {
    var client = TestClient()
    func answer(_ what: KafkaDisturbance) throws -> KafkaAnswer {
      client.cluster.disturb(what, of: .metadata)
      let header = RequestHeader(.metadata, version: 8, correlation: 7, clientID: nil)
      return try client.exchange(Array(KafkaFrame(MetadataRequest(), header).bytes.dropFirst(4)))
    }
    client.nowMs = 100
    #expect(try answer(.late(ms: 30)).atMs == 130)
    let throttled = try answer(.throttle(ms: 30))
    #expect(throttled.atMs == 100 && throttled.mutedUntilMs == 130 && Array(throttled.bytes[8..<12]) == [0, 0, 0, 30])
    #expect(try Array(answer(.wrongCorrelation).bytes[4..<8]) == [0, 0, 0, 8])
    let cut = try answer(.truncate(keeping: 9))
    #expect(cut.bytes.count == 9 && cut.closes)
    #expect(try answer(.garbage(count: 33)).bytes.count == 33)
  }

  @Test func `what was asked for last comes first, and only where it was asked for`() throws {
    var client = TestClient(brokers: 2)
    client.cluster.disturb(.late(ms: 5), times: .max)
    client.cluster.disturb(.fail(.requestTimedOut), times: 1, of: .produce, at: 1)
    #expect(try client.metadata(["t"], at: 2).topics[0].error == .none)
    #expect(try client.produce(batch).error == .requestTimedOut)
    #expect(try client.produce(batch).error == .none)
  }

  @Test func `a broker gives an address where nobody is`() throws {
    var client = TestClient(brokers: 2)
    client.cluster.advertise(2, host: "192.0.2.1", port: 1)
    #expect(try client.metadata(nil).brokers.map(\.host) == ["127.0.0.1", "192.0.2.1"])
  }
}

/// Bytes come in pieces, and one request of a connection is looked at after another.
@Suite struct LinkTests {
  private func frame(_ correlation: Int32) -> [UInt8] {
    let header = RequestHeader(.metadata, version: 8, correlation: correlation, clientID: nil)
    return KafkaFrame(MetadataRequest(), header).bytes
  }
  private func correlations(_ bytes: [UInt8]) -> [UInt8] {
    var (rest, found) = (bytes[...], [] as [UInt8])
    while rest.count >= 8 {
      found.append(rest[rest.startIndex + 7])
      rest = rest.dropFirst(4 + Int(Array(rest).span.bytes.integer(Int32.self, at: 0)))
    }
    return found
  }

  @Test func `requests are answered wherever they are cut`() throws {
    let bytes = frame(1) + frame(2) + frame(3)
    for size in 1...bytes.count {
      var cluster = TestClient().cluster
      var link = try #require(KafkaLink(to: 1, of: &cluster))
      for start in stride(from: 0, to: bytes.count, by: size) {
        link.receive(Array(bytes[start..<min(bytes.count, start + size)]), for: &cluster, nowMs: 0)
      }
      #expect(correlations(link.takeOutput()) == [1, 2, 3])
    }
  }

  @Test func `a late answer holds up those behind it, and a throttled one those who ask`() throws {
    var cluster = TestClient().cluster
    var link = try #require(KafkaLink(to: 1, of: &cluster))
    cluster.disturb(.throttle(ms: 20))
    cluster.disturb(.late(ms: 10))
    link.receive(frame(1) + frame(2) + frame(3), for: &cluster, nowMs: 0)
    #expect(link.takeOutput().isEmpty && link.deadlineMs == 10 && !link.isReading)
    link.advance(cluster: &cluster, nowMs: 9)
    #expect(link.takeOutput().isEmpty)
    link.advance(cluster: &cluster, nowMs: 10)
    #expect(correlations(link.takeOutput()) == [1, 2] && link.deadlineMs == 30)
    link.advance(cluster: &cluster, nowMs: 30)
    #expect(correlations(link.takeOutput()) == [3] && link.deadlineMs == nil && link.isReading)
  }

  @Test(arguments: [-1, 104_857_601, Int32.max, Int32.min])
  func `a size that no request has ends the connection`(size: Int32) throws {
    var cluster = TestClient().cluster
    var link = try #require(KafkaLink(to: 1, of: &cluster))
    link.receive(frame(1) + integer(size), for: &cluster, nowMs: 0)
    #expect(correlations(link.takeOutput()) == [1])
    #expect(link.isClosed && !cluster.isOpen(link.connection))
  }

  @Test func `a broker that goes down says nothing more`() throws {
    var cluster = TestClient().cluster
    var link = try #require(KafkaLink(to: 1, of: &cluster))
    cluster.disturb(.late(ms: 10))
    link.receive(frame(1), for: &cluster, nowMs: 0)
    cluster.takeDown(1)
    link.advance(cluster: &cluster, nowMs: 10)
    #expect(link.isClosed && link.output.isEmpty)
    #expect(KafkaLink(to: 1, of: &cluster) == nil)
  }

  @Test func `the last words are said before the connection ends`() throws {
    var cluster = TestClient().cluster
    var link = try #require(KafkaLink(to: 1, of: &cluster))
    cluster.disturb(.truncate(keeping: 6))
    link.receive(frame(1), for: &cluster, nowMs: 0)
    #expect(link.isClosed && link.takeOutput().count == 6)
  }
}
