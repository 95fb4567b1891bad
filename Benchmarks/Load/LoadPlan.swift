/// What to send where, how fast and for how long.
public struct LoadPlan: Sendable {
  /// A protocol of the gateway's listeners.
  public enum Wire: String, Sendable, CaseIterable {
    /// HTTP/1.1, one request a batch of events.
    case http
    /// Length-prefixed frames, see `Docs/Protocols/framed.md`.
    case framed
  }
  /// What the generator's thread does while nothing is to do.
  public enum Wait: String, Sendable, CaseIterable {
    /// Sleeps in the kernel: the server's core pays for waking it.
    case block
    /// Looks again and again: exact times, and a core of its own.
    case spin
  }

  /// The protocol.
  public var wire = Wire.http
  /// The server's name or address.
  public var host = "127.0.0.1"
  /// The server's port.
  public var port: UInt16 = 8080
  /// The topic events go to.
  public var topic = "events"
  /// The HTTP target, when it is not the topic's.
  public var path: String?
  /// The key of every record, where the protocol carries one.
  public var key: String?
  /// An API key.
  public var bearer: String?
  /// Further HTTP header fields, each `Name: value`.
  public var headers: [String] = []

  /// How connections speak TLS; `nil` for plain TCP.
  public var security: LoadSecurity?
  /// Requests a connection has before it is closed and opened again; `nil` leaves it open.
  public var requestsPerConnection: Int?

  /// Connections, all open before the first request.
  public var connections = 64
  /// Requests a second over all connections (open loop); `nil` sends as soon as an answer leaves room (closed loop);
  /// 0 opens the connections and sends nothing.
  public var rate: Double?
  /// Requests without an answer a connection may have.
  public var depth = 1
  /// Events a request; more than one are sent as NDJSON.
  public var batch = 1
  /// The exact size of an event; `nil` makes realistic ones of 200 to 450 bytes.
  public var bytes: Int?
  /// Framed only: bytes without an acknowledgement a connection may have, instead of `depth`.
  public var inflightBytes: Int?
  /// Where the events' contents and ids come from.
  public var seed: UInt64 = 1

  /// How long to measure, in seconds; `nil` only together with `requests`.
  public var duration: Double? = 10
  /// How many requests to send at most.
  public var requests: UInt64?
  /// How long to send before measuring, in seconds.
  public var warmup: Double = 1
  /// How long to wait for the last answers, in seconds.
  public var grace: Double = 5
  /// The CPU the calling thread is pinned to.
  public var cpu: Int?
  /// How to wait; `nil` is `block` for a closed loop and `spin` for an open one.
  public var wait: Wait?
  /// Whether to try again when the server refuses connections in the middle of a run.
  public var reconnects = false
  /// The congestion control of our sockets; `nil` leaves the host's.
  public var congestion: String?
  /// The statuses that are no error.
  public var expected = StatusSet.success
  /// A file that gets the id of every acknowledged event, one a line, as the acknowledgements arrive.
  public var acknowledged: String?

  /// Ten seconds against 127.0.0.1:8080, closed loop.
  public init() {}

  /// What the generator's thread does while nothing is to do.
  var waiting: Wait { wait ?? (rate ?? 0 > 0 ? .spin : .block) }
}

/// How a run's connections speak TLS.
public struct LoadSecurity: Sendable {
  /// The name that the server's certificate must have; `nil` for the target's.
  public var serverName: String?
  /// A file of authorities in PEM; `nil` for the system's.
  public var authorities: String?
  /// Whether the server's certificate is verified.
  public var verifiesServer = true
  /// Whether every connection but the first goes on from the ticket that came last.
  public var resumes = false
  /// Handshakes that are under way at once while the run's connections are opened.
  public var handshakesAtOnce = 64

  /// Verifies the server, resumes nothing.
  public init() {}
}

/// A set of HTTP statuses.
public struct StatusSet: Sendable {
  private var members = [Bool](repeating: false, count: 600)

  /// 200 … 299.
  public static let success = StatusSet("2xx")!

  /// Reads a list as `204`, `2xx`, `200-204` or several of them with commas; `nil` when it is none.
  public init?(_ text: String) {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      if part.count == 3, part.hasSuffix("xx"), let class100 = Int(part.prefix(1)), (1...5).contains(class100) {
        for status in class100 * 100..<class100 * 100 + 100 { members[status] = true }
      } else if let first = Int(ends[0]), let last = Int(ends[ends.count - 1]), ends.count <= 2,
        (100..<600).contains(first), (first..<600).contains(last)
      {
        for status in first...last { members[status] = true }
      } else {
        return nil
      }
    }
  }

  /// Whether it holds a status.
  public func contains(_ status: UInt16) -> Bool { status < 600 && members[Int(status)] }
}

/// Why a run could not begin.
public enum LoadFailure: Error, Sendable {
  /// The plan contradicts itself.
  case plan(String)
  /// The server can't be reached.
  case connect(String)
  /// The machine does not give what the generator needs.
  case machine(String)
}

extension LoadPlan {
  /// The plan with what follows from it filled in.
  ///
  /// Throws: what contradicts itself.
  func completed() throws(LoadFailure) -> LoadPlan {
    guard connections > 0, depth > 0, batch > 0 else {
      throw .plan("connections, depth and batch are at least 1")
    }
    guard security?.handshakesAtOnce ?? 1 > 0 else { throw .plan("a handshake is under way at a time") }
    guard requestsPerConnection ?? 1 > 0 else { throw .plan("a connection has at least one request") }
    guard duration != nil || requests != nil else {
      throw .plan("a run has an end: a duration or a number of requests")
    }
    guard bytes ?? EventGenerator.bytesMin >= EventGenerator.bytesMin else {
      throw .plan("an event has at least \(EventGenerator.bytesMin) bytes: its id")
    }
    if wire == .http, key != nil { throw .plan("--key is for framed; over HTTP use --header") }
    if wire == .http, inflightBytes != nil { throw .plan("--inflight-bytes is for framed; over HTTP use --depth") }
    if wire == .framed, path != nil || !headers.isEmpty { throw .plan("--path, --header and --minimal are for http") }
    return inflightBytes.map(sized(forInflightBytes:)) ?? self
  }

  /// With requests of about 16 KiB, or a quarter of what may be in flight, and as many of them as fit.
  private func sized(forInflightBytes inflight: Int) -> LoadPlan {
    var plan = self
    let frameBytes = FramedDialect.frameBytes(self)
    if batch == 1 { plan.batch = max(1, min(16 << 10, inflight / 4) / frameBytes) }
    plan.depth = max(1, inflight / (plan.batch * frameBytes))
    return plan
  }
}
