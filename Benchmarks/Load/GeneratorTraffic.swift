internal import Bytes
internal import CLiburing
internal import Glibc

/// What a completion is of; with the connection's generation and place it makes a token.
enum Operation: UInt8 { case receive, send, connect }

extension Generator {
  func token(_ operation: Operation, _ index: Int) -> UInt64 {
    UInt64(operation.rawValue) << 56 | UInt64(connections[index].generation) << 32 | UInt64(index)
  }

  /// Notes that a connection may have something to send.
  @inline(__always)
  mutating func mark(_ index: Int) {
    guard !connections[index].isDirty else { return }
    connections[index].isDirty = true
    dirty.append(UInt32(index))
  }

  mutating func handle(_ done: io_uring_cqe) {
    let index = Int(done.user_data & 0xFFFF_FFFF)
    let isCurrent = UInt32(truncatingIfNeeded: done.user_data >> 32) & 0xFF_FFFF == connections[index].generation
    switch Operation(rawValue: UInt8(done.user_data >> 56))! {
    case .receive: received(index, done, isCurrent: isCurrent)
    case .send:
      guard isCurrent else { return }
      connections[index].isSending = false
      if done.res < 0 { ended(index) } else { mark(index) }
    case .connect:
      guard isCurrent else { return }
      connected(index, done.res)
    }
  }

  private mutating func received(_ index: Int, _ done: io_uring_cqe, isCurrent: Bool) {
    if done.res > 0 {
      let buffer = UInt16(truncatingIfNeeded: done.flags >> UInt32(IORING_CQE_BUFFER_SHIFT))
      if isCurrent { read(index, buffer, count: Int(done.res)) }
      ring.recycle(buffer)
    }
    // Reading may have dropped the connection, so what was current need not be any more.
    guard isCurrent, isCurrentStill(index, done), done.flags & IORING_CQE_F_MORE == 0 else { return }
    if done.res > 0 || done.res == -ENOBUFS {
      ring.receive(on: connections[index].descriptor, token: token(.receive, index))
    } else {
      ended(index)
    }
  }
  private func isCurrentStill(_ index: Int, _ done: io_uring_cqe) -> Bool {
    UInt32(truncatingIfNeeded: done.user_data >> 32) & 0xFF_FFFF == connections[index].generation
      && connections[index].state.isConnected
  }

  private mutating func read(_ index: Int, _ buffer: UInt16, count: Int) {
    result.bytesIn &+= UInt64(count)
    let received = unsafe ring.bytes(of: buffer, count: count)
    if isSecure { return unsafe readRecords(index, received) }
    // SAFETY: the buffer is recycled after this returns, and the span does not leave this function.
    read(index, unsafe RawSpan(_unsafeStart: received.baseAddress!, byteCount: received.count))
  }
  /// Takes the answers in what a connection received.
  mutating func read(_ index: Int, _ bytes: RawSpan) {
    var offset = 0
    do throws(UnreadableAnswer) {
      while let answer = try connections[index].answers.next(in: bytes, at: &offset) {
        try complete(index, answer)
      }
    } catch {
      giveUp(index, "\(error.why)")
    }
    if connections[index].state == .open, connections[index].isUsedUp { part(index) }
  }

  private mutating func complete(_ index: Int, _ answer: Answer) throws(UnreadableAnswer) {
    switch answer.extent {
    case .next: try completeOne(index, answer.status)
    case .events(let count, through: let last):
      guard let settled = connections[index].settle(count, through: last, status: answer.status) else {
        throw UnreadableAnswer(why: "an acknowledgement of what was not sent")
      }
      for request in 0..<settled.requests {
        try completeOne(index, request == 0 ? settled.first : settled.others)
      }
    }
    isCrowded = false
    mark(index)
  }
  private mutating func completeOne(_ index: Int, _ status: UInt16) throws(UnreadableAnswer) {
    guard let request = connections[index].takeAnswered() else {
      throw UnreadableAnswer(why: "an answer that nobody asked for")
    }
    outstanding &-= 1
    result.answeredTotal &+= 1
    statuses[Int(status)] &+= 1
    if plan.expected.contains(status) {
      result.acknowledgedEvents &+= UInt64(plan.batch)
      if acknowledged != nil { acknowledged!.note(request.sequence, count: plan.batch) }
    } else {
      result.errors.unexpected &+= 1
    }
    guard counts(request.timeNs) else { return }
    result.requests &+= 1
    result.events &+= UInt64(plan.batch)
    result.latency.record(nowNs > request.timeNs ? nowNs - request.timeNs : 0)
  }

  /// Assigns the requests of an open loop whose time has come, each to the next connection with room.
  mutating func issue() {
    guard schedule != nil, phase == .warming || phase == .measuring else { return }
    let untilNs = phase == .measuring ? min(nowNs, phaseEndNs - 1) : nowNs
    while !isCrowded, !isSpent, schedule!.nextNs <= untilNs {
      guard let index = roomyConnection() else {
        isCrowded = true
        return
      }
      guard let dueNs = schedule!.take(nowNs: untilNs) else { return }
      assign(index, timeNs: dueNs)
      mark(index)
    }
  }
  private mutating func roomyConnection() -> Int? {
    for _ in 0..<connections.count {
      let index = turnOf
      turnOf = turnOf &+ 1 == connections.count ? 0 : turnOf &+ 1
      if connections[index].state == .open, connections[index].room > 0 { return index }
    }
    return nil
  }
  @inline(__always)
  private mutating func assign(_ index: Int, timeNs: UInt64) {
    connections[index].assign(sequence: nextSequence, timeNs: timeNs)
    nextSequence &+= UInt64(plan.batch)
    outstanding &+= 1
    result.sentTotal &+= 1
  }

  /// Queues one send for every connection that has something to say and is not saying something already.
  mutating func handOver() {
    for place in dirty.indices {
      let index = Int(dirty[place])
      connections[index].isDirty = false
      guard connections[index].state == .open else {
        handOverTheRest(index)
        continue
      }
      if plan.rate == nil, phase == .warming || phase == .measuring {
        while connections[index].room > 0, !isSpent { assign(index, timeNs: nowNs) }
      }
      if isSecure {
        handOverSealed(index)
        continue
      }
      guard !connections[index].isSending, let bytes = unsafe connections[index].takeSend() else { continue }
      // Alone in its connection, a request's answer says that it was sent.
      let isSilent = connections[index].depth == 1
      connections[index].isSending = !isSilent
      unsafe ring.send(
        bytes,
        on: connections[index].descriptor,
        token: token(.send, index),
        silent: isSilent
      )
      result.bytesOut &+= UInt64(bytes.count)
    }
    dirty.removeAll(keepingCapacity: true)
  }
}
