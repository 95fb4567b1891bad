internal import Bytes
internal import Events

/// What is owed for a request: a receipt that grows with its events, or a reason.
extension HTTPFront {
  // MARK: Receipts

  /// Whether what becomes of one more event can be noted, whichever domain it goes to.
  @inline(__always) func hasRoomToNote(at desk: inout Desk) -> Bool {
    desk.answers.free > 0 || desk.watermarks.isSafe(desk.answers[receipt].mark)
      || safeWait(at: &desk) != AnswerPool.none
  }

  /// An entry of the request that waits for nothing any more.
  private func safeWait(at desk: inout Desk) -> UInt32 {
    var index = waits
    while index != AnswerPool.none, !desk.watermarks.isSafe(desk.answers[index].mark) {
      index = desk.answers[index].next
    }
    return index
  }

  /// Notes events that were numbered one after another, from where the last one went.
  mutating func note(_ placement: Placement, count: Int = 1, at desk: inout Desk) {
    let mark = desk.answers[receipt].mark
    if mark.domain != placement.mark.domain { wait(for: mark, at: &desk) }
    guard !placement.lane.isSide else {
      noteVerdict(nil, at: &desk)
      return desk.answers[receipt].add(quarantined: placement)
    }
    desk.answers[receipt].add(placement, count: count)
  }

  /// Has the consumer say more of an event that was not stored, for the verdict that is noted next.
  @inline(__always)
  func explain(_ verdict: Verdict, by consumer: inout some EventConsumer & ~Copyable, at desk: inout Desk) {
    switch verdict {
    case .refused: consumer.explain(into: &desk.explanation)
    case .numbered(let placement) where placement.lane.isSide: consumer.explain(into: &desk.explanation)
    case .numbered, .later: return
    }
  }

  /// Notes an event that was refused.
  mutating func note(refused reason: Refusal, at desk: inout Desk) {
    noteVerdict(reason, at: &desk)
    desk.answers[receipt].add(refused: reason)
  }

  /// Has the receipt tell what became of its next event, if it does not tell enough of others.
  private mutating func noteVerdict(_ reason: Refusal?, at desk: inout Desk) {
    let answer = desk.answers[receipt]
    let told = answer.refusedEvents &+ answer.quarantined
    // What is said of an event that is not told must not be said of the next.
    guard Int(told) < desk.limits.verdictsMax else { return desk.forgetExplanation() }
    var chain = answer.verdicts
    desk.addVerdict(reason, event: answer.events &+ told, to: &chain)
    desk.answers[receipt].verdicts = chain
  }

  /// The receipt waits for one domain itself; every other has an entry before it.
  private mutating func wait(for mark: Mark, at desk: inout Desk) {
    guard !desk.watermarks.isSafe(mark) else { return }
    var index = waits
    while index != AnswerPool.none {
      if desk.answers[index].domain == mark.domain {
        desk.answers[index].mark = mark
        return
      }
      index = desk.answers[index].next
    }
    index = safeWait(at: &desk)
    if index == AnswerPool.none {
      index = desk.answers.take(Answer(.wait))
      desk.answers[index].next = waits
      waits = index
    }
    desk.answers[index].mark = mark
  }

  /// Puts what the request waits for into the queue.
  mutating func spliceWaits(at desk: inout Desk) {
    while waits != AnswerPool.none {
      let index = waits
      waits = desk.answers[index].next
      queue.append(index, in: &desk.answers)
    }
  }

  /// Owes the receipt of a request that ended; where `atLeastOne` event had to be in it, a reason if none was.
  mutating func finish(atLeastOne: Bool = true, at desk: inout Desk) {
    spliceWaits(at: &desk)
    if desk.isDraining { traits.insert(.closes) }
    let isEmpty = desk.answers[receipt].isEmpty
    if isEmpty, !atLeastOne { desk.answers[receipt].traits.insert(.isScattered) }
    if isEmpty, atLeastOne {
      drop(at: &desk)
      owe(problem: .emptyEvent, at: &desk)
    } else {
      desk.answers[receipt].topic = topic
      desk.answers[receipt].traits.formUnion(traits)
      queue.append(receipt, in: &desk.answers)
      receipt = AnswerPool.none
    }
    next()
  }

  /// Gives a receipt back that says nothing.
  mutating func drop(at desk: inout Desk) {
    guard receipt != AnswerPool.none else { return }
    desk.verdicts.put(&desk.answers[receipt].verdicts)
    desk.answers.put(receipt)
    receipt = AnswerPool.none
  }

  // MARK: Reasons

  /// Owes an answer that says why a request was refused as a whole.
  ///
  /// With an empty pool nothing can be said.
  mutating func owe(problem reason: Refusal, closing: Bool = false, at desk: inout Desk) {
    desk.count(reason)
    if closing {
      if phase == .head { traits = [] }
      traits.insert(.closes)
    }
    owe(refused: reason, at: &desk)
  }

  /// Owes an answer that says why a request's one event was refused.
  ///
  /// The consumer has counted it.
  mutating func owe(refused reason: Refusal, at desk: inout Desk) {
    guard desk.answers.free > 0 else { return desk.forgetExplanation() }
    var answer = Answer(.problem)
    answer.refusal = reason.rawValue
    answer.traits = traits
    if desk.explanation.count > 0 { desk.addVerdict(reason, event: 0, to: &answer.verdicts) }
    if desk.isDraining {
      answer.traits.insert(.closes)
      traits.insert(.closes)
    }
    queue.append(desk.answers.take(answer), in: &desk.answers)
  }

