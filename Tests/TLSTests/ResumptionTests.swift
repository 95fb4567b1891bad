import Bytes
import COpenSSL
import Glibc
import TLS
import Testing

/// Tickets: on another shard, after a restart, after rotations, and what makes one useless.
@Suite struct ResumptionTests {
  let authority = Authority()
  let keys = TicketKeys(current: .random(createdSeconds: 1), next: .random(createdSeconds: 2))

  private func context(_ keys: TicketKeys?, _ change: (inout TLSSettings) -> Void = { _ in }) throws -> TLSContext {
    var settings = try serverSettings(authority)
    change(&settings)
    let context = try TLSContext(server: settings)
    if let keys { context.adopt(keys) }
    return context
  }
  /// Connects, and returns the server and what resumes the connection.
  private func connect(
    _ context: TLSContext,
    _ session: Client.Session? = nil,
    utcSeconds: Int64 = Authority.now,
    _ change: (inout Client.Options) -> Void = { _ in }
  ) throws -> (server: Served, session: Client.Session?) {
    var options = Client.Options()
    options.resuming = session
    change(&options)
    let (client, server) = (Client(options), Served(context, utcSeconds: utcSeconds))
    exchange(client, server)
    try #require(server.details != nil, "\(String(describing: server.failure)) \(client.reason)")
    #expect(server.details?.isResumed == client.isResumed)
    _ = client.read()
    client.write(Array("ping".utf8))
    exchange(client, server)
    #expect(server.received == Array("ping".utf8))
    server.write(Array("pong".utf8))
    client.input(server.output())
    #expect(client.read() == Array("pong".utf8))
    return (server, client.takeSession())
  }

  @Test func `a ticket of one shard resumes on another, and after a restart`() throws {
    let (first, second) = (try context(keys), try context(keys))
    let (_, session) = try connect(first)
    let (resumed, next) = try connect(second, session)
    #expect(resumed.details?.isResumed == true && resumed.details?.ticket == .accepted)
    #expect(second.counters.resumed == 1 && second.counters.full == 0 && first.counters.full == 1)
    // A ticket is replaced whenever it is used.
    let restarted = try context(keys)
    #expect(try connect(restarted, next).server.details?.isResumed == true)
  }

  @Test func `a resumed connection exchanges keys afresh`() throws {
    let context = try context(keys)
    let (_, session) = try connect(context)
    #expect(try connect(context, session).server.details?.group == "X25519")
  }

  @Test func `a ticket lives through one rotation and dies at the second`() throws {
    let context = try context(keys)
    let (_, session) = try connect(context)
    let once = keys.rotated(next: .random(createdSeconds: 3))
    context.adopt(once)
    let (resumed, renewed) = try connect(context, session)
    #expect(resumed.details?.isResumed == true && context.counters.ticketsRenewed == 1)
    let twice = once.rotated(next: .random(createdSeconds: 4))
    let later = try self.context(twice)
    #expect(try connect(later, renewed).server.details?.isResumed == true)
    let thrice = twice.rotated(next: .random(createdSeconds: 5))
    let (old, fresh) = (try self.context(thrice), try self.context(thrice))
    let (_, stale) = try connect(try self.context(keys))
    let (refused, _) = try connect(old, stale)
    #expect(refused.details?.isResumed == false && refused.details?.ticket == .unknownKey)
    #expect(old.counters.ticketsOfUnknownKeys == 1 && old.counters.full == 1)
    #expect(fresh.counters.resumed == 0)
  }

  @Test func `a node that rotates late opens tickets of one that rotated already`() throws {
    let early = try context(keys.rotated(next: .random(createdSeconds: 3)))
    let (_, session) = try connect(early)
    #expect(try connect(try context(keys), session).server.details?.isResumed == true)
  }

  @Test func `contexts that were given no keys share none`() throws {
    let (first, second) = (try context(nil), try context(nil))
    let (_, session) = try connect(first)
    let (refused, _) = try connect(second, session)
    #expect(refused.details?.ticket == .unknownKey)
    #expect(try connect(first, connect(first).session).server.details?.isResumed == true)
  }

  @Test func `an expired ticket is refused`() throws {
    let context = try context(keys) { $0.ticketLifetimeSeconds = 3600 }
    let (_, session) = try connect(context, utcSeconds: Authority.now - 3601)
    let (refused, _) = try connect(context, session)
    #expect(refused.details?.ticket == .expired && refused.details?.isResumed == false)
    #expect(context.counters.ticketsExpired == 1)
    // The client's OpenSSL looks at the clock, and other tests may have taken their time since the first look at it.
    let now = Int64(time(nil))
    let (_, recent) = try connect(context, utcSeconds: now - 3590)
    #expect(try connect(context, recent, utcSeconds: now).server.details?.isResumed == true)
  }

  @Test func `a ticket that was tampered with leads to a full handshake`() throws {
    let context = try context(keys)
    // Another key under the same name: what it sealed does not open.
    let forged = TicketKey(
      name: keys.current.name,
      encryption: [UInt8](repeating: 1, count: 32),
      authentication: [UInt8](repeating: 2, count: 32),
      createdSeconds: 1
    )
    let (_, session) = try connect(try self.context(TicketKeys(current: forged)))
    let (refused, _) = try connect(context, session)
    #expect(refused.details?.ticket == .tampered && refused.details?.isResumed == false)
    #expect(context.counters.ticketsTampered == 1)
  }

