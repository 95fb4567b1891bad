import Events
import LogReading
import Simulator

/// What receipts promise: that is where the events are found.
extension Story {
  /// Compares a client's receipts with the log.
  ///
  /// - Parameters:
  ///   - client: what was sent.
  ///   - peer: what was answered.
  ///   - shard: which shard answered.
  ///   - log: what was found.
  ///   - places: where each event stands in `log`, by its number.
  ///   - life: which life this is.
  mutating func checkReceipts(
    _ client: Client,
    _ peer: SimulatedPeer,
    of shard: Int,
    _ log: Log,
    _ places: [UInt64: Int],
    _ life: Int
  ) {
    let answers = client.answers(peer)
    for receipt in answers.receipts where receipt.sent.upperBound <= client.sent.count {
      let sent = client.sent[receipt.sent]
      let numbers = stored(sent, answers.outcomes[receipt.sent], receipt)
      let isNone = receipt.events + receipt.quarantined == 0
      guard let topic = sent.first?.topic, !sent.contains(where: { $0.topic != topic }), !numbers.isEmpty else {
        expect(isNone && !sent.isEmpty, "life \(life): a receipt speaks for events of one topic")
        continue
      }
      let isCounted = numbers.count == receipt.events + receipt.quarantined
      expect(isCounted, "life \(life): \(receipt) counts what was stored or set aside: \(numbers)")
      let isRight = topic == ClientMaker.flawed ? receipt.events == 0 : receipt.quarantined == 0
      expect(isRight || topic == ClientMaker.sifted, "life \(life): \(receipt) tells apart what was set aside")
      if client.isFramed {
        expect(receipt.request == receipt.sent.upperBound - 1, "life \(life): \(receipt) names its last request")
        expect(receipt.alias == topic, "life \(life): \(receipt) names its topic")
      }
      guard receipt.events > 0 else {
        let isNowhere = receipt.partition == nil && receipt.offsets == nil
        expect(isNowhere, "life \(life): \(receipt) names no place for what is in no partition")
        continue
      }
      expect(receipt.partition != nil, "life \(life): \(receipt) names its partition")
      // What another shard numbers has no offset yet when the answer is put down.
      let isElsewhere = ClientMaker.keyed.contains(topic) && (receipt.partition ?? 0) % shards != shard
      expect((receipt.offsets == nil) == isElsewhere, "life \(life): \(receipt) names offsets where they are known")
      let stored = stored(numbers, answers, receipt, client)
      for (index, number) in stored.enumerated() {
        guard let place = places[number] else { continue }
        let event = log.events[place]
        let isFirst = index == 0 && event.offset != receipt.offsets?.lowerBound ?? event.offset
        let isLast = index == stored.count - 1 && event.offset != receipt.offsets?.upperBound ?? event.offset
        let isThere =
          Int(event.lane.rawValue) == receipt.partition && Int(event.topic.rawValue) == topic
          && receipt.offsets?.contains(event.offset) ?? true && !isFirst && !isLast
        expect(
          isThere,
          "life \(life): event \(number) is in lane \(event.lane.rawValue) at \(event.offset), not in \(receipt)"
        )
      }
    }
  }

  /// Those of a receipt's events that were not set aside; none, where it does not say which those are.
  private func stored(_ numbers: [UInt64], _ answers: Answers, _ receipt: Receipt, _ client: Client)
    -> [UInt64]
  {
    guard receipt.quarantined > 0 else { return numbers }
    let verdicts = answers.verdicts[receipt.sent.lowerBound]
    guard verdicts.values.count(where: { $0 == "quarantined" }) == receipt.quarantined else {
      return []
    }
    let all = client.sent[receipt.sent.lowerBound].numbers
    let aside = Set(all.indices.filter { verdicts[$0] == "quarantined" }.map { all[$0] })
    return numbers.filter { !aside.contains($0) }
  }

  /// The events that a receipt says are stored or set aside, in order.
  private func stored(_ sent: ArraySlice<Sent>, _ outcomes: ArraySlice<Outcome>, _ receipt: Receipt)
    -> [UInt64]
  {
    guard case .partly(let refused) = outcomes.first, let request = sent.first else {
      return sent.flatMap(\.numbers)
    }
    let kept = request.numbers.enumerated().filter { !refused.contains($0.offset) }.map(\.element)
    // What was sent behind the place where a request was cut short has no verdict.
    return Array(kept.prefix(receipt.events + receipt.quarantined))
  }
}