  /// The stream can't be read on.
  ///
  /// What was stored stands and is said; the rest of its request is one refused event.
  mutating func fail(_ reason: Refusal, into consumer: inout some EventConsumer & ~Copyable, at desk: inout Desk) {
    if phase == .discard || phase == .discardChunks {
      // The request has its answer.
      desk.count(reason)
    } else if receipt != AnswerPool.none, !desk.answers[receipt].isEmpty {
      consumer.refuse(reason, under: grant)
      note(refused: reason, at: &desk)
      traits.insert(.closes)
      finish(at: &desk)
    } else {
      drop(at: &desk)
      owe(problem: reason, closing: true, at: &desk)
    }
    phase = .ended
  }

  // MARK: Requests without events

  /// Refuses a request and throws its body away, or ends the connection where that can't be done.
  mutating func refuseRequest(
    _ reason: Refusal,
    _ head: RequestHead,
    isBodyThere: Bool,
    at desk: inout Desk
  ) -> Step {
    passBody(head, isBodyThere: isBodyThere, at: desk)
    owe(problem: reason, at: &desk)
    return .advanced(head.byteCount)
  }

  /// Refuses the one event of a request whose body is not worth waiting for.
  mutating func refuseEvent(
    _ reason: Refusal,
    length: Int,
    _ head: RequestHead,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    consumer.refuse(reason, under: grant)
    owe(refused: reason, at: &desk)
    (remaining, phase) = (UInt32(length), .discard)
    if length == 0 { next() }
    return .advanced(head.byteCount)
  }

  /// Decides how the body of a request that is not read is got rid of.
  private mutating func passBody(_ head: RequestHead, isBodyThere: Bool, at desk: borrowing Desk) {
    (scanned, bodyBytes) = (0, 0)
    let hasBody = head.framing == .chunked || head.contentLength > 0
    // A peer that waits for leave may send its body or not: what comes next can't be told.
    if hasBody, !isBodyThere || head.contentLength > desk.limits.bodyBytesMax { traits.insert(.closes) }
    if traits.contains(.closes) {
      phase = .ended
    } else if head.framing == .chunked {
      (base, phase) = (ChunkWalk(at: 0), .discardChunks)
    } else if head.contentLength > 0 {
      (remaining, phase) = (UInt32(head.contentLength), .discard)
    } else {
      phase = .head
    }
  }

  /// Answers every request but those that bring events.
  mutating func answerResource(
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    let isBodyThere = isBodyThere(head, bytes)
    var kind = Answer.Kind.options
    switch head.resource {
    case .unknown: return refuseRequest(.unknownPath, head, isBodyThere: isBodyThere, at: &desk)
    case .events: traits.insert(.allowsPost)
    case .server: traits.formUnion([.allowsPost, .allowsGet])
    case .topics, .pressure:
      traits.insert(.allowsGet)
      if head.method == .get || head.method == .head { kind = head.resource == .topics ? .topics : .pressure }
    }
    guard kind != .options || head.method == .options else {
      return refuseRequest(.methodNotAllowed, head, isBodyThere: isBodyThere, at: &desk)
    }
    if kind != .options {
      guard principal(head.credential, bytes, from: &consumer) != nil else {
        return refuseRequest(.unauthenticated, head, isBodyThere: isBodyThere, at: &desk)
      }
    }
    passBody(head, isBodyThere: isBodyThere, at: desk)
    var answer = Answer(kind)
    answer.traits = traits
    if kind == .topics { answer.first = UInt64(firstTopic(bytes.extracting(head.name.start..<head.name.end))) }
    queue.append(desk.answers.take(answer), in: &desk.answers)
    return .advanced(head.byteCount)
  }

  /// The number in `from=12`, or 0.
  private func firstTopic(_ query: RawSpan) -> Int {
    guard query.isExactly("from=", prefix: true), query.byteCount <= 10 else { return 0 }
    var value = 0
    for offset in 5..<query.byteCount {
      let digit = query.byte(offset) &- 0x30
      guard digit < 10 else { return 0 }
      value = value * 10 + Int(digit)
    }
    return value
  }
}

extension Answer {
  /// Whether it says nothing of any event.
  var isEmpty: Bool { isRefused && refusedEvents == 0 }
  /// Whether none of its events was stored or set aside.
  var isRefused: Bool { events == 0 && quarantined == 0 }

  /// Counts events that were numbered one after another, from where the last one went.
  @inline(__always) mutating func add(_ placement: Placement, count: Int = 1) {
    if events == 0 {
      lane = placement.lane.rawValue
      if let offset = placement.offset {
        span = UInt32(clamping: count &- 1)
        first = offset &- UInt64(span)
        traits.insert(.hasOffsets)
      }
    } else if let offset = placement.offset, lane == placement.lane.rawValue, traits.contains(.hasOffsets) {
      span = UInt32(clamping: offset &- first)
    } else if lane != placement.lane.rawValue {
      traits.insert(.isScattered)
      traits.remove(.hasOffsets)
    }
    mark = placement.mark
    events &+= UInt32(clamping: count)
  }

  /// Counts an event that was set aside: it has no place among those that were stored.
  mutating func add(quarantined placement: Placement) {
    traits.insert(.hasQuarantined)
    request &+= 1
    mark = placement.mark
  }

  /// Counts an event that was refused.
  mutating func add(refused reason: Refusal) {
    if refusedEvents == 0 { refusal = reason.rawValue } else if refusal != reason.rawValue { traits.insert(.isMixed) }
    if reason.row.isRetryable { traits.insert(.isRetryable) }
    refusedEvents &+= 1
  }
}
