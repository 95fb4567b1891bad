internal import Bytes
internal import CKernels
public import Events
internal import Formats

/// HTTP/1.1, and HTTP/1.0 clients.
///
/// Source: RFC 9110, RFC 9112; what it adds is in `Docs/Protocols/http.md`.
///
///     head ─▶ unit        one event, an array of events, or a compressed body: whole, then taken
///          ─▶ lines       NDJSON: line by line, each as soon as it is whole
///          ─▶ discard     the body of a request that is refused
///          ─▶ ended       nothing more is read
///
/// Bodies come with a length or in chunks, so `unit`, `lines` and `discard` come twice.
public struct HTTPFront: Front, ~Copyable {
  /// Where it stands between two calls.
  enum Phase: UInt8 { case head, unit, unitChunks, lines, lineChunks, discard, discardChunks, ended }
  /// What the body of the request under way is.
  enum Content: UInt8 {
    /// JSON: one event, or an array of them.
    case json
    /// An event a line.
    case lines
    /// The data of a CloudEvent, whose attributes are fields.
    case data
    /// A CloudEvent, or an array of them.
    case envelope, envelopes
  }
  /// What it remembers of its listener and of the request under way.
  struct Flags: OptionSet {
    let rawValue: UInt16
    static var requiresKey: Flags { Flags(rawValue: 1) }
    static var isGzip: Flags { Flags(rawValue: 2) }
    static var isLines: Flags { Flags(rawValue: 4) }
    /// The head says something of the event, so it is read again when the body is whole.
    static var hasOrigin: Flags { Flags(rawValue: 8) }
    /// Every line has the key in `key`.
    static var hasKey: Flags { Flags(rawValue: 16) }
    static var hasTrace: Flags { Flags(rawValue: 32) }
    /// The line under way is too long and was refused; the rest of it is skipped.
    static var isSkipping: Flags { Flags(rawValue: 64) }
    /// An empty line before the request was skipped.
    ///
    /// One is forgiven. Source: RFC 9112 §2.2.
    static var hasSkippedLine: Flags { Flags(rawValue: 128) }
    /// Every event has the schema in `details`.
    static var hasSchema: Flags { Flags(rawValue: 256) }
    /// The JSON body begins an array of events, or is one event.
    static var isArray: Flags { Flags(rawValue: 512) }
    static var isSingle: Flags { Flags(rawValue: 1024) }
    /// The sender wants to know all that is wrong with an event.
    static var wantsAllFailures: Flags { Flags(rawValue: 2048) }
    /// What lines need that are not taken by runs.
    static var special: Flags { [.hasKey, .hasTrace, .hasSchema] }
    /// What holds for the connection, not for a request.
    static var lasting: Flags { requiresKey }
  }
  /// How far a step came.
  struct Step {
    var advanced: Int
    var pause: Fed.Pause?
    static func advanced(_ count: Int) -> Step { Step(advanced: count, pause: nil) }
    static func stalled(after count: Int = 0) -> Step { Step(advanced: count, pause: .stalled) }
  }

  /// What `protocol:` in the settings calls it.
  public static var name: StaticString { "http" }
  /// A record key that holds for every line of a request, at the most.
  public static var lineKeyBytesMax: Int { 48 }
  /// A schema's version as it is written, at the most.
  static var schemaBytesMax: Int { 9 }

