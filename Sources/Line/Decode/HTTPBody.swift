internal import Bytes
internal import Events
internal import Formats

/// How bodies are read: one event that must be whole, events line by line, and what nobody wants.
extension HTTPFront {
  /// Offers the one event of a request whose body is whole.
  mutating func take(
    _ event: borrowing Event,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    guard desk.answers.free > 0 else { return .stalled() }
    let verdict = consumer.take(event)
    return settle(verdict, by: &consumer, at: &desk)
  }

  /// Offers an event of a request, with what its head says of it.
  @inline(__always)
  func offer(
    _ payload: RawSpan,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable
  ) -> Verdict {
    guard head.hasKey || flags.contains(.hasSchema) else {
      return consumer.take(Event(grant: grant, origin: head.origin, payload: payload))
    }
    let key = bytes.extracting(head.key.start..<head.key.end)
    guard flags.contains(.hasSchema) else {
      return consumer.take(Event(grant: grant, origin: head.origin, key: key, payload: payload))
    }
    // SAFETY: the bytes are those of a whole array of this front, which outlives the call.
    let details = unsafe details.span.bytes.extracting(0..<Int(detailsCount))
    let hasKey = head.hasKey
    return consumer.take(
      Event(grant: grant, origin: head.origin, key: key, hasKey: hasKey, payload: payload, details: details)
    )
  }

  /// Owes the answer to a request with one event, with what its consumer says of it.
  mutating func settle(
    _ verdict: Verdict,
    by consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    explain(verdict, by: &consumer, at: &desk)
    let length = unitBytes
    switch verdict {
    case .later: return .stalled()
    case .refused(let reason): owe(refused: reason, at: &desk)
    case .numbered(let placement):
      if desk.isDraining { traits.insert(.closes) }
      var answer = desk.answer(.receipt)
      answer.topic = topic
      answer.traits = traits
      if placement.lane.isSide {
        desk.addVerdict(nil, event: 0, to: &answer.verdicts)
        answer.add(quarantined: placement)
      } else {
        answer.add(placement)
      }
      queue.append(desk.answers.take(answer), in: &desk.answers)
    }
    next()
    return .advanced(length)
  }

  /// How many bytes the request under way has, head and body, once its body is whole.
  var unitBytes: Int { Int(phase == .unitChunks ? walk.at : remaining) }

  /// Goes on to the next request, or to the end.
  @inline(__always) mutating func next() {
    phase = traits.contains(.closes) ? .ended : .head
    (scanned, remaining) = (0, 0)
  }

  // MARK: One event, or a compressed body

  mutating func readUnit(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    if content == .json, Int(remaining &- headBytes) > Int(eventBytesMax), flags.isDisjoint(with: [.isGzip, .isArray]) {
      return lookIntoLarge(bytes, into: &consumer, at: &desk)
    }
    guard bytes.byteCount >= Int(remaining) else { return Step(advanced: 0, pause: .hungry(forBytes: Int(remaining))) }
    if flags.contains(.isGzip) { return try takeCompressed(bytes, into: &consumer, at: &desk) }
    let body = bytes.extracting(Int(headBytes)..<Int(remaining))
    return try take(body: body, of: bytes, into: &consumer, at: &desk)
  }

