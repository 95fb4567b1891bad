internal import Bytes
internal import CKernels
public import Events
internal import Formats

/// What the fronts of one shard share: limits, the pool of answers that wait, what they say about topics, and the news
/// of the turn.
///
/// One per shard, owned by it.
public struct Desk: ~Copyable {
  /// What fronts refuse beyond.
  public let limits: FrontLimits
  /// How far each domain is safe.
  ///
  /// Moved on by the shard.
  public var watermarks: Watermarks
  /// The moment at which this turn's bytes count as received.
  ///
  /// Set by the shard once a turn.
  public var clock: ClockReading
  /// How full the gateway is: 0 when it idles, 1 when it refuses.
  ///
  /// Set by the shard once a turn.
  public var pressure: Float = 0 {
    didSet { pressureHundredths = UInt32(max(0, min(pressure, 1)) * 100 + 0.5) }
  }
  /// The same as answers say it; they don't when it is 0.
  private(set) var pressureHundredths: UInt32 = 0
  /// What Retry-After tells a sender, in seconds.
  ///
  /// Set by the shard once a turn.
  public var retryAfterSeconds: UInt32 = 1
  /// Whether the process is shutting down: answers end their connection.
  public var isDraining = false
  /// Messages refused as a whole, before any of their events was looked at, by `Refusal.rawValue`.
  public var refused: InlineArray<40, UInt64> = InlineArray(repeating: 0)

  var answers: AnswerPool
  var verdicts: VerdictPool
  /// What a consumer says of the event that it did not store last, until that is noted.
  var explanation = Region(id: RegionID(rawValue: 0), byteCount: Desk.explanationBytesMax)
  let topics: TopicTexts
  var dates = DateTexts()
  /// Where a scan leaves the fields it knows.
  let fields: FieldTable
  /// Heads that come again and again.
  var memos = HeadMemos()
  /// The last receipt of the commonest kind.
  var receipts = ReceiptText()
  /// Where an event that arrives in several chunks is put together.
  ///
  /// Away only while an event is read out of it.
  private var scratch: Region?
  /// Where a compressed body is inflated.
  ///
  /// Away only while events are read out of it.
  private var inflated: Region?
  var inflater = Inflater()
  /// Where the tokens of arrays and envelopes are.
  var marks: JSONMarks
  /// What a CloudEvent says of itself.
  ///
  /// Away only while the event is taken.
  private var details: Region?
  let names = EventNames()

  /// - Parameters:
  ///   - limits: what fronts refuse beyond.
  ///   - topics: every topic, with `topics[i].id.rawValue == i`.
  ///   - lanes: all lanes of the data directory.
  ///   - answers: how many answers may wait at a time, over all connections.
  public init(limits: FrontLimits, topics: [Topic], lanes: Int, answers: Int) {
    require(limits.isSound, "the limits of fronts fit one another")
    self.limits = limits
    watermarks = Watermarks(lanes: lanes)
    clock = ClockReading(utcNs: 0, errorNs: nil, state: .unknown, monotonicNs: 0)
    self.answers = AnswerPool(capacity: answers)
    verdicts = VerdictPool(capacity: max(answers / 4, 4 * max(limits.verdictsMax, 1)))
    self.topics = TopicTexts(topics)
    fields = FieldTable()
    scratch = Region(id: RegionID(rawValue: 0), byteCount: limits.eventBytesMax + 2)
    inflated = Region(id: RegionID(rawValue: 0), byteCount: limits.inflatedBytesMax)
    details = Region(id: RegionID(rawValue: 0), byteCount: CloudEvent.detailsBytesMax)
    // Nothing is refused here that would be taken alone, in a line, but for what nobody can nest by mistake.
    var grammar = JSONLimits()
    (grammar.depthMax, grammar.membersMax) = (Desk.depthMax, .max)
    (grammar.stringBytesMax, grammar.numberBytesMax) = (.max, .max)
    (grammar.allowsDuplicateNames, grammar.allowsLoneSurrogates) = (true, true)
    marks = JSONMarks(bytesMax: max(limits.arrayBytesMax, limits.eventBytesMax), limits: grammar)
  }

  /// How many more answers may wait, over all connections.
  public var answersFree: Int { answers.free }
  /// How many answers may wait, over all connections.
  public var answersCapacity: Int { answers.capacity }
  /// The region a reply is written to has room for this many bytes at least: the largest single answer.
  public static var answerBytesMax: Int { 4096 }

  /// The longest that is said of one event: members of a JSON object.
  static var explanationBytesMax: Int { 2048 }
  /// Notes what became of an event, with what its consumer said of it.
  mutating func addVerdict(_ reason: Refusal?, event: UInt32, to chain: inout UInt32) {
    verdicts.add(reason, event: event, explanation, to: &chain)
    forgetExplanation()
  }
  /// Leaves out what a consumer said of an event.
  mutating func forgetExplanation() { explanation.count = 0 }

  /// What the first answer of a queue waits for.
  func firstMark(of queue: AnswerQueue) -> Mark { queue.isEmpty ? .none : answers[queue.first].mark }

  /// The rules have changed: leave that fronts remember must be asked for again.
  public mutating func forgetGrants() { memos.forgetGrants() }

  /// Counts a message refused as a whole.
  mutating func count(_ reason: Refusal) { refused[Int(reason.rawValue)] &+= 1 }

  /// An answer for something received this turn.
  @inline(__always) func answer(_ kind: Answer.Kind) -> Answer {
    var answer = Answer(kind)
    answer.receivedNs = clock.utcNs
    answer.errorNs = clock.errorNs ?? .max
    answer.clock = clock.state.rawValue
    return answer
  }

  mutating func borrowScratch() -> Region {
    guard var region = scratch.take() else { broken("scratch memory is used by one event at a time") }
    region.count = 0
    return region
  }
  mutating func put(scratch region: consuming Region) { scratch = consume region }

  /// How deep an event in an array or an envelope may be nested, the array included.
  static var depthMax: Int { 65 }

  mutating func borrowDetails() -> Region {
    guard let region = details.take() else { broken("one event is told of at a time") }
    return region
  }
  mutating func put(details region: consuming Region) { details = consume region }

  mutating func borrowInflated() -> Region {
    guard var region = inflated.take() else { broken("one body is inflated at a time") }
    region.count = 0
    return region
  }
  mutating func put(inflated region: consuming Region) { inflated = consume region }
}

/// Room for the known fields of one head.
@safe struct FieldTable: ~Copyable {
  /// More known fields than a sensible request has: each at most twice or so, and attributes of a CloudEvent.
  static var count: Int { 96 }
  let memory: UnsafeMutablePointer<kernel_field>

  init() {
    unsafe memory = .allocate(capacity: FieldTable.count)
    unsafe memory.initialize(
      repeating: kernel_field(),
      count: FieldTable.count
    )
  }
  deinit { unsafe memory.deallocate() }

  /// One of them.
  @inline(__always) subscript(index: Int) -> kernel_field {
    require(index >= 0 && index < FieldTable.count, "a field is in its table")
    // SAFETY: the place is within what `init` allocated and initialised, which lives as long as the table.
    return unsafe memory[index]
  }
}
