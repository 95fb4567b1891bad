internal import Bytes
public import TLS
internal import World

/// What a connection of a TLS listener has beside its front: the session, and how far its records have been read.
///
///     received buffer ─▶ record, opened in place ─▶ front
///            └▶ set aside ─▶ the same: a record that straddles buffers, and what waited for a handshake's turn
struct SecureChannel: ~Copyable {
  /// `nil` until the first message has its turn, so that a connection that says nothing costs nothing.
  var session: TLSSession?
  /// Whose context its records are opened in.
  private(set) var listener = 0
  /// How far the first received buffer of the inbox is used up.
  var position = 0
  /// What was copied out of its buffer, and how far it is used up.
  var aside: Region?
  var asidePosition = 0
  /// How many bytes the record there has at least; 0 while that is not known.
  private var needed = 0
  /// Where the plaintext ends that the front has not used up: in `aside` if there is that, else in the buffer.
  var plainEnd: Int?
  /// Whether the last words have been sent.
  var hasSaidGoodbye = false

  mutating func open(on listener: Int) { self.listener = listener }
  /// Lets go of everything.
  mutating func close(in security: borrowing Security, _ carries: inout Carries) {
    if let session = session.take() { session.forget(in: security.context(of: listener)) }
    drop(&carries)
    (position, hasSaidGoodbye) = (0, false)
  }

  var isBegun: Bool { session != nil }
  /// Whether something is set aside: a record has begun that has not ended, or a handshake waits.
  var hasAside: Bool { aside != nil }
  /// Whether something is set aside that goes on without more of the peer's.
  var hasUnread: Bool {
    switch aside {
    case .some(let aside): plainEnd != nil || aside.count - asidePosition >= max(needed, 1)
    case .none: false
    }
  }

  /// Copies bytes of a received buffer: what the record set aside needs, or all that there is room for.
  mutating func setAside(_ bytes: RawSpan) {
    guard var region = aside.take() else { broken("bytes are set aside somewhere") }
    let wanted = needed > 0 ? needed - region.count : region.room
    let count = min(wanted, bytes.byteCount - position)
    region.append(bytes.extracting(position..<position + count))
    position += count
    aside = consume region
  }
  /// Gives back what is set aside once all of it is used up.
  mutating func dropUsed(_ carries: inout Carries) {
    plainEnd = nil
    let isUsed: Bool
    switch aside {
    case .some(let aside): isUsed = asidePosition == aside.count
    case .none: isUsed = true
    }
    if isUsed { drop(&carries) }
  }
  /// Gives back what is set aside, whatever it holds.
  mutating func drop(_ carries: inout Carries) {
    if let region = aside.take() { carries.giveBack(region) }
    (asidePosition, needed, plainEnd) = (0, 0, nil)
  }
  /// Goes on with the handshake, with what is set aside.
  mutating func shakeHands(into region: inout Region, utcSeconds: Int64) -> TLSSession.HandshakeOutcome {
    guard let received = aside.take() else { broken("a handshake goes on with what arrived") }
    let step = shakeHands(received, into: &region, utcSeconds)
    asidePosition += step.consumed
    aside = consume received
    return step.outcome
  }
  private mutating func shakeHands(_ received: borrowing Region, into region: inout Region, _ utcSeconds: Int64)
    -> TLSSession.HandshakeStep
  {
    let bytes = received.bytes.extracting(asidePosition..<received.count)
    return session!.handshake(bytes, into: &region, utcSeconds: utcSeconds)
  }
  /// Opens the next record of what is set aside, in place.
  mutating func openAside(in context: TLSContext) -> TLSSession.Opened {
    guard var region = aside.take() else { return .hungry(0) }
    needed = 0
    let opened = session!.open(&region, at: &asidePosition, in: context)
    if case .hungry(let count) = opened {
      region.removeFirst(asidePosition)
      (asidePosition, needed) = (0, count)
    }
    aside = consume region
    return opened
  }
  /// Opens the next record of a received buffer, in place.
  mutating func open(_ bytes: inout MutableRawSpan, in context: TLSContext) -> TLSSession.Opened {
    session!.open(&bytes, at: &position, in: context)
  }
}

/// What the shards' TLS listeners are made with, ready to be taken by one shard.
public struct SecuritySeed: Sendable {
  /// By listener; `nil` for those that speak plain TCP.
  public var contexts: [PreparedContext?] = []
  /// By listener: what seals its tickets.
  public var ticketKeys: [TicketKeys?] = []
  /// Nothing: all listeners speak plain TCP.
  public init() {}
}

/// The TLS contexts of one shard.
struct Security {
  /// By listener.
  private(set) var contexts: [TLSContext?]
  /// By listener: what seals tickets, for contexts to come as well.
  private var ticketKeys: [TicketKeys?]
  /// What happened in contexts that have been replaced.
  private var past = TLSCounters()

  init(_ seed: SecuritySeed, listeners: Int) {
    contexts = Array(repeating: nil, count: listeners)
    ticketKeys = Array(repeating: nil, count: listeners)
    adopt(seed)
  }

  /// The context of a listener that speaks TLS.
  func context(of listener: Int) -> TLSContext {
    guard let context = contexts[listener] else { broken("a listener that speaks TLS has a context") }
    return context
  }
  /// Takes new certificates; what is open stays as it is.
  mutating func adopt(_ seed: SecuritySeed) {
    for (listener, prepared) in seed.contexts.enumerated() {
      guard let prepared else { continue }
      guard let context = prepared.take() else { broken("a context is taken by one shard") }
      if let old = contexts[listener] { past.add(old.counters) }
      contexts[listener] = context
    }
    for (listener, keys) in seed.ticketKeys.enumerated() { ticketKeys[listener] = keys ?? ticketKeys[listener] }
    for (listener, context) in contexts.enumerated() {
      if let context, let keys = ticketKeys[listener] { context.adopt(keys) }
    }
  }
  /// What happened in all of them.
  var counters: TLSCounters {
    var sum = past
    for context in contexts {
      if let context { sum.add(context.counters) }
    }
    return sum
  }
}
