internal import Bytes
internal import COpenSSL

/// Names events as CloudEvents do: what two senders call the same is not the same.
///
///     SHA-256(source NUL id), the first 128 bits, of which six say that it is a UUID of version 8
///
/// No attribute has a NUL, so different pairs are different texts. Source: RFC 9562 §5.8.
@safe struct EventNames: ~Copyable {
  // SAFETY: made in `init`, freed in `deinit` and used by nobody else in between.
  private let context: OpaquePointer
  private let algorithm: OpaquePointer

  init() {
    guard let context = unsafe EVP_MD_CTX_new(), let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
      broken("libcrypto has SHA-256")
    }
    unsafe (self.context, self.algorithm) = (context, algorithm)
  }
  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_free(algorithm)
  }

  /// The id of the event that `source` calls `id`.
  func id(of id: RawSpan, from source: RawSpan) -> UInt128 {
    var digest: InlineArray<4, UInt64> = InlineArray(repeating: 0)
    // SAFETY: libcrypto reads as many bytes as it is told of, and writes 32, the size of the four words.
    var steps = unsafe EVP_DigestInit_ex2(context, algorithm, nil)
    unsafe source.withUnsafeBytes { steps += unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    unsafe withUnsafeBytes(of: UInt8(0)) { steps += unsafe EVP_DigestUpdate(context, $0.baseAddress, 1) }
    unsafe id.withUnsafeBytes { steps += unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    var words = digest.mutableSpan
    unsafe words.withUnsafeMutableBytes {
      steps += unsafe EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    require(steps == 5, "libcrypto makes a digest")
    let high = digest[0].bigEndian & ~0xF000 | 8 << 12
    let low = digest[1].bigEndian & ~0 >> 2 | 1 << 63
    return UInt128(high) << 64 | UInt128(low)
  }
}
