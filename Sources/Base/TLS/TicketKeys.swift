internal import Bytes
internal import COpenSSL

/// A key that seals session tickets.
public struct TicketKey: Sendable {
  /// How many bytes the name has.
  public static let nameBytes = 16
  /// How many bytes each of the two keys has.
  public static let keyBytes = 32

  /// Finds the key again; stands in front of every ticket, for all to see.
  public let name: [UInt8]
  /// When it was made, in seconds since 1970.
  public let createdSeconds: Int64
  let encryption: SecretBytes
  let authentication: SecretBytes

  /// A key made of its parts.
  ///
  /// - Parameters:
  ///   - name: 16 bytes, which all nodes agree on.
  ///   - encryption: a key for AES-256, 32 bytes.
  ///   - authentication: a key for HMAC-SHA-256, 32 bytes.
  ///   - createdSeconds: when it was made, in seconds since 1970.
  public init(name: [UInt8], encryption: [UInt8], authentication: [UInt8], createdSeconds: Int64) {
    require(name.count == Self.nameBytes, "a ticket key's name has 16 bytes")
    require(encryption.count == Self.keyBytes && authentication.count == Self.keyBytes, "ticket keys have 32 bytes")
    (self.name, self.createdSeconds) = (name, createdSeconds)
    self.encryption = unsafe encryption.withUnsafeBytes { unsafe SecretBytes($0) }
    self.authentication = unsafe authentication.withUnsafeBytes { unsafe SecretBytes($0) }
  }

  /// Draws a key.
  public static func random(createdSeconds: Int64) -> TicketKey {
    TicketKey(
      name: bytes(nameBytes),
      encryption: bytes(keyBytes),
      authentication: bytes(keyBytes),
      createdSeconds: createdSeconds
    )
  }
  private static func bytes(_ count: Int) -> [UInt8] {
    unsafe Array(unsafeUninitializedCapacity: count) { target, initialized in
      unsafe require(RAND_priv_bytes(target.baseAddress, Int32(count)) == 1, "the library has random bytes")
      initialized = count
    }
  }
}

/// The keys of session tickets, the same on every shard and on every node that shares them.
///
/// One seals, all of them open: so a ticket of a neighbour that has rotated already, or has not yet, resumes too.
public struct TicketKeys: Sendable {
  /// Seals tickets.
  public let current: TicketKey
  /// Will seal next; nodes that have it open what the first of them seals.
  public let next: TicketKey?
  /// Sealed before; tickets it opens are replaced.
  public let previous: TicketKey?

  /// Keys in their roles.
  public init(current: TicketKey, next: TicketKey? = nil, previous: TicketKey? = nil) {
    (self.current, self.next, self.previous) = (current, next, previous)
  }

  /// The keys after a rotation: the next one seals, or a fresh one where there is none, and the previous one is gone.
  public func rotated(next fresh: TicketKey) -> TicketKeys {
    next.map { TicketKeys(current: $0, next: fresh, previous: current) }
      ?? TicketKeys(current: fresh, previous: current)
  }

  func key(named name: UnsafePointer<UInt8>) -> TicketKey? {
    if unsafe Self.matches(current, name) { return current }
    if let next, unsafe Self.matches(next, name) { return next }
    if let previous, unsafe Self.matches(previous, name) { return previous }
    return nil
  }
  private static func matches(_ key: TicketKey, _ name: UnsafePointer<UInt8>) -> Bool {
    // SAFETY: OpenSSL's callback lends 16 bytes.
    unsafe key.name.elementsEqual(UnsafeBufferPointer(start: name, count: TicketKey.nameBytes))
  }
}