  mutating func readUnitChunks(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    while true {
      switch try walk.next(in: bytes, headBytesMax: desk.limits.headBytesMax, table: desk.fields) {
      case .cut: return Step(advanced: 0, pause: .hungry(forBytes: bytes.byteCount + 1))
      case .data(let start, let end):
        // A chunk says its size first, so what is too large is known before all of it is there.
        let expected = Int(bodyBytes) + end - start + Int(walk.left)
        bodyBytes += UInt32(end - start)
        if flags.contains(.isGzip) {
          guard expected <= desk.limits.compressedBytesMax else { throw .bodyTooLarge }
          continue
        }
        decide(bytes.extracting(start..<end))
        guard expected > Int(eventBytesMax) else { continue }
        guard expected <= desk.limits.bodyBytesMax else { throw .bodyTooLarge }
        guard let reason = excess(expected, at: desk) else { continue }
        if reason == .eventTooLarge {
          consumer.refuse(reason, under: grant)
          owe(refused: reason, at: &desk)
        } else {
          owe(problem: reason, at: &desk)
        }
        let used = Int(walk.at)
        base = walk
        base.at = 0
        phase = .discardChunks
        return .advanced(used)
      case .end:
        if flags.contains(.isGzip) { return try takeCompressed(bytes, into: &consumer, at: &desk) }
        return try takeChunks(bytes, into: &consumer, at: &desk)
      }
    }
  }

  /// Offers the event whose bytes came in chunks: in place when it was one, else put together.
  private mutating func takeChunks(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    var again = ChunkWalk(at: Int(headBytes))
    let found = try again.next(in: bytes, headBytesMax: desk.limits.headBytesMax, table: desk.fields)
    if case .data(let start, let end) = found, end - start == Int(bodyBytes) {
      return try take(body: bytes.extracting(start..<end), of: bytes, into: &consumer, at: &desk)
    }
    if Int(bodyBytes) > desk.limits.eventBytesMax {
      var region = desk.borrowInflated()
      do throws(Refusal) {
        try desk.gather(bytes, from: ChunkWalk(at: Int(headBytes)), count: Int(bodyBytes), into: &region)
        let step = try take(gathered: region, of: bytes, into: &consumer, at: &desk)
        desk.put(inflated: region)
        return step
      } catch {
        desk.put(inflated: region)
        throw error
      }
    }
    var scratch = desk.borrowScratch()
    do throws(Refusal) {
      try desk.gather(bytes, from: ChunkWalk(at: Int(headBytes)), count: Int(bodyBytes), into: &scratch)
      let step = try take(gathered: scratch, of: bytes, into: &consumer, at: &desk)
      desk.put(scratch: scratch)
      return step
    } catch {
      desk.put(scratch: scratch)
      throw error
    }
  }

  private mutating func take(
    gathered region: borrowing Region,
    of bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    try take(body: region.bytes, of: bytes, into: &consumer, at: &desk)
  }

  /// Offers one event, with what the request's head says of it.
  private mutating func take(
    body: RawSpan,
    of bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    if content == .envelopes || (content == .json && body.beginsArray) {
      return try takeArray(body, of: bytes, into: &consumer, at: &desk)
    }
    guard body.byteCount > 0 || content == .data, body.byteCount <= Int(eventBytesMax) else {
      let reason: Refusal = body.byteCount == 0 ? .emptyEvent : .eventTooLarge
      guard desk.answers.free > 0 else { return .stalled() }
      let used = unitBytes
      consumer.refuse(reason, under: grant)
      owe(refused: reason, at: &desk)
      next()
      return .advanced(used)
    }
    if content != .json { return try takeCloudEvent(body, of: bytes, into: &consumer, at: &desk) }
    guard flags.contains(.hasOrigin) else {
      return take(Event(grant: grant, origin: Origin(), payload: body), into: &consumer, at: &desk)
    }
    var head = RequestHead()
    _ = try head.read(bytes, limits: desk.limits, table: desk.fields)
    guard desk.answers.free > 0 else { return .stalled() }
    let verdict = offer(body, head, bytes, into: &consumer)
    return settle(verdict, by: &consumer, at: &desk)
  }

  /// Inflates a body that is whole, and takes what is in it.
  ///
  /// After `later` it is inflated once more.
  private mutating func takeCompressed(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    guard desk.answers.free > 0 else { return .stalled() }
    var region = desk.borrowInflated()
    do throws(Refusal) {
      let step = try take(compressed: bytes, through: &region, into: &consumer, at: &desk)
      desk.put(inflated: region)
      return step
    } catch {
      desk.put(inflated: region)
      throw error
    }
  }

