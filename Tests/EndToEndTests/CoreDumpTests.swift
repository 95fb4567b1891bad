import Glibc
import Testing

extension EndToEnd {
  /// Marked values on every way that an event can take, and a core dump in the middle of it.
  @Suite struct CoreDumpTests {
    /// Longer than what a copy has in registers at a time, on any machine: those are in every dump.
    private static let mails = (0..<4).map { "canary.\($0).\(String(repeating: "5c3f", count: 13))@dumps.example.org" }
      .joined(separator: " and ")
    private static let name = Array(repeating: "Zanzibar Quuxley", count: 20).joined(separator: " ")
    private static let event = #"{"id":"a","celsius":1,"note":"\#(mails)","name":"\#(name)"}"#
    private static let topics = """
        - {name: plain, event_bytes_max: 64 KiB, redact: {detect: all, fields: ["/**/name mask"]}}
        - {name: packed, codec: lz4, event_bytes_max: 64 KiB, redact: {detect: all, fields: ["/**/name drop"]}}
        - {name: keyed, order: key, event_bytes_max: 64 KiB, redact: {detect: all, fields: ["/**/name replace"]}}
        - name: aside
          event_bytes_max: 64 KiB
          schema: {require: latest, invalid: quarantine}
          redact: {detect: all, fields: ["/**/name mask"]}
        - name: strict
          event_bytes_max: 64 KiB
          schema: {require: 2, accept: all}
          redact: {detect: all, fields: ["/**/name drop"]}
        - {name: bare, event_bytes_max: 64 KiB}
      """
    private static let names = ["plain", "packed", "keyed", "aside", "strict", "bare"]
    /// What stands in the gateway's environment, which is dumped: a search that finds nothing else finds this.
    private static let witness = "witness-of-a-whole-dump"

    // MARK: How a dump is to be had

    private enum Way { case kernel, debugger }
    /// The kernel writes it beside the gateway, unless somebody else is told to take it, or a debugger does.
    private static let way: Way? = {
      let pattern = contents(of: "/proc/sys/kernel/core_pattern").prefix { $0 != "\n" }
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(UInt32(4)), &limit)  // RLIMIT_CORE
      if pattern.hasPrefix("core"), !pattern.contains("/"), limit.rlim_max > 1 << 30 { return .kernel }
      return isInstalled("gcore") ? .debugger : nil
    }()
    private static let missing = """
      no core dump is to be had: /proc/sys/kernel/core_pattern sends it elsewhere, or the limit forbids it, and gcore
      (of the package gdb) is not installed
      """

    /// A dump of a gateway, which may not outlive it; `nil` where a debugger is not allowed to look at it.
    private static func dump(_ gateway: Gateway, in folder: TemporaryFolder) -> String? {
      switch way {
      case .kernel:
        gateway.kill(SIGSEGV)
        _ = gateway.waitForEnd()
      case .debugger: _ = runTool(["gcore", "-o", "\(folder.path)/core", "\(gateway.process)"])
      case nil: return nil
      }
      let list = folder.write("", as: "cores")
      _ = runTool(["find", folder.path, "-maxdepth", "1", "-name", "core*.*", "-o", "-name", "core"], output: list)
      return contents(of: list).split(separator: "\n").map { String($0) }.first
    }
    private static func isIn(_ text: String, _ core: String) -> Bool { runTool(["grep", "-qaF", text, core]) == 0 }

    // MARK: What is sent

    /// Settings with a listener that speaks TLS, with a certificate of its own.
    private static func rig() -> SchemaRig {
      var rig = SchemaRig(topics: topics, shards: 2)
      let (key, certificate) = ("\(rig.folder.path)/key.pem", "\(rig.folder.path)/certificate.pem")
      let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"]
      let status = runTool(["openssl", "req", "-x509"] + kind + ["-keyout", key, "-out", certificate])
      precondition(status == 0, "openssl makes a certificate")
      rig.configuration.listeners += """

          - name: secure
            protocol: http
            address: "127.0.0.1:0"
            tls: {minimum_version: "1.2", certificates: [{certificate: \(certificate), key: \(key)}]}
        """
      return rig
    }

