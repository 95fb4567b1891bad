internal import Bytes
internal import Events
internal import Formats

/// Bodies that have to be looked into: arrays of events, and CloudEvents.
extension HTTPFront {
  // MARK: Arrays

  /// Decides, where that is not done, whether a JSON body is an array, by its first byte that is no blank.
  mutating func decide(_ part: RawSpan) {
    guard content == .json, flags.isDisjoint(with: [.isArray, .isSingle]) else { return }
    let place = part.afterBlanks(from: 0)
    if place < part.byteCount { flags.insert(part.byte(place) == 0x5B ? .isArray : .isSingle) }
  }

  /// Why a body with so many bytes, more than one event may have, is not read on; `nil` when it is.
  func excess(_ expected: Int, at desk: borrowing Desk) -> Refusal? {
    if content == .envelopes || flags.contains(.isArray) {
      return expected > desk.limits.arrayBytesMax ? .bodyTooLarge : nil
    }
    // Of blanks alone it is not known yet what they begin.
    let isOpen = content == .json && !flags.contains(.isSingle) && bodyBytes <= eventBytesMax
    return isOpen ? nil : .eventTooLarge
  }

  /// A JSON body that is too large for one event need not be too large for an array of them.
  ///
  /// Its first byte that is no blank tells, before the rest of it is waited for.
  mutating func lookIntoLarge(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    guard desk.answers.free > 0 else { return .stalled() }
    let length = Int(remaining - headBytes)
    let known = bytes.extracting(0..<min(bytes.byteCount, Int(headBytes + eventBytesMax)))
    let place = known.afterBlanks(from: max(Int(headBytes), Int(scanned)))
    if place == bytes.byteCount {
      scanned = UInt32(place)
      return Step(advanced: 0, pause: .hungry(forBytes: bytes.byteCount + 1))
    }
    scanned = 0
    if place < known.byteCount, known.byte(place) == 0x5B {
      flags.insert(.isArray)
      if length <= desk.limits.arrayBytesMax, Int(remaining) <= desk.limits.carryBytesMax { return .advanced(0) }
      owe(problem: .bodyTooLarge, at: &desk)
    } else {
      consumer.refuse(.eventTooLarge, under: grant)
      owe(refused: .eventTooLarge, at: &desk)
    }
    (remaining, phase) = (UInt32(length), .discard)
    return .advanced(Int(headBytes))
  }

  /// Takes the elements of a body that is whole, from `scanned` on: each is an event.
  ///
  /// The first time, all of it is checked: of what is no array of JSON values nothing is taken.
  mutating func takeArray(
    _ body: RawSpan,
    of bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    guard receipt != AnswerPool.none || desk.answers.free > 0 else { return .stalled() }
    var head = RequestHead()
    if flags.contains(.hasOrigin) { _ = try head.read(bytes, limits: desk.limits, table: desk.fields) }
    if scanned == 0 {
      guard body.byteCount <= desk.limits.arrayBytesMax else { return refuseUnit(.bodyTooLarge, at: &desk) }
      // One id can't be many events'.
      guard head.origin.eventID == nil else { return refuseUnit(.malformed, at: &desk) }
      do throws(JSONFault) {
        let elements = try desk.marks.elements(of: body)
        receipt = desk.answers.take(desk.answer(.receipt))
        return take(elements, of: body, from: 0, head, bytes, into: &consumer, at: &desk)
      } catch {
        return refuseUnit(.malformedBody, at: &desk)
      }
    }
    let elements = desk.marks.elements(from: body.extracting(Int(scanned)..<body.byteCount))
    return take(elements, of: body, from: Int(scanned), head, bytes, into: &consumer, at: &desk)
  }

  /// Refuses a request whose body is whole.
  private mutating func refuseUnit(_ reason: Refusal, at desk: inout Desk) -> Step {
    let used = unitBytes
    owe(problem: reason, at: &desk)
    next()
    return .advanced(used)
  }

