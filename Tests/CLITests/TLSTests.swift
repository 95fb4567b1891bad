import Foundation
import Settings
import TLS
import Telemetry
import Testing

@testable import CLI

/// What `sluice check` and `sluice doctor` say about certificates, and how a running gateway keeps up with its files.
@Suite struct TLSTests {
  private let made: Certificates

  init() throws {
    made = try Certificates()
    try made.make("good", hosts: ["a.example.com", "b.example.com"])
  }

  private func check(_ config: String) throws -> Program.Ended { try Program.run("check", "--config", config) }

  @Test func `certificates that are good are good`() throws {
    try made.make("rsa", hosts: ["a.example.com"], rsa: true)
    let config = try made.settings(["good", "rsa"])
    let check = try check(config)
    #expect(check.status == 0 && check.output.contains("good, 1 topic, 1 listener\n"), "\(check.errors)")
    let doctor = try Program.run("doctor", "--config", config)
    let lines = doctor.lines.filter { $0.hasPrefix("ok    certificate ") }
    #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("ok") && $0.contains("365 days left") }, "\(lines)")
    #expect(lines[0].contains("ecdsa, a.example.com, b.example.com") && lines[1].contains("rsa, a.example.com"))
    #expect(doctor.lines.contains { $0.contains("ticket keys") && $0.contains("missing; the start makes them") })
  }

  @Test func `each certificate that can't be used is named with its reason, all at once`() throws {
    try made.make("old", hosts: ["old.example.com"], days: -3)
    try made.make("other", hosts: ["other.example.com"])
    try made.make("loose", hosts: ["loose.example.com"])
    try made.make("locked", hosts: ["locked.example.com"], key: "-passout pass:secret")
    try made.setMode(0o644, of: "loose.key")
    try made.write("hello\n", to: "text.pem")
    let config = try made.settings([
      "old", "missing", "loose", "locked", "{certificate: \(made.path("good.pem")), key: \(made.path("other.key"))}",
      "{certificate: \(made.path("text.pem")), key: \(made.path("other.key"))}",
    ])
    let check = try check(config)
    #expect(check.status == 1)
    for message in [
      "old.pem: the certificate of 'CN=old.example.com' expired 2 days ago", "missing.pem: No such file",
      "loose.key has mode 644, which lets everybody at it", "locked.key: the key is encrypted",
      "other.key: the key does not belong to 'CN=a.example.com'", "text.pem: no certificate",
    ] { #expect(check.errors.contains(message), "\(message)\n\(check.errors)") }
    #expect(check.errors.split(separator: "\n").count { !$0.contains(": warning:") } == 6, "\(check.errors)")
    let doctor = try Program.run("doctor", "--config", config)
    #expect(doctor.lines.count { $0.hasPrefix("fail  TLS of 'http'") } == 6, "\(doctor.output)")
    #expect(doctor.status == 1)
  }

  @Test func `a passphrase comes from a file or the environment`() throws {
    try made.make("locked", hosts: ["locked.example.com"], key: "-passout pass:secret")
    try made.write("secret\r\nmore\n", to: "right")
    try made.write("wrong\n", to: "wrong")
    func item(_ more: String) -> String {
      "{certificate: \(made.path("locked.pem")), key: \(made.path("locked.key")), \(more)}"
    }
    #expect(try check(made.settings([item("passphrase_file: \(made.path("right"))")])).status == 0)
    let wrong = try check(made.settings([item("passphrase_file: \(made.path("wrong"))")]))
    #expect(wrong.status == 1 && wrong.errors.contains("does not open the key") && !wrong.errors.contains("wrong\n"))
    let unset = try check(made.settings([item("passphrase_env: SLUICE_TEST_NOWHERE")]))
    #expect(unset.status == 1 && unset.errors.contains("'SLUICE_TEST_NOWHERE' for a passphrase is not set"))
    setenv("SLUICE_TEST_PASSPHRASE", "secret", 1)
    defer { unsetenv("SLUICE_TEST_PASSPHRASE") }
    let set = try check(made.settings([item("passphrase_env: SLUICE_TEST_PASSPHRASE")]))
    #expect(set.status == 0, "\(set.errors)")
  }

  @Test func `what ends soon, what nobody is shown and what a group may read is warned of`() throws {
    try made.make("soon", hosts: ["soon.example.com"], days: 29)
    try made.make("later", hosts: ["later.example.com"], days: 31)
    try made.make("shadow", hosts: ["b.example.com"])
    try made.setMode(0o640, of: "later.key")
    let check = try check(made.settings(["good", "soon", "later", "shadow"]))
    #expect(check.status == 0 && check.output.contains("3 warnings"), "\(check.output) \(check.errors)")
    for message in ["'CN=soon.example.com' expires in 29 days", "other certificates have all of its names", "mode 640"]
    {
      #expect(check.errors.contains(message), "\(message)\n\(check.errors)")
    }
  }

  @Test func `a chain follows from each certificate to its issuer`() throws {
    try made.make("second", hosts: ["second.example.com"])
    try made.write(made.text("good.pem") + made.text("root.pem"), to: "chain.pem")
    try made.write(made.text("good.pem") + made.text("second.pem"), to: "broken.pem")
    func item(_ chain: String) -> String { "{certificate: \(made.path(chain)), key: \(made.path("good.key"))}" }
    #expect(try check(made.settings([item("chain.pem")])).status == 0)
    let broken = try check(made.settings([item("broken.pem")]))
    #expect(broken.status == 1 && broken.errors.contains("has not issued"), "\(broken.errors)")
  }

  @Test func `authorities and revocation lists are looked at`() throws {
    let clients = "client_certificates: {mode: required, authorities: \(made.path("root.pem")), revocations: ["
    try made.openssl("ca -config ca.conf -gencrl -cert root.pem -keyfile root.key -out root.crl")
    let config = try made.settings(["good"], clients + made.path("root.crl") + "]}")
    #expect(try check(config).status == 0)
    let doctor = try Program.run("doctor", "--config", config)
    #expect(
      doctor.lines.contains { $0.contains("client certificates") && $0.contains("1 authority, 1 revocation list") }
    )
    let wrong = try check(made.settings(["good"], clients + made.path("good.key") + "]}"))
    #expect(wrong.status == 1 && wrong.errors.contains("good.key: no list of revoked certificates"), "\(wrong.errors)")
  }

