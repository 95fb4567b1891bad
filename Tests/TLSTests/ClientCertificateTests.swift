import Bytes
import COpenSSL
import TLS
import Testing

/// Clients that show a certificate.
@Suite struct ClientCertificateTests {
  let authority = Authority()
  let devices = Authority("Devices")
  let keys = TicketKeys(current: .random(createdSeconds: 1))

  private func context(
    isRequired: Bool = true,
    revoked: [Authority.Issued]? = nil,
    _ change: (inout TLSSettings) -> Void = { _ in }
  ) throws -> TLSContext {
    var settings = try serverSettings(authority)
    var trust = try Trust(authorities: devices.root.pem, file: "ca.pem")
    if let revoked { try trust.addRevocations(devices.revoking(revoked), file: "ca.crl") }
    settings.clientCertificates = isRequired ? .required(trust) : .optional(trust)
    change(&settings)
    let context = try TLSContext(server: settings)
    context.adopt(keys)
    return context
  }
  private func connect(
    _ context: TLSContext,
    _ identity: Authority.Issued?,
    _ session: Client.Session? = nil,
    utcSeconds: Int64 = Authority.now
  ) -> (client: Client, server: Served) {
    var options = Client.Options()
    (options.identity, options.resuming) = (identity, session)
    let (client, server) = (Client(options), Served(context, utcSeconds: utcSeconds))
    exchange(client, server)
    _ = client.read()
    return (client, server)
  }

  @Test func `a client is known by its certificate, on resumption too`() throws {
    let device = devices.issue("device 7", alternatives: ["URI:spiffe://fleet/device/7"])
    let context = try context()
    let (client, server) = connect(context, device)
    #expect(server.details?.peer?.subject == "CN=device 7", "\(client.reason)")
    #expect(server.details?.peer?.alternativeNames == [.uri("spiffe://fleet/device/7")])
    let (_, resumed) = connect(context, device, client.takeSession())
    #expect(resumed.details?.isResumed == true && resumed.details?.peer == server.details?.peer)
  }

  @Test func `who shows none is let in only where that is optional`() throws {
    let (_, refused) = connect(try context(), nil)
    #expect(refused.failure?.alert == .certificateRequired)
    let (_, anonymous) = connect(try context(isRequired: false), nil)
    #expect(anonymous.details != nil && anonymous.details?.peer == nil)
    let (_, known) = connect(try context(isRequired: false), devices.issue("d"))
    #expect(known.details?.peer?.commonName == "d")
  }

  @Test func `a certificate of an authority we do not trust, an old one and a revoked one are refused`() throws {
    for isRequired in [true, false] {
      let (_, stranger) = connect(try context(isRequired: isRequired), authority.issue("stranger"))
      #expect(stranger.failure?.alert == .unknownAuthority)
      let (_, old) = connect(try context(isRequired: isRequired), devices.issue("old", from: -7200, through: -60))
      #expect(old.failure?.alert == TLSAlert(rawValue: 45))
      let (good, bad) = (devices.issue("good"), devices.issue("bad"))
      let context = try context(isRequired: isRequired, revoked: [bad])
      #expect(connect(context, bad).server.failure?.alert == TLSAlert(rawValue: 44))
      #expect(connect(context, good).server.details?.peer?.commonName == "good")
    }
  }

  @Test func `a verification is remembered for a while, and not longer`() throws {
    let device = devices.issue("device")
    let context = try context { $0.verifiedSeconds = 60 }
    for seconds in [0, 59, 61, 120] { _ = connect(context, device, utcSeconds: Authority.now + Int64(seconds)) }
    #expect(context.counters.certificatesVerified == 2 && context.counters.certificatesRemembered == 2)
    let never = try self.context { $0.verifiedSeconds = 0 }
    for _ in 0..<3 { _ = connect(never, device) }
    #expect(never.counters.certificatesVerified == 3)
    let stranger = authority.issue("stranger")
    for _ in 0..<2 { #expect(connect(context, stranger).server.failure != nil) }
  }

  @Test func `a remembered certificate is forgotten when it expires`() throws {
    let device = devices.issue("brief", through: 30)
    let context = try context { $0.verifiedSeconds = 600 }
    #expect(connect(context, device).server.details != nil)
    #expect(connect(context, device, utcSeconds: Authority.now + 60).server.failure != nil)
  }

  @Test func `a client shows its certificate again once a ticket's life is over, however often it resumed`() throws {
    let device = devices.issue("device")
    let context = try context { $0.ticketLifetimeSeconds = 3600 }
    let (first, _) = connect(context, device, utcSeconds: Authority.now - 3000)
    let (second, resumed) = connect(context, device, first.takeSession(), utcSeconds: Authority.now - 1500)
    #expect(resumed.details?.isResumed == true)
    let (_, late) = connect(context, device, second.takeSession(), utcSeconds: Authority.now + 700)
    #expect(late.details?.isResumed == false && late.details?.ticket == .expired)
  }

  @Test func `a ticket of a listener with another policy does not resume`() throws {
    let device = devices.issue("device")
    let open = try TLSContext(server: serverSettings(authority))
    open.adopt(keys)
    let (anonymous, _) = connect(open, nil)
    let required = try context()
    let (_, refused) = connect(required, device, anonymous.takeSession())
    #expect(refused.details?.isResumed == false && refused.details?.peer != nil)
    // Nor where a list of revoked certificates has changed.
    let (client, _) = connect(required, device)
    let stricter = try context(revoked: [devices.issue("bad")])
    let (_, judged) = connect(stricter, device, client.takeSession())
    #expect(judged.details?.isResumed == false && judged.details?.ticket != .accepted)
  }
}
