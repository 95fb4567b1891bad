internal import Bytes
internal import Events

/// Heads that were read before.
///
/// A client that keeps its connection repeats its head byte for byte, but for the digits of the length, so comparing is
/// all the reading that most requests need. The leave its request got holds for as long as the rules do and is
/// kept as well; whose credential it has is asked every time.
///
/// A front remembers the slot its last head went to. What stands there may be another's by then, which does no harm:
/// only equal bytes are taken for equal. Cost: a fifth of reading the head.
@safe struct HeadMemos: ~Copyable {
  /// How many heads are remembered, and how long they are at the most.
  static var count: Int { 64 }
  static var headBytesMax: Int { 512 }

  struct Memo {
    var head = RequestHead()
    /// Bytes to compare, a multiple of 16; 0 for a free slot.
    var comparedBytes = 0
    /// Where the length's digits stand.
    var length = RequestHead.Place()
    /// Whether all that its request can bring is one event, of which it says nothing.
    var isPlain = false
    /// The leave its request got under the rules in force.
    var grant: Grant?
  }
  /// `count` times the bytes of a head and then their mask.
  private let pages = PrivatePages(byteCount: HeadMemos.count * 2 * HeadMemos.headBytesMax)
  private var memos: Slots<Memo>
  private var latest: UInt8 = 0

  init() { memos = Slots(HeadMemos.count) { _ in Memo() } }

  @inline(__always) private func memory(_ slot: UInt8) -> UnsafeMutableRawPointer {
    unsafe pages.first + Int(slot) * 2 * HeadMemos.headBytesMax
  }

  /// What tells the head in a slot from others.
  @inline(__always) func known(_ slot: UInt8) -> KnownHead {
    unsafe KnownHead(
      bytes: UnsafePointer(memory(slot).assumingMemoryBound(to: UInt8.self)),
      mask: UnsafePointer((memory(slot) + HeadMemos.headBytesMax).assumingMemoryBound(to: UInt8.self)),
      comparedBytes: memos[Int(slot)].comparedBytes,
      byteCount: memos[Int(slot)].head.byteCount,
      lengthStart: memos[Int(slot)].length.start,
      lengthEnd: memos[Int(slot)].length.end
    )
  }

  /// The head in a slot.
  func head(_ slot: UInt8, contentLength: Int) -> RequestHead {
    var head = memos[Int(slot)].head
    head.contentLength = contentLength
    return head
  }

  /// What stands for reading the head in a slot and asking for leave, when its body is one event and no more.
  @inline(__always) func plain(_ slot: UInt8) -> (credential: RequestHead.Place, grant: Grant)? {
    guard memos[Int(slot)].isPlain, let grant = memos[Int(slot)].grant else { return nil }
    return (memos[Int(slot)].head.credential, grant)
  }

  /// Remembers the leave that a request with the head in a slot got.
  mutating func keep(_ grant: Grant, for slot: UInt8) { memos[Int(slot)].grant = grant }
  /// Leave must be asked for again: the rules have changed.
  mutating func forgetGrants() {
    for slot in 0..<HeadMemos.count { memos[slot].grant = nil }
  }

  /// Remembers a head and returns the slot it is in, or `nil` for one that can't come again and is not worth a slot.
  mutating func remember(_ head: RequestHead, _ bytes: RawSpan) -> UInt8? {
    let compared = (head.byteCount + 15) / 16 * 16
    guard compared <= HeadMemos.headBytesMax, head.origin.eventID == nil, head.origin.trace == nil,
      head.resource == .events, head.method == .post, !head.expects, !head.hasAttributes,
      head.length.end - head.length.start < 10
    else { return nil }
    latest = latest &+ 1 < UInt8(HeadMemos.count) ? latest &+ 1 : 0
    let known = unsafe memory(latest)
    let mask = unsafe known + HeadMemos.headBytesMax
    // SAFETY: `compared` is within a slot, and the head within `bytes`.
    unsafe bytes.withUnsafeBytes { unsafe known.copyMemory(from: $0.baseAddress!, byteCount: head.byteCount) }
    unsafe mask.initializeMemory(as: UInt8.self, repeating: 0xFF, count: head.byteCount)
    let padding = compared - head.byteCount
    unsafe (known + head.byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    unsafe (mask + head.byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    let digits = head.length.end - head.length.start
    unsafe (mask + head.length.start).initializeMemory(as: UInt8.self, repeating: 0, count: digits)
    let isPlain =
      head.media == .json && head.coding == .identity && head.framing == .length && head.keepsAlive && head.isModern
      && !head.hasOrigin && !head.wantsMinimal && !head.wantsAllFailures
    memos[Int(latest)] = Memo(head: head, comparedBytes: compared, length: head.length, isPlain: isPlain)
    return latest
  }
}
