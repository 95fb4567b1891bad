internal import Bytes
public import Kafka

/// A producer as brokers know it.
public struct ProducerIdentity: Sendable, Hashable {
  /// Its id.
  public var id: Int64
  /// Which of its lives: a batch of an older one is refused.
  public var epoch: Int16
  /// One that a broker has named.
  public init(id: Int64, epoch: Int16) { (self.id, self.epoch) = (id, epoch) }
}

/// The batches of one partition on their way to its leader, in order, each exactly once.
///
///     seq   0        3      6      9
///         [done] [flying] [flying] [waiting]        at most five fly; each is the same bytes however often it is sent
///
/// A broker takes a batch only when its sequence follows the one before, so whatever fails comes back for all that were
/// sent behind it. Then nothing new is sent until those that fly are back; the first goes alone, and when it is through
/// the others follow. So does the first batch of all, since a leader that knows nothing of a producer would take the
/// second in its place. Only where a broker has forgotten what it took, or was never sent what comes before, does the
/// partition start anew under another epoch: then a batch may be there twice, which is counted.
/// Source: KIP-98, KIP-360; `TransactionManager` and `Sender` of Java's client.
public struct PartitionQueue: Sendable {
  /// What the queue knows a batch by; its bytes are its user's.
  public typealias BatchID = UInt32

  /// One batch.
  public struct Entry: Sendable, Hashable {
    /// Which.
    public let batch: BatchID
    /// How many records it has.
    public let records: Int32
    /// The number of its first record; -1 until it has been sent.
    public internal(set) var sequence: Int32 = -1
    /// Whose it was when it was numbered.
    public internal(set) var producer: ProducerIdentity?
    /// Whether the leader has it, as far as is known.
    public internal(set) var isFlying = false
    /// How often it was sent.
    public internal(set) var attempts = 0
    /// Whether it is to be replaced before anything else is sent.
    public internal(set) var isHeld = false
  }

  /// What comes of an answer.
  public enum Outcome: Sendable, Hashable {
    /// It is in the partition.
    case taken
    /// It is sent again, later; `isElsewhere` when another broker may lead the partition now.
    case again(isElsewhere: Bool)
    /// It is to be cut in two: `replace(_:with:)`.
    case tooLarge
    /// It will never be taken.
    case refused
    /// The partition can go on only under another epoch: `renew(_:)` once there is one.
    case needsEpoch
  }

  private var entries: [Entry] = []
  private var identity: ProducerIdentity?
  private var nextSequence: Int32 = 0
  /// Whether the leader is known to know the producer: one that does not takes any sequence as the first.
  private var isKnown = false
  /// Whether what failed is to be through before anything else is sent.
  private var isRecovering = false
  /// Whether nothing is sent until there is another epoch.
  public private(set) var needsEpoch = false
  /// How many batches may be in the partition twice.
  public private(set) var doubtful: UInt64 = 0

  /// How many batches a broker remembers of a producer, so no more may be without an answer.
  public static var flyingMax: Int { 5 }

  /// An empty one.
  public init() {}

  /// How many batches there are.
  public var count: Int { entries.count }
  /// How many of them fly.
  public var flying: Int { entries.count { $0.isFlying } }
  /// A batch, in order.
  public subscript(index: Int) -> Entry { entries[index] }

  /// Puts a batch behind all others.
  public mutating func append(_ batch: BatchID, records: Int32) {
    require(records > 0, "a batch has records")
    entries.append(Entry(batch: batch, records: records))
  }

  /// The batch that may be sent now, if one may.
  public var next: Int? {
    guard !needsEpoch, let index = entries.firstIndex(where: { !$0.isFlying }), !entries[index].isHeld else {
      return nil
    }
    if isRecovering || !isKnown { return index == 0 && flying == 0 ? 0 : nil }
    return flying < Self.flyingMax ? index : nil
  }

