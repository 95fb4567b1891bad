internal import Accept
internal import Decode
internal import Events
internal import Gateway
internal import World

/// What one run of the benchmark sends: which protocol, how many events, and how many may wait for their answer.
public struct LinePlan: Sendable {
  /// What the clients speak.
  public enum Traffic: String, Sendable, CaseIterable {
    /// One JSON event of 300 bytes a request, with the five fields that curl and wrk send.
    case http
    /// Frames of 256 bytes.
    case framed
    /// HTTP requests with 100 lines of 300 bytes each.
    case ndjson
    /// Frames of 256 bytes with a key, of a topic that keeps the order of each key.
    case keyed
  }

  /// What the clients speak.
  public let traffic: Traffic
  /// Events that are counted, over all connections.
  public let events: Int
  /// Clients.
  public var connections = 64
  /// Messages a client has sent and not been answered, at the most; 1 waits for every answer.
  public var window: Int
  /// The size of a segment.
  public var segmentBytes = 64 << 20

  /// So many events, and as many messages in flight as one receive buffer holds.
  public init(_ traffic: Traffic, events: Int) {
    (self.traffic, self.events) = (traffic, events)
    window =
      switch traffic {
      case .http: 16
      case .framed, .keyed: 60
      case .ndjson: 2
      }
  }

  /// Events that one message brings.
  public var eventsPerMessage: Int { traffic == .ndjson ? 100 : 1 }
  /// Bytes of one event.
  var eventBytes: Int { traffic == .framed || traffic == .keyed ? 256 : 300 }
  /// Messages that each client sends while nothing is counted: a tenth, and enough to fill every table once.
  var warmUpMessages: Int { max(countedMessages / 10, 2 * window) }
  /// Messages that each client sends while everything is counted.
  var countedMessages: Int {
    let perRound = connections * eventsPerMessage
    return max((events + perRound - 1) / perRound, 1)
  }

  /// The bytes of one message.
  var message: [UInt8] {
    let event = [UInt8]("{\"device\":\"".utf8) + [UInt8](repeating: 0x61, count: eventBytes - 13) + [0x22, 0x7D]
    switch traffic {
    case .http: return LinePlan.request("application/json", event)
    case .ndjson: return LinePlan.request("application/x-ndjson", (0..<100).flatMap { _ in event + [0x0A] })
    case .framed: return LinePlan.frame(kind: 3, parts: 0, event)
    case .keyed: return LinePlan.frame(kind: 3, parts: 4, [0, 6] + [UInt8]("dev-42".utf8) + event)
    }
  }
  /// What a client sends first: the binding of an alias to the topic.
  var greeting: [UInt8] {
    switch traffic {
    case .http, .ndjson: []
    case .framed, .keyed: LinePlan.frame(kind: 2, parts: 0, [UInt8](LinePlan.topicName.utf8))
    }
  }

  static var topicName: String { "telemetry" }

  private static func request(_ media: String, _ body: [UInt8]) -> [UInt8] {
    let head = """
      POST /v1/events/\(topicName) HTTP/1.1\r
      Host: 127.0.0.1:8080\r
      User-Agent: curl/7.88.1\r
      Accept: */*\r
      Content-Type: \(media)\r
      Content-Length: \(body.count)\r
      \r

      """
    return [UInt8](head.utf8) + body
  }
  private static func frame(kind: UInt8, parts: UInt8, _ rest: [UInt8]) -> [UInt8] {
    let length = UInt32(rest.count + 8)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + [kind, parts, 0, 0, 0, 0, 0, 1] + rest
  }

  /// A shard as a node makes it, at the size of the benchmark.
  var settings: ShardSettings {
    var settings = ShardSettings()
    settings.sizes.connections = connections
    settings.sizes.replies = connections
    settings.sizes.buffers = 256
    settings.sizes.lanes = traffic == .keyed ? 2 : 1
    settings.sizes.segments = 3
    settings.sizes.segmentBytes = segmentBytes
    settings.sizes.largeCarries = 4
    settings.lanes = settings.sizes.lanes
    let front = traffic == .framed || traffic == .keyed ? "framed" : "http"
    settings.listeners = [ShardSettings.Listener(front: front, traits: FrontTraits(requiresKey: false))]
    let order: Order = traffic == .keyed ? .key : .connection
    settings.topics = [Topic(id: TopicID(rawValue: 0), name: LinePlan.topicName, order: order)]
    return settings
  }
}
