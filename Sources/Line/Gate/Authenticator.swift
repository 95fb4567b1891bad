internal import Bytes
public import Events

/// One shard's way to ask whose credential it is: the ring, and a memory of credentials that were right lately.
///
/// A device that keeps its connection sends its key with every request; the memory spares all but the first the
/// SHA-256. It holds 128-bit SipHash tags under a key that the shard drew, never a credential: what a core dump shows
/// of it opens nothing. Only what the ring accepted is remembered, so wrong guesses cannot crowd out right ones.
public struct Authenticator: ~Copyable {
  // Visible to importers, which destroy the table and so need its type.
  @usableFromInline struct Slot: BitwiseCopyable {
    var tag: UInt128 = 0
    var principal: UInt32 = 0
  }

  /// The keys in force.
  public private(set) var ring: KeyRing
  private let hash: SipHash
  private var slots: Slots<Slot>
  /// Credentials found in the memory.
  public private(set) var hits: UInt64 = 0
  /// Credentials that the ring had to be asked about.
  public private(set) var misses: UInt64 = 0

  /// Remembers up to `remembered` credentials, a power of two; `entropy` is drawn by the shard.
  public init(ring: KeyRing, entropy: (UInt64, UInt64), remembered: Int = 4096) {
    require(remembered > 0 && remembered & (remembered - 1) == 0, "a memory of credentials is a power of two")
    self.ring = ring
    hash = SipHash(entropy.0, entropy.1)
    slots = Slots(remembered) { _ in Slot() }
  }

  /// Whose credential it is, or `nil` when it is nobody's.
  ///
  /// Cost: a SipHash; a SHA-256 when it was not seen lately.
  public mutating func verify(_ credential: RawSpan) -> PrincipalID? {
    guard credential.byteCount <= APIKeyText.bytesMax else { return nil }
    let tag = hash.tag(credential)
    let place = Int(truncatingIfNeeded: tag) & (slots.count &- 1)
    // Comparing numbers takes the same time whatever differs, and nobody without the key can aim at a tag.
    if slots[place].tag ^ tag == 0, slots[place].principal != 0 {
      hits &+= 1
      return PrincipalID(rawValue: slots[place].principal)
    }
    misses &+= 1
    guard let principal = ring.verify(credential) else { return nil }
    slots[place] = Slot(tag: tag, principal: principal.rawValue)
    return principal
  }

  /// Takes another ring and forgets what the old one accepted.
  public mutating func swap(_ ring: KeyRing) {
    self.ring = ring
    for place in 0..<slots.count { slots[place] = Slot() }
  }
}
