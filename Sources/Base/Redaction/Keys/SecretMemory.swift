internal import Bytes
internal import COpenSSL
internal import Glibc

/// Memory for keys: pages of their own that are not swapped out, not in core dumps, and wiped when they are given up.
@safe public struct SecretMemory: ~Copyable {
  private let start: UnsafeMutableRawPointer
  private let mappedBytes: Int
  /// How many bytes it holds.
  public let byteCount: Int
  /// Why the kernel would not keep it out of swap: an error number, mostly that of RLIMIT_MEMLOCK; 0 when it does.
  public let lockErrorNumber: Int32

  /// Maps zeroed memory.
  public init(byteCount: Int) {
    require(byteCount >= 0 && byteCount < 1 << 40, "secrets are of a size that can be mapped")
    let page = 4096
    mappedBytes = max(byteCount + page - 1, page) / page * page
    let start = unsafe mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    require(unsafe start != MAP_FAILED, "the address space holds every secret")
    unsafe self.start = start!
    self.byteCount = byteCount
    let isDumpable = unsafe madvise(start, mappedBytes, MADV_DONTDUMP) != 0
    lockErrorNumber = unsafe mlock(start, mappedBytes) != 0 ? errno : 0
    require(!isDumpable, "the kernel leaves pages out of core dumps")
  }
  deinit {
    // SAFETY: mapped by `init` with this length, and nobody but the owner of this value refers to it.
    unsafe OPENSSL_cleanse(start, mappedBytes)
    _ = unsafe munmap(start, mappedBytes)
  }

  /// The bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let all = unsafe RawSpan(_unsafeStart: start, byteCount: byteCount)
      return unsafe _overrideLifetime(all, borrowing: self)
    }
  }
  /// The bytes, for whoever fills them or lends them to libcrypto.
  public var memory: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }
}

// SAFETY: the memory belongs to this one value, which can't be copied; shared, it is only read.
extension SecretMemory: @unchecked Sendable {}
