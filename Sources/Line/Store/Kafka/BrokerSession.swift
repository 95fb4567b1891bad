internal import Bytes
public import Kafka

/// One connection to a broker, as a state machine with no I/O: it says what to send, and learns what comes.
///
///     begin ─▶ ApiVersions ─▶ SaslHandshake ─▶ SaslAuthenticate… ─▶ ready ─▶ requests, each with its answer in order
///
/// A broker answers in the order of the requests. Source: KIP-511 for the first request, KIP-43 and KIP-152 for the
/// authentication, KIP-368 for doing it again.
public struct BrokerSession: Sendable {
  /// How far it is.
  public enum Phase: Sendable, Equatable {
    /// What the broker speaks is not known yet.
    case versions
    /// Client and broker prove who they are.
    case authentication
    /// Requests may be sent.
    case ready
  }
  /// A request without an answer so far.
  public struct Pending: Sendable {
    /// What the answer will repeat.
    public let correlation: Int32
    /// What was asked.
    public let api: KafkaAPI
    /// In which version.
    public let version: Int16
    /// When.
    public let sentNs: Int64
    /// What its sender wants to know it by.
    public let tag: UInt64
  }

  /// What a connection is made with.
  public struct Settings: Sendable {
    /// How the client calls itself to brokers.
    public var clientID: String
    /// What it proves itself with; `nil` where nobody asks.
    public var credentials: SASLCredentials?
    /// The largest answer.
    public var answerBytesMax: Int
    /// How long an answer may take.
    public var answerNs: Int64
    /// All of it.
    public init(
      clientID: String,
      credentials: SASLCredentials? = nil,
      answerBytesMax: Int = 16 << 20,
      answerNs: Int64 = 30_000_000_000
    ) {
      (self.clientID, self.credentials) = (clientID, credentials)
      (self.answerBytesMax, self.answerNs) = (answerBytesMax, answerNs)
    }
  }

  private let settings: Settings
  private var reader: AnswerReader
  /// Requests in the order in which they were sent.
  public private(set) var pending: [Pending] = []
  /// How far it is.
  public private(set) var phase = Phase.versions
  private var correlation: Int32 = 0
  private var spoken: [KafkaAPI: ClosedRange<Int16>] = [:]
  private var client: SASLClient?
  private var nonce: String
  /// When to prove itself again; `nil` for never.
  public private(set) var renewNs: Int64?
  /// Until when the broker wants nothing.
  public private(set) var throttledUntilNs: Int64 = 0

  /// One that has not begun.
  ///
  /// - Parameters:
  ///   - settings: what it is made with.
  ///   - nonce: printable, without commas, and never used before.
  public init(_ settings: Settings, nonce: String) {
    (self.settings, self.nonce) = (settings, nonce)
    reader = AnswerReader(bytesMax: settings.answerBytesMax)
  }

  /// The version in which a request goes to this broker: the highest that both speak.
  ///
  /// Never a low one on purpose: a broker may say that it knows some which it refuses. Source: KAFKA-18659.
  public func version(of api: KafkaAPI) -> Int16? {
    guard let theirs = spoken[api] else { return nil }
    let version = min(api.versions.upperBound, theirs.upperBound)
    return version >= max(api.versions.lowerBound, theirs.lowerBound) ? version : nil
  }
  /// Whether the broker may be asked now.
  public func isReady(_ nowNs: Int64) -> Bool { phase == .ready && nowNs >= throttledUntilNs }

  // MARK: Asking

  /// The first request.
  public mutating func begin(_ nowNs: Int64) -> [UInt8] { askVersions(KafkaAPI.apiVersions.versions.upperBound, nowNs) }
  private mutating func askVersions(_ version: Int16, _ nowNs: Int64) -> [UInt8] {
    var request = ApiVersionsRequest()
    (request.softwareName, request.softwareVersion) = ("sluice", "1")
    return ask(request, version, nowNs, tag: 0).bytes
  }
  /// A request in the version that both speak, which is sent at once.
  ///
  /// Throws: that there is none.
  public mutating func request<Message: KafkaMessage>(_ message: Message, _ nowNs: Int64, tag: UInt64 = 0)
    throws(BrokerFault) -> KafkaFrame
  {
    guard let version = version(of: Message.api) else { throw .unsupported(Message.api) }
    return ask(message, version, nowNs, tag: tag)
  }
  private mutating func ask<Message: KafkaMessage>(_ message: Message, _ version: Int16, _ nowNs: Int64, tag: UInt64)
    -> KafkaFrame
  {
    KafkaFrame(message, note(Message.api, version, nowNs, tag: tag))
  }
  /// Notes a request that its user writes himself and sends at once; the header it must have.
  public mutating func note(_ api: KafkaAPI, _ version: Int16, _ nowNs: Int64, tag: UInt64) -> RequestHeader {
    correlation = correlation &+ 1 & .max
    pending.append(Pending(correlation: correlation, api: api, version: version, sentNs: nowNs, tag: tag))
    return RequestHeader(api, version: version, correlation: correlation, clientID: settings.clientID)
  }
  /// When the oldest request has waited too long.
  public var dueNs: Int64? { pending.first.map { $0.sentNs + settings.answerNs } }
  /// Throws: which request has waited too long, if one has.
  public func checkTime(_ nowNs: Int64) throws(BrokerFault) {
    if let dueNs, nowNs >= dueNs { throw .late(pending[0].api) }
  }

  // MARK: Learning

