public import Bytes
internal import Events
internal import Formats
internal import Mark
internal import Pack
internal import Store
internal import Synchronization
internal import World

/// The way of keyed events between shards: to every other shard a channel of events, and back from it how far they are
/// safe.
///
/// Nothing else crosses shards on the event's way.
///
///     this shard ──channel, numbered from 1──▶ the shard of the key's lane ──commit──▶
///     this shard ◀──────── safe through ────── (one number a lane)
public struct Links: ~Copyable, Sendable {
  private let shard: Int
  private let shards: Int
  private let lanes: Int
  /// By shard; the one at this shard's own place is not used.
  var outgoing: Slots<Outgoing>
  var incoming: Slots<Incoming>
  var farewell: Farewell
  /// The id that was made for the event that is replayed, while one is.
  var madeID: UInt128?

  /// What this shard sends to another.
  struct Outgoing: ~Copyable, Sendable {
    var sender: Channel.Sender
    let safe: SafeThrough
    /// The last number given, by lane.
    var last: [UInt64]
    /// What has been counted as stored, by lane.
    var seen: [UInt64]
    /// Whether the other shard has to be woken.
    var hasSent = false
  }

  /// Events taken from a channel into one batch and not yet safe: through which number in the lane, and on the link.
  struct Pending: Sendable {
    var own: EventNumber
    var link: UInt64
    /// The sequence of the commit that the batch becomes, or of one before it.
    let sequence: UInt64
  }

  /// What another shard sends to this one.
  struct Incoming: ~Copyable, Sendable {
    /// `nil` only while its message is read.
    var receiver: Channel.Receiver?
    let safe: SafeThrough
    /// By lane.
    var taken: [UInt64]
    var pending: Slots<Queue<Pending>>
    /// Whether the other shard has to be woken.
    var hasNews = false
  }

  private init(
    shard: Int,
    lanes: Int,
    outgoing: consuming Slots<Outgoing>,
    incoming: consuming Slots<Incoming>,
    farewells: Farewells
  ) {
    (self.shard, self.lanes, shards) = (shard, lanes, outgoing.count)
    farewell = Farewell(farewells)
    self.outgoing = outgoing
    self.incoming = incoming
  }

  /// Makes the links between all pairs of shards; each value is to be moved to its shard's thread.
  ///
  /// - Parameters:
  ///   - shards: how many shards there are.
  ///   - lanes: how many lanes there are over all of them.
  ///   - channelBytes: the capacity of each channel, a power of two; no event is larger than half of it.
  /// - Returns: the links of each shard, in the order of the shards.
  public static func make(shards: Int, lanes: Int, channelBytes: Int) -> Slots<Links?> {
    let none = [UInt64](repeating: 0, count: lanes)
    // By sender and receiver; a link from a shard to itself is the smallest there is.
    var ends = Slots<Channel.Ends?>(shards * shards) { pair in
      Channel.make(capacity: pair / shards == pair % shards ? 64 : channelBytes)
    }
    let safe = (0..<(shards * shards)).map { _ in SafeThrough(lanes: lanes) }
    let farewells = Farewells()
    var senders = Slots<Channel.Sender?>(shards * shards) { _ in nil }
    var receivers = Slots<Channel.Receiver?>(shards * shards) { _ in nil }
    for pair in 0..<(shards * shards) {
      guard let both = ends[pair].take() else { continue }
      let sender = both.sender
      let receiver = both.receiver
      senders[pair] = consume sender
      receivers[pair] = consume receiver
    }
    return Slots<Links?>(shards) { shard in
      let outgoing = Slots<Outgoing>(shards) { to in
        let pair = shard * shards + to
        return Outgoing(sender: senders[pair].take()!, safe: safe[pair], last: none, seen: none)
      }
      let incoming = Slots<Incoming>(shards) { from in
        let pair = from * shards + shard
        let pending = Slots<Queue<Pending>>(lanes) { _ in Queue(capacity: pendingMax) }
        return Incoming(receiver: receivers[pair].take()!, safe: safe[pair], taken: none, pending: pending)
      }
      return Links(shard: shard, lanes: lanes, outgoing: outgoing, incoming: incoming, farewells: farewells)
    }
  }

