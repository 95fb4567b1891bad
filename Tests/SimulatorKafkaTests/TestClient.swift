import Bytes
import Kafka
import Simulator

/// A client of a cluster that has one connection to each broker and asks what a test wants.
struct TestClient {
  var cluster: KafkaCluster
  var connections: [Int32: KafkaConnectionID] = [:]
  var nowMs: Int64 = 0
  private var correlation: Int32 = 0

  /// Why there is no answer.
  enum Silence: Error, Equatable { case closed, nothing, refused }

  /// One of a cluster of so many brokers, with a topic `t` of so many partitions.
  init(brokers: Int32 = 1, partitions: Int = 1, _ change: (inout KafkaCluster.Settings) -> Void = { _ in }) {
    var settings = KafkaCluster.Settings()
    change(&settings)
    let all = (1...brokers).map { KafkaCluster.Broker(id: $0, host: "127.0.0.\($0)", port: 9092) }
    cluster = KafkaCluster(all, settings: settings)
    cluster.addTopic("t", partitions: partitions)
  }

  /// Sends a frame without its size, and takes what comes.
  mutating func exchange(_ frame: [UInt8], at broker: Int32 = 1) throws -> KafkaAnswer {
    if let known = connections[broker], !cluster.isOpen(known) { connections[broker] = nil }
    if connections[broker] == nil { connections[broker] = cluster.connect(to: broker) }
    guard let connection = connections[broker] else { throw Silence.refused }
    return cluster.answer(frame, on: connection, nowMs: nowMs)
  }
  mutating func header(_ api: KafkaAPI, _ version: Int16) -> RequestHeader {
    correlation += 1
    return RequestHeader(api, version: version, correlation: correlation, clientID: "test")
  }

  /// Asks something, and reads the answer.
  mutating func ask<Answer: KafkaMessage>(
    _ message: some KafkaMessage,
    _ version: Int16,
    at broker: Int32 = 1,
    records: [[UInt8]] = []
  ) throws -> Answer {
    let header = header(Answer.api, version)
    let frame = KafkaFrame(message, header).bytes(with: records).dropFirst(4)
    let answer = try exchange(Array(frame), at: broker)
    guard !answer.closes || !answer.bytes.isEmpty else { throw Silence.closed }
    guard !answer.bytes.isEmpty else { throw Silence.nothing }
    precondition(answer.bytes.count == 4 + Int(answer.bytes.span.bytes.integer(Int32.self, at: 0)), "the size is right")
    let body = Array(answer.bytes.dropFirst(4))
    let (named, read) = try Answer.readAnswer(body.span.bytes, version: version)
    precondition(named == correlation, "the answer is to this request")
    return read
  }

  /// Sends records for a partition.
  mutating func produce(
    _ records: [UInt8],
    _ version: Int16 = 9,
    to topic: String = "t",
    _ partition: Int32 = 0,
    acks: Int16 = -1,
    at broker: Int32 = 1
  ) throws -> ProducedPartition {
    let answer = try produceAll([(topic, partition, records)], version, acks: acks, at: broker)
    return answer.topics[0].partitions[0]
  }
  /// Sends records for some partitions.
  mutating func produceAll(
    _ parts: [(topic: String, partition: Int32, records: [UInt8])],
    _ version: Int16 = 9,
    acks: Int16 = -1,
    transaction: String? = nil,
    at broker: Int32 = 1
  ) throws -> ProduceResponse {
    var request = ProduceRequest()
    (request.acks, request.timeoutMs, request.transactionalID) = (acks, 1000, transaction)
    request.topics = parts.map { part in
      var (topic, partition) = (ProduceTopic(), ProducePartition())
      (partition.index, partition.records) = (part.partition, KafkaRecords(0..<part.records.count))
      (topic.name, topic.partitions) = (part.topic, [partition])
      return topic
    }
    return try ask(request, version, at: broker, records: parts.map(\.records))
  }
  mutating func makeProducer(_ id: Int64 = -1, epoch: Int16 = -1, transaction: String? = nil, _ version: Int16 = 4)
    throws -> InitProducerIDResponse
  {
    var request = InitProducerIDRequest()
    (request.producerID, request.epoch, request.transactionalID) = (id, epoch, transaction)
    return try ask(request, version)
  }
  /// Asks for topics; for all where that is `nil`.
  mutating func metadata(_ names: [String]?, _ version: Int16 = 12, creates: Bool = false, at broker: Int32 = 1) throws
    -> MetadataResponse
  {
    var request = MetadataRequest()
    request.createsTopics = creates
    request.topics = names?.map { name in
      var topic = MetadataTopicName()
      topic.name = name
      return topic
    }
    return try ask(request, version, at: broker)
  }
}
