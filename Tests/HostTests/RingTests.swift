import Testing

@testable import Host

extension RealMachine {
  @Test func `no completion is lost when the kernel's queue overflows`() throws {
    var ring = try Ring(entries: 8, completions: 16)
    for round in 0..<3 {
      for number in 0..<500 { addNothing(to: &ring, UInt64(round * 500 + number)) }
      ring.enter(waitingFor: 1)
      var seen: [UInt64] = []
      while let finished = ring.next() { seen.append(finished.token & 0xFFFF_FFFF) }
      #expect(seen.sorted() == (0..<500).map { UInt64(round * 500 + $0) })
    }
    #expect(ring.counters.overflows + ring.counters.congestions > 0)
    #expect(ring.counters.completions == 1500)
    #expect(ring.queued == 0)
  }

  @Test func `tokens keep what they are made of`() {
    let token = Token(.send, 0xFF_FFFF, .max)
    #expect(token.kind == .send)
    #expect(token.middle == 0xFF_FFFF)
    #expect(token.subject == .max)
    #expect(Token(bits: Token(.accept, 0, 7).bits).subject == 7)
  }

  @Test func `random bits do not repeat`() {
    var randomness = Randomness()
    let drawn = Set((0..<1000).map { _ in randomness.next() })
    #expect(drawn.count == 1000)
  }

  @Test func `a freed place is used again and tells its connections apart`() {
    var table = ConnectionTable(capacity: 2)
    let first = table.admit(10)!
    _ = table.admit(11)!
    #expect(table.admit(12) == nil)
    let before = table[first].generation
    table.release(first)
    #expect(table.admit(13) == first)
    #expect(table[first].generation == before + 1)
  }
}

/// Queues IORING_OP_NOP, whose entry is zero but for its token.
private func addNothing(to ring: inout Ring, _ number: UInt64) {
  let entry = UnsafeMutableRawPointer(ring.entry())
  entry.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
  entry.storeBytes(of: Token(.kick, 0, UInt32(number)).bits, toByteOffset: 32, as: UInt64.self)
}
