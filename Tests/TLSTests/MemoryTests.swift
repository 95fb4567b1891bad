import Bytes
import COpenSSL
import TLS
import Testing

/// What connections own while they live, and leave when they are gone.
///
/// Each in a process of its own, whose heap nobody else uses.
@Suite struct MemoryTests {
  @Test func `connections leave nothing behind, however they end`() async {
    await #expect(processExitsWith: .success) {
      let authority = Authority()
      var settings = try serverSettings(authority, [.p256, .rsa])
      settings.oldestVersion = .tls12
      let trust = try Trust(authorities: authority.root.pem, file: "ca.pem")
      settings.clientCertificates = .optional(trust)
      let context = try TLSContext(server: settings)
      let device = authority.issue("device")
      func round(_ kind: Int, _ session: Client.Session?) -> Client.Session? {
        var options = Client.Options()
        if kind == 1 { options.newest = 0x0303 }
        options.oldest = 0x0303
        if kind == 2 { options.resuming = session }
        if kind == 3 { options.identity = device }
        let (client, server) = (Client(options), Served(context))
        if kind == 4 {
          client.handshake()
          server.input(Array(client.output().dropLast(kind)))
          return nil
        }
        if kind == 5 {
          server.input([UInt8](repeating: 0x47, count: 100))
          return nil
        }
        exchange(client, server)
        server.write([UInt8](repeating: 1, count: 20_000))
        client.input(server.output())
        precondition(client.read().count == 20_000)
        if kind == 3 { server.input([UInt8](repeating: 23, count: 5 + 0x1717)) } else { server.close() }
        return client.takeSession()
      }
      func rounds(_ count: Int) {
        var session: Client.Session?
        for index in 0..<count { session = round(index % 6, session) ?? session }
      }
      rounds(1200)
      let before = tls_heap_bytes()
      rounds(1200)
      let grown = Int(tls_heap_bytes()) - Int(before)
      // Lists of free pieces fill up at first.
      precondition(grown < 64 << 10, "1200 connections left \(grown) bytes")
    }
  }

  @Test func `an idle connection owns 512 bytes at most`() async {
    await #expect(processExitsWith: .success) {
      var settings = try serverSettings(Authority())
      settings.readyCiphers = 4
      let context = try TLSContext(server: settings)
      var region = Region(id: RegionID(rawValue: 0), byteCount: 16 << 10)
      func connect() -> TLSSession {
        let client = Client()
        var session = TLSSession(accepting: context)
        while true {
          client.handshake()
          let bytes = client.output()
          let step = session.handshake(bytes.span.bytes, into: &region, utcSeconds: Authority.now)
          client.input((0..<region.count).map { region.bytes.byte($0) })
          region.count = 0
          if case .established = step.outcome { return session }
        }
      }
      for _ in 0..<50 { _ = connect() }
      let count = 500
      let before = tls_heap_bytes()
      let sessions = Slots<TLSSession>(count) { _ in connect() }
      let each = (Int(tls_heap_bytes()) - Int(before)) / count
      precondition(each <= 512 && sessions.count == count, "a connection owns \(each) bytes")
    }
  }

  @Test func `contexts leave nothing behind`() async {
    await #expect(processExitsWith: .success) {
      let settings = try serverSettings(Authority(), [.p256, .rsa])
      func make(_ count: Int) throws {
        for _ in 0..<count {
          let context = try TLSContext(server: settings)
          let (client, server) = (Client(), Served(context))
          exchange(client, server)
          precondition(server.details != nil)
        }
      }
      try make(40)
      let before = tls_heap_bytes()
      try make(40)
      let grown = Int(tls_heap_bytes()) - Int(before)
      precondition(grown < 64 << 10, "40 contexts left \(grown) bytes")
    }
  }
}
