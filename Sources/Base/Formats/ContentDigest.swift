internal import Bytes
internal import COpenSSL

/// The SHA-256 of some bytes, by which they are known again where they are not kept.
///
/// Source: FIPS 180-4.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  let high: UInt128
  let low: UInt128

  /// What stands where a digest is still to come.
  public static var none: ContentDigest { ContentDigest(high: 0, low: 0) }
  private init(high: UInt128, low: UInt128) { (self.high, self.low) = (high, low) }

  /// How many bytes it has.
  public static var byteCount: Int { 32 }

  /// The digest of some bytes.
  ///
  /// Cost: a microsecond or so, and one for every kilobyte or two.
  public init(of bytes: RawSpan) {
    var digest: InlineArray<32, UInt8> = InlineArray(repeating: 0)
    var span = digest.mutableSpan
    // SAFETY: SHA256 reads the bytes it is told of and writes 32 bytes, the size of the array.
    unsafe span.withUnsafeMutableBufferPointer { target in
      unsafe bytes.withUnsafeBytes { bytes in
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        _ = unsafe SHA256(start, bytes.count, target.baseAddress)
      }
    }
    // SAFETY: a UInt8 has no padding that its bytes could show.
    self = unsafe ContentDigest(reading: digest.span.bytes, at: 0)
  }
  /// Reads the 32 bytes at an offset.
  init(reading bytes: RawSpan, at offset: Int) {
    high = bytes.integer(UInt128.self, at: offset)
    low = bytes.integer(UInt128.self, at: offset + 16)
  }

  /// 64 hexadecimal digits.
  public var description: String { ContentDigest.hexadecimal(high) + ContentDigest.hexadecimal(low) }

  private static func hexadecimal(_ half: UInt128) -> String {
    let digits = String(half, radix: 16)
    return String(repeating: "0", count: 32 - digits.utf8.count) + digits
  }
}
