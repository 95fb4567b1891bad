import Events
import Formats
import Gateway
import LogReading
import Simulator
import World

/// What becomes of events whose topics have schemas.
extension Story {
  /// Has a shard take other schemas and plans, as a reload does, now and then.
  mutating func swapSchemas(_ gateway: inout SimulatedGateway) {
    guard swaps.once(in: 150) else { return }
    var rules = gateway.rules
    rules.schemas = SimulatedSchemas.all[swaps.below(2)]
    if isRedacting { rules.redaction = SimulatedRedaction.rules[swaps.below(2)] }
    gateway.shards[swaps.below(shards)].adopt(rules)
  }

  /// Compares what inspection counted with the ledger, at any moment.
  mutating func expectCounted(_ gateway: inout SimulatedGateway, _ life: Int) {
    var (refused, received): (UInt64, UInt64) = (0, 0)
    for index in 0..<shards {
      let ledger = gateway.shards[index].ledger
      for reason in [Refusal.invalidEvent, .malformedEvent, .unknownSchemaVersion, .tooComplex] {
        refused += ledger.refused[Int(reason.rawValue)]
      }
      received += ledger.received
    }
    var (unfit, checked): (UInt64, UInt64) = (0, 0)
    for topic in ClientMaker.checked {
      let totals = gateway.inspected(topic)
      expect(
        totals.checked == totals.passed + totals.unfit,
        "life \(life): what is checked passes or does not: \(totals)"
      )
      checked += totals.checked
      if topic != ClientMaker.sifted { unfit += totals.unfit }
    }
    expect(unfit == refused, "life \(life): \(unfit) do not fit, \(refused) are refused for it")
    expect(checked <= received, "life \(life): \(checked) are checked, \(received) were received")
  }

  /// Compares what inspection counted in a life with what it added to the log.
  ///
  /// - Parameters:
  ///   - inspected: the totals of each topic that has a schema.
  ///   - log: what is there.
  ///   - storageFull: events refused for want of room.
  ///   - isLast: whether the life ended in order.
  ///   - life: which it is.
  mutating func checkInspected(
    _ inspected: [Int: InspectionTotals],
    _ log: Log,
    storageFull: UInt64,
    isLast: Bool,
    _ life: Int
  ) {
    for topic in ClientMaker.checked {
      guard let totals = inspected[topic] else { continue }
      let id = UInt16(topic)
      let stored = UInt64(
        log.events.count { $0.topic.rawValue == id } - before.count { $0.topic.rawValue == id }
      )
      let isRight = isLast ? totals.passed == stored : totals.passed >= stored
      expect(
        isRight,
        "life \(life): \(totals.passed) of topic \(topic) passed, \(stored) are stored"
      )
      guard topic == ClientMaker.sifted else { continue }
      let added = sifted(log.aside) - sifted(asideBefore)
      let isAside = added <= totals.unfit && (!isLast || totals.unfit <= added + storageFull)
      expect(
        isAside,
        "life \(life): \(totals.unfit) of topic \(topic) do not fit, \(added) are set aside"
      )
    }
  }
  private func sifted(_ aside: [LoggedEvent]) -> UInt64 {
    UInt64(
      aside.count { event in maker.aside(event).map { $0.topic == ClientMaker.sifted } ?? false }
    )
  }

  /// Compares what a client was told of its events with what it knows of them, and with where they are.
  mutating func checkVerdicts(
    _ client: Client,
    _ answers: Answers,
    _ found: (stored: [UInt64: Int], aside: [UInt64: Int]),
    _ life: Int
  ) {
    for (sent, (outcome, verdicts)) in zip(client.sent, zip(answers.outcomes, answers.verdicts)) {
      guard ClientMaker.checked.contains(sent.topic), sent.status != 404, sent.status != 413 else {
        let isSilent = verdicts.values.allSatisfy { !SimulatedSchemas.reasons.contains($0) }
        expect(isSilent, "life \(life): \(verdicts) of events without a schema")
        continue
      }
      for (place, number) in sent.numbers.enumerated() {
        let (flaw, verdict) = (sent.flaws[place], verdicts[place])
        if let verdict, SimulatedSchemas.reasons.contains(verdict) {
          expect(
            flaw?.reason == verdict,
            "life \(life): event \(number) is called \(verdict), and is \(flaw, default: "good")"
          )
          expect(
            sent.topic != ClientMaker.sifted,
            "life \(life): event \(number) is refused, not set aside"
          )
        }
        if verdict == "quarantined" {
          expect(
            flaw != nil && sent.topic == ClientMaker.sifted,
            "life \(life): event \(number) is set aside"
          )
          expect(
            found.stored[number] == nil,
            "life \(life): event \(number) is set aside and stored"
          )
        }
        guard flaw?.isCertain == true else { continue }
        if case .stored = outcome {
          expect(
            sent.topic == ClientMaker.sifted,
            "life \(life): event \(number), which is \(flaw!), counts as stored"
          )
        }
      }
    }
  }

  /// Sees to it that nothing is in the log that no schema takes, and nothing set aside that all of them take.
  mutating func checkFlaws(_ found: (stored: [UInt64: Int], aside: [UInt64: Int]), _ life: Int) {
    for (number, flaw) in maker.known where flaw.isCertain {
      expect(found.stored[number] == nil, "life \(life): event \(number) is stored, and \(flaw)")
    }
  }
}

extension SimulatedGateway {
  /// What inspection counted of a topic.
  func inspected(_ topic: Int) -> InspectionTotals {
    InspectionTotals(inspections, topic: TopicID(rawValue: UInt16(topic)))
  }
}
