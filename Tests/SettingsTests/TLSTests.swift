import Settings
import Testing

/// A listener with TLS, to which a test adds keys of the listener and of its `tls`.
private func listener(_ tls: String, _ own: String = "") -> String {
  topic + "listeners: [{protocol: http, address: \"127.0.0.1:1\"\(own), tls: {\(tls)}}]"
}
private let certificate = "certificates: [{certificate: a, key: b}]"

@Suite struct TLSTests {
  @Test func `every key of TLS is read`() throws {
    let read = try settings(everyKey).listeners[1]
    let tls = read.tls
    #expect(read.name == "secure" && tls.isOn && tls.certificates.count == 2)
    let (first, second) = (tls.certificates[0], tls.certificates[1])
    #expect(first.certificate == "ec.pem" && first.key == "ec.key" && first.ocsp == "ec.der" && first.isDefault)
    #expect(first.passphrase == .file("ec.pass") && first.names == ["example.com", "*.example.com"])
    #expect(first.files == ["ec.pem", "ec.key", "ec.pass", "ec.der"])
    #expect(second.passphrase == .environment("RSA_PASS") && second.names.isEmpty && !second.isDefault)
    #expect(second.files == ["rsa.pem", "rsa.key"])
    #expect(tls.minimumVersion == .tls12 && tls.effectiveCiphers == [.aes256, .chacha20])
    #expect(tls.effectiveGroups == [.secp384r1] && tls.allowsPSKWithoutDHE && tls.handshakeTimeoutNs == 5_000_000_000)
    let clients = tls.clientCertificates
    #expect(clients.mode == .optional && clients.principal == .uri)
    #expect(clients.files == ["clients.pem", "one.crl", "two.crl"])
    #expect(tls.tickets.count == 2 && tls.tickets.lifetimeNs == 3_600_000_000_000 && tls.tickets.keys == "tickets")
    #expect(tls.tickets.rotateEveryNs == nil)
    #expect(read.proxyProtocol.from.map(\.description) == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"])
    #expect(read.proxyProtocol.isRequired)
  }

  @Test func `without TLS a listener is plain, and with a certificate alone it is modern`() throws {
    #expect(try !settings(topic).listeners[0].tls.isOn)
    let tls = try settings(listener(certificate)).listeners[0].tls
    #expect(tls.isOn && tls.minimumVersion == .tls13 && tls.clientCertificates.mode == .none)
    #expect(tls.effectiveCiphers == [.aes128, .aes256, .chacha20])
    #expect(tls.effectiveGroups == [.x25519, .secp256r1, .secp384r1])
    #expect(tls.tickets == TicketSettings() && tls.tickets.count == 1 && !tls.allowsPSKWithoutDHE)
  }

