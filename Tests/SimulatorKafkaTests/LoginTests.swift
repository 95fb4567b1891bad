import Bytes
import Kafka
import Simulator
import Testing

/// Nobody comes in without proving who they are, and nobody stays longer than they may.
@Suite struct LoginTests {
  private static let security = KafkaSecurity(
    passwords: ["alice": "secret", "bob": "other"],
    tokens: ["t.o.k": "carol"]
  )
  static let credentials: [SASLCredentials] = [
    .plain(user: "alice", password: Array("secret".utf8)),
    .scram(.sha256, user: "alice", password: Array("secret".utf8)),
    .scram(.sha512, user: "alice", password: Array("secret".utf8)),
    .oauthBearer(token: Array("t.o.k".utf8)),
  ]

  private func client(sessionMs: Int64 = 0) -> TestClient {
    TestClient {
      $0.security = Self.security
      $0.security?.sessionMs = sessionMs
    }
  }
  /// Proves something; the last answer, or that of the handshake where it refuses.
  private func login(_ client: inout TestClient, _ credentials: SASLCredentials, _ version: Int16 = 2) throws
    -> SASLAuthenticateResponse
  {
    var hello = SASLHandshakeRequest()
    hello.mechanism = credentials.mechanism
    let taken: SASLHandshakeResponse = try client.ask(hello, 1)
    var answer = SASLAuthenticateResponse()
    answer.error = taken.error
    guard taken.error == .none else { return answer }
    var exchange = SASLClient(credentials, nonce: "nonce")
    while answer.error == .none, let message = try exchange.next(answer.content) {
      var request = SASLAuthenticateRequest()
      request.content = message
      answer = try client.ask(request, version)
    }
    #expect(answer.error != .none || exchange.isDone)
    return answer
  }

