internal import Bytes
internal import CKernels
internal import Events

/// Heads that were read before.
///
/// A client that keeps its connection repeats its head byte for byte, but for the digits of the length, so comparing is
/// all the reading that most requests need.
///
/// A front remembers the slot its last head went to. What stands there may be another's by then, which does no harm:
/// only equal bytes are taken for equal. Cost: a fifth of reading the head.
@safe struct HeadMemos: ~Copyable {
  /// How many heads are remembered, and how long they are at the most.
  static var count: Int { 64 }
  static var headBytesMax: Int { 512 }

  private struct Memo {
    var head = RequestHead()
    /// Bytes to compare, a multiple of 16; 0 for a free slot.
    var comparedBytes = 0
    /// Where the length's digits stand.
    var length = RequestHead.Place()
  }
  // SAFETY: `count` times the bytes of a head and then their mask, aligned, owned by this value alone.
  private let memory: UnsafeMutableRawPointer
  private var memos: Slots<Memo>
  private var latest: UInt8 = 0

  init() {
    unsafe memory = .allocate(byteCount: HeadMemos.count * 2 * HeadMemos.headBytesMax, alignment: 64)
    memos = Slots(HeadMemos.count) { _ in Memo() }
  }
  deinit { unsafe memory.deallocate() }

  @inline(__always) private func known(_ slot: UInt8) -> UnsafeMutableRawPointer {
    unsafe memory + Int(slot) * 2 * HeadMemos.headBytesMax
  }

  /// The head that starts `bytes`, when it is the one in a slot.
  @inline(__always) func recall(_ slot: UInt8, _ bytes: RawSpan, into head: inout RequestHead) -> Bool {
    let compared = memos[Int(slot)].comparedBytes
    guard compared > 0, compared <= bytes.byteCount else { return false }
    let isSame = unsafe bytes.withUnsafeBytes { memory in
      // SAFETY: the guard above keeps the reads within `bytes`; a slot has as many bytes and as much mask.
      unsafe kernel_head_matches(
        memory.baseAddress!.assumingMemoryBound(to: UInt8.self),
        known(slot).assumingMemoryBound(to: UInt8.self),
        (known(slot) + HeadMemos.headBytesMax).assumingMemoryBound(to: UInt8.self),
        compared
      )
    }
    guard isSame else { return false }
    let length = memos[Int(slot)].length
    var value = 0
    for offset in length.start..<length.end {
      let digit = bytes.byte(offset) &- 0x30
      guard digit < 10 else { return false }
      value = value &* 10 &+ Int(digit)
    }
    head = memos[Int(slot)].head
    head.contentLength = value
    return true
  }

  /// Remembers a head, and returns the slot it is in; a head that can't come again is not worth one.
  mutating func remember(_ head: RequestHead, _ bytes: RawSpan) -> UInt8 {
    let compared = (head.byteCount + 15) / 16 * 16
    guard compared <= HeadMemos.headBytesMax, head.origin.eventID == nil, head.origin.trace == nil,
      head.resource == .events, head.method == .post, !head.expects, head.length.end - head.length.start < 10
    else { return latest }
    latest = latest &+ 1 < UInt8(HeadMemos.count) ? latest &+ 1 : 0
    let known = unsafe known(latest)
    let mask = unsafe known + HeadMemos.headBytesMax
    // SAFETY: `compared` is within a slot, and the head within `bytes`.
    unsafe bytes.withUnsafeBytes { unsafe known.copyMemory(from: $0.baseAddress!, byteCount: head.byteCount) }
    unsafe mask.initializeMemory(as: UInt8.self, repeating: 0xFF, count: head.byteCount)
    let padding = compared - head.byteCount
    unsafe (known + head.byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    unsafe (mask + head.byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    let digits = head.length.end - head.length.start
    unsafe (mask + head.length.start).initializeMemory(as: UInt8.self, repeating: 0, count: digits)
    memos[Int(latest)] = Memo(head: head, comparedBytes: compared, length: head.length)
    return latest
  }
}