  @Test func `the mode of client certificates may be written as a word`() throws {
    #expect(
      mistakes(listener(certificate + ", client_certificates: required")).map { $0.contains("without 'authorities'") }
        == [true]
    )
    let text = "\(certificate), client_certificates: {mode: required, authorities: ca}"
    #expect(try settings(listener(text)).listeners[0].tls.clientCertificates.mode == .required)
  }

  @Test(arguments: [
    ("", "'tls' without 'certificates'"), ("certificates: []", "an empty list for 'certificates'"),
    ("certificates: x", "a value for 'certificates'; expected a list, each item a certificate"),
    ("certificates: [{certificate: a}]", "a certificate without 'key'; expected path: 1 to 4095 bytes"),
    ("certificates: [{key: a}]", "a certificate without 'certificate'"),
    ("\(certificate), certificate: a", "unknown key 'certificate' in 'tls'; did you mean 'certificates'?"),
    ("\(certificate), minimum_version: 1.1", "'1.1' for 'minimum_version'; expected one of '1.3', '1.2'"),
    ("\(certificate), minimum_versoin: 1.3", "did you mean 'minimum_version'?"),
    ("\(certificate), ciphers: [TLS_AES_128_GCM_SHA265]", "did you mean 'TLS_AES_128_GCM_SHA256'?"),
    ("\(certificate), ciphers: al", "'al' for 'ciphers'; expected 'all' or a list"),
    ("\(certificate), ciphers: []", "an empty list for 'ciphers'"),
    ("\(certificate), groups: [x25519, x25519]", "'x25519' in 'groups'; expected each item once"),
    ("\(certificate), groups: [[x25519]]", "a list in 'groups'"),
    ("\(certificate), groups: [~]", "nothing in 'groups'"),
    ("\(certificate), groups: {x: 1}", "a mapping for 'groups'"),
    ("\(certificate), groups: [P-256]", "'P-256' in 'groups'; expected one of 'x25519'"),
    (
      "\(certificate), ciphers: [TLS_RSA_WITH_AES_128_CBC_SHA]",
      "'TLS_RSA_WITH_AES_128_CBC_SHA' in 'ciphers'; expected one of"
    ),
    ("\(certificate), client_certificates: {mode: optional}", "without 'authorities'"),
    ("\(certificate), client_certificates: {authorities: a}", "'authorities' has no effect with 'mode: none'"),
    ("\(certificate), client_certificates: {revocations: [a]}", "'revocations' has no effect with 'mode: none'"),
    ("\(certificate), client_certificates: {principal: san_dns}", "'principal' has no effect with 'mode: none'"),
    ("\(certificate), client_certificates: {principal: san_mail}", "'san_mail' for 'principal'"),
    ("\(certificate), tickets: {count: 5}", "'5' for 'count'; expected a whole number from 0 to 4"),
    ("\(certificate), tickets: {count: 0}, psk_without_dhe: true", "no effect with 'tickets.count: 0'"),
    ("\(certificate), tickets: {lifetime: 17h}", "is over 2 × 'tickets.rotate_every' (8h)"),
    ("\(certificate), tickets: {rotate_every: nevver}", "did you mean 'never'?"),
    ("\(certificate), tickets: {rotate_every: never}", "'rotate_every: never' without 'keys'"),
    ("\(certificate), psk_without_dhe: yes", "'yes' for 'psk_without_dhe'; expected one of 'true', 'false'"),
    ("\(certificate), handshake_timeout: 10", "did you mean '10s'?"),
    (
      "certificates: [{certificate: a, key: b, passphrase_file: c, passphrase_env: D}]",
      "a passphrase from both a file and the environment"
    ),
    (
      "certificates: [{certificate: a, key: b}, {certificate: a, key: c}]",
      "certificate 'a' for the second time; line 2"
    ),
    ("certificates: [{certificate: a, key: b, passphrase_env: 1A}]", "'1A' for 'passphrase_env'"),
    (
      "certificates: [{certificate: a, key: b, nmes: [a]}]",
      "unknown key 'nmes' in a certificate; did you mean 'names'?"
    ),
    ("certificates: [{certificate: a, key: b, names: [\"a..b\"]}]", "'a..b' in 'names'; expected a DNS name"),
  ])
  func `a mistake about TLS is named`(tls: String, message: String) {
    let found = mistakes(listener(tls))
    #expect(found.count == 1 && found[0].contains(message), "\(found)")
  }

  @Test(arguments: [
    "\(certificate), ciphers: all, groups: all", "\(certificate), ciphers: TLS_AES_256_GCM_SHA384",
    "\(certificate), tickets: {lifetime: 16h}", "\(certificate), tickets: {lifetime: 7d, rotate_every: never, keys: k}",
    "\(certificate), minimum_version: \"1.2\"", "\(certificate), tickets: {keys: auto}",
    "\(certificate), psk_without_dhe: true",
    "certificates: [{certificate: a, key: b, names: certificate}]",
    "certificates: [{certificate: a, key: k}, {certificate: b, key: k}]",
  ])
  func `what is right is taken`(tls: String) { #expect(mistakes(listener(tls)).isEmpty, "\(mistakes(listener(tls)))") }

  @Test(arguments: [
    ("example.com", true), ("*.example.com", true), ("localhost", true), ("a-b.c_d.e1", true),
    ("xn--nxasmq6b.de", true),
    ("*.com", false), ("*", false), ("a.*.com", false), ("-a.com", false), ("a-.com", false), ("a.com.", false),
    ("1.2.3.4", false), ("a b", false), ("ä.de", false), (String(repeating: "a", count: 64) + ".de", false),
    (String(repeating: "a", count: 63) + ".de", true), (String(repeating: "a.", count: 126) + "de", false),
    ("www*.example.com", false),
  ])
  func `a server name is a DNS name, at most with a star for its first label`(name: String, isRight: Bool) {
    let found = mistakes(listener("certificates: [{certificate: a, key: b, names: [\"\(name)\"]}]"))
    #expect(found.isEmpty == isRight, "\(found)")
  }

  @Test func `listeners that share ticket keys move them on together`() {
    func two(_ first: String, _ second: String) -> [String] {
      mistakes(
        topic
          + "listeners:\n  - {protocol: http, address: \"127.0.0.1:1\", tls: {\(certificate), tickets: {\(first)}}}\n"
          + "  - {protocol: framed, address: \"127.0.0.1:2\", tls: {\(certificate), tickets: {\(second)}}}\n"
      )
    }
    #expect(two("rotate_every: 9h", "rotate_every: 9h").isEmpty)
    #expect(two("rotate_every: 9h", "rotate_every: 10h, keys: other").isEmpty)
    let found = two("rotate_every: 9h", "rotate_every: 10h")
    #expect(found.count == 1 && found[0].contains("'http' and 'framed' share their ticket keys"), "\(found)")
    #expect(two("count: 1", "rotate_every: 10h").count == 1)
  }

  @Test func `certificates, revocations and ticket keys change live, what shapes a connection does not`() throws {
    let old = try settings(listener(certificate))
    let wanted = try settings(
      listener(
        "certificates: [{certificate: c, key: d, names: [x.de]}, {certificate: e, key: f}], minimum_version: 1.2, "
          + "tickets: {keys: shared, rotate_every: 9h, count: 2}, handshake_timeout: 5s"
      )
    )
    let difference = wanted.difference(from: old)
    let name = "listeners[http].tls."
    #expect(
      difference.live.map(\.description) == [
        name + "handshake_timeout: 10s → 5s", name + "tickets.keys: auto → shared",
        name + "tickets.rotate_every: 8h → 9h",
        name + "certificates: [{certificate: a, key: b}] → "
          + "[{certificate: c, key: d, names: [x.de]}, {certificate: e, key: f}]",
      ]
    )
    #expect(
      difference.restartOnly.map(\.description)
        == [name + "minimum_version: 1.3 → 1.2", name + "tickets.count: 1 → 2"]
    )
    let adopted = old.adopting(liveChangesOf: wanted)
    #expect(adopted.listeners[0].tls.certificates.map(\.certificate) == ["c", "e"])
    #expect(adopted.listeners[0].tls.tickets.keys == "shared" && adopted.listeners[0].tls.tickets.count == 1)
    #expect(adopted.listeners[0].tls.minimumVersion == .tls13)
    #expect(wanted.difference(from: adopted).live.isEmpty)
  }

  @Test func `TLS begins and ends by a restart`() throws {
    let plain = try settings(topic + "listeners: [{protocol: http, address: \"127.0.0.1:1\"}]")
    let secure = try settings(listener(certificate))
    let begins = secure.difference(from: plain)
    #expect(begins.live.isEmpty && begins.restartOnly.map(\.description) == ["listeners[http].tls: absent → on"])
    let ends = plain.difference(from: secure)
    #expect(ends.live.isEmpty && ends.restartOnly.map(\.description) == ["listeners[http].tls: on → absent"])
    #expect(plain.adopting(liveChangesOf: secure) == plain && secure.adopting(liveChangesOf: plain) == secure)
  }

  @Test func `lines tell of TLS where there is some`() throws {
    let lines = try settings(everyKey).lines
    #expect(lines.contains("listeners[secure].tls.certificates[0].names: [example.com, *.example.com]"))
    #expect(lines.contains("listeners[secure].tls.tickets.rotate_every: never"))
    #expect(!lines.contains { $0.hasPrefix("listeners[framed].tls") })
  }

  @Test func `proxies are required only where there are some`() throws {
    let found = mistakes(listener(certificate, ", proxy_protocol: {required: true}"))
    #expect(found.count == 1 && found[0].contains("'required' without 'from'"), "\(found)")
    #expect(try !settings(topic).listeners[0].proxyProtocol.trusts(1))
    let trusting = try settings(everyKey).listeners[1].proxyProtocol
    #expect(trusting.trusts(0xFFFF_0AFF_0001) && !trusting.trusts(0xFFFF_0B00_0001))
    #expect(trusting.trusts(0x2001_0DB8 << 96 | 7) && !trusting.trusts(0x2001_0DB9 << 96))
    #expect(trusting.trusts(0xFFFF_C000_0201) && !trusting.trusts(0xFFFF_C000_0202))
  }
}