  private mutating func take(
    compressed bytes: RawSpan,
    through region: inout Region,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    if let fault = try inflate(bytes, into: &region, at: &desk) {
      let used = unitBytes
      drop(at: &desk)
      owe(problem: fault, at: &desk)
      next()
      return .advanced(used)
    }
    if flags.contains(.isLines) { return takeLines(region, into: &consumer, at: &desk) }
    return try take(gathered: region, of: bytes, into: &consumer, at: &desk)
  }

  private func inflate(_ bytes: RawSpan, into region: inout Region, at desk: inout Desk) throws(Refusal) -> Refusal? {
    let count = phase == .unitChunks ? Int(bodyBytes) : Int(remaining - headBytes)
    desk.inflater.begin(outputBytesMax: min(desk.limits.inflatedBytesMax, count * desk.limits.inflationRatioMax))
    do throws(Inflater.Fault) {
      if phase == .unit {
        try desk.inflater.add(bytes.extracting(Int(headBytes)..<Int(remaining)), to: &region)
      } else {
        var again = ChunkWalk(at: Int(headBytes))
        while case .data(let start, let end)? = again.following(in: bytes, at: desk) {
          try desk.inflater.add(bytes.extracting(start..<end), to: &region)
        }
      }
      try desk.inflater.end()
    } catch {
      return error == .tooLarge ? .expandsTooFar : .corruptEncoding
    }
    return nil
  }

  /// Takes the lines of an inflated body, from `scanned` on.
  private mutating func takeLines(
    _ region: borrowing Region,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    let bytes = region.bytes
    while Int(scanned) < bytes.byteCount {
      let start = Int(scanned)
      let end = bytes.first(0x0A, from: start) ?? bytes.byteCount
      guard offer(bytes.extracting(start..<end), into: &consumer, at: &desk) else { return .stalled() }
      scanned = UInt32(min(end + 1, bytes.byteCount))
    }
    let used = unitBytes
    finish(at: &desk)
    return .advanced(used)
  }

  // MARK: Lines

  mutating func readLines(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    var at = 0
    while remaining > 0 {
      let window = min(Int(remaining), bytes.byteCount &- at)
      guard window > 0 else { return Step(advanced: at, pause: .hungry(forBytes: 1)) }
      let text = bytes.extracting(at..<at &+ window)
      var used = window
      if let taken = takeRun(text, into: &consumer, at: &desk) {
        used = taken
      } else if let feed = text.first(0x0A, from: Int(scanned)) {
        guard endLine(text.extracting(0..<feed), into: &consumer, at: &desk) else { return .stalled(after: at) }
        used = feed &+ 1
      } else if window == Int(remaining) {
        guard endLine(text, into: &consumer, at: &desk) else { return .stalled(after: at) }
      } else if !skips(window, into: &consumer, at: &desk) {
        scanned = UInt32(window)
        return Step(advanced: at, pause: .hungry(forBytes: window + 1))
      }
      at &+= used
      remaining &-= UInt32(used)
      scanned = 0
    }
    finish(at: &desk)
    return .advanced(at)
  }

