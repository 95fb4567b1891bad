/// A partition: who leads it, its log, and what it remembers of producers.
///
/// There is one log and not one for each replica: everything that is appended is on all of them at once.
struct PartitionLog: Sendable {
  var leader: Int32
  var leaderEpoch: Int32 = 0
  var replicas: [Int32]
  private(set) var batches: [ClusterBatch] = []
  private(set) var producers: [Int64: ProducerState] = [:]

  init(replicas: [Int32]) { (self.replicas, leader) = (replicas, replicas[0]) }

  /// The offset that the next record gets.
  var endOffset: Int64 { batches.last.map { $0.lastOffset + 1 } ?? 0 }

  /// Where a batch went, and the time that an answer has for one that had been appended before.
  struct Appended {
    var baseOffset: Int64
    var duplicateTimestampMs: Int64?
  }

  /// Appends a valid batch, unless it was appended before.
  ///
  /// Throws: that it is not the next one of its producer.
  mutating func append(_ batch: ClusterBatch) throws(ProduceFault) -> Appended {
    var batch = batch
    batch.baseOffset = endOffset
    batch.leaderEpoch = leaderEpoch
    if batch.hasProducer {
      // A producer that is not known may begin anywhere: its state may have expired.
      var state = producers[batch.producerID] ?? ProducerState(epoch: batch.producerEpoch)
      if let earlier = state.duplicate(of: batch) {
        return Appended(baseOffset: earlier.baseOffset, duplicateTimestampMs: earlier.timestampMs)
      }
      try state.check(batch)
      state.append(batch)
      producers[batch.producerID] = state
    }
    batches.append(batch)
    return Appended(baseOffset: batch.baseOffset)
  }

  /// Forgets a producer, as happens to one that is silent for a day; all of them for `nil`.
  mutating func forget(producer: Int64?) {
    if let producer { producers[producer] = nil } else { producers = [:] }
  }

  /// The batches from the one on that has a record, as long as they fit, but one at least.
  func read(from offset: Int64, bytesMax: Int) -> [UInt8] {
    var low = 0
    var high = batches.count
    while low < high {
      let middle = (low + high) / 2
      if batches[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
    }
    var bytes: [UInt8] = []
    for batch in batches[low...] {
      guard bytes.isEmpty || bytes.count + batch.bytes.count <= bytesMax else { break }
      bytes += batch.bytes
    }
    return bytes
  }

  /// The first record at or behind a time.
  func find(timestampMs: Int64) -> StoredRecord? {
    for batch in batches where batch.maxTimestampMs >= timestampMs {
      guard let records = StoredRecord.all(of: batch) else { continue }
      if let found = records.first(where: { $0.timestampMs >= timestampMs }) { return found }
    }
    return nil
  }
}
