internal import Bytes

/// What a connection's peer is in the middle of, as far as time limits go.
public enum ConnectionStage: UInt8, BitwiseCopyable, Sendable {
  /// Between messages, and nothing is owed to it.
  case idle
  /// It has not been agreed yet how to talk: a TLS handshake is under way.
  case handshake
  /// A message has begun; its head is arriving.
  case head
  /// A message's body is arriving.
  case body
  /// It waits for us: an answer is owed, or we do not read. No limit of the peer's holds.
  case waiting
}

/// How long each stage may take.
public struct TimeLimits: Sendable, Equatable {
  /// From the connection's start to the end of the TLS handshake.
  public var handshakeNs: Int64 = 10_000_000_000
  /// From a message's first byte to the end of its head.
  public var headNs: Int64
  /// From there to the end of its body, besides what `bodyBytesPerSecondMin` grants.
  public var bodyNs: Int64
  /// Between messages.
  public var idleNs: Int64
  /// For one send.
  public var sendNs: Int64
  /// A body whose bytes come at this rate or faster never runs out of time: each byte extends the limit by its share of
  /// a second.
  ///
  /// One that drips (slowloris) gains next to nothing, and none gains more than its size allows.
  public var bodyBytesPerSecondMin: Int64 = 1024

  /// Limits in nanoseconds.
  public init(headNs: Int64, bodyNs: Int64, idleNs: Int64, sendNs: Int64) {
    (self.headNs, self.bodyNs, self.idleNs, self.sendNs) = (headNs, bodyNs, idleNs, sendNs)
  }
}

/// A connection whose time is up, and what to do about it.
public struct Overdue: Hashable, Sendable {
  /// What to do.
  public enum Action: Hashable, Sendable {
    /// It did not finish its message: answer 408 and close.
    case refuse
    /// It had nothing to say: close without a word.
    case close
    /// It does not take its answer, or has been told to go and has not: end both directions.
    case shutdown
  }
  /// The connection's place in its shard's table.
  public let connection: UInt32
  /// What to do.
  public let action: Action
}

/// When each connection's time is up.
///
/// A table of deadlines, swept a sixteenth at a time, so that no turn is long.
///
///     open ─▶ idle ─▶ head ─▶ body ─▶ waiting ─▶ idle …      sending, beside any of them
///               │       └───┬───┘                               │
///             close      refuse ──────(sendNs later)──▶ shutdown ◀┘
///
/// A deadline is noticed up to sixteen ticks late. What was told to go is looked after until it is closed: every action
/// is reported once and followed by `shutdown`, again and again, `sendNs` apart.
public struct Deadlines: ~Copyable {
  // Visible to importers, which destroy the table and so need its type.
  @usableFromInline struct Entry: BitwiseCopyable {
    /// When the stage's time is up; `.max` when no limit holds.
    var stageNs = Int64.max
    /// When the send's time is up; `.max` when nothing is sent.
    var sendNs = Int64.max
    var stage = ConnectionStage.waiting
    var isOpen = false
    /// Whether it has been reported: only `shutdown` can follow.
    var isEnding = false
  }

  /// The limits.
  ///
  /// May change while the shard runs; deadlines already set stay.
  public var limits: TimeLimits
  private var entries: Slots<Entry>
  private var cursor = 0
  private var left = 0

  /// How many ticks a sweep over the whole table takes.
  public static let ticksPerSweep = 16

  /// A table without connections.
  public init(connections: Int, limits: TimeLimits) {
    require(connections > 0, "a table of deadlines has a place")
    self.limits = limits
    entries = Slots(connections) { _ in Entry() }
  }

  /// A connection has been accepted.
  public mutating func open(_ connection: UInt32, nowNs: Int64) {
    require(!entries[Int(connection)].isOpen, "a connection opens once")
    entries[Int(connection)] = Entry(stageNs: later(nowNs, limits.idleNs), stage: .idle, isOpen: true)
  }
  /// A connection is gone.
  public mutating func close(_ connection: UInt32) {
    require(entries[Int(connection)].isOpen, "a connection that closes was open")
    entries[Int(connection)] = Entry()
  }