  /// Offers whole lines at once, and returns how many bytes those have that were taken; `nil` when none was.
  @inline(__always)
  private mutating func takeRun(
    _ text: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Int? {
    // A line that was cut is looked at from where the last look ended.
    guard scanned == 0, flags.isDisjoint(with: .special.union(.isSkipping)), hasRoomToNote(at: &desk) else {
      return nil
    }
    let lines = LineRun(text, eventBytesMax: Int(eventBytesMax))
    let run = consumer.take(lines, of: text, from: 0, under: grant, atMost: .max)
    guard run.count > 0 else { return nil }
    note(run.last, count: run.count, at: &desk)
    return text.byte(run.end) == 0x0D ? run.end &+ 2 : run.end &+ 1
  }

  /// Lines that may straddle chunks.
  ///
  /// A line is whole when its LF is there or the body ends behind it.
  mutating func readLineChunks(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    var used = 0
    while true {
      let before = (walk: walk, lineBytes: lineBytes)
      switch try walk.next(in: bytes, headBytesMax: desk.limits.headBytesMax, table: desk.fields) {
      case .cut:
        if lineBytes == 0 || flags.contains(.isSkipping) { used = keepFrom(Int(walk.at)) }
        walk.at -= UInt32(used)
        return Step(advanced: used, pause: .hungry(forBytes: bytes.byteCount - used + 1))
      case .data(let start, let end):
        guard Int(bodyBytes) + end - start + Int(walk.left) <= desk.limits.bodyBytesMax else { throw .bodyTooLarge }
        if let feed = bytes.extracting(start..<end).first(0x0A) {
          let rest = start + feed + 1
          lineBytes += UInt32(feed)
          walk.rewind(to: rest)
          let line = feed == Int(lineBytes) ? start..<start + feed : used..<used
          guard try endChunkedLine(bytes, line, from: used, into: &consumer, at: &desk) else {
            // The walk comes by here again.
            (walk, lineBytes) = before
            walk.at -= UInt32(used)
            return .stalled(after: used)
          }
          bodyBytes += UInt32(feed + 1)
          used = keepFrom(rest)
        } else {
          lineBytes += UInt32(end - start)
          bodyBytes += UInt32(end - start)
          _ = skips(Int(lineBytes), into: &consumer, at: &desk)
        }
      case .end:
        guard try endChunkedLine(bytes, used..<used, from: used, into: &consumer, at: &desk) else {
          walk.at -= UInt32(used)
          return .stalled(after: used)
        }
        finish(at: &desk)
        return .advanced(Int(walk.at))
      }
    }
  }

  /// Everything before `offset` is used up: the next line starts there.
  ///
  /// Returns it.
  private mutating func keepFrom(_ offset: Int) -> Int {
    base = walk
    base.at = 0
    lineBytes = flags.contains(.isSkipping) ? lineBytes : 0
    return offset
  }

  /// Offers a line that ended, which stands at `place` when it is in one piece, else among the chunks from `start` on.
  private mutating func endChunkedLine(
    _ bytes: RawSpan,
    _ place: Range<Int>,
    from start: Int,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Bool {
    guard lineBytes > 0, place.isEmpty, !flags.contains(.isSkipping) else {
      return endLine(bytes.extracting(place), into: &consumer, at: &desk)
    }
    guard lineBytes <= eventBytesMax + 1 else { return offerTooLarge(into: &consumer, at: &desk) }
    var scratch = desk.borrowScratch()
    do throws(Refusal) {
      try desk.gather(bytes.extracting(start..<bytes.byteCount), from: base, count: Int(lineBytes), into: &scratch)
    } catch {
      desk.put(scratch: scratch)
      throw error
    }
    let isTaken = offer(gathered: scratch, into: &consumer, at: &desk)
    desk.put(scratch: scratch)
    return isTaken
  }

  private mutating func offer(
    gathered region: borrowing Region,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    offer(region.bytes, into: &consumer, at: &desk)
  }

  /// Whether the line under way, of which so much is there, is skipped: it is too long, with any CR at its end.
  private mutating func skips(
    _ count: Int,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    if flags.contains(.isSkipping) { return true }
    guard count > Int(eventBytesMax) + 1 else { return false }
    _ = offerTooLarge(into: &consumer, at: &desk)
    flags.insert(.isSkipping)
    return true
  }

  /// Offers a line whose end was met, unless it was skipped.
  ///
  /// `false`: later.
  private mutating func endLine(
    _ line: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    if flags.contains(.isSkipping) {
      flags.remove(.isSkipping)
      lineBytes = 0
      return true
    }
    return offer(line, into: &consumer, at: &desk)
  }

  mutating func offerTooLarge(
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    consumer.refuse(.eventTooLarge, under: grant)
    note(refused: .eventTooLarge, at: &desk)
    return true
  }

  /// Offers one line, without a CR at its end; an empty one is nothing.
  ///
  /// `false`: later.
  private mutating func offer(
    _ line: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    var count = line.byteCount
    if count > 0, line.byte(count &- 1) == 0x0D { count &-= 1 }
    guard count > 0 else { return true }
    guard count <= Int(eventBytesMax) else { return offerTooLarge(into: &consumer, at: &desk) }
    guard hasRoomToNote(at: &desk) else { return false }
    let payload = line.extracting(0..<count)
    let verdict =
      flags.isDisjoint(with: .special)
      ? consumer.take(Event(grant: grant, origin: Origin(), payload: payload)) : take(line: payload, into: &consumer)
    explain(verdict, by: &consumer, at: &desk)
    switch verdict {
    case .later: return false
    case .refused(let reason): note(refused: reason, at: &desk)
    case .numbered(let placement): note(placement, at: &desk)
    }
    return true
  }

  /// Offers a line with what the request's head says of every line.
  private func take(line: RawSpan, into consumer: inout some EventConsumer & ~Copyable) -> Verdict {
    // SAFETY: the bytes are those of whole arrays of this front, which outlives the call.
    let key = unsafe key.span.bytes.extracting(0..<(flags.contains(.hasKey) ? Int(keyCount) : 0))
    let details = unsafe details.span.bytes.extracting(0..<(flags.contains(.hasSchema) ? Int(detailsCount) : 0))
    return consumer.take(
      Event(
        grant: grant,
        origin: lineOrigin,
        key: key,
        hasKey: flags.contains(.hasKey),
        payload: line,
        details: details
      )
    )
  }

  private var lineOrigin: Origin {
    guard flags.contains(.hasTrace) else { return Origin() }
    let trace = UInt128(traceHigh) << 64 | UInt128(traceLow)
    return Origin(trace: TraceParent(trace: trace, parent: traceParent, flags: traceFlags))
  }

  // MARK: What nobody wants

  mutating func discard(_ bytes: RawSpan) -> Step {
    let used = min(Int(remaining), bytes.byteCount)
    remaining -= UInt32(used)
    guard remaining == 0 else { return Step(advanced: used, pause: .hungry(forBytes: 1)) }
    next()
    return .advanced(used)
  }

  mutating func discardChunks(_ bytes: RawSpan, at desk: borrowing Desk) throws(Refusal) -> Step {
    while true {
      switch try base.next(in: bytes, headBytesMax: desk.limits.headBytesMax, table: desk.fields) {
      case .cut:
        let used = Int(base.at)
        base.at = 0
        return Step(advanced: used, pause: .hungry(forBytes: bytes.byteCount - used + 1))
      case .data(let start, let end):
        guard Int(bodyBytes) + end - start + Int(base.left) <= desk.limits.bodyBytesMax else { throw .bodyTooLarge }
        bodyBytes += UInt32(end - start)
      case .end:
        let used = Int(base.at)
        next()
        return .advanced(used)
      }
    }
  }
}

extension Desk {
  /// Copies `count` bytes of a body out of its chunks.
  func gather(_ bytes: RawSpan, from start: ChunkWalk, count: Int, into region: inout Region) throws(Refusal) {
    var walk = start
    while region.count < count,
      case .data(let first, let end) = try walk.next(
        in: bytes,
        headBytesMax: limits.headBytesMax,
        table: fields
      )
    {
      region.append(bytes.extracting(first..<min(end, first + count - region.count)))
    }
    require(region.count == count, "what was met in chunks is found there again")
  }
}

extension ChunkWalk {
  /// The next bytes of a body that was walked before.
  mutating func following(in bytes: RawSpan, at desk: borrowing Desk) -> Found? {
    do throws(Refusal) {
      return try next(in: bytes, headBytesMax: desk.limits.headBytesMax, table: desk.fields)
    } catch {
      return nil
    }
  }
}
