internal import Bytes
internal import COpenSSL
internal import Glibc

/// Memory for keys: pages of their own that are not swapped out, not in core dumps, and wiped when they are given up.
@safe public struct SecretMemory: ~Copyable {
  private let pages: PrivatePages
  /// How many bytes it holds.
  public var byteCount: Int { pages.byteCount }
  /// Why the kernel would not keep it out of swap: an error number, mostly that of RLIMIT_MEMLOCK; 0 when it does.
  public let lockErrorNumber: Int32

  /// Maps zeroed memory.
  public init(byteCount: Int) {
    pages = PrivatePages(byteCount: byteCount)
    lockErrorNumber = unsafe mlock(pages.first, byteCount) != 0 ? errno : 0
  }
  // SAFETY: nobody but the owner of this value refers to them.
  deinit { unsafe OPENSSL_cleanse(pages.first, byteCount) }

  /// The bytes.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let all = unsafe RawSpan(_unsafeStart: pages.first, byteCount: byteCount)
      return unsafe _overrideLifetime(all, borrowing: self)
    }
  }
  /// The bytes, for whoever fills them or lends them to libcrypto.
  public var memory: UnsafeMutableRawBufferPointer { unsafe pages.memory }
}

// SAFETY: the memory belongs to this one value, which can't be copied; shared, it is only read.
extension SecretMemory: @unchecked Sendable {}
