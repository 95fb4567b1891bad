public import Bytes
internal import CHost
internal import CLiburing
public import Events
internal import Glibc
public import World

/// The world as Linux shows it to one shard: one io_uring and what it refers to, on the shard's own thread.
///
///     shard ──operation──▶ entry ─┐                     ┌─▶ completion ──next──▶ shard
///                                 └─wait─▶ kernel ──────┘
///
/// Operations are queued and handed over by `wait`, one system call a turn. What the kernel cuts short is taken up
/// again here; a completion comes out when an operation is through, or has failed.
@safe public struct Host: Machine, ~Copyable {
  // Fields die in this order: the ring ends everything under way before the memory goes that it refers to.
  var ring: Ring
  var pool: BufferPool
  var regions: Slots<Region?>
  var transfers: Slots<Transfer>
  var connections: ConnectionTable
  var sockets: ListenerSockets
  var listeners: Slots<ListenerState>
  var segments: SegmentTable
  /// What the kernel reads and writes outside of regions: the deadline, and the event's count.
  let words: Words

  let shard: ShardID
  let policy: WaitPolicy
  let kernel: Kernel
  let wakes: Wakes
  let word: WakeWord
  /// Whether commits' regions are registered with the ring.
  let hasRegisteredRegions: Bool
  let batches: Int
  /// Connections to shut down once what was queued before is handed over.
  var shutdowns: Queue<UInt32>
  /// A completion that `wait` found, to come out first.
  var found: Completion?
  /// The rest of a bundle, which comes out buffer by buffer.
  var bundle: Bundle?
  /// Ends of accepts that follow a connection accepted last.
  var endedListener: (ListenerID, Int32)?
  var isWoken = false
  /// Whether the preparing thread has said something.
  var hasProgress = false
  var isTiming = false
  var randomness = Randomness()
  var counted = HostCounters()

  /// A listener's accept.
  struct ListenerState {
    /// Accepts under way, each for one connection.
    var accepts = 0
    /// Why they are to end: a negated error number; 0 while they are not.
    var ending: Int32 = 0
    var isAccepting: Bool { accepts > 0 }
  }
  /// A received bundle whose buffers have not all come out.
  struct Bundle {
    let connection: ConnectionID
    var left: Int
    let more: Bool
  }
  /// What is under way with a region.
  @safe struct Transfer {
    enum Kind: UInt8 { case none, send, write, read }
    let memory: UnsafeMutableRawPointer
    var kind = Kind.none
    var descriptor: Int32 = -1
    var connection: UInt32 = 0
    var offset = 0
    var done = 0
    var goal = 0
    /// How often the kernel answered without getting anywhere.
    var setbacks = 0
  }

  /// Makes the ring and everything it refers to, on the thread that will use it.
  ///
  /// Throws: what the kernel or the limits would not allow.
  public init(_ seed: consuming HostSeed) throws(HostFailure) {
    let sizes = seed.sizes
    let ring = try Self.makeRing(sizes, seed.kernel)
    let pool = try Self.makePool(sizes, seed.kernel, ring)
    let segments = try SegmentTable(seed.segments, sizes: sizes)
    let regions = sizes.makeRegions()
    var memories: [UnsafeMutableRawBufferPointer] = unsafe []
    for index in 0..<regions.count { unsafe memories.append(regions[index]!.memory) }
    // Those of the side lane may never be used: they are pinned when they are.
    let vectors = unsafe memories.prefix(sizes.batches).map {
      unsafe iovec(iov_base: $0.baseAddress, iov_len: $0.count)
    }
    // The limit of locked memory may forbid it; then the kernel pins the pages of each write by itself.
    hasRegisteredRegions = unsafe !vectors.isEmpty && ring.register(vectors) == 0
    batches = sizes.batches
    transfers = Slots(sizes.regions) { unsafe Transfer(memory: memories[$0].baseAddress!) }
    words = Words()
    (shard, policy, kernel, wakes) = (seed.shard, seed.policy, seed.kernel, seed.wakes)
    word = seed.wakes.word(of: seed.shard)
    connections = ConnectionTable(capacity: sizes.connections)
    shutdowns = Queue(capacity: max(1, sizes.connections))
    listeners = Slots(seed.sockets.descriptors.count) { _ in ListenerState() }
    sockets = seed.sockets
    self.ring = ring
    self.pool = pool
    self.regions = regions
    self.segments = segments
    word.publish(ring: self.ring.descriptor)
    readEvent()
  }
  private static func makeRing(_ sizes: Sizes, _ kernel: Kernel) throws(HostFailure) -> Ring {
    do throws(RingRefusal) {
      // Room for a completion of every buffer and two of every connection; the kernel caps it.
      let completions = UInt32(max(8192, min(65536, sizes.buffers + 2 * sizes.connections)))
      return try Ring(entries: 512, completions: completions)
    } catch {
      throw .ringRefused(error.errorNumber, sysctl: Kernel.ringSysctl(), release: kernel.release)
    }
  }
  private static func makePool(_ sizes: Sizes, _ kernel: Kernel, _ ring: borrowing Ring) throws(HostFailure)
    -> BufferPool
  {
    do throws(RingRefusal) {
      return try BufferPool(
        buffers: sizes.buffers,
        bufferBytes: sizes.bufferBytes,
        isBundled: kernel.features.contains(.bundles),
        ring: ring.descriptor
      )
    } catch {
      throw .ringRefused(error.errorNumber, sysctl: Kernel.ringSysctl(), release: kernel.release)
    }
  }
  deinit {
    word.publish(ring: -1)
    // What is under way holds on to its socket until the ring ends it, right after this.
    for index in 0..<connections.capacity where connections[UInt32(index)].descriptor >= 0 {
      _ = Glibc.close(connections[UInt32(index)].descriptor)
    }
  }

