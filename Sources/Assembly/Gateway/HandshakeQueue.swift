internal import Bytes
internal import World

/// Connections that wait for their turn to shake hands: those that have begun go before those that have not.
struct HandshakeQueue: ~Copyable {
  private var begun: Queue<ConnectionID>
  private var fresh: Queue<ConnectionID>
  /// When somebody had a turn last.
  var turnNs: Int64 = 0

  /// How many wait for their handshake to begin, at the most: whoever came later would come too late.
  private static var freshMax: Int { 16_384 }
  /// How long everybody waits, at the most, for a moment when nothing else is to be done.
  private static var patienceNs: Int64 { 1_000_000 }

  init(connections: Int) {
    begun = Queue(capacity: max(connections, 1))
    fresh = Queue(capacity: max(min(connections, Self.freshMax), 1))
  }

  var isEmpty: Bool { begun.isEmpty && fresh.isEmpty }
  var count: Int { begun.count + fresh.count }
  /// Whether nobody more can wait for a handshake to begin.
  var isFull: Bool { fresh.isFull }

  mutating func append(_ id: ConnectionID, hasBegun: Bool) {
    if hasBegun { begun.append(id) } else { fresh.append(id) }
  }
  mutating func popFirst() -> ConnectionID? { begun.popFirst() ?? fresh.popFirst() }

  /// How long it is until it is time for turns: when the shard has nothing better to do, or after a while.
  @inline(__always) func waitNs(isQuiet: Bool, nowNs: Int64) -> Int64 {
    isQuiet ? 0 : max(0, turnNs + Self.patienceNs - nowNs)
  }
}
