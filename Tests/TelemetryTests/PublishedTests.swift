import Foundation
import Synchronization
import Telemetry
import Testing

private struct Counters: BitwiseCopyable, Sendable, Equatable {
  var words: InlineArray<17, UInt64>
  var tail: UInt8
  init(_ value: UInt64) {
    words = InlineArray(repeating: value)
    tail = UInt8(truncatingIfNeeded: value)
  }
  static func == (left: Self, right: Self) -> Bool { left.isWhole && right.isWhole && left.words[0] == right.words[0] }
  var isWhole: Bool {
    for index in words.indices where words[index] != words[0] { return false }
    return tail == UInt8(truncatingIfNeeded: words[0])
  }
}
private final class Flag: Sendable {
  let isSet = Atomic(false)
}

@Suite struct PublishedTests {
  @Test func `what is read is what was published last`() {
    var ends = Published.make(Counters(3))
    let reader = ends.reader
    #expect(reader.read() == Counters(3) && reader.version == 0)
    for value in 0..<10 {
      ends.writer.publish(Counters(UInt64(value)))
      #expect(reader.read() == Counters(UInt64(value)) && reader.version == UInt64(value + 1))
    }
  }

  @Test func `readers see whole values that never go back, however fast they change`() {
    var ends = Published.make(Counters(0))
    let reader = ends.reader
    let stop = Flag()
    let readers = (0..<2).map { _ in
      let done = DispatchSemaphore(value: 0)
      let thread = Thread {
        var last: UInt64 = 0
        var reads = 0
        repeat {
          let value = reader.read()
          #expect(value.isWhole && value.words[0] >= last)
          last = value.words[0]
          reads += 1
        } while !stop.isSet.load(ordering: .relaxed) || reads < 100
        done.signal()
      }
      thread.start()
      return done
    }
    for value in 1...20_000 { ends.writer.publish(Counters(UInt64(value))) }
    stop.isSet.store(true, ordering: .relaxed)
    for done in readers { done.wait() }
    #expect(reader.read() == Counters(20_000))
  }

  @Test func `a value smaller than a word is kept whole`() {
    var ends = Published.make(UInt8(200))
    let reader = ends.reader
    #expect(reader.read() == 200)
    ends.writer.publish(7)
    #expect(reader.read() == 7)
  }
}
