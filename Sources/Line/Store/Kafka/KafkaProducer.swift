internal import Bytes
public import Formats
public import Kafka

/// Brings records to a Kafka cluster, each exactly once and in order, as a state machine with no I/O.
///
///     append ─▶ batch of a partition ─▶ queue ─▶ link to its leader ─▶ broker
///        ◀───────────── deliveries ◀── answers ◀──┘
///
/// `step` says what to do; whoever does it tells what came of it. A partition's batch goes out at once when nothing of
/// that partition is on its way, else when it is full, when its oldest record has waited long enough, or when an answer
/// comes: so batches grow with the round trip and an idle cluster adds no delay. All memory for batches is allocated at
/// the start; where it is used up, `append` says `later`.
public struct KafkaProducer: ~Copyable {
  /// What it is made with.
  public struct Settings: Sendable {
    /// Where to begin: names or addresses, and ports.
    public var bootstrap: [(host: String, port: Int32)]
    /// The topics it writes to.
    public var topics: [String]
    /// How its connections are made.
    public var session: BrokerSession.Settings
    /// The largest batch before it is compressed.
    public var batchBytesMax = 512 << 10
    /// How many batches there may be.
    public var batchesMax = 32
    /// How long a record waits for others while some of its partition are on their way.
    public var lingerNs: Int64 = 5_000_000
    /// Whether records are compressed.
    public var compresses = true
    /// How long a broker may wait for replicas.
    public var timeoutMs: Int32 = 30_000
    /// Whether topics that are not there are made, if the cluster does that.
    public var createsTopics = false
    /// All of it; what is not said is as usual.
    public init(bootstrap: [(host: String, port: Int32)], topics: [String], session: BrokerSession.Settings) {
      (self.bootstrap, self.topics, self.session) = (bootstrap, topics, session)
    }
  }
  /// What to do next.
  public enum Step: Sendable, Equatable {
    /// Nothing, until something is told or a time has come; 0 for no time.
    case wait(untilNs: Int64)
    /// Connect a link: `connected` or `closed` tells what came of it.
    case connect(link: Int, host: String, port: Int32)
    /// Send these bytes: `said` tells that they have gone out.
    case say(link: Int, [UInt8])
    /// Send the region that `takeRegion` hands out: `sent` gives it back.
    case send(link: Int)
    /// Close a link, for a reason to be told; `closed` says that it is.
    case close(link: Int, BrokerFault?)
  }
  /// What became of a batch: of a partition's records, in the order in which they were appended.
  public struct Delivery: Sendable, Hashable {
    /// The topic's place in the settings.
    public let topic: Int
    /// The partition.
    public let partition: Int32
    /// How many records.
    public let records: Int32
    /// Why they will never be there; none when they are.
    public let error: KafkaError
    /// The offset of the first; -1 where the broker does not say.
    public let baseOffset: Int64
  }
  /// What came of a record.
  public enum Verdict: Sendable, Equatable {
    /// It will be delivered, or told to be refused.
    case taken(partition: Int32)
    /// There is no room, or nobody knows the topic's partitions yet.
    case later
    /// No batch is large enough.
    case tooLarge
  }

  let settings: Settings
  var map: ClusterMap
  var links: [ProducerLink] = []
  /// A place for each partition that is known, and which it is.
  var partitions: Slots<ProducerPartition>
  var partitionCount = 0
  /// The places of a topic's partitions.
  var places: [[Int]]
  var batches: Slots<ProducerBatch>
  var freeBatches: [PartitionQueue.BatchID]
  var regions: RegionPool
  var compressor = LZ4Compressor()
  var identity: ProducerIdentity?
  /// Whether the cluster has been asked for an identity.
  var awaitsIdentity = false
  var identityBackoff = Backoff()
  var identityNotBeforeNs: Int64 = 0
  var sticky: [Int]
  /// What became of batches, oldest first; its user takes them out.
  public internal(set) var deliveries: [Delivery] = []
  private var random: UInt64