  var queue = AnswerQueue()
  /// The receipt that is being made, and what else it will wait for.
  ///
  /// Not in the queue before the request ends.
  var receipt = AnswerPool.none
  var waits = AnswerPool.none
  var phase = Phase.head
  var content = Content.json
  var detailsCount: UInt8 = 0
  var flags: Flags
  var traits: Answer.Traits = []
  var topic: UInt16 = 0
  var keyCount: UInt8 = 0
  var traceFlags: UInt8 = 0
  /// The slot of the desk's memory of heads that its last head went to.
  var memo: UInt8 = 0
  var principal: UInt32 = 0
  var eventBytesMax: UInt32 = 0
  /// Bytes of the body, or of the whole request in `unit`, that are not used up.
  var remaining: UInt32 = 0
  /// How far what is not used up has been looked at in vain.
  var scanned: UInt32 = 0
  /// Bytes of the request's head, while it waits for its body.
  var headBytes: UInt32 = 0
  /// Bytes of the body that were met in chunks: of the line under way, and of all.
  var lineBytes: UInt32 = 0
  var bodyBytes: UInt32 = 0
  /// Where the unused bytes start among the chunks, and how far they have been looked at.
  var base = ChunkWalk(at: 0)
  var walk = ChunkWalk(at: 0)
  var traceHigh: UInt64 = 0
  var traceLow: UInt64 = 0
  var traceParent: UInt64 = 0
  var key: InlineArray<48, UInt8> = InlineArray(repeating: 0)
  var details: InlineArray<29, UInt8> = InlineArray(repeating: 0)

  /// A front for a connection that has just been accepted.
  public init(_ traits: FrontTraits) { flags = traits.requiresKey ? .requiresKey : [] }

  /// Whether an answer is still owed.
  public var isOwing: Bool { !queue.isEmpty }
  /// What its first answer waits for.
  public func firstMark(at desk: borrowing Desk) -> Mark { desk.firstMark(of: queue) }

  /// What the peer is in the middle of.
  public var stage: FrontStage {
    switch phase {
    case .head: scanned > 0 ? .head : .idle
    case .unit, .unitChunks, .lines, .lineChunks, .discard, .discardChunks: .body
    case .ended: .idle
    }
  }

