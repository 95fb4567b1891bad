import Testing

@testable import Load

struct LatencyHistogramTests {
  @Test(arguments: [0, 1, 127, 128, 255, 256, 257, 1_000, 65_535, 65_536, 999_999_999, 1 << 40, .max] as [UInt64])
  func `a duration is known to within one part in 128`(value: UInt64) {
    var histogram = LatencyHistogram()
    histogram.record(value)
    histogram.record(value)
    let bucket = histogram.buckets[0]
    #expect(bucket.fromNs <= value && value <= bucket.throughNs)
    #expect(bucket.throughNs - bucket.fromNs <= value / 128)
    #expect(bucket.count == 2)
  }

  @Test func `buckets follow each other without gap or overlap`() {
    var histogram = LatencyHistogram()
    var value: UInt64 = 0
    while value < 1 << 20 {
      histogram.record(value)
      value += 1
    }
    let buckets = histogram.buckets
    for (left, right) in zip(buckets, buckets.dropFirst()) { #expect(left.throughNs + 1 == right.fromNs) }
    #expect(buckets.allSatisfy { $0.count == $0.throughNs - $0.fromNs + 1 })
  }

  @Test func `percentiles of known durations are right and never flatter`() {
    var histogram = LatencyHistogram()
    for value in 1...100_000 as ClosedRange<UInt64> { histogram.record(value * 10) }
    for (fraction, exact) in [(0.5, 500_000), (0.9, 900_000), (0.99, 990_000), (0.9999, 999_900)] as [(Double, UInt64)]
    {
      let told = histogram.percentile(fraction)
      #expect(told >= exact)
      #expect(told <= exact + exact / 128)
    }
    #expect(histogram.percentile(1) == 1_000_000)
    #expect(histogram.maxNs == 1_000_000)
    #expect(histogram.minNs == 10)
    #expect(histogram.meanNs == 500_005)
  }

  @Test func `one slow answer among a thousand shows from p99.9 on only`() {
    var histogram = LatencyHistogram()
    histogram.record(100, count: 999)
    histogram.record(1_000_000)
    #expect(histogram.percentile(0.999) == 100)
    #expect(histogram.percentile(0.9991) == 1_000_000)
  }

  @Test func `merging is the same as recording in one`() {
    var (left, right, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    var random = SplitMix(state: 7)
    for index in 0..<10_000 {
      let value = random.next() >> UInt64(random.below(60))
      both.record(value)
      if index % 3 == 0 { left.record(value) } else { right.record(value) }
    }
    left.merge(right)
    #expect(left.count == both.count)
    #expect(left.maxNs == both.maxNs)
    #expect(left.minNs == both.minNs)
    #expect(left.buckets.map(\.count) == both.buckets.map(\.count))
  }

  @Test func `an empty one answers zero`() {
    let histogram = LatencyHistogram()
    #expect(histogram.percentile(0.99) == 0)
    #expect(histogram.minNs == 0)
    #expect(histogram.meanNs == 0)
    #expect(histogram.buckets.isEmpty)
  }
}
