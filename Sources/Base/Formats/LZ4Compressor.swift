public import Bytes
internal import CLZ4

/// Writes LZ4 frames the way Kafka's clients do: independent blocks of at most 64 KiB, no sizes, no content checks.
///
///     04224d18 60 40 82 | { u32 bytes, little-endian, high bit: stored | block }* | 00000000
///
/// Pieces are gathered into whole blocks in a scratch buffer; a piece of a whole block is compressed where it lies.
/// All memory is allocated at the start. Source: LZ4 Frame Format 1.6.2; Kafka takes nothing but independent blocks.
@safe public struct LZ4Compressor: ~Copyable {
  /// The largest block.
  @inlinable public static var blockBytes: Int { 64 << 10 }
  /// What a frame takes besides its blocks.
  @inlinable public static var frameBytes: Int { 11 }

  private var scratch: Region
  private let state: UnsafeMutableRawPointer
  /// The frame may not grow beyond this place of its region.
  private var limit = 0

  /// Allocates a block and the compressor's tables: 80 KiB.
  public init() {
    scratch = Region(id: RegionID(rawValue: 0), byteCount: LZ4Compressor.blockBytes)
    unsafe state = .allocate(byteCount: Int(LZ4_sizeofState()), alignment: 16)
  }
  deinit { unsafe state.deallocate() }

  /// Begins a frame behind what is filled, which may not grow beyond `bytesMax`.
  ///
  /// Returns: `false` when not even an empty frame fits.
  public mutating func begin(in region: inout Region, bytesMax: Int) -> Bool {
    limit = region.count + min(bytesMax, region.room)
    scratch.count = 0
    guard region.count + LZ4Compressor.frameBytes <= limit else { return false }
    region.append(0x0422_4D18 as UInt32)
    region.append(0x60 as UInt8)
    region.append(0x40 as UInt8)
    region.append(0x82 as UInt8)
    return true
  }

  /// Compresses part of `source` into the frame.
  ///
  /// Returns: `false` when the frame doesn't fit; then give it up.
  public mutating func append(_ range: Range<Int>, of source: borrowing Region, into region: inout Region) -> Bool {
    append(source.bytes.extracting(range), into: &region)
  }
  /// Compresses bytes into the frame.
  ///
  /// Returns: `false` when the frame doesn't fit; then give it up.
  public mutating func append(_ bytes: RawSpan, into region: inout Region) -> Bool {
    var place = 0
    while place < bytes.byteCount {
      let count = min(bytes.byteCount - place, LZ4Compressor.blockBytes - scratch.count)
      let piece = bytes.extracting(place..<(place + count))
      place += count
      if count == LZ4Compressor.blockBytes {
        guard write(block: piece, into: &region) else { return false }
      } else {
        scratch.append(piece)
        if scratch.room == 0 {
          guard writeScratch(into: &region) else { return false }
        }
      }
    }
    return true
  }

  /// Ends the frame.
  ///
  /// Returns: `false` when it doesn't fit; then give it up.
  public mutating func end(in region: inout Region) -> Bool {
    if scratch.count > 0 {
      guard writeScratch(into: &region) else { return false }
    }
    region.append(0 as UInt32)
    return true
  }

  private mutating func writeScratch(into region: inout Region) -> Bool {
    defer { scratch.count = 0 }
    return write(block: scratch.bytes, into: &region)
  }

  /// Writes one block, stored where compression doesn't make it smaller.
  ///
  /// Leaves room for the end mark.
  private func write(block: RawSpan, into region: inout Region) -> Bool {
    let start = region.count + 4
    let room = limit - start - 4
    guard room > 0 else { return false }
    let count = unsafe block.withUnsafeBytes { source in
      // SAFETY: at most `room` bytes are written from `start` on, which lies within the region as `limit` does; source
      // and region are distinct, since whoever lends the one owns the other.
      unsafe Int(
        LZ4_compress_fast_extState(
          state,
          source.baseAddress?.assumingMemoryBound(to: CChar.self),
          region.memory.baseAddress!.advanced(by: start).assumingMemoryBound(to: CChar.self),
          Int32(source.count),
          Int32(min(room, source.count - 1)),
          1
        )
      )
    }
    if count > 0 {
      region.append(UInt32(count).byteSwapped)
      region.count += count
    } else {
      guard block.byteCount <= room else { return false }
      region.append((UInt32(block.byteCount) | 1 << 31).byteSwapped)
      region.append(block)
    }
    return true
  }
}