  /// Numbers the batch that is sent next; whether its header must be written.
  ///
  /// - Parameters:
  ///   - index: what `next` said.
  ///   - producer: as brokers know it now. A partition takes another identity only when none of its batches fly.
  /// - Returns: the batch with its numbers; `isNumbered` when it did not have them before.
  public mutating func send(_ index: Int, as producer: ProducerIdentity) -> (entry: Entry, isNumbered: Bool) {
    require(next == index, "a batch is sent when it may be")
    if identity != producer, flying == 0, entries[index].producer == nil || identity == nil {
      (identity, nextSequence, isKnown) = (producer, 0, false)
    }
    let isNumbered = entries[index].producer == nil
    if isNumbered {
      entries[index].producer = identity
      entries[index].sequence = nextSequence
      nextSequence = Self.sequence(nextSequence, after: entries[index].records)
    }
    entries[index].isFlying = true
    entries[index].attempts += 1
    return (entries[index], isNumbered)
  }
  /// The number of the record that follows so many.
  ///
  /// Source: `DefaultRecordBatch.incrementSequence`.
  static func sequence(_ first: Int32, after records: Int32) -> Int32 {
    Int32(truncatingIfNeeded: (Int64(first) + Int64(records)) & 0x7FFF_FFFF)
  }

  // MARK: Answers

  /// Takes the answer to a batch; a batch that was taken or will never be is gone.
  public mutating func answered(_ batch: BatchID, _ error: KafkaError) -> Outcome {
    guard let index = entries.firstIndex(where: { $0.batch == batch && $0.isFlying }) else {
      broken("an answer is to a batch that flies")
    }
    entries[index].isFlying = false
    switch error {
    // What a broker took before and says again is taken.
    case .none, .duplicateSequence:
      entries.remove(at: index)
      // Leaders forget producers that are silent for long.
      isKnown = !entries.isEmpty
      if isRecovering { isRecovering = entries.contains { $0.attempts > 0 && !$0.isFlying } }
      return .taken
    case .outOfOrderSequence where index > 0 || flying > 0:
      // One before it is missing, and is still to come.
      isRecovering = true
      return .again(isElsewhere: false)
    case .outOfOrderSequence, .unknownProducerID, .invalidProducerEpoch: return loseEpoch()
    case .messageTooLarge where entries[index].records > 1:
      isRecovering = true
      entries[index].isHeld = true
      return .tooLarge
    default: break
    }
    switch error.remedy {
    case .again, .againElsewhere:
      isRecovering = true
      if case .againElsewhere = error.remedy { return .again(isElsewhere: true) }
      return .again(isElsewhere: false)
    case .give: return refuse(index)
    }
  }
  /// The connection ended: whether what flew was taken is not known, and it is sent again as it was.
  public mutating func disconnected() {
    guard flying > 0 else { return }
    for index in entries.indices { entries[index].isFlying = false }
    isRecovering = true
  }

  /// Whether a broker has used the numbers of a batch that it refused is not always known, and another batch under the
  /// same ones would pass for it.
  private mutating func refuse(_ index: Int) -> Outcome {
    entries.remove(at: index)
    _ = loseEpoch()
    return .refused
  }
  private mutating func loseEpoch() -> Outcome {
    (needsEpoch, isRecovering) = (true, true)
    return .needsEpoch
  }

  /// Starts anew under another epoch, once nothing flies: every batch that is left gets new numbers.
  ///
  /// - Returns: whether that could be done; not while any flies.
  public mutating func renew(_ producer: ProducerIdentity) -> Bool {
    guard needsEpoch, flying == 0 else { return false }
    for index in entries.indices where entries[index].producer != nil {
      // It was sent, and may have been taken.
      doubtful += 1
      (entries[index].producer, entries[index].sequence) = (nil, -1)
    }
    (identity, nextSequence, needsEpoch, isRecovering, isKnown) = (producer, 0, false, false, false)
    return true
  }

  /// Puts the parts of a batch that is too large in its place.
  ///
  /// Its numbers are those of its parts together, so what is behind it keeps its own.
  public mutating func replace(_ batch: BatchID, with parts: [(batch: BatchID, records: Int32)]) {
    guard let index = entries.firstIndex(where: { $0.batch == batch }), !entries[index].isFlying else {
      broken("a batch is cut that is there and does not fly")
    }
    let whole = entries[index]
    require(parts.reduce(0) { $0 + $1.records } == whole.records, "its parts have all of its records")
    var sequence = whole.sequence
    let new = parts.map { part in
      var entry = Entry(batch: part.batch, records: part.records)
      (entry.producer, entry.sequence, entry.attempts) = (whole.producer, sequence, whole.attempts)
      sequence = Self.sequence(sequence, after: part.records)
      return entry
    }
    entries.replaceSubrange(index...index, with: new)
  }
}
