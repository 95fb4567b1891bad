internal import Bytes
internal import CHost
internal import CLiburing
internal import Glibc

/// One io_uring, owned by the thread that made it: entries go in, completions come out.
///
///     entry ─▶ submission queue ──enter──▶ kernel ──▶ completion queue ─▶ next
///              head … handed … tail                   head … tail
///
/// The layout comes from liburing; queueing and entering are done here, for two reasons: the flags of newer kernels,
/// and one system call a turn whatever there is to do.
@safe struct Ring: ~Copyable {
  /// A completion.
  struct Finished {
    let token: UInt64
    let result: Int32
    let flags: UInt32
  }

  private let ring: UnsafeMutablePointer<io_uring>
  private let enterFlags: UInt32
  private let enterDescriptor: Int32
  private var handed: UInt32
  private var tail: UInt32
  private var completionHead: UInt32
  private var completionTail: UInt32
  /// Completions set aside while the kernel would not take entries before its queue was emptied; empty but then.
  private var spilled: [Finished] = []
  private var spilledHead = 0
  /// What has been counted.
  private(set) var counters = HostCounters()
  /// The features the kernel reported.
  let features: UInt32

  /// Makes a ring for the calling thread alone.
  ///
  /// Throws: the negated error number of io_uring_setup(2).
  init(entries: UInt32, completions: UInt32) throws(RingRefusal) {
    var parameters = io_uring_params()
    parameters.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG
      | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP
    parameters.cq_entries = completions
    let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe ring.initialize(to: io_uring())
    let result = unsafe io_uring_queue_init_params(entries, ring, &parameters)
    guard result >= 0 else {
      unsafe ring.deallocate()
      throw RingRefusal(errorNumber: -result)
    }
    // A descriptor registered with the thread spares the kernel a lookup a call; without one nothing is lost.
    let isRegistered = unsafe io_uring_register_ring_fd(ring) == 1
    var flags: UInt32 = isRegistered ? IORING_ENTER_REGISTERED_RING : 0
    if parameters.features & RING_FEATURE_NO_IOWAIT != 0 { flags |= RING_ENTER_NO_IOWAIT }
    let submission = unsafe ring.pointee.sq
    for index in unsafe 0..<submission.ring_entries { unsafe submission.array[Int(index)] = index }
    unsafe self.ring = ring
    enterFlags = flags
    enterDescriptor = unsafe (isRegistered ? ring.pointee.enter_ring_fd : ring.pointee.ring_fd)
    features = parameters.features
    handed = unsafe ring_load_relaxed(submission.ktail)
    tail = handed
    completionHead = unsafe ring_load_relaxed(ring.pointee.cq.khead)
    completionTail = completionHead
  }
  deinit {
    // What is under way refers to memory that is freed next, so it ends first. Disk operations can't be cancelled; the
    // kernel holds on to the pages they use.
    _ = unsafe host_cancel_all(ring.pointee.ring_fd, 1_000_000_000)
    closeUnclaimed()
    unsafe io_uring_queue_exit(ring)
    unsafe ring.deallocate()
  }

  /// Closes connections that were accepted and never taken out.
  private func closeUnclaimed() {
    let queue = unsafe ring.pointee.cq
    var head = completionHead
    let end = unsafe ring_load_acquire(queue.ktail)
    while head != end {
      let finished = unsafe Finished(queue.cqes[Int(head & queue.ring_mask)])
      if Token(bits: finished.token).kind == .accept, finished.result >= 0 { _ = close(finished.result) }
      head &+= 1
    }
  }

  /// The ring's descriptor, by which other rings send it messages.
  var descriptor: Int32 { unsafe ring.pointee.ring_fd }
  /// How many entries wait to be handed over.
  var queued: UInt32 { tail &- handed }

  /// The next free entry, its contents undefined: prepare all of it, then its token.
  mutating func entry() -> UnsafeMutablePointer<io_uring_sqe> {
    let submission = unsafe ring.pointee.sq
    while unsafe tail &- ring_load_acquire(submission.khead) >= submission.ring_entries { enter(waitingFor: 0) }
    defer { tail &+= 1 }
    return unsafe submission.sqes + Int(tail & submission.ring_mask)
  }