  /// The other shards.
  var others: some Sequence<Int> {
    let own = shard
    return (0..<shards).lazy.filter { $0 != own }
  }

  /// Says that this shard sends nothing more and knows all it sent to be safe; once said, that stays so.
  ///
  /// Returns whether every shard has said it: until then events of others may still come.
  mutating func part() -> Bool {
    if farewell.say() { for shard in others { incoming[shard].hasNews = true } }
    return farewell.count == shards
  }

  /// Batches of one lane that may hold a link's events and not be safe: those under way and the one that fills.
  private static var pendingMax: Int { 64 }

  /// Tells other shards that their events in `lane` are safe, and returns how many those are.
  mutating func release(_ lane: LaneID, through safe: EventNumber) -> UInt64 {
    let place = Int(lane.rawValue)
    var released: UInt64 = 0
    for shard in others {
      while let first = incoming[shard].pending[place].first, first.own <= safe {
        _ = incoming[shard].pending[place].popFirst()
        released += first.link - incoming[shard].safe.load(place)
        incoming[shard].safe.store(first.link, place)
        incoming[shard].hasNews = true
      }
    }
    return released
  }

  /// Which lane a key's events go to.
  ///
  /// Cost: a pass over the key.
  func lane(of key: RawSpan) -> LaneID { LaneID(rawValue: UInt16(keyHash(key) % UInt32(lanes))) }
  /// The place of a lane among this shard's own, or `nil` when another shard serves it.
  func own(_ lane: LaneID) -> Int? {
    Int(lane.rawValue) % shards == shard ? Int(lane.rawValue) / shards : nil
  }

  /// Sends an event to the shard that serves `lane`: its number on the link, or `nil` when the channel is full.
  mutating func send(_ event: borrowing Event, to lane: LaneID, at clock: ClockReading) -> EventNumber? {
    let target = Int(lane.rawValue) % shards
    let count = LinkedEvent.headBytes + event.key.byteCount + event.details.byteCount + event.payload.byteCount
    let head = LinkedEvent(lane: lane, grant: event.grant, origin: event.origin, clock: clock, madeID: madeID)
    guard outgoing[target].sender.send(atMost: count, { head.write(event, into: &$0) }) else { return nil }
    return numbered(lane, at: target)
  }
}

extension Links {
  /// Sends an event of whose payload parts are exchanged; otherwise the same.
  mutating func send(
    _ event: borrowing Event,
    with splices: borrowing Splices,
    to lane: LaneID,
    at clock: ClockReading
  ) -> EventNumber? {
    let target = Int(lane.rawValue) % shards
    let count =
      LinkedEvent.headBytes + event.key.byteCount + event.details.byteCount + event.payload.byteCount + splices.growth
    let head = LinkedEvent(lane: lane, grant: event.grant, origin: event.origin, clock: clock, madeID: madeID)
    guard outgoing[target].sender.send(atMost: count, { head.write(event, with: splices, into: &$0) }) else {
      return nil
    }
    return numbered(lane, at: target)
  }
  /// The number of an event that was sent.
  private mutating func numbered(_ lane: LaneID, at target: Int) -> EventNumber {
    outgoing[target].hasSent = true
    outgoing[target].last[Int(lane.rawValue)] += 1
    return EventNumber(rawValue: outgoing[target].last[Int(lane.rawValue)])
  }
}

extension Links.Incoming {
  mutating func takeReceiver() -> Channel.Receiver? { receiver.take() }