  /// Takes what was received.
  ///
  /// - Parameters:
  ///   - bytes: what came.
  ///   - nowNs: the time.
  ///   - body: is handed each answer to a request of the user, and the answer's body's start in it.
  /// - Returns: what to send next, of what the session does by itself.
  /// - Throws: why the connection can't go on.
  public mutating func take(
    _ bytes: RawSpan,
    _ nowNs: Int64,
    _ body: (Pending, RawSpan) throws(BrokerFault) -> Void
  ) throws(BrokerFault) -> [UInt8] {
    var reply: [UInt8] = []
    var reader = reader
    try reader.take(bytes) { answer throws(BrokerFault) in
      let asked = try settle(answer)
      switch asked.api {
      case .apiVersions: reply += try learnVersions(answer, asked, nowNs)
      case .saslHandshake: reply += try shake(answer, asked, nowNs)
      case .saslAuthenticate: reply += try authenticate(answer, asked, nowNs)
      default: try body(asked, answer)
      }
    }
    self.reader = reader
    return reply
  }
  /// Which request an answer is to.
  private mutating func settle(_ answer: RawSpan) throws(BrokerFault) -> Pending {
    let found = answer.integer(Int32.self, at: 0)
    guard let first = pending.first, first.correlation == found else {
      throw .correlation(expected: pending.first?.correlation, found: found)
    }
    return pending.removeFirst()
  }
  /// Reads an answer to a request.
  ///
  /// Throws: why it is none.
  public static func read<Message: KafkaMessage>(_: Message.Type, _ answer: RawSpan, to asked: Pending)
    throws(BrokerFault) -> Message
  {
    do throws(KafkaFault) { return try Message.readAnswer(answer, version: asked.version).message } catch {
      throw .malformed(asked.api, error)
    }
  }
  /// The broker wants nothing for a while.
  ///
  /// Source: KIP-219.
  public mutating func throttle(ms: Int32, _ nowNs: Int64) {
    guard ms > 0 else { return }
    throttledUntilNs = max(throttledUntilNs, nowNs + Int64(ms) * 1_000_000)
  }

  private mutating func learnVersions(_ answer: RawSpan, _ asked: Pending, _ nowNs: Int64) throws(BrokerFault)
    -> [UInt8]
  {
    // A broker that does not know the version answers in the first one, and may say which it knows.
    let isRefused = answer.byteCount >= 6 && answer.integer(Int16.self, at: 4) == KafkaError.unsupportedVersion.rawValue
    var asked = asked
    if isRefused {
      guard asked.version > 0 else { throw .unsupported(.apiVersions) }
      asked = Pending(
        correlation: asked.correlation,
        api: asked.api,
        version: 0,
        sentNs: asked.sentNs,
        tag: asked.tag
      )
    }
    let message = try Self.read(ApiVersionsResponse.self, answer, to: asked)
    for range in message.apis where range.first <= range.last {
      if let api = KafkaAPI(rawValue: range.api) { spoken[api] = range.first...range.last }
    }
    if isRefused {
      let highest = version(of: .apiVersions) ?? 0
      return askVersions(min(highest, KafkaAPI.apiVersions.versions.upperBound - 1), nowNs)
    }
    guard message.error == .none else { throw .refused(.apiVersions, message.error, nil) }
    return try startAuthentication(nowNs)
  }

  /// Proves itself, for the first time or once more; what to send.
  public mutating func startAuthentication(_ nowNs: Int64) throws(BrokerFault) -> [UInt8] {
    guard let credentials = settings.credentials else {
      phase = .ready
      return []
    }
    phase = .authentication
    renewNs = nil
    client = SASLClient(credentials, nonce: nonce)
    // The next proof is not this one again.
    nonce += "+"
    var request = SASLHandshakeRequest()
    request.mechanism = credentials.mechanism
    guard version(of: .saslHandshake) == 1 else { throw .unsupported(.saslHandshake) }
    return ask(request, 1, nowNs, tag: 0).bytes
  }
  private mutating func shake(_ answer: RawSpan, _ asked: Pending, _ nowNs: Int64) throws(BrokerFault) -> [UInt8] {
    let message = try Self.read(SASLHandshakeResponse.self, answer, to: asked)
    guard message.error == .none else {
      throw .mechanism(settings.credentials?.mechanism ?? "", offered: message.mechanisms)
    }
    return try say([], nowNs, sessionMs: 0)
  }
  private mutating func authenticate(_ answer: RawSpan, _ asked: Pending, _ nowNs: Int64) throws(BrokerFault) -> [UInt8]
  {
    let message = try Self.read(SASLAuthenticateResponse.self, answer, to: asked)
    guard message.error == .none else {
      throw .authentication(.refused(message.message ?? "\(message.error)"))
    }
    return try say(message.content, nowNs, sessionMs: message.sessionMs)
  }
  /// Says what the mechanism has to say next.
  private mutating func say(_ challenge: [UInt8], _ nowNs: Int64, sessionMs: Int64) throws(BrokerFault) -> [UInt8] {
    guard var client else { throw .refused(.saslAuthenticate, .illegalSaslState, nil) }
    var message: [UInt8]?
    do throws(SASLFault) { message = try client.next(challenge) } catch { throw .authentication(error) }
    self.client = client
    if let message {
      var request = SASLAuthenticateRequest()
      request.content = message
      return try self.request(request, nowNs).bytes
    }
    self.client = nil
    phase = .ready
    // Well before the session ends, as Java's clients do: at 85 to 95 percent of it.
    if sessionMs > 0 { renewNs = nowNs + sessionMs * 850_000 + sessionMs * Int64(correlation % 10) * 10_000 }
    return []
  }
}
