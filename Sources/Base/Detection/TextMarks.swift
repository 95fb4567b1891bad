internal import Bytes
internal import CKernels

/// What each byte of a text is, one bit for each: where tokens, digits and bytes that are asked for stand.
///
///     text     call +31 6 1234
///     tokens   1111··11·1·1111
///     digits   ······11·1·1111
///     wanted   ·····1·········
///
/// All memory is allocated at the start; one belongs to one thread.
@safe struct TextMarks: ~Copyable {
  /// A block for every 64 bytes of the text, and an empty one behind them.
  private let blocks: UnsafeMutablePointer<kernel_text_block>
  private let capacity: Int
  /// How many blocks the text that was marked last has.
  private var blockCount = 0
  /// Where to ask, for a part of the text, and how far that goes.
  private let stops: UnsafeMutablePointer<kernel_text_stop>
  private var progress = kernel_text_progress()
  private static var stopsMax: Int { 1024 }

  /// For texts of so many bytes.
  init(bytesMax: Int) {
    require(bytesMax > 0, "a text has room")
    capacity = (bytesMax &+ 63) / 64
    unsafe blocks = .allocate(capacity: capacity &+ 1)
    unsafe blocks.initialize(repeating: kernel_text_block(), count: capacity &+ 1)
    unsafe stops = .allocate(capacity: Self.stopsMax)
  }
  deinit {
    unsafe blocks.deallocate()
    unsafe stops.deallocate()
  }

  /// Marks a text.
  ///
  /// Cost: one pass with the machine's widest vectors.
  @inline(__always) mutating func mark(_ text: RawSpan, wanted: kernel_text_set) {
    blockCount = (text.byteCount &+ 63) &>> 6
    require(blockCount <= capacity, "a text is as long as was said at the most")
    // SAFETY: the kernel reads the text and the set and writes as many blocks as were just counted.
    unsafe text.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      var set = wanted
      unsafe kernel_text_mark(start.assumingMemoryBound(to: UInt8.self), bytes.count, &set, blocks)
    }
    // SAFETY: there is one block more than any text has.
    unsafe blocks[blockCount] = kernel_text_block()
    progress = kernel_text_progress()
  }

  /// What the whole text is, if its shape tells.
  @inline(__always) func shape(of text: RawSpan) -> TextShape {
    guard text.byteCount >= 5, text.byteCount <= 40 else { return .none }
    let window = window(from: 0)
    guard window.digits & 1 != 0 || text.byteCount == 36 else { return .none }
    if text.byteCount <= 10, TextShape.isVersion(text, window) { return .version }
    if text.byteCount == 36, TextShape.uuid(text, at: 0, window) == 36 { return .uuid }
    return TextShape.date(text, at: 0, window) == text.byteCount ? .date : .none
  }

  /// Finds the next places where any of some detectors is to be asked, in the text that was marked; whether there are
  /// any.
  ///
  /// Cost: some nanoseconds a token.
  mutating func findStops(_ text: RawSpan, _ questions: kernel_text_questions, _ who: UInt64) -> Bool {
    while progress.block < blockCount {
      let hadHigh = progress.has_high
      // SAFETY: the kernel reads the text, its blocks, and the tables; it writes as many stops as there is room for.
      unsafe text.withUnsafeBytes { bytes in
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        unsafe progress = kernel_text_stops(
          start,
          bytes.count,
          blocks,
          progress.block,
          questions,
          who,
          stops,
          Self.stopsMax
        )
      }
      progress.has_high = progress.has_high || hadHigh
      if progress.count > 0 { return true }
    }
    return false
  }
  /// How many stops were found last.
  var stopCount: Int { progress.count }
  /// Whether the text has bytes beyond ASCII, as far as it was looked through.
  var hasHigh: Bool { progress.has_high }
  /// One of the stops that were found last.
  @inline(__always) func stop(_ index: Int) -> kernel_text_stop {
    require(index >= 0 && index < progress.count, "a stop was found")
    return unsafe stops[index]
  }

  /// Which of the 64 bytes before a place are of what kind; the last of them is the highest bit.
  func window(before place: Int) -> TextWindow {
    if place >= 64 { return window(from: place &- 64) }
    let window = window(from: 0)
    let shift = UInt64(truncatingIfNeeded: 64 &- place)
    return TextWindow(tokens: window.tokens << shift, digits: window.digits << shift, hex: window.hex << shift)
  }
  /// Which of the 64 bytes from a place on are of what kind.
  @inline(__always) func window(from place: Int) -> TextWindow {
    let block = place &>> 6
    require(block >= 0 && block < blockCount, "a place is in its text")
    // SAFETY: the promise above; behind the last block is an empty one.
    return unsafe TextWindow(blocks[block], blocks[block &+ 1], shift: UInt64(truncatingIfNeeded: place & 63))
  }
}

/// What the 64 bytes from a place in a text on are, one bit for each.
struct TextWindow: BitwiseCopyable {
  let tokens: UInt64
  let digits: UInt64
  let hex: UInt64

  init(tokens: UInt64, digits: UInt64, hex: UInt64) {
    (self.tokens, self.digits, self.hex) = (tokens, digits, hex)
  }
  @inline(__always) init(_ block: kernel_text_block, _ next: kernel_text_block, shift: UInt64) {
    tokens = block.tokens &>> shift | (next.tokens &<< 1) &<< (63 &- shift)
    digits = block.digits &>> shift | (next.digits &<< 1) &<< (63 &- shift)
    hex = block.hex &>> shift | (next.hex &<< 1) &<< (63 &- shift)
  }
}