  /// Notes that the oldest message was stored in `lane` under `number`, and takes it out.
  mutating func removeFirst(storedIn lane: LaneID, as number: EventNumber, sequence: UInt64) {
    let place = Int(lane.rawValue)
    receiver!.removeFirst()
    taken[place] += 1
    let count = pending[place].count
    if count > 0, pending[place][count - 1].sequence == sequence {
      pending[place][count - 1].own = number
      pending[place][count - 1].link = taken[place]
    } else {
      pending[place].append(Links.Pending(own: number, link: taken[place], sequence: sequence))
    }
  }
}

extension Line {
  /// Stores what another shard sent for lanes of this one, until its channel is empty or there is no room.
  mutating func receive(from shard: Int) {
    while let stored = keepFirst(from: shard) {
      links.incoming[shard].removeFirst(storedIn: stored.lane, as: stored.number, sequence: stored.sequence)
    }
  }

  /// Stores the oldest event of another shard; `nil` when there is none, or no room for it.
  private mutating func keepFirst(from shard: Int) -> (lane: LaneID, number: EventNumber, sequence: UInt64)? {
    // The receiver is moved out, because its message is read while the line is written to.
    var receiver = links.incoming[shard].takeReceiver()
    let stored = keepFirst(of: &receiver)
    links.incoming[shard].receiver = consume receiver
    return stored
  }
  private mutating func keepFirst(of receiver: inout Channel.Receiver?)
    -> (lane: LaneID, number: EventNumber, sequence: UInt64)?
  {
    guard let message = receiver!.first else { return nil }
    let head = LinkedEvent(reading: message)
    guard let index = links.own(head.lane) else {
      require(false, "an event is sent to the shard that serves its lane")
      return nil
    }
    let sequence = writers[index].lane.sequence
    guard let number = keep(message, head, at: index) else { return nil }
    return (head.lane, number, sequence)
  }

  /// Stores one event of another shard: its number in the lane, or `nil` when there is no room.
  private mutating func keep(_ message: RawSpan, _ head: LinkedEvent, at index: Int) -> EventNumber? {
    let event = LinkedEvent.event(in: message, head)
    let offset = writers[index].lane.nextOffset(of: head.grant.topic)
    // It was received when the other shard received it.
    stamper.read(head.clock)
    defer { stamper.read(clock) }
    let place = head.madeID.map { stamper.lend($0) }
    defer { if let place { stamper.resume(place) } }
    let stamp = stamper.stamp(event)
    let timeMs = stamper.timestampMs
    guard writers[index].batch.append(event, stamp: stamp, offset: offset, timestampMs: timeMs) else { return nil }
    return writers[index].lane.claim(head.grant.topic).number
  }
}

/// How many shards send nothing more.
final class Farewells: Sendable {
  fileprivate let count = Atomic<Int>(0)
}

/// One shard's word that it sends nothing more.
///
/// A shard that ends any other way has given it, too.
struct Farewell: ~Copyable, Sendable {
  private let all: Farewells
  private var isSaid = false

  init(_ all: Farewells) { self.all = all }
  deinit {
    if !isSaid { all.count.wrappingAdd(1, ordering: .releasing) }
  }

  /// How many have said it.
  var count: Int { all.count.load(ordering: .acquiring) }
  /// Says it, and returns whether that is news.
  mutating func say() -> Bool {
    guard !isSaid else { return false }
    isSaid = true
    all.count.wrappingAdd(1, ordering: .releasing)
    return true
  }
}

/// How far the events of one link are safe, by lane: written by the lane's shard, read by the events'.
final class SafeThrough: Sendable {
  private let numbers: [LaneMark]
  init(lanes: Int) { numbers = (0..<lanes).map { _ in LaneMark() } }
  func load(_ lane: Int) -> UInt64 { UInt64(numbers[lane].number.value.load(ordering: .acquiring)) }
  func store(_ number: UInt64, _ lane: Int) { numbers[lane].number.value.store(Int(number), ordering: .releasing) }

  private final class LaneMark: Sendable { let number = Padded(0) }
}
