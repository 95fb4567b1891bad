public import Events

/// Everything the operator decides about one node: what `sluice.yaml` says, and the defaults for what it does not say.
///
/// Sizes are in bytes and durations in nanoseconds, whatever unit the file used. `NodeSettings.keys` lists every key.
public struct NodeSettings: Sendable, Equatable {
  /// Where the lanes, the manifest and the lock live; relative to the working directory.
  public var dataDirectory = "./sluice-data"
  /// Threads that carry events; `nil` for one per CPU that the process may use.
  public var shards: Int?
  /// Lanes of a data directory that is made at start; `nil` for one per shard.
  public var lanes: Int?
  /// How a connection finds its shard.
  public var steering = Steering.hash
  /// What a shard does when it has nothing to do.
  public var wait = WaitSettings()
  /// Where events come in.
  public var listeners = [ListenerSettings.standard]
  /// Where metrics, health and pressure are served.
  public var adminAddress = ListenAddress.loopback(port: 9090)
  /// The file of API keys, when a listener asks for them.
  public var keysFile: String?
  /// What events may be written to.
  public var topics: [TopicSettings] = []
  /// What events are checked against.
  public var schemas = SchemaFolderSettings()
  /// Where the keys of redaction are.
  public var redactionKeys = RedactionKeySettings()
  /// How events are stored.
  public var log = LogSettings()
  /// How what is said of events that were set aside is stored.
  public var quarantine = QuarantineSettings()
  /// What is refused beyond.
  public var limits = LimitSettings()
  /// What the node says about itself.
  public var telemetry = TelemetrySettings()

  /// The defaults, which lack only a topic.
  public init() {}

  /// The largest event any topic takes, in bytes; 0 when there is no topic.
  public var eventBytesMax: Int { topics.reduce(0) { max($0, $1.eventBytesMax) } }
}

/// How a connection finds its shard.
public enum Steering: String, Sendable, CaseIterable {
  /// By the kernel's hash over addresses and ports.
  case hash
  /// By the CPU whose NIC queue received it.
  case nic
}

/// What a shard does when it has nothing to do.
public struct WaitSettings: Sendable, Equatable {
  /// The trade between latency and CPU.
  public enum Policy: String, Sendable, CaseIterable {
    /// Blocks at once.
    case balanced
    /// Spins for a while, then blocks: lowest latency, most CPU.
    case latency
    /// Lets work gather: lowest CPU, highest latency.
    case economy
  }
  /// Which trade.
  public var policy = Policy.balanced
  /// How long `latency` spins before it blocks.
  public var spinNs: Int64 = 100_000
  /// How long `economy` lets work gather.
  public var minimumWaitNs: Int64 = 400_000
  /// The defaults.
  public init() {}
}

/// One place where events come in.
public struct ListenerSettings: Sendable, Equatable {
  /// Whether a listener asks for API keys.
  public enum Keys: String, Sendable, CaseIterable {
    /// Whoever connects may write to every topic.
    case none
    /// Every request needs a key that may write to its topic.
    case required
  }
  /// What logs and metrics call it; the protocol's name unless given.
  public var name = ""
  /// The protocol spoken there, by the name of its front.
  public var protocolName = ""
  /// Where it listens.
  public var address = ListenAddress.loopback(port: 0)
  /// Whether it asks for API keys.
  public var keys = Keys.none
  /// Connections that may wait to be accepted.
  public var backlog = 4096
  /// How it speaks TLS, if it does.
  public var tls = ListenerTLSSettings()
  /// Which sources say for whom they connect.
  public var proxyProtocol = ProxyProtocolSettings()

  /// A listener without name, protocol or address.
  public init() {}

  /// The listener of a file that names none: HTTP on 127.0.0.1:8080.
  public static var standard: ListenerSettings {
    var listener = ListenerSettings()
    (listener.name, listener.protocolName) = ("http", "http")
    listener.address = .loopback(port: 8080)
    return listener
  }
}

/// One topic.
public struct TopicSettings: Sendable, Equatable {
  /// What producers and readers call it.
  public var name = ""
  /// When its events are acknowledged.
  public var acknowledge = Acknowledgement.durable
  /// In which order readers find them.
  public var order = Order.connection
  /// How they are stored.
  public var codec = Codec.none
  /// The largest event it takes, in bytes.
  public var eventBytesMax = 256 << 10
  /// How long its events are kept; `nil` for as long as the log keeps them.
  public var retentionAgeNs: Int64?
  /// What its events must fit.
  public var schema = TopicSchemaSettings()
  /// What is redacted of its events.
  public var redaction = TopicRedactionSettings()
  /// Members of which is counted how often they are null or missing.
  public var qualityFields: [String] = []
  /// The member that says when an event happened; `nil` for none.
  public var qualityTime: String?