  /// Consumes whole events, as many as there are.
  public mutating func feed(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Fed {
    var at = 0
    do throws(Refusal) {
      while true {
        if phase == .ended { return Fed(consumed: bytes.byteCount, .finished) }
        if phase == .head, at == bytes.byteCount { return Fed(consumed: at, .hungry(forBytes: 1)) }
        let rest = bytes.extracting(at..<bytes.byteCount)
        let step: Step
        switch phase {
        case .head: step = try readRequest(rest, into: &consumer, at: &desk)
        case .unit: step = try readUnit(rest, into: &consumer, at: &desk)
        case .unitChunks: step = try readUnitChunks(rest, into: &consumer, at: &desk)
        case .lines: step = try readLines(rest, into: &consumer, at: &desk)
        case .lineChunks: step = try readLineChunks(rest, into: &consumer, at: &desk)
        case .discard: step = discard(rest)
        case .discardChunks: step = try discardChunks(rest, at: desk)
        case .ended: step = .advanced(0)
        }
        at &+= step.advanced
        guard let pause = step.pause else { continue }
        if case .hungry(let count) = pause, count > desk.limits.carryBytesMax { throw .bodyTooLarge }
        return Fed(consumed: at, pause)
      }
    } catch {
      fail(error, into: &consumer, at: &desk)
      throw error
    }
  }

  /// Owes a last answer that says why nothing more will be read.
  ///
  /// Between requests a time limit and a shutdown end the connection without a word: what is said to nobody would be
  /// taken for the answer to the next request.
  public mutating func refuse(_ reason: Refusal, at desk: inout Desk) {
    defer { phase = .ended }
    if phase == .ended || (stage == .idle && (reason == .timedOut || reason == .draining)) { return }
    if phase == .discard || phase == .discardChunks { return desk.count(reason) }
    if receipt != AnswerPool.none, !desk.answers[receipt].isEmpty {
      note(refused: reason, at: &desk)
      traits.insert(.closes)
      finish(at: &desk)
    } else {
      drop(at: &desk)
      owe(problem: reason, closing: true, at: &desk)
    }
  }

  /// Gives back what it holds of the desk.
  public mutating func abandon(at desk: inout Desk) {
    spliceWaits(at: &desk)
    if receipt != AnswerPool.none {
      queue.append(receipt, in: &desk.answers)
      receipt = AnswerPool.none
    }
    while !queue.isEmpty {
      desk.verdicts.put(&desk.answers[queue.first].verdicts)
      queue.removeFirst(in: &desk.answers)
    }
    phase = .ended
  }

  // MARK: The head

  /// Reads the next request, or those that are like it: its head, and its event where that is at hand.
  private mutating func readRequest(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    if bytes.byte(0) == 0x0D, !flags.contains(.hasSkippedLine) {
      guard bytes.byteCount > 1 else { return Step(advanced: 0, pause: .hungry(forBytes: 2)) }
      guard bytes.byte(1) == 0x0A else { throw .malformed }
      flags.insert(.hasSkippedLine)
      return .advanced(2)
    }
    // One answer for the request, and one that asks it to go on.
    guard queue.count < desk.limits.answersMax, desk.answers.free > 1 else { return .stalled() }
    if scanned == 0, let used = takePlain(bytes, into: &consumer, at: &desk) { return .advanced(used) }
    return try readHead(bytes, into: &consumer, at: &desk)
  }

  /// Takes requests whose head is known and whose body is one event that is there, when nothing stands in the way.
  ///
  /// What does is found, and said, by reading the head; returns how many bytes the requests have.
  @inline(__always)
  private mutating func takePlain(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) -> Int? {
    guard let (credential, grant) = desk.memos.plain(memo), !desk.isDraining else { return nil }
    let eventBytesMax = min(grant.eventBytesMax, desk.limits.eventBytesMax)
    guard let requests = RequestRun(bytes, of: desk.memos.known(memo), eventBytesMax: eventBytesMax),
      principal(credential, bytes, from: &consumer) == grant.principal
    else { return nil }
    let first = requests.first
    flags.formIntersection(.lasting)
    traits = []
    // Where more is behind it than a head, its like probably is.
    if bytes.byteCount &- first.upperBound > first.lowerBound {
      let room = min(desk.limits.answersMax &- Int(queue.count), desk.answers.free &- 1)
      let run = consumer.take(requests, of: bytes, from: 0, under: grant, atMost: room)
      for back in (0..<run.count).reversed() {
        let offset = run.last.offset.map { $0 &- UInt64(back) }
        owe(Placement(mark: run.last.mark, lane: run.last.lane, offset: offset), grant.topic, at: &desk)
      }
      return run.count > 0 ? run.end : nil
    }
    guard let placement = consumer.take(bytes.extracting(first), under: grant) else { return nil }
    owe(placement, grant.topic, at: &desk)
    return first.upperBound
  }

  /// Owes the receipt of a request with one event.
  @inline(__always)
  private mutating func owe(_ placement: Placement, _ topic: TopicID, at desk: inout Desk) {
    var answer = desk.answer(.receipt)
    answer.topic = topic.rawValue
    answer.add(placement)
    queue.append(desk.answers.take(answer), in: &desk.answers)
  }

  /// Reads a head, or takes it from memory, and decides what becomes of its body.
  @inline(never)
  private mutating func readHead(
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    var head = RequestHead()
    var slot: UInt8?
    if scanned == 0, let contentLength = desk.memos.known(memo).contentLength(bytes, at: 0) {
      (head, slot) = (desk.memos.head(memo, contentLength: contentLength), memo)
    } else {
      guard try scan(bytes, into: &head, at: &desk) else { return hungry(behind: bytes) }
      slot = desk.memos.remember(head, bytes)
      if let slot { memo = slot }
    }
    scanned = 0
    flags.formIntersection(.lasting)
    traits = []
    if !head.keepsAlive || desk.isDraining {
      traits.insert(.closes)
    } else if !head.isModern {
      traits.insert(.staysOpen)
    }
    if head.method == .head { traits.insert(.isHead) }
    guard head.resource == .events, head.method == .post else {
      return answerResource(head, bytes, into: &consumer, at: &desk)
    }
    do throws(Refusal) {
      let grant = try admit(head, bytes, into: &consumer, at: &desk)
      if let slot { desk.memos.keep(grant, for: slot) }
    } catch {
      return refuseRequest(error, head, isBodyThere: isBodyThere(head, bytes), at: &desk)
    }
    return try begin(head, bytes, into: &consumer, at: &desk)
  }

  /// Reads a head that is not known, from where the last look at it ended.
  ///
  /// `false`: it is cut.
  private mutating func scan(_ bytes: RawSpan, into head: inout RequestHead, at desk: inout Desk) throws(Refusal)
    -> Bool
  {
    if scanned > 0 {
      let count = min(bytes.byteCount, desk.limits.headBytesMax)
      // SAFETY: the kernel reads `count` bytes at most.
      let end = unsafe bytes.withUnsafeBytes {
        unsafe kernel_head_end($0.baseAddress!.assumingMemoryBound(to: UInt8.self), count, Int(scanned))
      }
      if end == 0, count < desk.limits.headBytesMax { return false }
    }
    return try head.read(bytes, limits: desk.limits, table: desk.fields) == .whole
  }

  private mutating func hungry(behind bytes: RawSpan) -> Step {
    scanned = UInt32(bytes.byteCount)
    return Step(advanced: 0, pause: .hungry(forBytes: bytes.byteCount + 1))
  }

  /// Whether the peer does not wait for leave to send its body.
  func isBodyThere(_ head: RequestHead, _ bytes: RawSpan) -> Bool {
    !head.expects || bytes.byteCount > head.byteCount
  }

  /// Whether the request may bring events, and what its body is.
  ///
  /// Throws: what its answer says; the body is thrown away.
  @inline(__always) private mutating func admit(
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Grant {
    guard let principal = principal(head.credential, bytes, from: &consumer) else { throw .unauthenticated }
    guard let content = head.content else { throw .unsupportedMediaType }
    self.content = content
    guard head.coding != .other else { throw .unsupportedEncoding }
    guard head.framing != .none else { throw .lengthRequired }
    if head.framing == .length {
      guard head.contentLength <= desk.limits.bodyBytesMax else { throw .bodyTooLarge }
      if head.coding == .gzip {
        guard head.contentLength <= desk.limits.compressedBytesMax,
          head.byteCount + head.contentLength <= desk.limits.carryBytesMax
        else { throw .bodyTooLarge }
      }
    }
    if content == .envelopes {
      guard head.origin.eventID == nil else { throw .malformed }
      guard head.contentLength <= desk.limits.arrayBytesMax,
        head.byteCount + head.contentLength <= desk.limits.carryBytesMax
      else { throw .bodyTooLarge }
    }
    if content == .lines {
      // One id can't be many events'; a key that holds for many is kept here.
      guard head.origin.eventID == nil, head.key.end - head.key.start <= HTTPFront.lineKeyBytesMax else {
        throw .malformed
      }
      flags.insert(.isLines)
      if head.hasOrigin { keep(head, bytes) }
    }
    let grant = try consumer.grant(topic: bytes.extracting(head.name.start..<head.name.end), to: principal)
    topic = grant.topic.rawValue
    self.principal = grant.principal.rawValue
    eventBytesMax = UInt32(clamping: min(grant.eventBytesMax, desk.limits.eventBytesMax))
    if head.coding == .gzip { flags.insert(.isGzip) }
    if head.hasOrigin {
      flags.insert(.hasOrigin)
      keepSchema(head, bytes)
    }
    if head.wantsMinimal { traits.insert(.isMinimal) }
    if head.wantsAllFailures { flags.insert(.wantsAllFailures) }
    return grant
  }

  /// Whose credential the request has, or `nil` when it is nobody's, or is needed and missing.
  @inline(__always) func principal(
    _ credential: RequestHead.Place,
    _ bytes: RawSpan,
    from consumer: inout some EventConsumer & ~Copyable
  ) -> PrincipalID? {
    if credential.isEmpty {
      let peer = consumer.peer
      return peer == .anonymous && flags.contains(.requiresKey) ? nil : peer
    }
    return consumer.principal(of: bytes.extracting(credential.start..<credential.end))
  }

  /// Keeps what holds for every line of the request.
  private mutating func keep(_ head: RequestHead, _ bytes: RawSpan) {
    if let trace = head.origin.trace {
      flags.insert(.hasTrace)
      traceHigh = UInt64(truncatingIfNeeded: trace.trace >> 64)
      traceLow = UInt64(truncatingIfNeeded: trace.trace)
      (traceParent, traceFlags) = (trace.parent, trace.flags)
    }
    if head.hasKey {
      flags.insert(.hasKey)
      keyCount = UInt8(head.key.end - head.key.start)
      for offset in 0..<Int(keyCount) { key[offset] = bytes.byte(head.key.start + offset) }
    }
  }

  /// Keeps the schema's version as details of all events of the request.
  private mutating func keepSchema(_ head: RequestHead, _ bytes: RawSpan) {
    guard !head.schema.isEmpty else { return }
    flags.insert(.hasSchema)
    let count = head.schema.end - head.schema.start
    detailsCount = UInt8(EventDetails.headBytes + count)
    // Neither time nor headers: all before the schema's name is zero, and stays so.
    for offset in 0..<count { details[EventDetails.headBytes + offset] = bytes.byte(head.schema.start + offset) }
  }

  /// The body of a request that is admitted.
  @inline(__always) private mutating func begin(
    _ head: RequestHead,
    _ bytes: RawSpan,
    into consumer: inout some EventConsumer & ~Copyable,
    at desk: inout Desk
  ) throws(Refusal) -> Step {
    if !isBodyThere(head, bytes), head.contentLength > 0 || head.framing == .chunked {
      queue.append(desk.answers.take(Answer(.proceed)), in: &desk.answers)
    }
    let isLines = flags.contains(.isLines)
    if isLines { receipt = desk.answers.take(desk.answer(.receipt)) }
    (lineBytes, bodyBytes) = (0, 0)
    if isLines, !flags.contains(.isGzip) {
      if head.framing == .chunked {
        (base, walk, phase) = (ChunkWalk(at: 0), ChunkWalk(at: 0), .lineChunks)
      } else {
        (remaining, phase) = (UInt32(head.contentLength), .lines)
      }
      return .advanced(head.byteCount)
    }
    headBytes = UInt32(head.byteCount)
    if head.framing == .chunked {
      (walk, phase) = (ChunkWalk(at: head.byteCount), .unitChunks)
      return .advanced(0)
    }
    if !isLines, !flags.contains(.isGzip) {
      guard head.contentLength > 0 || content == .data else {
        return refuseEvent(.emptyEvent, length: 0, head, into: &consumer, at: &desk)
      }
      guard head.contentLength <= Int(eventBytesMax) || content == .json || content == .envelopes else {
        return refuseEvent(.eventTooLarge, length: head.contentLength, head, into: &consumer, at: &desk)
      }
    }
    remaining = UInt32(head.byteCount + head.contentLength)
    phase = .unit
    guard content == .json, !flags.contains(.isGzip), bytes.byteCount >= Int(remaining),
      head.contentLength <= Int(eventBytesMax), bytes.byte(head.byteCount) == 0x7B
    else { return .advanced(0) }
    guard desk.answers.free > 0 else { return .stalled() }
    let body = bytes.extracting(head.byteCount..<Int(remaining))
    let verdict = offer(body, head, bytes, into: &consumer)
    return settle(verdict, by: &consumer, at: &desk)
  }

  /// The leave that the request has.
  var grant: Grant {
    var grant = Grant(
      topic: TopicID(rawValue: topic),
      principal: PrincipalID(rawValue: principal),
      eventBytesMax: Int(eventBytesMax)
    )
    grant.wantsAllFailures = flags.contains(.wantsAllFailures)
    return grant
  }
}
