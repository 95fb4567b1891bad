internal import Kafka

/// What a partition remembers of a producer: its epoch, and its last five batches.
///
/// Source: `ProducerStateEntry` and `ProducerAppendInfo` of Apache Kafka 3.8; KIP-98.
public struct ProducerState: Hashable, Sendable {
  /// A batch that was appended.
  public struct Batch: Hashable, Sendable {
    /// The sequence of its first record.
    public var firstSequence: Int32
    /// The sequence of its last record.
    public var lastSequence: Int32
    /// The offset that its first record got.
    public var baseOffset: Int64
    /// The latest time of its records.
    public var timestampMs: Int64
  }
  /// Its epoch.
  public internal(set) var epoch: Int16
  /// Its last batches, the latest at the end.
  public internal(set) var batches: [Batch] = []

  /// How many are remembered.
  static var batchesMax: Int { 5 }

  /// The batch that was appended before with the same sequences, if it was among the last.
  func duplicate(of batch: ClusterBatch) -> Batch? {
    guard batch.producerEpoch == epoch else { return nil }
    return batches.first { $0.firstSequence == batch.baseSequence && $0.lastSequence == batch.lastSequence }
  }

  /// Throws: that a batch is not the next one of its producer.
  func check(_ batch: ClusterBatch) throws(ProduceFault) {
    guard batch.producerEpoch >= epoch else {
      throw ProduceFault(.invalidProducerEpoch, "epoch \(batch.producerEpoch) behind \(epoch)")
    }
    guard batch.producerEpoch == epoch else {
      guard batch.baseSequence == 0 else {
        throw ProduceFault(.outOfOrderSequence, "a new epoch that begins at \(batch.baseSequence)")
      }
      return
    }
    guard let last = batches.last else { return }
    let next = ClusterBatch.sequence(last.lastSequence, plus: 1)
    guard batch.baseSequence == next else {
      throw ProduceFault(.outOfOrderSequence, "sequence \(batch.baseSequence) where \(next) is next")
    }
  }

  /// Takes note of a batch.
  mutating func append(_ batch: ClusterBatch) {
    if batch.producerEpoch != epoch { (epoch, batches) = (batch.producerEpoch, []) }
    let appended = Batch(
      firstSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      baseOffset: batch.baseOffset,
      timestampMs: batch.maxTimestampMs
    )
    batches = (batches + [appended]).suffix(Self.batchesMax)
  }
}
