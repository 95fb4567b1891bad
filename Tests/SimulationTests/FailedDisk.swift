import Events
import Gateway
import Simulator

/// What becomes of a gateway whose disk fails a write.
extension Story {
  /// Checks what must hold after every turn.
  mutating func expectSound(_ gateway: inout SimulatedGateway, _ index: Int, _ life: Int) {
    expect(gateway.shards[index].ledger.isBalanced, "life \(life): the ledger is balanced")
    let hasFailed = gateway.shards[index].machine.writesFailed > 0
    expect(
      hasFailed == (gateway.shards[index].state == .failed),
      "life \(life): a shard says that its disk failed a write, and only then: \(hasFailed)"
    )
    expect(!hasFailed || !gateway.shards[index].isReady, "life \(life): a shard whose disk failed is not ready")
  }

  /// Lets a gateway whose disk failed end, as its node does: the shard that met it first, then the others.
  ///
  /// Whoever is connected is answered what is safe, and let go in time.
  mutating func end(_ gateway: inout SimulatedGateway, _ life: Int) {
    var limitsNs = [Int64?](repeating: nil, count: shards)
    for _ in 0..<60_000 where complaints.isEmpty {
      var (isOver, hasEnded) = (true, false)
      for index in 0..<shards {
        let (state, open) = (gateway.shards[index].state, gateway.shards[index].openConnections)
        let nowNs = gateway.shards[index].nowNs
        // A second to be answered, and a little to be closed.
        if state != .serving, limitsNs[index] == nil { limitsNs[index] = nowNs + 1_200_000_000 }
        if let limit = limitsNs[index] { expect(open == 0 || nowNs < limit, "life \(life): whoever is left is let go") }
        hasEnded = hasEnded || state == .failed && open == 0
        isOver = isOver && state != .serving && open == 0
      }
      if isOver { return }
      if hasEnded { for index in 0..<shards { gateway.shards[index].drain(limitNs: 1_000_000_000) } }
      _ = gateway.turn(&random)
      for index in 0..<shards { expectSound(&gateway, index, life) }
    }
    expect(!complaints.isEmpty, "life \(life): a gateway whose disk failed ends")
  }
}
