import Testing

@testable import Load

struct ArgumentsTests {
  @Test func `every option lands in the plan`() throws {
    let order = try Order([
      "--target", "[::1]:9000", "--protocol=framed", "--topic", "t", "--connections", "8", "--rate", "20000.5",
      "--depth", "4", "--batch", "100", "--bytes", "256", "--seed", "7", "--duration", "2.5", "--warmup", "0",
      "--cpu", "1", "--wait", "block", "--expect-status", "204", "--acknowledged", "a", "--plot", "p.svg", "--json",
      "--minimal", "--header", "X: y", "--reconnect",
    ])
    let plan = order.plan
    #expect((plan.host, plan.port) == ("::1", 9000))
    #expect(plan.wire == .framed)
    #expect((plan.topic, plan.connections, plan.depth, plan.batch) == ("t", 8, 4, 100))
    #expect((plan.rate, plan.bytes, plan.seed) == (20000.5, 256, 7))
    #expect((plan.duration, plan.warmup, plan.cpu) == (2.5, 0, 1))
    #expect(plan.waiting == .block)
    #expect(plan.expected.contains(204) && !plan.expected.contains(200))
    #expect((plan.acknowledged, order.plot, order.wantsJSON) == ("a", "p.svg", true))
    #expect(plan.headers == ["Prefer: return=minimal", "X: y"])
    #expect(plan.reconnects)
  }

  @Test func `how to speak TLS lands in the plan`() throws {
    let plan = try Order([
      "--tls-name", "gateway.test", "--tls", "--tls-ca", "ca.pem", "--tls-resume", "--requests-per-connection", "3",
      "--tls-handshakes", "7",
    ]).plan
    #expect(plan.security?.handshakesAtOnce == 7)
    #expect((plan.security?.serverName, plan.security?.authorities) == ("gateway.test", "ca.pem"))
    #expect((plan.security?.resumes, plan.security?.verifiesServer) == (true, true))
    #expect(plan.requestsPerConnection == 3)
    #expect(try Order(["--tls", "--tls-insecure"]).plan.security?.verifiesServer == false)
    #expect(try Order([]).plan.security == nil)
  }

  @Test func `a number of requests replaces time limit and warm-up`() throws {
    let plan = try Order(["--requests", "100"]).plan
    #expect((plan.requests, plan.duration, plan.warmup) == (100, nil, 0))
    let both = try Order(["--requests", "100", "--duration", "3", "--warmup", "1"]).plan
    #expect((both.requests, both.duration, both.warmup) == (100, 3, 1))
  }

  @Test func `a mistyped option is told the right one`() {
    #expect { try Order(["--conections", "4"]) } throws: {
      ($0 as? ArgumentMistake)?.message == "--conections is no option; did you mean --connections?"
    }
  }

  @Test(
    arguments: [
      ["--rate"], ["--rate", "fast"], ["--rate", "-1"], ["--connections", "0"], ["--target", "localhost"],
      ["--target", ":80"], ["--target", "a:0"], ["--protocol", "mqtt"], ["--json=yes"], ["stray"], ["--bytes", "50"],
      ["--expect-status", "ok"], ["--header", "none"], ["--tls-name", "a"], ["--tls-resume"],
      ["--requests-per-connection", "0"],
    ])
  func `what makes no sense is refused`(arguments: [String]) {
    #expect(throws: ArgumentMistake.self) { try Order(arguments) }
  }

  @Test func `the help names every option`() throws {
    for name in Order.names + Order.switches where name != "-h" && name != "--help" {
      #expect(helpText.contains(name), "\(name)")
    }
  }

  @Test func `exit statuses are as documented`() {
    #expect(Load.run(arguments: ["--nonsense"]) == 2)
    #expect(Load.run(arguments: ["--target", "127.0.0.1:1", "--connections", "1"]) == 3)
  }
}