  @Test(arguments: credentials)
  func `who proves themselves comes in`(credentials: SASLCredentials) throws {
    for version in 0...2 as ClosedRange<Int16> {
      var client = client()
      let versions: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 0)
      #expect(versions.error == .none)
      #expect(try login(&client, credentials, version).error == .none)
      #expect(try client.metadata(["t"]).topics[0].error == .none)
      #expect(client.cluster.remarks.isEmpty)
    }
  }

  @Test(arguments: [
    SASLCredentials.plain(user: "alice", password: Array("other".utf8)),
    .plain(user: "nobody", password: Array("secret".utf8)),
    .scram(.sha256, user: "alice", password: Array("other".utf8)),
    .scram(.sha512, user: "nobody", password: Array("secret".utf8)),
  ])
  func `who does not hears so, and the connection ends`(credentials: SASLCredentials) throws {
    var client = client()
    let answer = try login(&client, credentials)
    #expect(answer.error == .saslAuthenticationFailed && answer.message != nil)
    #expect(try !client.cluster.isOpen(#require(client.connections[1])))
  }

  @Test func `a token that nobody knows is told so, and refused when that is taken note of`() throws {
    var client = client()
    #expect(throws: SASLFault.refused(#"{"status":"invalid_token"}"#)) {
      try login(&client, .oauthBearer(token: Array("x".utf8)))
    }
    var last = SASLAuthenticateRequest()
    last.content = [1]
    let answer: SASLAuthenticateResponse = try client.ask(last, 2)
    #expect(answer.error == .saslAuthenticationFailed)
    #expect(try !client.cluster.isOpen(#require(client.connections[1])))
  }

  @Test func `a mechanism that is not offered is refused with those that are`() throws {
    var client = client()
    var hello = SASLHandshakeRequest()
    hello.mechanism = "GSSAPI"
    let answer: SASLHandshakeResponse = try client.ask(hello, 1)
    #expect(answer.error == .unsupportedSaslMechanism)
    #expect(answer.mechanisms == ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"])
    #expect(try !client.cluster.isOpen(#require(client.connections[1])))
  }

  @Test func `who is refused waits a while`() throws {
    var client = client()
    var hello = SASLHandshakeRequest()
    hello.mechanism = "GSSAPI"
    let header = RequestHeader(.saslHandshake, version: 1, correlation: 1, clientID: nil)
    let answer = try client.exchange(Array(KafkaFrame(hello, header).bytes.dropFirst(4)))
    #expect(answer.atMs == 100 && answer.closes && !answer.bytes.isEmpty)
  }

  @Test func `whoever asks for something else first is shown the door`() throws {
    var client = client()
    #expect(throws: TestClient.Silence.closed) { try client.metadata(["t"]) }
    let versions: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 0)
    #expect(versions.error == .none)
    #expect(throws: TestClient.Silence.closed) {
      let _: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 0)
    }
    var hello = SASLHandshakeRequest()
    hello.mechanism = "PLAIN"
    let _: SASLHandshakeResponse = try client.ask(hello, 1)
    #expect(throws: TestClient.Silence.closed) { try client.produce(BatchMaker().bytes) }
    #expect(client.cluster.endOffset(of: "t", 0) == 0 && client.cluster.remarks.count == 3)
  }

  @Test func `a session is renewed in time, or ends`() throws {
    var client = client(sessionMs: 5000)
    #expect(try login(&client, Self.credentials[1]).sessionMs == 5000)
    client.nowMs = 5000
    #expect(try client.metadata(["t"]).topics[0].error == .none)
    #expect(try login(&client, Self.credentials[1]).sessionMs == 5000)
    client.nowMs = 10_000
    #expect(try client.metadata(["t"]).topics[0].error == .none)
    client.nowMs = 10_001
    #expect(throws: TestClient.Silence.closed) { try client.metadata(["t"]) }
  }

  @Test func `a session is renewed by the same user with the same mechanism, and not twice within a second`() throws {
    var client = client(sessionMs: 5000)
    #expect(try login(&client, Self.credentials[0]).error == .none)
    let other = SASLCredentials.plain(user: "bob", password: Array("other".utf8))
    #expect(try login(&client, other).error == .saslAuthenticationFailed)
    #expect(try login(&client, Self.credentials[0]).error == .none)
    #expect(throws: TestClient.Silence.closed) { try login(&client, Self.credentials[1]) }
    #expect(try login(&client, Self.credentials[0]).error == .none)
    #expect(try login(&client, Self.credentials[0]).error == .none)
    #expect(try login(&client, Self.credentials[0]).error == .illegalSaslState)
    client.nowMs = 1000
    #expect(try login(&client, Self.credentials[0]).error == .none)
  }

  @Test func `a session without an end cannot be renewed, nor can one where nobody is asked`() throws {
    var secured = client()
    #expect(try login(&secured, Self.credentials[0]).sessionMs == 0)
    #expect(try login(&secured, Self.credentials[0]).error == .illegalSaslState)
    var open = TestClient()
    #expect(try login(&open, Self.credentials[0]).error == .illegalSaslState)
    #expect(try open.metadata(["t"]).topics[0].error == .none)
  }

  @Test func `tokens come without headers after the first version of the handshake`() throws {
    var client = client()
    var hello = SASLHandshakeRequest()
    hello.mechanism = "PLAIN"
    let _: SASLHandshakeResponse = try client.ask(hello, 0)
    #expect(try client.exchange(Array("\0alice\0secret".utf8)).bytes == [0, 0, 0, 0])
    #expect(try client.metadata(["t"]).topics[0].error == .none)
  }

  @Test func `a request is short until somebody is known`() throws {
    var client = client()
    let versions: ApiVersionsResponse = try client.ask(ApiVersionsRequest(), 0)
    #expect(versions.error == .none)
    let connection = try #require(client.connections[1])
    #expect(client.cluster.requestBytesMax(on: connection) == 512 << 10)
    _ = try login(&client, Self.credentials[0])
    #expect(client.cluster.requestBytesMax(on: connection) == 100 << 20)
  }
}
