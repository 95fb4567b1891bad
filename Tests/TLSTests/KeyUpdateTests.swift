import COpenSSL
import TLS
import Testing

/// OpenSSL's client updates keys, as `k` and `K` of `s_client` do.
@Suite struct KeyUpdateTests {
  @Test(arguments: CipherSuite.allCases)
  func `keys are updated in both directions, again and again`(suite: CipherSuite) throws {
    let context = try TLSContext(server: serverSettings(Authority()))
    var options = Client.Options()
    options.suites = suite.description
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    for round in 0..<20 {
      let kind = round % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED
      #expect(SSL_key_update(client.ssl, kind) == 1)
      let text = [UInt8](repeating: UInt8(round), count: 100 * round + 1)
      client.write(text)
      server.input(client.output())
      #expect(isSame(Array(server.received.suffix(text.count)), text))
      server.write(text)
      client.input(server.output())
      #expect(isSame(client.read(), text))
    }
    #expect(context.counters.keyUpdates == 30)
    server.session.updateKeys()
    server.write([1])
    client.input(server.output())
    #expect(client.read() == [1])
    // The client was asked for another key as well.
    client.write([2])
    server.input(client.output())
    #expect(server.received.last == 2 && context.counters.keyUpdates == 32)
  }
}
