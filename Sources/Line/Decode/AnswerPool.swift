internal import Bytes
internal import Events

/// One answer that is owed, or a part of what the next one waits for.
///
/// Plain data: it becomes bytes when it is sent.
struct Answer: BitwiseCopyable, Sendable {
  /// What is to be said.
  enum Kind: UInt8, Sendable {
    /// Nothing: the answer behind it waits for this mark too.
    case wait
    /// `100 Continue`.
    case proceed
    /// What became of a request's events.
    case receipt
    /// Why a request was refused as a whole.
    case problem
    /// What a resource allows.
    case options
    /// The topics, from the one numbered `first` on.
    case topics
    /// How full the gateway is.
    case pressure
    /// Framed: a greeting, a binding, a run of events stored or refused, an echo, a farewell.
    case welcome, bound, stored, refused, pong, goAway
  }
  /// How it is to be said.
  struct Traits: OptionSet {
    let rawValue: UInt16
    init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The connection closes behind it.
    static var closes: Traits { Traits(rawValue: 1) }
    /// The peer speaks HTTP/1.0 and was promised that the connection stays open.
    static var staysOpen: Traits { Traits(rawValue: 2) }
    /// Only the head is wanted.
    static var isHead: Traits { Traits(rawValue: 4) }
    /// The receipt is wanted as a header.
    static var isMinimal: Traits { Traits(rawValue: 8) }
    /// `first` and `span` are known.
    static var hasOffsets: Traits { Traits(rawValue: 16) }
    /// The events went to more than one lane, or a lane does not number them here.
    static var isScattered: Traits { Traits(rawValue: 32) }
    /// Its events were refused for more than one reason.
    static var isMixed: Traits { Traits(rawValue: 64) }
    /// One of the reasons passes with time.
    static var isRetryable: Traits { Traits(rawValue: 128) }
    /// GET, HEAD.
    static var allowsGet: Traits { Traits(rawValue: 256) }
    /// POST.
    static var allowsPost: Traits { Traits(rawValue: 512) }
    /// Only one event could be in the request.
    static var isSingle: Traits { Traits(rawValue: 1024) }
    /// Events were set aside: `quarantined` says how many.
    static var hasQuarantined: Traits { Traits(rawValue: 2048) }
  }

  /// The number its mark has in its domain, and that domain.
  var number: EventNumber = .none
  /// The first offset, or the first topic to list.
  var first: UInt64 = 0
  /// When its first event was received, and with what error.
  var receivedNs: Int64 = 0
  var errorNs: UInt32 = .max
  /// How far the last offset is behind the first.
  var span: UInt32 = 0
  /// Events numbered and events refused.
  var events: UInt32 = 0
  var refusedEvents: UInt32 = 0
  /// The first of the verdicts listed.
  var verdicts: UInt32 = AnswerPool.none
  /// What follows it in its queue.
  var next: UInt32 = AnswerPool.none
  /// The request's number, for framed answers; events set aside, for receipts.
  var request: UInt32 = 0
  var domain: Domain = .memory
  /// The topic's number, or a framed topic's alias.
  var topic: UInt16 = 0
  var lane: UInt16 = 0
  var traits: Traits = []
  var kind: Kind
  var refusal: UInt8 = 0
  var clock: UInt8 = 0

  init(_ kind: Kind) { self.kind = kind }

  /// What it waits for.
  var mark: Mark {
    get { Mark(domain: domain, number: number) }
    set { (domain, number) = (newValue.domain, newValue.number) }
  }
  /// How many of a receipt's events were set aside.
  var quarantined: UInt32 { traits.contains(.hasQuarantined) ? request : 0 }
  /// Why, for those that refuse.
  var reason: Refusal { Refusal(rawValue: refusal)! }
  /// The last offset.
  var last: UInt64 { first &+ UInt64(span) }
}

/// The answers that wait, over all connections of a shard.
///
/// Bounded; all of it is allocated at start.
struct AnswerPool: ~Copyable {
  /// No entry.
  static var none: UInt32 { .max }
  private var entries: Slots<Answer>
  /// The entry that was given back last; `none` when all that were used are in use.
  private var firstFree = AnswerPool.none
  /// How many entries were ever used: the rest has not been touched.
  private var used: UInt32 = 0
  /// How many entries are free.
  private(set) var free: Int

  init(capacity: Int) {
    require(capacity > 1 && capacity < Int(AnswerPool.none), "a pool of answers has room for some")
    require(MemoryLayout<Answer>.stride <= 64, "an answer that waits fits one cache line")
    entries = Slots(zeroed: capacity)
    free = capacity
  }

  var capacity: Int { entries.count }

