internal import Bytes
internal import Glibc
internal import Synchronization
public import World

/// How threads wake shards: one word a shard that says whether it sleeps and what is asked of it.
///
///            wake: asked = true                   before sleeping: asleep = true
///     waker ───────────────────▶ [ word ] ◀─────────────────────────────────── shard
///            it was asleep: kick                  it was asked: do not sleep
///
/// A shard that is awake, or not born yet, needs no kick: it looks at its word before it sleeps. So a wake costs a
/// system call only when it ends a sleep, and none is lost. Shards kick one another by a message from ring to ring;
/// threads without a ring, by an event that the sleeper's ring reads.
public final class Wakes: Sendable {
  private let words: [WakeWord]

  /// For so many shards, none of them born.
  ///
  /// Throws: when there are no descriptors left.
  public init(shards: Int) throws(HostFailure) {
    require(shards > 0 && shards <= Int(UInt16.max), "there are shards, and their numbers fit")
    var words: [WakeWord] = []
    for _ in 0..<shards { words.append(try WakeWord()) }
    self.words = words
  }

  /// How many shards there are.
  public var count: Int { words.count }
  /// Makes `.woken` come out of a shard's machine; for threads other than shards, which have `Machine.wake`.
  public func wake(_ shard: ShardID) {
    let word = words[Int(shard.rawValue)]
    if word.ask(.woken) { word.event.signal() }
  }
  /// The word of one shard.
  func word(of shard: ShardID) -> WakeWord { words[Int(shard.rawValue)] }
}

/// One shard's word.
final class WakeWord: Sendable {
  /// What a word says.
  struct Contents: OptionSet {
    let rawValue: Int
    /// Somebody called `wake`.
    static let woken = Contents(rawValue: 1)
    /// A segment's preparation went on.
    static let prepared = Contents(rawValue: 2)
    /// The shard sleeps, or is about to.
    static let asleep = Contents(rawValue: 4)
  }

  private let word = Padded(0)
  private let ringDescriptor = Atomic<Int32>(-1)
  /// What the shard's ring reads.
  let event: EventDescriptor

  init() throws(HostFailure) { event = try EventDescriptor() }

  /// Asks the shard for something; whether it must be kicked to learn of it.
  func ask(_ what: Contents) -> Bool {
    let before = Contents(rawValue: word.value.bitwiseOr(what.rawValue, ordering: .acquiringAndReleasing).oldValue)
    // Whoever asked first kicks; a second kick would change nothing.
    return before == .asleep
  }
  /// Announces that the shard goes to sleep: what it was asked for meanwhile, in which case it must not.
  func goToSleep() -> Contents {
    let before = Contents(
      rawValue: word.value.bitwiseOr(Contents.asleep.rawValue, ordering: .acquiringAndReleasing).oldValue
    )
    require(!before.contains(.asleep), "only its own thread puts a shard to sleep")
    return before.isEmpty ? [] : wakeUp()
  }
  /// Takes what was asked, and is awake: one exchange.
  func wakeUp() -> Contents {
    var asked = Contents(rawValue: word.value.exchange(0, ordering: .acquiringAndReleasing))
    asked.remove(.asleep)
    return asked
  }
  /// Whether something was asked since: one load.
  var isAsked: Bool { word.value.load(ordering: .relaxed) & ~Contents.asleep.rawValue != 0 }

  /// Says how other rings reach this shard's; -1 while it has none.
  func publish(ring descriptor: Int32) { ringDescriptor.store(descriptor, ordering: .releasing) }
  /// The descriptor of the shard's ring, or -1.
  var ring: Int32 { ringDescriptor.load(ordering: .acquiring) }
}
