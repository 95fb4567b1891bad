/// Counts of durations in buckets whose width grows with the duration, so that every one is known to within 0.8 %.
///
///     0 … 127 ns        one bucket a nanosecond
///     2ⁿ … 2ⁿ⁺¹ - 1 ns  128 buckets each, from n = 7 on
///
/// Source: the layout that HdrHistogram made customary, at a fixed resolution of seven bits.
public struct LatencyHistogram: Sendable {
  private static let bits = 7
  private static let perOctave = 1 << bits
  private static let bucketCount = (64 - bits + 1) * perOctave

  private var counts = [UInt64](repeating: 0, count: Self.bucketCount)
  /// How many durations were recorded.
  public private(set) var count: UInt64 = 0
  /// The longest recorded duration, exactly, in nanoseconds.
  public private(set) var maxNs: UInt64 = 0
  /// The shortest recorded duration, exactly, in nanoseconds; 0 when there is none.
  public var minNs: UInt64 { count == 0 ? 0 : leastNs }
  private var leastNs = UInt64.max
  private var sumNs: Double = 0

  /// An empty histogram.
  ///
  /// Cost: 58 KiB.
  public init() {}

  /// The mean of what was recorded, in nanoseconds; 0 when there is nothing.
  public var meanNs: Double { count == 0 ? 0 : sumNs / Double(count) }

  /// Records `count` equal durations.
  @inline(__always)
  public mutating func record(_ durationNs: UInt64, count: UInt64 = 1) {
    counts[Self.index(durationNs)] &+= count
    self.count &+= count
    sumNs += Double(durationNs) * Double(count)
    if durationNs > maxNs { maxNs = durationNs }
    if durationNs < leastNs { leastNs = durationNs }
  }

  /// Adds everything that `other` recorded.
  public mutating func merge(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    count &+= other.count
    sumNs += other.sumNs
    maxNs = max(maxNs, other.maxNs)
    leastNs = min(leastNs, other.leastNs)
  }

  /// The duration, in nanoseconds, that `fraction` (0 … 1) of the recorded ones don't exceed.
  ///
  /// It is the upper edge of the bucket that holds it, so it never flatters.
  public func percentile(_ fraction: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    let rank = max(1, (min(max(fraction, 0), 1) * Double(count)).rounded(.up))
    let wanted = UInt64(rank)
    var seen: UInt64 = 0
    for (index, bucket) in counts.enumerated() where bucket > 0 {
      seen &+= bucket
      if seen >= wanted { return min(Self.upperEdge(index), maxNs) }
    }
    return maxNs
  }

  /// The buckets that hold something, shortest first: the edges in nanoseconds, both inclusive, and the count.
  public var buckets: [(fromNs: UInt64, throughNs: UInt64, count: UInt64)] {
    counts.enumerated().compactMap { index, bucket in
      bucket == 0 ? nil : (Self.lowerEdge(index), Self.upperEdge(index), bucket)
    }
  }

  @inline(__always)
  private static func index(_ durationNs: UInt64) -> Int {
    guard durationNs >= UInt64(perOctave) else { return Int(durationNs) }
    let exponent = 63 &- durationNs.leadingZeroBitCount
    return (exponent &- bits) &* perOctave &+ Int(durationNs &>> UInt64(exponent &- bits))
  }
  private static func lowerEdge(_ index: Int) -> UInt64 {
    guard index >= 2 * perOctave else { return UInt64(index) }
    let shift = index / perOctave - 1
    return UInt64(index % perOctave + perOctave) << UInt64(shift)
  }
  private static func upperEdge(_ index: Int) -> UInt64 {
    guard index >= 2 * perOctave else { return UInt64(index) }
    return lowerEdge(index) + ((1 << UInt64(index / perOctave - 1)) - 1)
  }
}
