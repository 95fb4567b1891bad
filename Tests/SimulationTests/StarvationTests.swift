import Simulator
import Testing
import World

/// Connections that find the pool of receive buffers used up by others.
@Suite struct StarvationTests {
  private func request(_ number: Int, padding: Int) -> [UInt8] {
    let body = "{\"n\":\(number),\"p\":\"\(String(repeating: "x", count: padding))\"}"
    let head = "POST /v1/events/plain HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/json\r\n"
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  @Test func `whoever waits for a buffer between two messages is not taken for idle`() throws {
    var faults = Faults()
    (faults.resets, faults.prepareFails) = (0, 0)
    var starved: UInt64 = 0
    for seed in UInt64(1)...40 {
      var honest = Client(isFramed: false)
      for number in 1...20 { honest.bytes += request(number, padding: 1400) }
      var peers = [honest.peer()]
      for first in [100, 200, 300] {
        // More requests than may wait for answers, which are never read: they keep a buffer until they are cut off.
        var greedy = Client(isFramed: false)
        for number in first..<first + 60 { greedy.bytes += request(number, padding: 400) }
        var peer = greedy.peer()
        peer.isMute = true
        peers.append(peer)
      }
      var gateway = try SimulatedGateway(
        seeds: [seed],
        disks: [SimulatedDisk()],
        peers: [peers],
        faults: faults,
        segments: 8,
        buffers: 3
      )
      var turns = 0
      while turns < 50_000, !gateway.shards[0].peers()[0].isClosed {
        turns += 1
        _ = gateway.turn(0)
      }
      starved += gateway.shards[0].counters.starved
      let answers = honest.answers(gateway.shards[0].peers()[0])
      // In the middle of a message its time may run out; then it is told so.
      let isTold = answers.outcomes.count == 20 || answers.isTimedOut
      #expect(isTold, "seed \(seed): \(answers.outcomes.count) of 20 are answered")
    }
    #expect(starved > 0, "there is no buffer for a while")
  }
}