@Suite struct AddressRangeTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3"), ("10.1.2.3/32", "10.1.2.3"), ("0.0.0.0/0", "0.0.0.0/0"),
    ("::/0", "::/0"), ("2001:db8::/32", "2001:db8::/32"), ("::1", "::1"), ("fe80::/10", "fe80::/10"),
  ])
  func `a range prints as it is read`(text: String, printed: String) throws {
    #expect(try AddressRange(text).description == printed)
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/08", "x/8",
    "::ffff:1.2.3.4/128", "10.0.0.0 /8", "[::1]", "10.0.0.0:80",
  ])
  func `what is no range is refused`(text: String) {
    #expect(throws: AddressRange.Mistake.noRange) { try AddressRange(text) }
  }

  @Test(arguments: [
    ("10.1.2.3/8", "10.0.0.0/8"), ("192.168.1.1/0", "0.0.0.0/0"), ("2001:db8::1/32", "2001:db8::/32"),
    ("::1/127", "::/127"),
  ])
  func `bits beyond the length bring the range to mind`(text: String, meant: String) {
    #expect(throws: AddressRange.Mistake.hostBits(meant: meant)) { try AddressRange(text) }
    let found = mistakes(
      topic + "listeners: [{protocol: http, address: \"127.0.0.1:1\", proxy_protocol: {from: \"\(text)\"}}]"
    )
    #expect(found.count == 1 && found[0].hasSuffix("did you mean '\(meant)'?"), "\(found)")
  }

  @Test func `a range holds its first and its last address and no neighbour`() throws {
    let range = try AddressRange("192.0.2.64/26")
    let first: UInt128 = 0xFFFF_C000_0240
    #expect(!range.contains(first - 1) && range.contains(first) && range.contains(first + 63))
    #expect(!range.contains(first + 64) && !range.contains(0xC000_0240))
    let everyIPv4 = try AddressRange("0.0.0.0/0")
    #expect(everyIPv4.contains(first) && !everyIPv4.contains(1))
    #expect(try !AddressRange("::/0").contains(first) && AddressRange("::/0").contains(1))
  }
}
