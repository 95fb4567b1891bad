internal import Bytes
internal import CHost
internal import Glibc
public import World

/// How connections find their shard.
public enum Steering: Sendable, Hashable {
  /// By a hash of the connection's addresses: for every machine.
  case hash
  /// By the CPU that received it: where each shard's CPU has its own queue of the NIC. Not for loopback.
  case nic
}

/// The listening sockets of the process: one for each address and shard, opened by the control thread in shard order.
///
/// Connections inherit TCP_NODELAY. With more than one shard the sockets of an address form a SO_REUSEPORT group, in
/// which a socket's place is its shard's number; closing one alone would renumber the group.
public struct Listeners: ~Copyable, Sendable {
  /// The addresses, with the ports that the kernel chose where 0 was asked for.
  public private(set) var addresses: [ListenerAddress] = []
  /// By shard, then by listener.
  private var sockets: [[Int32]]

  /// Opens all of them; whoever connects from here on waits in the kernel's queue.
  ///
  /// - Parameters:
  ///   - addresses: in the order of `ListenerID`.
  ///   - cpus: the CPU of each shard; one socket each.
  ///   - backlog: how many connections may wait for each socket.
  ///   - steering: how connections find their shard.
  /// - Throws: names the address that could not be had, and what to do.
  public init(_ addresses: [ListenerAddress], cpus: [Int32], backlog: Int32 = 4096, steering: Steering = .hash)
    throws(HostFailure)
  {
    require(!cpus.isEmpty, "there are shards to listen for")
    sockets = Array(repeating: [], count: cpus.count)
    for address in addresses {
      // A socket with SO_REUSEPORT would share the port with another gateway of the same user, unnoticed.
      if cpus.count > 1, address.port != 0 { _ = Glibc.close(try Self.open(address, shared: false, backlog: nil)) }
      var actual = address
      for shard in cpus.indices {
        let socket = try Self.open(actual, shared: cpus.count > 1, backlog: backlog)
        sockets[shard].append(socket)
        if shard == 0 { actual = address.with(port: socketEnd(socket, peer: false)?.port ?? address.port) }
      }
      self.addresses.append(actual)
      guard steering == .nic, cpus.count > 1, let last = sockets[cpus.count - 1].last else { continue }
      let result = unsafe host_steer_by_cpu(last, cpus, Int32(cpus.count))
      guard result >= 0 else {
        throw HostFailure(
          cause: "Cannot steer connections of \(actual) by CPU: \(errorText(result)).",
          remedy: "Set `steering: hash`.",
          errorNumber: -result
        )
      }
    }
  }
  deinit {
    for socket in sockets.joined() { _ = Glibc.close(socket) }
  }

  /// How many shards it serves.
  public var shards: Int { sockets.count }
  /// The port a listener has.
  public func port(of listener: ListenerID) -> UInt16 { addresses[Int(listener.rawValue)].port }

  /// Hands a shard its sockets, once.
  mutating func take(for shard: ShardID) -> [Int32] {
    defer { sockets[Int(shard.rawValue)] = [] }
    return sockets[Int(shard.rawValue)]
  }

  static func open(_ address: ListenerAddress, shared: Bool, backlog: Int32?) throws(HostFailure) -> Int32 {
    guard let (known, byteCount) = address.socketAddress else {
      throw HostFailure(cause: "\(address) is no address.", remedy: "Write 127.0.0.1:8080 or [::]:8080.")
    }
    var storage = known
    let descriptor = host_stream_socket(address.isIPv6 ? AF_INET6 : AF_INET)
    guard descriptor >= 0 else { throw failure(address, -descriptor) }
    var options = [(SOL_SOCKET, SO_REUSEADDR, Int32(1)), (Int32(IPPROTO_TCP), TCP_NODELAY, 1)]
    if shared { options.append((SOL_SOCKET, SO_REUSEPORT, 1)) }
    // [::] is every IPv6 address and 0.0.0.0 every IPv4 one, so that both can be listened to.
    if address.isIPv6 { options.append((Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)) }
    var result: Int32 = 0
    for (level, option, value) in options where result == 0 {
      var value = value
      result = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    if result == 0 {
      result = unsafe withUnsafePointer(to: &storage) {
        // SAFETY: bind reads `byteCount` bytes of the storage, which holds as many.
        unsafe bind(descriptor, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self), byteCount)
      }
    }
    if result == 0, let backlog { result = listen(descriptor, backlog) }
    guard result == 0 else {
      let errorNumber = errno
      _ = Glibc.close(descriptor)
      throw failure(address, errorNumber)
    }
    return descriptor
  }

  private static func failure(_ address: ListenerAddress, _ errorNumber: Int32) -> HostFailure {
    let (reason, remedy) =
      switch errorNumber {
      case EADDRINUSE:
        (
          "the port is in use",
          "Stop whoever has it (`ss -ltnp 'sport = :\(address.port)'` names it), or choose another port."
        )
      case EACCES, EPERM:
        (
          "ports below 1024 need a privilege",
          "Choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=)."
        )
      case EADDRNOTAVAIL:
        ("this machine has no such address", "Choose an address that `ip address` shows, or 0.0.0.0 and [::] for all.")
      case EAFNOSUPPORT:
        ("the kernel does not speak this protocol", "Listen on an IPv4 address, or enable IPv6.")
      case EMFILE, ENFILE:
        (errorText(errorNumber), "Raise the limit of open files (systemd: LimitNOFILE=, shell: ulimit -n).")
      default: (errorText(errorNumber), "Correct the listener's address in the settings.")
      }
    return HostFailure(
      cause: "Cannot listen on \(address): \(reason).",
      remedy: remedy,
      errorNumber: errorNumber
    )
  }
}

/// One listening socket for a thread that has no ring: the admin listener.
public struct PlainListener: ~Copyable, Sendable {
  /// The socket, which never blocks.
  public let descriptor: Int32
  /// Where it listens, with the port that the kernel chose where 0 was asked for.
  public let address: ListenerAddress

  /// Opens it.
  ///
  /// Throws: names the address that could not be had, and what to do.
  public init(_ address: ListenerAddress) throws(HostFailure) {
    descriptor = try Listeners.open(address, shared: false, backlog: 64)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    self.address = address.with(port: socketEnd(descriptor, peer: false)?.port ?? address.port)
  }
  deinit { _ = Glibc.close(descriptor) }

  /// The next connection that waits, which never blocks either; `nil` when none does.
  public func accept() -> Int32? {
    let connection = Glibc.accept(descriptor, nil, nil)
    guard connection >= 0 else { return nil }
    _ = (fcntl(connection, F_SETFL, O_NONBLOCK), fcntl(connection, F_SETFD, FD_CLOEXEC))
    return connection
  }
}