  /// Hands over what is queued, lets the kernel finish what is ready, and waits for `count` completions.
  ///
  /// May return early. `minimumWaitUs` needs the feature; `timeoutNs` 0 is for ever.
  mutating func enter(waitingFor count: UInt32, minimumWaitUs: UInt32 = 0, timeoutNs: Int64 = 0) {
    unsafe ring_store_release(ring.pointee.sq.ktail, tail)
    unsafe ring_store_release(ring.pointee.cq.khead, completionHead)
    var attempts = 0
    repeat {
      let flags = enterFlags | IORING_ENTER_GETEVENTS
      counters.enters &+= 1
      let result =
        minimumWaitUs == 0 && timeoutNs == 0
        ? host_ring_enter(enterDescriptor, queued, count, flags)
        : host_ring_enter_timed(enterDescriptor, queued, count, flags, minimumWaitUs, timeoutNs)
      if result >= 0 {
        require(UInt32(result) <= queued, "the kernel takes no more entries than it is given")
        handed &+= UInt32(result)
        continue
      }
      switch -result {
      case EINTR, ETIME:
        if queued == 0 { return }
      case EBUSY, EAGAIN:
        // No room for completions, or no memory for requests: make the one, wait for the other.
        counters.congestions &+= 1
        attempts += 1
        require(attempts < 100_000, "the kernel takes entries again once completions are taken from it")
        spill()
        sched_yield()
      default: broken("io_uring_enter: \(errorText(-result))")
      }
    } while queued > 0
  }

  /// Takes all completions out of the kernel's queue, to make room there.
  private mutating func spill() {
    let queue = unsafe ring.pointee.cq
    var head = completionHead
    let end = unsafe ring_load_acquire(queue.ktail)
    while head != end {
      unsafe spilled.append(Finished(queue.cqes[Int(head & queue.ring_mask)]))
      head &+= 1
    }
    (completionHead, completionTail) = (head, end)
    unsafe ring_store_release(queue.khead, head)
  }

  /// Whether a completion is ready, or would be after entering the kernel: two loads.
  var isReady: Bool {
    unsafe ring_load_acquire(ring.pointee.cq.ktail) != completionHead || wantsEnter
  }
  /// Whether the kernel has work for this thread that only entering it gets done.
  var wantsEnter: Bool {
    unsafe ring_load_relaxed(ring.pointee.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW) != 0
  }

  /// The next completion, or `nil` once all are taken, which also gives their places back.
  mutating func next() -> Finished? {
    if spilledHead < spilled.count { return nextSpilled() }
    let queue = unsafe ring.pointee.cq
    if completionHead == completionTail {
      unsafe ring_store_release(queue.khead, completionHead)
      completionTail = unsafe ring_load_acquire(queue.ktail)
      if completionHead == completionTail {
        guard unsafe ring_load_relaxed(ring.pointee.sq.kflags) & IORING_SQ_CQ_OVERFLOW != 0 else { return nil }
        counters.overflows &+= 1
        enter(waitingFor: 0)
        completionTail = unsafe ring_load_acquire(queue.ktail)
        if completionHead == completionTail { return nil }
      }
    }
    defer { completionHead &+= 1 }
    counters.completions &+= 1
    return unsafe Finished(queue.cqes[Int(completionHead & queue.ring_mask)])
  }
  private mutating func nextSpilled() -> Finished {
    let finished = spilled[spilledHead]
    spilledHead += 1
    counters.completions &+= 1
    if spilledHead == spilled.count {
      spilled.removeAll(keepingCapacity: true)
      spilledHead = 0
    }
    return finished
  }

  /// Tells the kernel of memory that disk operations use, so that they need not pin it each time.
  func register(_ vectors: [iovec]) -> Int32 {
    unsafe io_uring_register_buffers(ring, vectors, UInt32(vectors.count))
  }
}

extension Ring.Finished {
  fileprivate init(_ entry: io_uring_cqe) {
    self.init(token: entry.user_data, result: entry.res, flags: entry.flags)
  }
  /// Whether the operation goes on and completes again.
  var hasMore: Bool { flags & IORING_CQE_F_MORE != 0 }
  /// The first buffer that was filled, if any was taken.
  var buffer: UInt16? {
    flags & IORING_CQE_F_BUFFER != 0 ? UInt16(truncatingIfNeeded: flags >> UInt32(IORING_CQE_BUFFER_SHIFT)) : nil
  }
}

/// Why the kernel would not make a ring.
struct RingRefusal: Error {
  let errorNumber: Int32
}

/// What an entry asks for and whom it concerns; it comes back with the completion.
///
///     63      56 55                     32 31                        0
///     │  kind   │ region or generation    │ connection, listener, … │
struct Token {
  /// What was asked for.
  enum Kind: UInt8 { case accept = 1, receive, send, write, read, timeout, cancel, close, event, kick, message }

  let bits: UInt64
  init(bits: UInt64) { self.bits = bits }
  init(_ kind: Kind, _ middle: UInt32 = 0, _ subject: UInt32 = 0) {
    require(middle < 1 << 24, "a region or generation fits its token")
    bits = UInt64(kind.rawValue) << 56 | UInt64(middle) << 32 | UInt64(subject)
  }
  var kind: Kind {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: bits >> 56)) else {
      broken("a completion has a token of ours")
    }
    return kind
  }
  var middle: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) & 0xFF_FFFF }
  var subject: UInt32 { UInt32(truncatingIfNeeded: bits) }
}
