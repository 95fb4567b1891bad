public import Bytes
internal import CLZ4

/// Reads LZ4 frames under the rules Kafka's brokers apply.
///
/// For readers: it allocates once, at the start.
@safe public struct LZ4Decompressor: ~Copyable {
  private let context: OpaquePointer

  /// Allocates the library's context.
  public init() {
    var made: OpaquePointer?
    let result = unsafe LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
    require(LZ4F_isError(result) == 0, "memory for an LZ4 context")
    unsafe context = unsafe made!
  }
  deinit { unsafe _ = LZ4F_freeDecompressionContext(context) }

  /// Decompresses the one frame that `bytes` holds behind what is filled; the region's room bounds the result.
  ///
  /// Throws: when it isn't a whole, sound frame of independent blocks, or expands beyond the room. What the region held
  /// before stays.
  public mutating func decompress(_ bytes: RawSpan, into region: inout Region) throws(LZ4Fault) {
    guard bytes.byteCount >= 7 else { throw .truncated }
    guard bytes.integer(UInt32.self, at: 0) == 0x0422_4D18 else { throw .magic(bytes.integer(UInt32.self, at: 0)) }
    guard bytes.byte(4) & 1 << 5 != 0 else { throw .linkedBlocks }
    let start = region.count
    unsafe LZ4F_resetDecompressionContext(context)
    var place = 0
    while true {
      var read = bytes.byteCount - place
      var written = region.room
      // SAFETY: the library reads at most `read` bytes from `place` on and writes at most `written` behind what is
      // filled; both ranges lie within their owners, and are distinct, since who lends the one owns the other.
      let hint = unsafe bytes.withUnsafeBytes { source in
        unsafe LZ4F_decompress(
          context,
          region.memory.baseAddress! + region.count,
          &written,
          source.baseAddress! + place,
          &read,
          nil
        )
      }
      guard LZ4F_isError(hint) == 0 else {
        region.count = start
        throw .corrupt
      }
      place += read
      region.count += written
      if hint == 0 { break }
      guard read > 0 || written > 0 else {
        let fault: LZ4Fault = region.room == 0 ? .tooLarge : .truncated
        region.count = start
        throw fault
      }
    }
    guard place == bytes.byteCount else {
      region.count = start
      throw .trailing(bytes: bytes.byteCount - place)
    }
  }
}

/// Why an LZ4 frame can't be read.
public enum LZ4Fault: Error, Hashable, Sendable {
  /// It isn't one.
  case magic(UInt32)
  /// Its blocks refer to one another, which Kafka doesn't allow.
  case linkedBlocks
  /// It is cut, or lacks its end mark.
  case truncated
  /// A check fails, or a block is no block.
  case corrupt
  /// It expands beyond what there is room for.
  case tooLarge
  /// Bytes behind its end mark.
  case trailing(bytes: Int)
}
