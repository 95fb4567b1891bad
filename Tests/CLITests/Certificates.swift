import Foundation
import Testing

/// Certificates of an authority of our own, made by the openssl program in a folder that goes with them.
final class Certificates {
  // Not under /tmp, which `sluice check` warns of.
  let folder = URL(fileURLWithPath: "/var/tmp/sluice-certificates-\(UUID())")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try openssl("req -x509 \(ec) -nodes -days 3650 -subj /CN=Root -keyout root.key -out root.pem")
  }

  deinit {
    // What is left behind costs room, and nothing else.
    _ = try? FileManager.default.removeItem(at: folder)
  }

  let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Runs openssl in the folder.
  func openssl(_ words: String, file: StaticString = #filePath) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + words.split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    let errors = folder.appendingPathComponent("errors")
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOf: errors, encoding: .utf8)
    try #require(process.terminationStatus == 0, "openssl \(words): \(text)")
  }

  /// Makes `NAME.pem` and `NAME.key`, signed by the root.
  ///
  /// `days` may be negative: then it expired that long ago.
  func make(_ name: String, hosts: [String], days: Int = 365, rsa: Bool = false, key: String = "-nodes") throws {
    let kind = rsa ? "-newkey rsa:2048" : ec
    try openssl("req -new \(kind) \(key) -subj /CN=\(hosts.first ?? name) -keyout \(name).key -out \(name).csr")
    let names = hosts.map { "DNS:\($0)" }.joined(separator: ",")
    try (hosts.isEmpty ? "" : "subjectAltName=\(names)\n").write(
      toFile: path("\(name).ext"),
      atomically: true,
      encoding: .utf8
    )
    let form = DateFormatter()
    form.dateFormat = "yyyyMMddHHmmss'Z'"
    form.timeZone = TimeZone(identifier: "UTC")
    form.locale = Locale(identifier: "en_US_POSIX")
    let (begin, end) = (
      Date(timeIntervalSinceNow: -86_400 * 100), Date(timeIntervalSinceNow: 86_400 * Double(days) + 60)
    )
    try configuration.write(toFile: path("ca.conf"), atomically: true, encoding: .utf8)
    try Data().write(to: URL(fileURLWithPath: path("index.txt")))
    try openssl(
      "ca -config ca.conf -batch -notext -cert root.pem -keyfile root.key -in \(name).csr -out \(name).pem "
        + "-extfile \(name).ext -startdate \(form.string(from: begin)) -enddate \(form.string(from: end))"
    )
    try setMode(0o600, of: "\(name).key")
  }

  private let configuration = """
    [ca]
    default_ca = own
    [own]
    database = index.txt
    rand_serial = yes
    new_certs_dir = .
    default_md = sha256
    policy = any
    default_crl_days = 30
    [any]
    commonName = supplied
    """

  func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
  }
  func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    try setMode(mode, of: name)
  }
  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// A file of settings with one listener of these certificates.
  func settings(_ certificates: [String], _ more: String = "") throws -> String {
    let list = certificates.map { item in
      item.hasPrefix("{") ? item : "{certificate: \(path(item)).pem, key: \(path(item)).key}"
    }
    let text = """
      data: \(folder.path)/data
      admin: {address: "127.0.0.1:0"}
      topics: [{name: events}]
      limits: {connections: 64}
      log: {segment_bytes: 4 MiB, retention: {bytes: 16 MiB}}
      listeners:
        - protocol: http
          address: "127.0.0.1:0"
          tls:
            certificates: [\(list.joined(separator: ", "))]
            \(more)

      """
    try write(text, to: "sluice.yaml")
    return path("sluice.yaml")
  }
}
