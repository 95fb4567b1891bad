internal import Glibc

/// Page-aligned memory, filled from the front, that the kernel may read and write.
///
/// No core dump has it.
///
/// Whoever holds the value may touch its bytes. Queueing an operation takes the value away and its completion gives it
/// back, so bytes in flight can be neither changed nor freed: the compiler sees to it.
@safe public struct Region: ~Copyable {
  /// Which place in its machine's table of regions it belongs to.
  public let id: RegionID
  // Half words, in an order that leaves no gap: a shard has two regions, or places for one, for each of its
  // connections.
  @usableFromInline let size: UInt32
  // Not a buffer pointer, whose start is optional: every write would ask whether it is there.
  @usableFromInline let start: UnsafeMutableRawPointer
  @usableFromInline var filledBytes: UInt32 = 0
  @usableFromInline var limitBytes: UInt32
  /// How many bytes it can hold.
  ///
  /// Bound: 4 GiB.
  @inlinable @inline(__always) public var byteCount: Int { Int(size) }
  @inlinable @inline(__always) var filled: Int {
    get { Int(filledBytes) }
    set { filledBytes = UInt32(truncatingIfNeeded: newValue) }
  }
  @inlinable @inline(__always) var limit: Int {
    get { Int(limitBytes) }
    set { limitBytes = UInt32(truncatingIfNeeded: newValue) }
  }

  /// How many bytes are filled.
  @inlinable public var count: Int {
    get { filled }
    set {
      require(newValue >= 0 && newValue <= byteCount, "a region is filled within its bounds")
      filled = newValue
    }
  }

  /// Maps zeroed memory.
  ///
  /// Cost: address space at once, memory a page at a time when it is first touched.
  public init(id: RegionID, byteCount: Int) {
    require(byteCount > 0 && byteCount <= UInt32.max, "a region holds something, and less than 4 GiB")
    self.id = id
    let start = unsafe PrivatePages.map(byteCount)
    unsafe require(start != nil, "the address space holds every region")
    unsafe self.start = start!
    (size, limitBytes) = (UInt32(byteCount), UInt32(byteCount))
  }
  /// Takes mapped memory over.
  fileprivate init(id: RegionID, mapped start: UnsafeMutableRawPointer, byteCount: Int) {
    self.id = id
    unsafe self.start = start
    (size, limitBytes) = (UInt32(byteCount), UInt32(byteCount))
  }
  deinit {
    // SAFETY: mapped by `init` or by a stretch with this length, and nobody but the owner of this value refers to it.
    _ = unsafe munmap(start, byteCount)
  }

  /// The bytes themselves, for the machine that holds the region.
  @inlinable public var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }
  /// How many bytes are free, what is kept back aside.
  @inlinable public var room: Int { limit &- filled }
  /// Keeps back all but `count` of the bytes that are free, for what is to follow what is written next.
  public mutating func limitRoom(to count: Int) {
    require(count >= 0 && count <= byteCount &- filled, "what is kept back is free")
    limit = filled &+ count
  }
  /// Keeps nothing back.
  public mutating func releaseRoom() { limit = byteCount }
  /// The filled bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    @inlinable get {
      let filled = unsafe RawSpan(_unsafeStart: start, byteCount: filled)
      return unsafe _overrideLifetime(filled, borrowing: self)
    }
  }

  /// Fills up to `count` further bytes through a writer, which may leave some of them unwritten.
  ///
  /// Cost: one check.
  @inlinable @inline(__always)
  public mutating func write(atMost count: Int, _ body: (inout Writer) -> Void) {
    require(count >= 0 && count <= room, "what is written fits")
    // SAFETY: the promise above keeps the writer, which can't escape `body`, inside this region.
    var writer = unsafe Writer(from: start + filled, to: start + filled + count)
    body(&writer)
    filled = unsafe writer.position - start
  }

  /// The same if it leaves `reserve` bytes free; else nothing happens.
  ///
  /// - Returns: whether it was written. Cost: one check.
  @inlinable @inline(__always)
  public mutating func write(atMost count: Int, leaving reserve: UInt32, _ body: (inout Writer) -> Void) -> Bool {
    guard count >= 0, count <= room &- Int(reserve) else { return false }
    // SAFETY: the guard above keeps the writer, which can't escape `body`, inside this region.
    var writer = unsafe Writer(from: start + filled, to: start + filled + count)
    body(&writer)
    filled = unsafe writer.position - start
    return true
  }

  /// Copies `bytes` behind what is filled.
  @inlinable public mutating func append(_ bytes: RawSpan) {
    write(atMost: bytes.byteCount) { $0.append(bytes) }
  }
  /// Appends ASCII text.
  @inlinable public mutating func append(_ text: StaticString) {
    write(atMost: text.utf8CodeUnitCount) { $0.append(text) }
  }
  /// Appends an integer, big-endian.
  @inlinable public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    write(atMost: MemoryLayout<T>.size) { $0.append(value) }
  }

  /// Overwrites an integer among the filled bytes, big-endian.
  @inlinable public mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    require(offset >= 0 && offset &+ MemoryLayout<T>.size <= filled, "what is overwritten is filled")
    unsafe start.storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  /// Takes away the first `count` filled bytes; what follows moves to the front.
  public mutating func removeFirst(_ count: Int) {
    require(count >= 0 && count <= filled, "what is removed is filled")
    guard count > 0 else { return }
    // SAFETY: both ranges lie within the filled bytes; memmove allows them to overlap.
    _ = unsafe memmove(start, start + count, filled - count)
    filled -= count
  }

  /// Zeroes the filled bytes from `offset` on.
  public mutating func zero(from offset: Int) {
    require(offset >= 0 && offset <= filled, "what is zeroed is filled")
    unsafe (start + offset).initializeMemory(as: UInt8.self, repeating: 0, count: filled - offset)
  }
}

