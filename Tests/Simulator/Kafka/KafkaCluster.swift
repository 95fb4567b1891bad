internal import Bytes
public import Kafka

/// A cluster of brokers that answers as Apache Kafka 3.8 does, strict where Kafka is strict: for simulations, and for
/// tests with real clients.
///
///     frame of a request ─▶ answer(_:on:nowMs:) ─▶ frame of the answer, when it goes, whether the connection ends
///
/// It does no I/O, has no clock, and the same calls give the same answers. Faults happen when they are asked for
/// (`KafkaClusterFaults.swift`); what arrived can be looked at (`KafkaClusterInspection.swift`). Every record is on all
/// replicas at once. Transactions are not spoken; batches that belong to one are taken like any other.
public struct KafkaCluster: Sendable {
  /// A broker, and where it says that it is reached.
  public struct Broker: Hashable, Sendable {
    /// Its number.
    public let id: Int32
    /// The name or address that it gives to clients.
    public var host: String
    /// The port that it gives to clients.
    public var port: Int32
    /// Whether it takes connections.
    public internal(set) var isUp = true
    /// One that is up.
    public init(id: Int32, host: String, port: Int32) { (self.id, self.host, self.port) = (id, host, port) }
  }

  /// What its operator has set.
  public struct Settings: Sendable {
    /// The largest batch that is taken, header included: `max.message.bytes`.
    public var batchBytesMax = 1_048_588
    /// The largest request: `socket.request.max.bytes`.
    public var requestBytesMax = 100 << 20
    /// Whether topics are made when somebody asks for them: `auto.create.topics.enable`.
    public var createsTopics = false
    /// How many partitions those have: `num.partitions`.
    public var partitionCount = 1
    /// The last versions of some kinds of requests, where they are lower than those of Apache Kafka 3.8.
    public var lastVersions: [KafkaAPI: Int16] = [:]
    /// Who may come in; `nil` for everybody.
    public var security: KafkaSecurity?
    /// The usual ones.
    public init() {}
  }

  /// Its settings.
  public var settings: Settings
  /// The brokers.
  public internal(set) var brokers: [Broker]
  /// Topics that clients may neither write nor read.
  public var deniedTopics: Set<String> = []
  /// What it refused and why, and what it took though no client should send it; in their order.
  public internal(set) var remarks: [KafkaRemark] = []

  var topics: [ClusterTopic] = []
  var connections: [KafkaConnectionID: ClusterConnection] = [:]
  var disturbances: [Disturbance] = []
  var refusals: [Refusal] = []
  var transactions: [String: (producerID: Int64, epoch: Int16)] = [:]
  var nextProducerID: Int64 = 0
  var draws: SplitMix
  private var connectionCount = 0

  /// One of some brokers, without topics; `seed` decides its salts, nonces and ids.
  public init(_ brokers: [Broker], settings: Settings = Settings(), seed: UInt64 = 0) {
    precondition(!brokers.isEmpty, "a cluster has a broker")
    (self.brokers, self.settings, draws) = (brokers, settings, SplitMix(seed: seed))
  }

  /// Makes a topic; its partitions are led by one broker after another.
  public mutating func addTopic(_ name: String, partitions: Int, isCompacted: Bool = false) {
    precondition(topic(name) == nil && partitions > 0, "a topic is made once, with partitions")
    let ids = brokers.map(\.id)
    let logs = (0..<partitions).map { partition in
      PartitionLog(replicas: (0..<min(3, ids.count)).map { ids[(partition + $0) % ids.count] })
    }
    let id = UInt128(draws.next()) << 64 | UInt128(draws.next())
    topics.append(ClusterTopic(name: name, id: id, isCompacted: isCompacted, partitions: logs))
  }

  // MARK: Connections

