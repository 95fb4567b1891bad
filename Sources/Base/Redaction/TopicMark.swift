internal import COpenSSL

/// What stands for a topic where values are bound to it: the first eight bytes of its name's SHA-256.
///
/// Names outlive data directories, numbers do not. Made by the control thread, once for each topic.
public struct TopicMark: Hashable, BitwiseCopyable, Sendable {
  /// The eight bytes, the first in the highest place.
  let bits: UInt64

  /// A topic's mark.
  public init(_ name: String) { bits = digestBits(name) }
}

/// The first eight bytes of a text's SHA-256.
func digestBits(_ text: String) -> UInt64 {
  var digest: InlineArray<32, UInt8> = InlineArray(repeating: 0)
  var span = digest.mutableSpan
  let bytes = Array(text.utf8)
  // SAFETY: SHA256 reads the bytes it is told of and writes 32 bytes, the size of the array.
  unsafe span.withUnsafeMutableBufferPointer { target in
    unsafe bytes.withUnsafeBufferPointer { source in
      _ = unsafe SHA256(source.baseAddress, source.count, target.baseAddress)
    }
  }
  var bits: UInt64 = 0
  for index in 0..<8 { bits = bits << 8 | UInt64(digest[index]) }
  return bits
}
