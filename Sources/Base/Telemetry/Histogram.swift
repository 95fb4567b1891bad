internal import Bytes

/// Counts of values in buckets that are narrow for small values and wide for large ones: each holds values that differ
/// by 1.6 % at most, so percentiles are that exact over the whole range of `UInt64`.
///
/// Values below 64 have a bucket each; from there on every power of two is cut into 64. Fixed memory, 30 KiB; recording
/// allocates nothing.
public struct Histogram: Sendable {
  static let perPower = 64
  static let bucketCount = 59 * perPower

  private var counts: [UInt64]
  /// How many values it has.
  public private(set) var count: UInt64 = 0
  /// The largest, exactly; 0 when there is none.
  public private(set) var max: UInt64 = 0
  /// The smallest, exactly; 0 when there is none.
  public var min: UInt64 { count == 0 ? 0 : least }
  private var least = UInt64.max
  /// Their sum, which wraps beyond 2⁶⁴.
  public private(set) var sum: UInt64 = 0

  /// No values.
  public init() { counts = [UInt64](repeating: 0, count: Self.bucketCount) }

  /// Counts a value.
  ///
  /// Cost: a count of zeros and four additions.
  public mutating func record(_ value: UInt64) { record(value, times: 1) }

  /// Counts a value several times.
  public mutating func record(_ value: UInt64, times: UInt64) {
    guard times > 0 else { return }
    counts[Self.bucket(of: value)] &+= times
    count &+= times
    sum &+= value &* times
    if value > max { max = value }
    if value < least { least = value }
  }

  /// Adds everything another has counted.
  public mutating func merge(_ other: Histogram) {
    for index in 0..<Self.bucketCount { counts[index] &+= other.counts[index] }
    count &+= other.count
    sum &+= other.sum
    max = Swift.max(max, other.max)
    least = Swift.min(least, other.least)
  }

  /// Forgets everything and keeps the memory.
  public mutating func reset() {
    for index in 0..<Self.bucketCount { counts[index] = 0 }
    (count, sum, max, least) = (0, 0, 0, .max)
  }

  /// The value that a share of all values does not exceed, such as 0.99 for the 99th percentile.
  ///
  /// Never less than the true one and 1.6 % more at most; 0 when there is no value.
  public func value(atQuantile quantile: Double) -> UInt64 {
    require(quantile >= 0 && quantile <= 1, "a quantile is a share")
    guard count > 0 else { return 0 }
    let wanted = Swift.max(1, Swift.min(count, UInt64((quantile * Double(count)).rounded(.up))))
    var seen: UInt64 = 0
    for index in 0..<Self.bucketCount {
      seen &+= counts[index]
      if seen >= wanted { return Swift.max(min, Swift.min(max, Self.last(ofBucket: index))) }
    }
    return max
  }

  /// The mean; 0 when there is no value.
  public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  /// How many values do not exceed `bound`, a bucket's width more or less.
  public func count(atMost bound: UInt64) -> UInt64 {
    var seen: UInt64 = 0
    for index in 0...Self.bucket(of: bound) { seen &+= counts[index] }
    return seen
  }

  /// Each bucket that is not empty: the largest value it may hold and its count, from small to large.
  public var buckets: [(last: UInt64, count: UInt64)] {
    (0..<Self.bucketCount).compactMap { counts[$0] == 0 ? nil : (Self.last(ofBucket: $0), counts[$0]) }
  }

  static func bucket(of value: UInt64) -> Int {
    guard value >= UInt64(perPower) else { return Int(value) }
    let power = 63 &- value.leadingZeroBitCount
    return (power &- 6) &* perPower &+ Int(truncatingIfNeeded: value &>> UInt64(power &- 6))
  }
  static func last(ofBucket index: Int) -> UInt64 {
    guard index >= perPower else { return UInt64(index) }
    let power = index / perPower - 1
    let first = UInt64(index % perPower + perPower) << UInt64(power)
    return first + (1 << UInt64(power) - 1)
  }
}

/// Latencies in 28 buckets of powers of two from 1 µs to 134 s: small and plain, so that a shard can publish it.
public struct LatencyBuckets: BitwiseCopyable, Sendable {
  /// How many buckets have a bound; one more holds what lies beyond.
  public static let boundCount = 28
  private var counts: InlineArray<29, UInt64> = InlineArray(repeating: 0)
  /// The sum of all, in nanoseconds.
  public private(set) var sumNs: UInt64 = 0

  /// Nothing recorded.
  public init() {}

  /// The bound of a bucket in nanoseconds: 1,000 · 2^index.
  public static func boundNs(_ index: Int) -> UInt64 { 1000 << UInt64(index) }

  /// Counts a latency.
  ///
  /// Cost: a division by a constant and a count of zeros.
  public mutating func record(ns: UInt64, times: UInt64 = 1) {
    // A latency belongs to the first bound that is not below it, so whole microseconds are rounded up.
    let micros = ns == 0 ? 0 : (ns &- 1) / 1000
    let index = Swift.min(Self.boundCount, 64 &- micros.leadingZeroBitCount)
    counts[index] &+= times
    sumNs &+= ns &* times
  }
  /// Adds another shard's.
  public mutating func merge(_ other: LatencyBuckets) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    sumNs &+= other.sumNs
  }
  /// How many there are.
  public var count: UInt64 { cumulative(Self.boundCount) }
  /// How many do not exceed the bound of a bucket; for the bucket beyond, how many there are.
  public func cumulative(_ index: Int) -> UInt64 {
    var total: UInt64 = 0
    for place in 0...index { total &+= counts[place] }
    return total
  }
}
