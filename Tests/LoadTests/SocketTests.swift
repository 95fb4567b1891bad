import Foundation
import Synchronization
import Testing

@testable import Load

/// Waits of the generator that something interrupts.
@Suite struct SocketTests {
  @Test func `a connect that signals interrupt goes on waiting for the same connection`() throws {
    let (listener, port) = crowdedListener()
    defer { close(listener) }
    let address = try ServerAddress(host: "127.0.0.1", port: port)
    let (first, second) = (try address.socket(congestion: nil), try address.socket(congestion: nil))
    defer { close(first); close(second) }
    #expect(address.connect(first) == 0)

    // The listener's queue is full: the next connection waits until somebody accepts.
    // The threads that run tests block signals.
    signal(SIGUSR2) { _ in }
    var (poke, before) = (sigset_t(), sigset_t())
    sigemptyset(&poke)
    sigaddset(&poke, SIGUSR2)
    pthread_sigmask(SIG_UNBLOCK, &poke, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let waiting = pthread_self()
    let signals = Atomic<Int>(0)
    let isDone = Atomic<Bool>(false)
    let poking = Thread {
      while !isDone.load(ordering: .acquiring) {
        usleep(20_000)
        pthread_kill(waiting, SIGUSR2)
        guard signals.add(1, ordering: .relaxed).newValue == 5 else { continue }
        let accepted = accept(listener, nil, nil)
        precondition(accepted >= 0, "nobody was in the queue")
        close(accepted)
      }
      isDone.store(false, ordering: .releasing)
    }
    poking.start()
    #expect(address.connect(second) == 0)
    isDone.store(true, ordering: .releasing)
    while isDone.load(ordering: .acquiring) { usleep(1000) }
    #expect(signals.load(ordering: .relaxed) >= 5)
  }

  /// A listener with room for one connection.
  private func crowdedListener() -> (listener: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, length) == 0 && listen(listener, 0) == 0, "no listener")
        precondition(getsockname(listener, generic, &length) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    return (listener, port)
  }
}
