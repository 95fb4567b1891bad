internal import Kafka

/// How a cluster takes records.
extension KafkaCluster {
  mutating func produce(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    let body = withoutRepetitions(try request.body(ProduceRequest.self))
    let refusal = refusalOfAll(body, request)
    var response = ProduceResponse()
    response.throttleMs = request.throttleMs
    for topic in body.topics {
      var produced = ProducedTopic()
      produced.name = topic.name
      for partition in topic.partitions {
        var answer: ProducedPartition
        if let refusal {
          answer = refused(refusal, topic.name, partition)
        } else {
          answer = take(partition, of: topic.name, acks: body.acks, request)
        }
        answer.index = partition.index
        produced.partitions.append(answer)
      }
      response.topics.append(produced)
    }
    addHints(to: &response, request)
    guard body.acks != 0 else {
      // An error that nobody would hear of: the client is to notice that something is wrong.
      let isWell = response.topics.allSatisfy { $0.partitions.allSatisfy { $0.error == .none } }
      return isWell ? .silence : .close
    }
    return request.reply(response)
  }

  /// A request without all but the last part for each partition: brokers see no other.
  private mutating func withoutRepetitions(_ body: ProduceRequest) -> ProduceRequest {
    var body = body
    var seen: Set<String> = []
    for topic in body.topics.indices.reversed() {
      let name = body.topics[topic].name
      var kept: [ProducePartition] = []
      for partition in body.topics[topic].partitions.reversed() {
        if seen.insert("\(partition.index) \(name)").inserted {
          kept.insert(partition, at: 0)
        } else {
          remark(nil, name, partition.index, "a partition that is in a request twice")
        }
      }
      body.topics[topic].partitions = kept
    }
    body.topics.removeAll { $0.partitions.isEmpty }
    return body
  }

  /// Why nothing of a request is taken, which is found out before anything is.
  ///
  /// Source: `KafkaApis.handleProduceRequest`, `RequestUtils.hasTransactionalRecords`.
  private func refusalOfAll(_ body: ProduceRequest, _ request: ClusterRequest) -> ProduceFault? {
    if let failure = request.failure { return ProduceFault(failure, "as was asked for") }
    do throws(ProduceFault) {
      for topic in body.topics {
        for partition in topic.partitions {
          var walk = BatchWalk(request.frame[partition.records.range])
          guard let (range, magic) = try walk.next(), magic == 2 else { continue }
          guard range.count >= ClusterBatch.headerBytes else { continue }
          let isTransactional = ClusterBatch(Array(request.frame[range])).isTransactional
          guard !isTransactional || body.transactionalID != nil else {
            return ProduceFault(.transactionalIDAuthorizationFailed, "a batch of a transaction of nobody")
          }
        }
      }
    } catch { return error }
    return nil
  }

  private mutating func take(
    _ partition: ProducePartition,
    of topic: String,
    acks: Int16,
    _ request: ClusterRequest
  ) -> ProducedPartition {
    let place: (topic: Int, partition: Int)
    let range: Range<Int>
    do throws(ProduceFault) {
      (place, range) = try findLog(partition, of: topic, acks: acks, request)
    } catch { return refused(error, topic, partition) }
    do throws(ProduceFault) {
      if let refusal = takeRefusal(topic, partition.index) { throw refusal }
      let check = BatchValidation(batchBytesMax: settings.batchBytesMax, isCompacted: topics[place.topic].isCompacted)
      let batch = try check.validated(Array(request.frame[range]))
      let appended = try topics[place.topic].partitions[place.partition].append(batch)
      var answer = ProducedPartition()
      (answer.baseOffset, answer.logStartOffset) = (appended.baseOffset, 0)
      // For a duplicate, brokers give the time of its records here.
      answer.logAppendTimeMs = appended.duplicateTimestampMs ?? -1
      return answer
    } catch {
      var answer = refused(error, topic, partition)
      // What a broker did not expect comes with where the log begins.
      if error.error != .messageTooLarge && error.error != .corruptMessage { answer.logStartOffset = 0 }
      return answer
    }
  }

  /// Where a batch is to be appended, and where it lies in its request.
  private mutating func findLog(
    _ partition: ProducePartition,
    of topic: String,
    acks: Int16,
    _ request: ClusterRequest
  ) throws(ProduceFault) -> (place: (topic: Int, partition: Int), range: Range<Int>) {
    guard !deniedTopics.contains(topic) else { throw ProduceFault(.topicAuthorizationFailed, "not allowed") }
    guard let place = place(topic, partition.index) else {
      throw ProduceFault(.unknownTopicOrPartition, "no such partition")
    }
    let bytes = request.frame[partition.records.range]
    let range = try BatchValidation.findBatch(in: bytes, version: request.header.version)
    if range.upperBound < bytes.endIndex {
      remark(nil, topic, partition.index, "\(bytes.endIndex - range.upperBound) bytes behind a batch")
    }
    guard (-1...1).contains(acks) else { throw ProduceFault(.invalidRequiredAcks, "acks \(acks)") }
    let log = topics[place.topic].partitions[place.partition]
    guard log.leader == request.broker else { throw ProduceFault(.notLeaderOrFollower, "led by \(log.leader)") }
    return (place, range)
  }

  private mutating func refused(_ fault: ProduceFault, _ topic: String, _ partition: ProducePartition)
    -> ProducedPartition
  {
    remark(fault.error, topic, partition.index, fault.reason)
    var answer = ProducedPartition()
    (answer.error, answer.recordErrors, answer.message) = (fault.error, fault.records, fault.message)
    return answer
  }

  /// Tells who leads a partition to those who asked another.
  ///
  /// Source: KIP-951.
  private func addHints(to response: inout ProduceResponse, _ request: ClusterRequest) {
    guard request.header.version >= 10 else { return }
    var known: [MetadataBroker] = []
    for topic in response.topics.indices {
      for partition in response.topics[topic].partitions.indices {
        let answer = response.topics[topic].partitions[partition]
        guard answer.error == .notLeaderOrFollower, let place = place(response.topics[topic].name, answer.index) else {
          continue
        }
        let log = topics[place.topic].partitions[place.partition]
        var leader = ProducedLeader()
        (leader.broker, leader.epoch) = (knownLeader(log), log.leaderEpoch)
        response.topics[topic].partitions[partition].leader = leader
        guard let broker = upBroker(leader.broker), !known.contains(where: { $0.id == broker.id }) else { continue }
        known.append(Self.described(broker))
      }
    }
    guard !known.isEmpty else { return }
    var brokers = ProducedBrokers()
    brokers.brokers = known
    response.brokers = brokers
  }

  mutating func remark(_ error: KafkaError?, _ topic: String, _ partition: Int32, _ reason: String) {
    remarks.append(KafkaRemark(error: error, topic: topic, partition: partition, reason: reason))
  }
}
