public import Kafka

/// Who leads which partition, as far as brokers have said.
///
/// What is said of a leadership that is older than a known one counts for nothing: two brokers need not know the same.
/// Source: KIP-320, KIP-951.
public struct ClusterMap: Sendable {
  /// A broker, and where it is reached.
  public struct Broker: Sendable, Hashable {
    /// Its number.
    public let id: Int32
    /// A name or an address.
    public let host: String
    /// Its port.
    public let port: Int32
  }
  /// A partition.
  public struct Partition: Sendable, Hashable {
    /// Who leads it; -1 for nobody at the moment.
    public var leader: Int32 = -1
    /// Which leadership that is; -1 where brokers don't say.
    public var epoch: Int32 = -1
  }
  /// A topic.
  public struct Topic: Sendable, Hashable {
    /// Its partitions, in their order; empty while it is not known.
    public var partitions: [Partition] = []
    /// Why it can't be used, if it can't.
    public var error = KafkaError.none
  }

  /// The brokers by their numbers.
  public private(set) var brokers: [Int32: Broker] = [:]
  /// The topics that are wanted, by their names.
  public private(set) var topics: [String: Topic] = [:]
  private var backoff = Backoff()
  private var isStale = true
  private var notBeforeNs: Int64 = 0
  private var freshUntilNs: Int64 = 0

  /// How long what brokers said is good without a reason to doubt it.
  public static var freshNs: Int64 { 300_000_000_000 }

  /// Nothing is known of any topic but its name.
  public init(topics names: some Sequence<String>) {
    for name in names { topics[name] = Topic() }
  }

  /// A partition.
  public subscript(topic: String, partition: Int32) -> Partition? {
    guard let all = topics[topic]?.partitions, all.indices.contains(Int(partition)) else { return nil }
    return all[Int(partition)]
  }

  // MARK: Asking

  /// What to ask a broker; `createsTopics` has it make topics that are not there, if the cluster does that.
  public func request(createsTopics: Bool) -> MetadataRequest {
    var request = MetadataRequest()
    request.topics = topics.keys.sorted().map { name in
      var topic = MetadataTopicName()
      topic.name = name
      return topic
    }
    request.createsTopics = createsTopics
    return request
  }
  /// Something of it has turned out to be wrong.
  public mutating func doubt() { isStale = true }
  /// When to ask next.
  public var askNs: Int64 { isStale ? notBeforeNs : freshUntilNs }
  /// It has been asked for, so it is not asked for again at once; `random` keeps clients apart.
  public mutating func asked(_ nowNs: Int64, random: UInt64) { notBeforeNs = nowNs + backoff.fail(random: random) }

  // MARK: Learning

  /// Takes what a broker says.
  ///
  /// A partition that has no leader now, or a topic that is being made, is asked for again soon.
  public mutating func take(_ answer: MetadataResponse, _ nowNs: Int64) {
    brokers = [:]
    for broker in answer.brokers { brokers[broker.id] = Broker(id: broker.id, host: broker.host, port: broker.port) }
    isStale = false
    for found in answer.topics {
      guard let name = found.name, var topic = topics[name] else { continue }
      topic.error = found.error
      if found.error == .none { take(found.partitions, into: &topic) } else { isStale = true }
      topics[name] = topic
    }
    freshUntilNs = nowNs + Self.freshNs
    if !isStale { backoff.succeed() }
  }
  private mutating func take(_ found: [MetadataPartition], into topic: inout Topic) {
    // They are numbered without gaps, so no number is believed that there are too few partitions for.
    let count = found.count
    // Their number never falls, unless the topic was made anew.
    if count != topic.partitions.count {
      topic.partitions = (0..<count).map { topic.partitions.indices.contains($0) ? topic.partitions[$0] : Partition() }
    }
    for partition in found where topic.partitions.indices.contains(Int(partition.index)) {
      let known = topic.partitions[Int(partition.index)]
      if partition.leaderEpoch < 0 || partition.leaderEpoch >= known.epoch {
        topic.partitions[Int(partition.index)] = Partition(leader: partition.leader, epoch: partition.leaderEpoch)
      }
      if topic.partitions[Int(partition.index)].leader < 0 { isStale = true }
    }
  }
  /// Takes what a broker that no longer leads a partition says of who does; whether that was news.
  public mutating func take(_ leader: ProducedLeader, of topic: String, _ partition: Int32, at places: [MetadataBroker])
    -> Bool
  {
    guard let known = self[topic, partition], leader.broker >= 0, leader.epoch > known.epoch else { return false }
    for place in places { brokers[place.id] = Broker(id: place.id, host: place.host, port: place.port) }
    guard brokers[leader.broker] != nil else { return false }
    topics[topic]?.partitions[Int(partition)] = Partition(leader: leader.broker, epoch: leader.epoch)
    return true
  }
}