  /// How many partitions there may be together.
  static var partitionsMax: Int { 4096 }

  /// One that knows nothing of its cluster yet; `seed` keeps its waits apart from those of others.
  public init(_ settings: Settings, seed: UInt64) {
    self.settings = settings
    map = ClusterMap(topics: settings.topics)
    partitions = Slots(Self.partitionsMax) { _ in ProducerPartition() }
    places = settings.topics.map { _ in [] }
    batches = Slots(settings.batchesMax) { _ in ProducerBatch() }
    freeBatches = (0..<UInt32(settings.batchesMax)).reversed()
    let frameBytes = 1 << 10
    // One more to compress into.
    regions = RegionPool(count: settings.batchesMax + 1, byteCount: settings.batchBytesMax + frameBytes)
    sticky = settings.topics.map { _ in -1 }
    random = seed | 1
    links = settings.bootstrap.map { ProducerLink(host: $0.host, port: $0.port) }
  }

  mutating func draw() -> UInt64 {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return random
  }

  // MARK: Records

  /// Takes a record, its headers as they stand in another batch.
  ///
  /// - Parameters:
  ///   - record: what is to be delivered.
  ///   - topic: the topic's place in the settings.
  ///   - nowNs: the time.
  /// - Returns: what came of it.
  public mutating func append(_ record: borrowing Record, to topic: Int, _ nowNs: Int64) -> Verdict {
    guard let partition = partition(of: record, topic) else { return .later }
    let place = places[topic][Int(partition)]
    if partitions[place].open == nil, !open(place, nowNs) { return .later }
    if batches[partitions[place].open!].append(record) { return .taken(partition: partition) }
    if batches[partitions[place].open!].records == 0 { return .tooLarge }
    close(place)
    guard open(place, nowNs) else { return .later }
    return batches[partitions[place].open!].append(record) ? .taken(partition: partition) : .tooLarge
  }
  /// A record's partition: that of its key, else one that is kept until its batch is closed.
  private mutating func partition(of record: borrowing Record, _ topic: Int) -> Int32? {
    let count = places[topic].count
    guard count > 0 else { return nil }
    if record.hasKey { return Partitioning.partition(of: record.key, among: Int32(count)) }
    if sticky[topic] < 0 || sticky[topic] >= count { sticky[topic] = Int(draw() % UInt64(count)) }
    return Int32(sticky[topic])
  }
  private mutating func open(_ place: Int, _ nowNs: Int64) -> Bool {
    guard let batch = freeBatches.last, regions.free > 1, let region = regions.take() else { return false }
    freeBatches.removeLast()
    let frame = partitions[place].frame(settings, version: KafkaAPI.produce.versions.upperBound)
    batches[Int(batch)].begin(in: region, frame, bytesMax: settings.batchBytesMax, of: place, nowNs: nowNs)
    partitions[place].open = Int(batch)
    return true
  }
  /// Puts the batch that is gathered behind the others of its partition.
  mutating func close(_ place: Int) {
    guard let batch = partitions[place].open else { return }
    partitions[place].open = nil
    partitions[place].queue.append(UInt32(batch), records: batches[batch].records)
    let topic = partitions[place].topic
    if sticky[topic] == Int(partitions[place].index) { sticky[topic] = -1 }
  }
  /// How many records are gathered or on their way.
  public var pendingBatches: Int { settings.batchesMax - freeBatches.count }
}

/// Regions that are free.
struct RegionPool: ~Copyable {
  private var regions: Slots<Region?>
  private(set) var free: Int
  init(count: Int, byteCount: Int) {
    regions = Slots(count) { Region(id: RegionID(rawValue: UInt32($0)), byteCount: byteCount) }
    free = count
  }
  mutating func take() -> Region? {
    guard free > 0 else { return nil }
    free -= 1
    return regions[free].take()
  }
  mutating func put(_ region: consuming Region) {
    regions[free] = consume region
    regions[free]!.count = 0
    free += 1
  }
}
