import Bytes
import COpenSSL
import TLS
import Testing

/// Whole handshakes with OpenSSL's client.
@Suite struct HandshakeTests {
  let authority = Authority()

  @Test func `a client connects, sends and is answered`() throws {
    let context = try TLSContext(server: serverSettings(authority))
    var options = Client.Options()
    options.authority = authority
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    let details = try #require(server.details, "\(String(describing: server.failure)) \(client.reason)")
    #expect(client.isConnected, "\(client.reason)")
    #expect(details.version == .tls13 && details.suite == "TLS_AES_128_GCM_SHA256" && details.group == "X25519")
    #expect(!details.isResumed && details.serverName == "device.test" && details.peer == nil)
    client.write(Array("hello".utf8))
    exchange(client, server)
    #expect(server.received == Array("hello".utf8))
    server.write(Array("welcome".utf8))
    client.input(server.output())
    #expect(client.read() == Array("welcome".utf8))
    #expect(context.counters.full == 1 && context.counters.failed == 0 && client.sessions == 1)
  }

  @Test(arguments: CipherSuite.allCases, KeyExchangeGroup.allCases)
  func `every suite and group works`(suite: CipherSuite, group: KeyExchangeGroup) throws {
    let context = try TLSContext(server: serverSettings(authority))
    var options = Client.Options()
    (options.suites, options.groups) = (suite.description, group.rawValue)
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    #expect(server.details?.suite == suite.description && server.details?.group == group.rawValue)
    let text = (0..<40_000).map { UInt8(truncatingIfNeeded: $0) }
    client.write(text)
    exchange(client, server)
    #expect(isSame(server.received, text))
    server.write(text)
    client.input(server.output())
    #expect(isSame(client.read(), text))
  }

  @Test func `a client whose first guess of a group is wrong is asked again`() throws {
    var settings = try serverSettings(authority)
    settings.groups = [.p256]
    let context = try TLSContext(server: settings)
    var options = Client.Options()
    options.groups = "X25519:P-256"
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    #expect(server.details?.group == "P-256")
  }

  @Test(arguments: [1, 2, 3, 5, 7, 64, 1000])
  func `a connection cut anywhere works`(pieces: Int) throws {
    let context = try TLSContext(server: serverSettings(authority))
    let (client, server) = (Client(), Served(context, regionBytes: 512))
    exchange(client, server, pieces: pieces)
    try #require(server.details != nil)
    client.write(Array("first".utf8))
    client.write([UInt8](repeating: 0x61, count: 5000))
    exchange(client, server, pieces: pieces)
    #expect(server.received == Array("first".utf8) + [UInt8](repeating: 0x61, count: 5000))
  }

  @Test func `data in the same piece as the end of the handshake is opened`() throws {
    let context = try TLSContext(server: serverSettings(authority))
    let (client, server) = (Client(), Served(context))
    client.handshake()
    server.input(client.output())
    client.input(server.output())
    client.handshake()
    client.write(Array("eager".utf8))
    server.input(client.output())
    #expect(server.received == Array("eager".utf8))
  }

