import Bytes
import Decode
import Events

/// Numbers what it is given; says `later` and refuses as the input's bytes say.
struct Consumer: EventConsumer, ~Copyable {
  var number: UInt64 = 0
  var isLater = false

  var peer: PrincipalID { .anonymous }
  mutating func principal(of credential: RawSpan) -> PrincipalID? {
    credential.byteCount > 3 ? PrincipalID(rawValue: 1) : nil
  }
  mutating func grant(topic name: RawSpan, to principal: PrincipalID) throws(Refusal) -> Grant {
    guard name.byteCount < 9 else { throw .unknownTopic }
    return Grant(topic: TopicID(rawValue: 0), principal: principal, eventBytesMax: 100)
  }
  mutating func take(_ event: borrowing Event) -> Verdict {
    isLater.toggle()
    if isLater { return .later }
    let first = event.payload.byteCount > 0 ? event.payload.byte(0) : 0
    if first == 0x62 { return .refused(.forbidden) }
    return .numbered(place(first))
  }
  mutating func take(_ payload: RawSpan, under grant: Grant) -> Placement? {
    // Some it would rather be offered one by one.
    let first = payload.byte(0)
    return first & 0x12 == 0 ? place(first) : nil
  }
  mutating func take(
    _ run: some EventRun & ~Escapable,
    of bytes: RawSpan,
    from start: Int,
    under grant: Grant,
    atMost limit: Int
  ) -> Run {
    var taken = Run.none
    var end = start
    while taken.count < limit, let payload = run.payload(at: end) {
      precondition(payload.lowerBound >= end && !payload.isEmpty, "events follow one another")
      precondition(payload.count <= grant.eventBytesMax, "a run has no event that is too large")
      let first = bytes.byte(payload.lowerBound)
      // A run goes to one lane.
      if taken.count > 0, UInt16(first & 3) != taken.last.lane.rawValue { break }
      guard let last = take(bytes.extracting(payload), under: grant) else { break }
      end = payload.upperBound
      taken = Run(count: taken.count + 1, lastStart: payload.lowerBound, end: end, last: last)
    }
    return taken
  }
  private mutating func place(_ first: UInt8) -> Placement {
    number += 1
    let lane = LaneID(rawValue: UInt16(first & 3))
    let mark = Mark(domain: .lane(lane), number: EventNumber(rawValue: number))
    return Placement(mark: mark, lane: lane, offset: first & 4 == 0 ? number : nil)
  }
  mutating func refuse(_ reason: Refusal, under grant: Grant) {}
}

/// Feeds the input in pieces whose size its first byte gives, as a gateway would, and takes the answers.
///
/// Traps when a front consumes more than there is, asks for what is there, never comes to an end, or keeps an answer.
@c(LLVMFuzzerTestOneInput) public func fuzz(_ input: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 1, let input else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: input, count: count))
  var limits = FrontLimits()
  limits.headBytesMax = 512
  limits.bodyBytesMax = 4000
  limits.eventBytesMax = 200
  limits.inflatedBytesMax = 5000
  limits.answersMax = 4
  let topic = Topic(id: TopicID(rawValue: 0), name: "temps")
  var desk = Desk(limits: limits, topics: [topic], lanes: 4, answers: 8)
  var front = FramedFront(FrontTraits(requiresKey: bytes[0] & 128 != 0))
  var consumer = Consumer()
  var reply = Region(id: RegionID(rawValue: 0), byteCount: Desk.answerBytesMax)
  var carry: [UInt8] = []
  var arrived = 1
  var needed = 1
  loop: while arrived < bytes.count {
    let piece = bytes[arrived..<min(bytes.count, arrived + Int(bytes[0] & 127) + 1)]
    arrived += piece.count
    carry += piece
    var rounds = 0
    while carry.count >= needed {
      rounds += 1
      precondition(rounds < 10_000, "a front comes to an end")
      let lent = carry
      do throws(Refusal) {
        let fed = try front.feed(lent.span.bytes, into: &consumer, at: &desk)
        carry.removeFirst(fed.consumed)
        switch fed.pause {
        case .finished: break loop
        case .hungry(let more):
          precondition(more > carry.count && more <= limits.carryBytesMax, "a front asks for more, within bounds")
          needed = more
        case .stalled: needed = 0
        }
      } catch { break loop }
      for lane in 0..<4 {
        desk.watermarks.advance(.lane(LaneID(rawValue: UInt16(lane))), through: EventNumber(rawValue: consumer.number))
      }
      repeat {
        reply.count = 0
        front.answer(at: &desk, into: &reply)
      } while reply.count > 0
      precondition(!front.isOwing, "what is safe is answered")
    }
  }
  front.abandon(at: &desk)
  precondition(desk.answersFree == desk.answersCapacity, "every answer goes back to the pool")
  return 0
}
