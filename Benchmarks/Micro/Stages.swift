internal import Bytes
internal import Decode
internal import Events
internal import Formats
internal import Gate
internal import Mark
internal import Pack
internal import Schemas
internal import Store

// Each stage alone. What a function called `measured…` does is counted and timed, and nothing else: what it works on is
// made by its caller. None is inlined, so that callgrind finds each by its name.

/// Everything behind a front, at no cost.
struct Sink: EventConsumer, ~Copyable {
  var count: UInt64 = 0
  var peer: PrincipalID { .anonymous }
  mutating func principal(of credential: RawSpan) -> PrincipalID? { .anonymous }
  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant {
    Grant(topic: TopicID(rawValue: 0), principal: principal, eventBytesMax: 256 << 10)
  }
  mutating func take(_ event: borrowing Event) -> Verdict { .numbered(placement(of: 1)) }
  mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement? { placement(of: 1) }
  mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run {
    var (taken, lastStart, end) = (0, start, start)
    while taken < limit, let payload = run.payload(at: end) {
      (taken, lastStart, end) = (taken &+ 1, payload.lowerBound, payload.upperBound)
    }
    guard taken > 0 else { return .none }
    return Run(count: taken, lastStart: lastStart, end: end, last: placement(of: taken))
  }
  private mutating func placement(of events: Int) -> Placement {
    count &+= UInt64(truncatingIfNeeded: events)
    let mark = Mark(domain: .lane(LaneID(rawValue: 0)), number: EventNumber(rawValue: count))
    return Placement(mark: mark, lane: LaneID(rawValue: 0), offset: count)
  }
  mutating func refuse(_ reason: Refusal, under grant: Grant) {}
}

@inline(never)
func measuredHTTPFeed(_ front: inout HTTPFront, _ bytes: RawSpan, _ sink: inout Sink, _ desk: inout Desk) {
  feed(&front, bytes, &sink, &desk)
}
@inline(never)
func measuredFramedFeed(_ front: inout FramedFront, _ bytes: RawSpan, _ sink: inout Sink, _ desk: inout Desk) {
  feed(&front, bytes, &sink, &desk)
}
@inline(__always)
private func feed(_ front: inout some Front & ~Copyable, _ bytes: RawSpan, _ sink: inout Sink, _ desk: inout Desk) {
  do throws(Refusal) {
    let fed = try front.feed(bytes, into: &sink, at: &desk)
    precondition(fed.consumed == bytes.byteCount, "a front takes whole messages")
  } catch {
    fatalError("a front refused what it should take: \(error)")
  }
}

@inline(never) func measuredJSONCheck(_ scanner: inout JSONScanner, _ texts: [[UInt8]]) {
  for text in texts {
    do throws(JSONFault) {
      // SAFETY: a view of an array that lives until the end of this scope.
      try unsafe scanner.check(text.span.bytes)
    } catch { fatalError("an event was refused: \(error)") }
  }
}

@inline(never) func measuredValidation(_ validator: inout Validator, _ schema: Schema, _ texts: [[UInt8]]) {
  for text in texts {
    // SAFETY: a view of an array that lives until the end of this scope.
    guard case .valid = unsafe validator.check(text.span.bytes, against: schema) else {
      fatalError("an event was refused: \(String(decoding: text, as: UTF8.self))")
    }
  }
}

@inline(never) func measuredHTTPAnswer(_ front: inout HTTPFront, _ desk: inout Desk, _ reply: inout Region) {
  front.answer(at: &desk, into: &reply)
}
@inline(never) func measuredFramedAnswer(_ front: inout FramedFront, _ desk: inout Desk, _ reply: inout Region) {
  front.answer(at: &desk, into: &reply)
}

@inline(never) func measuredVerify(_ keys: inout Authenticator, _ credential: RawSpan, _ count: Int) {
  for _ in 0..<count { precondition(keys.verify(credential) != nil, "a key that was right is right again") }
}
@inline(never) func measuredTopic(_ directory: TopicDirectory, _ name: RawSpan, _ count: Int) {
  for _ in 0..<count { precondition(directory.id(of: name) != nil, "a topic that is known is found") }
}
@inline(never) func measuredAdmission(_ admission: inout Admission, _ count: Int) {
  var load = Admission.Load()
  for round in 0..<count {
    load.bytesInFlight = round & 0xFFFF
    admission.update(load, nowNs: Int64(round))
    precondition(admission.decision == .admit && admission.retryAfterSeconds() > 0, "what has room is admitted")
  }
}

@inline(never) func measuredStamp(_ stamper: inout Stamper, _ payload: RawSpan, _ count: Int) {
  let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1 << 10)
  var last: UInt128 = 0
  for _ in 0..<count {
    let stamp = stamper.stamp(Event(grant: grant, origin: Origin(), payload: payload))
    precondition(stamp.eventID > last, "ids grow")
    last = stamp.eventID
  }
}

/// Returns how many fitted.
@inline(never) func measuredAppend(
  _ batch: inout Batch,
  _ payload: RawSpan,
  _ stamp: StampHeader,
  from offset: UInt64,
  _ timeMs: Int64
) -> Int {
  let grant = Grant(topic: TopicID(rawValue: 0), principal: .anonymous, eventBytesMax: 1 << 10)
  var count = 0
  while batch.append(
    Event(grant: grant, origin: Origin(), payload: payload),
    stamp: stamp,
    offset: offset + UInt64(count),
    timestampMs: timeMs
  ) {
    count += 1
  }
  return count
}
@inline(never) func measuredSeal(_ batch: inout Batch, _ spare: consuming Region) -> Sealed { batch.seal(using: spare) }
@inline(never) func measuredClaim(_ lane: inout Lane, _ count: Int) {
  for _ in 0..<count { _ = lane.claim(TopicID(rawValue: 0)) }
}
@inline(never) func measuredCommit(_ lane: inout Lane, _ region: inout Region, _ events: Int, _ utcNs: Int64) {
  precondition(lane.next(batchBytes: region.count, nowNs: 1) == .commit, "an idle lane takes a commit at once")
  _ = lane.commit(&region, events: events, last: lane.last, utcNs: utcNs, nowNs: 1)
  let settled = lane.completed(region.id, Int32(region.count), nowNs: 2)
  precondition(settled.events == UInt64(events), "what is written is safe")
}
