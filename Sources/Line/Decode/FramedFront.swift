public import Bytes
public import Events

/// Length-prefixed binary frames, for devices that want the least overhead.
///
/// Specified in `Docs/Protocols/framed.md`.
///
///     u32 length | u8 kind | u8 flags | u16 alias | u32 request | the rest, by kind
///
/// Big-endian; the length counts what follows it. All events of one buffer that go to one topic share one answer, so
/// the cost of answering is per buffer, not per frame.
public struct FramedFront: Front, ~Copyable {
  /// What a client sends.
  enum Kind {
    static var hello: UInt8 { 1 }
    static var bind: UInt8 { 2 }
    static var event: UInt8 { 3 }
    static var ping: UInt8 { 4 }
  }
  /// What stands before an event's payload, in this order.
  enum Parts {
    static var eventID: UInt8 { 1 }
    static var trace: UInt8 { 2 }
    static var key: UInt8 { 4 }
    static var all: UInt8 { 7 }
  }
  /// A frame's fixed part, and what of it the length counts.
  @inlinable static var headBytes: Int { 12 }
  @inlinable static var countedHeadBytes: Int { 8 }
  /// Topics a connection can have names for at a time.
  public static var aliasesMax: Int { 16 }
  /// The version of the protocol.
  public static var version: UInt8 { 1 }
  /// What follows the fixed part of a greeting or a binding, at the most.
  static var textBytesMax: Int { 1024 }
  /// What an answer takes at the most.
  static var answerBytesMax: Int { 48 }

  /// What an alias stands for; an event may have 0 bytes where it stands for nothing.
  struct Binding: BitwiseCopyable {
    var topic: UInt16 = 0
    var eventBytesMax: UInt32 = 0
  }
  /// What `protocol:` in the settings calls it.
  public static var name: StaticString { "framed" }

  private var queue = AnswerQueue()
  /// The rest of a frame that was refused.
  private var skipped: UInt32 = 0
  private var principal: UInt32 = PrincipalID.anonymous.rawValue
  /// Whether events are taken: at once, or after a greeting with a key.
  private var isAdmitted: Bool
  private let requiresKey: Bool
  private var isEnded = false
  /// Whether a frame has begun that is not whole.
  private var isWithin = false
  private var bindings: InlineArray<16, Binding> = InlineArray(repeating: Binding())

  /// A front for a connection that has just been accepted.
  public init(_ traits: FrontTraits) {
    requiresKey = traits.requiresKey
    isAdmitted = !traits.requiresKey
  }

  /// Whether an answer is still owed.
  public var isOwing: Bool { !queue.isEmpty }
  /// What its first answer waits for.
  public func firstMark(at desk: borrowing Desk) -> Mark { desk.firstMark(of: queue) }

  /// What the peer is in the middle of.
  public var stage: FrontStage {
    if isEnded { return .idle }
    if skipped > 0 { return .body }
    return isWithin ? .body : isAdmitted ? .idle : .head
  }

