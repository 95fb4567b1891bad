internal import Accept
internal import Bytes
internal import Decode
internal import Events
internal import World

/// One connection: its front, what of a message has arrived, and what is under way.
struct Connection: ~Copyable {
  var front: FrontSlot
  /// The start of a message whose end has not arrived; `nil` unless a message straddles two buffers.
  var carry: Region?
  /// How many bytes the message in `carry` needs at least.
  var needed = 0
  /// The first and last received buffer that is not used up, and how far the first is.
  var inbox: (first: BufferID, last: BufferID)?
  var position = 0
  /// Which of the shard's lanes takes its events: order is kept per connection.
  var lane: UInt16 = 0

  /// Who is at its other end, as a certificate says.
  var peer = PrincipalID.anonymous
  /// What its first bytes are for; its front gets what comes once that is over.
  var threshold = Threshold.none
  /// Whether it speaks TLS.
  var isSecure = false
  /// Whether its place waits among the handshakes; outlives the connection.
  var isQueued = false
  var isOpen = false
  var isReceiving = false
  /// The receive under way has been asked to end.
  var isStopping = false
  var isSending = false
  /// No more requests are wanted or will come; it closes once the answers owed are out.
  var isEnding = false
  /// What still arrives is thrown away: the stream can't be read on.
  var isDeaf = false
  /// Nobody reads the answers any more.
  var isBroken = false
  var isListed = false
  /// Whether it counts among its source's connections.
  var isCounted = false
  /// Whether it waits for its turn to be ended.
  var isInEndings = false
  var isClosing = false
  /// It has been told to shut down both directions.
  var isShut = false

  /// Whether a message ended or began since its time limits were last looked at.
  var hasAdvanced = false
  /// What its peer was in the middle of then.
  private var stage = ConnectionStage.idle
  /// How many received buffers its inbox holds.
  var inboxCount: UInt32 = 0
  /// How many bytes came since its time limits were last looked at.
  var arrived = 0
  /// Where it comes from; 0 where that does not matter.
  var source: UInt128 = 0

  /// What it will not go beneath when it adds to the carry, so that a head arriving byte by byte costs few passes.
  static var strideBytes: Int { 512 }

  /// A place that nobody has.
  init(_ index: Int, in fronts: borrowing FrontMemory) { front = FrontSlot(index, of: fronts) }

  var isOwing: Bool { !isBroken && front.isOwing }
  /// Whether what is received and sent is its front's, or is in records that can be opened.
  var isReadable: Bool { threshold == .none }

  /// What stands before the messages of a connection.
  enum Threshold: UInt8 {
    /// A balancer's header, which says where it comes from.
    case introduction
    /// The handshake of TLS.
    case handshake
    case none
  }

  mutating func open(_ entry: Int, _ listener: ShardSettings.Listener, lane: UInt16, source: UInt128) {
    require(!isOpen, "a place is free when a connection takes it")
    front.open(entry, listener.traits)
    isSecure = listener.isSecure
    (peer, threshold, isCounted) = (.anonymous, isSecure ? .handshake : .none, false)
    (self.lane, self.source, isOpen, isReceiving) = (lane, source, true, true)
    (hasAdvanced, arrived, stage) = (false, 0, .idle)
  }
  mutating func close(at desk: inout Desk, _ carries: inout Carries) {
    require(inbox == nil && !isReceiving && !isSending, "a connection is closed when nothing of it is under way")
    front.close(at: &desk)
    drop(&carries)
    (position, isOpen, isReceiving, isStopping, isSending) = (0, false, false, false, false)
    (isEnding, isDeaf, isBroken, isClosing, isShut) = (false, false, false, false, false)
  }
  /// Bytes of a message that wait for the rest of it.
  ///
  /// Asked through the connection: an optional chain from outside reads a carry that is gone as what it was.
  var carriedCount: Int {
    switch carry {
    case .some(let piece): piece.count
    case .none: 0
    }
  }
  /// Gives the carry back, whatever it holds.
  mutating func drop(_ carries: inout Carries) {
    if let piece = carry.take() { carries.giveBack(piece) }
    needed = 0
  }

