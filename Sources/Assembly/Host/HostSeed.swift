internal import CHost
internal import Glibc
public import World

/// What a shard's machine grows from, made by the control thread and moved to the shard's.
public struct HostSeed: ~Copyable, Sendable {
  let shard: ShardID
  let sizes: Sizes
  let policy: WaitPolicy
  let kernel: Kernel
  let wakes: Wakes
  let sockets: ListenerSockets
  let segments: SegmentAccess

  /// - Parameters:
  ///   - shard: which one.
  ///   - sizes: what it allocates.
  ///   - policy: how it waits.
  ///   - kernel: what the kernel offers, by `Kernel.probe`.
  ///   - listeners: whose sockets of this shard it takes.
  ///   - segments: how it reaches its lanes' files.
  ///   - wakes: how it wakes other shards and is woken.
  public init(
    shard: ShardID,
    sizes: Sizes,
    policy: WaitPolicy,
    kernel: Kernel,
    listeners: inout Listeners,
    segments: consuming SegmentAccess,
    wakes: Wakes
  ) {
    (self.shard, self.sizes, self.policy, self.kernel, self.wakes) = (shard, sizes, policy, kernel, wakes)
    sockets = ListenerSockets(listeners.take(for: shard))
    self.segments = segments
  }
}

/// One shard's listening sockets, closed with their owner.
struct ListenerSockets: ~Copyable, Sendable {
  /// By listener; -1 once closed.
  private(set) var descriptors: [Int32]

  init(_ descriptors: [Int32]) { self.descriptors = descriptors }
  deinit {
    for descriptor in descriptors where descriptor >= 0 { Self.close(descriptor) }
  }
  /// Closes one for good.
  mutating func close(_ index: Int) {
    Self.close(descriptors[index])
    descriptors[index] = -1
  }
  private static func close(_ descriptor: Int32) {
    // An accept under way would keep the port taken until the kernel has torn its ring down; shutting down frees it
    // now.
    _ = (Glibc.shutdown(descriptor, host_both_directions), Glibc.close(descriptor))
  }
}
