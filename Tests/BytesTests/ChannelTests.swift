import Bytes
import Glibc
import Testing

@Suite(.serialized) struct ChannelTests {
  /// A message whose length and contents follow from its number.
  static func message(_ number: Int, most: Int) -> [UInt8] {
    let count = number * 7919 % (most + 1)
    return (0..<count).map { UInt8(truncatingIfNeeded: number + $0) }
  }
  static func send(_ message: [UInt8], atMost: Int? = nil, through sender: inout Channel.Sender) -> Bool {
    sender.send(atMost: atMost ?? message.count) { $0.append(message.span.bytes) }
  }
  /// The oldest message, which stays; `nil` when there is none.
  static func first(_ receiver: inout Channel.Receiver) -> [UInt8]? {
    guard let bytes = receiver.first else { return nil }
    return array(bytes)
  }

  @Test(arguments: [64, 128, 1024])
  func `messages of any length come out as they went in, wherever they wrap around`(capacity: Int) {
    let most = capacity / 2 - 8
    var ends = Channel.make(capacity: capacity)
    var (sent, received, rounds) = (0, 0, 0)
    while received < 2000 {
      while Self.send(Self.message(sent, most: most), through: &ends.sender) { sent += 1 }
      rounds += 1
      for _ in 0..<(1 + rounds % 3) {
        guard let bytes = Self.first(&ends.receiver) else { break }
        #expect(bytes == Self.message(received, most: most))
        // Reading it again changes nothing.
        let again = Self.first(&ends.receiver)
        #expect(again == bytes)
        ends.receiver.removeFirst()
        received += 1
      }
    }
    while Self.first(&ends.receiver) != nil {
      ends.receiver.removeFirst()
      received += 1
    }
    #expect(sent == received)
  }

  @Test func `a message may be shorter than was said`() {
    var ends = Channel.make(capacity: 256)
    for number in 0..<100 {
      let message = Self.message(number, most: 40)
      let isSent = Self.send(message, atMost: 120, through: &ends.sender)
      #expect(isSent)
      let found = Self.first(&ends.receiver)
      #expect(found == message)
      ends.receiver.removeFirst()
      let rest = Self.first(&ends.receiver)
      #expect(rest == nil)
    }
  }

  @Test func `an empty channel takes the largest message, wherever it stands`() {
    for capacity in [64, 256] {
      for skew in 0..<(capacity / 8) {
        var ends = Channel.make(capacity: capacity)
        for _ in 0..<skew {
          _ = Self.send([], through: &ends.sender)
          ends.receiver.removeFirst()
        }
        let largest = [UInt8](repeating: 3, count: capacity / 2 - 8)
        let isSent = Self.send(largest, through: &ends.sender)
        #expect(isSent, "\(skew) of \(capacity)")
        let found = Self.first(&ends.receiver)
        #expect(found == largest)
      }
    }
  }

  @Test(arguments: [64, 4096])
  func `two threads lose nothing and reorder nothing`(capacity: Int) {
    let ends = Channel.make(capacity: capacity)
    let sender = Carried(ends.sender)
    var receiver = ends.receiver
    let (count, most) = (20_000, min(capacity / 2 - 8, 100))
    let worker = Worker {
      var sender = sender.take()
      for number in 0..<count {
        let message = ChannelTests.message(number, most: most)
        while !ChannelTests.send(message, through: &sender) { sched_yield() }
      }
    }
    var (received, wrong) = (0, 0)
    while received < count {
      guard let bytes = Self.first(&receiver) else {
        sched_yield()
        continue
      }
      if bytes != Self.message(received, most: most) { wrong += 1 }
      receiver.removeFirst()
      received += 1
    }
    worker.join()
    #expect(wrong == 0)
  }
}
