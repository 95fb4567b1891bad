public import Bytes
internal import CHost
internal import CLiburing
internal import Glibc
public import World

/// What a shard asks for: each call queues an entry.
extension Host {
  /// Accepts until told otherwise, out of descriptors, or out of places.
  public mutating func accept(on listener: ListenerID) {
    let index = Int(listener.rawValue)
    require(!listeners[index].isAccepting, "a listener that accepts is not asked to")
    require(sockets.descriptors[index] >= 0, "a listener that was closed stays closed")
    listeners[index] = ListenerState()
    acceptOne(on: listener)
    acceptMore(on: listener)
  }
  /// How many connections a listener takes at once.
  ///
  /// A multishot accept would take all that wait in one go, for milliseconds in a storm: see decision 0010.
  private static var acceptsAtOnce: Int { 16 }

  /// Fills up the accepts under way, as far as there are places for whom they bring: the others wait in the backlog.
  mutating func acceptMore(on listener: ListenerID) {
    let wanted = min(Self.acceptsAtOnce, connections.room)
    while listeners[Int(listener.rawValue)].accepts < wanted { acceptOne(on: listener) }
  }
  private mutating func acceptOne(on listener: ListenerID) {
    let index = Int(listener.rawValue)
    listeners[index].accepts += 1
    let entry = unsafe ring.entry()
    // Blocking sockets: io_uring waits for them by itself, and would not for those marked non-blocking.
    unsafe io_uring_prep_accept(entry, sockets.descriptors[index], nil, nil, host_accept_flags)
    unsafe entry.pointee.user_data = Token(.accept, 0, listener.rawValue).bits
  }
  /// Ends the accepts under way; nothing happens when none is.
  public mutating func stopAccepting(on listener: ListenerID) { endAccept(listener, -ECANCELED) }

  /// Cancels the accepts under way; they then end for this reason.
  mutating func endAccept(_ listener: ListenerID, _ reason: Int32) {
    let index = Int(listener.rawValue)
    guard listeners[index].ending == 0 else { return }
    listeners[index].ending = reason
    guard listeners[index].isAccepting else { return }
    cancel(Token(.accept, 0, listener.rawValue), flags: CInt(IORING_ASYNC_CANCEL_ALL))
  }
  /// Closes this shard's socket of a listener.
  public mutating func close(_ listener: ListenerID) {
    let index = Int(listener.rawValue)
    require(!listeners[index].isAccepting, "a listener is closed when no accept is under way")
    if sockets.descriptors[index] >= 0 { sockets.close(index) }
  }

  /// Receives until the kernel says that no more will come.
  public mutating func receive(on connection: ConnectionID) {
    require(!connections[connection].isReceiving, "one receive a connection is under way")
    connections[connection].isReceiving = true
    let (descriptor, generation) = (connections[connection].descriptor, connections[connection].generation)
    let entry = unsafe ring.entry()
    unsafe prepareReceive(entry, from: descriptor, isBundled: kernel.features.contains(.bundles))
    unsafe entry.pointee.user_data = Token(.receive, generation, connection.rawValue).bits
  }
  /// Ends the receive under way; nothing happens when none is.
  public mutating func stopReceiving(on connection: ConnectionID) {
    guard connections[connection].isReceiving else { return }
    cancel(Token(.receive, connections[connection].generation, connection.rawValue))
  }
  private mutating func cancel(_ token: Token, flags: CInt = 0) {
    let entry = unsafe ring.entry()
    unsafe io_uring_prep_cancel64(entry, token.bits, flags)
    unsafe entry.pointee.user_data = Token(.cancel).bits
  }

  /// Sends all filled bytes; what the kernel cuts short is taken up again.
  public mutating func send(_ region: consuming Region, on connection: ConnectionID) {
    require(!connections[connection].isSending, "one send a connection is under way")
    require(region.count > 0, "a send sends something")
    connections[connection].isSending = true
    let index = Int(region.id.rawValue)
    begin(.send, index, connections[connection].descriptor, goal: region.count)
    transfers[index].connection = connection.rawValue
    put(region)
    queue(index)
  }
  /// Writes all filled bytes durably.
  public mutating func write(_ region: consuming Region, to segment: SegmentID, at offset: Int) {
    require(offset >= 0 && offset % blockBytes == 0, "a write starts at a block")
    require(region.count > 0 && region.count % blockBytes == 0, "a write consists of blocks")
    let index = Int(region.id.rawValue)
    begin(.write, index, segments[segment], goal: region.count, at: offset)
    put(region)
    queue(index)
    // The disk is the slowest of all: what the turn still does goes on beside it.
    ring.enter(waitingFor: 0)
  }
  /// Reads as many bytes as the region holds, fewer at the segment's end.
  public mutating func read(into region: consuming Region, from segment: SegmentID, at offset: Int) {
    require(offset >= 0 && offset % blockBytes == 0, "a read starts at a block")
    let index = Int(region.id.rawValue)
    begin(.read, index, segments[segment], goal: region.byteCount, at: offset)
    put(region)
    queue(index)
  }
  private mutating func begin(_ kind: Transfer.Kind, _ index: Int, _ descriptor: Int32, goal: Int, at offset: Int = 0) {
    require(transfers[index].kind == .none, "a region has one use at a time")
    transfers[index].kind = kind
    transfers[index].descriptor = descriptor
    (transfers[index].offset, transfers[index].goal) = (offset, goal)
    (transfers[index].done, transfers[index].setbacks) = (0, 0)
  }

