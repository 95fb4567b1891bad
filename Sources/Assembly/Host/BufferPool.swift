internal import Bytes
internal import CHost
internal import CLiburing
internal import Glibc

/// The buffers a shard receives into: memory that the kernel fills and a ring of those it may fill next.
///
/// The kernel takes buffers in the ring's order. With bundles one completion stands for several of them and names only
/// the first, so `order` repeats the ring: what follows the first there was filled next.
@safe struct BufferPool: ~Copyable {
  /// The group's number, by which receives name it.
  static let group: UInt16 = 1

  private let entries: UnsafeMutableRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer
  /// How many bytes each buffer holds.
  let bufferBytes: Int
  private let mask: UInt32
  /// Whether one completion may stand for several buffers.
  private let isBundled: Bool
  private var order: Slots<UInt16>
  private var lent: Slots<Bool>
  /// How many buffers the kernel has filled, and how many it was given, ever; modulo 2³².
  private var filled: UInt32 = 0
  private var given: UInt32 = 0
  private var published: UInt32 = 0

  /// Maps the memory and registers it.
  ///
  /// Throws: the kernel's refusal.
  init(buffers: Int, bufferBytes: Int, isBundled: Bool, ring: Int32) throws(RingRefusal) {
    require(buffers > 0 && buffers <= 32768 && buffers & (buffers - 1) == 0, "a pool has 2ⁿ buffers, 32,768 at most")
    require(bufferBytes > 0, "a buffer holds something")
    let entries = try unsafe Self.map(buffers * MemoryLayout<io_uring_buf>.size)
    guard let start = unsafe PrivatePages.map(buffers * bufferBytes) else {
      let refusal = RingRefusal(errorNumber: errno)
      _ = unsafe munmap(entries.baseAddress, entries.count)
      throw refusal
    }
    let memory = unsafe UnsafeMutableRawBufferPointer(start: start, count: buffers * bufferBytes)
    // Fewer, larger pages: the copy into them is the receive's main cost. A refusal costs nothing but that.
    _ = unsafe madvise(memory.baseAddress, memory.count, MADV_HUGEPAGE)
    let result = unsafe host_register_buffer_ring(ring, entries.baseAddress, UInt32(buffers), Self.group, 0)
    guard result >= 0 else {
      _ = unsafe munmap(entries.baseAddress, entries.count)
      _ = unsafe munmap(memory.baseAddress, memory.count)
      throw RingRefusal(errorNumber: -result)
    }
    unsafe self.entries = entries
    unsafe self.memory = memory
    self.bufferBytes = bufferBytes
    self.isBundled = isBundled
    mask = UInt32(buffers - 1)
    order = Slots(buffers) { _ in 0 }
    lent = Slots(buffers) { _ in true }
    for buffer in 0..<buffers { recycle(UInt16(buffer)) }
    publish()
  }
  deinit {
    _ = unsafe munmap(entries.baseAddress, entries.count)
    _ = unsafe munmap(memory.baseAddress, memory.count)
  }
  private static func map(_ count: Int) throws(RingRefusal) -> UnsafeMutableRawBufferPointer {
    let start = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe start != MAP_FAILED else { throw RingRefusal(errorNumber: errno) }
    return unsafe UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  /// How many buffers are with the shard: filled and not given back.
  var lentCount: Int { Int(mask) + 1 - Int(given &- filled) }

  /// Whether `buffer` is the one that the kernel fills next.
  func isNext(_ buffer: UInt16) -> Bool { UInt32(buffer) <= mask && order[Int(filled & mask)] == buffer }
  /// Notes that the kernel has filled `buffer`, which came as the first of a completion.
  mutating func take(_ buffer: UInt16) {
    require(UInt32(buffer) <= mask, "the kernel names a buffer of the pool")
    require(!isBundled || order[Int(filled & mask)] == buffer, "the kernel fills buffers in the ring's order")
    require(!lent[Int(buffer)], "the kernel fills buffers it was given")
    lent[Int(buffer)] = true
    filled &+= 1
  }
  /// The buffer that the kernel filled after the last one taken; of use with bundles only.
  var following: UInt16 { order[Int(filled & mask)] }

  /// Gives a buffer back; the kernel learns of it with `publish`.
  mutating func recycle(_ buffer: UInt16) {
    require(UInt32(buffer) <= mask && lent[Int(buffer)], "a buffer is given back once")
    lent[Int(buffer)] = false
    let place = Int(given & mask)
    // SAFETY: `place` is within the ring, which holds 16 bytes a buffer. The last two of each are left alone: in the
    // first entry they are the ring's tail.
    let entry = unsafe (entries.baseAddress! + place * MemoryLayout<io_uring_buf>.size)
    unsafe entry.storeBytes(of: UInt64(UInt(bitPattern: start(of: buffer))), as: UInt64.self)
    unsafe entry.storeBytes(of: UInt32(bufferBytes), toByteOffset: 8, as: UInt32.self)
    unsafe entry.storeBytes(of: buffer, toByteOffset: 12, as: UInt16.self)
    order[place] = buffer
    given &+= 1
  }
  /// Lets the kernel have what was given back, by one store.
  mutating func publish() {
    guard published != given else { return }
    unsafe ring_store_release_16(entries.baseAddress! + 14, UInt16(truncatingIfNeeded: given))
    published = given
  }

  /// The first bytes of a buffer.
  @_lifetime(borrow self) func bytes(of buffer: UInt16, count: Int) -> RawSpan {
    require(UInt32(buffer) <= mask && lent[Int(buffer)], "only a filled buffer is read")
    require(count >= 0 && count <= bufferBytes, "a buffer holds what was received into it")
    return unsafe _overrideLifetime(RawSpan(_unsafeStart: start(of: buffer), byteCount: count), borrowing: self)
  }
  /// The same to be changed in place.
  @_lifetime(&self) mutating func mutableBytes(of buffer: UInt16, count: Int) -> MutableRawSpan {
    require(UInt32(buffer) <= mask && lent[Int(buffer)], "only a filled buffer is changed")
    require(count >= 0 && count <= bufferBytes, "a buffer holds what was received into it")
    let bytes = unsafe MutableRawSpan(_unsafeStart: start(of: buffer), byteCount: count)
    return unsafe _overrideLifetime(bytes, mutating: &self)
  }
  private func start(of buffer: UInt16) -> UnsafeMutableRawPointer {
    unsafe memory.baseAddress! + Int(buffer) * bufferBytes
  }
}
