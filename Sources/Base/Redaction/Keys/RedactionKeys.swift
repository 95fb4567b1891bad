internal import Bytes
internal import COpenSSL

/// The keys of redaction as they hold at one time: their ids and states, and their secrets in memory of their own.
///
/// Made by the control thread; shards only read it. Never changes.
public final class RedactionKeys: Sendable {
  /// What is known of a key besides its secret.
  public struct Key: BitwiseCopyable, Sendable {
    /// Its name and epoch.
    public let id: KeyID
    /// What it is for.
    public let purpose: KeyPurpose
    /// What it is used for in its life.
    public let state: KeyState
    /// Whether its secret is here; a service may have it alone.
    public let hasSecret: Bool
    /// When it may no longer be used for fresh values, in the clock of whoever keeps it; `.max` when it does not age.
    public let staleAtNs: Int64
  }
  /// Bytes of a secret.
  public static let secretBytes = 32
  /// Keys at the most, so that looking one up stays a glance.
  public static let keysMax = 256

  /// All keys, in the order of their source.
  public let keys: [Key]
  private let secrets: SecretMemory

  /// No keys: every operation that needs one is refused.
  public static let none = RedactionKeys([], SecretMemory(byteCount: 0))

  /// Keys whose secrets lie in memory in the same order, 32 bytes each.
  init(_ keys: [Key], _ secrets: consuming SecretMemory) {
    require(secrets.byteCount == keys.count * Self.secretBytes, "every key has a place for its secret")
    self.keys = keys
    self.secrets = secrets
  }

  /// Why the secrets may be swapped out: an error number, 0 when they can't be.
  ///
  /// It is worth a warning and a larger RLIMIT_MEMLOCK, no more.
  public var lockErrorNumber: Int32 { secrets.lockErrorNumber }

  /// The place of the key that is used for fresh values of a name.
  func active(_ name: KeyName, _ purpose: KeyPurpose) -> Int? {
    keys.firstIndex { $0.id.name == name && $0.purpose == purpose && $0.state == .active && $0.hasSecret }
  }
  /// The place of a key whose secret is here.
  func place(_ id: KeyID, _ purpose: KeyPurpose) -> Int? {
    keys.firstIndex { $0.id == id && $0.purpose == purpose && $0.hasSecret }
  }
  /// Lends the secret of a key in its place: 32 bytes.
  func withSecret<Result>(_ place: Int, _ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    require(place >= 0 && place < keys.count, "a key is in its place")
    // SAFETY: every key has a place for its secret, and the memory lives while `self` does.
    let start = unsafe secrets.memory.baseAddress! + place * Self.secretBytes
    return withExtendedLifetime(self) { unsafe body(start.assumingMemoryBound(to: UInt8.self)) }
  }
}
