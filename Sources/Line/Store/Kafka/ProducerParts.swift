internal import Bytes
internal import Formats
internal import Kafka

/// A partition that records are brought to.
struct ProducerPartition: Sendable {
  /// The topic's place in the settings.
  var topic = 0
  var index: Int32 = 0
  /// The batch that is gathered.
  var open: Int?
  var queue = PartitionQueue()
  /// The link on which its batches fly.
  var link = -1
  /// Its next attempt after one that failed.
  var notBeforeNs: Int64 = 0
  var backoff = Backoff()
  /// A batch that is to be cut in two.
  var tooLarge: PartitionQueue.BatchID?
  private var frame: ProduceFrame?

  /// What stands around its batches.
  mutating func frame(_ settings: KafkaProducer.Settings, version: Int16) -> ProduceFrame {
    if let frame, frame.version == version { return frame }
    let new = ProduceFrame(
      topic: settings.topics[topic],
      partition: index,
      clientID: settings.session.clientID,
      version: version,
      timeoutMs: settings.timeoutMs
    )
    frame = new
    return new
  }
}

/// A batch from its first record to its answer.
struct ProducerBatch: ~Copyable {
  /// While it is gathered, and until it is first sent.
  var gathered: ClusterBatch?
  /// From then on.
  var sealed: SealedBatch?
  private(set) var frame: ProduceFrame?
  /// The place of its partition.
  private(set) var place = 0
  private(set) var records: Int32 = 0
  private(set) var openedNs: Int64 = 0
  /// Whether its request is with whoever sends it.
  var isAway = false
  /// Whether it has been answered and nobody needs it any more.
  var isDone = false

  mutating func begin(
    in region: consuming Region,
    _ frame: ProduceFrame,
    bytesMax: Int,
    of place: Int,
    nowNs: Int64
  ) {
    gathered = ClusterBatch(
      filling: region,
      headBytes: frame.headBytes,
      tailBytes: frame.tailBytes,
      bytesMax: bytesMax
    )
    (self.frame, self.place, records, openedNs, isAway, isDone) = (frame, place, 0, nowNs, false, false)
  }
  mutating func append(_ record: borrowing Record) -> Bool {
    guard gathered!.append(record) else { return false }
    records += 1
    return true
  }
  /// Ends it, compressed if there is a region to compress into; the region that it does not need.
  mutating func seal(
    _ producer: ProducerIdentity,
    _ sequence: Int32,
    through compressor: inout LZ4Compressor,
    into spare: consuming Region?
  ) -> Region? {
    guard let gathered = gathered.take(), let frame else { broken("a batch is sealed once") }
    guard let spare else {
      sealed = gathered.seal(frame, as: producer, sequence: sequence)
      return nil
    }
    let compressed = gathered.seal(frame, as: producer, sequence: sequence, through: &compressor, into: spare)
    sealed = consume compressed.batch
    return compressed.spare
  }
  /// Puts another request around it, for a broker that speaks another version.
  mutating func wrap(_ frame: ProduceFrame, into spare: consuming Region) -> Region {
    guard let old = sealed.take() else { broken("a batch is sealed before it is sent") }
    let moved = old.wrapped(frame, into: spare)
    sealed = consume moved.batch
    self.frame = frame
    return moved.spare
  }
  /// Ends its life; its region.
  mutating func finish() -> Region {
    if let gathered = gathered.take() { return gathered.release() }
    guard let sealed = sealed.take() else { broken("a batch has its region") }
    return sealed.release()
  }
}

/// A place for a connection to a broker.
struct ProducerLink: Sendable {
  enum State { case idle, connecting, open, closing }
  var host: String
  var port: Int32
  /// The broker, once the cluster has named it; -1 for one of the bootstrap's.
  var broker: Int32 = -1
  var state = State.idle
  var session: BrokerSession?
  /// What is to be said, in order.
  var outbox: [[UInt8]] = []
  /// Whether something is being sent.
  var isSending = false
  /// The batches that have gone out and are not answered.
  var flying: [PartitionQueue.BatchID] = []
  var backoff = Backoff()
  var notBeforeNs: Int64 = 0
  /// Why it is to be closed.
  var fault: BrokerFault?

  init(host: String, port: Int32, broker: Int32 = -1) { (self.host, self.port, self.broker) = (host, port, broker) }

  /// How many batches a connection may have without an answer: brokers remember no more of a producer.
  static var flyingMax: Int { 5 }

  /// Whether requests may be put on it.
  func isReady(_ nowNs: Int64) -> Bool {
    state == .open && fault == nil && session?.isReady(nowNs) == true
  }
}
