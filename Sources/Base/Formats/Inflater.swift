public import Bytes
internal import CZlib

/// A gzip body as it is inflated, piece by piece, into a region of the caller's.
///
/// Kept and reused: no allocation after the first body. Several members behind one another are one body. Source: RFC
/// 1952 §2.2, RFC 9110 §8.4.1.3.
@safe public struct Inflater: ~Copyable {
  /// Why a body is not taken.
  public enum Fault: Error, Hashable, Sendable {
    /// It is not gzip, its checksum is wrong, or something follows it.
    case corrupt
    /// It holds more than it may.
    case tooLarge
  }
  private let stream: UnsafeMutablePointer<z_stream>
  /// What zlib asks for: its state, and the end of what it has inflated.
  ///
  /// In front stands how much of it zlib has.
  private let pages = PrivatePages(byteCount: Inflater.memoryBytes)
  private var isOpen = false
  /// How many bytes the body may expand to.
  private var outputBytesMax = 0
  /// Whether a member has ended and no other has begun.
  private var isBetweenMembers = false

  /// Far more than zlib asks for once: 40 KiB or so.
  private static var memoryBytes: Int { 256 << 10 }

  /// Allocates little; zlib's window comes with the first body.
  public init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    unsafe stream.pointee.opaque = unsafe pages.first
    unsafe pages.first.storeBytes(of: 16, as: Int.self)
    // SAFETY: zlib hands back the pages' start, of which it has the bytes up to the number that stands there.
    unsafe stream.pointee.zalloc = { pages, count, size in
      let used = unsafe pages!.load(as: Int.self)
      let bytes = (Int(count) * Int(size) + 15) & ~15
      guard bytes <= Inflater.memoryBytes - used else { return nil }
      unsafe pages!.storeBytes(of: used + bytes, as: Int.self)
      return unsafe pages! + used
    }
    // It ends with the inflater.
    unsafe stream.pointee.zfree = { _, _ in }
  }
  deinit {
    if isOpen { unsafe inflateEnd(stream) }
    unsafe stream.deallocate()
  }

  /// Starts a body that may expand to `outputBytesMax` bytes.
  public mutating func begin(outputBytesMax: Int) {
    // 31: the largest window, and a gzip header is required.
    let result = isOpen ? unsafe inflateReset(stream) : unsafe zlib_inflate_init(stream, 31)
    require(result == Z_OK, "there is memory for one inflater a shard")
    isOpen = true
    isBetweenMembers = false
    self.outputBytesMax = outputBytesMax
  }

  /// Inflates a piece of the body behind what `region` holds.
  public mutating func add(_ piece: RawSpan, to region: inout Region) throws(Fault) {
    require(isOpen, "a body has begun")
    var fault: Fault?
    unsafe piece.withUnsafeBytes { piece in
      guard let start = piece.baseAddress else { return }
      // SAFETY: zlib reads through `next_in` within the piece, which outlives this closure's calls, and never writes.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: start.assumingMemoryBound(to: UInt8.self)
      )
      unsafe stream.pointee.avail_in = UInt32(piece.count)
      // Output that was cut short by want of room may be waiting in zlib when the input is used up.
      var isFull = false
      while fault == nil, unsafe stream.pointee.avail_in > 0 || (isFull && !isBetweenMembers) {
        fault = inflateSome(into: &region)
        isFull = unsafe stream.pointee.avail_out == 0
      }
      unsafe stream.pointee.next_in = nil
    }
    if let fault { throw fault }
  }

  /// Ends the body.
  ///
  /// Throws: `corrupt` when it is cut.
  public mutating func end() throws(Fault) {
    guard isBetweenMembers else { throw .corrupt }
  }

  /// One call of zlib's: until input or room is used up, or a member ends.
  private mutating func inflateSome(into region: inout Region) -> Fault? {
    if isBetweenMembers {
      guard unsafe inflateReset(stream) == Z_OK else { return .corrupt }
      isBetweenMembers = false
    }
    // One byte beyond the limit tells a body that ends there from one that goes on.
    let limit = min(outputBytesMax, region.byteCount)
    var beyond: UInt8 = 0
    let room = limit - region.count
    let result = unsafe withUnsafeMutablePointer(to: &beyond) { spare in
      // SAFETY: zlib writes at most `avail_out` bytes: the free ones of the region, or the one beyond.
      if room > 0 {
        unsafe stream.pointee.next_out = region.memory.baseAddress!.assumingMemoryBound(to: UInt8.self) + region.count
        unsafe stream.pointee.avail_out = UInt32(room)
      } else {
        unsafe stream.pointee.next_out = spare
        unsafe stream.pointee.avail_out = 1
      }
      return unsafe inflate(stream, Z_NO_FLUSH)
    }
    let left = Int(unsafe stream.pointee.avail_out)
    if room > 0 { region.count += room - left } else if left == 0 { return .tooLarge }
    switch result {
    case Z_STREAM_END: isBetweenMembers = true
    case Z_OK: break
    // No progress: more input is needed, and none is left.
    case Z_BUF_ERROR where unsafe stream.pointee.avail_in == 0: break
    default: return .corrupt
    }
    return nil
  }
}
