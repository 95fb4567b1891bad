internal import Bytes

/// Something that a source of keys has to be told: the secret that it wants unwrapped.
public struct KeyWish: Equatable, Sendable {
  /// The key.
  public let id: KeyID
  /// What the service gave out when the key was made.
  public let wrapped: [UInt8]
}

/// Where keys come from: a machine that says what it wants to know, is told when it is known, and knows how old it is.
///
/// No I/O and no clock: the control thread asks the service and tells the time.
public protocol KeySource {
  /// What it wants to know next; `nil` when nothing is due.
  ///
  /// Its answer may change after `take`, `fail`, and when time goes on.
  mutating func nextWish(atNs nowNs: Int64) -> KeyWish?
  /// When `nextWish` should be asked again, if nothing else happens.
  var deadlineNs: Int64 { get }
  /// A secret has come: 32 bytes, else it counts as failed.
  mutating func take(_ secret: RawSpan, of id: KeyID, atNs nowNs: Int64)
  /// The service could not be asked, or refused.
  mutating func fail(_ id: KeyID, atNs nowNs: Int64)
  /// The keys as they hold, for benches.
  ///
  /// Its answer may change after `take`.
  func keys() -> RedactionKeys
}

/// Keys whose secrets all stand in the file: nothing to ask for, and nothing that ages.
public struct FileKeySource: KeySource {
  private let held: RedactionKeys
  /// The keys of a file that was read.
  public init(_ file: RedactionKeyFile, _ text: RawSpan) { held = file.keys(text) }
  /// Nothing, ever.
  public mutating func nextWish(atNs nowNs: Int64) -> KeyWish? { nil }
  /// Never.
  public var deadlineNs: Int64 { .max }
  /// Nobody asked.
  public mutating func take(_ secret: RawSpan, of id: KeyID, atNs nowNs: Int64) {}
  /// Nobody asked.
  public mutating func fail(_ id: KeyID, atNs nowNs: Int64) {}
  /// The keys of the file.
  public func keys() -> RedactionKeys { held }
}

/// Keys whose secrets a service unwraps: asked for at the start and again before they are too old.
///
///     fresh ──refreshNs──▸ asked for again ──staleNs──▸ too old: no longer used for fresh values
///
/// While the service does not answer, what is known goes on until the limit. A key that was never told is not there.
public struct ServiceKeySource: KeySource {
  private struct Held {
    let wish: KeyWish
    var askAtNs: Int64 = .min
    var isAsked = false
  }
  private let file: RedactionKeyFile
  private var held: [Held] = []
  private var current: RedactionKeys
  private let refreshNs: Int64
  private let staleNs: Int64
  private let retryNs: Int64

  /// A source for the keys of a file.
  ///
  /// - Parameters:
  ///   - file: the keys; those with a secret of their own are there at once.
  ///   - text: what the file was read from.
  ///   - refreshNs: after which time a secret is asked for again.
  ///   - staleNs: after which time it is no longer used for fresh values.
  ///   - retryNs: how long a failure is waited for.
  public init(_ file: RedactionKeyFile, _ text: RawSpan, refreshNs: Int64, staleNs: Int64, retryNs: Int64) {
    require(refreshNs > 0 && staleNs > refreshNs && retryNs > 0, "a key is asked for again before it is too old")
    (self.file, self.refreshNs, self.staleNs, self.retryNs) = (file, refreshNs, staleNs, retryNs)
    current = file.keys(text)
    for entry in file.entries {
      guard case .wrapped(let range) = entry.secret else { continue }
      let wrapped = stride(from: range.lowerBound, to: range.upperBound, by: 2).map { place in
        (KeyLines.value(ofDigit: text.byte(place)) ?? 0) << 4 | (KeyLines.value(ofDigit: text.byte(place + 1)) ?? 0)
      }
      held.append(Held(wish: KeyWish(id: entry.id, wrapped: wrapped)))
    }
  }

  /// The first key whose time has come and that nobody has been asked for.
  public mutating func nextWish(atNs nowNs: Int64) -> KeyWish? {
    guard let index = held.firstIndex(where: { !$0.isAsked && $0.askAtNs <= nowNs }) else { return nil }
    held[index].isAsked = true
    return held[index].wish
  }
  /// When the next key is asked for.
  public var deadlineNs: Int64 { held.filter { !$0.isAsked }.map(\.askAtNs).min() ?? .max }

  /// Keeps the secret, and asks again before it is too old.
  public mutating func take(_ secret: RawSpan, of id: KeyID, atNs nowNs: Int64) {
    guard let index = held.firstIndex(where: { $0.wish.id == id }) else { return }
    guard secret.byteCount == RedactionKeys.secretBytes else { return fail(id, atNs: nowNs) }
    held[index].isAsked = false
    held[index].askAtNs = nowNs + refreshNs
    current = current.replacing(id, by: secret, staleAtNs: nowNs + staleNs)
  }
  /// Asks again after a while.
  public mutating func fail(_ id: KeyID, atNs nowNs: Int64) {
    guard let index = held.firstIndex(where: { $0.wish.id == id }) else { return }
    held[index].isAsked = false
    held[index].askAtNs = nowNs + retryNs
  }

  /// The keys as they hold.
  public func keys() -> RedactionKeys { current }
}

extension RedactionKeys {
  /// The same keys, with the secret of one of them.
  fileprivate func replacing(_ id: KeyID, by secret: RawSpan, staleAtNs: Int64) -> RedactionKeys {
    let fresh = SecretMemory(byteCount: keys.count * Self.secretBytes)
    var changed = keys
    for (index, key) in keys.enumerated() {
      let start = index * Self.secretBytes
      if key.id == id {
        for place in 0..<Self.secretBytes { unsafe fresh.memory[start + place] = secret.byte(place) }
        changed[index] = Key(id: id, purpose: key.purpose, state: key.state, hasSecret: true, staleAtNs: staleAtNs)
      } else {
        // SAFETY: both memories have 32 bytes for each key.
        unsafe withSecret(index) { source in
          for place in 0..<Self.secretBytes { unsafe fresh.memory[start + place] = source[place] }
        }
      }
    }
    return RedactionKeys(changed, fresh)
  }
}
