import Glibc
import Testing

extension EndToEnd {
  /// The brokers that tests use are brokers for other people's clients.
  @Suite struct KafkaBrokersTests {
    private static func hasClient() -> Bool {
      if isInstalled("kcat") { return true }
      print("kcat is not installed (apt-get install kcat): the brokers for tests are not checked with it")
      return false
    }

    @Test(arguments: ["none", "lz4"])
    func `kcat reads back what it wrote, through a lost answer and another leader`(codec: String) throws {
      guard Self.hasClient() else { return }
      let folder = TemporaryFolder()
      let brokers = try KafkaBrokers(["--brokers", "2", "--topic", "t:2"], in: folder)
      for command in ["lose 1", "refuse t 0 19 1", "leader t 1 1", "err 22 14 1"] { _ = try brokers.command(command) }
      let lines = (0..<500).map { "key \($0):value \($0)\n" }
      let (sent, got) = (folder.write(lines.joined(), as: "sent"), "\(folder.path)/got")
      let errors = "\(folder.path)/errors"
      let write = ["kcat", "-P", "-b", brokers.bootstrap, "-t", "t", "-K:", "-z", codec, "-l", sent]
      let isWritten = runTool(["timeout", "60"] + write + ["-X", "enable.idempotence=true"], errors: errors)
      #expect(isWritten == 0, "\(contents(of: errors))")
      let read = [
        "kcat", "-C", "-b", brokers.bootstrap, "-t", "t", "-e", "-q", "-X", "check.crcs=true", "-f", "%k:%s\\n",
      ]
      #expect(runTool(["timeout", "60"] + read, output: got, errors: errors) == 0, "\(contents(of: errors))")
      #expect(contents(of: got).split(separator: "\n").sorted() == lines.map { $0.dropLast() }.sorted())
      let held = try (0..<2).reduce(0) { try $0 + brokers.command("dump t \($1)").count }
      #expect(held == 500)
    }

    @Test func `kcat comes in with a password, and not without`() throws {
      guard Self.hasClient() else { return }
      let folder = TemporaryFolder()
      let brokers = try KafkaBrokers(["--topic", "t", "--sasl", "alice:secret"], in: folder)
      func write(_ password: String, _ mechanism: String) -> Int32 {
        let options = [
          "security.protocol=SASL_PLAINTEXT", "sasl.mechanisms=\(mechanism)", "sasl.username=alice",
          "sasl.password=\(password)", "message.timeout.ms=2000",
        ]
        let sent = folder.write("value\n", as: "sent")
        return runTool(
          ["timeout", "60", "kcat", "-P", "-b", brokers.bootstrap, "-t", "t", "-l", sent]
            + options.flatMap { ["-X", $0] }
        )
      }
      for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] { #expect(write("secret", mechanism) == 0) }
      #expect(write("wrong", "SCRAM-SHA-256") != 0)
      #expect(try brokers.command("end t 0") == ["3"])
    }
  }
}
