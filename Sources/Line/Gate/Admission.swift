internal import Bytes
public import Events

/// Whether events may come in at the moment, how hard it is to keep up, and when whoever is refused should return.
///
/// The severity is the largest of what is in flight over what may be, by bytes and by time. It rises at once and falls
/// by half or more in `halfLifeNs`, so that neither clients nor dashboards see it flap between two commits. It never
/// falls when an input rises. Refusing starts at severity 1 and ends when the load itself is back under `readmission`.
public struct Admission: Sendable {
  /// What may be in flight.
  public struct Limits: Sendable, Equatable {
    /// Bytes that are numbered and not yet safe.
    public var bytesInFlightMax: Int
    /// Nanoseconds since the oldest of them came.
    public var timeInFlightMaxNs: Int64
    /// Both bounds are above zero.
    public init(bytesInFlightMax: Int, timeInFlightMaxNs: Int64) {
      require(bytesInFlightMax > 0 && timeInFlightMaxNs > 0, "a limit of admission lets something in")
      (self.bytesInFlightMax, self.timeInFlightMaxNs) = (bytesInFlightMax, timeInFlightMaxNs)
    }
  }
  /// What is the matter at one moment.
  public struct Load: Sendable, Equatable {
    /// Bytes that are numbered and not yet safe.
    public var bytesInFlight = 0
    /// Nanoseconds since the oldest of them came; 0 when there is none.
    public var oldestAgeNs: Int64 = 0
    /// Whether the log has room for another segment.
    public var hasStorageRoom = true
    /// Whether the process is shutting down.
    public var isDraining = false
    /// Nothing is the matter.
    public init() {}
  }
  /// What happens to the next event.
  public enum Decision: Hashable, Sendable {
    case admit
    case refuse(Refusal)
  }

  /// What may be in flight.
  ///
  /// May change while the shard runs.
  public var limits: Limits
  /// What happens to the next event.
  ///
  /// Changes by `update` only.
  public private(set) var decision = Decision.admit
  private var severity: Float = 0
  private var updatedNs: Int64 = .min
  private var isOverloaded = false
  private var calls: UInt64

  static let halfLifeNs: Float = 250_000_000
  static let readmission: Float = 0.875
  static let severityMax: Float = 4

  /// Starts idle.
  ///
  /// `seed` tells shards apart, so that they do not jitter alike.
  public init(limits: Limits, seed: UInt64) {
    self.limits = limits
    calls = mixed(seed)
  }

  /// How full the gateway is: 0 when it idles, 1 when it refuses.
  public var pressure: Float { decision == .admit ? min(severity, 0.99) : 1 }

  /// Takes a look at the load, once a turn.
  public mutating func update(_ load: Load, nowNs: Int64) {
    let bytes = Float(max(0, load.bytesInFlight)) / Float(limits.bytesInFlightMax)
    let time = Float(max(0, load.oldestAgeNs)) / Float(limits.timeInFlightMaxNs)
    let raw = min(Self.severityMax, max(bytes, time))
    let passed = updatedNs == .min ? 0 : Float(max(0, nowNs &- updatedNs))
    severity = max(raw, severity / (1 + passed / Self.halfLifeNs))
    updatedNs = max(updatedNs, nowNs)
    isOverloaded = raw >= 1 || isOverloaded && raw >= Self.readmission
    if load.isDraining {
      decision = .refuse(.draining)
    } else if !load.hasStorageRoom {
      decision = .refuse(.storageFull)
    } else {
      decision = isOverloaded ? .refuse(.overloaded) : .admit
    }
  }

  /// What Retry-After should say, 1 to 30 seconds: more the worse it is, and different from call to call by half of it
  /// either way, so that those refused together do not return together.
  public mutating func retryAfterSeconds() -> UInt32 {
    calls = mixed(calls)
    let jitter = 0.5 + Float(calls &>> 40) / Float(1 << 24)
    let worst = decision == .refuse(.storageFull) ? Self.severityMax : severity
    let least: Float = decision == .refuse(.draining) ? 1 : 0
    let base = 1 + max(0, max(worst, least) - 0.5) * 8
    return UInt32(min(30, max(1, (base * jitter).rounded())))
  }
}
