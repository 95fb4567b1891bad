internal import Bytes
internal import World

/// The connections of one shard: a fixed number of places, the free ones in a stack, so that few
/// connections keep to few places.
struct ConnectionTable: ~Copyable {
  /// One place.
  struct Entry {
    /// The socket, or -1 while the place is free.
    var descriptor: Int32 = -1
    /// Counts the connections that had this place, modulo 2²⁴, so that a late completion tells whose it is.
    var generation: UInt32 = 0
    var isReceiving = false
    var isSending = false
    var isShutDown = false
    var isClosing = false
  }

  private var entries: Slots<Entry>
  private var free: Slots<UInt32>
  private var freeCount: Int

  init(capacity: Int) {
    entries = Slots(capacity) { _ in Entry() }
    free = Slots(capacity) { UInt32(capacity - 1 - $0) }
    freeCount = capacity
  }
  /// How many places are free.
  var room: Int { freeCount }
  /// Whether no place is free.
  var isFull: Bool { freeCount == 0 }
  /// How many places there are.
  var capacity: Int { entries.count }
  /// How many connections there are.
  var count: Int { entries.count - freeCount }

  /// One place.
  subscript(index: UInt32) -> Entry {
    _read { yield entries[Int(index)] }
    _modify { yield &entries[Int(index)] }
  }
  /// One open connection.
  subscript(connection: ConnectionID) -> Entry {
    _read {
      require(entries[Int(connection.rawValue)].descriptor >= 0, "a connection is open while it is used")
      yield entries[Int(connection.rawValue)]
    }
    _modify {
      require(entries[Int(connection.rawValue)].descriptor >= 0, "a connection is open while it is used")
      yield &entries[Int(connection.rawValue)]
    }
  }

  /// Gives a socket a place, or `nil` when there is none.
  mutating func admit(_ descriptor: Int32) -> ConnectionID? {
    guard freeCount > 0 else { return nil }
    freeCount -= 1
    let index = free[freeCount]
    entries[Int(index)].descriptor = descriptor
    return ConnectionID(rawValue: index)
  }
  /// Frees the place of a socket that is closed.
  mutating func release(_ connection: ConnectionID) {
    let generation = self[connection].generation
    entries[Int(connection.rawValue)] = Entry(generation: (generation + 1) & 0xFF_FFFF)
    free[freeCount] = connection.rawValue
    freeCount += 1
  }
}