    /// Files of requests for curl: every body to every topic, again and again, on one connection.
    private static func writeRequests(_ rig: SchemaRig, to address: String, as name: String) -> String {
      let unfit = event.replacing("1,", with: #""\#(mails)","#)
      let large = event.replacing("\"note\":\"", with: "\"note\":\"" + String(repeating: mails + " ", count: 60))
      let bodies = [
        event, event.replacing("@", with: #"\u0040"#), unfit, String(event.dropLast(3)), large, "\"\(mails)\"",
        #"{"id":"a","celsius":1,"\#(mails)":1}"#, "\(event)\n\(unfit)\n\(event)\n",
      ]
      var sections: [String] = []
      for (index, body) in bodies.enumerated() {
        let file = rig.folder.write(body, as: "\(name)-\(index)")
        _ = runTool(["gzip", "-kf", file])
        for topic in names {
          let type = body.hasSuffix("\n") ? "application/x-ndjson" : "application/json"
          let fields = ["Content-Type: \(type)", "Sluice-Key: \(mails)"]
          let of = ["ce-specversion: 1.0", "ce-type: t", "ce-source: /s", "ce-id: 1", "ce-subject: \(mails)"]
          let forms = [(file, fields), (file + ".gz", fields + ["Content-Encoding: gzip"]), (file, fields + of)]
          for (data, fields) in forms {
            let lines = fields.map { "header = \"\($0)\"\n" }.joined()
            let url = "\(address)/v1/events/\(topic)"
            sections.append("url = \"\(url)\"\nsilent\ninsecure\ndata-binary = \"@\(data)\"\n\(lines)")
          }
        }
      }
      let all = Array(repeating: sections.joined(separator: "next\n"), count: 40).joined(separator: "next\n")
      return rig.folder.write(all, as: "\(name)-requests")
    }
    private static func startClients(_ rig: SchemaRig, _ gateway: Gateway) -> [pid_t] {
      let secure = "https://127.0.0.1:\(gateway.port("secure"))"
      let plain = writeRequests(rig, to: "http://127.0.0.1:\(gateway.port("web"))", as: "plain")
      let sealed = writeRequests(rig, to: secure, as: "sealed")
      return [["-K", plain], ["-K", sealed], ["--tls-max", "1.2", "-K", sealed]].map { spawn(["curl"] + $0) }
    }
    /// Sends marked frames until a number of events have come in over all ways.
    private static func sendFrames(to gateway: Gateway, until received: Double) -> Bool {
      eventually(within: 60) {
        guard let socket = Socket(port: gateway.port("frames")) else { return false }
        for (alias, topic) in names.enumerated() { socket.send(Sent.bind(topic, alias: UInt16(alias))) }
        for request in UInt32(0)..<50 {
          for alias in names.indices {
            let (payload, key) = (Array(event.utf8), Array(mails.utf8))
            socket.send(Sent.event(payload, key: key, alias: UInt16(alias), request: request))
          }
        }
        while socket.readFrame().map({ $0.kind != .stored && $0.kind != .refused }) ?? false {}
        return gateway.metric("sluice_events_received_total") ?? 0 > received
      }
    }

    @Test(.enabled(if: way != nil, "\(missing)"), arguments: 1...3)
    func `no marked value is in a core dump in the middle of events`(round: Int) throws {
      let rig = Self.rig()
      let environment = "export SWIFT_BACKTRACE=enable=no WITNESS=\(Self.witness)"
      let prelude = "\(environment); ulimit -c unlimited; cd \(rig.folder.path)"
      let gateway = try Gateway.start(rig.configuration, in: rig.folder, prelude: prelude)
      let clients = Self.startClients(rig, gateway)
      defer {
        for client in clients {
          kill(client, SIGKILL)
          waitpid(client, nil, 0)
        }
      }
      #expect(Self.sendFrames(to: gateway, until: Double(2000 * round)), "events come in")
      guard let core = Self.dump(gateway, in: rig.folder) else { try Test.cancel("a debugger may not look here") }
      #expect(Self.isIn(Self.witness, core), "the dump is whole")
      #expect(!Self.isIn(Self.mails, core) && !Self.isIn(Self.name, core), "nothing of an event is in it")
    }

    @Test func `what is said of a crash shows no memory`() throws {
      let folder = TemporaryFolder()
      let gateway = try Gateway.start(Configuration(), in: folder, prelude: "unset SWIFT_BACKTRACE")
      gateway.kill(SIGSEGV)
      // Whether anything is said depends on what stands beside Swift's runtime.
      let isSaid = eventually(within: 3) { gateway.poll() != nil || gateway.said.contains("Backtracing") }
      guard isSaid, gateway.poll() == nil else { try Test.cancel("crashes are not reported here") }
      #expect(eventually(within: 120) { gateway.said.contains("Backtrace took") })
      #expect(gateway.said.contains("crashed") && !gateway.said.contains("rsp 0x"), "no registers")
      gateway.kill(SIGKILL)
    }
  }
}