  /// Connects to a broker; `nil` when it is down.
  public mutating func connect(to broker: Int32) -> KafkaConnectionID? {
    guard brokers.contains(where: { $0.id == broker && $0.isUp }) else { return nil }
    connectionCount += 1
    let id = KafkaConnectionID(rawValue: connectionCount)
    let login: Login = settings.security == nil ? .none : .initial
    connections[id] = ClusterConnection(broker: broker, login: login)
    return id
  }
  /// Forgets a connection that its client has ended.
  public mutating func disconnect(_ connection: KafkaConnectionID) { connections[connection] = nil }
  /// Whether it still stands: one that the cluster has ended does not, and none to a broker that went down.
  public func isOpen(_ connection: KafkaConnectionID) -> Bool { connections[connection] != nil }
  /// The largest request that is taken on a connection.
  public func requestBytesMax(on connection: KafkaConnectionID) -> Int {
    guard let login = connections[connection]?.login, login.isPending else { return settings.requestBytesMax }
    return min(settings.requestBytesMax, 512 << 10)
  }

  // MARK: Requests

  /// Takes a request.
  ///
  /// A broker takes one request of a connection at a time: the next is for when the answer to the last has gone, and
  /// nobody mutes the connection. `KafkaLink` sees to that.
  ///
  /// - Parameters:
  ///   - frame: the request, without the size before it.
  ///   - connection: where it came.
  ///   - nowMs: the time; only differences matter.
  /// - Returns: what becomes of it.
  public mutating func answer(_ frame: [UInt8], on connection: KafkaConnectionID, nowMs: Int64) -> KafkaAnswer {
    guard let state = connections[connection] else { return KafkaAnswer(atMs: nowMs, closes: true) }
    if case .exchange(var exchange) = state.login, exchange.isRaw {
      return finish(continueRaw(&exchange, frame, on: connection, nowMs), on: connection, nowMs)
    }
    let header: RequestHeader
    let bodyStart: Int
    do throws(KafkaFault) { (header, bodyStart) = try unsafe RequestHeader.read(frame.span.bytes) } catch {
      return end(connection, "a request that is none: \(error.reason)", nowMs)
    }
    var request = ClusterRequest(header, frame: frame, bodyStart, on: connection, of: state.broker, nowMs)
    let disturbance = takeDisturbance(for: request)
    if case .dropBefore = disturbance { return end(connection, nil, nowMs) }
    if case .throttle(let ms) = disturbance { request.throttleMs = ms }
    if case .fail(let error) = disturbance { request.failure = error }
    do throws(KafkaFault) {
      let reply = try respond(to: request, state.login)
      return disturb(finish(reply, on: connection, nowMs), disturbance, request)
    } catch {
      return end(connection, "\(header.api) v\(header.version): \(error.reason) at \(error.offset)", nowMs)
    }
  }

  private mutating func respond(to request: ClusterRequest, _ login: Login) throws(KafkaFault) -> Reply {
    let header = request.header
    guard header.api == .apiVersions || speaks(header.api, header.version) else {
      throw KafkaFault(reason: .version, offset: 2)
    }
    if let reply = try admit(request, login) { return reply }
    switch header.api {
    case .apiVersions: return try apiVersions(request).reply
    case .metadata: return try metadata(request)
    case .initProducerID: return try initProducerID(request)
    case .produce: return try produce(request)
    case .listOffsets: return try listOffsets(request)
    case .fetch: return try fetch(request)
    case .findCoordinator: return try findCoordinator(request)
    case .saslHandshake, .saslAuthenticate: return try outOfPlace(request)
    default: throw KafkaFault(reason: .api, offset: 0)
    }
  }

  /// Ends a connection without an answer.
  mutating func end(_ connection: KafkaConnectionID, _ reason: String?, _ nowMs: Int64) -> KafkaAnswer {
    if let reason { remarks.append(KafkaRemark(error: nil, reason: reason)) }
    connections[connection] = nil
    return KafkaAnswer(atMs: nowMs, closes: true)
  }
  private mutating func finish(_ reply: Reply, on connection: KafkaConnectionID, _ nowMs: Int64) -> KafkaAnswer {
    var answer = KafkaAnswer(atMs: nowMs, closes: false)
    switch reply {
    case .frame(let bytes, let waitMs): (answer.bytes, answer.atMs) = (bytes, nowMs + waitMs)
    case .silence: break
    case .last(let bytes, let waitMs):
      (answer.bytes, answer.atMs, answer.closes) = (bytes, nowMs + waitMs, true)
    case .close: answer.closes = true
    }
    answer.mutedUntilMs = answer.atMs
    if answer.closes { connections[connection] = nil }
    return answer
  }

