public import Bytes
public import Events
public import World

/// A machine made of a seed: same seed, same run, to the byte.
///
/// It cuts streams, reorders completions, starves, stalls, resets, fails and tears writes. It is strict as well: what
/// the kernel would punish in its own time, such as two sends at once or a close with a receive under way, ends the run
/// here.
@safe public struct SimulatedMachine: Machine, ~Copyable {
  enum Pending {
    case send(RegionID, ConnectionID)
    case write(RegionID, SegmentID, Int)
    case read(RegionID, SegmentID, Int)
    case prepare(SegmentID, through: Int)
    case endReceive(ConnectionID, Int32)
    case endAccept(ListenerID)
    case close(ConnectionID)
  }

  /// The clients.
  public var peers: [SimulatedPeer]
  /// What survives a crash.
  public internal(set) var disk: SimulatedDisk
  /// How often the shard waited although nothing was left to happen.
  public private(set) var stuck = 0
  /// How often nothing but the clock moved.
  public private(set) var idleTicks = 0
  /// Shards that are to be woken; emptied by whoever runs several.
  public var wakes: [ShardID] = []
  /// The largest number of completions one `wait` gave.
  public private(set) var burst = 0

  /// How many writes the disk has failed, in whole or in part.
  public internal(set) var writesFailed = 0

  let faults: Faults
  let sizes: Sizes
  var random: SplitMix
  var regions: Slots<Region?>
  var free: [BufferID]
  var lent: [Bool]
  var recycled = 0
  var pending: [Pending] = []
  var ready: [Completion] = []
  var taken = 0
  var listening: [Bool]
  var isListenerClosed: [Bool]
  /// Which peer has each connection's place.
  var places: [Int?]
  var timerNs: Int64?
  var nowNs: Int64 = 1_000_000_000
  var utcOffsetNs: Int64 = 1_790_000_000_000_000_000
  let memory: UnsafeMutableRawBufferPointer

  /// A machine at the start of a run.
  ///
  /// - Parameters:
  ///   - seed: what the run is made of.
  ///   - sizes: what the shard allocates.
  ///   - listeners: how many listeners there are.
  ///   - disk: what the last life left.
  ///   - peers: the clients.
  ///   - faults: what goes wrong, and how often.
  public init(
    seed: UInt64,
    sizes: Sizes,
    listeners: Int,
    disk: SimulatedDisk,
    peers: [SimulatedPeer],
    faults: Faults = Faults()
  ) {
    (self.disk, self.peers, self.faults, self.sizes) = (disk, peers, faults, sizes)
    random = SplitMix(seed: seed)
    regions = sizes.makeRegions()
    free = (0..<sizes.buffers).map { BufferID(rawValue: UInt16($0)) }
    lent = Array(repeating: false, count: sizes.buffers)
    listening = Array(repeating: false, count: listeners)
    isListenerClosed = Array(repeating: false, count: listeners)
    places = Array(repeating: nil, count: sizes.connections)
    unsafe memory = .allocate(byteCount: sizes.buffers * sizes.bufferBytes, alignment: 64)
  }
  deinit { unsafe memory.deallocate() }

  // MARK: Operations

