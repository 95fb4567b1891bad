internal import Kafka

/// What a cluster says of itself.
extension KafkaCluster {
  /// The ranges that Apache Kafka 3.8.0 announces, of the kinds of requests that are spoken here.
  ///
  /// Versions older than those that are spoken are announced all the same: old librdkafka compresses nothing for a
  /// broker that lacks them. To use them ends the connection.
  private static let announced: [(api: KafkaAPI, last: Int16)] = [
    (.produce, 11), (.fetch, 12), (.listOffsets, 7), (.metadata, 12), (.findCoordinator, 4), (.saslHandshake, 1),
    (.apiVersions, 3), (.initProducerID, 5), (.saslAuthenticate, 2),
  ]
  private var announced: [(api: KafkaAPI, last: Int16)] {
    Self.announced.map { ($0.api, min($0.last, settings.lastVersions[$0.api] ?? .max)) }
  }
  /// Whether a version of a kind of request is answered.
  func speaks(_ api: KafkaAPI, _ version: Int16) -> Bool {
    api.versions.contains(version) && announced.contains { $0.api == api && version <= $0.last }
  }

  func apiVersions(_ request: ClusterRequest) throws(KafkaFault) -> (reply: Reply, isTaken: Bool) {
    var response = ApiVersionsResponse()
    func range(_ api: KafkaAPI, _ last: Int16) -> ApiVersionRange {
      var range = ApiVersionRange()
      (range.api, range.last) = (api.rawValue, last)
      return range
    }
    let version = request.header.version
    guard speaks(.apiVersions, version) else {
      response.error = .unsupportedVersion
      response.apis = announced.filter { $0.api == .apiVersions }.map { range($0.api, $0.last) }
      return (request.reply(response, version: 0), false)
    }
    let body = try request.body(ApiVersionsRequest.self)
    if let failure = request.failure {
      response.error = failure
    } else if version >= 3, !Self.isSoftware(body.softwareName) || !Self.isSoftware(body.softwareVersion) {
      response.error = .invalidRequest
    } else {
      response.apis = announced.map { range($0.api, $0.last) }
    }
    response.throttleMs = request.throttleMs
    return (request.reply(response), response.error == .none)
  }
  /// Source: KIP-511.
  private static func isSoftware(_ name: String) -> Bool {
    name.wholeMatch(of: /[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?/) != nil
  }

  mutating func metadata(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = try request.body(MetadataRequest.self)
    let version = request.header.version
    var response = MetadataResponse()
    response.throttleMs = request.throttleMs
    response.brokers = brokers.filter(\.isUp).map(Self.described)
    response.clusterID = "strict-cluster-for-test"
    response.controller = brokers.first { $0.isUp }?.id ?? -1
    let creates = settings.createsTopics && (version < 4 || body.createsTopics)
    if let wanted = body.topics {
      for topic in wanted {
        // A name that is null asks by the id, which no version before 12 can.
        guard topic.name != nil || version >= 12 else { throw KafkaFault(reason: .text, offset: request.bodyStart) }
        response.topics.append(describe(topic, creates: creates, request))
      }
    } else {
      response.topics = topics.filter { !deniedTopics.contains($0.name) }.map { described($0, request) }
    }
    return request.reply(response)
  }

  private mutating func describe(_ wanted: MetadataTopicName, creates: Bool, _ request: ClusterRequest)
    -> MetadataTopic
  {
    var answer = MetadataTopic()
    (answer.name, answer.id) = (wanted.name, wanted.name == nil ? wanted.id : 0)
    if let failure = request.failure {
      answer.error = failure
      return answer
    }
    guard let name = wanted.name else {
      guard let topic = topics.first(where: { $0.id == wanted.id }) else {
        answer.error = .unknownTopicID
        return answer
      }
      return described(topic, request)
    }
    guard !deniedTopics.contains(name) else {
      answer.error = .topicAuthorizationFailed
      return answer
    }
    if let place = topic(name) { return described(topics[place], request) }
    answer.error = Self.isTopicName(name) ? .unknownTopicOrPartition : .invalidTopic
    // The controller makes the topic while the broker answers that it isn't there yet.
    if creates, answer.error == .unknownTopicOrPartition { addTopic(name, partitions: settings.partitionCount) }
    return answer
  }
  private func described(_ topic: ClusterTopic, _ request: ClusterRequest) -> MetadataTopic {
    var answer = MetadataTopic()
    (answer.name, answer.id) = (topic.name, topic.id)
    if let failure = request.failure {
      answer.error = failure
      return answer
    }
    let upIDs = Set(brokers.filter(\.isUp).map(\.id))
    answer.partitions = topic.partitions.enumerated().map { index, log in
      var partition = MetadataPartition()
      partition.index = Int32(index)
      partition.leader = knownLeader(log)
      partition.error = partition.leader < 0 ? .leaderNotAvailable : .none
      partition.leaderEpoch = log.leaderEpoch
      partition.replicas = log.replicas
      partition.inSync = log.replicas.filter(upIDs.contains)
      partition.offline = log.replicas.filter { !upIDs.contains($0) }
      return partition
    }
    return answer
  }
  static func described(_ broker: Broker) -> MetadataBroker {
    var answer = MetadataBroker()
    (answer.id, answer.host, answer.port) = (broker.id, broker.host, broker.port)
    return answer
  }
  /// Source: `org.apache.kafka.common.internals.Topic`.
  private static func isTopicName(_ name: String) -> Bool {
    name != "." && name != ".." && name.utf8.count <= 249 && name.wholeMatch(of: /[a-zA-Z0-9._\-]+/) != nil
  }

  func findCoordinator(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = try request.body(FindCoordinatorRequest.self)
    var response = FindCoordinatorResponse()
    response.throttleMs = request.throttleMs
    let up = brokers.filter(\.isUp)
    func coordinator(_ key: String) -> Coordinator {
      var answer = Coordinator()
      answer.key = key
      if let failure = request.failure {
        answer.error = failure
      } else {
        let broker = up[key.utf8.reduce(0) { $0 + Int($1) } % up.count]
        (answer.broker, answer.host, answer.port) = (broker.id, broker.host, broker.port)
      }
      return answer
    }
    response.coordinators = body.keys.map(coordinator)
    let single = coordinator(body.key)
    (response.error, response.broker) = (single.error, single.broker)
    (response.host, response.port) = (single.host, single.port)
    return request.reply(response)
  }

  /// Gives out producer ids.
  ///
  /// A producer without transactions gets a new id each time, even when it names the one it has. Source:
  /// `TransactionCoordinator.handleInitProducerId`; KIP-360.
  mutating func initProducerID(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = try request.body(InitProducerIDRequest.self)
    var response = InitProducerIDResponse()
    response.throttleMs = request.throttleMs
    let isNamed = body.producerID != -1
    if let failure = request.failure {
      response.error = failure
    } else if isNamed != (body.epoch != -1) || body.transactionalID == "" {
      response.error = .invalidRequest
    } else if let name = body.transactionalID {
      let known = transactions[name] ?? (makeProducerID(), -1)
      let fenced: KafkaError = request.header.version >= 4 ? .producerFenced : .invalidProducerEpoch
      if isNamed, known.epoch >= 0, body.producerID != known.producerID || body.epoch != known.epoch {
        response.error = fenced
      } else {
        let next = known.epoch < .max - 1 ? (known.producerID, known.epoch + 1) : (makeProducerID(), 0)
        transactions[name] = next
        (response.producerID, response.epoch) = next
      }
    } else {
      (response.producerID, response.epoch) = (makeProducerID(), 0)
    }
    return request.reply(response)
  }
  private mutating func makeProducerID() -> Int64 {
    defer { nextProducerID += 1 }
    return nextProducerID
  }
}
