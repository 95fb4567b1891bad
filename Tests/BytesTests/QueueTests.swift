import Bytes
import Testing

@Suite struct QueueTests {
  @Test(arguments: 1...5)
  func `a queue gives what it was given, in order, however often it wraps around`(capacity: Int) {
    var queue = Queue<Int>(capacity: capacity)
    var expected: [Int] = []
    var next = 0
    for round in 0..<200 {
      for _ in 0..<(round % (capacity + 1)) where expected.count < capacity {
        queue.append(next)
        expected.append(next)
        next += 1
      }
      #expect(queue.count == expected.count && queue.capacity == capacity)
      let (isEmpty, isFull) = (queue.isEmpty, queue.isFull)
      #expect(isEmpty == expected.isEmpty && isFull == (expected.count == capacity))
      #expect(queue.first == expected.first)
      for place in expected.indices {
        #expect(queue[place] == expected[place])
        queue[place] += 1000
        expected[place] += 1000
      }
      for _ in 0..<(round * 7 % (capacity + 1)) {
        let element = queue.popFirst()
        #expect(element == (expected.isEmpty ? nil : expected.removeFirst()))
      }
    }
  }

  final class Counted {
    nonisolated(unsafe) static var alive = 0
    init() { Self.alive += 1 }
    deinit { Self.alive -= 1 }
  }
  @Test func `slots make each value once, change it in place and end it once`() {
    do {
      var slots = Slots<[Int]>(4) { [$0] }
      #expect(slots.count == 4)
      slots[2].append(7)
      var found: [[Int]] = []
      for place in 0..<4 { found.append(slots[place]) }
      #expect(found == [[0], [1], [2, 7], [3]])
      var places: [Int] = []
      let counted = Slots<Counted>(10) {
        places.append($0)
        return Counted()
      }
      #expect(places == Array(0..<10) && Counted.alive == 10 && counted.count == 10)
    }
    #expect(Counted.alive == 0)
  }

  @Test func `places that do not exist stop the process`() async {
    await #expect(processExitsWith: .failure) {
      var queue = Queue<Int>(capacity: 1)
      queue.append(1)
      queue.append(2)
    }
    await #expect(processExitsWith: .failure) {
      let queue = Queue<Int>(capacity: 4)
      _ = queue[0]
    }
    await #expect(processExitsWith: .failure) {
      let slots = Slots<Int>(3) { $0 }
      _ = slots[3]
    }
    await #expect(processExitsWith: .failure) {
      let slots = Slots<Int>(3) { $0 }
      _ = slots[-1]
    }
  }
}