/// A region's place in its machine's table.
///
/// Bound: 24 bits, so that it fits into an operation's token.
public struct RegionID: RawRepresentable, Hashable, Sendable {
  /// The number itself.
  public let rawValue: UInt32
  /// The region in that place; stops the process when the place is out of bounds.
  @inlinable public init(rawValue: UInt32) {
    precondition(rawValue < 1 << 24)
    self.rawValue = rawValue
  }
}

/// Zeroed memory in one piece, to be cut into regions: one mapping costs what one of a single region does.
@safe public struct RegionStretch: ~Copyable {
  private static let largePageBytes = 2 << 20
  private static let pageBytes = 4 << 10
  private var next: UnsafeMutableRawPointer
  private var room: Int

  /// Maps memory for `count` regions of `byteCount` each.
  ///
  /// Regions that are all filled before long start where a large page does, of such pages: the device then gets a
  /// region's bytes in a few pieces instead of one for every 4 KiB. Of others memory comes a page at a time.
  public init(count: Int, byteCount: Int, areFilled: Bool) {
    require(count >= 0 && byteCount > 0, "a stretch holds regions that hold something")
    room = max(count, 1) * Self.stride(of: byteCount)
    let mapped = areFilled ? room + Self.largePageBytes : room
    let start = unsafe PrivatePages.map(mapped)
    unsafe require(start != nil, "the address space holds every region")
    unsafe next = start!
    guard areFilled else { return }
    unsafe next = start!.alignedUp(toMultipleOf: Self.largePageBytes)
    let before = unsafe next - start!
    // SAFETY: what lies before and behind the aligned part was mapped above, and nobody knows of it.
    if before > 0 { _ = unsafe munmap(start!, before) }
    if before < Self.largePageBytes { _ = unsafe munmap(next + room, Self.largePageBytes - before) }
    // A kernel without large pages refuses, which costs nothing but them.
    _ = unsafe madvise(next, room, MADV_HUGEPAGE)
  }
  deinit {
    // SAFETY: this part of the mapping has not been given to any region.
    if room > 0 { _ = unsafe munmap(next, room) }
  }
  /// Whole pages, since each region unmaps its own.
  private static func stride(of byteCount: Int) -> Int { (byteCount + pageBytes - 1) / pageBytes * pageBytes }

  /// Cuts off the next region, which unmaps its part by itself.
  public mutating func region(id: RegionID, byteCount: Int) -> Region {
    let stride = Self.stride(of: byteCount)
    require(byteCount > 0 && stride <= room, "a stretch holds its regions")
    let region = unsafe Region(id: id, mapped: next, byteCount: byteCount)
    unsafe next += stride
    room -= stride
    return region
  }
}