  /// What has been done since the start.
  public var counters: HostCounters {
    var total = counted
    let ringed = ring.counters
    (total.enters, total.completions) = (ringed.enters, ringed.completions)
    (total.overflows, total.congestions) = (ringed.overflows, ringed.congestions)
    return total
  }
  /// How many connections there are.
  public var connectionCount: Int { connections.count }
  /// How many receive buffers are with the shard.
  public var buffersLent: Int { pool.lentCount }
  /// Whether commits are written from memory that the kernel has pinned once for all.
  public var usesRegisteredRegions: Bool { hasRegisteredRegions }

  /// The system clock; nothing here vouches for it, so its error has no bound.
  public func now() -> ClockReading {
    ClockReading(
      utcNs: nanoseconds(of: CLOCK_REALTIME),
      errorNs: nil,
      state: .unknown,
      monotonicNs: nanoseconds(of: CLOCK_MONOTONIC)
    )
  }
  /// Random bits of the kernel.
  ///
  /// Cost: a system call every 64 times.
  public mutating func entropy() -> UInt64 { randomness.next() }
  /// Where a connection comes from; 0 when the peer is gone already.
  ///
  /// Cost: a system call.
  public func source(of connection: ConnectionID) -> SourceAddress {
    SourceAddress(bits: socketEnd(connections[connection].descriptor, peer: true)?.mappedBits ?? 0)
  }
  /// The segments of a lane that existed at the start, in the order of their slots.
  public func segments(of lane: LaneID) -> [SegmentID] { segments.existing(of: lane) }

  /// The bytes of a received buffer.
  @_lifetime(borrow self)
  public borrowing func bytes(of buffer: BufferID, count: Int) -> RawSpan {
    pool.bytes(of: buffer.rawValue, count: count)
  }
  /// The same to be changed in place.
  @_lifetime(&self)
  public mutating func mutableBytes(of buffer: BufferID, count: Int) -> MutableRawSpan {
    pool.mutableBytes(of: buffer.rawValue, count: count)
  }
  /// Gives a buffer back; the kernel has it with the next `wait`.
  public mutating func recycle(_ buffer: BufferID) { pool.recycle(buffer.rawValue) }
  /// Takes a region out; after a read its count is what was read.
  public mutating func take(_ region: RegionID) -> Region {
    let index = Int(region.rawValue)
    require(transfers[index].kind == .none, "a region in flight stays with the machine")
    guard let region = regions[index].take() else { broken("a region is taken once") }
    return region
  }
  /// Puts a region back in its place.
  public mutating func put(_ region: consuming Region) { regions[Int(region.id.rawValue)] = consume region }
}

/// What the kernel reads and writes by address, outside of regions.
@safe struct Words: ~Copyable {
  let deadline: UnsafeMutablePointer<__kernel_timespec>
  let event: UnsafeMutablePointer<UInt64>

  init() {
    unsafe deadline = .allocate(capacity: 1)
    unsafe deadline.initialize(to: __kernel_timespec())
    unsafe event = .allocate(capacity: 1)
    unsafe event.initialize(to: 0)
  }
  deinit {
    unsafe deadline.deallocate()
    unsafe event.deallocate()
  }
}

/// What a clock of the kernel says, in nanoseconds.
func nanoseconds(of clock: clockid_t) -> Int64 {
  var time = timespec()
  let result = unsafe clock_gettime(clock, &time)
  require(result == 0, "the kernel has this clock")
  return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// Random bits from the kernel, drawn many at a time and forgotten as they are handed out.
struct Randomness {
  private var drawn: InlineArray<64, UInt64> = InlineArray(repeating: 0)
  private var left = 0

  mutating func next() -> UInt64 {
    if left == 0 {
      var fresh: InlineArray<64, UInt64> = InlineArray(repeating: 0)
      var span = fresh.mutableSpan
      let result = unsafe span.withUnsafeMutableBytes { unsafe host_random($0.baseAddress, $0.count) }
      require(result == 0, "the kernel has random bits")
      (drawn, left) = (fresh, 64)
    }
    left -= 1
    defer { drawn[left] = 0 }
    return drawn[left]
  }
}
