import Bytes
import Glibc
import Testing

@Suite(.serialized) struct MailboxTests {
  @Test func `a mailbox holds so much and no more, and gives it in order`() {
    var ends = Mailbox<Int>.make(capacity: 4)
    var (next, expected) = (0, 0)
    for round in 0..<50 {
      for _ in 0..<(round % 6) {
        let isSent = ends.sender.send(next)
        #expect(isSent == (next - expected < 4))
        if isSent { next += 1 }
      }
      let hasRoom = ends.sender.hasRoom()
      #expect(hasRoom == (next - expected < 4))
      for count in 0...5 {
        let fits = ends.sender.hasRoom(for: count)
        #expect(fits == (next - expected + count <= 4))
      }
      for _ in 0..<(round % 4) {
        let element = ends.receiver.next()
        #expect(element == (expected < next ? expected : nil))
        if element != nil { expected += 1 }
      }
    }
  }

  final class Counted: Sendable {
    nonisolated(unsafe) static var alive = 0
    init() { Self.alive += 1 }
    deinit { Self.alive -= 1 }
  }
  @Test func `what is left in a mailbox is ended with it`() {
    do {
      var ends = Mailbox<Counted>.make(capacity: 8)
      for _ in 0..<11 {
        let isSent = ends.sender.send(Counted())
        if !isSent { _ = ends.receiver.next() }
      }
      #expect(Counted.alive > 0 && Counted.alive <= 8)
    }
    #expect(Counted.alive == 0)
  }

  @Test(arguments: [1, 2, 64])
  func `two threads lose nothing and reorder nothing`(capacity: Int) {
    let ends = Mailbox<[Int]>.make(capacity: capacity)
    let sender = Carried(ends.sender)
    var receiver = ends.receiver
    let count = 20_000
    let worker = Worker {
      var sender = sender.take()
      for number in 0..<count { while !sender.send([number]) { sched_yield() } }
    }
    var (expected, wrong) = (0, 0)
    while expected < count {
      guard let element = receiver.next() else {
        sched_yield()
        continue
      }
      if element != [expected] { wrong += 1 }
      expected += 1
    }
    worker.join()
    let rest = receiver.next()
    #expect(rest == nil && wrong == 0)
  }
}
