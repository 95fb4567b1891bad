internal import Kafka

/// How a cluster gives records back.
extension KafkaCluster {
  mutating func listOffsets(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = try request.body(ListOffsetsRequest.self)
    var response = ListOffsetsResponse()
    response.throttleMs = request.throttleMs
    response.topics = body.topics.map { topic in
      var listed = ListedTopic()
      listed.name = topic.name
      listed.partitions = topic.partitions.map { partition in
        var answer = ListedPartition()
        answer.index = partition.index
        switch readableLog(topic.name, partition.index, partition.leaderEpoch, request) {
        case .failure(let fault): answer.error = fault.error
        case .success(let log): find(partition.timestampMs, in: log, &answer)
        }
        return answer
      }
      return listed
    }
    return request.reply(response)
  }
  private func find(_ timestampMs: Int64, in log: PartitionLog, _ answer: inout ListedPartition) {
    answer.leaderEpoch = log.leaderEpoch
    switch timestampMs {
    case -1: answer.offset = log.endOffset
    case -2: answer.offset = 0
    default:
      let wantedMs = timestampMs == -3 ? log.batches.map(\.maxTimestampMs).max() ?? .max : timestampMs
      guard let found = log.find(timestampMs: wantedMs) else { return answer.leaderEpoch = -1 }
      (answer.offset, answer.timestampMs) = (found.offset, found.timestampMs)
    }
  }

  mutating func fetch(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = try request.body(FetchRequest.self)
    var response = FetchResponse()
    response.throttleMs = request.throttleMs
    // Sessions are never granted, so nobody can have one.
    if body.session != 0 {
      response.error = .fetchSessionIDNotFound
      return .frame(KafkaFrame(answering: request.header, response).bytes(with: []))
    }
    var records: [[UInt8]] = []
    var room = Int(body.bytesMax)
    var isUrgent = body.topics.isEmpty
    response.topics = body.topics.map { topic in
      var fetched = FetchedTopic()
      fetched.name = topic.name
      fetched.partitions = topic.partitions.map { partition in
        var (answer, bytes) = read(
          partition,
          of: topic.name,
          room: room,
          isFirst: records.allSatisfy(\.isEmpty),
          request
        )
        if answer.error != .none { isUrgent = true }
        answer.records = KafkaRecords(0..<bytes.count)
        records.append(bytes)
        room -= bytes.count
        return answer
      }
      return fetched
    }
    let frame = KafkaFrame(answering: request.header, response).bytes(with: records)
    let isEnough = records.reduce(0) { $0 + $1.count } >= Int(body.bytesMin)
    return .frame(frame, afterMs: isUrgent || isEnough ? 0 : Int64(max(0, body.waitMsMax)))
  }
  private func read(
    _ partition: FetchPartition,
    of topic: String,
    room: Int,
    isFirst: Bool,
    _ request: ClusterRequest
  ) -> (FetchedPartition, [UInt8]) {
    var answer = FetchedPartition()
    answer.index = partition.index
    switch readableLog(topic, partition.index, partition.leaderEpoch, request) {
    case .failure(let fault): answer.error = fault.error
    case .success(let log):
      (answer.highWatermark, answer.lastStableOffset, answer.logStartOffset) = (log.endOffset, log.endOffset, 0)
      guard (0...log.endOffset).contains(partition.offset) else {
        answer.error = .offsetOutOfRange
        (answer.highWatermark, answer.lastStableOffset, answer.logStartOffset) = (-1, -1, -1)
        return (answer, [])
      }
      guard isFirst || room > 0 else { return (answer, []) }
      let bytes = log.read(from: partition.offset, bytesMax: min(Int(partition.bytesMax), room))
      return isFirst || bytes.count <= room ? (answer, bytes) : (answer, [])
    }
    return (answer, [])
  }

  /// A partition that its broker may be asked about.
  private func readableLog(_ topic: String, _ partition: Int32, _ epoch: Int32, _ request: ClusterRequest)
    -> Result<PartitionLog, ProduceFault>
  {
    if let failure = request.failure { return .failure(ProduceFault(failure, "as was asked for")) }
    guard !deniedTopics.contains(topic) else { return .failure(ProduceFault(.topicAuthorizationFailed, "not allowed")) }
    guard let place = place(topic, partition) else {
      return .failure(ProduceFault(.unknownTopicOrPartition, "no such partition"))
    }
    let log = topics[place.topic].partitions[place.partition]
    guard log.leader == request.broker else {
      return .failure(ProduceFault(.notLeaderOrFollower, "led by \(log.leader)"))
    }
    guard epoch < 0 || epoch >= log.leaderEpoch else { return .failure(ProduceFault(.fencedLeaderEpoch, "\(epoch)")) }
    guard epoch <= log.leaderEpoch else { return .failure(ProduceFault(.unknownLeaderEpoch, "\(epoch)")) }
    return .success(log)
  }
}
