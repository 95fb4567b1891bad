import Accept
import Testing

private func ipv4(_ address: UInt32) -> UInt128 { 0xFFFF << 32 | UInt128(address) }
private func ipv6(_ network: UInt64, _ host: UInt64) -> UInt128 { UInt128(network) << 64 | UInt128(host) }

@Suite struct ConnectionLimitsTests {
  @Test func `the limit in total holds to the one`() {
    var limits = ConnectionLimits(connectionsMax: 3, perSourceMax: 9, seed: 1)
    let answers = (0..<4).map { limits.admit(ipv4($0)) }
    #expect(answers == [.admitted, .admitted, .admitted, .refusedTotal])
    limits.release(ipv4(1))
    let again = limits.admit(ipv4(9))
    #expect(again == .admitted)
  }

  @Test func `the limit per source holds to the one and costs nobody else`() {
    var limits = ConnectionLimits(connectionsMax: 100, perSourceMax: 2, seed: 1)
    let answers = (0..<3).map { _ in limits.admit(ipv4(7)) }
    #expect(answers == [.admitted, .admitted, .refusedSource])
    let other = limits.admit(ipv4(8))
    let (connections, sources) = (limits.connections, limits.sources)
    #expect(other == .admitted && connections == 3 && sources == 2)
  }

  @Test func `an IPv6 network of 64 bits is one source, and no IPv4 address is in it`() {
    var limits = ConnectionLimits(connectionsMax: 100, perSourceMax: 2, seed: 1)
    let first = limits.admit(ipv6(0x2001_0DB8_0000_0001, 1))
    let second = limits.admit(ipv6(0x2001_0DB8_0000_0001, .max))
    let third = limits.admit(ipv6(0x2001_0DB8_0000_0001, 5))
    let neighbour = limits.admit(ipv6(0x2001_0DB8_0000_0002, 1))
    #expect([first, second, third, neighbour] == [.admitted, .admitted, .refusedSource, .admitted])
    // ::/64 holds ::1 and the mapped addresses; the latter count alone.
    let loopbacks = (0..<3).map { _ in limits.admit(1) }
    let mapped = (0..<3).map { limits.admit(ipv4($0)) }
    #expect(loopbacks == [.admitted, .admitted, .refusedSource] && mapped == [.admitted, .admitted, .admitted])
    let count = limits.count(of: ipv6(0x2001_0DB8_0000_0001, 77))
    #expect(count == 2)
  }

  @Test func `a limit changed while running holds from then on`() {
    var limits = ConnectionLimits(connectionsMax: 10, perSourceMax: 3, seed: 1)
    for _ in 0..<3 { _ = limits.admit(ipv4(1)) }
    limits.perSourceMax = 2
    limits.release(ipv4(1))
    let refused = limits.admit(ipv4(1))
    limits.release(ipv4(1))
    let admitted = limits.admit(ipv4(1))
    #expect(refused == .refusedSource && admitted == .admitted)
  }

  @Test(arguments: UInt64(1)...20)
  func `it counts like a dictionary does, whatever comes and goes`(seed: UInt64) {
    var state = seed
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    var limits = ConnectionLimits(connectionsMax: 64, perSourceMax: 4, seed: seed)
    var model: [UInt128: Int] = [:]
    var open: [UInt128] = []
    for _ in 0..<5000 {
      if random(2) == 0 || open.isEmpty {
        let address = ipv4(UInt32(random(40)))
        let answer = limits.admit(address)
        let expected: ConnectionLimits.Admittance =
          open.count >= 64 ? .refusedTotal : model[address, default: 0] >= 4 ? .refusedSource : .admitted
        #expect(answer == expected)
        guard answer == .admitted else { continue }
        model[address, default: 0] += 1
        open.append(address)
      } else {
        let address = open.remove(at: Int(random(UInt64(open.count))))
        limits.release(address)
        model[address]! -= 1
      }
      let (connections, sources) = (limits.connections, limits.sources)
      #expect(connections == open.count && sources == model.values.count { $0 > 0 })
      for source in 0..<40 {
        let count = limits.count(of: ipv4(UInt32(source)))
        #expect(count == model[ipv4(UInt32(source)), default: 0])
      }
    }
  }

  @Test func `a turn takes no more connections than its budget`() {
    var budget = AcceptBudget(perTurn: 2)
    let first = [budget.spend(), budget.spend(), budget.spend()]
    #expect(first == [true, true, false] && !budget.isLeft)
    budget.startTurn()
    #expect(budget.isLeft)
  }
}
