import Events
import Glibc
import Testing
import World

@testable import Host

extension RealMachine {
  @Test func `the kernel is described in one line`() throws {
    let kernel = try Kernel.probe()
    #expect(kernel.summary.hasPrefix("Linux \(kernel.release): io_uring with "))
    #expect(!kernel.summary.contains("\n"))
  }

  @Test func `releases are told apart by their numbers`() {
    #expect(Kernel.Version("6.1.0-18-amd64") == Kernel.Version(6, 1, 0))
    #expect(Kernel.Version("5.19.17") < Kernel.Version(6, 1, 0))
    #expect(Kernel.Version("6.18.44-fc-v657") > Kernel.Version(6, 14, 9))
    for broken in ["6.10.0", "6.11.4", "6.13.12", "6.14.8"] { #expect(Kernel.Version(broken).bundlesAreBroken) }
    for sound in ["6.9.9", "6.12.1", "6.12.48", "6.14.9", "6.15.0", "7.0"] {
      #expect(!Kernel.Version(sound).bundlesAreBroken)
    }
  }

  @Test func `a refused ring names the cause and the remedy`() {
    let sysctl = HostFailure.ringRefused(EPERM, sysctl: 2, release: "6.6.1")
    #expect(sysctl.cause.contains("kernel.io_uring_disabled is 2"))
    #expect(sysctl.remedy.contains("sysctl -w kernel.io_uring_disabled=0"))
    let seccomp = HostFailure.ringRefused(EPERM, sysctl: 0, release: "6.6.1")
    #expect(seccomp.cause.contains("seccomp"))
    #expect(HostFailure.ringRefused(ENOSYS, sysctl: nil, release: "6.1.0").remedy.contains("6.1"))
    #expect(HostFailure.ringRefused(ENOMEM, sysctl: 0, release: "6.1.0").remedy.contains("RLIMIT_MEMLOCK"))
    #expect(HostFailure.ringRefused(EINVAL, sysctl: 0, release: "6.1.0").cause.contains("6.1.0"))
  }

  @Test func `addresses are read as operators write them`() {
    #expect(ListenerAddress("127.0.0.1:8080")?.description == "127.0.0.1:8080")
    #expect(ListenerAddress("[::]:8080")?.description == "[::]:8080")
    #expect(ListenerAddress("localhost:1")?.host == "127.0.0.1")
    #expect(ListenerAddress("0.0.0.0:0")?.port == 0)
    for wrong in ["", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "::1:80", "[::1]", "host:80"] {
      #expect(ListenerAddress(wrong) == nil, "\(wrong)")
    }
  }

  @Test(arguments: [1, 2]) func `a port in use is named`(shards: Int) throws {
    let first = try Listeners([ListenerAddress("127.0.0.1:0")!], cpus: [0])
    let address = first.addresses[0]
    let failure = #expect(throws: HostFailure.self) {
      _ = try Listeners([address], cpus: Array(repeating: 0, count: shards))
    }
    #expect(failure?.cause == "Cannot listen on \(address): the port is in use.")
    #expect(failure?.remedy.contains("ss -ltnp 'sport = :\(address.port)'") == true)
    let foreign = #expect(throws: HostFailure.self) {
      _ = try Listeners([ListenerAddress("192.0.2.1:0")!], cpus: [0])
    }
    #expect(foreign?.errorNumber == EADDRNOTAVAIL)
  }

  @Test func `a group that shares a port is noticed too`() throws {
    let first = try Listeners([ListenerAddress("127.0.0.1:0")!], cpus: [0, 0])
    let address = first.addresses[0]
    let failure = #expect(throws: HostFailure.self) { _ = try Listeners([address], cpus: [0, 0]) }
    #expect(failure?.errorNumber == EADDRINUSE)
  }

  @Test func `shards share a port, and steering can be attached`() throws {
    let addresses = [ListenerAddress("127.0.0.1:0")!, ListenerAddress("[::1]:0")!]
    let listeners = try Listeners(addresses, cpus: [0, 1], steering: .nic)
    #expect(listeners.shards == 2)
    #expect(listeners.port(of: ListenerID(rawValue: 0)) != 0)
    #expect(listeners.port(of: ListenerID(rawValue: 1)) != 0)
  }

  @Test func `listeners that fail leave no descriptor behind`() async {
    await #expect(processExitsWith: .success) {
      func once() {
        let first = try! Listeners([ListenerAddress("127.0.0.1:0")!], cpus: [0])
        do {
          _ = try Listeners([ListenerAddress("127.0.0.1:0")!, first.addresses[0]], cpus: [0])
          fatalError("the port was shared")
        } catch { precondition(error.errorNumber == EADDRINUSE) }
      }
      let before = descriptorCount()
      for _ in 0..<8 { once() }
      precondition(descriptorCount() - before < 8)
      exit(0)
    }
  }

  @Test func `a thread is refused a CPU outside the mask`() {
    let failure = #expect(throws: HostFailure.self) {
      let thread = try PinnedThread("test", cpu: 1023, moving: 1) { _ in }
      thread.join()
    }
    #expect(failure?.cause.contains("CPU 1023") == true)
    #expect(!allowedCPUs().isEmpty)
  }

  @Test func `signals are read instead of interrupting`() async {
    await #expect(processExitsWith: .success) {
      let signals = try ControlSignals()
      precondition(signals.next() == nil)
      raise(SIGHUP)
      precondition(waitUntilReadable([signals.descriptor]) == 1)
      precondition(signals.next() == .reload)
      raise(SIGTERM)
      precondition(waitUntilReadable([signals.descriptor]) == 1)
      precondition(signals.next() == .stop)
      precondition(waitUntilReadable([signals.descriptor], atMostNs: 0) == 0)
      exit(0)
    }
  }
}
