/// What came of a run.
public struct LoadResult: Sendable {
  /// What went wrong, by kind.
  public struct Errors: Sendable {
    /// Requests that lost their connection before the answer came.
    public var unanswered: UInt64 = 0
    /// Requests whose answer had not come when the grace was over.
    public var late: UInt64 = 0
    /// Requests of an open loop that were due and could not be sent before the end.
    public var unsent: UInt64 = 0
    /// Answers whose status was not expected.
    public var unexpected: UInt64 = 0
    /// Connections that were dropped because what came was no answer.
    public var unreadable: UInt64 = 0
    /// Connections that could not be opened again.
    public var refused: UInt64 = 0
    /// TLS handshakes that came to nothing.
    public var handshakes: UInt64 = 0

    /// All of them.
    public var total: UInt64 { unanswered + late + unsent + unexpected + unreadable + refused + handshakes }
    /// Each kind with its name, in the order of this table.
    public var byKind: [(name: String, count: UInt64)] {
      [
        ("unanswered", unanswered), ("late", late), ("unsent", unsent), ("unexpected", unexpected),
        ("unreadable", unreadable), ("refused", refused), ("handshakes", handshakes),
      ]
    }
  }

  /// How long was measured, in seconds.
  public var seconds: Double = 0
  /// Requests answered while it was measured.
  public var requests: UInt64 = 0
  /// Events in them.
  public var events: UInt64 = 0
  /// Bytes handed to the kernel while it was measured.
  public var bytesOut: UInt64 = 0
  /// Bytes received while it was measured.
  public var bytesIn: UInt64 = 0
  /// From the time a request was sent, or due in an open loop, until its answer was read.
  public var latency = LatencyHistogram()
  /// Connections that became ready for requests while it was measured.
  public var connectionsOpened: UInt64 = 0
  /// From a connection's first TLS message until requests could be sent.
  ///
  /// Where connections are renewed, of those that became ready while it was measured; else of all.
  public var handshake = LatencyHistogram()
  /// How busy the generator's thread was while it was measured, 0 … 1.
  public var busy: Double = 0

  /// Requests sent in the whole run, warm-up included.
  public var sentTotal: UInt64 = 0
  /// Requests answered in the whole run.
  public var answeredTotal: UInt64 = 0
  /// Events acknowledged with an expected status in the whole run.
  public var acknowledgedEvents: UInt64 = 0
  /// Answers by status in the whole run.
  public var statuses: [(status: UInt16, count: UInt64)] = []
  /// What went wrong in the whole run.
  public var errors = Errors()
  /// TLS handshakes with a certificate in the whole run.
  public var fullHandshakes: UInt64 = 0
  /// TLS handshakes that went on from a ticket in the whole run.
  public var resumedHandshakes: UInt64 = 0
  /// Connections opened again in the whole run because they were lost.
  public var reconnections: UInt64 = 0
  /// What was wrong with the first unreadable answer or handshake, when there was one.
  public var firstUnreadable: String?

  /// An empty result.
  public init() {}

  /// Answered requests a second.
  public var requestsPerSecond: Double { seconds > 0 ? Double(requests) / seconds : 0 }
  /// Events of answered requests a second.
  public var eventsPerSecond: Double { seconds > 0 ? Double(events) / seconds : 0 }
  /// Connections a second that became ready for requests.
  public var connectionsPerSecond: Double { seconds > 0 ? Double(connectionsOpened) / seconds : 0 }
  /// Whether the generator itself may have been what limited the figures.
  public var isGeneratorBound: Bool { busy >= 0.9 }
}

/// Where a run stands, told about once a second.
public struct LoadProgress: Sendable {
  /// Seconds since the first request.
  public let elapsed: Double
  /// Whether it still warms up.
  public let isWarmingUp: Bool
  /// Answered requests a second since the last report.
  public let requestsPerSecond: Double
  /// Events of answered requests a second since the last report.
  public let eventsPerSecond: Double
  /// Half of the answers measured so far came within this time.
  public let medianNs: UInt64
  /// 99 of 100 answers measured so far came within this time.
  public let p99Ns: UInt64
  /// Errors so far.
  public let errors: UInt64
}
