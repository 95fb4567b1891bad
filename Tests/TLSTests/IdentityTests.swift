import Bytes
import COpenSSL
import TLS
import Testing

/// Certificates: which are shown to whom, and which are refused before anybody sees them.
@Suite struct IdentityTests {
  let authority = Authority()

  private func mistake(_ body: () throws -> Void) -> TLSMistake? {
    do { try body() } catch { return error as? TLSMistake }
    return nil
  }
  private func read(
    _ certificates: [UInt8],
    _ key: [UInt8],
    passphrase: String? = nil
  ) throws -> Identity {
    try Identity(
      certificates: certificates,
      certificateFile: "server.pem",
      key: key,
      keyFile: "server.key",
      passphrase: passphrase.map { Array($0.utf8) },
      utcSeconds: Authority.now
    )
  }

  @Test func `an identity tells its names and when it expires`() throws {
    let issued = authority.issue(
      "gateway",
      .p384,
      hosts: ["a.test", "*.B.test"],
      alternatives: ["URI:spiffe://a/b", "IP:192.0.2.7", "email:x@y.test"],
      through: 7200
    )
    let identity = try read(issued.pem, issued.keyPEM)
    #expect(identity.names == ["a.test", "*.b.test"] && identity.keyKind == .ecdsa)
    #expect(abs(identity.expiresSeconds - Authority.now - 7200) < 60)
    #expect(identity.certificate.subject == "CN=gateway" && identity.certificate.commonName == "gateway")
    #expect(
      identity.certificate.alternativeNames.suffix(3) == [
        .uri("spiffe://a/b"), .address([192, 0, 2, 7]), .email("x@y.test"),
      ]
    )
    #expect(identity.certificate.fingerprint.count == 64)
  }

  @Test func `what is wrong with a file is said, with the file's name`() throws {
    let (good, other) = (authority.issue("a", hosts: ["a.test"]), authority.issue("b", hosts: ["b.test"]))
    let old = authority.issue("old", from: -7200, through: -3600)
    let young = authority.issue("young", from: 86_400 * 3)
    let (small, odd) = (authority.issue("small", .smallRSA), authority.issue("odd", .ed448))
    let damaged = Array(String(decoding: good.pem, as: UTF8.self).replacing("MII", with: "MI?").utf8)
    let cases: [(TLSMistake.Kind, String, () throws -> Void)] = [
      (.keyMismatch, "server.key", { _ = try read(good.pem, other.keyPEM) }),
      (.expired, "server.pem", { _ = try read(old.pem, old.keyPEM) }),
      (.notYetValid, "server.pem", { _ = try read(young.pem, young.keyPEM) }),
      (.unreadable, "server.pem", { _ = try read([], good.keyPEM) }),
      (.unreadable, "server.pem", { _ = try read(Array("hello".utf8), good.keyPEM) }),
      (.unreadable, "server.pem", { _ = try read(damaged, good.keyPEM) }),
      (.unreadable, "server.pem", { _ = try read(good.pem + damaged, good.keyPEM) }),
      (.unreadable, "server.key", { _ = try read(good.pem, []) }),
      (.unreadable, "server.key", { _ = try read(good.pem, good.pem) }),
      (.unsuitableKey, "server.key", { _ = try read(small.pem, small.keyPEM) }),
      (.unsuitableKey, "server.key", { _ = try read(odd.pem, odd.keyPEM) }),
      (.brokenChain, "server.pem", { _ = try read(good.pem + other.pem, good.keyPEM) }),
      (.passphraseMissing, "server.key", { _ = try read(good.pem, good.keyPEM(passphrase: "secret")) }),
      (
        .passphraseWrong, "server.key",
        { _ = try read(good.pem, good.keyPEM(passphrase: "secret"), passphrase: "guess") }
      ),
      (.unreadable, "ca.pem", { _ = try Trust(authorities: [], file: "ca.pem") }),
    ]
    for (kind, file, body) in cases {
      let found = mistake(body)
      #expect(found?.kind == kind && found?.file == file, "\(kind): \(String(describing: found))")
    }
    #expect("\(try #require(mistake(cases[0].2)))".contains("server.key: the key does not belong to 'CN=a'"))
    #expect(try read(good.pem, good.keyPEM(passphrase: "secret"), passphrase: "secret").names == ["a.test"])
  }

  @Test func `a chain is sent with the certificate`() throws {
    let middle = authority.issue("Middle", isAuthority: true)
    let leaf = authority.issue("leaf", hosts: ["device.test"], by: middle)
    var settings = TLSSettings()
    settings.identities = [try read(leaf.pem + middle.pem, leaf.keyPEM)]
    var options = Client.Options()
    options.authority = authority
    let (client, server) = (Client(options), Served(try TLSContext(server: settings)))
    exchange(client, server)
    #expect(client.isConnected, "\(client.reason)")
  }

  /// The subject of the certificate a client was shown, and the kind of its key.
  private func shown(_ context: TLSContext, _ host: String?, _ signatures: String? = nil) throws -> (String, Int32) {
    var options = Client.Options()
    (options.host, options.signatures) = (host, signatures)
    let (client, server) = (Client(options), Served(context))
    exchange(client, server)
    try #require(server.details != nil, "\(String(describing: server.failure)) \(client.reason)")
    #expect(server.details?.serverName == host)
    let certificate = try #require(SSL_get0_peer_certificate(client.ssl))
    let text = [CChar](unsafeUninitializedCapacity: 64) { bytes, count in
      count = Int(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, bytes.baseAddress, 64))
    }
    return (
      String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self),
      EVP_PKEY_get_base_id(X509_get0_pubkey(certificate))
    )
  }

  @Test func `each name gets its certificate, and any other the default`() throws {
    var settings = TLSSettings()
    settings.identities = try [
      authority.issue("default", hosts: ["default.test"]), authority.issue("one", hosts: ["one.test"]),
      authority.issue("wild", hosts: ["*.wild.test"]), authority.issue("exact", hosts: ["exact.wild.test"]),
    ].map { try read($0.pem, $0.keyPEM) }
    let context = try TLSContext(server: settings)
    let expected: [(String?, String)] = [
      (nil, "default"), ("unknown.test", "default"), ("default.test", "default"), ("one.test", "one"),
      ("ONE.Test", "one"), ("a.wild.test", "wild"), ("exact.wild.test", "exact"), ("a.b.wild.test", "default"),
      ("wild.test", "default"),
    ]
    for (host, name) in expected { #expect(try shown(context, host).0 == name, "\(host ?? "none")") }
  }

  @Test func `ECDSA and RSA stand side by side under each name`() throws {
    var settings = TLSSettings()
    settings.identities = try [
      authority.issue("a-ec", hosts: ["a.test"]), authority.issue("a-rsa", .rsa, hosts: ["a.test"]),
      authority.issue("b-rsa", .rsa, hosts: ["b.test"]), authority.issue("b-ec", .p384, hosts: ["b.test"]),
      authority.issue("c-ed", .ed25519, hosts: ["c.test"]),
    ].map { try read($0.pem, $0.keyPEM) }
    let context = try TLSContext(server: settings)
    for host in ["a", "b"] {
      #expect(try shown(context, host + ".test", "rsa_pss_rsae_sha256") == (host + "-rsa", EVP_PKEY_RSA))
      #expect(try shown(context, host + ".test", "ECDSA+SHA256:ECDSA+SHA384") == (host + "-ec", EVP_PKEY_EC))
    }
    #expect(try shown(context, nil, "rsa_pss_rsae_sha256").0 == "a-rsa")
    #expect(try shown(context, "c.test").0 == "c-ed")
  }

  @Test func `an OCSP response is stapled, and only one that is about the certificate and current`() throws {
    let issued = authority.issue("device.test", hosts: ["device.test"])
    let other = authority.issue("other")
    var identity = try read(issued.pem, issued.keyPEM)
    func kind(_ response: [UInt8]) -> TLSMistake.Kind? {
      mistake { try identity.staple(response, file: "ocsp.der", utcSeconds: Authority.now) }?.kind
    }
    #expect(kind([1, 2, 3]) == .unreadable)
    #expect(kind(authority.response(about: other)) == .staleResponse)
    #expect(kind(authority.response(about: issued, isGood: false)) == .staleResponse)
    #expect(kind(authority.response(about: issued, through: -60)) == .staleResponse)
    #expect(identity.ocspResponse == nil)
    let response = authority.response(about: issued)
    #expect(kind(response) == nil)
    var settings = TLSSettings()
    settings.identities = [identity]
    let context = try TLSContext(server: settings)
    for asks in [true, false] {
      var options = Client.Options()
      options.asksForStatus = asks
      let (client, server) = (Client(options), Served(context))
      exchange(client, server)
      #expect(server.details != nil)
      var start: UnsafePointer<UInt8>?
      let count = tls_stapled(client.ssl, &start)
      let got = start.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
      #expect(got == (asks ? response : nil))
    }
  }
}
