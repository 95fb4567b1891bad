internal import Bytes
internal import Glibc

/// How many requests a run of settled events completes, and with which status.
struct Settled {
  let requests: Int
  /// The first one's, which an earlier run may have begun.
  let first: UInt16
  let others: UInt16
}

/// One connection: its prepared requests, and how far each of them is.
///
/// The requests stand in one block of memory, one behind the other, `depth` of them, used round and round:
///
///     answered ≤ handed (to the kernel) ≤ assigned (stamped, wanting to be sent) ≤ answered + depth
///
/// A request's bytes change only between its answer and its next assignment, when the kernel has long copied them.
@safe struct Connection<Answers: AnswerReader>: ~Copyable {
  enum State {
    case closed, connecting
    /// Connected, and its TLS handshake under way.
    case shaking
    case open
    /// Had all the requests it may have: has said goodbye and waits for the server to do the same.
    case closing

    /// Whether there is something to receive.
    var isConnected: Bool { self == .shaking || self == .open || self == .closing }
  }

  let depth: Int
  let batch: Int
  /// Requests in the connection's life.
  private let requestsMax: Int
  private let greetingBytes: Int
  private let memory: UnsafeMutableRawBufferPointer
  private let ends: [Int]
  private let places: [UInt32]
  private let requestIDDistance: Int?
  /// When each request was sent, or due.
  private var timesNs: [UInt64]
  /// The sequence of each request's first event.
  private var sequences: [UInt64]

  var state = State.closed
  var descriptor: Int32 = -1
  /// Tells the completions of this connection from those of earlier ones in the same place.
  var generation: UInt32 = 0
  var isSending = false
  var isDirty = false
  /// Whether it takes the place of one that had all of its requests, rather than of one that was lost.
  var isRenewal = false
  var answers = Answers()
  private(set) var assigned = 0
  private(set) var handed = 0
  private(set) var answered = 0
  private var isGreeted = false
  /// Events that answers to runs of events have settled.
  private var settled = 0
  /// The worst status among the events of a request that is settled in part; 0 when there is none.
  private var partStatus: UInt16 = 0

  init(_ image: RequestImage, greeting: [UInt8], batch: Int, requestIDDistance: Int?, requestsMax: Int? = nil) {
    depth = image.ends.count
    self.batch = batch
    self.requestIDDistance = requestIDDistance
    self.requestsMax = requestsMax ?? .max
    require(image.sequencePlaces.count == depth * batch, "every event of a request has a place for its sequence")
    unsafe memory = .allocate(byteCount: greeting.count + image.bytes.count, alignment: 64)
    unsafe memory.copyBytes(from: greeting)
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[greeting.count...]).copyBytes(from: image.bytes)
    greetingBytes = greeting.count
    ends = image.ends.map { $0 + greeting.count }
    places = image.sequencePlaces.map { $0 + UInt32(greeting.count) }
    timesNs = [UInt64](repeating: 0, count: depth)
    sequences = [UInt64](repeating: 0, count: depth)
  }
  deinit {
    if descriptor >= 0 { _ = close(descriptor) }
    unsafe memory.deallocate()
  }

  /// How many more requests may be assigned.
  var room: Int { min(depth &- (assigned &- answered), requestsMax &- assigned) }
  /// Whether every request it may have is answered.
  var isUsedUp: Bool { answered >= requestsMax }
  /// Requests that were handed to the kernel and have no answer.
  var waiting: Int { handed &- answered }

  /// Makes the next request one of `batch` events from `sequence` on.
  @inline(__always)
  mutating func assign(sequence: UInt64, timeNs: UInt64) {
    require(room > 0, "a request is assigned where there is room")
    let slot = assigned % depth
    timesNs[slot] = timeNs
    sequences[slot] = sequence
    var event = slot &* batch
    var number = sequence
    var id = UInt32(truncatingIfNeeded: assigned &* batch)
    for _ in 0..<batch {
      let place = Int(places[event])
      // SAFETY: whoever built the image put twelve digits there, and the request id before them.
      let start = unsafe memory.baseAddress! + place
      let high = UInt32(truncatingIfNeeded: hexadecimal(UInt32(truncatingIfNeeded: number &>> 32)))
      unsafe start.storeBytes(of: high.bigEndian, as: UInt32.self)
      let low = hexadecimal(UInt32(truncatingIfNeeded: number))
      unsafe start.storeBytes(of: low.bigEndian, toByteOffset: 4, as: UInt64.self)
      if let requestIDDistance {
        unsafe (start - requestIDDistance).storeBytes(of: id.bigEndian, as: UInt32.self)
        id &+= 1
      }
      event &+= 1
      number &+= 1
    }
    assigned &+= 1
  }

  /// The bytes of all assigned requests that follow each other in memory, the greeting before the first of them.
  mutating func takeSend() -> UnsafeRawBufferPointer? {
    guard handed < assigned else { return nil }
    let first = handed % depth
    let last = first + min(assigned - handed, depth - first) - 1
    var start = first == 0 ? greetingBytes : ends[first - 1]
    if !isGreeted {
      isGreeted = true
      start = 0
    }
    handed += last - first + 1
    return unsafe UnsafeRawBufferPointer(rebasing: memory[start..<ends[last]])
  }

  /// Takes the oldest request that waits: its time and its first sequence.
  ///
  /// `nil` when none does.
  @inline(__always)
  mutating func takeAnswered() -> (timeNs: UInt64, sequence: UInt64)? {
    guard answered < handed else { return nil }
    let slot = answered % depth
    answered &+= 1
    return (timesNs[slot], sequences[slot])
  }

  /// Settles so many events, the last of them with request id `last`, and says what that makes of requests.
  ///
  /// A request is answered once all of its events are, and with success only when all of them were stored. `nil` when
  /// the answer is to what was never sent.
  mutating func settle(_ count: UInt32, through last: UInt32, status: UInt16) -> Settled? {
    let end = settled + Int(count)
    guard count > 0, end <= handed * batch, UInt32(truncatingIfNeeded: end - 1) == last else { return nil }
    settled = end
    let first = max(status, partStatus)
    let requests = end / batch - answered
    if requests > 0 { partStatus = end % batch > 0 ? status : 0 } else { partStatus = first }
    return Settled(requests: requests, first: first, others: status)
  }

  /// Forgets everything about the connection that was.
  ///
  /// Says how many requests it leaves without an answer.
  mutating func reset() -> Int {
    let lost = assigned - answered
    (assigned, handed, answered, settled, partStatus) = (0, 0, 0, 0, 0)
    (isSending, isGreeted) = (false, false)
    answers = Answers()
    generation = generation &+ 1 & 0xFF_FFFF
    if descriptor >= 0 {
      // A receive under way keeps the connection until it completes, which shutting down sees to.
      _ = shutdown(descriptor, Int32(SHUT_RDWR))
      _ = close(descriptor)
      descriptor = -1
    }
    state = .closed
    return lost
  }
}
