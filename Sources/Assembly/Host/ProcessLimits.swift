internal import CHost
internal import Glibc
public import World

/// What the operating system lets one process have.
public enum ProcessLimits {
  /// Raises the limits of open files and locked memory as far as the process may by itself.
  ///
  /// Returns: how many descriptors it may have.
  @discardableResult public static func raise() -> Int {
    _ = raise(__rlimit_resource_t(8))  // RLIMIT_MEMLOCK: without it commits' memory is pinned write by write
    return raise(__rlimit_resource_t(7))  // RLIMIT_NOFILE
  }

  /// How many descriptors a gateway needs, each shard with these sizes.
  public static func descriptors(sizes: Sizes, shards: Int, listeners: Int) -> Int {
    // A ring and an event each; beside them the standard streams, the lock, signals, scrapes and logs.
    shards * (sizes.connections + listeners + sizes.lanes * sizes.segments + sizes.sideSegments + 2) + 64
  }

  /// Has the allocator keep some of what is freed.
  ///
  /// By itself it gives the end of a thread's heap back with every other handshake and asks for it again with the next:
  /// two system calls and a page to be cleared each time.
  public static func keepFreedMemory() { host_keep_freed(4 << 20, 1 << 20) }

  /// Has the kernel make room for so many descriptors, as far as the limit allows.
  ///
  /// Its table doubles whenever it is full, and each time a process of several threads waits for 10 ms or so: now it
  /// has one, and no connection.
  public static func reserve(descriptors: Int) {
    let any = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard any >= 0 else { return }
    let last = fcntl(any, F_DUPFD_CLOEXEC, CInt(clamping: descriptors - 1))
    if last >= 0 { _ = close(last) }
    _ = close(any)
  }

  private static func raise(_ resource: __rlimit_resource_t) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
    if limit.rlim_cur < limit.rlim_max {
      let former = limit.rlim_cur
      limit.rlim_cur = limit.rlim_max
      if unsafe setrlimit(resource, &limit) != 0 { limit.rlim_cur = former }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
