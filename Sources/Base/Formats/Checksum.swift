internal import CKernels

/// CRC-32C (Castagnoli), the check of batches and commits.
///
/// Source: RFC 3720 §12.1 and appendix B.4; "123456789" gives `E306_9283`.
public enum Checksum {
  /// A way to compute it; all give the same result.
  public enum Kernel: UInt32, CaseIterable, Sendable {
    /// Tables, eight bytes a step. Runs everywhere.
    case portable = 0
    /// The processor's instruction, one stream.
    case serial = 1
    /// The processor's instruction on three parts at once, joined by a carry-less product.
    case interleaved = 2
    /// Carry-less products of 512 bits.
    case wide = 3

    /// Whether this machine can run it.
    public var isAvailable: Bool { kernel_crc32c_has(kernel_crc32c_kind(rawValue)) }
  }

  /// The check of `bytes`, going on from that of the bytes before them.
  ///
  /// Cost: 8 bytes an instruction, 64 with AVX-512.
  public static func crc32c(_ bytes: RawSpan, continuing seed: UInt32 = 0) -> UInt32 {
    kernel_crc32c(seed, Span<UInt8>(_bytes: bytes))
  }
  /// The same by one particular kernel, or by the best one where this machine can't run it.
  public static func crc32c(_ bytes: RawSpan, continuing seed: UInt32 = 0, by kernel: Kernel) -> UInt32 {
    kernel_crc32c_by(kernel_crc32c_kind(kernel.rawValue), seed, Span<UInt8>(_bytes: bytes))
  }
  /// The check of two parts, one after the other, from the check of each.
  ///
  /// Cost: under a microsecond, whatever their size.
  public static func combine(_ first: UInt32, _ second: UInt32, secondBytes: Int) -> UInt32 {
    kernel_crc32c_combine(first, second, UInt64(secondBytes))
  }
}
