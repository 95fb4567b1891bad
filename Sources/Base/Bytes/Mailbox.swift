public import Synchronization

/// A bounded queue from one thread to another; each end is a value that only one thread can own.
public enum Mailbox<Element: Sendable> {
  /// Both ends, to be taken apart and moved to their threads.
  @frozen public struct Ends: ~Copyable, Sendable {
    /// The end for the thread that sends.
    public var sender: Sender
    /// The end for the thread that receives.
    public var receiver: Receiver
  }

  /// Makes a queue.
  ///
  /// `capacity` is a power of two.
  public static func make(capacity: Int) -> Ends {
    let storage = Storage(capacity: capacity)
    return Ends(sender: Sender(storage), receiver: Receiver(storage))
  }

  /// The end that fills the queue.
  public struct Sender: ~Copyable, Sendable {
    private let storage: Storage
    private var tail = 0
    private var knownHead = 0
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// Whether there was room; `false` leaves the element with the caller.
    public mutating func send(_ element: Element) -> Bool {
      guard hasRoom() else { return false }
      unsafe (storage.slots + (tail & storage.mask)).initialize(to: element)
      tail &+= 1
      storage.tail.value.store(tail, ordering: .releasing)
      return true
    }
    /// Whether one more element fits.
    public mutating func hasRoom() -> Bool {
      if tail &- knownHead == storage.capacity { knownHead = storage.head.value.load(ordering: .acquiring) }
      return tail &- knownHead < storage.capacity
    }
    /// Whether so many elements fit.
    public mutating func hasRoom(for count: Int) -> Bool {
      knownHead = storage.head.value.load(ordering: .acquiring)
      return tail &- knownHead + count <= storage.capacity
    }
  }

  /// The end that empties the queue.
  public struct Receiver: ~Copyable, Sendable {
    private let storage: Storage
    private var head = 0
    private var knownTail = 0
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// Takes the oldest element, or `nil` when there is none.
    public mutating func next() -> Element? {
      if head == knownTail {
        knownTail = storage.tail.value.load(ordering: .acquiring)
        if head == knownTail { return nil }
      }
      defer {
        head &+= 1
        storage.head.value.store(head, ordering: .releasing)
      }
      return unsafe (storage.slots + (head & storage.mask)).move()
    }
  }

  @safe fileprivate final class Storage: Sendable {
    let capacity: Int
    let mask: Int
    // SAFETY: the sender alone touches places outside head..<tail, the receiver alone those inside; the two counters
    // are published with release and read with acquire.
    nonisolated(unsafe) let slots: UnsafeMutablePointer<Element>
    let head = Padded(0)
    let tail = Padded(0)

    init(capacity: Int) {
      require(capacity > 0 && capacity & (capacity - 1) == 0, "a mailbox's capacity is a power of two")
      self.capacity = capacity
      mask = capacity - 1
      unsafe slots = .allocate(capacity: capacity)
    }
    deinit {
      for index in head.value.load(ordering: .acquiring)..<tail.value.load(ordering: .acquiring) {
        unsafe (slots + (index & mask)).deinitialize(count: 1)
      }
      unsafe slots.deallocate()
    }
  }
}

/// A number that two threads share and that shares its cache line with nothing.
public struct Padded: ~Copyable, Sendable {
  private let before: InlineArray<8, Int> = InlineArray(repeating: 0)
  /// The number.
  public let value: Atomic<Int>
  private let after: InlineArray<8, Int> = InlineArray(repeating: 0)

  /// Starts at `value`.
  public init(_ value: Int) { self.value = Atomic(value) }
}
