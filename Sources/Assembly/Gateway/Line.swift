internal import Bytes
internal import Events
internal import Formats
internal import Gate
internal import Inspect
internal import Mark
internal import Pack
internal import Store

/// One event's way from a front to the log: read `take` and you have read the gateway.
struct Line: EventConsumer, ~Copyable {
  /// The shard's lanes, and behind them its side lane.
  var writers: Slots<LaneWriter>
  /// How many of them are looked at: the side lane sleeps until something is to be set aside.
  var awake: Int
  var stamper: Stamper
  var keys: Authenticator
  var directory: TopicDirectory
  /// By the topic's number.
  ///
  /// Without names: copying one would count references.
  let topics: Slots<TopicRule>
  /// The topic that leave was last asked for: likely the next one too.
  var lastTopic = TopicID(rawValue: 0)
  var links: Links
  var ledger = Ledger()
  /// What every event is refused for at the moment; `nil` when they are welcome.
  ///
  /// Set once a turn.
  var closed: Refusal?
  /// Whether an event found no room in a batch.
  var wantsRoom = false
  /// The turn's time.
  var clock = ClockReading(utcNs: 0, errorNs: nil, state: .unknown, monotonicNs: 0)
  /// Which of the shard's lanes takes the events of the connection that is read.
  var current = 0
  /// Who is at its other end, as a certificate says.
  var peer = PrincipalID.anonymous
  /// Where a record for the side lane is put together: as much as fits into a commit.
  ///
  /// Away only meanwhile.
  var scratch: Region?
  /// The most that a key and headers may have that are kept with it.
  let asideRestBytesMax: Int
  /// For what nothing is exchanged in.
  let noSplices = Splices(countMax: 1, textBytesMax: 1)
  /// Where a verdict for it is put together.
  ///
  /// Away only meanwhile.
  var scratchText: Region? = Region(id: RegionID(rawValue: 0), byteCount: 4096)
  /// What holds events against their topics' schemas.
  var inspector: Inspector

  mutating func principal(of credential: RawSpan) -> PrincipalID? { keys.verify(credential) }

  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant {
    guard let topic = directory.id(of: name, trying: lastTopic) else { throw .unknownTopic }
    lastTopic = topic
    guard keys.ring.may(principal, write: topic) else { throw .forbidden }
    return Grant(topic: topic, principal: principal, eventBytesMax: directory.eventBytesMax(of: topic))
  }

  mutating func refuse(_ reason: Refusal, under grant: Grant) { _ = refused(reason) }

  mutating func take(_ event: borrowing Event) -> Verdict {
    let count = event.payload.byteCount
    // A CloudEvent without data is one all the same.
    guard count > 0 || event.headerCount > 0 else { return refused(.emptyEvent) }
    guard count <= event.grant.eventBytesMax else { return refused(.eventTooLarge) }
    if let closed { return refused(closed) }
    let rule = topics[Int(event.grant.topic.rawValue)]
    if rule.intake == .quarantine { return takeAside(event) }
    if inspector.looksAt(event.grant.topic) { return takeInspected(event, rule) }
    return keep(event, rule)
  }
  /// Keeps an event that nothing speaks against.
  @inline(__always) mutating func keep(_ event: borrowing Event, _ rule: TopicRule) -> Verdict {
    if rule.order == .key, event.hasKey { return takeKeyed(event, rule) }
    return store(event, at: current, acknowledge: rule.acknowledge)
  }

  mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement? {
    let rule = topics[Int(grant.topic.rawValue)]
    guard closed == nil, rule.intake == .store else { return nil }
    let isInspected = inspector.looksAt(grant.topic)
    if isInspected {
      if inspector.redacts(grant.topic) { return takeRedacted(payload, under: grant, rule) }
      guard passes(payload, grant) else { return nil }
    }
    let offset = writers[current].lane.nextOffset(of: grant.topic)
    let isKept = writers[current].batch.append(
      payload,
      topic: grant.topic,
      stamp: stamper.stamp(Origin(), of: grant.principal),
      offset: offset,
      timestampMs: stamper.timestampMs
    )
    guard isKept else { return nil }
    if isInspected { inspector.confirm(grant.topic) }
    return number(grant.topic, at: current, offset, rule.acknowledge)
  }

