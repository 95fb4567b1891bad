internal import Bytes
internal import CHost
internal import Glibc

/// A thread, pinned to one CPU if one is given, that owns what was moved into it.
public struct PinnedThread: ~Copyable {
  private let handle: pthread_t

  /// Moves `seed` to a new thread, where `life` grows it into whatever must be born there.
  ///
  /// - Parameters:
  ///   - name: what `top -H` shows; 15 bytes of it.
  ///   - cpu: where it runs and stays; `nil` leaves that to the kernel.
  ///   - seed: what the thread shall own.
  ///   - life: what it does with it; the thread ends when it returns.
  /// - Throws: when the process may not use that CPU, or has no room for another thread.
  public init<Seed: ~Copyable>(
    _ name: String,
    cpu: Int32?,
    moving seed: consuming sending Seed,
    _ life: @escaping @Sendable (consuming Seed) -> Void
  ) throws(HostFailure) {
    if let cpu, !allowedCPUs().contains(cpu) {
      throw HostFailure(
        cause: "Cannot run \(name) on CPU \(cpu): the process may not use it.",
        remedy: "Choose CPUs of the affinity mask (`taskset -p`, the container's cpuset), or set no CPUs.",
        errorNumber: EINVAL
      )
    }
    let job = Job(name: name, cpu: cpu, seed: seed, life: life)
    var handle = pthread_t()
    let retained = unsafe Unmanaged<AnyJob>.passRetained(job)
    let failure = unsafe pthread_create(
      &handle,
      nil,
      { job in
        unsafe Unmanaged<AnyJob>.fromOpaque(job!).takeRetainedValue().run()
        return nil
      },
      retained.toOpaque()
    )
    guard failure == 0 else {
      unsafe retained.release()
      throw HostFailure(
        cause: "Cannot start the thread \(name): \(errorText(failure)).",
        remedy: "Raise the limit of threads (systemd: TasksMax=, shell: ulimit -u) or the memory limit.",
        errorNumber: failure
      )
    }
    self.handle = handle
  }

  /// Waits until the thread has ended.
  public consuming func join() { _ = pthread_join(handle, nil) }
}

/// The CPUs that the affinity mask lets the process run on, in ascending order.
public func allowedCPUs() -> [Int32] {
  var cpus = [Int32](repeating: 0, count: 1024)
  let count = unsafe host_allowed_cpus(&cpus, Int32(cpus.count))
  require(count > 0, "the process runs on some CPU")
  return Array(cpus.prefix(Int(count)))
}

/// C cannot call a generic function, so a thread starts through a virtual one.
private class AnyJob {
  func run() {}
}

private final class Job<Seed: ~Copyable>: AnyJob {
  private let name: String
  private let cpu: Int32?
  private var seed: Seed?
  private let life: (consuming Seed) -> Void

  init(name: String, cpu: Int32?, seed: consuming Seed, life: @escaping (consuming Seed) -> Void) {
    (self.name, self.cpu, self.life) = (name, cpu, life)
    self.seed = consume seed
  }

  override func run() {
    unsafe host_name_thread(name)
    if let cpu { require(host_pin_to_cpu(cpu) == 0, "a thread can be pinned to a CPU of its mask") }
    if let seed = seed.take() { life(seed) }
  }
}
