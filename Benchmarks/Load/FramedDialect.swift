internal import Bytes
internal import Events

/// Length-prefixed frames, many of them a sending.
///
/// Source: `Docs/Protocols/framed.md`.
///
///     u32 length | u8 kind | u8 parts | u16 alias | u32 request | [u16 key length | key] | payload
///
/// A connection greets when it has an API key, binds the topic to alias 0, and sends its events behind that at once.
struct FramedDialect: Dialect {
  typealias Answers = FramedAnswers
  /// Kinds of frames that a client sends, and the part of an event that is its key.
  enum Sent {
    static let hello: UInt8 = 1
    static let bind: UInt8 = 2
    static let event: UInt8 = 3
    static let keyPart: UInt8 = 4
  }
  /// The number of the frames that carry no event.
  static let controlRequest = UInt32.max

  let greeting: [UInt8]
  let requestIDDistance: Int?
  private let batch: Int
  private let key: [UInt8]?
  private var events: EventGenerator

  init(_ plan: LoadPlan) {
    batch = plan.batch
    events = EventGenerator(seed: plan.seed, bytes: plan.bytes)
    key = plan.key.map { Array($0.utf8) }
    var greeting: [UInt8] = []
    if let bearer = plan.bearer { Self.append(Sent.hello, [1] + Array(bearer.utf8), to: &greeting) }
    Self.append(Sent.bind, Array(plan.topic.utf8), to: &greeting)
    self.greeting = greeting
    // From the request id on: itself, the key with its length, and the event up to its sequence.
    var event: [UInt8] = []
    var sample = events
    let place = sample.append(sequence: 0, to: &event)
    requestIDDistance = 4 + (key.map { 2 + $0.count } ?? 0) + place
  }

  /// How many bytes a frame takes on the average.
  static func frameBytes(_ plan: LoadPlan) -> Int {
    12 + (plan.key.map { 2 + $0.utf8.count } ?? 0) + (plan.bytes ?? 330)
  }

  mutating func appendRequest(to image: inout RequestImage) {
    for _ in 0..<batch {
      var rest: [UInt8] = []
      if let key {
        rest.append(bigEndian: UInt16(key.count))
        rest += key
      }
      let place = events.append(sequence: 0, to: &rest)
      image.sequencePlaces.append(UInt32(image.bytes.count + 12 + place))
      Self.append(Sent.event, parts: key == nil ? 0 : Sent.keyPart, rest, to: &image.bytes)
    }
    image.ends.append(image.bytes.count)
  }

  private static func append(_ kind: UInt8, parts: UInt8 = 0, _ rest: [UInt8], to output: inout [UInt8]) {
    output.append(bigEndian: UInt32(8 + rest.count))
    output += [kind, parts, 0, 0]
    output.append(bigEndian: controlRequest)
    output += rest
  }
}

/// Reads the frames a server sends: each settles a run of events.
struct FramedAnswers: AnswerReader {
  /// Kinds of frames that a server sends.
  private enum Received {
    static let welcome: UInt8 = 0x81
    static let bound: UInt8 = 0x82
    static let stored: UInt8 = 0x83
    static let pong: UInt8 = 0x84
    static let refused: UInt8 = 0x85
    static let goAway: UInt8 = 0x86
  }
  /// A longer frame is none that a server sends.
  private static let frameBytesMax = 4096

  private var straddling: [UInt8] = []
  /// Whether the topic has its alias; a refusal before that is the greeting's, whatever was refused together with it.
  private var isBound = false

  init() {}

  /// The next answer that settles events, or `nil` when `bytes` is used up.
  mutating func next(in bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Answer? {
    while offset < bytes.byteCount {
      guard straddling.isEmpty else {
        if let answer = try nextStraddling(bytes, at: &offset) { return answer }
        continue
      }
      let left = bytes.byteCount - offset
      let total = left >= 4 ? try Self.frameBytes(length: bytes.integer(UInt32.self, at: offset)) : 0
      guard left >= 4, left >= total else {
        for place in offset..<bytes.byteCount { straddling.append(bytes.byte(place)) }
        offset = bytes.byteCount
        return nil
      }
      let frame = bytes.extracting(offset..<offset + total)
      offset += total
      if let answer = try answer(frame) { return answer }
    }
    return nil
  }

  /// Goes on byte by byte until the frame that straddles two receives is whole.
  private mutating func nextStraddling(_ bytes: RawSpan, at offset: inout Int) throws(UnreadableAnswer) -> Answer? {
    while offset < bytes.byteCount {
      straddling.append(bytes.byte(offset))
      offset += 1
      guard straddling.count >= 4 else { continue }
      let length = straddling.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      guard try Self.frameBytes(length: length) == straddling.count else { continue }
      let whole = straddling
      straddling.removeAll(keepingCapacity: true)
      // SAFETY: the bytes of an array of bytes are all initialized.
      return try unsafe answer(whole.span.bytes)
    }
    return nil
  }

  private static func frameBytes(length: UInt32) throws(UnreadableAnswer) -> Int {
    guard (8...UInt32(frameBytesMax)).contains(length) else { throw UnreadableAnswer(why: "a frame of absurd length") }
    return 4 + Int(length)
  }

  private mutating func answer(_ frame: RawSpan) throws(UnreadableAnswer) -> Answer? {
    let kind = frame.byte(4)
    let request = frame.integer(UInt32.self, at: 8)
    switch kind {
    case Received.welcome, Received.pong: return nil
    case Received.bound:
      isBound = true
      return nil
    case Received.stored:
      guard frame.byteCount >= 16 else { throw UnreadableAnswer(why: "a frame that is cut") }
      return Answer(status: 200, extent: .events(frame.integer(UInt32.self, at: 12), through: request))
    case Received.refused:
      guard frame.byteCount >= 17 else { throw UnreadableAnswer(why: "a frame that is cut") }
      let reason = Refusal(rawValue: frame.byte(16))
      guard isBound else { throw UnreadableAnswer(why: reason?.row.advice ?? "the greeting was refused") }
      let events = frame.integer(UInt32.self, at: 12)
      return Answer(status: UInt16(reason?.row.status ?? 500), extent: .events(events, through: request))
    case Received.goAway:
      guard frame.byteCount >= 13 else { throw UnreadableAnswer(why: "a frame that is cut") }
      throw UnreadableAnswer(why: Refusal(rawValue: frame.byte(12))?.row.advice ?? "the server ended the connection")
    default: throw UnreadableAnswer(why: "a frame of unknown kind")
    }
  }
}

extension [UInt8] {
  /// Appends an integer, the most significant byte first.
  fileprivate mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }
}