  /// Inlined into every front, so that what a front knows of its events is known here.
  @inline(__always) mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run {
    let topic = grant.topic
    let rule = topics[Int(topic.rawValue)]
    guard closed == nil, rule.intake == .store else { return .none }
    var limit = limit
    let isInspected = inspector.looksAt(topic)
    if isInspected {
      if inspector.redacts(topic) {
        return takeRedacted(run, of: bytes, from: start, under: grant, rule, atMost: limit)
      }
      limit = inspector.passing(run, of: bytes, from: start, of: topic, atMost: min(limit, Self.inspectedAtOnce))
      guard limit > 0 else { return .none }
    }
    let first = writers[current].lane.nextOffset(of: topic)
    let timeMs = stamper.timestampMs
    let stamps = stamper.run(of: grant.principal)
    let taken = writers[current].batch.append(
      run,
      of: bytes,
      from: start,
      topic: topic,
      offset: first,
      timestampMs: timeMs,
      stamp: stamps.first,
      idStep: Stamper.idStep,
      atMost: min(limit, stamps.left)
    )
    guard taken.count > 0 else { return .none }
    stamper.used(taken.count)
    if isInspected { inspector.confirm(taken.count, of: topic) }
    let number = writers[current].lane.claim(taken.count, of: topic)
    let lane = writers[current].lane.settings.lane
    ledger.number(taken.count)
    let isSafe = rule.acknowledge == .received
    let mark = isSafe ? Mark.none : Mark(domain: .lane(lane), number: number)
    let last = Placement(mark: mark, lane: lane, offset: first &+ UInt64(taken.count) &- 1)
    return Run(count: taken.count, lastStart: taken.lastStart, end: taken.end, last: last)
  }

  /// Keeps an event in one of the shard's own lanes.
  mutating func store(_ event: borrowing Event, at index: Int, acknowledge: Acknowledgement) -> Verdict {
    let offset = writers[index].lane.nextOffset(of: event.grant.topic)
    let stamp = stamper.stamp(event)
    let timeMs = stamper.timestampMs
    guard writers[index].batch.append(event, stamp: stamp, offset: offset, timestampMs: timeMs) else {
      wantsRoom = true
      return .later
    }
    return .numbered(number(event.grant.topic, at: index, offset, acknowledge))
  }

  /// Gives an event that is in the batch its number.
  @inline(__always) mutating func number(
    _ topic: TopicID,
    at index: Int,
    _ offset: UInt64,
    _ acknowledge: Acknowledgement
  ) -> Placement {
    let claim = writers[index].lane.claim(topic)
    let lane = writers[index].lane.settings.lane
    ledger.number()
    let mark = acknowledge == .received ? Mark.none : Mark(domain: .lane(lane), number: claim.number)
    return Placement(mark: mark, lane: lane, offset: offset)
  }

  /// Hands an event to the lane of its key: one of the shard's own, or another shard's.
  @inline(never) private mutating func takeKeyed(_ event: borrowing Event, _ rule: TopicRule) -> Verdict {
    let lane = links.lane(of: event.key)
    if let own = links.own(lane) { return store(event, at: own, acknowledge: rule.acknowledge) }
    guard let number = links.send(event, to: lane, at: clock) else { return .later }
    return sent(event, to: lane, as: number, rule)
  }
  /// What becomes of an event that another shard's lane will number.
  mutating func sent(_ event: borrowing Event, to lane: LaneID, as number: EventNumber, _ rule: TopicRule) -> Verdict {
    ledger.number()
    let mark = rule.acknowledge == .received ? Mark.none : Mark(domain: .lane(lane), number: number)
    return .numbered(Placement(mark: mark, lane: lane, offset: nil))
  }

  /// Refuses an event for what is not its schema's.
  @inline(never) mutating func refused(_ reason: Refusal) -> Verdict {
    inspector.forgetVerdict()
    ledger.refuse(reason)
    return .refused(reason)
  }
}

/// What the line does with every event of a topic.
struct TopicRule {
  let acknowledge: Acknowledgement
  let order: Order
  let intake: Intake

  init(_ topic: Topic) {
    (acknowledge, order, intake) = (topic.acknowledge, topic.order, topic.intake)
  }
}
