public import Kafka

/// Something that goes wrong with a request.
public enum KafkaDisturbance: Hashable, Sendable {
  /// The answer says that its client is to be quiet for so long, and the broker takes nothing more for so long.
  case throttle(ms: Int32)
  /// The answer comes so much later.
  case late(ms: Int64)
  /// The connection ends, and nothing was done.
  case dropBefore
  /// All is done, and the connection ends without an answer.
  case dropAfter
  /// The answer names another request.
  case wrongCorrelation
  /// The connection ends after so many bytes of the answer.
  case truncate(keeping: Int)
  /// So many bytes that mean nothing come instead of the answer.
  case garbage(count: Int)
  /// Everything that was asked for is answered with an error, and nothing is done.
  case fail(KafkaError)
}

/// Faults, on command.
extension KafkaCluster {
  /// Has something go wrong with the next requests of a kind to a broker; of any kind, and to any, where that is `nil`.
  ///
  /// What was asked for last comes first; `times` may be `.max` for all that follow.
  public mutating func disturb(
    _ what: KafkaDisturbance,
    times: Int = 1,
    of api: KafkaAPI? = nil,
    at broker: Int32? = nil
  ) {
    disturbances.append(Disturbance(what: what, times: times, api: api, broker: broker))
  }
  /// Answers the next batches for a partition with an error, and does not append them.
  public mutating func refuse(_ topic: String, _ partition: Int32, with error: KafkaError, times: Int = 1) {
    refusals.append(Refusal(topic, partition, times, ProduceFault(error, "as was asked for")))
  }
  /// Rejects the next batches for a partition because of one record in them.
  public mutating func reject(_ topic: String, _ partition: Int32, record: Int32, because: String, times: Int = 1) {
    let fault = BatchValidation.rejection([BatchValidation.error(record, because)])
    refusals.append(Refusal(topic, partition, times, fault))
  }
  /// Takes back everything that was to go wrong and has not.
  public mutating func calm() { (disturbances, refusals) = ([], []) }

  /// Has a broker die: its connections end, and it takes no more.
  ///
  /// What it leads has no leader until `lead` or `bringUp`.
  public mutating func takeDown(_ broker: Int32) {
    brokers[index(of: broker)].isUp = false
    connections = connections.filter { $0.value.broker != broker }
  }
  /// Has it come back.
  public mutating func bringUp(_ broker: Int32) { brokers[index(of: broker)].isUp = true }
  /// Ends all connections to a broker, which stays up.
  public mutating func dropConnections(to broker: Int32) {
    connections = connections.filter { $0.value.broker != broker }
  }
  /// Has a broker give another address to clients.
  public mutating func advertise(_ broker: Int32, host: String, port: Int32) {
    (brokers[index(of: broker)].host, brokers[index(of: broker)].port) = (host, port)
  }

  /// Has another broker lead a partition; that is a new leadership even when it is the same one.
  public mutating func lead(_ topic: String, _ partition: Int32, by broker: Int32) {
    guard let place = place(topic, partition) else { preconditionFailure("\(topic) \(partition) exists") }
    _ = index(of: broker)
    topics[place.topic].partitions[place.partition].leader = broker
    topics[place.topic].partitions[place.partition].leaderEpoch += 1
    if !topics[place.topic].partitions[place.partition].replicas.contains(broker) {
      topics[place.topic].partitions[place.partition].replicas.append(broker)
    }
  }
  /// Has a partition forget a producer, as happens to one that was silent for a day; all of them for `nil`.
  public mutating func forgetProducer(_ id: Int64?, _ topic: String, _ partition: Int32) {
    guard let place = place(topic, partition) else { preconditionFailure("\(topic) \(partition) exists") }
    topics[place.topic].partitions[place.partition].forget(producer: id)
  }
  private func index(of broker: Int32) -> Int {
    guard let index = brokers.firstIndex(where: { $0.id == broker }) else {
      preconditionFailure("there is a broker \(broker)")
    }
    return index
  }

  // MARK: When a request comes

  mutating func takeDisturbance(for request: ClusterRequest) -> KafkaDisturbance? {
    let place = disturbances.lastIndex { disturbance in
      (disturbance.api ?? request.header.api) == request.header.api
        && (disturbance.broker ?? request.broker) == request.broker
    }
    guard let place else { return nil }
    let what = disturbances[place].what
    disturbances[place].times -= disturbances[place].times == .max ? 0 : 1
    if disturbances[place].times == 0 { disturbances.remove(at: place) }
    return what
  }
  mutating func takeRefusal(_ topic: String, _ partition: Int32) -> ProduceFault? {
    guard let place = refusals.firstIndex(where: { $0.topic == topic && $0.partition == partition }) else { return nil }
    let fault = refusals[place].fault
    refusals[place].times -= refusals[place].times == .max ? 0 : 1
    if refusals[place].times == 0 { refusals.remove(at: place) }
    return fault
  }
  /// The answer, as it is after what went wrong with it.
  mutating func disturb(_ answer: KafkaAnswer, _ what: KafkaDisturbance?, _ request: ClusterRequest) -> KafkaAnswer {
    var answer = answer
    switch what {
    case nil, .fail, .dropBefore: break
    case .throttle(let ms): answer.mutedUntilMs += Int64(ms)
    case .late(let ms):
      answer.atMs += ms
      answer.mutedUntilMs += ms
    case .dropAfter: (answer.bytes, answer.closes) = ([], true)
    case .wrongCorrelation: if answer.bytes.count >= 8 { answer.bytes[7] &+= 1 }
    case .truncate(let count): (answer.bytes, answer.closes) = (Array(answer.bytes.prefix(count)), true)
    case .garbage(let count): answer.bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: draws.next()) }
    }
    if answer.closes { connections[request.connection] = nil }
    return answer
  }
}

struct Disturbance: Sendable {
  var what: KafkaDisturbance
  var times: Int
  var api: KafkaAPI?
  var broker: Int32?
}

struct Refusal: Sendable {
  var topic: String
  var partition: Int32
  var times: Int
  var fault: ProduceFault
  init(_ topic: String, _ partition: Int32, _ times: Int, _ fault: ProduceFault) {
    (self.topic, self.partition, self.times, self.fault) = (topic, partition, times, fault)
  }
}
