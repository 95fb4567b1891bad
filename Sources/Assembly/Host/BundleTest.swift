internal import Bytes
internal import CHost
internal import CLiburing
internal import Glibc

/// Whether bundles deliver every byte once and in order, tried on this kernel before they are used.
///
/// A pattern goes through a TCP connection of our own, in writes that end within buffers, on their borders and beyond
/// several; buffers are given back in another order than they were filled.
///
/// Returns: `nil` when they do, otherwise what went wrong.
func bundleFault() -> String? {
  guard let (near, far) = connectedPair() else { return "the self-test found no socket to use" }
  defer { _ = (close(near), close(far)) }
  do throws(RingRefusal) {
    var test = try BundleTest(receiver: near)
    for count in [100, 256, 257, 512, 700, 1024, 1500, 2048, 3000, 4096, 5000, 1] {
      if let fault = test.exchange(count, from: far) { return "the self-test failed: \(fault)" }
    }
    return nil
  } catch { return "the self-test failed: \(errorText(error.errorNumber))" }
}

private struct BundleTest: ~Copyable {
  private var ring: Ring
  private var pool: BufferPool
  private let receiver: Int32
  private var isArmed = false
  private var expected: UInt8 = 0
  private var sent: UInt8 = 0

  init(receiver: Int32) throws(RingRefusal) {
    let ring = try Ring(entries: 8, completions: 64)
    pool = try BufferPool(buffers: 32, bufferBytes: 256, isBundled: true, ring: ring.descriptor)
    self.ring = ring
    self.receiver = receiver
  }

  mutating func exchange(_ count: Int, from sender: Int32) -> String? {
    // Bytes count modulo 251, a prime: no buffer looks like another.
    var bytes = [UInt8](repeating: 0, count: count)
    for index in bytes.indices { (bytes[index], sent) = (sent, sent == 250 ? 0 : sent + 1) }
    guard unsafe send(sender, bytes, count, host_send_flags) == count else { return "a send was cut short" }
    var left = count
    while left > 0 {
      if !isArmed { arm() }
      pool.publish()
      ring.enter(waitingFor: 1, timeoutNs: 2_000_000_000)
      var arrived = false
      while let finished = ring.next() {
        arrived = true
        isArmed = finished.hasMore
        if finished.result == -ENOBUFS { continue }
        guard finished.result > 0, let first = finished.buffer else { return errorText(finished.result) }
        guard Int(finished.result) <= left else { return "more came than was sent" }
        left -= Int(finished.result)
        if let fault = check(first, Int(finished.result)) { return fault }
      }
      if !arrived { return "bytes that were sent did not come" }
    }
    return nil
  }

  private mutating func arm() {
    let entry = unsafe ring.entry()
    unsafe prepareReceive(entry, from: receiver, isBundled: true)
    unsafe entry.pointee.user_data = Token(.receive).bits
    isArmed = true
  }

  private mutating func check(_ first: UInt16, _ count: Int) -> String? {
    var (buffer, left) = (first, count)
    var filled: [UInt16] = []
    var wanted = expected
    while left > 0 {
      guard pool.isNext(buffer) else { return "a buffer came out of turn" }
      pool.take(buffer)
      filled.append(buffer)
      let bytes = pool.bytes(of: buffer, count: min(left, pool.bufferBytes))
      for place in 0..<bytes.byteCount {
        guard bytes.byte(place) == wanted else { return "bytes came out of order" }
        wanted = wanted == 250 ? 0 : wanted + 1
      }
      left -= bytes.byteCount
      buffer = pool.following
    }
    expected = wanted
    for buffer in filled.reversed() { pool.recycle(buffer) }
    return nil
  }
}

/// Prepares a receive that goes on, into buffers of the pool.
func prepareReceive(_ entry: UnsafeMutablePointer<io_uring_sqe>, from descriptor: Int32, isBundled: Bool) {
  unsafe io_uring_prep_recv_multishot(entry, descriptor, nil, 0, 0)
  unsafe entry.pointee.flags |= UInt8(1 << IOSQE_BUFFER_SELECT_BIT)
  unsafe entry.pointee.buf_group = BufferPool.group
  // Not IORING_RECVSEND_POLL_FIRST: it would wait for one edge only, and of a peer that sent something and reset the
  // connection before this is armed, only the bytes would ever be heard of.
  if isBundled { unsafe entry.pointee.ioprio |= UInt16(RING_RECEIVE_BUNDLE) }
}

/// Two ends of a connection: TCP over loopback, or a socket pair where there is no loopback.
private func connectedPair() -> (Int32, Int32)? {
  if let pair = loopbackPair() { return pair }
  var ends: [Int32] = [-1, -1]
  guard unsafe host_stream_pair(&ends) >= 0 else {
    return nil
  }
  return (ends[0], ends[1])
}

private func loopbackPair() -> (Int32, Int32)? {
  guard let address = ListenerAddress("127.0.0.1:0"), let (any, byteCount) = address.socketAddress else { return nil }
  let (listener, near) = (host_stream_socket(AF_INET), host_stream_socket(AF_INET))
  defer { _ = close(listener) }
  // SAFETY: both calls read `byteCount` bytes of a storage that holds as many.
  var (storage, far) = (any, Int32(-1))
  let isBound = unsafe withUnsafePointer(to: &storage) {
    unsafe bind(listener, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), byteCount)
  }
  if isBound == 0, listen(listener, 1) == 0, var actual = socketEnd(listener, peer: false) {
    let isConnected = unsafe withUnsafePointer(to: &actual) {
      unsafe connect(near, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), byteCount)
    }
    if isConnected == 0 { far = accept(listener, nil, nil) }
  }
  if far >= 0 { return (near, far) }
  _ = close(near)
  return nil
}
