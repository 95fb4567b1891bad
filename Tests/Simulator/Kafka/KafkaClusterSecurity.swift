internal import Kafka

/// How a cluster finds out who is at the other end.
///
/// Source: `SaslServerAuthenticator` of Apache Kafka 3.8; KIP-43, KIP-152, KIP-368.
extension KafkaCluster {
  /// How long those wait who could not prove who they are: `connection.failed.authentication.delay.ms`.
  private static var failureDelayMs: Int64 { 100 }

  /// Answers what belongs to proving who one is, and ends connections that ask for something else too early or late.
  ///
  /// Returns: `nil` for a request that may go on.
  mutating func admit(_ request: ClusterRequest, _ login: Login) throws(KafkaFault) -> Reply? {
    let api = request.header.api
    switch login {
    case .none: return nil
    case .initial, .handshake:
      if api == .saslHandshake { return try shakeHands(request, previous: nil) }
      guard api == .apiVersions, case .initial = login else { return refuse("\(api) before authentication") }
      let (reply, isTaken) = try apiVersions(request)
      if isTaken { connections[request.connection]?.login = .handshake }
      return reply
    case .exchange(let exchange):
      guard api == .saslAuthenticate else { return refuse("\(api) during authentication") }
      return try authenticate(request, exchange)
    case .done(let visitor):
      guard let expiresAtMs = visitor.expiresAtMs else { return nil }
      if api != .saslHandshake {
        return request.nowMs > expiresAtMs ? refuse("\(api) after the session has expired") : nil
      }
      // Nobody needs to prove themselves twice within a second.
      if let renewedAtMs = visitor.renewedAtMs, request.nowMs - renewedAtMs < 1000 { return nil }
      var visitor = visitor
      visitor.renewedAtMs = request.nowMs
      return try shakeHands(request, previous: visitor)
    }
  }
  private mutating func refuse(_ reason: String) -> Reply {
    remarks.append(KafkaRemark(error: nil, reason: reason))
    return .close
  }

  private mutating func shakeHands(_ request: ClusterRequest, previous: Visitor?) throws(KafkaFault) -> Reply {
    guard let security = settings.security else { return .close }
    let body = try request.body(SASLHandshakeRequest.self)
    var response = SASLHandshakeResponse()
    response.mechanisms = security.mechanisms
    guard request.failure == nil, security.mechanisms.contains(body.mechanism) else {
      response.error = request.failure ?? .unsupportedSaslMechanism
      remarks.append(KafkaRemark(error: response.error, reason: "mechanism \(body.mechanism)"))
      return .last(KafkaFrame(answering: request.header, response).bytes, afterMs: Self.failureDelayMs)
    }
    let nonce = String(draws.next(), radix: 36) + String(draws.next(), radix: 36)
    connections[request.connection]?.login = .exchange(
      SASLExchange(body.mechanism, security, isRaw: request.header.version == 0, previous: previous, nonce: nonce)
    )
    return request.reply(response)
  }

  private mutating func authenticate(_ request: ClusterRequest, _ exchange: SASLExchange) throws(KafkaFault) -> Reply {
    let body = try request.body(SASLAuthenticateRequest.self)
    var exchange = exchange
    if let previous = exchange.previous, previous.mechanism != exchange.mechanism {
      return refuse("\(exchange.mechanism) in a session that began with \(previous.mechanism)")
    }
    var response = SASLAuthenticateResponse()
    var outcome = exchange.next(body.content)
    if request.failure != nil { outcome = .failed("as was asked for") }
    switch outcome {
    case .challenge(let content):
      response.content = content
      connections[request.connection]?.login = .exchange(exchange)
    case .done(let content, let user):
      response.content = content
      response.sessionMs = enter(request.connection, user, exchange, request.nowMs)
    case .failed(let message):
      (response.error, response.message) = (request.failure ?? .saslAuthenticationFailed, message)
      remarks.append(KafkaRemark(error: response.error, reason: message))
      return .last(KafkaFrame(answering: request.header, response).bytes, afterMs: Self.failureDelayMs)
    }
    return request.reply(response)
  }

  /// Takes a token that came without a header.
  mutating func continueRaw(
    _ exchange: inout SASLExchange,
    _ token: [UInt8],
    on connection: KafkaConnectionID,
    _ nowMs: Int64
  ) -> Reply {
    func framed(_ content: [UInt8]) -> Reply {
      let size = UInt32(content.count)
      return .frame((0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + content)
    }
    switch exchange.next(token) {
    case .challenge(let content):
      connections[connection]?.login = .exchange(exchange)
      return framed(content)
    case .done(let content, let user):
      _ = enter(connection, user, exchange, nowMs)
      return framed(content)
    case .failed(let message): return refuse(message)
    }
  }

  /// Lets somebody in; returns how long they may stay, or 0.
  private mutating func enter(
    _ connection: KafkaConnectionID,
    _ user: String,
    _ exchange: SASLExchange,
    _ nowMs: Int64
  ) -> Int64 {
    let sessionMs = settings.security?.sessionMs ?? 0
    let visitor = Visitor(
      user: user,
      mechanism: exchange.mechanism,
      expiresAtMs: sessionMs > 0 ? nowMs + sessionMs : nil,
      renewedAtMs: exchange.previous?.renewedAtMs
    )
    connections[connection]?.login = .done(visitor)
    return sessionMs
  }

  /// Authentication where none is called for.
  func outOfPlace(_ request: ClusterRequest) throws(KafkaFault) -> Reply {
    guard request.header.api == .saslHandshake else {
      _ = try request.body(SASLAuthenticateRequest.self)
      var response = SASLAuthenticateResponse()
      (response.error, response.message) = (.illegalSaslState, "SaslAuthenticate request received out of place")
      return request.reply(response)
    }
    _ = try request.body(SASLHandshakeRequest.self)
    var response = SASLHandshakeResponse()
    response.error = .illegalSaslState
    return request.reply(response)
  }
}
