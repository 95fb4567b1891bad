public import Bytes
public import Events

/// Everything a shard may ask of the world.
///
/// `Host` answers with io_uring, `Simulator` with a seed.
///
/// An operation is queued by calling it and handed over by `wait`; what became of it comes out of `next`, in any order.
/// Bytes in flight belong to the machine: `send`, `write` and `read` take their region, `take` hands it back once the
/// completion that names it is out. A shard is generic over its machine, so every call below is direct.
public protocol Machine: ~Copyable {
  /// Accepts connections until told otherwise; each comes as `.accepted`, the end as `.acceptEnded`.
  mutating func accept(on listener: ListenerID)
  /// Ends the accept under way, which then completes with `.acceptEnded`. Connections wait in the kernel's queue.
  mutating func stopAccepting(on listener: ListenerID)
  /// Closes a listener for good: who comes now is refused by the kernel. Only when no accept is under way.
  mutating func close(_ listener: ListenerID)
  /// Receives into buffers of the machine's choice until a completion says that no `more` will come.
  mutating func receive(on connection: ConnectionID)
  /// Ends the receive under way, which then completes with `.receiveEnded(_, -ECANCELED)` unless it ends otherwise.
  mutating func stopReceiving(on connection: ConnectionID)
  /// Sends all filled bytes. At most one send a connection is under way, so their order needs no care.
  mutating func send(_ region: consuming Region, on connection: ConnectionID)
  /// Makes the filled bytes durable in a segment; `offset` and their count are multiples of the block size.
  mutating func write(_ region: consuming Region, to segment: SegmentID, at offset: Int)
  /// Reads from a segment as many bytes as the region can hold; `offset` is a multiple of the block size.
  mutating func read(into region: consuming Region, from segment: SegmentID, at offset: Int)
  /// Makes a segment that does not exist yet: its file at full size, written once. Progress comes as `.prepared`.
  mutating func prepare(_ segment: SegmentID)
  /// Completes with `.elapsed` once, `afterNs` from now. At most one at a time.
  mutating func timeout(afterNs: Int64)
  /// Completes with `.woken` on the machine of another shard, once or more after any number of calls.
  mutating func wake(_ shard: ShardID)
  /// Ends both directions: a receive under way completes.
  mutating func shutdown(_ connection: ConnectionID)
  /// Forgets the connection; `.closed` frees its ID. Only when nothing of it is under way.
  mutating func close(_ connection: ConnectionID)

  /// Hands over what is queued and waits until something has finished.
  mutating func wait()
  /// The same, but goes on after so many nanoseconds; after none it only hands over and collects.
  mutating func wait(atMostNs: Int64)
  /// Takes the next finished operation, or `nil` when none is ready.
  mutating func next() -> Completion?
  /// The time, with the bounds we can vouch for.
  func now() -> ClockReading
  /// Random bits that nobody can guess.
  mutating func entropy() -> UInt64
  /// Where a connection comes from.
  func source(of connection: ConnectionID) -> SourceAddress
  /// The segments of a lane that exist when the shard starts: the slots whose files were there.
  func segments(of lane: LaneID) -> [SegmentID]

  /// The bytes of a received buffer; borrowed, so it can't be recycled meanwhile.
  @_lifetime(borrow self)
  borrowing func bytes(of buffer: BufferID, count: Int) -> RawSpan
  /// The same to be changed in place, which nobody else sees.
  @_lifetime(&self)
  mutating func mutableBytes(of buffer: BufferID, count: Int) -> MutableRawSpan
  /// Gives a received buffer back.
  mutating func recycle(_ buffer: BufferID)
  /// Takes a region that is not in flight out of the machine.
  mutating func take(_ region: RegionID) -> Region
  /// Puts a region back that is not needed.
  mutating func put(_ region: consuming Region)
}

/// How one operation ended.
///
/// Results below zero are negated error numbers.
public enum Completion: Sendable {
  case accepted(ConnectionID, on: ListenerID)
  /// No more connections will be accepted there until asked again: cancelled, or out of descriptors or of places.
  case acceptEnded(ListenerID, Int32)
  case received(ConnectionID, BufferID, count: Int, more: Bool)
  /// Nothing more will be received: 0 when the peer is done, an error otherwise.
  case receiveEnded(ConnectionID, Int32)
  /// No buffer was free; receive again once one has been recycled.
  case starved(ConnectionID)
  /// How many bytes went out: fewer than filled only when the connection broke.
  case sent(ConnectionID, RegionID, Int32)
  case wrote(RegionID, Int32)
  case read(RegionID, Int32)
  /// A segment can be used through so many bytes: 0 or more; less than zero when the disk gave none.
  case prepared(SegmentID, throughBytes: Int)
  case elapsed
  case woken
  case closed(ConnectionID)
}

/// A connection's place in its shard's table; free again after `.closed`.
public struct ConnectionID: RawRepresentable, Hashable, Sendable {
  /// The place.
  public let rawValue: UInt32
  /// The connection in that place.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A listener's place in the settings, and in the table of fronts.
public struct ListenerID: RawRepresentable, Hashable, Sendable {
  /// The place.
  public let rawValue: UInt32
  /// The listener in that place.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A receive buffer's place in the pool.
public struct BufferID: RawRepresentable, Hashable, Sendable {
  /// The place.
  public let rawValue: UInt16
  /// The buffer in that place.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// A shard's number, counted from 0.
public struct ShardID: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16
  /// The shard of that number.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
}

/// One file of a lane.
///
/// Slots are numbered from 0 and their files are recycled, never renamed.
public struct SegmentID: Hashable, Sendable {
  /// Whose.
  public let lane: LaneID
  /// Which of its files.
  public let slot: UInt16
  /// The file in that slot of a lane.
  @inlinable public init(lane: LaneID, slot: UInt16) { (self.lane, self.slot) = (lane, slot) }
}

/// An IPv6 address, or an IPv4 address mapped into one.
///
/// Source: RFC 4291 §2.5.5.2.
public struct SourceAddress: Hashable, Sendable {
  /// The 16 bytes, the first being the most significant.
  public let bits: UInt128
  /// The address with those bits, in the order of the wire.
  @inlinable public init(bits: UInt128) { self.bits = bits }
}