  /// Accepts connections as peers come; a listener has one accept at a time.
  public mutating func accept(on listener: ListenerID) {
    let index = Int(listener.rawValue)
    require(!listening[index] && !isListenerClosed[index], "one accept a listener")
    listening[index] = true
  }
  /// Ends the accept under way, in its own time.
  public mutating func stopAccepting(on listener: ListenerID) {
    if listening[Int(listener.rawValue)] { pending.append(.endAccept(listener)) }
  }
  /// Refuses whoever comes from here on.
  public mutating func close(_ listener: ListenerID) {
    require(!listening[Int(listener.rawValue)], "a listener is closed when no accept is under way")
    isListenerClosed[Int(listener.rawValue)] = true
  }
  /// Lets the peer's bytes arrive; a starved connection may ask only once a buffer is free.
  public mutating func receive(on connection: ConnectionID) {
    let index = peer(connection)
    require(!peers[index].isReceiving, "one receive a connection")
    require(!peers[index].hasStarved || !free.isEmpty, "a starved connection waits for a buffer")
    peers[index].isReceiving = true
    peers[index].hasStarved = false
    if peers[index].isShut || peers[index].isReset { pending.append(.endReceive(connection, 0)) }
  }
  /// Ends the receive under way, in its own time.
  public mutating func stopReceiving(on connection: ConnectionID) {
    if peers[peer(connection)].isReceiving { pending.append(.endReceive(connection, -125)) }
  }
  /// Keeps the bytes until the peer takes them, or until its connection breaks.
  public mutating func send(_ region: consuming Region, on connection: ConnectionID) {
    let index = peer(connection)
    require(!peers[index].isSending, "one send a connection")
    require(region.count > 0, "a send has bytes")
    peers[index].isSending = true
    if random.once(in: faults.readStalls) { peers[index].isStalled = true }
    pending.append(.send(region.id, connection))
    put(region)
  }
  /// Keeps the bytes until the disk has written them, or torn them.
  public mutating func write(_ region: consuming Region, to segment: SegmentID, at offset: Int) {
    pending.append(.write(region.id, segment, offset))
    disk.inspect(region.bytes, of: segment)
    put(region)
  }
  /// Keeps the region until the disk has filled it.
  public mutating func read(into region: consuming Region, from segment: SegmentID, at offset: Int) {
    pending.append(.read(region.id, segment, offset))
    put(region)
  }
  /// Makes a segment, in as many steps as the seed says.
  public mutating func prepare(_ segment: SegmentID) {
    require(disk.files[segment] == nil, "a segment is prepared once")
    pending.append(.prepare(segment, through: 0))
  }
  /// Sets the one timer.
  public mutating func timeout(afterNs: Int64) {
    require(timerNs == nil, "one timeout at a time")
    timerNs = nowNs + afterNs
  }
  /// Notes the shard in `wakes`.
  public mutating func wake(_ shard: ShardID) { wakes.append(shard) }
  /// Ends both directions; what the peer sends or would take after this is lost.
  public mutating func shutdown(_ connection: ConnectionID) {
    let index = peer(connection)
    peers[index].isShut = true
    if peers[index].isReceiving { pending.append(.endReceive(connection, 0)) }
  }
  /// Frees the connection's place, in its own time.
  public mutating func close(_ connection: ConnectionID) {
    let index = peer(connection)
    require(!peers[index].isReceiving && !peers[index].isSending, "a connection is closed when nothing is under way")
    pending.append(.close(connection))
  }
  /// Hands out a region that is not in flight; anything else ends the run.
  public mutating func take(_ region: RegionID) -> Region {
    guard let region = regions[Int(region.rawValue)].take() else { preconditionFailure("a region is taken once") }
    for operation in pending {
      switch operation {
      case .send(let id, _), .write(let id, _, _), .read(let id, _, _):
        require(id != region.id, "a region in flight stays with the machine")
      default: break
      }
    }
    return region
  }
  /// Takes a region back into its place.
  public mutating func put(_ region: consuming Region) {
    let index = Int(region.id.rawValue)
    require(regions[index] == nil, "a region has one place")
    regions[index] = consume region
  }
  /// Draws from the seed.
  public mutating func entropy() -> UInt64 { random.next() }
  /// Says where the peer claims to be.
  public func source(of connection: ConnectionID) -> SourceAddress {
    SourceAddress(bits: peers[peer(connection)].source)
  }
  /// The segments that the disk holds.
  public func segments(of lane: LaneID) -> [SegmentID] {
    disk.files.keys.filter { $0.lane == lane }.sorted { $0.slot < $1.slot }
  }
  /// The simulated time; nothing bounds its error.
  public func now() -> ClockReading {
    ClockReading(utcNs: nowNs + utcOffsetNs, errorNs: nil, state: .unknown, monotonicNs: nowNs)
  }
  /// The bytes of a buffer that is lent; any other ends the run.
  @_lifetime(borrow self)
  public borrowing func bytes(of buffer: BufferID, count: Int) -> RawSpan {
    require(lent[Int(buffer.rawValue)] && count <= sizes.bufferBytes, "a buffer is read while it is lent")
    let start = unsafe UnsafeRawPointer(memory.baseAddress! + Int(buffer.rawValue) * sizes.bufferBytes)
    return unsafe _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: count), borrowing: self)
  }
  /// The same to be changed in place.
  @_lifetime(&self)
  public mutating func mutableBytes(of buffer: BufferID, count: Int) -> MutableRawSpan {
    require(lent[Int(buffer.rawValue)] && count <= sizes.bufferBytes, "a buffer is changed while it is lent")
    let start = unsafe memory.baseAddress! + Int(buffer.rawValue) * sizes.bufferBytes
    let bytes = unsafe MutableRawSpan(_unsafeStart: start, byteCount: count)
    return unsafe _overrideLifetime(bytes, mutating: &self)
  }
  /// Takes a lent buffer back.
  public mutating func recycle(_ buffer: BufferID) {
    require(lent[Int(buffer.rawValue)], "a buffer is given back once")
    lent[Int(buffer.rawValue)] = false
    free.append(buffer)
    recycled += 1
  }

  // MARK: What happens

  /// Buffers that the shard has not given back.
  public var buffersLent: Int { sizes.buffers - free.count }
  /// Whether `wait` would find something to do besides moving the clock.
  public var isBusy: Bool { taken < ready.count || canHappen }

  /// Takes the next finished operation, in the order that `wait` decided.
  public mutating func next() -> Completion? {
    guard taken < ready.count else { return nil }
    taken += 1
    return ready[taken - 1]
  }

  /// Lets a few things happen, to peers or to what is pending; like the kernel it returns once something has finished.
  ///
  /// When nothing can, the clock moves on to the timer. Without one the shard has forgotten somebody: counted in
  /// `stuck`.
  public mutating func wait() {
    guard taken == ready.count else { return }
    beginRound()
    while ready.isEmpty, canHappen { letHappen() }
    if ready.isEmpty, let timer = timerNs {
      nowNs = max(nowNs, timer)
      idleTicks += 1
    }
    elapse()
    if ready.isEmpty { stuck += 1 }
    burst = max(burst, ready.count)
  }
  /// Lets a few things happen; none is as well, once the time is over.
  public mutating func wait(atMostNs: Int64) {
    guard taken == ready.count else { return }
    beginRound()
    letHappen()
    if ready.isEmpty { nowNs += Int64(random.below(Int(atMostNs) + 1)) }
    elapse()
    burst = max(burst, ready.count)
  }

  private mutating func beginRound() {
    taken = 0
    ready.removeAll(keepingCapacity: true)
    nowNs += 1 + Int64(random.below(faults.isDisorderly ? 200_000 : 1000))
    if random.once(in: faults.clockJumps) { utcOffsetNs += Int64(random.below(7200) - 3600) * 1_000_000_000 }
  }
  private mutating func letHappen() {
    let operations = faults.isDisorderly ? random.below(6) : pending.count
    for _ in 0..<operations where !pending.isEmpty {
      finish(pending.remove(at: faults.isDisorderly ? random.below(pending.count) : 0))
    }
    let happenings = faults.isDisorderly ? random.below(6) : peers.count
    for step in 0..<happenings { happen(to: faults.isDisorderly ? random.below(peers.count) : step) }
  }
  private mutating func elapse() {
    guard let timer = timerNs, timer <= nowNs else { return }
    timerNs = nil
    ready.append(.elapsed)
  }

  /// Adds what another shard's `wake` does.
  public mutating func deliverWake() { ready.append(.woken) }

  private var canHappen: Bool {
    pending.contains { canFinish($0) } || peers.indices.contains { canHappen(to: $0) }
  }
  /// A send to a peer that does not read stays under way until the connection is shut down.
  private func canFinish(_ operation: Pending) -> Bool {
    guard case .send(_, let connection) = operation else { return true }
    let peer = peers[peer(connection)]
    return !peer.isMute || peer.isShut || peer.isReset
  }
  private func canHappen(to index: Int) -> Bool {
    let peer = peers[index]
    guard let connection = peer.connection else {
      return !peer.isClosed && listening[Int(peer.listener.rawValue)] && places.contains(nil)
    }
    _ = connection
    guard peer.isReceiving, !peer.isShut, !peer.isReset else { return false }
    return peer.deliverable > 0 || peer.isDone
  }

  private mutating func happen(to index: Int) {
    guard canHappen(to: index) else { return }
    guard let place = peers[index].connection else {
      connect(index)
      return
    }
    let id = ConnectionID(rawValue: place)
    if random.once(in: faults.resets) {
      peers[index].isReset = true
      pending.append(.endReceive(id, -104))
    } else if peers[index].deliverable > 0 {
      deliver(to: id, from: index)
    } else {
      peers[index].isReceiving = false
      peers[index].saidDone = true
      ready.append(.receiveEnded(id, 0))
    }
  }

  private mutating func connect(_ index: Int) {
    let listener = peers[index].listener
    if random.once(in: faults.acceptEnds) {
      listening[Int(listener.rawValue)] = false
      ready.append(.acceptEnded(listener, -24))
      return
    }
    guard let place = places.firstIndex(where: { $0 == nil }) else { return }
    places[place] = index
    peers[index].connection = UInt32(place)
    ready.append(.accepted(ConnectionID(rawValue: UInt32(place)), on: listener))
  }

  private mutating func deliver(to id: ConnectionID, from index: Int) {
    guard let buffer = free.popLast() else {
      peers[index].isReceiving = false
      peers[index].hasStarved = true
      ready.append(.starved(id))
      return
    }
    lent[Int(buffer.rawValue)] = true
    let left = min(peers[index].deliverable, sizes.bufferBytes)
    let count = faults.isDisorderly ? random.below(random.once(in: 3) ? min(left, 40) : left) + 1 : left
    let from = peers[index].delivered
    let start = unsafe memory.baseAddress! + Int(buffer.rawValue) * sizes.bufferBytes
    unsafe peers[index].toServer.withUnsafeBytes {
      unsafe start.copyMemory(from: $0.baseAddress! + from, byteCount: count)
    }
    peers[index].delivered += count
    peers[index].isReceiving = !random.once(in: faults.receiveEnds)
    ready.append(.received(id, buffer, count: count, more: peers[index].isReceiving))
  }

  private mutating func finish(_ operation: Pending) {
    switch operation {
    case .send(let region, let id): finishSend(operation, region, id)
    case .write(let region, let segment, let offset): finishWrite(region, segment, offset)
    case .read(let region, let segment, let offset): finishRead(region, segment, offset)
    case .prepare(let segment, let through): finishPrepare(segment, through)
    case .endReceive(let id, let result):
      guard let index = places[Int(id.rawValue)], peers[index].isReceiving else { return }
      peers[index].isReceiving = false
      ready.append(.receiveEnded(id, peers[index].isReset ? -104 : result))
    case .endAccept(let listener):
      guard listening[Int(listener.rawValue)] else { return }
      listening[Int(listener.rawValue)] = false
      ready.append(.acceptEnded(listener, -125))
    case .close(let id):
      // A cancellation that comes too late finds nobody, whoever has the place by then.
      pending.removeAll { if case .endReceive(id, _) = $0 { true } else { false } }
      peers[peer(id)].isClosed = true
      peers[peer(id)].connection = nil
      places[Int(id.rawValue)] = nil
      ready.append(.closed(id))
    }
  }

  private mutating func finishSend(_ operation: Pending, _ region: RegionID, _ id: ConnectionID) {
    let index = peer(id)
    let isGone = peers[index].isShut || peers[index].isReset
    if !isGone, peers[index].isMute || peers[index].isStalled {
      if random.once(in: 8) { peers[index].isStalled = false }
      pending.append(operation)
      return
    }
    guard let held = regions[Int(region.rawValue)].take() else { preconditionFailure("a region in flight is here") }
    let result = isGone ? Int32(-32) : Int32(held.count)
    if !isGone { hand(held, to: index) }
    put(held)
    peers[index].isSending = false
    ready.append(.sent(id, region, result))
  }

  private mutating func hand(_ region: borrowing Region, to index: Int) { peers[index].take(region.bytes) }

  func peer(_ connection: ConnectionID) -> Int {
    guard let index = places[Int(connection.rawValue)] else {
      preconditionFailure("a connection is open while it is used")
    }
    return index
  }
}