  /// Looks what the peer is in the middle of, which says which time limit holds.
  ///
  /// - Parameters:
  ///   - isWaiting: whether what it sent, or could send, waits for us.
  ///   - beneath: the stage of what lies beneath the front, where that decides.
  /// - Returns: `nil` when that and what came of it are the same as when this was asked last.
  mutating func moved(isWaiting: Bool, beneath: ConnectionStage?) -> ConnectionStage? {
    let former = stage
    if let beneath {
      stage = beneath
    } else if isWaiting || isOwing {
      stage = .waiting
    } else {
      switch front.stage {
      case .idle: stage = .idle
      case .head: stage = .head
      case .body: stage = .body
      }
    }
    // Nothing that comes changes the limits of one who waits for us.
    if stage == .waiting { (hasAdvanced, arrived) = (false, 0) }
    return stage != former || hasAdvanced || arrived > 0 ? stage : nil
  }

  /// What consuming a buffer came to.
  enum Progress {
    /// The buffer is used up.
    case used
    /// There is no room; bring it again.
    case stalled
    /// Nothing more is to be read from this connection.
    case finished
  }

  /// Feeds the front from `bytes`, a received buffer.
  ///
  /// Whole messages are read in place. Only one that straddles two buffers is copied: its start when the first buffer
  /// ends, and of the second as much as it needs (or `strideBytes`), after which reading goes on in place.
  mutating func consume(_ bytes: RawSpan, into line: inout Line, at desk: inout Desk, _ carries: inout Carries)
    throws(Refusal) -> Progress
  {
    while carry != nil, position < bytes.byteCount {
      if let progress = try consumeCarry(bytes, into: &line, at: &desk, &carries) { return progress }
    }
    guard carry == nil, position < bytes.byteCount else { return .used }
    let fed = try front.feed(bytes.extracting(position..<bytes.byteCount), into: &line, at: &desk)
    position += fed.consumed
    hasAdvanced = hasAdvanced || fed.consumed > 0
    switch fed.pause {
    case .finished: return .finished
    case .stalled: return .stalled
    case .hungry(let count):
      let rest = bytes.byteCount - position
      guard rest > 0 else { return .used }
      require(count <= carries.largeBytes, "a front refuses what no carry can hold")
      guard var piece = carries.lend(max(count, rest)) else { return .stalled }
      piece.append(bytes.extracting(position..<bytes.byteCount))
      carry = consume piece
      needed = count
      position = bytes.byteCount
      return .used
    }
  }

  /// Adds to the carry what it needs and feeds it; `nil` to go on.
  private mutating func consumeCarry(
    _ bytes: RawSpan,
    into line: inout Line,
    at desk: inout Desk,
    _ carries: inout Carries
  ) throws(Refusal) -> Progress? {
    guard var piece = carry.take() else { return nil }
    let held = piece.count
    if needed > piece.byteCount {
      guard var larger = carries.lend(needed) else {
        require(needed <= carries.largeBytes, "a front refuses what no carry can hold")
        carry = consume piece
        return .stalled
      }
      larger.append(piece.bytes)
      carries.giveBack(piece)
      piece = consume larger
    }
    let wanted = min(max(needed - held, Connection.strideBytes), bytes.byteCount - position, piece.room)
    require(wanted > 0, "a front refuses what no carry can hold")
    piece.append(bytes.extracting(position..<position + wanted))
    let fed: Fed
    do throws(Refusal) { fed = try front.feed(piece, into: &line, at: &desk) } catch {
      carries.giveBack(piece)
      throw error
    }
    if fed.consumed > 0 {
      hasAdvanced = true
      require(fed.consumed > held || fed.pause != .stalled, "what is carried is one unfinished message")
      return resume(fed, held: held, consume piece, wanted: wanted, bytes, &carries)
    }
    switch fed.pause {
    case .hungry(let count):
      position += wanted
      needed = count
    case .stalled:
      piece.count = held
      carry = consume piece
      return .stalled
    case .finished:
      carries.giveBack(piece)
      return .finished
    }
    carry = consume piece
    return nil
  }

  /// Goes on after the carried message was consumed: in place, or with what is left of the carry.
  private mutating func resume(
    _ fed: Fed,
    held: Int,
    _ piece: consuming Region,
    wanted: Int,
    _ bytes: RawSpan,
    _ carries: inout Carries
  ) -> Progress? {
    if fed.consumed >= held {
      position += fed.consumed - held
      carries.giveBack(piece)
      needed = 0
      if case .hungry = fed.pause { return nil }
      return fed.pause == .finished ? .finished : .stalled
    }
    // Some of the carry is left: a part of a longer message was consumed. What was added to it is read again.
    piece.count = held
    piece.removeFirst(fed.consumed)
    if case .hungry(let count) = fed.pause { needed = count }
    carry = consume piece
    switch fed.pause {
    case .hungry: return nil
    case .stalled: return .stalled
    case .finished: return .finished
    }
  }
}
