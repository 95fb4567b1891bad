internal import Bytes
public import TLS
internal import World

/// What a connection of a TLS listener has beside its front: the session, and how far its records have been read.
///
///     received buffer ─▶ record ─▶ opened in place ─▶ front
///                          └ one that straddles buffers is gathered first
struct SecureChannel: ~Copyable {
  /// `nil` until the first bytes have their turn, so that a connection that says nothing costs nothing.
  var session: TLSSession?
  /// Whose context its records are opened in.
  private(set) var listener = 0
  /// How far the first received buffer of the inbox is used up.
  var position = 0
  /// A record that straddles received buffers, as much of it as there is, and how many bytes it has at least.
  var record: Region?
  var needed = 0
  /// Where the plaintext ends that the front has not used up: in `record` if that is whole, else in the buffer.
  var plainEnd: Int?
  /// Whether the last words have been sent.
  var hasSaidGoodbye = false

  mutating func open(on listener: Int) { self.listener = listener }
  /// Lets go of everything.
  mutating func close(in security: borrowing Security, _ carries: inout Carries) {
    if let session = session.take() { session.forget(in: security.context(of: listener)) }
    drop(&carries)
    (position, needed, hasSaidGoodbye) = (0, 0, false)
  }

  var isBegun: Bool { session != nil }
  /// Whether a record has begun that has not ended.
  var isWithinRecord: Bool { record != nil }

  /// Gives the gathered record back, whatever it holds.
  mutating func drop(_ carries: inout Carries) {
    if let piece = record.take() { carries.giveBack(piece) }
    plainEnd = nil
  }
  /// Opens the next record of a received buffer, in place.
  mutating func open(_ bytes: inout MutableRawSpan, in context: TLSContext) -> TLSSession.Opened {
    session!.open(&bytes, at: &position, in: context)
  }
  /// Adds to the gathered record what it needs of `bytes`.
  ///
  /// - Returns: whether it has all it needs.
  mutating func gather(_ piece: inout Region, from bytes: RawSpan) -> Bool {
    let count = min(needed - piece.count, bytes.byteCount - position)
    piece.append(bytes.extracting(position..<position + count))
    position += count
    return piece.count == needed
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
