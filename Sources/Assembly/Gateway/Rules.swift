public import Gate

/// What the control thread may change while a shard runs: who may write, and where to.
public struct Rules: Sendable {
  /// Who may write.
  public var keys: KeyRing
  /// The topics by name.
  public var directory: TopicDirectory
  /// Both together.
  public init(keys: KeyRing, directory: TopicDirectory) { (self.keys, self.directory) = (keys, directory) }
}
