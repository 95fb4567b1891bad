internal import Bytes
internal import Events
internal import Gate
internal import Mark
internal import Pack
internal import Store

/// One event's way from a front to the log: read `take` and you have read the gateway.
struct Line: EventConsumer, ~Copyable {
  var writers: Slots<LaneWriter>
  var stamper: Stamper
  var keys: Authenticator
  var directory: TopicDirectory
  var topics: [Topic]
  var links: Links
  var ledger = Ledger()
  /// What every event is refused for at the moment; `nil` when they are welcome.
  ///
  /// Set once a turn.
  var closed: Refusal?
  /// The turn's time.
  var clock = ClockReading(utcNs: 0, errorNs: nil, state: .unknown, monotonicNs: 0)
  /// Which of the shard's lanes takes the events of the connection that is read.
  var current = 0

  mutating func principal(of credential: RawSpan) -> PrincipalID? { keys.verify(credential) }

  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant {
    guard let topic = directory.id(of: name) else { throw .unknownTopic }
    guard keys.ring.may(principal, write: topic) else { throw .forbidden }
    return Grant(topic: topic, principal: principal, eventBytesMax: directory.eventBytesMax(of: topic))
  }

  mutating func refuse(_ reason: Refusal, under grant: Grant) { ledger.refuse(reason) }

  mutating func take(_ event: borrowing Event) -> Verdict {
    let count = event.payload.byteCount
    guard count > 0 else { return refused(.emptyEvent) }
    guard count <= event.grant.eventBytesMax else { return refused(.eventTooLarge) }
    if let closed { return refused(closed) }
    let topic = topics[Int(event.grant.topic.rawValue)]
    if topic.order == .key, event.hasKey { return takeKeyed(event, topic) }
    return store(event, at: current, acknowledge: topic.acknowledge)
  }

  /// Keeps an event in one of the shard's own lanes.
  mutating func store(_ event: borrowing Event, at index: Int, acknowledge: Acknowledgement) -> Verdict {
    let offset = writers[index].lane.nextOffset(of: event.grant.topic)
    let stamp = stamper.stamp(event)
    let timeMs = stamper.timestampMs
    guard writers[index].batch.append(event, stamp: stamp, offset: offset, timestampMs: timeMs) else { return .later }
    let claim = writers[index].lane.claim(event.grant.topic)
    let lane = writers[index].lane.settings.lane
    ledger.number()
    let mark = acknowledge == .received ? Mark.none : Mark(domain: .lane(lane), number: claim.number)
    return .numbered(Placement(mark: mark, lane: lane, offset: offset))
  }

  /// Hands an event to the lane of its key: one of the shard's own, or another shard's.
  private mutating func takeKeyed(_ event: borrowing Event, _ topic: Topic) -> Verdict {
    let lane = links.lane(of: event.key)
    if let own = links.own(lane) { return store(event, at: own, acknowledge: topic.acknowledge) }
    guard let number = links.send(event, to: lane, at: clock) else { return .later }
    ledger.number()
    let mark = topic.acknowledge == .received ? Mark.none : Mark(domain: .lane(lane), number: number)
    return .numbered(Placement(mark: mark, lane: lane, offset: nil))
  }

  private mutating func refused(_ reason: Refusal) -> Verdict {
    ledger.refuse(reason)
    return .refused(reason)
  }
}
