internal import Bytes
internal import Events
internal import Glibc
internal import Synchronization

/// Words that are counted in, by shard and topic.
///
/// One for the whole process, allocated at start; each shard writes rows of its own and the control thread sums them.
@safe final class CounterTable: Sendable {
  // SAFETY: `shards` × `topics` × `wordsPerTopic` words, zero at first, freed by deinit; they are atomic.
  private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let shards: Int
  private let topics: Int
  private let wordsPerTopic: Int

  /// Nothing has been counted.
  init(shards: Int, topics: Int, words wordsPerTopic: Int) {
    (self.shards, self.topics, self.wordsPerTopic) = (shards, topics, wordsPerTopic)
    let count = max(shards * topics * wordsPerTopic, 1)
    // Pages that nothing is counted in are never touched.
    guard let memory = unsafe calloc(count, MemoryLayout<Atomic<UInt64>>.stride) else {
      broken("the memory of counters is there")
    }
    unsafe words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
  }
  deinit { unsafe free(words) }

  /// The words that one shard writes for a topic.
  ///
  /// A view: who holds it holds the table too.
  @safe struct Row: @unchecked Sendable {
    // SAFETY: `count` words of the table, which outlives this; only one shard has it.
    fileprivate let words: UnsafeMutablePointer<Atomic<UInt64>>
    fileprivate let count: Int

    /// Counts.
    ///
    /// Cost: a load and a store.
    @inline(__always) func add(_ count: UInt64 = 1, at index: Int) {
      require(index >= 0 && index < self.count, "a counter is in its row")
      let word = unsafe words + index
      // Nobody else writes it.
      unsafe word.pointee.store(word.pointee.load(ordering: .relaxed) &+ count, ordering: .relaxed)
    }
  }
  /// The words that a shard writes for a topic.
  func row(shard: Int, topic: TopicID) -> Row {
    require(shard >= 0 && shard < shards && Int(topic.rawValue) < topics, "a row is in its table")
    return unsafe Row(words: words + (shard * topics + Int(topic.rawValue)) * wordsPerTopic, count: wordsPerTopic)
  }

  /// A topic's count, over all shards.
  func sum(_ topic: TopicID, _ index: Int) -> UInt64 {
    require(Int(topic.rawValue) < topics && index >= 0 && index < wordsPerTopic, "a counter is in its table")
    var sum: UInt64 = 0
    for shard in 0..<shards {
      let place = (shard * topics + Int(topic.rawValue)) * wordsPerTopic + index
      unsafe sum &+= (words + place).pointee.load(ordering: .relaxed)
    }
    return sum
  }
}