  /// Consumes as many whole frames as there are.
  public mutating func feed(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed {
    var cursor = Cursor(bytes)
    guard !isEnded else { return Fed(consumed: bytes.byteCount, .finished) }
    guard !desk.isDraining else {
      refuse(.draining, at: &desk)
      return Fed(consumed: bytes.byteCount, .finished)
    }
    do throws(Refusal) {
      let pause = try read(&cursor, into: &consumer, at: &desk)
      isWithin = pause != .stalled && cursor.remaining > 0
      return Fed(consumed: cursor.position, pause)
    } catch {
      refuse(error, at: &desk)
      throw error
    }
  }

  /// Owes a farewell that says why nothing more will be read.
  ///
  /// With an empty pool nothing can be said.
  public mutating func refuse(_ reason: Refusal, at desk: inout Desk) {
    guard !isEnded else { return }
    isEnded = true
    desk.count(reason)
    guard desk.answers.free > 0 else { return }
    var answer = Answer(.goAway)
    answer.refusal = reason.rawValue
    owe(answer, at: &desk)
  }

  /// Gives back what it holds of the desk.
  public mutating func abandon(at desk: inout Desk) {
    while !queue.isEmpty { queue.removeFirst(in: &desk.answers) }
    isEnded = true
  }

  // MARK: Frames

  private mutating func read(
    _ cursor: inout Cursor,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed.Pause {
    while true {
      if skipped > 0 {
        let count = min(Int(skipped), cursor.remaining)
        cursor.position += count
        skipped -= UInt32(count)
        guard skipped == 0 else { return .hungry(forBytes: 1) }
      }
      guard cursor.remaining >= FramedFront.headBytes else { return .hungry(forBytes: FramedFront.headBytes) }
      // A run of events and the refusal that ends it.
      guard queue.count < desk.limits.answersMax, desk.answers.free > 1 else { return .stalled }
      let head = FrameHead(cursor.bytes, at: cursor.position)
      guard head.length >= FramedFront.countedHeadBytes else { throw .malformed }
      let pause: Fed.Pause?
      if head.kind == Kind.event {
        pause = try readEvents(head, &cursor, into: &consumer, at: &desk)
      } else {
        pause = try readControl(head, &cursor, into: &consumer, at: &desk)
      }
      if let pause { return pause }
    }
  }

  /// Reads events while they follow one another and share an answer, and owes that answer.
  private mutating func readEvents(
    _ first: FrameHead,
    _ cursor: inout Cursor,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed.Pause? {
    guard isAdmitted else { throw .unauthenticated }
    let bytes = cursor.bytes
    if first.parts == 0, let end = takeRun(first, bytes, from: cursor.position, into: &consumer, at: &desk) {
      cursor.position = end
      return nil
    }
    var run = Answer(.stored)
    var at = cursor.position
    var pause: Fed.Pause?
    var (alias, binding) = (UInt16.max, Binding())
    var grant = grant(binding)
    while bytes.byteCount &- at >= FramedFront.headBytes {
      let head = FrameHead(bytes, at: at)
      // What is wrong with this frame is found when it is the first.
      guard head.kind == Kind.event, run.events == 0 || head.alias == run.topic else { break }
      if head.alias != alias {
        alias = head.alias
        binding = alias < UInt16(FramedFront.aliasesMax) ? bindings[Int(alias)] : Binding()
        grant = self.grant(binding)
      }
      guard head.parts == 0, head.length > FramedFront.countedHeadBytes,
        head.length &- FramedFront.countedHeadBytes <= Int(binding.eventBytesMax)
      else {
        guard run.events == 0 else { break }
        return try readOne(head, binding, &cursor, into: &consumer, at: &desk)
      }
      let total = head.length &+ 4
      guard bytes.byteCount &- at >= total else {
        pause = .hungry(forBytes: total)
        break
      }
      let payload = bytes.extracting(at &+ FramedFront.headBytes..<at &+ total)
      let verdict = consumer.take(Event(grant: grant, origin: Origin(), payload: payload))
      guard case .numbered(let placement) = verdict else {
        if run.events > 0 { owe(run, at: &desk) }
        return leave(verdict, head, from: at, &cursor, at: &desk)
      }
      at &+= total
      let isOther = run.domain != placement.mark.domain || run.lane != placement.lane.rawValue
      let isSecond = run.events > 0 && isOther
      if isSecond { owe(run, at: &desk) }
      if isSecond || run.events == 0 {
        run = desk.answer(.stored)
        run.topic = head.alias
      }
      run.request = head.request
      run.add(placement)
      // There is room for two answers, not for a third.
      if isSecond { break }
    }
    if run.events > 0 { owe(run, at: &desk) }
    cursor.position = at
    return pause
  }

  /// Hands over all events that follow one another and are like the first, and says where they end.
  ///
  /// Returns `nil` when none was taken. What is wrong with the next one, if anything, is found when it is offered
  /// alone.
  @inline(never)
  private mutating func takeRun(
    _ first: FrameHead,
    _ bytes: RawSpan,
    from start: Int,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Int? {
    guard first.alias < UInt16(FramedFront.aliasesMax) else { return nil }
    let binding = bindings[Int(first.alias)]
    guard binding.eventBytesMax > 0 else { return nil }
    let run = FrameRun(bytes, like: start, eventBytesMax: Int(binding.eventBytesMax))
    let taken = consumer.take(run, of: bytes, from: start, under: grant(binding), atMost: .max)
    guard taken.count > 0 else { return nil }
    var answer = desk.answer(.stored)
    answer.topic = first.alias
    // A request's number stands right before the payload.
    answer.request = bytes.integer(UInt32.self, at: taken.lastStart &- 4)
    answer.add(taken.last, count: taken.count)
    owe(answer, at: &desk)
    return taken.end
  }

  /// Goes past an event that was refused, and owes that news; stops before one for which there was no room.
  private mutating func leave(
    _ verdict: Verdict,
    _ head: FrameHead,
    from place: Int,
    _ cursor: inout Cursor,
    at desk: inout Desk
  ) -> Fed.Pause? {
    cursor.position = place
    guard case .refused(let reason) = verdict else { return .stalled }
    owe(refused: reason, head, at: &desk)
    cursor.position = place &+ head.length &+ 4
    return nil
  }

  /// Reads an event that has more than its payload, or that is refused before it is read.
  private mutating func readOne(
    _ head: FrameHead,
    _ binding: Binding,
    _ cursor: inout Cursor,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed.Pause? {
    guard head.parts <= Parts.all else { throw .malformed }
    guard head.length <= desk.limits.bodyBytesMax else { throw .bodyTooLarge }
    let total = head.length + 4
    let bytes = cursor.bytes.extracting(cursor.position..<cursor.bytes.byteCount)
    // What stands before the payload; with a key, how long that is must be known first.
    var before = FramedFront.headBytes
    if head.parts & Parts.eventID != 0 { before += 16 }
    if head.parts & Parts.trace != 0 { before += 25 }
    let keyAt = before + 2
    if head.parts & Parts.key != 0 {
      guard keyAt <= total else { throw .malformed }
      guard bytes.byteCount >= keyAt else { return .hungry(forBytes: keyAt) }
      before = keyAt + Int(bytes.integer(UInt16.self, at: keyAt - 2))
    }
    guard before <= total else { throw .malformed }
    let payloadCount = total - before
    guard binding.eventBytesMax > 0, payloadCount > 0, payloadCount <= Int(binding.eventBytesMax) else {
      refuse(head, binding, payloadCount, into: &consumer, at: &desk)
      skipped = UInt32(total)
      return nil
    }
    guard bytes.byteCount >= total else { return .hungry(forBytes: total) }
    let payload = bytes.extracting(before..<total)
    let origin = FramedFront.origin(bytes, head.parts)
    let verdict: Verdict
    if head.parts & Parts.key != 0 {
      let key = bytes.extracting(keyAt..<before)
      verdict = consumer.take(Event(grant: grant(binding), origin: origin, key: key, payload: payload))
    } else {
      verdict = consumer.take(Event(grant: grant(binding), origin: origin, payload: payload))
    }
    switch verdict {
    case .later: return .stalled
    case .refused(let reason): owe(refused: reason, head, at: &desk)
    case .numbered(let placement):
      var answer = desk.answer(.stored)
      (answer.topic, answer.request) = (head.alias, head.request)
      answer.add(placement)
      owe(answer, at: &desk)
    }
    cursor.position += total
    return nil
  }

  @inline(__always) private func grant(_ binding: Binding) -> Grant {
    Grant(
      topic: TopicID(rawValue: binding.topic),
      principal: PrincipalID(rawValue: principal),
      eventBytesMax: Int(binding.eventBytesMax)
    )
  }

  /// What a frame says of its event besides key and payload.
  ///
  /// An invalid trace is ignored.
  private static func origin(_ bytes: RawSpan, _ parts: UInt8) -> Origin {
    var origin = Origin()
    var at = headBytes
    if parts & Parts.eventID != 0 {
      origin.eventID = bytes.integer(UInt128.self, at: at)
      at += 16
    }
    if parts & Parts.trace != 0 {
      let trace = bytes.integer(UInt128.self, at: at)
      let parent = bytes.integer(UInt64.self, at: at + 16)
      if trace != 0, parent != 0 {
        origin.trace = TraceParent(trace: trace, parent: parent, flags: bytes.byte(at + 24))
      }
    }
    return origin
  }

  /// Refuses an event whose bytes need not be read.
  private mutating func refuse(
    _ head: FrameHead,
    _ binding: Binding,
    _ payloadCount: Int,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) {
    guard binding.eventBytesMax > 0 else {
      desk.count(.unknownTopic)
      return owe(refused: .unknownTopic, head, at: &desk)
    }
    let reason: Refusal = payloadCount == 0 ? .emptyEvent : .eventTooLarge
    consumer.refuse(reason, under: grant(binding))
    owe(refused: reason, head, at: &desk)
  }

  // MARK: Greetings, bindings, echoes

  private mutating func readControl(
    _ head: FrameHead,
    _ cursor: inout Cursor,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed.Pause? {
    let textCount = head.length - FramedFront.countedHeadBytes
    guard head.parts == 0, textCount <= FramedFront.textBytesMax else { throw .malformed }
    let total = head.length + 4
    guard cursor.remaining >= total else { return .hungry(forBytes: total) }
    let start = cursor.position + FramedFront.headBytes
    let text = cursor.bytes.extracting(start..<start + textCount)
    switch head.kind {
    case Kind.hello: try greet(head, text, into: &consumer, at: &desk)
    case Kind.bind: try bind(head, text, into: &consumer, at: &desk)
    case Kind.ping:
      guard textCount == 0 else { throw .malformed }
      var answer = Answer(.pong)
      answer.request = head.request
      owe(answer, at: &desk)
    default: throw .malformed
    }
    cursor.position += total
    return nil
  }

  private mutating func greet(
    _ head: FrameHead,
    _ text: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) {
    guard text.byteCount > 0, head.alias == 0 else { throw .malformed }
    guard text.byte(0) == FramedFront.version else { throw .versionNotSupported }
    if text.byteCount > 1 {
      guard let known = consumer.principal(of: text.extracting(1..<text.byteCount)) else { throw .unauthenticated }
      principal = known.rawValue
    } else {
      guard consumer.peer != .anonymous || !requiresKey else { throw .unauthenticated }
      principal = consumer.peer.rawValue
    }
    // Topics bound under another name are somebody else's.
    for index in bindings.indices { bindings[index] = Binding() }
    isAdmitted = true
    var answer = Answer(.welcome)
    answer.request = head.request
    owe(answer, at: &desk)
  }

  private mutating func bind(
    _ head: FrameHead,
    _ text: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) {
    guard isAdmitted else { throw .unauthenticated }
    guard head.alias < UInt16(FramedFront.aliasesMax) else { throw .malformed }
    bindings[Int(head.alias)] = Binding()
    do throws(Refusal) {
      let grant = try consumer.grant(topic: text, to: PrincipalID(rawValue: principal))
      let eventBytesMax = UInt32(clamping: min(grant.eventBytesMax, desk.limits.eventBytesMax))
      bindings[Int(head.alias)] = Binding(topic: grant.topic.rawValue, eventBytesMax: eventBytesMax)
      var answer = Answer(.bound)
      (answer.topic, answer.request, answer.events) = (head.alias, head.request, eventBytesMax)
      owe(answer, at: &desk)
    } catch {
      desk.count(error)
      owe(refused: error, head, at: &desk)
    }
  }

  // MARK: Answers

  private mutating func owe(_ answer: Answer, at desk: inout Desk) {
    queue.append(desk.answers.take(answer), in: &desk.answers)
  }

  /// Owes the news that a frame was refused; frames in a row that are refused for one reason share it.
  private mutating func owe(refused reason: Refusal, _ head: FrameHead, at desk: inout Desk) {
    let last = queue.last
    if last != AnswerPool.none, desk.answers[last].kind == .refused, desk.answers[last].refusal == reason.rawValue,
      desk.answers[last].topic == head.alias
    {
      desk.answers[last].events += 1
      desk.answers[last].request = head.request
      return
    }
    var answer = Answer(.refused)
    (answer.refusal, answer.topic, answer.request, answer.events) = (reason.rawValue, head.alias, head.request, 1)
    owe(answer, at: &desk)
  }

  /// Writes every answer that waits for nothing any more, in order, until `reply` is full.
  public mutating func answer(at desk: inout Desk, into reply: inout Region) {
    while !queue.isEmpty {
      let answer = desk.answers[queue.first]
      guard desk.watermarks.isSafe(answer.mark), reply.room >= FramedFront.answerBytesMax else { return }
      desk.write(frame: answer, into: &reply)
      queue.removeFirst(in: &desk.answers)
    }
  }
}

/// A frame's fixed part.
struct FrameHead {
  /// How many bytes follow the length.
  let length: Int
  let kind: UInt8
  /// Which parts an event has; 0 in every other frame.
  let parts: UInt8
  let alias: UInt16
  let request: UInt32

  /// Reads the twelve bytes at `offset`.
  @inline(__always) init(_ bytes: RawSpan, at offset: Int) {
    let first = bytes.integer(UInt64.self, at: offset)
    length = Int(first &>> 32)
    kind = UInt8(truncatingIfNeeded: first &>> 24)
    parts = UInt8(truncatingIfNeeded: first &>> 16)
    alias = UInt16(truncatingIfNeeded: first)
    request = bytes.integer(UInt32.self, at: offset &+ 8)
  }
}