  @Test func `an older version is refused unless it is allowed`() throws {
    var options = Client.Options()
    (options.oldest, options.newest) = (0x0303, 0x0303)
    let (refused, strict) = (Client(options), Served(try TLSContext(server: serverSettings(authority))))
    exchange(refused, strict)
    #expect(strict.failure?.origin == .us && strict.failure?.alert == .protocolVersion)
    #expect(refused.reason.contains("protocol version"), "\(refused.reason)")
    var settings = try serverSettings(authority, [.p256, .rsa])
    settings.oldestVersion = .tls12
    for suite in ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"] {
      options.olderSuites = suite
      let (client, server) = (Client(options), Served(try TLSContext(server: settings)))
      exchange(client, server, pieces: 100)
      #expect(server.details?.version == .tls12)
      let text = [UInt8](repeating: 0x62, count: 40_000)
      client.write(text)
      exchange(client, server, pieces: 100)
      #expect(isSame(server.received, text))
      server.write(text)
      client.input(server.output())
      #expect(isSame(client.read(), text))
      server.close()
      client.input(server.output())
      #expect(client.read() == [] && client.reason == "closed")
    }
  }

  @Test func `TLS 1.2 offers no suite without an AEAD and a fresh key exchange`() throws {
    var settings = try serverSettings(authority, [.p256, .rsa])
    settings.oldestVersion = .tls12
    let context = try TLSContext(server: settings)
    for suite in ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES256-SHA"] {
      var options = Client.Options()
      (options.oldest, options.newest, options.olderSuites) = (0x0303, 0x0303, suite)
      let (client, server) = (Client(options), Served(context))
      exchange(client, server)
      #expect(server.failure?.alert == .handshakeFailure, "\(suite)")
    }
  }

  @Test func `the protocol both prefer is agreed on, and none in common is refused`() throws {
    var settings = try serverSettings(authority)
    settings.applicationProtocols = ["h2", "http/1.1"]
    let context = try TLSContext(server: settings)
    func connect(_ protocols: [String]) -> Served {
      var options = Client.Options()
      options.protocols = protocols
      let (client, server) = (Client(options), Served(context))
      exchange(client, server)
      return server
    }
    #expect(connect(["http/1.1"]).details?.applicationProtocol == "http/1.1")
    #expect(connect(["http/1.1", "h2"]).details?.applicationProtocol == "h2")
    #expect(connect([]).details.map { $0.applicationProtocol == nil } == true)
    #expect(connect(["mqtt", "spdy/1"]).failure?.alert == .noApplicationProtocol)
    let indifferent = try TLSContext(server: serverSettings(authority))
    var options = Client.Options()
    options.protocols = ["mqtt"]
    let (client, server) = (Client(options), Served(indifferent))
    exchange(client, server)
    #expect(server.details.map { $0.applicationProtocol == nil } == true)
  }

  @Test func `whoever does not speak TLS is refused`() throws {
    let context = try TLSContext(server: serverSettings(authority))
    for text in [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "SSH-2.0-OpenSSH\r\n",
    ] {
      let server = Served(context)
      server.input(Array(text.utf8))
      #expect(server.failure?.origin == .us, "\(text)")
    }
    #expect(context.counters.failed == 3)
  }

  @Test func `a server without its client's key gets no further`() throws {
    var options = Client.Options()
    options.authority = Authority("Other")
    let (client, server) = (Client(options), Served(try TLSContext(server: serverSettings(authority))))
    exchange(client, server)
    #expect(server.failure?.origin == .peer && server.failure?.alert == .unknownAuthority)
    #expect(client.reason.contains("certificate verify failed"))
  }

  @Test func `a client that wants short records gets short records`() throws {
    let context = try TLSContext(server: serverSettings(authority))
    var options = Client.Options()
    options.fragmentCode = 1
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    let text = (0..<3000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    server.write(text)
    let records = server.output()
    #expect(Int(records[3]) << 8 | Int(records[4]) == 512 + 17)
    client.input(records)
    #expect(isSame(client.read(), text))
  }

  @Test func `a handshake that never ends is ended`() throws {
    var settings = try serverSettings(authority)
    settings.handshakeBytesMax = 4096
    let server = Served(try TLSContext(server: settings))
    // The start of a hello of 16 MiB, in records of one kilobyte.
    let record: [UInt8] = [22, 3, 1, 4, 0] + [1, 0, 0xFF, 0xFF] + [UInt8](repeating: 3, count: 1020)
    for _ in 0..<8 where server.failure == nil { server.input(record) }
    #expect(server.failure != nil)
  }

  @Test func `keys are not negotiated again`() throws {
    var settings = try serverSettings(authority)
    settings.oldestVersion = .tls12
    var options = Client.Options()
    (options.oldest, options.newest) = (0x0303, 0x0303)
    let (client, server) = (Client(options), Served(try TLSContext(server: settings)))
    exchange(client, server)
    #expect(SSL_renegotiate(client.ssl) == 1)
    client.handshake()
    server.input(client.output())
    client.input(server.output())
    client.handshake()
    #expect(client.reason == "no renegotiation", "\(client.reason)")
    #expect(server.context.counters.full == 1)
  }

  @Test func `a context that was made on one thread serves on another`() async throws {
    let prepared = PreparedContext(try TLSContext(server: serverSettings(authority)))
    let served = await Task.detached {
      guard let context = prepared.take() else { return false }
      let (client, server) = (Client(), Served(context))
      exchange(client, server)
      return server.details != nil
    }.value
    #expect(served && prepared.take() == nil)
  }

  @Test func `the key log gets the secrets of who asked for it`() throws {
    let lines = Lines()
    var settings = try serverSettings(authority)
    settings.keyLog = { lines.append($0) }
    let (client, server) = (Client(), Served(try TLSContext(server: settings)))
    exchange(client, server)
    let labels = lines.all.map { $0.split(separator: " ").first.map(String.init) ?? "" }
    #expect(Set(labels).isSuperset(of: ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"]))
  }
}
