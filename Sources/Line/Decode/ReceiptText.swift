internal import Bytes

/// The last plain receipt, from which the next one differs in a few digits, so that most answers are one copy.
///
///     HTTP/1.1 200 OK … {"first":1234,"last":1234} … "time":"2026-11-20T11:18:11.000000042Z" …
///                                   ▲           ▲                                       ▲
///                                   first       last                                    fraction
struct ReceiptText: ~Copyable {
  /// What a receipt must share with the last one.
  struct Key: Equatable {
    var topic: UInt16 = 0
    var lane: UInt16 = 0
    var pressureHundredths: UInt32 = 0
    var errorNs: UInt32 = 0
    var clock: UInt8 = 0
    var date = Int64.min
    var stamp = Int64.min

    /// Written out to be inlined: it is asked for every receipt.
    @inline(__always) static func == (left: Key, right: Key) -> Bool {
      left.topic == right.topic && left.lane == right.lane && left.clock == right.clock && left.errorNs == right.errorNs
        && left.pressureHundredths == right.pressureHundredths && left.date == right.date && left.stamp == right.stamp
    }
  }
  /// Where digits end, counted from the answer's start.
  struct Ends {
    var first = 0
    var last = 0
    var fraction = 0
  }

  private(set) var key = Key()
  private var text = Region(id: RegionID(rawValue: 0), byteCount: 1024)
  private var ends = Ends()
  /// What its digits say, and which other offsets have as many.
  private var offset: UInt64 = 0
  private var nanoseconds: UInt64 = 0
  private var alike: Range<UInt64> = 0..<0

  /// How many bytes the receipt has.
  var byteCount: Int { text.count }

  /// Keeps a receipt, whose digits end where `ends` says; one that is too long leaves nothing.
  mutating func keep(_ receipt: RawSpan, _ key: Key, offset: UInt64, nanoseconds: UInt64, ends: Ends) {
    text.count = 0
    alike = 0..<0
    guard receipt.byteCount <= text.byteCount else { return }
    text.append(receipt)
    (self.key, self.ends, self.offset, self.nanoseconds) = (key, ends, offset, nanoseconds)
    var (first, behind) = (UInt64(0), UInt64(10))
    while offset >= behind {
      let (next, overflow) = behind.multipliedReportingOverflow(by: 10)
      (first, behind) = (behind, overflow ? .max : next)
      if overflow { break }
    }
    alike = first..<behind
  }

  /// Makes it the receipt of another offset and moment of its second, if that is as long as it is.
  @inline(__always) mutating func turn(to offset: UInt64, nanoseconds: UInt64) -> Bool {
    guard alike.contains(offset) else { return false }
    write(offset, over: self.offset, before: ends.first, and: ends.last)
    write(nanoseconds, over: self.nanoseconds, before: ends.fraction, and: ends.fraction)
    (self.offset, self.nanoseconds) = (offset, nanoseconds)
    return true
  }

  /// Writes the digits of a number over those of another, from the last one to where they are the same, in two places.
  @inline(__always)
  private mutating func write(_ number: UInt64, over former: UInt64, before end: Int, and otherEnd: Int) {
    var (rest, formerRest, back) = (number, former, 1)
    while rest != formerRest {
      let digit = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
      text.store(digit, at: end &- back)
      text.store(digit, at: otherEnd &- back)
      (rest, formerRest, back) = (rest / 10, formerRest / 10, back &+ 1)
    }
  }

  @inline(__always) func append(to reply: inout Region) { reply.write(atMost: text.count) { $0.append(text.bytes) } }
}
