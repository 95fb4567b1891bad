internal import Synchronization

/// A bounded queue of byte messages from one thread to another; each end is a value that only one thread can own.
///
/// A message lies in one piece: where it would wrap around, the rest of the ring is skipped. The receiver reads it in
/// place and gives its room back when it is done.
public enum Channel {
  /// Both ends, to be taken apart and moved to their threads.
  @frozen public struct Ends: ~Copyable, Sendable {
    /// The end that fills the queue.
    public var sender: Sender
    /// The end that empties it.
    public var receiver: Receiver
  }

  /// Makes a queue of so many bytes, a power of two.
  ///
  /// A message takes at most half of it.
  public static func make(capacity: Int) -> Ends {
    let storage = Storage(capacity: capacity)
    return Ends(sender: Sender(storage), receiver: Receiver(storage))
  }

  static var headBytes: Int { 8 }
  static var skipped: Int { -1 }

  /// The end that fills the queue.
  public struct Sender: ~Copyable, Sendable {
    private let storage: Storage
    private var tail = 0
    private var knownHead = 0
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// Sends one message of at most `count` bytes, written by `body`; `false` when there is no room for it.
    public mutating func send(atMost count: Int, _ body: (inout Writer) -> Void) -> Bool {
      let needed = Channel.headBytes + (count + 7) & ~7
      require(needed <= storage.capacity / 2, "a message takes at most half of its channel")
      let place = tail & storage.mask
      let skip = storage.capacity - place < needed ? storage.capacity - place : 0
      if tail &- knownHead + needed + skip > storage.capacity {
        knownHead = storage.head.value.load(ordering: .acquiring)
        guard tail &- knownHead + needed + skip <= storage.capacity else { return false }
      }
      if skip > 0 {
        unsafe (storage.bytes + place).storeBytes(of: Channel.skipped, as: Int.self)
        tail &+= skip
      }
      let start = unsafe storage.bytes + (tail & storage.mask)
      // SAFETY: the room was found free above, and until `tail` is published the receiver does not look at it.
      var writer = unsafe Writer(from: start + Channel.headBytes, to: start + needed)
      body(&writer)
      let written = unsafe writer.position - (start + Channel.headBytes)
      require(written <= count, "a message is as long as it was said to be")
      unsafe start.storeBytes(of: written, as: Int.self)
      tail &+= Channel.headBytes + (written + 7) & ~7
      storage.tail.value.store(tail, ordering: .releasing)
      return true
    }
  }

  /// The end that empties the queue.
  public struct Receiver: ~Copyable, Sendable {
    private let storage: Storage
    private var head = 0
    private var knownTail = 0
    fileprivate init(_ storage: Storage) { self.storage = storage }

    /// The oldest message, which stays in the queue; `nil` when there is none.
    public var first: RawSpan? {
      @_lifetime(&self)
      mutating get {
        guard settle() else { return nil }
        let start = unsafe storage.bytes + (head & storage.mask)
        let count = unsafe start.load(as: Int.self)
        // SAFETY: the sender does not touch a message that is in the queue, and only `removeFirst` takes it out.
        let span = unsafe RawSpan(_unsafeStart: start + Channel.headBytes, byteCount: count)
        return unsafe _overrideLifetime(span, mutating: &self)
      }
    }

    /// Takes the oldest message out.
    public mutating func removeFirst() {
      guard settle() else {
        require(false, "a message is there when it is taken out")
        return
      }
      let count = unsafe (storage.bytes + (head & storage.mask)).load(as: Int.self)
      head &+= Channel.headBytes + (count + 7) & ~7
      storage.head.value.store(head, ordering: .releasing)
    }

    /// Steps over skipped room, and says whether a message is there.
    private mutating func settle() -> Bool {
      while true {
        if head == knownTail {
          knownTail = storage.tail.value.load(ordering: .acquiring)
          if head == knownTail { return false }
        }
        let place = head & storage.mask
        guard unsafe (storage.bytes + place).load(as: Int.self) == Channel.skipped else { return true }
        head &+= storage.capacity - place
      }
    }
  }

  @safe fileprivate final class Storage: Sendable {
    let capacity: Int
    let mask: Int
    private let pages: PrivatePages
    // SAFETY: the sender alone touches bytes outside head..<tail, the receiver alone those inside; the two counters are
    // published with release and read with acquire.
    var bytes: UnsafeMutableRawPointer { unsafe pages.first }
    let head = Padded(0)
    let tail = Padded(0)

    init(capacity: Int) {
      require(capacity >= 64 && capacity & (capacity - 1) == 0, "a channel's capacity is a power of two")
      self.capacity = capacity
      mask = capacity - 1
      pages = PrivatePages(byteCount: capacity)
    }
  }
}
