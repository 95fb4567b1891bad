internal import Bytes
internal import Synchronization

/// A value that one thread keeps replacing and any other may read at any time, neither ever waiting for the other.
///
///     version 7 ─▶ slot 1: complete, read by whoever asks
///                  slot 0: where version 8 is being written
///
/// A shard publishes its counters at the end of a turn; a scrape reads them. A reader that the writer overtakes twice
/// while it copies reads again; a writer that is interrupted in the middle holds nobody up.
public enum Published<Value: BitwiseCopyable & Sendable> {
  /// Both ends, to be taken apart.
  @frozen public struct Ends: ~Copyable, Sendable {
    /// For the thread that replaces the value.
    public var writer: Writer
    /// For all others.
    public var reader: Reader
  }

  /// A place for a value, which starts as `value`.
  ///
  /// Its size is rounded up to words of 8 bytes.
  public static func make(_ value: Value) -> Ends {
    let storage = Storage(value)
    return Ends(writer: Writer(storage), reader: Reader(storage))
  }

  /// The end that replaces the value: one thread's.
  public struct Writer: ~Copyable, Sendable {
    private let storage: Storage
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// Replaces the value.
    ///
    /// Cost: a store per word and two per call.
    public mutating func publish(_ value: Value) { storage.write(value) }
  }

  /// The end that reads the value: as many as there are threads.
  public struct Reader: Sendable {
    private let storage: Storage
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// The last value that was published in whole.
    public func read() -> Value { storage.read() }
    /// How often the value has been replaced: a thread that is stuck stops counting.
    public var version: UInt64 { storage.version.load(ordering: .relaxed) }
  }

  // SAFETY: the slots are atomics; the pointer to them never changes and dies with the last end.
  @safe fileprivate final class Storage: Sendable {
    let version = Atomic<UInt64>(0)
    let wordCount: Int
    nonisolated(unsafe) let slots: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ value: Value) {
      wordCount = (MemoryLayout<Value>.size + 7) / 8
      unsafe slots = .allocate(capacity: Swift.max(1, wordCount * 2))
      for index in 0..<(wordCount * 2) { unsafe (slots + index).initialize(to: Atomic(0)) }
      store(value, slot: 0)
    }
    deinit {
      unsafe slots.deinitialize(count: wordCount * 2)
      unsafe slots.deallocate()
    }

    func write(_ value: Value) {
      let next = version.load(ordering: .relaxed) &+ 1
      // Whoever sees a word that is written next also sees, behind its own fence, that the version has moved since.
      atomicMemoryFence(ordering: .releasing)
      store(value, slot: Int(truncatingIfNeeded: next & 1))
      version.store(next, ordering: .releasing)
    }

    func read() -> Value {
      while true {
        let before = version.load(ordering: .acquiring)
        let value = load(slot: Int(truncatingIfNeeded: before & 1))
        atomicMemoryFence(ordering: .acquiring)
        // While the version stands, its slot is not touched.
        if version.load(ordering: .relaxed) == before { return value }
      }
    }

    private func store(_ value: Value, slot: Int) {
      unsafe withUnsafeBytes(of: value) { bytes in
        for index in 0..<wordCount {
          var word: UInt64 = 0
          let count = Swift.min(8, bytes.count - index * 8)
          // SAFETY: count bytes from index * 8 lie within the value, and eight hold them.
          unsafe withUnsafeMutableBytes(of: &word) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[(index * 8)..<(index * 8 + count)]))
          }
          unsafe slots[slot * wordCount + index].store(word, ordering: .relaxed)
        }
      }
    }

    private func load(slot: Int) -> Value {
      unsafe withUnsafeTemporaryAllocation(
        byteCount: wordCount * 8,
        alignment: Swift.max(8, MemoryLayout<Value>.alignment)
      ) {
        for index in 0..<wordCount {
          let word = unsafe slots[slot * wordCount + index].load(ordering: .relaxed)
          unsafe $0.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
        // SAFETY: the words are those of one whole value, or are thrown away by `read`; any bits will do meanwhile,
        // since the value is plain and nobody looks at it before the version is checked.
        return unsafe $0.load(as: Value.self)
      }
    }
  }
}
