internal import CLiburing
internal import Glibc

/// The address of the server, resolved once.
@safe struct ServerAddress: ~Copyable {
  private let storage: UnsafeMutableRawBufferPointer
  let length: socklen_t
  let family: Int32

  /// Resolves a name or an address.
  init(host: String, port: UInt16) throws(LoadFailure) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &found)
    guard result == 0, let first = unsafe found else {
      throw .connect("\(host) can't be resolved: \(unsafe String(cString: gai_strerror(result)))")
    }
    length = unsafe first.pointee.ai_addrlen
    family = unsafe first.pointee.ai_family
    // SAFETY: getaddrinfo's address holds ai_addrlen bytes and lives until freeaddrinfo.
    unsafe storage = .allocate(byteCount: Int(length), alignment: 16)
    unsafe storage.copyMemory(from: UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(length)))
    unsafe freeaddrinfo(first)
  }
  deinit { unsafe storage.deallocate() }

  /// The address as the kernel takes it.
  var pointer: UnsafePointer<sockaddr> {
    unsafe UnsafePointer(storage.baseAddress!.assumingMemoryBound(to: sockaddr.self))
  }

  /// A socket of the right family that does not delay small segments.
  func socket(congestion: String?) throws(LoadFailure) -> Int32 {
    let descriptor = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .machine("no socket: \(errorText(errno)); see `ulimit -n`") }
    var one: Int32 = 1
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    guard let congestion else { return descriptor }
    let length = socklen_t(congestion.utf8.count)
    guard unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, congestion, length) == 0 else {
      let why = errorText(errno)
      _ = close(descriptor)
      throw .machine("congestion control \(congestion): \(why)")
    }
    return descriptor
  }

  /// Connects a socket and waits for it, three seconds without a signal at most: 0, or an error number.
  ///
  /// A completion of the ring interrupts the wait as a signal does (task work), and a connect that has a time limit is
  /// not restarted by the kernel. Asking again goes on waiting for the same connection.
  func connect(_ descriptor: Int32) -> Int32 {
    limit(descriptor, seconds: 3)
    defer { limit(descriptor, seconds: 0) }
    var result: Int32
    repeat {
      result = unsafe Glibc.connect(descriptor, pointer, length)
    } while result != 0 && errno == EINTR
    guard result != 0 else { return 0 }
    // A connect that runs into the send timeout says EINPROGRESS.
    return errno == EINPROGRESS ? ETIMEDOUT : errno
  }
  private func limit(_ descriptor: Int32, seconds: Int) {
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }
}
