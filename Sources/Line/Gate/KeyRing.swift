internal import Bytes
public import Events

/// All keys and what each may write.
///
/// Never changes: a reload builds another and hands it to every shard.
public struct KeyRing: Sendable {
  private struct Lock: Sendable {
    let id: UInt128
    /// `nil` where a certificate opens it.
    let digest: Digest?
    let isRevoked: Bool
  }

  /// Keys by number; the key of principal `n` stands at `n - 1`.
  private let locks: [Lock]
  private let names: [String]
  private let certificates: CertificateNames
  /// Open addressing by id: the number of a key, or 0.
  ///
  /// Twice as many places as keys, a power of two.
  private let table: [UInt32]
  private let seed: UInt64
  /// Words of grants a principal has.
  private let stride: Int
  /// A bit per principal and topic; the first row is the anonymous principal's, who may write everything.
  private let grants: [UInt64]
  /// Patterns that name no topic, with their keys: nothing wrong, but worth a line in the log.
  public let unmatched: [(id: String, pattern: String)]

  /// Resolves every key's patterns against the topics there are.
  ///
  /// - Parameters:
  ///   - entries: the keys of the file.
  ///   - topics: all topics; ids may have gaps.
  ///   - seed: entropy, so that nobody can choose ids that collide.
  public init(_ entries: [KeyFile.Entry], topics: [Topic], seed: UInt64) {
    require(entries.count <= KeyFile.entriesMax, "a file of keys is bounded")
    self.seed = seed
    names = entries.map(\.id)
    locks = entries.map { entry in
      let bytes = Array(entry.id.utf8)
      // SAFETY: a UInt8 has no padding that its bytes could show.
      let id = unsafe APIKey.packed(bytes.span.bytes)
      require(id != nil, "an entry's id is one of a key")
      let digest: Digest? = if case .secret(let digest) = entry.credential { digest } else { nil }
      return Lock(id: id!, digest: digest, isRevoked: entry.isRevoked)
    }
    certificates = CertificateNames(entries)
    var capacity = 2
    while capacity < entries.count * 2 { capacity *= 2 }
    var table = [UInt32](repeating: 0, count: capacity)
    for (index, lock) in locks.enumerated() {
      var place = Self.place(lock.id, seed) & (capacity - 1)
      while table[place] != 0 { place = (place + 1) & (capacity - 1) }
      table[place] = UInt32(index + 1)
    }
    self.table = table
    stride = topics.reduce(0) { max($0, Int($1.id.rawValue) / 64 + 1) }
    var grants = [UInt64](repeating: 0, count: stride * (entries.count + 1))
    for word in 0..<stride { grants[word] = .max }
    var unmatched: [(id: String, pattern: String)] = []
    for (index, entry) in entries.enumerated() where !entry.isRevoked {
      for pattern in entry.topics {
        let matching = topics.filter { Self.matches(pattern, $0.name) }
        if matching.isEmpty { unmatched.append((entry.id, pattern)) }
        for topic in matching {
          grants[(index + 1) * stride + Int(topic.id.rawValue) / 64] |= 1 << UInt64(topic.id.rawValue % 64)
        }
      }
    }
    self.grants = grants
    self.unmatched = unmatched
  }

  /// How many keys there are, revoked ones included.
  public var count: Int { locks.count }

  /// Whose credential it is, or `nil` when it is nobody's or revoked.
  ///
  /// Cost: one SHA-256, for unknown ids too, so that time does not tell which ids exist.
  public func verify(_ credential: RawSpan) -> PrincipalID? {
    guard let key = APIKeyText(credential) else { return nil }
    let digest = Digest(of: key.secret)
    guard let number = number(of: key.id) else { return nil }
    let lock = locks[Int(number) - 1]
    guard let expected = lock.digest, expected == digest, !lock.isRevoked else { return nil }
    return PrincipalID(rawValue: number)
  }
  /// Whose certificate has this name; the anonymous principal when it is nobody's, or revoked.
  ///
  /// An exact name goes before a pattern, and of patterns the longest one. Cost: a look at every pattern, once a
  /// connection.
  public func principal(ofCertificate name: String) -> PrincipalID {
    PrincipalID(rawValue: certificates.number(of: name) ?? PrincipalID.anonymous.rawValue)
  }

  /// Whether a principal may write to a topic.
  ///
  /// The anonymous one may write to all.
  public func may(_ principal: PrincipalID, write topic: TopicID) -> Bool {
    let word = Int(topic.rawValue) / 64
    guard principal.rawValue <= UInt32(locks.count), word < stride else { return false }
    return grants[Int(principal.rawValue) &* stride &+ word] >> UInt64(topic.rawValue % 64) & 1 == 1
  }

  /// The public name of a principal's key, or `nil` for the anonymous one and for numbers that are no key's.
  public func id(of principal: PrincipalID) -> String? {
    guard principal.rawValue > 0, principal.rawValue <= UInt32(names.count) else { return nil }
    return names[Int(principal.rawValue) - 1]
  }

  private func number(of id: UInt128) -> UInt32? {
    var place = Self.place(id, seed) & (table.count - 1)
    while table[place] != 0 {
      if locks[Int(table[place]) - 1].id == id { return table[place] }
      place = (place + 1) & (table.count - 1)
    }
    return nil
  }
  private static func place(_ id: UInt128, _ seed: UInt64) -> Int {
    Int(truncatingIfNeeded: mixed(UInt64(truncatingIfNeeded: id) ^ mixed(UInt64(truncatingIfNeeded: id >> 64) ^ seed)))
  }
  private static func matches(_ pattern: String, _ name: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
  }
}

/// Spreads the bits of a number over all of its bits.
///
/// Source: the finaliser of Steele, Lea and Flood's SplitMix64, 2014.
@inline(__always) func mixed(_ value: UInt64) -> UInt64 {
  var bits = value &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ bits &>> 30) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
  return bits ^ bits &>> 31
}
