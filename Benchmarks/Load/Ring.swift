internal import Bytes
internal import CLiburing
internal import Glibc

/// An io_uring owned by the thread that made it, with the pool of buffers it receives into.
@safe struct Ring: ~Copyable {
  private let ring: UnsafeMutablePointer<io_uring>
  private let pool: UnsafeMutablePointer<io_uring_buf_ring>
  private let memory: UnsafeMutableRawBufferPointer
  private let bufferBytes: Int
  private let mask: Int32
  private var recycled: Int32 = 0
  private var head: UInt32 = 0
  private var tail: UInt32 = 0

  /// Makes a ring and `buffers` (a power of two) of `bufferBytes` to receive into.
  ///
  /// Throws: what the kernel refused, and the remedy.
  init(buffers: Int, bufferBytes: Int) throws(LoadFailure) {
    var parameters = io_uring_params()
    parameters.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG
      | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP
    parameters.cq_entries = 32768
    let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe ring.initialize(to: io_uring())
    let made = unsafe io_uring_queue_init_params(64, ring, &parameters)
    guard made == 0 else {
      unsafe ring.deallocate()
      throw .machine("io_uring can't be set up: \(errorText(-made)); it needs Linux 6.1 and kernel.io_uring_disabled=0")
    }
    let area = UnsafeMutableRawPointer.allocate(byteCount: buffers * 16, alignment: 4096)
    let pool = unsafe area.bindMemory(to: io_uring_buf_ring.self, capacity: 1)
    var registration = io_uring_buf_reg()
    registration.ring_addr = UInt64(UInt(bitPattern: area))
    registration.ring_entries = UInt32(buffers)
    let registered = unsafe io_uring_register_buf_ring(ring, &registration, 0)
    guard registered == 0 else {
      unsafe io_uring_queue_exit(ring)
      unsafe ring.deallocate()
      unsafe area.deallocate()
      throw .machine("a ring of receive buffers can't be registered: \(errorText(-registered))")
    }
    unsafe io_uring_buf_ring_init(pool)
    unsafe self.ring = ring
    unsafe self.pool = pool
    unsafe memory = .allocate(byteCount: buffers * bufferBytes, alignment: 4096)
    self.bufferBytes = bufferBytes
    mask = Int32(buffers - 1)
    for buffer in 0..<buffers { recycle(UInt16(buffer)) }
  }
  deinit {
    unsafe io_uring_queue_exit(ring)
    unsafe ring.deallocate()
    unsafe memory.deallocate()
    unsafe UnsafeMutableRawPointer(pool).deallocate()
  }

  /// Receives into the pool until a completion comes without `IORING_CQE_F_MORE`.
  mutating func receive(on descriptor: Int32, token: UInt64) {
    let entry = unsafe entry()
    unsafe io_uring_prep_recv_multishot(entry, descriptor, nil, 0, 0)
    unsafe entry.pointee.flags |= UInt8(1 << IOSQE_BUFFER_SELECT_BIT)
    unsafe entry.pointee.user_data = token
  }
  /// Sends all of `bytes`, which stay as they are until then.
  ///
  /// A send that succeeds may stay `silent`.
  mutating func send(_ bytes: UnsafeRawBufferPointer, on descriptor: Int32, token: UInt64, silent: Bool) {
    let entry = unsafe entry()
    let flags = Int32(MSG_NOSIGNAL | MSG_WAITALL)
    unsafe io_uring_prep_send(entry, descriptor, bytes.baseAddress, bytes.count, flags)
    if silent { unsafe entry.pointee.flags |= UInt8(1 << IOSQE_CQE_SKIP_SUCCESS_BIT) }
    unsafe entry.pointee.user_data = token
  }
  /// Connects a socket.
  ///
  /// The address lives until the completion.
  mutating func connect(_ descriptor: Int32, to address: borrowing ServerAddress, token: UInt64) {
    let entry = unsafe entry()
    unsafe io_uring_prep_connect(entry, descriptor, address.pointer, address.length)
    unsafe entry.pointee.user_data = token
  }

  private mutating func entry() -> UnsafeMutablePointer<io_uring_sqe> {
    while true {
      if let entry = unsafe io_uring_get_sqe(ring) { return unsafe entry }
      // A receive that is handed over here finds the buffers that are free by now.
      publish()
      _ = unsafe io_uring_submit(ring)
    }
  }

  /// Hands everything over and waits at most `timeoutNs` for one completion; 0 only looks.
  mutating func turn(timeoutNs: Int64) {
    publish()
    guard timeoutNs > 0 else {
      _ = unsafe io_uring_submit_and_get_events(ring)
      return
    }
    var timeout = __kernel_timespec(tv_sec: timeoutNs / 1_000_000_000, tv_nsec: timeoutNs % 1_000_000_000)
    var first: UnsafeMutablePointer<io_uring_cqe>?
    // Interrupted, timed out or out of room for completions: in each case the caller takes what is there and comes
    // again.
    _ = unsafe io_uring_submit_and_wait_timeout(ring, &first, 1, &timeout, nil)
  }
  /// Whether completions are there, or work that makes some.
  ///
  /// Cost: two loads, no system call.
  var hasNews: Bool {
    let flags = unsafe ring_load_acquire(ring.pointee.sq.kflags)
    if flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW) != 0 { return true }
    return unsafe ring_load_acquire(ring.pointee.cq.ktail) != head
  }
  /// Whether entries wait to be handed over.
  var hasQueued: Bool { unsafe io_uring_sq_ready(ring) > 0 }

  /// The next completion, or `nil` once all are taken, which also gives their places back.
  @inline(__always)
  mutating func next() -> io_uring_cqe? {
    if head == tail {
      unsafe ring_store_release(ring.pointee.cq.khead, head)
      tail = unsafe ring_load_acquire(ring.pointee.cq.ktail)
      if head == tail { return nil }
    }
    defer { head &+= 1 }
    return unsafe ring.pointee.cq.cqes[Int(head & ring.pointee.cq.ring_mask)]
  }

  /// Gives a buffer back to the pool, by the next turn.
  @inline(__always)
  mutating func recycle(_ id: UInt16) {
    unsafe io_uring_buf_ring_add(pool, start(of: id), UInt32(bufferBytes), id, mask, recycled)
    recycled &+= 1
  }
  /// The bytes received into a buffer, until it is recycled.
  @inline(__always)
  func bytes(of id: UInt16, count: Int) -> UnsafeMutableRawBufferPointer {
    require(count <= bufferBytes, "a buffer holds what was received into it")
    return unsafe UnsafeMutableRawBufferPointer(start: start(of: id), count: count)
  }
  private mutating func publish() {
    guard recycled > 0 else { return }
    unsafe io_uring_buf_ring_advance(pool, recycled)
    recycled = 0
  }
  @inline(__always)
  private func start(of id: UInt16) -> UnsafeMutableRawPointer {
    require(Int32(id) <= mask, "a buffer is in the pool")
    return unsafe memory.baseAddress! + Int(id) * bufferBytes
  }
}

/// What an error number means.
func errorText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

/// The monotonic clock, in nanoseconds.
@inline(__always)
func clockNs() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// The time the calling thread has used of its CPU, in nanoseconds.
func threadCPUNs() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