  /// The peer has been heard, or its stage is another.
  ///
  /// A stage's time starts when the stage does, so bytes alone extend nothing but a body's limit.
  /// - Parameters:
  ///   - connection: whose.
  ///   - stage: what it is in the middle of.
  ///   - isNext: whether a message has ended since the last call, so that an equal stage is the next message's.
  ///   - bodyBytes: how many bytes of the body came.
  ///   - nowNs: the monotonic time.
  public mutating func note(
    _ connection: UInt32,
    stage: ConnectionStage,
    isNext: Bool,
    bodyBytes: Int = 0,
    nowNs: Int64
  ) {
    require(entries[Int(connection)].isOpen && bodyBytes >= 0, "a connection that is heard is open")
    guard !entries[Int(connection)].isEnding else { return }
    if entries[Int(connection)].stage != stage || isNext {
      entries[Int(connection)].stage = stage
      entries[Int(connection)].stageNs = deadline(of: stage, nowNs)
    }
    if stage == .body, bodyBytes > 0 {
      let (scaled, overflow) = Int64(bodyBytes).multipliedReportingOverflow(by: 1_000_000_000)
      let granted = overflow ? .max : scaled / limits.bodyBytesPerSecondMin
      entries[Int(connection)].stageNs = later(entries[Int(connection)].stageNs, granted)
    }
  }

  /// A send has been handed over.
  public mutating func startSending(_ connection: UInt32, nowNs: Int64) {
    require(entries[Int(connection)].isOpen, "a connection that is answered is open")
    entries[Int(connection)].sendNs = later(nowNs, limits.sendNs)
  }
  /// The send is out, or has failed.
  public mutating func endSending(_ connection: UInt32) {
    require(entries[Int(connection)].isOpen, "a connection that is answered is open")
    entries[Int(connection)].sendNs = .max
  }
  /// We have told it to go (a last answer, a shutdown): `shutdown` follows unless it closes within `sendNs`.
  public mutating func end(_ connection: UInt32, nowNs: Int64) {
    require(entries[Int(connection)].isOpen, "a connection that ends is open")
    entries[Int(connection)].isEnding = true
    entries[Int(connection)].stageNs = later(nowNs, limits.sendNs)
  }

  /// Begins the next sixteenth of the sweep; `next` then tells what it finds.
  public mutating func tick() {
    left = (entries.count + Self.ticksPerSweep - 1) / Self.ticksPerSweep
  }

  /// The next connection of this tick whose time is up, or `nil` when the tick is done.
  ///
  /// Its action is then under way.
  public mutating func next(nowNs: Int64) -> Overdue? {
    while left > 0 {
      let place = cursor
      cursor = cursor &+ 1 == entries.count ? 0 : cursor &+ 1
      left &-= 1
      let entry = entries[place]
      guard entry.isOpen, entry.stageNs <= nowNs || entry.sendNs <= nowNs else { continue }
      let action: Overdue.Action
      if entry.isEnding || entry.sendNs <= nowNs {
        action = .shutdown
      } else {
        action = entry.stage == .idle ? .close : .refuse
      }
      entries[place].isEnding = true
      entries[place].stageNs = later(nowNs, limits.sendNs)
      entries[place].sendNs = .max
      return Overdue(connection: UInt32(place), action: action)
    }
    return nil
  }

  private func deadline(of stage: ConnectionStage, _ nowNs: Int64) -> Int64 {
    switch stage {
    case .idle: later(nowNs, limits.idleNs)
    case .handshake: later(nowNs, limits.handshakeNs)
    case .head: later(nowNs, limits.headNs)
    case .body: later(nowNs, limits.bodyNs)
    case .waiting: .max
    }
  }
  private func later(_ nowNs: Int64, _ ns: Int64) -> Int64 {
    let (sum, overflow) = nowNs.addingReportingOverflow(ns)
    return overflow ? .max : sum
  }
}