  /// A topic without a name.
  public init() {}
  /// A topic with the defaults.
  public init(name: String) { self.name = name }

  /// What the line needs to know of it, under its durable number.
  public func topic(id: TopicID) -> Topic {
    Topic(
      id: id,
      name: name,
      acknowledge: acknowledge,
      order: order,
      codec: codec,
      eventBytesMax: eventBytesMax
    )
  }
}

/// How events are stored.
public struct LogSettings: Sendable, Equatable {
  /// A segment's file, in bytes.
  public var segmentBytes = 128 << 20
  /// How much a lane keeps, in bytes.
  public var retentionBytes = 8 << 30
  /// How long a lane keeps events; `nil` for as long as they fit.
  public var retentionAgeNs: Int64? = 7 * 86_400_000_000_000
  /// Commits of a lane that may be under way at a time.
  public var writesInFlight = 4
  /// The largest commit, in bytes.
  public var commitBytesMax = 512 << 10
  /// How long a lane is idle before it writes a seal.
  public var sealAfterNs: Int64 = 1_000_000_000
  /// The defaults.
  public init() {}
}

/// How what is said of events that were set aside is stored: in a side lane of each shard.
public struct QuarantineSettings: Sendable, Equatable {
  /// A segment's file, in bytes.
  public var segmentBytes = 4 << 20
  /// How much a side lane keeps, in bytes.
  public var retentionBytes = 64 << 20
  /// How long a side lane keeps it; `nil` for as long as it fits.
  public var retentionAgeNs: Int64? = 30 * 86_400_000_000_000
  /// The defaults.
  public init() {}
}

/// What is refused beyond.
///
/// Counts and sizes hold per shard, since a shard allocates them at start.
public struct LimitSettings: Sendable, Equatable {
  /// Connections at a time.
  public var connections = 16_384
  /// Connections at a time from one IPv4 address or one IPv6 /64.
  public var connectionsPerSource = 1024
  /// Receive buffers.
  public var receiveBuffers = 1024
  /// What each receive buffer holds.
  public var receiveBufferBytes = 16 << 10
  /// A request's head.
  public var headBytes = 16 << 10
  /// A request's target.
  public var targetBytes = 2 << 10
  /// Header fields a request.
  public var headerFields = 100
  /// A request's body on the wire.
  public var bodyBytes = 8 << 20
  /// A compressed body on the wire.
  public var compressedBytes = 1 << 20
  /// What a compressed body may expand to.
  public var inflatedBytes = 8 << 20
  /// How many times its size a compressed body may expand.
  public var inflationRatio = 100
  /// Answers a connection may be owed at a time.
  public var answersPerConnection = 64
  /// From a request's first byte to the end of its head.
  public var headerTimeNs: Int64 = 10_000_000_000
  /// From the end of a request's head to the end of its body.
  public var bodyTimeNs: Int64 = 30_000_000_000
  /// Between requests.
  public var idleTimeNs: Int64 = 75_000_000_000
  /// Without progress while an answer is sent.
  public var sendTimeNs: Int64 = 30_000_000_000
  /// An event's time in flight, beyond which others are refused.
  public var timeInFlightNs: Int64 = 2_000_000_000
  /// From SIGTERM to the end.
  public var drainTimeNs: Int64 = 30_000_000_000
  /// Connections taken a turn of the shard.
  public var acceptsPerTurn = 64
  /// Steps of TLS handshakes that compute with keys, a turn of the shard.
  public var handshakesPerTurn = 1
  /// Messages that straddle buffers and are larger than a connection's own place for them.
  public var largeMessages = 64
  /// The defaults.
  public init() {}
}

/// What the node says about itself.
public struct TelemetrySettings: Sendable, Equatable {
  /// How a line of the log is written.
  public enum Form: String, Sendable, CaseIterable {
    case logfmt
    case json
  }
  /// From which level on lines are written.
  public enum Level: String, Sendable, CaseIterable {
    case debug
    case info
    case warning
    case error
  }
  /// How a line of the log is written.
  public var log = Form.logfmt
  /// From which level on.
  public var level = Level.info
  /// The defaults.
  public init() {}
}