  // MARK: Looking things up

  func topic(_ name: String) -> Int? { topics.firstIndex { $0.name == name } }
  func place(_ topicName: String, _ partition: Int32) -> (topic: Int, partition: Int)? {
    guard let topic = topic(topicName), topics[topic].partitions.indices.contains(Int(partition)) else { return nil }
    return (topic, Int(partition))
  }
  /// A broker that is up.
  func upBroker(_ id: Int32) -> Broker? { brokers.first { $0.id == id && $0.isUp } }
  /// Who leads a partition as far as clients are told: nobody while the leader is down.
  func knownLeader(_ log: PartitionLog) -> Int32 { upBroker(log.leader) == nil ? -1 : log.leader }
}

/// A connection to a broker.
public struct KafkaConnectionID: Hashable, Sendable {
  let rawValue: Int
}

/// What becomes of a request.
public struct KafkaAnswer: Hashable, Sendable {
  /// What goes to the client, its size included; empty when nothing does.
  public var bytes: [UInt8] = []
  /// When it goes.
  public var atMs: Int64
  /// Whether the broker ends the connection behind it.
  public var closes: Bool
  /// Until when the broker takes no further request on the connection; `atMs` at the least.
  public var mutedUntilMs: Int64

  init(atMs: Int64, closes: Bool) { (self.atMs, self.closes, mutedUntilMs) = (atMs, closes, atMs) }
}

/// Something that a cluster refused, or took though no client should send it.
public struct KafkaRemark: Hashable, Sendable {
  /// The error that was answered, if one was; else the connection was closed, or nothing happened.
  public var error: KafkaError?
  /// The topic, where it was about one.
  public var topic: String?
  /// Its partition.
  public var partition: Int32?
  /// What it was.
  public var reason: String
}

/// What a request is answered with, before faults.
enum Reply {
  /// A frame, after a while.
  case frame([UInt8], afterMs: Int64 = 0)
  /// Nothing: the client asked for no answer.
  case silence
  /// A frame after a while, and the connection ends.
  case last([UInt8], afterMs: Int64)
  /// The connection ends.
  case close
}

/// A request, and what is known of where it came from.
struct ClusterRequest {
  let header: RequestHeader
  let frame: [UInt8]
  let bodyStart: Int
  let connection: KafkaConnectionID
  let broker: Int32
  let nowMs: Int64
  /// What its answer says of throttling.
  var throttleMs: Int32 = 0
  /// The error that it is to be answered with, whatever it asks.
  var failure: KafkaError?

  init(
    _ header: RequestHeader,
    frame: [UInt8],
    _ bodyStart: Int,
    on connection: KafkaConnectionID,
    of broker: Int32,
    _ nowMs: Int64
  ) {
    (self.header, self.frame, self.bodyStart) = (header, frame, bodyStart)
    (self.connection, self.broker, self.nowMs) = (connection, broker, nowMs)
  }
  func body<Message: KafkaMessage>(_: Message.Type) throws(KafkaFault) -> Message {
    try unsafe Message.read(frame.span.bytes, from: bodyStart, version: header.version)
  }
  func reply(_ message: some KafkaMessage, version: Int16? = nil) -> Reply {
    .frame(KafkaFrame(answering: header, message, version: version).bytes)
  }
}

/// A topic.
struct ClusterTopic: Sendable {
  let name: String
  let id: UInt128
  let isCompacted: Bool
  var partitions: [PartitionLog]
}

/// A connection, as the broker at its end sees it.
struct ClusterConnection: Sendable {
  let broker: Int32
  var login: Login
}
