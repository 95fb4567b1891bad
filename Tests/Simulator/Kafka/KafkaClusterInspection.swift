/// What a cluster holds, for whoever checks it.
extension KafkaCluster {
  /// The topics, in the order in which they were made, and how many partitions each has.
  public var topicNames: [(name: String, partitions: Int)] { topics.map { ($0.name, $0.partitions.count) } }

  /// All records of a partition, in their order, but for those compressed with gzip, Snappy or Zstandard.
  public func records(of topic: String, _ partition: Int32) -> [StoredRecord] {
    log(topic, partition).batches.flatMap { StoredRecord.all(of: $0) ?? [] }
  }
  /// All batches of a partition, as consumers get them.
  public func batches(of topic: String, _ partition: Int32) -> [[UInt8]] { log(topic, partition).batches.map(\.bytes) }
  /// The offset that a partition's next record gets.
  public func endOffset(of topic: String, _ partition: Int32) -> Int64 { log(topic, partition).endOffset }
  /// Who leads a partition, and which leadership that is.
  public func leader(of topic: String, _ partition: Int32) -> (broker: Int32, epoch: Int32) {
    let log = log(topic, partition)
    return (log.leader, log.leaderEpoch)
  }
  /// What a partition remembers of producers.
  public func producers(of topic: String, _ partition: Int32) -> [Int64: ProducerState] {
    log(topic, partition).producers
  }

  private func log(_ topic: String, _ partition: Int32) -> PartitionLog {
    guard let place = place(topic, partition) else { preconditionFailure("\(topic) \(partition) exists") }
    return topics[place.topic].partitions[place.partition]
  }
}