  private mutating func take(
    _ elements: JSONElements,
    of body: RawSpan,
    from base: Int,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Step {
    var elements = elements
    while !elements.isAtEnd {
      let start = base + elements.offset
      let envelope = elements.reader
      let range = elements.next()
      let payload = body.extracting(base + range.lowerBound..<base + range.upperBound)
      guard offer(payload, envelope, head, bytes, into: &consumer, at: &desk) else {
        scanned = UInt32(start)
        return .stalled()
      }
    }
    let used = unitBytes
    finish(atLeastOne: false, at: &desk)
    return .advanced(used)
  }

  /// Offers one element.
  ///
  /// `false`: later.
  private mutating func offer(
    _ payload: RawSpan,
    _ envelope: JSONReader,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Bool {
    guard payload.byteCount <= Int(eventBytesMax) else { return offerTooLarge(into: &consumer, at: &desk) }
    guard hasRoomToNote(at: &desk) else { return false }
    let verdict =
      content == .envelopes
      ? take(payload, envelope, head, bytes, into: &consumer, at: &desk)
      : self.offer(payload, head, bytes, into: &consumer)
    explain(verdict, by: &consumer, at: &desk)
    switch verdict {
    case .later: return false
    case .refused(let reason): note(refused: reason, at: &desk)
    case .numbered(let placement): note(placement, at: &desk)
    }
    return true
  }

  // MARK: CloudEvents

  /// Offers one of many CloudEvents.
  private func take(
    _ payload: RawSpan,
    _ envelope: JSONReader,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Verdict {
    var details = desk.borrowDetails()
    let verdict: Verdict
    do throws(Refusal) {
      let schema = bytes.extracting(head.schema.start..<head.schema.end)
      let event = try CloudEvent(envelope, from: envelope.offset, schema: schema, into: &details, desk.names)
      verdict = take(event, details, payload, head, bytes, into: &consumer)
    } catch {
      consumer.refuse(error, under: grant)
      verdict = .refused(error)
    }
    desk.put(details: details)
    return verdict
  }

  /// Takes one CloudEvent whose body is whole.
  mutating func takeCloudEvent(
    _ body: RawSpan,
    of bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    guard desk.answers.free > 0 else { return .stalled() }
    var head = RequestHead()
    _ = try head.read(bytes, limits: desk.limits, table: desk.fields)
    var details = desk.borrowDetails()
    let verdict: Verdict
    do throws(Refusal) {
      let event = try read(body, head, bytes, into: &details, at: &desk)
      verdict = take(event, details, body, head, bytes, into: &consumer)
    } catch {
      consumer.refuse(error, under: grant)
      verdict = .refused(error)
    }
    desk.put(details: details)
    return settle(verdict, by: &consumer, at: &desk)
  }

  private func read(
    _ body: RawSpan,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into details: inout Region,
    at desk: inout Desk
  ) throws(Refusal) -> CloudEvent {
    let schema = bytes.extracting(head.schema.start..<head.schema.end)
    guard content == .envelope else {
      return try CloudEvent(head, bytes, desk.fields, schema: schema, into: &details, desk.names)
    }
    let envelope: JSONReader
    do throws(JSONFault) { envelope = try desk.marks.checked(body) } catch { throw .malformedBody }
    return try CloudEvent(envelope, from: 0, schema: schema, into: &details, desk.names)
  }

  /// Offers a CloudEvent, with what its request says besides.
  private func take(
    _ event: CloudEvent,
    _ details: borrowing Region,
    _ payload: RawSpan,
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable
  ) -> Verdict {
    var origin = head.origin
    origin.eventID = origin.eventID ?? event.eventID
    let key = bytes.extracting(head.key.start..<head.key.end)
    return consumer.take(
      Event(
        grant: grant,
        origin: origin,
        key: key,
        hasKey: head.hasKey,
        payload: payload,
        details: details.bytes
      )
    )
  }
}

extension RawSpan {
  /// Where the first byte is, at or after `offset`, that is no blank of JSON; its end when there is none.
  func afterBlanks(from offset: Int) -> Int {
    var place = offset
    while place < byteCount {
      switch byte(place) {
      case 0x20, 0x09, 0x0A, 0x0D: place += 1
      default: return place
      }
    }
    return place
  }
  /// Whether a JSON text that it is begins an array.
  var beginsArray: Bool {
    let place = afterBlanks(from: 0)
    return place < byteCount && byte(place) == 0x5B
  }
}
