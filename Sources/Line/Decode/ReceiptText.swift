internal import Bytes

/// The parts of the last plain receipt that the next one has too, so that most answers are two copies and a few digits.
struct ReceiptText: ~Copyable {
  /// What a receipt must share with the last one.
  struct Key: Equatable {
    var topic: UInt16 = 0
    var lane: UInt16 = 0
    var pressureHundredths: UInt32 = 0
    var date = Int64.min
    var stamp = Int64.min
  }
  var key = Key()
  /// From the status line to the offsets, and from the count to the second.
  ///
  /// One behind the other.
  private var texts = Region(id: RegionID(rawValue: 0), byteCount: 1024)
  private var headCount = 0
  /// Where the length and the body are, counted from the answer's start.
  private(set) var lengthAt = 0
  private(set) var bodyAt = 0

  /// Keeps what stands at two places of an answer; the places of its length and of its body are theirs in `reply`.
  mutating func keep(_ reply: borrowing Region, _ head: Range<Int>, _ middle: Range<Int>, lengthAt: Int, bodyAt: Int) {
    texts.count = 0
    guard head.count + middle.count <= texts.byteCount else { return key = Key() }
    texts.append(reply.bytes.extracting(head))
    texts.append(reply.bytes.extracting(middle))
    headCount = head.count
    self.lengthAt = lengthAt - head.lowerBound
    self.bodyAt = bodyAt - head.lowerBound
  }

  @inline(__always) func appendHead(to writer: inout Writer) { writer.append(texts.bytes.extracting(0..<headCount)) }
  @inline(__always) func appendMiddle(to writer: inout Writer) {
    writer.append(texts.bytes.extracting(headCount..<texts.count))
  }
}
