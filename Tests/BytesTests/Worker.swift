import Glibc

/// A thread of its own for the other end of a queue.
struct Worker: ~Copyable {
  private final class Job {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  private var thread = pthread_t()

  /// Runs `body` at once.
  init(_ body: @escaping @Sendable () -> Void) {
    let job = Unmanaged.passRetained(Job(body)).toOpaque()
    let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { job in
      Unmanaged<Job>.fromOpaque(job!).takeRetainedValue().body()
      return nil
    }
    let status = pthread_create(&thread, nil, run, job)
    precondition(status == 0, "a thread can be made")
  }
  /// Waits for its end.
  consuming func join() { pthread_join(thread, nil) }
}

/// Carries one end of a queue into a thread's body.
final class Carried<End: ~Copyable & Sendable>: @unchecked Sendable {
  // SAFETY: set before the thread starts, taken by it alone.
  private var end: End?
  init(_ end: consuming End) { self.end = consume end }
  func take() -> End { end.take()! }
}