  /// Queues what is left of a transfer.
  mutating func queue(_ index: Int) {
    let transfer = transfers[index]
    let entry = unsafe ring.entry()
    let start = unsafe transfer.memory + transfer.done
    let (count, offset) = (transfer.goal - transfer.done, UInt64(transfer.offset + transfer.done))
    let isFixed = hasRegisteredRegions && index < batches
    let kind: Token.Kind
    switch transfer.kind {
    case .send:
      unsafe io_uring_prep_send(entry, transfer.descriptor, start, count, host_send_flags)
      kind = .send
    case .write:
      if isFixed {
        unsafe io_uring_prep_write_fixed(entry, transfer.descriptor, start, UInt32(count), offset, Int32(index))
      } else {
        unsafe io_uring_prep_write(entry, transfer.descriptor, start, UInt32(count), offset)
      }
      kind = .write
    case .read:
      if isFixed {
        unsafe io_uring_prep_read_fixed(entry, transfer.descriptor, start, UInt32(count), offset, Int32(index))
      } else {
        unsafe io_uring_prep_read(entry, transfer.descriptor, start, UInt32(count), offset)
      }
      kind = .read
    case .none: broken("a transfer that is queued is under way")
    }
    unsafe entry.pointee.user_data = Token(kind, UInt32(index), 0).bits
  }

  /// Has a segment made by the preparing thread.
  public mutating func prepare(_ segment: SegmentID) { segments.prepare(segment) }

  /// Elapses once, so long after it is handed over.
  public mutating func timeout(afterNs: Int64) {
    require(!isTiming, "one timeout is under way")
    isTiming = true
    let (seconds, rest) = max(0, afterNs).quotientAndRemainder(dividingBy: 1_000_000_000)
    unsafe words.deadline.pointee = __kernel_timespec(tv_sec: seconds, tv_nsec: rest)
    let entry = unsafe ring.entry()
    // SAFETY: the words live as long as the ring; the kernel reads them when the entry is handed over.
    unsafe io_uring_prep_timeout(entry, words.deadline, 0, 0)
    unsafe entry.pointee.user_data = Token(.timeout).bits
  }

  /// Wakes another shard; a system call only when it sleeps.
  public mutating func wake(_ shard: ShardID) {
    let word = wakes.word(of: shard)
    guard word.ask(.woken) else { return }
    counted.wakes &+= 1
    guard shard != self.shard, word.ring >= 0 else { return word.event.signal() }
    let entry = unsafe ring.entry()
    unsafe io_uring_prep_msg_ring(entry, word.ring, 0, Token(.kick).bits, 0)
    unsafe entry.pointee.user_data = Token(.message, 0, UInt32(shard.rawValue)).bits
  }
  /// Waits, beside everything else, for threads without a ring that have something to say.
  mutating func readEvent() {
    let entry = unsafe ring.entry()
    // SAFETY: as above.
    unsafe io_uring_prep_read(entry, word.event.descriptor, words.event, 8, 0)
    unsafe entry.pointee.user_data = Token(.event).bits
  }

  /// Ends both directions, behind what was queued before.
  public mutating func shutdown(_ connection: ConnectionID) {
    guard !connections[connection].isShutDown else { return }
    connections[connection].isShutDown = true
    if shutdowns.isFull { shutDownQueued() }
    shutdowns.append(connection.rawValue)
  }
  /// Shuts down what was asked for, behind everything that was queued before.
  ///
  /// A system call each: the ring would hand it to a worker thread, which could find another connection under the same
  /// descriptor.
  mutating func shutDownQueued() {
    guard !shutdowns.isEmpty else { return }
    if ring.queued > 0 { ring.enter(waitingFor: 0) }
    while let index = shutdowns.popFirst() {
      guard connections[index].isShutDown, !connections[index].isClosing else { continue }
      // A peer that is gone has shut down everything already: ENOTCONN.
      _ = Glibc.shutdown(connections[index].descriptor, host_both_directions)
    }
  }
  /// Closes a connection; its place is free with `.closed`.
  public mutating func close(_ connection: ConnectionID) {
    require(!connections[connection].isReceiving, "a connection is closed when no receive is under way")
    require(!connections[connection].isSending, "a connection is closed when no send is under way")
    require(!connections[connection].isClosing, "a connection is closed once")
    connections[connection].isClosing = true
    let (descriptor, generation) = (connections[connection].descriptor, connections[connection].generation)
    let entry = unsafe ring.entry()
    unsafe io_uring_prep_close(entry, descriptor)
    unsafe entry.pointee.user_data = Token(.close, generation, connection.rawValue).bits
  }
}
