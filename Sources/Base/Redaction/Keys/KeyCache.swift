internal import Bytes

/// Keys that a service keeps: asked for at the start, asked for again before they are too old, and good until then.
///
///     fresh ──refreshNs──▸ asked for again ──staleNs──▸ too old: no longer used for fresh values
///
/// While the service is silent, what is known goes on until the limit. No I/O and no clock: whoever has it asks the
/// service and tells the time.
public struct KeyCache {
  /// How long keys are good, and how often they are asked for.
  public struct Times: Equatable, Sendable {
    /// After which time keys are asked for again.
    public let refreshNs: Int64
    /// After which time they are no longer used for fresh values.
    public let staleNs: Int64
    /// How long is waited after a failure.
    public let retryNs: Int64

    /// Times; what fails is asked for again after a tenth of a refresh, a second at the least.
    public init(refreshNs: Int64, staleNs: Int64) {
      require(refreshNs > 0 && staleNs > refreshNs, "keys are asked for again before they are too old")
      (self.refreshNs, self.staleNs, retryNs) = (refreshNs, staleNs, max(refreshNs / 10, 1_000_000_000))
    }
  }
  /// The times; what was asked for already keeps its own.
  public var times: Times
  /// The keys as they hold; each knows how long.
  public private(set) var keys: RedactionKeys
  /// When they are too old; `nil` when there were never any.
  public private(set) var staleAtNs: Int64?
  private var askAtNs = Int64.min
  private var askedAtNs: Int64?
  private var isPressed = false

  /// A cache that asks at once.
  ///
  /// - Parameters:
  ///   - times: how long keys are good.
  ///   - former: what another source had; it is no longer good than if it had been asked for now.
  ///   - nowNs: a time that only goes forward.
  public init(_ times: Times, former: RedactionKeys = .none, atNs nowNs: Int64) {
    self.times = times
    guard !former.keys.isEmpty else {
      keys = .none
      return
    }
    staleAtNs = nowNs + times.staleNs
    keys = former.limited(toNs: nowNs + times.staleNs)
  }

  /// Whether the service is to be asked, which is told once; `take` or `fail` says what came of it.
  public mutating func asks(atNs nowNs: Int64) -> Bool {
    guard askedAtNs == nil, askAtNs <= nowNs else { return false }
    (askedAtNs, isPressed) = (nowNs, false)
    return true
  }
  /// The keys may have changed: asks at once, and once more where it has been asked already.
  public mutating func press() { (askAtNs, isPressed) = (.min, true) }

  /// Keeps what the service has said; it is as old as the question.
  public mutating func take(_ file: RedactionKeyFile, _ text: RawSpan) {
    guard let askedAtNs else { broken("keys come when they were asked for") }
    let limitNs = askedAtNs + times.staleNs
    (keys, staleAtNs) = (file.keys(text, staleAtNs: limitNs), limitNs)
    answered(askedAtNs + times.refreshNs)
  }
  /// The service could not be asked, or what it said makes no sense.
  public mutating func fail(atNs nowNs: Int64) { answered(nowNs + times.retryNs) }
  private mutating func answered(_ nextNs: Int64) { (askedAtNs, askAtNs) = (nil, isPressed ? .min : nextNs) }
}

extension RedactionKeys {
  /// The same keys, none of which is used for fresh values beyond a time.
  fileprivate func limited(toNs limitNs: Int64) -> RedactionKeys {
    let copy = SecretMemory(byteCount: keys.count * Self.secretBytes)
    for place in keys.indices {
      // SAFETY: both memories have 32 bytes for each key.
      unsafe withSecret(place) { secret in
        for byte in 0..<Self.secretBytes { unsafe copy.memory[place * Self.secretBytes + byte] = secret[byte] }
      }
    }
    let limited = keys.map { key in
      Key(
        id: key.id,
        purpose: key.purpose,
        state: key.state,
        hasSecret: key.hasSecret,
        staleAtNs: min(key.staleAtNs, limitNs)
      )
    }
    return RedactionKeys(limited, copy)
  }
}