  subscript(index: UInt32) -> Answer {
    _read { yield entries[Int(index)] }
    _modify { yield &entries[Int(index)] }
  }
  /// Takes an entry out; the caller knows that one is free.
  @inline(__always) mutating func take(_ answer: Answer) -> UInt32 {
    require(free > 0, "the pool is asked for room before an answer is owed")
    var index = firstFree
    if index == AnswerPool.none {
      index = used
      used &+= 1
    } else {
      firstFree = entries[Int(index)].next
    }
    free &-= 1
    entries[Int(index)] = answer
    return index
  }
  /// Gives an entry back.
  mutating func put(_ index: UInt32) {
    entries[Int(index)].next = firstFree
    firstFree = index
    free &+= 1
  }
}

/// The answers one connection owes, in the order of its requests: a list through the pool.
struct AnswerQueue {
  private(set) var first = AnswerPool.none
  private(set) var last = AnswerPool.none
  /// How many answers wait; those that only wait are not counted.
  private(set) var count: UInt32 = 0

  var isEmpty: Bool { first == AnswerPool.none }

  /// Puts an entry behind all others.
  @inline(__always) mutating func append(_ index: UInt32, in pool: inout AnswerPool) {
    pool[index].next = AnswerPool.none
    if last == AnswerPool.none { first = index } else { pool[last].next = index }
    last = index
    if pool[index].kind != .wait { count &+= 1 }
  }
  /// Takes the first entry out and gives it back to the pool.
  mutating func removeFirst(in pool: inout AnswerPool) {
    let index = first
    if pool[index].kind != .wait { count &-= 1 }
    first = pool[index].next
    if first == AnswerPool.none { last = AnswerPool.none }
    pool.put(index)
  }
}

/// What became of single events that were refused or set aside, chained by answer.
///
/// Bounded: without room they are only counted.
struct VerdictPool: ~Copyable {
  /// One event's.
  struct Entry {
    var event: UInt32
    var next: UInt32
    /// Why it was refused; 0 when it was set aside.
    var refusal: UInt8
    /// Where more is said of it; `noText` when nothing is.
    var text: UInt16 = VerdictPool.noText
  }
  static var noText: UInt16 { .max }
  /// How many verdicts may have a text at a time: those of schemas, which say where and what.
  static var textsMax: Int { 128 }
  private var entries: Slots<Entry>
  private var firstFree: UInt32 = 0
  private var texts: Slots<Region>
  private var freeTexts: Stack<UInt16>

  init(capacity: Int) {
    require(capacity > 0 && capacity < Int(AnswerPool.none), "a pool of verdicts has room for some")
    entries = Slots(capacity) { index in
      Entry(event: 0, next: index + 1 < capacity ? UInt32(index + 1) : AnswerPool.none, refusal: 0)
    }
    texts = Slots(Self.textsMax) {
      Region(id: RegionID(rawValue: UInt32($0)), byteCount: Desk.explanationBytesMax)
    }
    freeTexts = Stack((0..<UInt16(Self.textsMax)).reversed())
  }

  subscript(index: UInt32) -> Entry { entries[Int(index)] }
  /// How many bytes are said of an event besides.
  func textBytes(_ entry: Entry) -> Int { entry.text == Self.noText ? 0 : texts[Int(entry.text)].count }
  /// Writes them.
  func writeText(_ entry: Entry, to writer: inout Writer) { Self.write(texts[Int(entry.text)], to: &writer) }
  private static func write(_ text: borrowing Region, to writer: inout Writer) { writer.append(text.bytes) }

  /// Puts a verdict at the head of a chain, if there is room.
  ///
  /// Without a refusal it says that the event was set aside; `text` is what else is said of it, if anything.
  mutating func add(_ refusal: Refusal?, event: UInt32, _ text: borrowing Region, to chain: inout UInt32) {
    guard firstFree != AnswerPool.none else { return }
    let index = firstFree
    firstFree = entries[Int(index)].next
    entries[Int(index)] = Entry(event: event, next: chain, refusal: refusal?.rawValue ?? 0)
    chain = index
    guard text.count > 0, let place = freeTexts.popLast() else { return }
    entries[Int(index)].text = place
    texts[Int(place)].count = 0
    texts[Int(place)].append(text.bytes)
  }
  /// Gives a chain back.
  mutating func put(_ chain: inout UInt32) {
    while chain != AnswerPool.none {
      let next = entries[Int(chain)].next
      let text = entries[Int(chain)].text
      if text != Self.noText { freeTexts.append(text) }
      entries[Int(chain)].text = Self.noText
      entries[Int(chain)].next = firstFree
      firstFree = chain
      chain = next
    }
  }
}