  @Test func `ticket keys that can't be used are found`() throws {
    try made.write("hello\n", to: "ticket-keys")
    let config = try made.settings(["good"], "tickets: {keys: \(made.folder.path)}")
    let wrong = try check(config)
    #expect(wrong.status == 1 && wrong.errors.contains("ticket-keys:1: no file of ticket keys"), "\(wrong.errors)")
    try FileManager.default.removeItem(atPath: made.path("ticket-keys"))
    #expect(try check(config).status == 0)
    let never = try made.settings(["good"], "tickets: {keys: \(made.path("ticket-keys")), rotate_every: never}")
    #expect(try check(never).status == 1)
    #expect(try Program.run("keys", "ticket", "make", "--config", never).status == 0)
    #expect(try check(never).status == 0)
  }

  // MARK: a running gateway's files

  private let log = Log(form: .logfmt, level: .error)
  private let now = Int64(Date().timeIntervalSince1970)

  private func files(_ config: String) throws -> (TLSFiles, NodeSettings) {
    let settings = try NodeSettings.read(made.text("sluice.yaml"), file: config)
    return (try TLSFiles(settings, keyLog: nil, log: log, nowNs: 0, utcSeconds: now), settings)
  }

  @Test func `a start tells everything, and refuses what can't be used`() throws {
    let (files, _) = try files(made.settings(["good"], "tickets: {keys: \(made.folder.path), count: 2, lifetime: 1h}"))
    let all = files.all
    #expect(Set(all.settings.keys) == [0] && Set(all.ticketKeys.keys) == [0])
    #expect(all.settings[0]?.tickets == 2 && all.settings[0]?.ticketLifetimeSeconds == 3600)
    #expect(all.settings[0]?.applicationProtocols == ["http/1.1"] && all.settings[0]?.identities.count == 1)
    #expect(files.expiries.count == 1 && files.expiries[0].name == "a.example.com")
    #expect(abs(files.expiries[0].seconds - now - 365 * 86_400) < 3600)
    #expect(FileManager.default.fileExists(atPath: made.path("ticket-keys")))
    try made.setMode(0o604, of: "good.key")
    #expect(throws: (any Error).self) { try self.files(made.path("sluice.yaml")) }
  }

