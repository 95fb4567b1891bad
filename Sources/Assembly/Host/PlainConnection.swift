internal import CHost
internal import CLiburing
internal import Glibc

/// One connection to a running gateway, for a command that asks something of it; it blocks, for a bounded time.
public struct PlainConnection: ~Copyable, Sendable {
  private let descriptor: Int32
  /// Where it leads.
  public let address: ListenerAddress

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: where somebody listens.
  ///   - patienceSeconds: how long any step may take.
  /// - Throws: why nobody answers there.
  public init(_ address: ListenerAddress, patienceSeconds: Int) throws(HostFailure) {
    guard let (known, byteCount) = address.socketAddress else {
      throw HostFailure(cause: "\(address) is no address.", remedy: "Write 127.0.0.1:9090 or [::1]:9090.")
    }
    let socket = host_stream_socket(address.isIPv6 ? AF_INET6 : AF_INET)
    guard socket >= 0 else { throw Self.failure("reach", address, -socket) }
    var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    var storage = known
    let result = unsafe withUnsafePointer(to: &storage) {
      // SAFETY: connect reads `byteCount` bytes of the storage, which holds as many.
      unsafe connect(socket, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), byteCount)
    }
    guard result == 0 else {
      let errorNumber = errno
      _ = Glibc.close(socket)
      throw Self.failure("reach", address, errorNumber)
    }
    (descriptor, self.address) = (socket, address)
  }
  deinit { _ = Glibc.close(descriptor) }

  /// Sends all bytes.
  public func send(_ bytes: [UInt8]) throws(HostFailure) {
    var done = 0
    while done < bytes.count {
      // SAFETY: the pointer is used while the array is borrowed, for the bytes that are left of it.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress! + done, bytes.count - done, host_send_flags)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure("write to", address, errno) }
      done += count
    }
  }
  /// Everything that comes until the other end closes, `bytesMax` bytes at the most.
  public func receiveAll(atMost bytesMax: Int) throws(HostFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while bytes.count < bytesMax {
      let count = unsafe recv(descriptor, &piece, piece.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("read from", address, errno) }
      if count == 0 { break }
      bytes += piece.prefix(count)
    }
    return bytes
  }

  private static func failure(_ deed: String, _ address: ListenerAddress, _ errorNumber: Int32) -> HostFailure {
    let isLate = errorNumber == EAGAIN || errorNumber == EINPROGRESS
    return HostFailure(
      cause: "Cannot \(deed) \(address): \(isLate ? "no answer in time" : errorText(errorNumber)).",
      remedy: "See that the gateway runs, and that this is the address of its admin listener.",
      errorNumber: errorNumber
    )
  }
}
