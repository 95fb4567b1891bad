internal import CHost
internal import CLiburing
internal import Glibc

/// What the running kernel offers, found out once at start.
public struct Kernel: Sendable, Hashable {
  /// Features of io_uring beyond what Linux 6.1 has.
  public struct Features: OptionSet, Sendable, Hashable {
    /// The set as bits.
    public let rawValue: UInt32
    /// A set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// One receive fills several buffers, and has passed the self-test.
    public static let bundles = Features(rawValue: 1)
    /// Buffers that are filled bit by bit.
    public static let incrementalBuffers = Features(rawValue: 2)
    /// A wait that lasts a minimum of time: the policy `economy` in one system call.
    public static let minimumWait = Features(rawValue: 4)
    /// Waits that do not count as waits for a disk.
    public static let noIOWait = Features(rawValue: 8)
  }

  /// What `uname -r` says.
  public let release: String
  /// What it offers and we use or report.
  public var features: Features
  /// Why bundles are not used although the kernel has them; `nil` when they are used or not there.
  public let bundlesRefused: String?

  /// Asks the kernel, tries a ring, and tests what is known to have been broken in some releases.
  ///
  /// Throws: why io_uring cannot be used here, and what to do about it.
  public static func probe() throws(HostFailure) -> Kernel {
    let release = currentRelease()
    let version = Version(release)
    guard version >= Version(6, 1, 0) else {
      throw HostFailure(
        cause: "Kernel \(release) is too old.",
        remedy: "Use Linux 6.1 or later.",
        errorNumber: ENOSYS
      )
    }
    let ring: Ring
    do throws(RingRefusal) { ring = try Ring(entries: 8, completions: 16) } catch {
      throw .ringRefused(error.errorNumber, sysctl: ringSysctl(), release: release)
    }
    var features: Features = []
    if ring.features & RING_FEATURE_MINIMUM_WAIT != 0 { features.insert(.minimumWait) }
    if ring.features & RING_FEATURE_NO_IOWAIT != 0 { features.insert(.noIOWait) }
    if incrementalBuffersWork(ring) { features.insert(.incrementalBuffers) }
    var refused: String?
    if ring.features & RING_FEATURE_BUNDLE != 0 {
      refused = version.bundlesAreBroken ? "known to be out of order before 6.14.9" : bundleFault()
      if refused == nil { features.insert(.bundles) }
    }
    return Kernel(release: release, features: features, bundlesRefused: refused)
  }

  /// One line for the log and for `doctor`.
  public var summary: String {
    let known: [(Features, String)] = [
      (.bundles, "bundles"), (.incrementalBuffers, "incremental buffers"), (.minimumWait, "minimum wait"),
      (.noIOWait, "no iowait"),
    ]
    let present = known.filter { features.contains($0.0) }.map(\.1)
    let absent = known.filter { !features.contains($0.0) }.map(\.1)
    var text = "Linux \(release): io_uring with " + (present.isEmpty ? "the baseline" : present.joined(separator: ", "))
    if !absent.isEmpty { text += "; without " + absent.joined(separator: ", ") }
    if let bundlesRefused { text += " (bundles: \(bundlesRefused))" }
    return text
  }

  /// A release's number.
  struct Version: Comparable {
    let major, minor, patch: Int
    init(_ major: Int, _ minor: Int, _ patch: Int) { (self.major, self.minor, self.patch) = (major, minor, patch) }
    /// Reads `6.12.3-amd64`; what is missing counts as 0.
    init(_ release: String) {
      let numbers = release.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).prefix(3).map { Int($0) ?? 0 }
      let padded = numbers + [0, 0, 0]
      self.init(padded[0], padded[1], padded[2])
    }
    static func < (left: Version, right: Version) -> Bool {
      (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
    /// Bundles came with 6.10 and kept their order from 6.14.9 on; the long-term 6.12 has the correction too.
    var bundlesAreBroken: Bool {
      self >= Version(6, 10, 0) && self < Version(6, 14, 9) && (major, minor) != (6, 12)
    }
  }

  static func currentRelease() -> String {
    var text = [CChar](repeating: 0, count: 128)
    guard unsafe host_kernel_release(&text, text.count) == 0 else { return "unknown" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The value of kernel.io_uring_disabled, which kernels from 6.6 on have.
  static func ringSysctl() -> Int? {
    let descriptor = unsafe open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var digit: UInt8 = 0
    guard unsafe read(descriptor, &digit, 1) == 1, digit >= 0x30, digit <= 0x39 else { return nil }
    return Int(digit - 0x30)
  }

  private static func incrementalBuffersWork(_ ring: borrowing Ring) -> Bool {
    let page = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe page != MAP_FAILED else { return false }
    // The registration ends with the ring, which the caller drops at once; the page outlives neither.
    defer { _ = unsafe munmap(page, 4096) }
    let flags = UInt16(RING_BUFFERS_INCREMENTAL)
    return unsafe host_register_buffer_ring(ring.descriptor, page, 8, BufferPool.group, flags) >= 0
  }
}
