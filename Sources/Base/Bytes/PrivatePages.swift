internal import Glibc

/// Zeroed pages for what events hold: no core dump has them.
///
/// Whatever may see an event's bytes before they are redacted, or afterwards, stands in such pages and not in memory
/// of malloc(3), which a core dump has all of.
@safe public struct PrivatePages: ~Copyable {
  @usableFromInline let start: UnsafeMutableRawPointer
  private let mappedBytes: Int
  /// How many bytes it holds.
  public let byteCount: Int

  /// Maps them.
  ///
  /// Cost: address space at once, memory a page at a time when it is first touched.
  public init(byteCount: Int) {
    require(byteCount >= 0 && byteCount < 1 << 40, "pages are of a size that can be mapped")
    mappedBytes = max(byteCount, 1)
    self.byteCount = byteCount
    let start = unsafe Self.map(mappedBytes)
    unsafe require(start != nil, "the address space holds all pages")
    unsafe self.start = start!
  }
  deinit {
    // SAFETY: mapped by `init` with this length, and nobody but the owner of this value refers to it.
    _ = unsafe munmap(start, mappedBytes)
  }

  /// The bytes, for their owner.
  @inlinable public var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }
  /// The first of them: not a buffer pointer's start, which is optional.
  @inlinable public var first: UnsafeMutableRawPointer { unsafe start }

  /// Maps pages that somebody else will unmap; `nil` where the kernel refuses, and `errno` says why.
  ///
  /// Every mapping for bytes of events is made here.
  public static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let start = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard unsafe start != MAP_FAILED else { return nil }
    // SAFETY: advice about memory that was mapped just now.
    let refusal = unsafe madvise(start, byteCount, MADV_DONTDUMP)
    require(refusal == 0, "the kernel leaves pages out of core dumps")
    return unsafe start
  }
}

// SAFETY: the memory belongs to this one value, which can't be copied, so it moves between threads with its owner.
extension PrivatePages: @unchecked Sendable {}