  @Test func `a certificate that is replaced is taken when it and its key fit together`() throws {
    var (files, _) = try files(made.settings(["good"], "tickets: {keys: \(made.folder.path)}"))
    let second = TLSFiles.intervalNs
    var changes = files.poll(nowNs: second, utcSeconds: now)
    #expect(changes.isEmpty)
    try made.make("fresh", hosts: ["fresh.example.com"])
    try FileManager.default.removeItem(atPath: made.path("good.pem"))
    try FileManager.default.moveItem(atPath: made.path("fresh.pem"), toPath: made.path("good.pem"))
    changes = files.poll(nowNs: second + 1, utcSeconds: now)
    #expect(changes.isEmpty, "before its time")
    changes = files.poll(nowNs: 2 * second, utcSeconds: now)
    #expect(changes.isEmpty && files.expiries[0].name == "a.example.com", "the key is still the former one")
    try FileManager.default.removeItem(atPath: made.path("good.key"))
    try FileManager.default.moveItem(atPath: made.path("fresh.key"), toPath: made.path("good.key"))
    changes = files.poll(nowNs: 3 * second, utcSeconds: now)
    #expect(changes.settings[0]?.identities[0].names == ["fresh.example.com"] && changes.ticketKeys.isEmpty)
    changes = files.poll(nowNs: 4 * second, utcSeconds: now)
    #expect(changes.isEmpty)
  }

  @Test func `ticket keys are taken when another process moves them on, and moved on when it is time`() throws {
    var (files, _) = try files(made.settings(["good"], "tickets: {keys: \(made.folder.path)}"))
    let first = try #require(files.all.ticketKeys[0])
    #expect(try Program.run("keys", "ticket", "rotate", "--file", made.folder.path).status == 0)
    let taken = files.poll(nowNs: TLSFiles.intervalNs, utcSeconds: now).ticketKeys[0]
    #expect(taken?.previous?.name == first.current.name && taken?.current.name == first.next?.name)
    let due = files.poll(nowNs: 2 * TLSFiles.intervalNs, utcSeconds: now + 9 * 3600).ticketKeys[0]
    #expect(due?.previous?.name == taken?.current.name)
    let none = files.poll(nowNs: 3 * TLSFiles.intervalNs, utcSeconds: now + 9 * 3600)
    #expect(none.isEmpty)
  }

  @Test func `a reload reads everything, and keeps what holds where something is wrong`() throws {
    let config = try made.settings(["good"], "tickets: {keys: \(made.folder.path)}")
    var (files, settings) = try files(config)
    let again = files.reload(settings, nowNs: 1, utcSeconds: now)
    #expect(again.settings.count == 1 && again.ticketKeys.isEmpty)
    try made.make("other", hosts: ["other.example.com"])
    _ = try made.settings(["other"], "tickets: {keys: \(made.path("others"))}")
    settings = try NodeSettings.read(made.text("sluice.yaml"), file: config)
    let changed = files.reload(settings, nowNs: 2, utcSeconds: now)
    #expect(changed.settings[0]?.identities[0].names == ["other.example.com"] && changed.ticketKeys.count == 1)
    try made.write("hello", to: "other.pem")
    try made.write("hello", to: "others")
    let wrong = files.reload(settings, nowNs: 3, utcSeconds: now)
    #expect(wrong.isEmpty && files.expiries[0].name == "other.example.com")
  }

  @Test func `a client's authorities are taken when they change`() throws {
    let root = made.path("root.pem")
    var (files, _) = try files(
      made.settings(
        ["good"],
        "client_certificates: {mode: optional, authorities: \(root)}\n      tickets: {keys: \(made.folder.path)}"
      )
    )
    try made.openssl("req -x509 \(made.ec) -nodes -days 10 -subj /CN=Second -keyout second.key -out second.pem")
    try made.write(made.text("root.pem") + made.text("second.pem"), to: "root.pem")
    let changes = files.poll(nowNs: TLSFiles.intervalNs, utcSeconds: now)
    guard case .optional(let trust) = changes.settings[0]?.clientCertificates else {
      Issue.record("no authorities")
      return
    }
    #expect(trust.authorities.map(\.commonName) == ["Root", "Second"])
  }

  @Test func `secrets of connections are written for their owner alone`() throws {
    let path = made.path("secrets")
    let keyLog = try TLSKeyLog(path)
    keyLog.write("CLIENT_RANDOM 00 11")
    keyLog.write("CLIENT_RANDOM 22 33")
    #expect(try made.text("secrets") == "CLIENT_RANDOM 00 11\nCLIENT_RANDOM 22 33\n")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    try made.setMode(0o644, of: "secrets")
    #expect(throws: (any Error).self) { try TLSKeyLog(path) }
  }
}
