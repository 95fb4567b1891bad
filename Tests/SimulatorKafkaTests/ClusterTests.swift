import Bytes
import Kafka
import KafkaCaptures
import Simulator
import Testing

/// What a cluster says of itself, and how it gives records back.
@Suite struct ClusterTests {
  @Test func `versions are told in every version, and those that nobody speaks are told so`() throws {
    var client = TestClient()
    for version in 0...3 as ClosedRange<Int16> {
      var request = ApiVersionsRequest()
      (request.softwareName, request.softwareVersion) = ("apache-kafka-java", "3.8.0")
      let answer: ApiVersionsResponse = try client.ask(request, version)
      #expect(answer.error == .none)
      #expect(answer.apis.contains { $0.api == KafkaAPI.produce.rawValue && $0.last == 11 })
    }
    let nameless: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 3)
    #expect(nameless.error == .invalidRequest)
    // A version that does not exist is answered in the form of version 0.
    let header = RequestHeader(.apiVersions, version: 99, correlation: 5, clientID: nil)
    let frame = KafkaFrame(ApiVersionsRequest(), header).bytes.dropFirst(4)
    let body = Array(try client.exchange(Array(frame)).bytes.dropFirst(4))
    let answer = try ApiVersionsResponse.readAnswer(body.span.bytes, version: 0).message
    #expect(answer.error == .unsupportedVersion)
    #expect(answer.apis.map(\.api) == [18] && answer.apis.map(\.last) == [3])
  }

  @Test func `an older broker says so, and hangs up on those who don't listen`() throws {
    var client = TestClient { $0.lastVersions = [.produce: 8, .apiVersions: 2] }
    let told: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 2)
    #expect(told.apis.first { $0.api == KafkaAPI.produce.rawValue }?.last == 8)
    #expect(try client.produce(BatchMaker().bytes, 8).error == .none)
    #expect(throws: TestClient.Silence.closed) { try client.produce(BatchMaker().bytes, 9) }
  }

  @Test(arguments: KafkaAPI.metadata.versions)
  func `topics and their leaders are told`(version: Int16) throws {
    var client = TestClient(brokers: 3, partitions: 4)
    client.cluster.addTopic("u", partitions: 1)
    let all = try client.metadata(nil, version)
    #expect(all.brokers.map(\.id) == [1, 2, 3] && all.brokers[1].host == "127.0.0.2")
    #expect(all.topics.map(\.name) == ["t", "u"])
    #expect(all.topics[0].partitions.map(\.leader) == [1, 2, 3, 1])
    #expect(all.topics[0].partitions[1].replicas == [2, 3, 1])
    let some = try client.metadata(["u", "missing", "not/a/name"], version)
    #expect(some.topics.map(\.error) == [.none, .unknownTopicOrPartition, .invalidTopic])
    #expect(try client.metadata([], version).topics.isEmpty)
    client.cluster.deniedTopics = ["t"]
    #expect(try client.metadata(nil, version).topics.map(\.name) == ["u"])
    #expect(try client.metadata(["t"], version).topics.map(\.error) == [.topicAuthorizationFailed])
  }

  @Test func `a topic is found by its id`() throws {
    var client = TestClient()
    let id = try client.metadata(["t"]).topics[0].id
    var request = MetadataRequest()
    request.topics = [id, 1].map { id in
      var topic = MetadataTopicName()
      topic.id = id
      return topic
    }
    let answer: MetadataResponse = try client.ask(request, 12)
    #expect(answer.topics.map(\.error) == [.none, .unknownTopicID])
    #expect(answer.topics.map(\.name) == ["t", nil])
  }

  @Test func `topics are made where that is allowed, and are there the next time`() throws {
    var client = TestClient { ($0.createsTopics, $0.partitionCount) = (true, 2) }
    #expect(try client.metadata(["new"], creates: false).topics[0].error == .unknownTopicOrPartition)
    #expect(try client.metadata(["new"], creates: false).topics[0].error == .unknownTopicOrPartition)
    #expect(try client.metadata(["new"], creates: true).topics[0].error == .unknownTopicOrPartition)
    #expect(try client.metadata(["new"], creates: true).topics[0].partitions.count == 2)
    var strict = TestClient()
    for _ in 0..<2 { #expect(try strict.metadata(["new"], creates: true).topics[0].error == .unknownTopicOrPartition) }
  }

  @Test(arguments: KafkaAPI.initProducerID.versions)
  func `producers without transactions get a new id each time`(version: Int16) throws {
    var client = TestClient()
    let first = try client.makeProducer(-1, version)
    #expect(first.error == .none && first.producerID == 0 && first.epoch == 0)
    let again = try client.makeProducer(version >= 3 ? 0 : -1, epoch: version >= 3 ? 0 : -1, version)
    #expect(again.producerID == 1 && again.epoch == 0, "even when they name the one that they have")
    guard version >= 3 else { return }
    #expect(try client.makeProducer(0, epoch: -1, version).error == .invalidRequest)
  }

  @Test func `producers with transactions keep their id and fence one another`() throws {
    var client = TestClient()
    let first = try client.makeProducer(transaction: "x")
    let second = try client.makeProducer(transaction: "x")
    #expect(second.producerID == first.producerID && first.epoch == 0 && second.epoch == 1)
    #expect(try client.makeProducer(first.producerID, epoch: 0, transaction: "x").error == .producerFenced)
    #expect(try client.makeProducer(first.producerID, epoch: 0, transaction: "x", 3).error == .invalidProducerEpoch)
    #expect(try client.makeProducer(first.producerID, epoch: 1, transaction: "x").epoch == 2)
    #expect(try client.makeProducer(transaction: "").error == .invalidRequest)
  }

  @Test(arguments: KafkaAPI.findCoordinator.versions)
  func `a coordinator is found`(version: Int16) throws {
    var client = TestClient(brokers: 2)
    var request = FindCoordinatorRequest()
    (request.key, request.keys) = ("g", ["g", "h"])
    let answer: FindCoordinatorResponse = try client.ask(request, version)
    let found = version < 4 ? [answer.broker] : answer.coordinators.map(\.broker)
    #expect(answer.error == .none && found.allSatisfy { (1...2).contains($0) })
  }

  // MARK: Reading

  private func listed(_ client: inout TestClient, _ timeMs: Int64, _ version: Int16, epoch: Int32 = -1) throws
    -> ListedPartition
  {
    var (request, topic, partition) = (ListOffsetsRequest(), ListOffsetsTopic(), ListOffsetsPartition())
    (partition.timestampMs, partition.leaderEpoch) = (timeMs, epoch)
    (topic.name, topic.partitions, request.topics) = ("t", [partition], [])
    request.topics = [topic]
    let answer: ListOffsetsResponse = try client.ask(request, version)
    return answer.topics[0].partitions[0]
  }
  @Test(arguments: KafkaAPI.listOffsets.versions)
  func `offsets are found by time`(version: Int16) throws {
    var client = TestClient()
    #expect(try listed(&client, -1, version).offset == 0)
    for step in 0..<3 as Range<Int64> {
      _ = try client.produce(BatchMaker().with { $0.baseTimestampMs = 1000 * (step + 1) }.lz4().bytes)
    }
    #expect(try listed(&client, -1, version).offset == 9)
    #expect(try listed(&client, -2, version).offset == 0)
    #expect(try listed(&client, 0, version).offset == 0)
    let found = try listed(&client, 2001, version)
    #expect(found.offset == 4 && found.timestampMs == 2001)
    #expect(try listed(&client, 9999, version).offset == -1)
    guard version >= 4 else { return }
    client.cluster.lead("t", 0, by: 1)
    #expect(try listed(&client, -1, version, epoch: 0).error == .fencedLeaderEpoch)
    #expect(try listed(&client, -1, version, epoch: 2).error == .unknownLeaderEpoch)
    #expect(try listed(&client, -1, version, epoch: 1).error == .none)
  }

  private func fetch(
    _ client: inout TestClient,
    _ offset: Int64,
    _ version: Int16 = 11,
    bytesMax: Int32 = 1 << 20
  ) throws -> (FetchedPartition, [UInt8], KafkaAnswer) {
    var (request, topic, partition) = (FetchRequest(), FetchTopic(), FetchPartition())
    (partition.offset, partition.bytesMax) = (offset, bytesMax)
    (topic.name, topic.partitions) = ("t", [partition])
    (request.topics, request.bytesMin, request.waitMsMax) = ([topic], 1, 500)
    let frame = KafkaFrame(request, client.header(.fetch, version)).bytes.dropFirst(4)
    let answer = try client.exchange(Array(frame))
    let body = Array(answer.bytes.dropFirst(4))
    let read = try FetchResponse.readAnswer(body.span.bytes, version: version).message.topics[0].partitions[0]
    return (read, Array(body[read.records.range]), answer)
  }
  @Test(arguments: KafkaAPI.fetch.versions)
  func `records are read back, whole batches at a time`(version: Int16) throws {
    var client = TestClient()
    let batches = [BatchMaker(3).bytes, BatchMaker(4).lz4().bytes, BatchMaker(5).bytes]
    for batch in batches { _ = try client.produce(batch) }
    let (all, bytes, _) = try fetch(&client, 0, version)
    #expect(all.error == .none && all.highWatermark == 12)
    #expect(bytes.count == batches.reduce(0) { $0 + $1.count })
    #expect(try fetch(&client, 4, version).1.count == batches[1].count + batches[2].count, "the batch that has it")
    #expect(try fetch(&client, 0, version, bytesMax: 1).1.count == batches[0].count, "one batch at least")
    #expect(try fetch(&client, 0, version, bytesMax: Int32(batches[0].count + 1)).1.count == batches[0].count)
    #expect(try fetch(&client, 13, version).0.error == .offsetOutOfRange)
    let (end, none, answer) = try fetch(&client, 12, version)
    #expect(end.error == .none && none.isEmpty && answer.atMs == 500, "who waits for more waits as long as it says")
  }

  @Test func `records are looked at as they were sent`() throws {
    var client = TestClient()
    _ = try client.produce(BatchMaker(2).bytes)
    _ = try client.produce(BatchMaker(2).lz4().by(5, sequence: 0).bytes)
    let records = client.cluster.records(of: "t", 0)
    #expect(records.map(\.offset) == [0, 1, 2, 3])
    #expect(records.map(\.timestampMs) == [0, 1, 0, 1].map { 1_700_000_000_000 + $0 })
    #expect(records[3].key == Array("k1".utf8) && records[3].value == Array("value 1".utf8))
    #expect(records[3].headers == [StoredRecord.Header(key: Array("h".utf8), value: nil)])
    #expect(client.cluster.batches(of: "t", 0).count == 2)
  }

  // MARK: Nonsense

  @Test(arguments: [
    "", "00", "0000 0009 0000 0001", "03E7 0000 0000 0001 FFFF", "0000 0002 0000 0001 FFFF",
    "0000 000C 0000 0001 FFFF 00",
    "0003 000D 0000 0001 FFFF 00 01 00 00", "0008 0008 0000 0001 FFFF 00", "0003 0001 0000 0001 FFFF 7FFFFFFF",
    "0016 0004 0000 0001 FFFF 00 00 00000000 FFFFFFFFFFFFFFFF FFFF", "0016 0000 0000 0001 FFFF FFFF 00000000 00",
  ])
  func `what is no request ends the connection`(hex: String) throws {
    var client = TestClient()
    let answer = try client.exchange(unhex(hex))
    #expect(answer.closes && answer.bytes.isEmpty)
    #expect(try !client.cluster.isOpen(#require(client.connections[1])))
    #expect(client.cluster.remarks.count == 1)
    #expect(try client.metadata(["t"]).topics[0].error == .none, "another connection is none the worse")
  }

  @Test(arguments: ["apache38.frames", "apache38-sasl.frames"])
  func `no bytes break a cluster`(file: String) throws {
    let frames = text(of: file).split(separator: "\n").filter { $0.contains(" C ") }
      .map { unhex($0.split(separator: " ")[3]) }
    var draws = SplitMix(seed: 1)
    for round in 0..<40 {
      var client = TestClient { $0.createsTopics = true }
      if round % 4 == 3 { client.cluster.settings.security = KafkaSecurity(passwords: ["alice": "alice-secret"]) }
      for frame in frames {
        var changed = frame
        for _ in 0..<draws.below(4) { changed[draws.below(changed.count)] = UInt8(truncatingIfNeeded: draws.next()) }
        if draws.once(in: 10) { changed.removeLast(draws.below(changed.count)) }
        let answer = try client.exchange(changed)
        #expect(
          answer.bytes.isEmpty || answer.bytes.count == 4 + Int(answer.bytes.span.bytes.integer(Int32.self, at: 0))
        )
      }
      for topic in client.cluster.topicNames {
        for partition in 0..<Int32(topic.partitions) { _ = client.cluster.records(of: topic.name, partition) }
      }
    }
  }

  @Test func `the same calls give the same answers`() throws {
    func run() throws -> [KafkaAnswer] {
      var client = TestClient(brokers: 3, partitions: 3) { $0.createsTopics = true }
      client.cluster.disturb(.garbage(count: 40), of: .findCoordinator)
      var answers: [KafkaAnswer] = []
      for line in text(of: "apache38.frames").split(separator: "\n") where line.contains(" C ") {
        answers.append(try client.exchange(unhex(line.split(separator: " ")[3])))
      }
      return answers
    }
    let first = try run()
    #expect(try run() == first && first.count > 50)
  }
}