  @Test func `no ticket is sent where there should be none`() throws {
    let context = try context(keys) { $0.tickets = 0 }
    #expect(try connect(context).session == nil)
    let many = try self.context(keys) { $0.tickets = 3 }
    let (client, server) = (Client(), Served(many))
    exchange(client, server)
    _ = client.read()
    #expect(client.sessions == 3)
    server.write(Array("after three tickets".utf8))
    client.input(server.output())
    #expect(client.read() == Array("after three tickets".utf8))
  }

  @Test func `without a key exchange only where that is allowed`() throws {
    func group(_ isAllowed: Bool) throws -> TLSDetails? {
      let context = try context(keys) { $0.allowsResumptionWithoutKeyExchange = isAllowed }
      let (_, session) = try connect(context)
      // A client without a group in common can only resume without one.
      return try connect(context, session) {
        $0.allowsResumptionWithoutKeyExchange = true
        $0.groups = isAllowed ? "X448" : nil
      }.server.details
    }
    let allowed = try group(true)
    #expect(allowed?.isResumed == true && allowed?.group == nil)
    let refused = try group(false)
    #expect(refused?.isResumed == true && refused?.group == "X25519")
  }

  @Test func `early data is rejected and the handshake goes on`() throws {
    let context = try context(keys)
    let (_, session) = try connect(context)
    let early = try #require(session)
    #expect(SSL_SESSION_get_max_early_data(early.pointer) == 0)
    // A client that believes that we accept it.
    #expect(SSL_SESSION_set_max_early_data(early.pointer, 16_384) == 1)
    var options = Client.Options()
    options.resuming = early
    let (client, server) = (Client(options), Served(context))
    let text = Array("too early".utf8)
    var written = 0
    #expect(SSL_write_early_data(client.ssl, text, text.count, &written) == 1 && written == text.count)
    exchange(client, server)
    #expect(SSL_get_early_data_status(client.ssl) == SSL_EARLY_DATA_REJECTED)
    #expect(server.details?.isResumed == true && server.received == [])
    client.write(Array("in time".utf8))
    exchange(client, server)
    #expect(server.received == Array("in time".utf8))
  }

  @Test func `TLS 1.2 resumes too where it is allowed`() throws {
    let (first, second) = (
      try context(keys) { $0.oldestVersion = .tls12 }, try context(keys) { $0.oldestVersion = .tls12 }
    )
    func older(_ options: inout Client.Options) { (options.oldest, options.newest) = (0x0303, 0x0303) }
    let (_, session) = try connect(first, nil, older)
    let (resumed, _) = try connect(second, session, older)
    #expect(resumed.details?.isResumed == true && resumed.details?.version == .tls12)
  }

  @Test func `the engine's own client resumes what the engine's server sealed`() throws {
    let server = try context(keys)
    let client = try TLSContext(client: TLSSettings(), trusting: Trust(authorities: authority.root.pem, file: "ca.pem"))
    func connect(_ ticket: [UInt8]?) throws -> (client: Served, server: Served) {
      let (near, far) = (Served(connecting: client, to: "device.test", resuming: ticket), Served(server))
      near.input([])
      for _ in 0..<4 {
        far.input(near.output())
        near.input(far.output())
      }
      try #require(near.details != nil && far.details != nil, "\(String(describing: near.failure))")
      near.write(Array("ping".utf8))
      far.input(near.output())
      far.write([UInt8](repeating: 7, count: 50_000))
      near.input(far.output())
      #expect(far.received == Array("ping".utf8) && near.received.count == 50_000)
      return (near, far)
    }
    let first = try connect(nil)
    #expect(first.client.details?.peer?.hosts == ["device.test"] && first.client.details?.isResumed == false)
    let taken = first.client.session.takeTicket()
    let ticket = try #require(taken)
    let second = try connect(ticket)
    #expect(second.server.details?.isResumed == true && second.client.details?.isResumed == true)
    first.client.close()
    first.server.input(first.client.output())
    #expect(first.server.isClosed)
  }

  @Test func `the engine's client wants the right name and a trusted issuer`() throws {
    let server = try context(keys)
    func failure(_ host: String, _ authority: Authority) throws -> TLSFailure? {
      let trust = try Trust(authorities: authority.root.pem, file: "ca.pem")
      let client = try TLSContext(client: TLSSettings(), trusting: trust)
      let (near, far) = (Served(connecting: client, to: host), Served(server))
      near.input([])
      for _ in 0..<3 {
        far.input(near.output())
        near.input(far.output())
      }
      return near.failure
    }
    #expect(try failure("device.test", authority) == nil)
    #expect(try failure("other.test", authority)?.reason == "certificate verify failed")
    #expect(try failure("192.0.2.1", authority)?.reason == "certificate verify failed")
    #expect(try failure("device.test", Authority("Other"))?.alert == .unknownAuthority)
  }
}
