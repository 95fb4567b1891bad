internal import Bytes
internal import Glibc

/// How often something happens, and whether that is unusual: moving averages of its rate and of the rate's variance.
///
///     count ─▶ rate of the interval ─▶ z = (rate − mean) ÷ deviation ─▶ mean and variance move towards it
///
/// Time is an argument. What is far off moves the averages no more than what is just unusual: a node that gets twice as
/// much as ever is said to do so for some minutes, and in the end that is what is usual.
///
/// Source: T. Finch, "Incremental calculation of weighted mean and variance" (2009) §9.
public struct RateWatch: Sendable {
  /// How long an interval is, at the least.
  public static let intervalNs: Int64 = 10_000_000_000
  /// The time in which the averages forget all but a third of what was before; until it has passed nothing is unusual.
  public static let timeConstantNs: Int64 = 300_000_000_000
  /// A rate so many deviations from the mean is unusual when the one before it was so, too.
  public static let zScoreMax = 4.0
  /// The deviation is this share of the mean at the least: steadier than that nobody has to be.
  static let steadiness = 0.05

  /// The average rate, a second.
  public private(set) var mean = 0.0
  /// How many deviations the last interval's rate was from the mean before it; 0 until there is enough to compare with.
  public private(set) var zScore = 0.0
  /// Whether the last two intervals were unusual.
  public var isUnusual: Bool { outliers >= 2 }
  private var variance = 0.0
  private var last: (count: UInt64, atNs: Int64)?
  private var intervals = 0
  private var learnedNs: Int64 = 0
  private var outliers = 0

  /// Nothing has been seen.
  public init() {}

  /// Takes note of a count that only rises, and of when it was read; within an interval nothing changes.
  public mutating func observe(_ count: UInt64, atNs: Int64) {
    guard let last, count >= last.count else {
      last = (count, atNs)
      return
    }
    let tookNs = atNs - last.atNs
    guard tookNs >= Self.intervalNs else { return }
    self.last = (count, atNs)
    let seconds = Double(tookNs) / 1e9
    learn(Double(count - last.count) / seconds, seconds)
    learnedNs += tookNs
  }

  private mutating func learn(_ rate: Double, _ seconds: Double) {
    let deviation = self.deviation(seconds)
    var distance = rate - mean
    if learnedNs >= Self.timeConstantNs {
      zScore = distance / deviation
      outliers = abs(zScore) > Self.zScoreMax ? outliers + 1 : 0
      distance = max(-Self.zScoreMax * deviation, min(distance, Self.zScoreMax * deviation))
    }
    intervals += 1
    // All count alike until there are enough of them.
    let weight = max(1 / Double(intervals), 1 - exp(-seconds * 1e9 / Double(Self.timeConstantNs)))
    mean += weight * distance
    variance = (1 - weight) * (variance + weight * distance * distance)
  }

  /// What is usual: what was seen, and no less than chance makes of events that don't know of one another, or than one
  /// event in the interval.
  private func deviation(_ seconds: Double) -> Double {
    let least = max(mean * Self.steadiness, 1 / seconds)
    return max(variance, mean / seconds, least * least).squareRoot()
  }
}
